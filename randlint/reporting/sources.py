"""The source that findings point into, read when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from randlint.documents import BrokenDocument, is_notebook
from randlint.files import read_bytes
from randlint.findings import Location, Position
from randlint.source.decode import UndecodableSource, decode, split_lines

if TYPE_CHECKING:
    from randlint.documents.rewriting import Notebook


class Sources:
    """Lines of files and of the cells of notebooks.

    `given` holds the bytes of files that are not on disk, such as standard input.
    """

    def __init__(self, given: Mapping[str, bytes] | None = None) -> None:
        self._given = given or {}
        self._name: tuple[str, int | None] = ("", None)
        self._lines: list[str] = []
        self._opened = ""
        self._notebook: Notebook | None = None

    def line(self, filename: str, row: int, cell: int | None = None) -> str | None:
        """One line, or None where the file has none such (any more)."""
        if (filename, cell) != self._name:
            self._name, self._lines = (filename, cell), self._read(filename, cell)
        return self._lines[row - 1] if 1 <= row <= len(self._lines) else None

    def in_file(self, location: Location) -> Location:
        """The same place told in rows of the file itself, for those who know no cells."""
        cell = location.cell
        if cell is None:
            return location
        notebook = self._notebook_of(location.filename)
        try:
            if notebook is not None:
                start = notebook.file_position(cell, location.start)
                end = notebook.file_position(cell, location.end)
                return Location(location.filename, start, end, cell)
        except ValueError:
            pass  # the file has changed since
        start = Position(1, 1)
        return Location(location.filename, start, start, cell)

    def _read(self, filename: str, cell: int | None) -> list[str]:
        try:
            if cell is not None:
                notebook = self._notebook_of(filename)
                return [] if notebook is None else split_lines(notebook.source(cell))
            return split_lines(decode(self._bytes(filename)))
        except (OSError, ValueError, UndecodableSource):
            return []

    def _notebook_of(self, filename: str) -> Notebook | None:
        if filename != self._opened:
            self._opened, self._notebook = filename, self._open(filename)
        return self._notebook

    def _open(self, filename: str) -> Notebook | None:
        from randlint.documents.rewriting import open_notebook

        try:
            return open_notebook(self._bytes(filename)) if is_notebook(filename) else None
        except (OSError, ValueError, BrokenDocument):
            return None

    def _bytes(self, filename: str) -> bytes:
        data = self._given.get(filename)
        if data is None:
            data = read_bytes(filename)
        return data
