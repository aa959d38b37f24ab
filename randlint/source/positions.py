"""Where a translated node stands, from the `ast` node that it was made of."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

import libcst as cst

from randlint.findings import Position


def span(
    node: cst.CSTNode, origin: ast.AST, lines: Sequence[str], offset: int = 0
) -> tuple[Position, Position]:
    """First position, and the one after the last; rows and columns count from 1, in characters.

    Args:
        node: a node made from `origin`.
        origin: a node of `ast` that has a position; it counts columns in bytes of UTF-8.
        lines: the lines of the file.
        offset: what is to be added to the rows that `origin` knows.
    """
    row = getattr(origin, "lineno", 1) + offset
    column = _characters(lines[row - 1], getattr(origin, "col_offset", 0))
    end_row = (getattr(origin, "end_lineno", None) or row - offset) + offset
    end = _characters(lines[end_row - 1], getattr(origin, "end_col_offset", 0) or 0)
    text = node.name.value if isinstance(node, cst.Param) else getattr(node, "value", "")
    if isinstance(node, (cst.Name, cst.Param)) and not isinstance(origin, ast.Name):
        return _name(text, origin, lines[row - 1], (row, column), (end_row, end))
    return Position(row, column + 1), Position(end_row, end + 1)


def _characters(line: str, offset: int) -> int:
    """The column of a byte offset."""
    if line.isascii():
        return offset
    return len(line.encode()[:offset].decode(errors="replace"))


def _name(
    text: str, origin: ast.AST, line: str, start: tuple[int, int], end: tuple[int, int]
) -> tuple[Position, Position]:
    """A name that is a mere string in `ast`: the attribute after the dot, the name after `def`."""
    row, column = start
    if isinstance(origin, ast.Attribute):
        row, column = end[0], end[1] - len(text)
    elif isinstance(origin, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        found = re.compile(rf"\b{re.escape(text)}\b").search(line, column)
        column = found.start() if found else column
    elif not isinstance(origin, (ast.arg, ast.keyword, ast.alias)):
        return Position(row, column + 1), Position(end[0], end[1] + 1)
    return Position(row, column + 1), Position(row, column + len(text) + 1)
