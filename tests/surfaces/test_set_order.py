"""Nothing that is printed may hang on the order of a set: code that asks for that order is found.

Sets are ordered by hashes, which differ from run to run: those of text by PYTHONHASHSEED, those of
our objects by their addresses. mypy tells what is a set. Where the order makes no difference and
this test cannot see it, a comment says so: `in any order`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from mypy import build, nodes
from mypy.find_sources import create_source_list
from mypy.options import Options
from mypy.typeops import bind_self
from mypy.types import CallableType, Instance, Overloaded, Type, UnionType, get_proper_type

ROOT = Path(__file__).resolve().parents[2]
EXCUSE = "in any order"

# They give the same for every order; of `sorted`, `min` and `max` only without a `key`, for what
# the key holds to be equal comes out in the order in which it went in.
_ORDERLESS = {"any", "all", "len", "sum", "set", "frozenset", "bool", "sorted", "min", "max"}
_SETS = {"builtins.set", "builtins.frozenset", "typing.AbstractSet", "typing.MutableSet"}
_SHOWS = {"str", "repr", "format", "print"}  # they take anything, and go through a set
# Fields that lead from a node to what it refers to, not to what stands inside of it.
_REFERENCES = {"node", "info", "def_var", "type", "unanalyzed_type", "names", "imports"}
_REFERENCES |= {"original_def", "original_first_arg", "analyzed"}


class Finder:
    """Finds where the order of a set is asked for, in files that mypy has checked."""

    def __init__(self, types: dict[nodes.Expression, Type]) -> None:
        self._types = types
        self._free: set[nodes.Node] = set()  # whose order nobody sees

    def rows(self, tree: nodes.MypyFile) -> set[int]:
        """The rows of a file."""
        found = list(_inside(tree))
        for node in found:
            self._free.update(self._freed_by(node))
        return {each.line for node in found for each in self._asked_by(node)}

    def _freed_by(self, node: nodes.Node) -> Iterator[nodes.Node]:
        """What a node makes of no order, whatever order it is in."""
        match node:
            case nodes.SetComprehension(generator=inside):
                yield inside
            case nodes.SetExpr(items=items):
                yield from items
            case nodes.CallExpr(callee=callee, args=args) if self._is_orderless(callee, args):
                yield node
                yield from args

    def _is_orderless(self, callee: nodes.Expression, args: Sequence[nodes.Expression]) -> bool:
        if isinstance(callee, nodes.MemberExpr) and self._is_set(callee.expr):
            return callee.name != "pop"  # `update`, `union`, `isdisjoint` ...
        return _builtin(callee) in _ORDERLESS and len(args) == 1

    def _asked_by(self, node: nodes.Node) -> Iterator[nodes.Context]:
        match node:
            case nodes.ForStmt(expr=each) | nodes.YieldFromExpr(expr=each) if self._is_set(each):
                yield each
            case nodes.GeneratorExpr() | nodes.DictionaryComprehension() if node not in self._free:
                yield from filter(self._is_set, node.sequences)
            case nodes.StarExpr(expr=each) if node not in self._free and self._is_set(each):
                yield each
            case nodes.AssignmentStmt(rvalue=each, lvalues=targets) if self._is_set(each):
                if any(map(self._goes_through, targets)):
                    yield each
            case nodes.FuncDef(type=CallableType(ret_type=promised)) if _is_ordered(promised):
                returned = [x for x in _inside(node.body) if isinstance(x, nodes.ReturnStmt)]
                yield from (x for x in returned if x.expr is not None and self._is_set(x.expr))
            case nodes.CallExpr():
                yield from self._asked_by_call(node)

    def _goes_through(self, target: nodes.Lvalue) -> bool:
        known = self._types.get(target)
        return isinstance(target, nodes.TupleExpr | nodes.ListExpr) or (
            known is not None and _is_ordered(known)
        )

    def _asked_by_call(self, call: nodes.CallExpr) -> Iterator[nodes.Context]:
        callee = call.callee
        popped = isinstance(callee, nodes.MemberExpr) and callee.name == "pop"
        if popped and self._is_set(callee.expr):
            yield call
        if call in self._free:
            return
        for position, given in enumerate(call.args):
            if self._is_set(given) and self._is_gone_through(call, position):
                yield given

    def _is_gone_through(self, call: nodes.CallExpr, position: int) -> bool:
        """Whether a function may go through its argument, for all that its annotations say."""
        if call.arg_kinds[position] is nodes.ARG_STAR or _builtin(call.callee) in _SHOWS:
            return True
        name = call.arg_names[position]
        functions = self._functions(call.callee)
        formals = [
            each.argument_by_position(position) if name is None else each.argument_by_name(name)
            for each in functions
        ]
        return not formals or any(each is None or _is_ordered(each.typ) for each in formals)

    def _functions(self, callee: nodes.Expression) -> Sequence[CallableType]:
        """What may be called: the overloads of one function."""
        known = get_proper_type(self._types.get(callee))
        if isinstance(known, Instance):  # `functools.cache` makes such objects
            method = known.type.get_method("__call__")
            bound = get_proper_type(method.type) if method is not None else None
            known = bind_self(bound) if isinstance(bound, CallableType) else None
        if isinstance(known, Overloaded):
            return known.items
        return [known] if isinstance(known, CallableType) else []

    def _is_set(self, expression: nodes.Expression) -> bool:
        known = self._types.get(expression)
        return known is not None and _is_set(known)


def _is_set(kind: Type) -> bool:
    kind = get_proper_type(kind)
    if isinstance(kind, UnionType):
        return any(map(_is_set, kind.items))
    return isinstance(kind, Instance) and kind.type.fullname in _SETS


def _is_ordered(kind: Type) -> bool:
    """Whether a type promises that one can go through the value, and says nothing of a set."""
    kind = get_proper_type(kind)
    if isinstance(kind, UnionType):
        return not _is_set(kind) and any(map(_is_ordered, kind.items))
    return (
        isinstance(kind, Instance)
        and kind.type.has_readable_member("__iter__")
        and not (_is_set(kind))
    )


def _builtin(callee: nodes.Expression) -> str:
    name = callee.fullname if isinstance(callee, nodes.RefExpr) else ""
    found = name.removeprefix("builtins.")
    if isinstance(callee, nodes.MemberExpr) and callee.name == "format":
        return "format"  # what an f-string becomes
    return found if found != name else ""


def _inside(top: nodes.Node) -> Iterator[nodes.Node]:
    """A node and everything in it; mypy's own visitors cannot be extended."""
    waiting: list[object] = [top]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if isinstance(each, list | tuple):
            waiting.extend(each)
        elif isinstance(each, nodes.Node) and id(each) not in seen:
            seen.add(id(each))
            yield each
            fields = [name for name in _fields(type(each)) if name not in _REFERENCES]
            waiting += [getattr(each, name, None) for name in fields]


def _fields(kind: type) -> Sequence[str]:
    compiled = getattr(kind, "__mypyc_attrs__", None)
    if compiled is not None:
        return [name for name in compiled if not name.startswith("__")]
    return [name for base in kind.__mro__ for name in getattr(base, "__slots__", ())]


def places(folder: Path) -> tuple[list[str], list[str]]:
    """Where order is asked for without an excuse, and excuses for which there is no reason."""
    options = Options()
    options.export_types = options.preserve_asts = options.check_untyped_defs = True
    options.incremental = False
    options.follow_imports = "skip"  # of other packages, which hand out no sets here
    result = build.build(create_source_list([str(folder)], options), options)
    asked: list[str] = []
    idle: list[str] = []
    for state in result.graph.values():
        if state.tree is None or not Path(state.tree.path).is_relative_to(folder):
            continue
        rows = Finder(result.types).rows(state.tree)
        for row, text in enumerate(Path(state.tree.path).read_text().splitlines(), start=1):
            excused = EXCUSE in text.partition("#")[2]
            if excused != (row in rows):
                (idle if excused else asked).append(f"{state.tree.path}:{row}: {text.strip()}")
    return sorted(asked), sorted(idle)


def test_no_order_of_a_set_is_asked_for() -> None:
    assert places(ROOT / "randlint") == ([], [])


ASKED = """\
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache


@dataclass
class Held:
    names: frozenset[str]
    numbers: set[int] = field(default_factory=set)


def given(names: Iterable[str]) -> list[str]:
    return [name for name in names]


def asks(held: Held, maybe: set[int] | None, known: dict[str, set[str]]) -> object:
    for name in held.names:  # !
        print(name)
    found = [name for name in held.names if name]  # !
    first = next(iter(held.names))  # !
    one = next(number for number in held.numbers if number)  # !
    lists = list(held.names), tuple(maybe or ()), [*held.names]  # !
    text = ", ".join(held.names)  # !
    text += f"{held.names}"  # !
    text += str(held.names)  # !
    print(*held.names)  # !
    last = held.numbers.pop()  # !
    ties = sorted(held.names, key=len)  # !
    least = min(held.names, key=len)  # !
    by_name = {name: 0 for name in held.names}  # !
    keys = dict.fromkeys(known["a"])  # !
    a, b = held.names  # !
    wide: Iterable[str] = held.names  # !
    for number, name in enumerate(held.names):  # !
        print(number, name)
    longest = max(map(str, maybe or ()), key=len)  # !
    return given(held.names)  # !


def hands_out(held: Held) -> Iterable[str]:
    return held.names  # !


def goes(held: Held) -> Iterator[str]:
    yield from held.names  # !
"""

ASKS_NOT = """\
from collections.abc import Container, Set as AbstractSet
from functools import cache

Labels = frozenset[object]


def given(names: Container[str], more: AbstractSet[str] = frozenset()) -> bool:
    return "a" in names


@cache
def known(names: frozenset[str]) -> int:
    return len(names)


def asks_not(names: frozenset[str], labels: Labels, table: dict[str, set[int]]) -> object:
    for name in sorted(names):
        print(name)
    for name in table:
        print(name)
    same = any(name.islower() for name in names) and all(map(str.islower, names))
    total = sum(len(name) for name in names), max(names), min(len(name) for name in names)
    more = {name.upper() for name in names} | {*names, "a"}
    more.update(names)
    more |= names.union(more, *table)
    table.setdefault("a", set()).add(1)
    left = frozenset(each for each in labels if isinstance(each, str))
    both = (names, labels)
    for name in names:  # in any order: only counted
        total = (*total, 1)
    return known(names), given(names), given("abc", more=names), {"a": names}, left - labels
"""


NO_REASON = "def same(names: list[str]) -> list[str]:\n    return [*names]  # in any order\n"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[str]]:
    """What is found in the sources above; `asking.py:2` and so on."""
    folder = tmp_path_factory.mktemp("planted")
    for name, text in (("asking", ASKED), ("silent", ASKS_NOT), ("idle", NO_REASON)):
        (folder / f"{name}.py").write_text(text)
    asked, idle = places(folder)
    return [each.rpartition("/")[2] for each in asked], [each.rpartition("/")[2] for each in idle]


def test_what_asks_for_an_order_is_found(planted: tuple[list[str], list[str]]) -> None:
    wanted = {
        f"asking.py:{row}: {text.strip()}"
        for row, text in enumerate(ASKED.splitlines(), start=1)
        if text.endswith("# !")
    }
    assert len(wanted) > 20
    assert {each for each in planted[0] if each.startswith("asking")} == wanted


def test_what_asks_for_none_is_left_alone(planted: tuple[list[str], list[str]]) -> None:
    assert not [each for each in [*planted[0], *planted[1]] if each.startswith("silent")]


def test_an_excuse_without_a_reason_is_told(planted: tuple[list[str], list[str]]) -> None:
    assert planted[1] == ["idle.py:2: return [*names]  # in any order"]
