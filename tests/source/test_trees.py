"""Translated trees say what LibCST's own trees say, on every kind of statement and expression."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import pytest

import randlint
from randlint.source.nodes import children, names_in, walk
from randlint.source.trees import translator as new_translator

SYNTAX = (Path(__file__).parent / "syntax.txt").read_text(encoding="utf-8")
# Pieces of code between lines of dashes: every kind of expression, then every kind of statement.
PIECES = [piece.strip("\n") for piece in SYNTAX.split("---\n")]


def _shape(node: cst.CSTNode) -> object:
    """A tree as nested tuples of what the interpreter reads; equal for equal code."""
    name = type(node).__name__
    below = [_shape(each) for each in children(node)]
    if isinstance(node, (cst.SimpleString, cst.ConcatenatedString)):
        return "string", node.evaluated_value
    if isinstance(node, (cst.Integer, cst.Float, cst.Imaginary)):
        return name, node.evaluated_value
    if isinstance(node, cst.Name):
        return name, node.value
    if isinstance(node, cst.Arg):
        return name, node.star, below
    if isinstance(node, cst.FormattedString):
        parts = [each for each in node.parts if isinstance(each, cst.FormattedStringExpression)]
        return name, [_shape(each) for each in parts]
    if isinstance(node, cst.IndentedBlock):
        return "block", below
    if isinstance(node, cst.SimpleStatementSuite):
        return "block", [("SimpleStatementLine", below)]
    if isinstance(node, cst.ImportFrom):
        return name, len(node.relative), below
    if isinstance(node, (cst.MatchList, cst.MatchTuple)):
        return "sequence", below
    return name, below


def _both(text: str) -> tuple[object, object]:
    translated = new_translator().statements(ast.parse(text).body)
    parsed = cst.parse_module(text).body
    return [_shape(each) for each in translated], [_shape(each) for each in parsed]


@pytest.mark.parametrize("text", PIECES)
def test_the_same_tree(text: str) -> None:
    translated, parsed = _both(text + "\n")
    assert translated == parsed


def test_a_docstring_can_be_read() -> None:
    (made,) = new_translator().statements(ast.parse("def f():\n    '''Doc.'''").body)
    assert isinstance(made, cst.FunctionDef)
    assert made.get_docstring() == "Doc."


def _files() -> Iterator[Path]:
    root = Path(randlint.__file__).parent
    yield from sorted(root.rglob("*.py"))


@pytest.mark.parametrize("path", list(_files()), ids=lambda path: path.stem)
def test_the_same_names_in_our_own_files(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    translated = new_translator().statements(ast.parse(text).body)
    found = {name for each in translated for name in names_in(each)}
    assert found == {name for each in cst.parse_module(text).body for name in names_in(each)}


def test_every_node_of_code_has_a_place() -> None:
    text = "\n".join(PIECES)
    translator = new_translator()
    for statement in translator.statements(ast.parse(text).body):
        for node in walk(statement):
            if isinstance(node, (cst.BaseExpression, cst.BaseSmallStatement, cst.Arg, cst.Param)):
                assert id(node) in translator.origins, node.__class__
