"""Comments that silence findings: `# noqa: RND101`, `# randlint: ignore[RND101] reason`.

A comment speaks for its own line. On the first or the last line of a statement that spans several
lines it speaks for the whole statement, wherever in it a finding sits. Text inside a string is
never a comment.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass

from randlint.source.decode import split_lines

_OWN_MENTION = re.compile(rb"noqa[^\n]*rnd|randlint:")
_CODES = r"[A-Za-z]+[0-9]+(?:[\s,]+[A-Za-z]+[0-9]+)*"
_NOQA = re.compile(rf"#\s*noqa\b(?:\s*:\s*(?P<codes>{_CODES}))?", re.IGNORECASE)
_NOQA_FILE = re.compile(rf"#\s*flake8[:=]\s*noqa\b(?:\s*:\s*(?P<codes>{_CODES}))?", re.IGNORECASE)
_IGNORE = re.compile(
    r"#\s*randlint:\s*(?P<word>[A-Za-z-]+)\s*(?P<bracket>\[(?P<codes>[^\]]*)\])?", re.IGNORECASE
)
_NAMED = re.compile(r"[^\s,]+")
_LEXEME = re.compile(
    r"""
      (?P<long>\"{3}|'{3})(?:\\.|(?!(?P=long)).)*(?:(?P=long)|\Z)
    | "(?:\\.|[^"\\\n])*"?
    | '(?:\\.|[^'\\\n])*'?
    | (?P<comment>\#[^\r\n]*)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Code:
    """One code of a comment, upper case, and the 1-based column where it is written."""

    text: str
    column: int


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment.

    `codes` is None where it silences every code; a code may be a prefix (`RND1`). `own` marks
    `# randlint: ignore`, which speaks to nobody else. `malformed` names a misspelt form that
    silences nothing. Rows `first` to `last` are silenced; `whole_file` marks `# flake8: noqa`.
    """

    row: int
    column: int
    end_column: int
    codes: tuple[Code, ...] | None
    own: bool
    first: int
    last: int
    whole_file: bool = False
    malformed: str = ""

    def covers(self, row: int) -> bool:
        """Whether a finding in this row is within reach."""
        return self.whole_file or self.first <= row <= self.last

    def names(self, code: str) -> bool:
        """Whether the comment silences this code."""
        if self.malformed:
            return False
        return self.codes is None or any(code.startswith(named.text) for named in self.codes)


@dataclass(frozen=True, slots=True)
class _Comment:
    row: int
    column: int  # 0-based
    text: str
    alone: bool  # nothing but white space before it
    first: int
    last: int


def mentions_suppression(data: bytes) -> bool:
    """A cheap test: False means that the file holds no suppression comment."""
    return _mentions(data.lower())  # ten times the speed of an expression that ignores case


def mentions_own_suppression(data: bytes) -> bool:
    """A cheap test: False means that no suppression comment names a code of ours."""
    lower = data.lower()
    return _mentions(lower) and _OWN_MENTION.search(lower) is not None


def _mentions(lower: bytes) -> bool:
    return b"noqa" in lower or b"randlint:" in lower


def read_suppressions(text: str) -> tuple[Suppression, ...]:
    """Every suppression comment of a file, in order."""
    return tuple(_suppressions(_comments(text)))


def _suppressions(comments: list[_Comment]) -> Iterator[Suppression]:
    for comment in comments:
        whole = _NOQA_FILE.search(comment.text) if comment.alone else None
        if whole is not None:
            yield _noqa(comment, whole, whole_file=True)
            continue
        noqa = _NOQA.search(comment.text)
        if noqa is not None:
            yield _noqa(comment, noqa, whole_file=False)
        ignore = _IGNORE.search(comment.text)
        if ignore is not None and _is_directive(ignore):
            yield _ignore(comment, ignore)


def _noqa(comment: _Comment, match: re.Match[str], *, whole_file: bool) -> Suppression:
    written = match.group("codes")
    codes = None if written is None else _named(written, comment.column + match.start("codes"))
    return Suppression(
        row=comment.row,
        column=comment.column + match.start() + 1,
        end_column=comment.column + match.end() + 1,
        codes=codes,
        own=False,
        first=comment.first,
        last=comment.last,
        whole_file=whole_file,
    )


def _is_directive(match: re.Match[str]) -> bool:
    """Whether a `# randlint:` comment was meant as a directive, even a misspelt one."""
    return match.group("word").lower() == "ignore" or match.group("bracket") is not None


def _ignore(comment: _Comment, match: re.Match[str]) -> Suppression:
    word = match.group("word")
    codes: tuple[Code, ...] = ()
    malformed = ""
    if match.group("codes") is not None:
        codes = _named(match.group("codes"), comment.column + match.start("codes"))
    if word.lower() != "ignore":
        malformed = f"`{word}` is not a directive; write `# randlint: ignore[RND101]`"
    elif not codes:
        malformed = "the comment names no code; write `# randlint: ignore[RND101]`"
    return Suppression(
        row=comment.row,
        column=comment.column + match.start() + 1,
        end_column=comment.column + match.end() + 1,
        codes=codes,
        own=True,
        first=comment.first,
        last=comment.last,
        malformed=malformed,
    )


def _named(written: str, offset: int) -> tuple[Code, ...]:
    """The codes in a list such as `RND101, RND102`; `offset` is the 0-based column of the list."""
    return tuple(
        Code(found.group().upper(), offset + found.start() + 1)
        for found in _NAMED.finditer(written)
    )


def _comments(text: str) -> list[_Comment]:
    """Comments with the rows of the statement they belong to."""
    try:
        return list(_tokenized_comments(text))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return list(_scanned_comments(text))


def _tokenized_comments(text: str) -> Iterator[_Comment]:
    pending: list[tokenize.TokenInfo] = []
    first = 0  # row where the logical line began; 0 outside of one
    source = io.StringIO("\n".join(split_lines(text)))
    for token in tokenize.generate_tokens(source.readline):
        kind = token.type
        if kind == tokenize.COMMENT:
            pending.append(token)
        elif kind in (tokenize.NEWLINE, tokenize.ENDMARKER):
            yield from (_placed(comment, first, token.start[0]) for comment in pending)
            pending = []
            first = 0
        elif kind == tokenize.NL and first == 0:
            yield from (_placed(comment, 0, 0) for comment in pending)
            pending = []
        elif first == 0 and kind not in (tokenize.NL, tokenize.INDENT, tokenize.DEDENT):
            first = token.start[0]


def _placed(token: tokenize.TokenInfo, first: int, last: int) -> _Comment:
    """A comment reaches over the whole statement from its first or last row only."""
    row, column = token.start
    if row not in (first, last):
        first = last = row
    alone = not token.line[:column].strip() if first == last else False
    return _Comment(row, column, token.string, alone, first, last)


def _scanned_comments(text: str) -> Iterator[_Comment]:
    """For text that Python cannot tokenize: comments outside strings, each for its own row."""
    joined = "\n".join(split_lines(text))
    row, counted, line_start = 1, 0, 0
    for match in _LEXEME.finditer(joined):
        if match.group("comment") is None:
            continue
        row += joined.count("\n", counted, match.start())
        counted = match.start()
        line_start = joined.rfind("\n", 0, match.start()) + 1
        column = match.start() - line_start
        alone = not joined[line_start : match.start()].strip()
        yield _Comment(row, column, match.group(), alone, row, row)
