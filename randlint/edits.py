"""Edits to text, and where the rows of a text begin."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from randlint.findings import Edit, Position


@dataclass(frozen=True, slots=True)
class Replacement:
    """Characters `start` to `end` of a text (offsets from 0), and what to put in their place."""

    start: int
    end: int
    content: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with every edit applied; equal edits count once.

    Line breaks in the new content become those of the line where the edit starts. Raises ValueError
    for edits that overlap or lie outside of the text.
    """
    pieces: list[str] = []
    done = 0
    for each in replacements(text, edits):
        pieces += [text[done : each.start], each.content]
        done = each.end
    return "".join([*pieces, text[done:]])


def replacements(text: str, edits: Iterable[Edit]) -> list[Replacement]:
    """Edits as offsets into the text, in order; raises as `apply_edits` does."""
    starts, ends = _line_starts(text)
    found: list[Replacement] = []
    done = 0
    for edit in sorted(dict.fromkeys(edits), key=lambda edit: (edit.start, edit.end, edit.content)):
        start, end = _offset(starts, edit.start, text), _offset(starts, edit.end, text)
        if start < done or end < start:
            raise ValueError(f"edits overlap at {edit.start.row}:{edit.start.column}")
        newline = ends[edit.start.row - 1] or ends[0] or "\n"
        found.append(Replacement(start, end, edit.content.replace("\n", newline)))
        done = end
    return found


def offset(text: str, position: Position) -> int:
    """Where a position is in the text, from 0; ValueError where it is outside."""
    return _offset(_line_starts(text)[0], position, text)


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
    found = starts[position.row - 1] + position.column - 1
    if not 0 <= found <= len(text):
        raise ValueError(f"an edit outside of the text at {position.row}:{position.column}")
    return found
