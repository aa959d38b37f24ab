"""`randlint models`: what of the catalogue applies to a project, and why.

A framework's file applies to a module that imports the framework. Its entries are looked up the way
the interpreter does it: a dotted name is followed through the module's imports, then through the
library's own re-exports.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from randlint.catalogue import Catalogue, NameSet, framework, framework_names, with_models
from randlint.documents import Extract, extract, is_document
from randlint.files import read_bytes
from randlint.findings import Location, Position
from randlint.source.decode import decode

OWN = "tool.randlint.models"
# Fields of the catalogue that hold bare names, and what it means to be among them.
_LISTS = {
    NameSet.ANNOTATIONS: "annotates a key",
    NameSet.SOURCES: "an object that hands out fresh keys",
    NameSet.TRACED_BASES: "methods of its subclasses are traced",
    NameSet.IMMUTABLE_BASES: "its instances are never changed",
    NameSet.INSPECTORS: "looks at a key without using it up",
    NameSet.OPTIONAL_DRAWS: "takes a key and may not draw",
    NameSet.STREAM_WORDS: "says that code draws from a stream",
    NameSet.STRUCTURE_READERS: "runs a model to see its sites",
    NameSet.REPLACED: "a field that the replacers change",
    NameSet.REPLACERS: "gives the object with some fields changed",
    NameSet.APPLIERS: "runs a module on the parameters given",
    NameSet.APPLIER_KEYWORDS: "taken by the applier itself",
    NameSet.SELECTS: "takes one of its arms",
    NameSet.LANE_INDICES: "differs from lane to lane",
    NameSet.RANKS: "gives indices without a derivative",
    NameSet.PARAMETERISED: "reads the parameters of the surrounding `apply`",
    NameSet.PURIFIES: "makes the `apply` of a function",
    NameSet.PURIFIES_WITH_STATE: "makes the `apply` of a function with state",
    NameSet.PIECEWISE: "has no useful derivative",
    NameSet.HOST_DRAWS: "draws on the host",
    NameSet.HOST_GENERATORS: "makes a generator of the host",
    NameSet.PLAIN_BASES: "brings no attributes of its own",
    NameSet.HOST_ENTROPY: "random when used as a seed",
    NameSet.HOST_READERS: "makes numbers of bytes",
}


@dataclass(slots=True)
class Used:
    """An entry of a catalogue file: its kind, what it says, and where the project uses it."""

    name: str
    kind: str
    says: str
    places: list[Location] = field(default_factory=list)


@dataclass(slots=True)
class Applied:
    """A framework's file, or the project's own `models`, with the imports that make it apply."""

    name: str
    imports: list[tuple[Location, str]] = field(default_factory=list)
    entries: dict[tuple[str, str], Used] = field(default_factory=dict)


@dataclass(slots=True)
class Overview:
    """What applies to a project: how many files were read, and one item per catalogue file."""

    files: int
    applied: list[Applied]
    unreadable: list[str]


def overview(files: Iterable[str], models: Mapping[str, object]) -> Overview:
    """Read the imports of every file, and what they lead to."""
    known = {name: framework(name) for name in framework_names()}
    if models:
        known[OWN] = with_models(Catalogue(), models)
    applied = {name: Applied(name) for name in known}
    if OWN in known:
        for name, kind, says in _rows(known[OWN]):
            applied[OWN].entries[kind, name] = Used(name, kind, says)
    count = 0
    unreadable: list[str] = []
    for filename in files:
        count += 1
        module = _read(filename)
        if module is None:
            unreadable.append(filename)
            continue
        _look_at(module, known, applied)
    items = [item for item in applied.values() if item.imports or item.name == OWN]
    return Overview(count, items, unreadable)


# --- one file


@dataclass(slots=True)
class _Module:
    filename: str
    tree: ast.Module
    document: Extract | None

    def place(self, node: ast.stmt | ast.expr) -> Location:
        position = Position(node.lineno, node.col_offset + 1)
        cell = None
        if self.document is not None:
            found = self.document.cell_of(node.lineno)
            cell = None if found is None else found.number
            position = self.document.position(position)
        return Location(self.filename, position, position, cell)


def _read(filename: str) -> _Module | None:
    """A file's tree; None where it cannot be read."""
    document = None
    try:
        data = read_bytes(filename)
        if is_document(filename):
            document = extract(data, filename)
            text = "" if document is None else document.text
        else:
            text = decode(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _Module(filename, ast.parse(text), document)
    except (OSError, ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def _look_at(module: _Module, known: Mapping[str, Catalogue], applied: dict[str, Applied]) -> None:
    names: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for local, dotted in _imported(node):
                names[local] = dotted
                root = dotted.partition(".")[0]
                if root in applied:
                    seen = applied[root].imports
                    place = module.place(node)
                    if not seen or seen[-1][0] != place:
                        seen.append((place, ast.unparse(node)))
    roots = {dotted.partition(".")[0] for dotted in names.values()}
    reachable = {name: each for name, each in known.items() if name in roots or name == OWN}
    if reachable:
        _look_up(module, names, reachable, applied)


def _imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Local names and what they stand for; relative imports lead to no library."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            local = alias.asname or alias.name.partition(".")[0]
            yield local, alias.name if alias.asname else local
    elif node.level == 0 and node.module:
        for alias in node.names:
            yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _look_up(
    module: _Module,
    names: Mapping[str, str],
    known: Mapping[str, Catalogue],
    applied: dict[str, Applied],
) -> None:
    for node in ast.walk(module.tree):
        dotted = _dotted(node, names)
        if dotted is None:
            continue
        assert isinstance(node, ast.expr)
        for name, catalogue in known.items():
            for entry, kind, says in _found(catalogue, catalogue.resolve(dotted)):
                entries = applied[name].entries
                used = entries.setdefault((kind, entry), Used(entry, kind, says))
                used.places.append(module.place(node))


def _dotted(node: ast.AST, names: Mapping[str, str]) -> str | None:
    """What `hk.next_rng_key` stands for."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name) or node.id not in names:
        return None
    return ".".join([names[node.id], *reversed(attributes)])


# --- the catalogue


def _rows(catalogue: Catalogue) -> Iterator[tuple[str, str, str]]:
    """Every entry: its name, its kind, what it says."""
    for name, function in catalogue.functions.items():
        yield name, "function", str(function.effect)
    for name, transform in catalogue.transforms.items():
        yield name, "transform", str(transform.kind)
    for name in catalogue.distributions:
        yield name, "distribution", "its draws depend on its parameters"
    for name, method in catalogue.methods.items():
        yield name, "method", str(method.effect)
    for kind, says in _LISTS.items():
        for name in sorted(catalogue.names_of(kind)):
            yield name, kind, says
    for name, target in catalogue.aliases.items():
        yield name, "alias", f"stands for {target}"


def _found(catalogue: Catalogue, name: str) -> Iterator[tuple[str, str, str]]:
    """The entries that speak of a resolved name."""
    if name in catalogue.functions:
        yield name, "function", str(catalogue.functions[name].effect)
    if name in catalogue.transforms:
        yield name, "transform", str(catalogue.transforms[name].kind)
    if name in catalogue.distributions:
        yield name, "distribution", "its draws depend on its parameters"
    for kind, says in _LISTS.items():
        if catalogue.listed(kind, name):
            yield name, kind, says
