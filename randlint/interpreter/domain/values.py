"""Abstract values: what the interpreter knows about the result of an expression.

Values are immutable and compared by object identity; what a program mutates (attributes, items)
lives in the interpreter's heap. `labels` carries what a value depends on: the lanes of a vmapped
axis, the differentiated inputs, the draws.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import libcst as cst

from randlint.catalogue.schema import Distribution, Transform
from randlint.catalogue.schema import Function as CataloguedFunction
from randlint.interpreter.domain.definitions import ClassDefinition
from randlint.interpreter.domain.frames import Frame, Function
from randlint.interpreter.domain.identity import KeyIdentity, Made
from randlint.interpreter.domain.names import keylike
from randlint.interpreter.domain.paths import Path
from randlint.interpreter.domain.symbols import (
    NO_LABELS,
    Const,
    Inside,
    Labels,
    Symbol,
    Unknown,
    Value,
    union,
)
from randlint.source.segments import Segment


@dataclass(slots=True, eq=False, repr=False)
class Key(Value):
    """One PRNG key; `made` tells which expression derived this very value."""

    identity: KeyIdentity
    made: Made
    labels: Labels = NO_LABELS


@dataclass(slots=True, eq=False, repr=False)
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


@dataclass(slots=True, eq=False, repr=False)
class Sequence(Value):
    """A tuple or list whose items are known; `rest` stands for further items of unknown number.

    A change of a list makes another value of it; the `token` tells that it is the same object.
    """

    items: tuple[Value, ...]
    rest: Value | None = None
    mutable: bool = False
    token: object = field(default_factory=object)
    gathered: Inside | None = field(default=None, init=False)


@dataclass(slots=True, eq=False, repr=False)
class Stack(Sequence):
    """An array made of values one by one, `jnp.stack([key, other])`: a lane sees one of them."""


@dataclass(slots=True, eq=False, repr=False)
class Record(Value):
    """A dict with constant keys; `open` when it may hold others too.

    An item that is set makes another value of it; the `token` tells that it is the same object.
    """

    items: Mapping[Any, Value]
    open: bool = False
    token: object = field(default_factory=object)
    gathered: Inside | None = field(default=None, init=False)


@dataclass(slots=True, eq=False, repr=False)
class Partial(Value):
    """`functools.partial(function, *args, **kwargs)`."""

    function: Value
    args: tuple[Value, ...]
    kwargs: Mapping[str, Value]
    gathered: Inside | None = field(default=None, init=False)


@dataclass(slots=True, eq=False, repr=False)
class Transformed(Value):
    """What a catalogued transform returns: a function that calls `function` in its own way."""

    transform: Transform
    function: Value
    node: cst.CSTNode
    segment: Segment
    arguments: Mapping[str, Value] = field(default_factory=dict)
    method: bool = False  # transformed first and bound to an object then: positions count it
    gathered: Inside | None = field(default=None, init=False)


@dataclass(slots=True, eq=False, repr=False)
class External(Value):
    """A module, class or function outside the linted code, by dotted name."""

    name: str


@dataclass(slots=True, eq=False, repr=False)
class Method(Value):
    """A catalogued or unknown method of a value that is not an object of the linted program."""

    receiver: Value
    name: str
    model: CataloguedFunction | None = None


@dataclass(slots=True, eq=False, repr=False)
class Class(Value):
    """A class of the linted program."""

    definition: ClassDefinition
    closure: Frame | None = None


@dataclass(slots=True, eq=False, repr=False)
class Instance(Value):
    """An object of a linted class; `symbolic` when nobody saw it being made (`self` of a root)."""

    definition: ClassDefinition
    symbol: Symbol
    symbolic: bool = False
    labels: Labels = NO_LABELS  # of every attribute, whether anybody saw it being set or not


@dataclass(slots=True, eq=False, repr=False)
class Super(Value):
    """`super()` in a method of `owner`: the object as the classes after that see it."""

    receiver: Instance
    owner: ClassDefinition


@dataclass(slots=True, eq=False, repr=False)
class Source(Value):
    """An object that hands out fresh keys (`nnx.Rngs`, `PRNGSequence`) and never is one."""

    labels: Labels = NO_LABELS


@dataclass(slots=True, eq=False, repr=False)
class HostGenerator(Value):
    """An object that draws on the host: `numpy.random.default_rng()`, `random.Random()`."""

    name: str
    labels: Labels = NO_LABELS


@dataclass(slots=True, eq=False, repr=False)
class Sampled(Value):
    """A distribution object: its draws depend on what it was constructed with."""

    model: Distribution
    arguments: object  # the Arguments of its construction
    labels: Labels = NO_LABELS


@dataclass(slots=True, eq=False, repr=False)
class Zipped(Value):
    """What `zip`, `enumerate` and `dict.items` iterate over: parts that advance together."""

    parts: tuple[Value, ...]
    gathered: Inside | None = field(default=None, init=False)


@dataclass(slots=True, eq=False, repr=False)
class Choice(Value):
    """One of several values, each under the path on which it was bound."""

    options: tuple[tuple[Path, Value], ...]
    gathered: Inside | None = field(default=None, init=False)


# --- what is inside of a container


_Container: TypeAlias = "Sequence | Record | Choice | Zipped | Partial | Function | Transformed"
_CONTAINERS = (Sequence, Record, Choice, Zipped, Partial, Function, Transformed)
# The commonest, told apart at once.
_UNLABELLED = frozenset({Const, External})


def labels_of(value: Value) -> Labels:
    """Everything `value` depends on, through containers."""
    if type(value) in _UNLABELLED:
        return NO_LABELS
    match value:
        case Unknown() | Key() | KeyArray() | Source() | HostGenerator() | Sampled() | Instance():
            return value.labels
        case _:
            return inside(value).labels if isinstance(value, _CONTAINERS) else NO_LABELS


def holds_function(value: Value) -> bool:
    """Whether a value is a function of the program, or contains one."""
    match value:
        case Function() | Partial() | Transformed():
            return True
        case Sequence() | Record() | Choice():
            return inside(value).function
        case _:
            return False


def carries_key(value: Value) -> bool:
    """Whether a value has, or may have, something to do with keys."""
    match value:
        case Key() | KeyArray():
            return True
        case Function():  # what it closes over, or the object it belongs to
            return value.closure is not None or value.bound is not None
        case Partial() | Transformed() | Sequence() | Record() | Choice():
            return inside(value).key
        case Unknown():
            return value.symbol is not None and (
                value.symbol.declared is True or keylike(value.symbol.name)
            )
        case _:
            return False


def inside(value: _Container) -> Inside:
    """What is known of all that `value` holds: gathered once, from the innermost outwards."""
    waiting = [value]
    while value.gathered is None:
        current = waiting[-1]
        if current.gathered is None:
            below = [
                each
                for each in _held(current)
                if isinstance(each, _CONTAINERS) and each.gathered is None
            ]
            if below:
                waiting += below
                continue
            current.gathered = _gathered(current)
        waiting.pop()
    return value.gathered


def _gathered(value: _Container) -> Inside:
    held = _held(value)
    asked: Iterable[Value] = held
    if isinstance(value, Sequence):
        asked = value.items
    elif isinstance(value, (Zipped, Function)):
        asked = ()
    return Inside(
        union(map(labels_of, held)), any(map(carries_key, asked)), any(map(holds_function, asked))
    )


def _held(value: _Container) -> tuple[Value, ...]:
    match value:
        case Zipped():
            return value.parts
        case Partial(function=function, args=args, kwargs=kwargs):
            return (function, *args, *kwargs.values())
        case Function(bound=bound):
            return () if bound is None else (bound,)
        case Transformed(function=function):
            return (function,)
        case _:
            return parts(value)


def parts(value: Value) -> tuple[Value, ...]:
    """What a tuple, list, dict or choice holds, further items of unknown number among it."""
    match value:
        case Sequence(items=items, rest=rest):
            return items if rest is None else (*items, rest)
        case Record(items=entries):
            return tuple(entries.values())
        case Choice(options=options):
            return tuple(option for _, option in options)
        case _:
            return ()


def innermost(value: Value) -> Function | None:
    """The function of the program below transforms and partial applications."""
    while isinstance(value, (Transformed, Partial)):
        value = value.function
    return value if isinstance(value, Function) else None
