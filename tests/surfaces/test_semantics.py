"""docs/semantics.md is run from top to bottom; its assertions are its numbers."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "semantics.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks() -> list[tuple[int, str]]:
    """The (first line, text) of every block of Python."""
    page = PAGE.read_text(encoding="utf-8")
    return [(page.count("\n", 0, match.start(1)), match[1]) for match in BLOCK.finditer(page)]


def test_every_block_runs() -> None:
    pytest.importorskip("jax")
    space: dict[str, Any] = {"__name__": "semantics"}
    for line, text in blocks():
        exec(compile("\n" * line + text, str(PAGE), "exec"), space)


def test_the_numbers_are_asserted() -> None:
    """All blocks but the one that defines how to measure; at least 25 assertions in all."""
    counts = [
        sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(text)))
        for _, text in blocks()
    ]
    assert counts.count(0) == 1
    assert sum(counts) >= 25


def test_no_other_block_is_python_in_disguise() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^```(\w*)$", page, re.MULTILINE)) <= {"python", ""}


def test_it_is_short_enough_to_be_read() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("<!-- samplers")
    table = text[2].partition("<!-- end of samplers -->")
    assert (text[0] + table[2]).count("\n") < 360
