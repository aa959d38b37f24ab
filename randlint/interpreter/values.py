"""Abstract values: what the interpreter knows about the result of an expression.

Values are immutable and compared by object identity; what a program mutates (attributes, items)
lives in the interpreter's heap. `labels` carries what a value depends on: the lanes of a vmapped
axis, the differentiated inputs, the draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from randlint.interpreter.manners import keylike

if TYPE_CHECKING:
    import libcst as cst

    from randlint.catalogue.schema import Distribution, Transform
    from randlint.catalogue.schema import Function as CataloguedFunction
    from randlint.interpreter.identity import KeyIdentity, Made
    from randlint.interpreter.modules import ClassDefinition, Module
    from randlint.interpreter.paths import Path
    from randlint.interpreter.state import Frame
    from randlint.source.segments import Segment

Labels: TypeAlias = frozenset[object]
NO_LABELS: Labels = frozenset()


class Symbol:
    """The identity of a value nobody knows: equal symbols are equal values at run time.

    `op` and `args` say how it came about (`("attr", (self, "key"))`), so that `self.key` read twice
    is one symbol, while two calls of an unknown function are two.
    """

    __slots__ = ("annotated", "args", "declared", "name", "op")

    def __init__(self, op: str, args: tuple[object, ...] = (), name: str = "") -> None:
        self.op = op
        self.args = args
        self.name = name
        self.declared: bool | None = None  # annotated as a key / as something else / not at all
        self.annotated: tuple[cst.BaseExpression | str, Module] | None = None  # as what, and where

    def __repr__(self) -> str:
        return f"<{self.op} {self.name or self.args}>"


@dataclass(slots=True, eq=False)
class Value:
    """Anything an expression can evaluate to."""


@dataclass(slots=True, eq=False)
class Unknown(Value):
    """A value about which only its symbol and its labels are known."""

    symbol: Symbol | None = None
    labels: Labels = NO_LABELS

    def identity(self) -> Symbol:
        """The symbol, made on demand: most unknown values are never asked for one."""
        if self.symbol is None:
            self.symbol = Symbol("value")
        return self.symbol


UNKNOWN = Unknown(Symbol("anything"))


@dataclass(slots=True, eq=False)
class Const(Value):
    """A literal: int, float, str, bool, None, Ellipsis, bytes."""

    value: Any


NONE = Const(None)
TRUE = Const(True)
FALSE = Const(False)


@dataclass(slots=True, eq=False)
class Key(Value):
    """One PRNG key; `made` tells which expression derived this very value."""

    identity: KeyIdentity
    made: Made
    labels: Labels = NO_LABELS


@dataclass(slots=True, eq=False)
class KeyArray(Value):
    """An array of keys, or a slice `[start:stop]` of one; `size` is known where it is constant."""

    identity: KeyIdentity
    made: Made
    size: int | None = None
    start: int = 0
    labels: Labels = NO_LABELS
    whole: bool = True
    base: KeyIdentity | None = None  # of a slice: the array it was cut from
    shaped: bool = False  # more than one axis: its items are arrays or keys, nobody counts them


@dataclass(slots=True, eq=False)
class Sequence(Value):
    """A tuple or list whose items are known; `rest` stands for further items of unknown number."""

    items: tuple[Value, ...]
    rest: Value | None = None
    mutable: bool = False


@dataclass(slots=True, eq=False)
class Record(Value):
    """A dict with constant keys; `open` when it may hold others too.

    An item that is set makes another value of it; the `token` tells that it is the same object.
    """

    items: Mapping[Any, Value]
    open: bool = False
    token: object = field(default_factory=object)


@dataclass(slots=True, eq=False)
class Function(Value):
    """A function of the linted program, with the frame it closes over."""

    node: cst.FunctionDef | cst.Lambda
    module: Module
    segment: Segment
    closure: Frame | None
    name: str
    bound: Value | None = None
    owner: ClassDefinition | None = None


@dataclass(slots=True, eq=False)
class Partial(Value):
    """`functools.partial(function, *args, **kwargs)`."""

    function: Value
    args: tuple[Value, ...]
    kwargs: Mapping[str, Value]


@dataclass(slots=True, eq=False)
class Transformed(Value):
    """What a catalogued transform returns: a function that calls `function` in its own way."""

    transform: Transform
    function: Value
    node: cst.CSTNode
    segment: Segment
    arguments: Mapping[str, Value] = field(default_factory=dict)
    method: bool = False  # transformed first and bound to an object then: positions count it


@dataclass(slots=True, eq=False)
class External(Value):
    """A module, class or function outside the linted code, by dotted name."""

    name: str


@dataclass(slots=True, eq=False)
class Method(Value):
    """A catalogued or unknown method of a value that is not an object of the linted program."""

    receiver: Value
    name: str
    model: CataloguedFunction | None = None


@dataclass(slots=True, eq=False)
class Class(Value):
    """A class of the linted program."""

    definition: ClassDefinition
    closure: Frame | None = None


@dataclass(slots=True, eq=False)
class Instance(Value):
    """An object of a linted class; `symbolic` when nobody saw it being made (`self` of a root)."""

    definition: ClassDefinition
    symbol: Symbol
    symbolic: bool = False
    labels: Labels = NO_LABELS  # of every attribute, whether anybody saw it being set or not


@dataclass(slots=True, eq=False)
class Source(Value):
    """An object that hands out fresh keys (`nnx.Rngs`, `PRNGSequence`) and never is one."""

    labels: Labels = NO_LABELS


@dataclass(slots=True, eq=False)
class HostGenerator(Value):
    """An object that draws on the host: `numpy.random.default_rng()`, `random.Random()`."""

    name: str
    labels: Labels = NO_LABELS


@dataclass(slots=True, eq=False)
class Sampled(Value):
    """A distribution object: its draws depend on what it was constructed with."""

    model: Distribution
    arguments: object  # the Arguments of its construction
    labels: Labels = NO_LABELS


@dataclass(slots=True, eq=False)
class Zipped(Value):
    """What `zip`, `enumerate` and `dict.items` iterate over: parts that advance together."""

    parts: tuple[Value, ...]


@dataclass(slots=True, eq=False)
class Choice(Value):
    """One of several values, each under the path on which it was bound."""

    options: tuple[tuple[Path, Value], ...]


# The commonest, told apart at once.
_UNLABELLED = frozenset({Const, External})


def labels_of(value: Value) -> Labels:
    """Everything `value` depends on, through containers."""
    if type(value) in _UNLABELLED:
        return NO_LABELS
    match value:
        case Unknown() | Key() | KeyArray() | Source() | HostGenerator() | Sampled() | Instance():
            return value.labels
        case Sequence():
            return _union([*value.items, *([value.rest] if value.rest else [])])
        case Record():
            return _union(list(value.items.values()))
        case Choice():
            return _union([option for _, option in value.options])
        case Zipped():
            return _union(list(value.parts))
        case Partial():
            return _union([value.function, *value.args, *value.kwargs.values()])
        case Function():
            return labels_of(value.bound) if value.bound is not None else NO_LABELS
        case Transformed():
            return labels_of(value.function)
        case _:
            return NO_LABELS


def _union(values: list[Value]) -> Labels:
    found = NO_LABELS
    for value in values:
        more = labels_of(value)
        if more:
            found = found | more
    return found


def holds_function(value: Value) -> bool:
    """Whether a value is a function of the program, or contains one."""
    match value:
        case Function() | Partial() | Transformed():
            return True
        case Sequence(items=items):
            return any(map(holds_function, items))
        case Record(items=items_by_name):
            return any(map(holds_function, items_by_name.values()))
        case Choice(options=options):
            return any(holds_function(each) for _, each in options)
        case _:
            return False


def carries_key(value: Value) -> bool:
    """Whether a value has, or may have, something to do with keys."""
    match value:
        case Key() | KeyArray():
            return True
        case Function():  # what it closes over, or the object it belongs to
            return value.closure is not None or value.bound is not None
        case Partial():
            given = (value.function, *value.args, *value.kwargs.values())
            return any(map(carries_key, given))
        case Transformed():
            return carries_key(value.function)
        case Sequence():
            return any(map(carries_key, value.items))
        case Record():
            return any(map(carries_key, value.items.values()))
        case Choice():
            return any(carries_key(option) for _, option in value.options)
        case Unknown():
            return value.symbol is not None and (
                value.symbol.declared is True or keylike(value.symbol.name)
            )
        case _:
            return False
