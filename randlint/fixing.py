"""Applying fixes: edits to text, checked again until nothing is left to fix.

Text outside the edits stays as it is, byte for byte: line ends, byte order mark and encoding
included. A file is replaced in one step, so that no reader and no crash ever sees half of it.
"""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

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
    """Check, fix, and check again until no fix applies (at most 20 times)."""
    applied = 0
    report = checker.check_bytes(data, filename)
    for _ in range(_PASSES):
        fixes = applicable(report.findings, filename, unsafe=unsafe)
        if not fixes:
            break
        try:
            text = decode(data)
        except UndecodableSource:
            break  # the report says so
        chosen = _disjoint(fixes)
        changed = apply_edits(text, [edit for fix in chosen for edit in fix.edits])
        new = encode(changed, data)
        if new is None:
            return Fixed(data, applied, report, "cannot be fixed: its encoding is ambiguous")
        if _parses(text) and not _parses(changed):
            return Fixed(data, applied, report, "internal error: a fix breaks the file")
        data, applied = new, applied + len(chosen)
        report = checker.check_bytes(data, filename)
    return Fixed(data, applied, report)


def applicable(findings: Iterable[Finding], filename: str, *, unsafe: bool) -> list[Fix]:
    """The fixes that may be applied to one file; unsafe ones only when asked for."""
    return [
        finding.fix
        for finding in findings
        if finding.fix is not None
        and finding.fix.edits
        and (finding.fix.safe or unsafe)
        and finding.location.filename == filename
        and finding.location.cell is None
    ]


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with every edit applied; equal edits count once.

    Line breaks in the new content become those of the line where the edit starts. Raises ValueError
    for edits that overlap or lie outside of the text.
    """
    starts, ends = _line_starts(text)
    pieces: list[str] = []
    done = 0
    for edit in sorted(set(edits), key=lambda edit: (edit.start, edit.end, edit.content)):
        start, end = _offset(starts, edit.start, text), _offset(starts, edit.end, text)
        if start < done or end < start:
            raise ValueError(f"edits overlap at {edit.start.row}:{edit.start.column}")
        newline = ends[edit.start.row - 1] or ends[0] or "\n"
        pieces += [text[done:start], edit.content.replace("\n", newline)]
        done = end
    return "".join([*pieces, text[done:]])


def replace_file(path: str, data: bytes) -> None:
    """Put `data` in the place of a file, all at once; a link keeps pointing where it points.

    Raises OSError; then the file is as it was.
    """
    target = os.path.realpath(path)
    if not os.access(target, os.W_OK):
        raise PermissionError(13, "Permission denied", path)
    descriptor, name = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".randlint-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(target, name)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _disjoint(fixes: Sequence[Fix]) -> list[Fix]:
    """The fixes that can be applied together: each whole, none inside another, equal ones once."""
    chosen: list[Fix] = []
    taken: list[tuple[Position, Position]] = []
    seen: set[tuple[Edit, ...]] = set()
    for fix in sorted(fixes, key=lambda fix: min(edit.start for edit in fix.edits)):
        spans = [(edit.start, edit.end) for edit in fix.edits]
        if fix.edits in seen or any(_meet(span, other) for span in spans for other in taken):
            continue
        seen.add(fix.edits)
        taken += spans
        chosen.append(fix)
    return chosen


def _meet(one: tuple[Position, Position], other: tuple[Position, Position]) -> bool:
    """Whether two spans share a character, or start at the same place."""
    return one[0] == other[0] or (one[0] < other[1] and other[0] < one[1])


def _line_starts(text: str) -> tuple[list[int], list[str]]:
    """Where each line starts, and what ends it: Python's lines, not those of `str.splitlines`."""
    parts = re.split(r"(\r\n|\r|\n)", text)
    lengths = [
        len(line) + len(end) for line, end in zip(parts[::2], [*parts[1::2], ""], strict=True)
    ]
    return [0, *accumulate(lengths[:-1])], [*parts[1::2], ""]


def _offset(starts: Sequence[int], position: Position, text: str) -> int:
    if not 1 <= position.row <= len(starts):
        raise ValueError(f"an edit in row {position.row} of {len(starts)}")
    offset = starts[position.row - 1] + position.column - 1
    if not 0 <= offset <= len(text):
        raise ValueError(f"an edit outside of the text at {position.row}:{position.column}")
    return offset


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
