"""The house: which package imports which, and how large its parts may be.

`ROOMS` is the plan: a module imports modules of its own room and of those further down in the
list, wherever the import stands: at the top, in a function, or for type checkers alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]

ROOMS = (
    "randlint.flake8_plugin",
    "randlint.__main__",
    "randlint.cli",
    "randlint.reporting",
    "randlint.used_models",
    "randlint.runner",
    "randlint.cache",
    "randlint.fixing",
    "randlint.engine",
    "randlint.diagnosis",
    "randlint.settings",
    "randlint.rules",
    "randlint.interpreter.analysis",
    "randlint.interpreter.roots",
    "randlint.interpreter.end_of_root",
    "randlint.interpreter.dispatch",
    "randlint.interpreter.transforms",
    "randlint.interpreter.calls",
    "randlint.interpreter.language",
    "randlint.interpreter.gradients",
    "randlint.interpreter.keys",
    "randlint.interpreter.evidence",
    "randlint.interpreter.program",
    "randlint.interpreter.machine",
    "randlint.interpreter.domain",
    "randlint.interpreter.events",
    "randlint.documents",
    "randlint.edits",
    "randlint.source",
    "randlint.catalogue",
    "randlint.findings",
    "randlint.failures",
    "randlint.files",
    "randlint.__version__",
)
RUNTIME_ROOMS = (
    "randlint_runtime.pytest_plugin",
    "randlint_runtime.verify",
    "randlint_runtime.assertions",
    "randlint_runtime.provenance",
    "randlint_runtime.ledger",
    "randlint_runtime._observing",
    "randlint_runtime._reference",
    "randlint_runtime.processes",
    "randlint_runtime.estimators",
    "randlint_runtime.random",
    "randlint_runtime._guards",
    "randlint_runtime.conventions",
    "randlint_runtime.rules",
    "randlint_runtime._gradient_rules",
    "randlint_runtime._context",
    "randlint_runtime.threefry",
    "randlint_runtime._counters",
    "randlint_runtime._unpatched_jax",
    "randlint_runtime._source",
    "randlint_runtime._jax",
)
PACKAGES = ("randlint", "runtime/randlint_runtime")
MOST_LINES, MOST_STATEMENT_LINES, MOST_ATTRIBUTES = 400, 60, 15


class Import(NamedTuple):
    """One name imported by one module of a package from another."""

    importer: str
    imported: str


def modules(package: Path) -> dict[str, ast.Module]:
    """The modules of a package by dotted name; a package by that of its `__init__`."""
    found = {}
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        found[name] = ast.parse(path.read_text())
    return found


def imports(trees: dict[str, ast.Module]) -> Iterator[Import]:
    """Every import between modules of one package, those of type checkers included."""
    for name, tree in trees.items():
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module=str(module), names=names, level=0):
                    full = [f"{module}.{each.name}" for each in names]
                    targets = [each if each in trees else module for each in full]
                case ast.Import(names=names):
                    targets = [each.name for each in names]
                case _:
                    targets = []
            yield from (Import(name, each) for each in targets if each in trees and each != name)


def room_of(module: str, rooms: Sequence[str]) -> int | None:
    """The place of a module's room in the list; None for a package that is above its rooms."""
    for place, room in enumerate(rooms):
        if module == room or module.startswith(f"{room}."):
            return place
    return None


def against_the_order(found: Iterator[Import], rooms: Sequence[str]) -> list[Import]:
    """Imports of a room further up."""
    wrong = []
    for each in found:
        here, there = room_of(each.importer, rooms), room_of(each.imported, rooms)
        if here is not None and there is not None and there < here:
            wrong.append(each)
    return wrong


def circle(found: Iterator[Import]) -> list[str]:
    """Modules that need each other, if there are any."""
    graph: dict[str, set[str]] = {}
    for each in found:
        graph.setdefault(each.importer, set()).add(each.imported)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def attributes(node: ast.ClassDef) -> set[str]:
    """What objects of a class hold: its annotated fields, and what methods set on `self`."""
    found = {
        each.target.id
        for each in node.body
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
    }
    for each in ast.walk(node):
        if (
            isinstance(each, ast.Attribute)
            and isinstance(each.ctx, ast.Store)
            and isinstance(each.value, ast.Name)
            and each.value.id == "self"
        ):
            found.add(each.attr)
    return found


def held(name: str, classes: dict[str, ast.ClassDef]) -> set[str]:
    """The attributes of a class and of those of its bases that the package defines."""
    node = classes[name]
    found = attributes(node)
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes and base.id != name:
            found |= held(base.id, classes)
    return found


def oversized(package: Path) -> list[str]:
    """Modules, functions and classes that are too large."""
    trees = modules(package)
    nodes = [(name, node) for name, tree in trees.items() for node in ast.walk(tree)]
    classes = {node.name: node for _, node in nodes if isinstance(node, ast.ClassDef)}
    found = [
        f"{path.name}: {count} lines"
        for path in sorted(package.rglob("*.py"))
        if (count := len(path.read_text().splitlines())) > MOST_LINES
    ]
    for module, node in nodes:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > MOST_STATEMENT_LINES:
                    found.append(f"{module}.{name}: {length} lines")
            case ast.ClassDef(name=name) if classes[name] is node:
                count = len(held(name, classes))
                if count > MOST_ATTRIBUTES:
                    found.append(f"{module}.{name}: {count} attributes")
    return found


@pytest.mark.parametrize(
    ("package", "rooms", "above"),
    [
        ("randlint", ROOMS, ["randlint", "randlint.interpreter"]),
        ("runtime/randlint_runtime", RUNTIME_ROOMS, ["randlint_runtime"]),
    ],
)
def test_each_room_imports_only_what_is_below_it(
    package: str, rooms: Sequence[str], above: list[str]
) -> None:
    trees = modules(ROOT / package)
    found = list(imports(trees))
    assert len(found) > 100
    assert against_the_order(iter(found), rooms) == []
    assert [name for name in trees if room_of(name, rooms) is None] == above


@pytest.mark.parametrize("package", PACKAGES)
def test_no_two_modules_need_each_other(package: str) -> None:
    assert circle(imports(modules(ROOT / package))) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_too_large(package: str) -> None:
    assert oversized(ROOT / package) == []


# --- the tests above see what they look for


@pytest.fixture
def house(tmp_path: Path) -> Path:
    package = tmp_path / "house"
    for room in ("attic", "cellar"):
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "attic" / "box.py").write_text("from house.cellar import wine\n")
    (package / "cellar" / "wine.py").write_text("")
    return package


@pytest.mark.parametrize(
    "text",
    [
        "from house.attic import box\n",
        "from house.attic.box import thing\n",
        "import house.attic.box\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from house.attic import box\n",
        "def late():\n    from house.attic.box import thing\n",
    ],
)
def test_an_import_upwards_and_a_circle_are_seen(house: Path, text: str) -> None:
    rooms = ("house.attic", "house.cellar")
    assert against_the_order(imports(modules(house)), rooms) == []
    assert circle(imports(modules(house))) == []
    (house / "cellar" / "wine.py").write_text(text)
    wrong = Import("house.cellar.wine", "house.attic.box")
    assert against_the_order(imports(modules(house)), rooms) == [wrong]
    assert sorted(set(circle(imports(modules(house))))) == sorted(wrong)


def test_what_is_too_large_is_seen(house: Path) -> None:
    assert oversized(house) == []
    (house / "cellar" / "wine.py").write_text("x = 1\n" * (MOST_LINES + 1))
    long = "def long():\n" + "    pass\n" * MOST_STATEMENT_LINES
    fields = "".join(f"    field{i}: int\n" for i in range(MOST_ATTRIBUTES))
    wide = f"class Wide:\n{fields}\nclass Wider(Wide):\n    def f(self):\n        self.more = 1\n"
    (house / "attic" / "box.py").write_text(long + wide)
    assert oversized(house) == [
        f"wine.py: {MOST_LINES + 1} lines",
        f"house.attic.box.long: {MOST_STATEMENT_LINES + 1} lines",
        f"house.attic.box.Wider: {MOST_ATTRIBUTES + 1} attributes",
    ]
