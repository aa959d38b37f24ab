"""`--add-noqa`: a `# noqa: RNDxxx` on every line with a finding, and nothing else changed."""

from __future__ import annotations

import io
import tokenize
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from randlint.cli._fix import Change, change_each
from randlint.documents import Extract, extract, is_document
from randlint.engine import Checker, FileReport
from randlint.files import read_bytes
from randlint.findings import Edit, Finding, Position
from randlint.fixing import breaks, rewrite
from randlint.settings import Settings
from randlint.source.decode import decode, split_lines
from randlint.source.suppressions import Suppression, read_suppressions

_ABOUT_SOURCE = "RND9"  # about files and comments: no comment would help


def silence_reports(
    reports: Sequence[FileReport], settings: Settings, given: Mapping[str, bytes]
) -> tuple[list[FileReport], list[Change]]:
    """The reports as they are with the comments in place, and the changes; nothing is written.

    `given` holds the bytes of files that are not on disk.
    """
    checker = Checker(settings)
    return change_each(reports, lambda report: _silence(report, checker, given))


def _silence(
    report: FileReport, checker: Checker, given: Mapping[str, bytes]
) -> tuple[FileReport, Change | None]:
    filename = report.filename
    wanted = [each for each in report.findings if not each.code.startswith(_ABOUT_SOURCE)]
    if not wanted or report.error:
        return report, None
    before = given[filename] if filename in given else read_bytes(filename)
    after = rewrite(before, filename, noqa_edits(before, filename, wanted))
    if after is None:
        return replace(report, error="cannot be changed: its encoding is ambiguous"), None
    if breaks(before, after, filename):
        return replace(report, error="internal error: a comment breaks the file"), None
    new = checker.check_bytes(after, filename)
    silenced = len(report.findings) - len(new.findings)
    return new, Change(filename, before, after, silenced)


def noqa_edits(
    data: bytes, filename: str, findings: Iterable[Finding]
) -> dict[int | None, list[Edit]]:
    """The edits, by cell, that silence these findings.

    Raises UndecodableSource or BrokenDocument where the file cannot hold any.
    """
    document = extract(data, filename) if is_document(filename) else Extract(decode(data))
    if document is None:
        return {}
    rows = split_lines(document.text)
    places = _comment_rows(document.text)
    codes: dict[int, set[str]] = defaultdict(set)
    for finding in findings:
        row = document.row_of(finding.location.cell, finding.location.start.row)
        codes[places.get(row, row)].add(finding.code)
    comments = {each.row: each for each in read_suppressions(document.text) if _extends(each)}
    edits: dict[int | None, list[Edit]] = defaultdict(list)
    for row, names in codes.items():
        cell = document.cell_of(row)
        where, content = _comment(row, rows[row - 1], names, comments.get(row))
        place = document.position(where)
        edits[None if cell is None else cell.number].append(Edit(place, place, content))
    return edits


def _extends(comment: Suppression) -> bool:
    """Whether further codes can be added to a comment: it is a `noqa` that names some."""
    return comment.codes is not None and not comment.own and not comment.whole_file


def _comment(
    row: int, text: str, codes: set[str], comment: Suppression | None
) -> tuple[Position, str]:
    """Where to insert what."""
    named = ", ".join(sorted(codes))
    if comment is not None:
        return Position(row, comment.end_column), f", {named}"
    return Position(row, len(text.rstrip()) + 1), f"  # noqa: {named}"


def _comment_rows(text: str) -> dict[int, int]:
    """For rows that cannot end in a comment, the last row of their statement, which can.

    Such rows end within a string or in a backslash.
    """
    rows = split_lines(text)
    unable: set[int] = set()
    commented: set[int] = set()
    last: dict[int, int] = {}
    strings: list[int] = []
    first = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(rows)).readline):
            kind, start, end = token.type, token.start[0], token.end[0]
            if kind == tokenize.COMMENT:
                commented.add(start)
            elif kind == tokenize.NEWLINE:
                last |= dict.fromkeys(range(first, start), start)
                first = 0
            elif kind not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
                first = first or start
                name = tokenize.tok_name[kind]
                if name == "FSTRING_START":
                    strings.append(start)
                elif name == "FSTRING_END" and strings:
                    start = strings.pop()
                if name in ("STRING", "FSTRING_END"):
                    unable.update(range(start, end))
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass  # what was read so far will do
    unable |= {
        number
        for number, row in enumerate(rows, start=1)
        if row.endswith("\\") and number not in commented
    }
    return {row: last[row] for row in sorted(unable) if row in last}
