"""A baseline: the findings a project has today, so that a run shows only what is new.

A finding is known by its file, its code, the text of its line and the function or class around it,
not by its row: what is written above it does not make it new. Equal findings are counted.
"""

from __future__ import annotations

import ast
import json
import os
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from randlint.documents import BrokenDocument, Extract, extract, is_document
from randlint.engine import FileReport
from randlint.files import read_bytes, reason, write_text
from randlint.findings import Finding
from randlint.runner import Tally
from randlint.settings import SettingsError
from randlint.source.decode import UndecodableSource, decode, split_lines

_VERSION = 1
_FIELDS = ("path", "code", "scope", "line")


@dataclass(frozen=True, slots=True, order=True)
class Fingerprint:
    """What a finding is known by.

    `path` is relative to the baseline's folder, with slashes; `scope` is the qualified name of the
    function or class around the finding, empty at the top of a file; `line` is the source line
    without the white space around it.
    """

    path: str
    code: str
    scope: str
    line: str


Known = Counter[Fingerprint]


@dataclass(frozen=True, slots=True)
class Baseline:
    """The findings of a baseline file, and the folder that its paths start from."""

    folder: Path
    known: Known


def load(filename: str) -> Baseline:
    """Read a baseline; raises SettingsError, one line, where it is none."""
    path = Path(filename)
    try:
        document = json.loads(read_bytes(path))
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        said = f"cannot be read: {reason(error)}" if isinstance(error, OSError) else "no JSON"
        raise _no_baseline(filename, said) from None
    if not isinstance(document, dict) or not isinstance(document.get("findings"), list):
        raise _no_baseline(filename, "no list of `findings` in it")
    if document.get("version") != _VERSION:
        raise _no_baseline(filename, f"its `version` is not {_VERSION}")
    known: Known = Counter()
    for number, entry in enumerate(document["findings"], start=1):
        table = entry if isinstance(entry, dict) else {}
        fields = [field for name in _FIELDS if isinstance(field := table.get(name), str)]
        count = table.get("count")
        if len(fields) < len(_FIELDS) or type(count) is not int:
            raise _no_baseline(filename, f"finding {number} lacks a field or has a wrong one")
        known[Fingerprint(*fields)] += max(count, 0)
    return Baseline(path.absolute().parent, known)


def write(filename: str, reports: Sequence[FileReport], given: Mapping[str, bytes]) -> int:
    """Write what the reports hold; returns how many findings. Raises SettingsError."""
    path = Path(filename)
    folder = path.absolute().parent
    known: Known = Counter()
    for report in reports:
        known.update(_fingerprints(report, folder, given))
    entries = [
        {**{name: getattr(each, name) for name in _FIELDS}, "count": known[each]}
        for each in sorted(known)
    ]
    text = json.dumps({"version": _VERSION, "findings": entries}, indent=1)
    try:
        write_text(path, text + "\n")
    except OSError as error:
        raise SettingsError(f"{filename}: cannot be written: {reason(error)}") from None
    return known.total()


def without_known(tally: Tally, baseline: Baseline, given: Mapping[str, bytes]) -> Tally:
    """The tally less what the baseline knows. Of equal findings the first ones are known."""
    left = Counter(baseline.known)
    reports: list[FileReport] = []
    hidden = 0
    for report in tally.reports:
        kept: list[Finding] = []
        prints = _fingerprints(report, baseline.folder, given)
        for finding, fingerprint in zip(report.findings, prints, strict=True):
            if left[fingerprint] > 0:
                left[fingerprint] -= 1
                hidden += 1
            else:
                kept.append(finding)
        if kept or report.error or report.failures:
            reports.append(replace(report, findings=tuple(kept)))
    return replace(tally, reports=reports, known=hidden)


def _no_baseline(filename: str, said: str) -> SettingsError:
    remedy = f"write one with --write-baseline {filename}"
    return SettingsError(f"{filename}: not a baseline of randlint: {said}; {remedy}")


def _fingerprints(
    report: FileReport, folder: Path, given: Mapping[str, bytes]
) -> Iterator[Fingerprint]:
    """What each finding of a report is known by."""
    if not report.findings:
        return
    path = os.path.relpath(os.path.abspath(report.filename), folder).replace(os.sep, "/")
    code = _Code(report.filename, given)
    for finding in report.findings:
        row = code.row(finding)
        yield Fingerprint(path, finding.code, code.scope(row), code.line(row))


class _Code:
    """The code of one file: its lines and the scopes they stand in."""

    def __init__(self, filename: str, given: Mapping[str, bytes]) -> None:
        self._document: Extract | None = None
        text = ""
        try:
            data = given[filename] if filename in given else read_bytes(filename)
            if is_document(filename):
                self._document = extract(data, filename)
                text = "" if self._document is None else self._document.text
            else:
                text = decode(data)
        except (OSError, ValueError, UndecodableSource, BrokenDocument):
            pass  # the finding says so itself
        self._lines = split_lines(text)
        self._scopes = list(_scopes(text))

    def row(self, finding: Finding) -> int:
        """The row of the module in which a finding starts."""
        location = finding.location
        if self._document is None:
            return location.start.row
        return self._document.row_of(location.cell, location.start.row)

    def line(self, row: int) -> str:
        """The text of a row without the white space around it."""
        return self._lines[row - 1].strip() if 1 <= row <= len(self._lines) else ""

    def scope(self, row: int) -> str:
        """The qualified name of the innermost function or class around a row."""
        names = [name for name, first, last in self._scopes if first <= row <= last]
        return names[-1] if names else ""


def _scopes(text: str) -> Iterator[tuple[str, int, int]]:
    """Qualified names of functions and classes, the outer before the inner, with their rows."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    pending: list[tuple[str, Iterable[ast.AST]]] = [("", [tree])]
    while pending:
        prefix, nodes = pending.pop()
        for node in nodes:
            name = prefix
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                name = f"{prefix}.{node.name}" if prefix else node.name
                first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                yield name, first, node.end_lineno or node.lineno
            if not isinstance(node, ast.expr):
                pending.append((name, ast.iter_child_nodes(node)))
