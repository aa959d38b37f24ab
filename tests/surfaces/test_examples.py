"""examples/ holds one file per kind of mistake, and each is found."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from randlint.engine import Checker
from randlint.rules import registry
from randlint.settings import load_settings

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.py"))


def test_one_file_per_kind_of_mistake() -> None:
    """RND206 explains what is no mistake; RND9xx is about files and comments."""
    codes = [path.name.split("_")[0].upper() for path in EXAMPLES]
    assert codes == [code for code in registry() if code != "RND206" and code < "RND9"]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_mistake_is_found(path: Path) -> None:
    code, name = path.stem.split("_", 1)
    rule = registry()[code.upper()]
    assert name.replace("_", "-") == rule.name
    checker = Checker(load_settings([str(path.parent)]))
    found = checker.check_bytes(path.read_bytes(), str(path)).findings
    assert {finding.code for finding in found} == {rule.code}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_each_explains_itself(path: Path) -> None:
    text = path.read_text()
    assert ast.get_docstring(ast.parse(text))
    assert text.count("\n") < 30
