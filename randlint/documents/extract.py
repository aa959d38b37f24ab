"""The Python of a document as one module, and the way back from its rows to the document."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from randlint.findings import Confidence, Edit, Finding, Fix, Location, Position, Related

_SAME_KEY_AGAIN = "RND105"


class BrokenDocument(ValueError):
    """A file that is not the document its name says; the message says what to do about it."""

    def __init__(self, row: int, column: int, message: str) -> None:
        super().__init__(message)
        self.row = row
        self.column = column
        self.message = message


class Cell(NamedTuple):
    """A cell of a notebook: its number (from 1, cells of every kind count) and its first row."""

    number: int
    first: int


class Broken(NamedTuple):
    """A place of the module, in the module's own rows, that is no Python."""

    row: int
    column: int
    message: str


@dataclass(frozen=True, slots=True)
class Extract:
    """The Python of a document.

    A page keeps its rows: `text` has an empty row wherever the page holds no code, and `cells` is
    empty. The code of a notebook's cells stands one after the other. `shifts` has, for rows of
    which something was cut off on the left (indentation, a prompt, `%time`), how many characters.
    `blocks` are the rows in which the blocks of a page begin.
    """

    text: str
    shifts: Mapping[int, int] = field(default_factory=dict)
    cells: tuple[Cell, ...] = ()
    broken: tuple[Broken, ...] = ()
    blocks: tuple[int, ...] = ()

    def weighed(self, finding: Finding) -> Finding:
        """A finding of the module, trusted less where cells and blocks are meant to be repeated.

        Every example of a tutorial makes the same key again, so that it can be run on its own.
        """
        name = finding.location.filename
        if finding.code != _SAME_KEY_AGAIN or not finding.related:
            return finding
        part = self._part(finding.location.start.row)
        others = [each.location for each in finding.related if each.location.filename == name]
        if all(self._part(other.start.row) == part for other in others):
            return finding
        return replace(finding, confidence=Confidence.LOW)

    def _part(self, row: int) -> int:
        """Which cell or block a row of the module belongs to."""
        starts = self.blocks or tuple(cell.first for cell in self.cells)
        return bisect_right(starts, row)

    def place(self, finding: Finding) -> Finding:
        """A finding of the module, told in the document's cells, rows and columns."""
        name = finding.location.filename
        location = self.locate(finding.location, name)
        related = tuple(
            Related(each.message, self.locate(each.location, name)) for each in finding.related
        )
        fix = None if finding.fix is None else self._fix(finding.fix, finding.location)
        return replace(finding, location=location, related=related, fix=fix)

    def cell_of(self, row: int) -> Cell | None:
        """The cell that holds a row of the module."""
        if not self.cells:
            return None
        index = bisect_right(self.cells, row, key=lambda cell: cell.first) - 1
        return self.cells[max(index, 0)]

    def row_of(self, cell: int | None, row: int) -> int:
        """The row of the module that stands in this row of the document (of this cell)."""
        first = next((each.first for each in self.cells if each.number == cell), 1)
        return first + row - 1

    def position(self, position: Position) -> Position:
        """A position of the module, counted in the document (in its cell, where it has cells)."""
        cell = self.cell_of(position.row)
        first = 1 if cell is None else cell.first
        column = position.column + self.shifts.get(position.row, 0)
        return Position(position.row - first + 1, column)

    def locate(self, location: Location, name: str) -> Location:
        """A location of the module, told in the document called `name`."""
        if location.filename != name:
            return location  # another module of the project
        cell = self.cell_of(location.start.row)
        start, end = self.position(location.start), self.position(location.end)
        if cell is not self.cell_of(location.end.row):
            end = start
        return replace(location, start=start, end=end, cell=None if cell is None else cell.number)

    def _fix(self, fix: Fix, location: Location) -> Fix | None:
        """The same edits in the document; None where rows of it would lose what was cut off."""
        cell = self.cell_of(location.start.row)
        edits = []
        for edit in fix.edits:
            rows = range(edit.start.row, edit.end.row + 1)
            if any(self.cell_of(row) is not cell for row in rows):
                return None
            many = len(rows) > 1 or "\n" in edit.content
            if many and any(row in self.shifts for row in rows):
                return None
            edits.append(Edit(self.position(edit.start), self.position(edit.end), edit.content))
        return replace(fix, edits=tuple(edits))
