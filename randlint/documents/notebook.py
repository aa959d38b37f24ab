"""Notebooks: the code cells of an .ipynb file (nbformat 3 and 4) as one module.

The cells run in the order in which they stand. A cell that is no Python is a finding of its own and
takes no other cell with it. Notebooks of another language hold nothing for us.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from randlint.documents.automagic import Earlier
from randlint.documents.extract import Broken, BrokenDocument, Cell, Extract
from randlint.documents.magics import syntax_error, tame
from randlint.source.decode import position

_LANGUAGES = frozenset({"python", "ipython", "python3", "ipython3"})
_CONVERT = "convert it with `jupyter nbconvert --to notebook`"


@dataclass(frozen=True, slots=True)
class CodeCell:
    """One code cell: its number from 1 among cells of every kind, its text, its tags."""

    number: int
    source: str
    may_fail: bool


def extract(data: bytes) -> Extract | None:
    """The code of a notebook; None where it is in another language.

    Raises:
        BrokenDocument: no JSON, no notebook, or a format nobody writes any more.

    """
    document = _document(data)
    if not _is_python(document):
        return None
    rows: list[str] = []
    earlier = Earlier(rows)
    shifts: dict[int, int] = {}
    cells: list[Cell] = []
    broken: list[Broken] = []
    for cell in code_cells(document):
        first = len(rows) + 1
        tamed = tame(cell.source, earlier)
        error = _refused("\n".join(tamed.rows))
        if error is not None:
            if not cell.may_fail:
                broken.append(_broken(error, first, len(tamed.rows)))
            tamed.rows[:] = [""] * len(tamed.rows)
        cells.append(Cell(cell.number, first))
        shifts |= {first + row: columns for row, columns in tamed.shifts.items()}
        rows += tamed.rows
    return Extract("\n".join(rows), shifts, tuple(cells), tuple(broken))


def validate(data: bytes) -> None:
    """Raise BrokenDocument where `extract` would."""
    for _ in code_cells(_document(data)):
        pass


def code_cells(document: Mapping[str, object]) -> Iterator[CodeCell]:
    """The code cells of a notebook. Raises BrokenDocument where a cell is none."""
    number = 0
    for number, cell in enumerate(raw_cells(document), start=1):
        if not isinstance(cell, dict):
            raise BrokenDocument(1, 1, f"not a notebook: cell {number} is no object")
        if cell.get("cell_type") != "code" or not _cell_is_python(cell):
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list) and all(isinstance(line, str) for line in source):
            source = "".join(source)
        if not isinstance(source, str):
            raise BrokenDocument(1, 1, f"not a notebook: cell {number} has no text")
        yield CodeCell(number, source, "raises-exception" in _tags(cell))


def raw_cells(document: Mapping[str, object]) -> Iterator[object]:
    """The cells as they are, of either format."""
    sheets: list[object] = [document]
    if document.get("nbformat") == 3:
        sheets = _list(document, "worksheets")
    for sheet in sheets:
        if not isinstance(sheet, dict):
            raise BrokenDocument(1, 1, "not a notebook: a worksheet is no object")
        yield from _list(sheet, "cells")


def _document(data: bytes) -> Mapping[str, object]:
    """The JSON of a notebook, of a format that can be read."""
    document = _json(data)
    if not isinstance(document, dict):
        raise BrokenDocument(1, 1, "not a notebook: its JSON is no object")
    version = document.get("nbformat")
    if not isinstance(version, int) or isinstance(version, bool):
        raise BrokenDocument(1, 1, "not a notebook: it does not say its `nbformat`")
    if version not in (3, 4):
        raise BrokenDocument(1, 1, f"notebook format {version} is not 3 or 4; {_CONVERT}")
    return document


def _json(data: bytes) -> object:
    try:
        return json.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BrokenDocument(1, 1, f"not a notebook: {error.reason} in UTF-8") from None
    except json.JSONDecodeError as error:
        row, column = position(data.decode("utf-8-sig"), error.pos)
        raise BrokenDocument(row, column, f"not a notebook: no JSON ({error.msg})") from None
    except (ValueError, RecursionError, MemoryError):
        raise BrokenDocument(1, 1, "not a notebook: its JSON cannot be read") from None


def _is_python(document: Mapping[str, object]) -> bool:
    """Whether the kernel speaks Python; a notebook that does not say is taken to."""
    metadata = _dict(document, "metadata")
    for place, name in (("language_info", "name"), ("kernelspec", "language")):
        language = _dict(metadata, place).get(name)
        if isinstance(language, str) and language:
            return language.lower() in _LANGUAGES
    kernel = _dict(metadata, "kernelspec").get("name")
    return not isinstance(kernel, str) or not kernel or "python" in kernel.lower()


def _cell_is_python(cell: Mapping[str, object]) -> bool:
    """Editors mark single cells of another language (`vscode`); format 3 marks every cell."""
    language = _dict(_dict(cell, "metadata"), "vscode").get("languageId", cell.get("language"))
    return not isinstance(language, str) or language.lower() in _LANGUAGES


def _tags(cell: Mapping[str, object]) -> list[object]:
    tags = _dict(cell, "metadata").get("tags")
    return tags if isinstance(tags, list) else []


def _list(table: Mapping[str, object], name: str) -> list[object]:
    value = table.get(name, [])
    if not isinstance(value, list):
        raise BrokenDocument(1, 1, f"not a notebook: its `{name}` are no list")
    return value


def _dict(table: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = table.get(name)
    return value if isinstance(value, dict) else {}


def _refused(text: str) -> Exception | None:
    """Why a cell is no Python: both parsers say so (LibCST knows newer syntax)."""
    error = syntax_error(text)
    if error is None or "\0" in text or not isinstance(error, SyntaxError):
        return error
    import libcst

    try:
        libcst.parse_module(text)
    except Exception:  # whatever a parser makes of a broken cell
        return error
    return None


def _broken(error: Exception, first: int, rows: int) -> Broken:
    if not isinstance(error, SyntaxError):
        return Broken(first, 1, str(error) or type(error).__name__)
    row = min(max(error.lineno or 1, 1), rows)
    return Broken(first + row - 1, max(error.offset or 1, 1), error.msg)
