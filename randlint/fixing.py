"""Applying fixes: edits to text, checked again until nothing is left to fix.

Text outside the edits stays as it is, byte for byte: line ends, byte order mark and encoding
included. A file is replaced in one step, so that no reader and no crash ever sees half of it.
"""

from __future__ import annotations

import ast
import warnings
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from randlint.documents import extract, is_document, is_notebook, rewrite_notebook
from randlint.edits import apply_edits
from randlint.findings import Edit, Finding, Fix, Position
from randlint.source.decode import UndecodableSource, decode, encode

if TYPE_CHECKING:
    from randlint.engine import Checker, FileReport

_PASSES = 20  # an edit inside another one waits for the next pass


@dataclass(frozen=True, slots=True)
class Fixed:
    """A file after its fixes: the new bytes, how many fixes were applied, what is still found.

    `error` says why the bytes are not what the fixes asked for.
    """

    data: bytes
    applied: int
    report: FileReport
    error: str = ""


def fix_bytes(data: bytes, filename: str, checker: Checker, *, unsafe: bool) -> Fixed:
    """Check, fix, and check again until no fix applies (at most 20 times).

    Raises ValueError for a fix whose edits overlap or lie outside of the file.
    """
    applied = 0
    report = checker.check_bytes(data, filename)
    for _ in range(_PASSES):
        chosen = _disjoint(applicable(report.findings, filename, unsafe=unsafe))
        if not chosen:
            break
        edits: dict[int | None, list[Edit]] = defaultdict(list)
        for each in chosen:
            edits[each.cell] += each.fix.edits
        try:
            new = rewrite(data, filename, edits)
        except UndecodableSource:
            break  # the report says so
        if new is None:
            return Fixed(data, applied, report, "cannot be fixed: its encoding is ambiguous")
        if breaks(data, new, filename):
            return Fixed(data, applied, report, "internal error: a fix breaks the file")
        data, applied = new, applied + len(chosen)
        report = checker.check_bytes(data, filename)
    return Fixed(data, applied, report)


def rewrite(data: bytes, filename: str, edits: Mapping[int | None, Sequence[Edit]]) -> bytes | None:
    """The file with edits applied, by cell (None in a file without cells).

    None where the encoding of the file writes one text in several ways. Raises UndecodableSource
    where the file is no text, ValueError for edits that overlap or lie outside of it.
    """
    if is_notebook(filename):
        return rewrite_notebook(
            data, {cell: some for cell, some in edits.items() if cell is not None}
        )
    everything = [edit for some in edits.values() for edit in some]
    return encode(apply_edits(decode(data), everything), data)


@dataclass(frozen=True, slots=True)
class Placed:
    """A fix and the cell that it is for."""

    cell: int | None
    fix: Fix

    @property
    def spans(self) -> list[tuple[int, Position, Position]]:
        """What the fix replaces, in an order that goes over cells."""
        return [(self.cell or 0, edit.start, edit.end) for edit in self.fix.edits]


def applicable(findings: Iterable[Finding], filename: str, *, unsafe: bool) -> list[Placed]:
    """The fixes that may be applied to one file; unsafe ones only when asked for."""
    return [
        Placed(finding.location.cell, finding.fix)
        for finding in findings
        if finding.fix is not None
        and finding.fix.edits
        and (finding.fix.safe or unsafe)
        and finding.location.filename == filename
    ]


def _disjoint(fixes: Sequence[Placed]) -> list[Placed]:
    """The fixes that can be applied together: each whole, none inside another, equal ones once."""
    chosen: list[Placed] = []
    taken: list[tuple[int, Position, Position]] = []
    seen: set[tuple[int | None, tuple[Edit, ...]]] = set()
    for each in sorted(fixes, key=lambda each: min(each.spans)):
        known = (each.cell, each.fix.edits)
        if known in seen or any(_meet(span, other) for span in each.spans for other in taken):
            continue
        seen.add(known)
        taken += each.spans
        chosen.append(each)
    return chosen


def _meet(one: tuple[int, Position, Position], other: tuple[int, Position, Position]) -> bool:
    """Whether two spans share a character, or start at the same place."""
    if one[0] != other[0]:
        return False
    return one[1] == other[1] or (one[1] < other[2] and other[1] < one[2])


def breaks(before: bytes, after: bytes, filename: str) -> bool:
    """Whether code that was Python is none any more."""
    if not is_document(filename):
        return _parses(decode(before)) and not _parses(decode(after))
    code, rows = _size(before, filename)
    code_after, rows_after = _size(after, filename)
    return code - code_after > rows - rows_after


def _size(data: bytes, filename: str) -> tuple[int, int]:
    """How many rows of a document are code, and how many there are: broken code is left out."""
    document = extract(data, filename)
    rows = [] if document is None else document.text.split("\n")
    return sum(map(bool, rows)), len(rows)


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
