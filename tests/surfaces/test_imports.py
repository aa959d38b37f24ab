"""Imports point one way: no module of ours needs, to be imported, a module that needs it."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def imports(body: list[ast.stmt], known: Collection[str]) -> Iterator[str]:
    """Which of the modules `known` these statements import; not what only a type checker reads."""
    for statement in body:
        match statement:
            case ast.ImportFrom(module=str(module), names=names, level=0):
                full = [f"{module}.{each.name}" for each in names]
                yield from (each if each in known else module for each in full)
            case ast.Import(names=names):
                yield from (each.name for each in names)
            case ast.If(test=ast.Name(id="TYPE_CHECKING"), orelse=orelse):
                yield from imports(orelse, known)
            case ast.If(body=below, orelse=orelse):
                yield from imports([*below, *orelse], known)
            case ast.Try(body=below, handlers=handlers):
                rescues = [each for handler in handlers for each in handler.body]
                yield from imports([*below, *rescues], known)


def modules(package: Path) -> dict[str, set[str]]:
    """Each module of a package, with those of the package that it imports when it is imported."""
    files = {
        ".".join(path.relative_to(package.parent).with_suffix("").parts): path
        for path in package.rglob("*.py")
    }
    files = {name.removesuffix(".__init__"): path for name, path in files.items()}
    return {
        name: {each for each in imports(ast.parse(path.read_text()).body, files) if each in files}
        for name, path in files.items()
    }


@pytest.mark.parametrize("package", ["randlint", "runtime/randlint_runtime"])
def test_there_is_no_circle(package: str) -> None:
    found = modules(ROOT / package)
    assert sum(map(len, found.values())) > len(found)
    order = list(TopologicalSorter(found).static_order())
    assert sorted(order) == sorted(found)


def test_a_circle_would_be_seen(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "one.py").write_text("from package import two\n")
    (package / "two.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from package import one\n"
    )
    TopologicalSorter(modules(package)).prepare()
    (package / "two.py").write_text("try:\n    import package.one\nexcept ImportError:\n    pass\n")
    with pytest.raises(CycleError):
        TopologicalSorter(modules(package)).prepare()
