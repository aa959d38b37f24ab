"""The labels that values carry: what a derivative of them depends on, and how a key was got."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, TypeVar

from randlint.interpreter.events import Event, Place
from randlint.interpreter.values import (
    NO_LABELS,
    Choice,
    Const,
    Instance,
    Key,
    KeyArray,
    Labels,
    Record,
    Sequence,
    Symbol,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from randlint.interpreter.core import Evaluation, Interpreter

# The label of a key that a traced function was given by code that is not traced.
HANDED_IN = "handed in"
# The label of a key that comes from a default argument.
BY_DEFAULT = "by default"

_NUMBERS = count()


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A label with something to tell: those made earlier are told earlier."""

    number: int = field(default_factory=_NUMBERS.__next__, init=False, repr=False)


Kind = TypeVar("Kind", bound=Label)


def in_order(labels: Labels, kind: type[Kind]) -> list[Kind]:
    """The labels of one kind, in the order in which they were made: a set has none of its own."""
    found = [each for each in labels if isinstance(each, kind)]  # in any order
    return sorted(found, key=lambda each: each.number)


@dataclass(frozen=True, slots=True, eq=False)
class Differentiated:
    """The label of what depends smoothly on the inputs of one derivative."""

    place: Place
    mode: str  # "forward", "reverse", "forward_over_reverse"
    given: frozenset[Evaluation] = frozenset()  # draws that the inputs were made of: mere numbers


@dataclass(frozen=True, slots=True, eq=False)
class Pending(Label):
    """Something to say about a draw, should it reach the value that is differentiated."""

    event: Event
    inputs: tuple[Differentiated, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The label of a log-density of a sample that still depends on the density's parameters."""

    draws: frozenset[Evaluation]


@dataclass(frozen=True, slots=True, eq=False)
class Deviation(Label):
    """The label of what a sample differs by from the mean that it was drawn around."""

    symbol: Symbol  # of the difference
    draws: frozenset[Evaluation]


def without_derivative(labels: Labels) -> Labels:
    """What is left of `labels` where no derivative passes."""
    return frozenset(
        each
        for each in labels
        if not isinstance(each, (Differentiated, Pending, Scored, Deviation))
    )


# --- labelling values


def relabel(machine: Interpreter, value: Value, change: Callable[[Labels], Labels]) -> Value:
    """`value` with the labels of everything in it changed."""
    match value:
        case Unknown():
            return Unknown(value.identity(), change(value.labels))
        case Const(value=int() | float() | complex()) if not isinstance(value.value, bool):
            more = change(NO_LABELS)  # a number among others: `loss([0.5, 0.5])`
            return Unknown(None, more) if more else value
        case Sequence():
            rest = relabel(machine, value.rest, change) if value.rest else None
            items = tuple(relabel(machine, each, change) for each in value.items)
            return Sequence(items, rest, value.mutable)
        case Record():
            entries = {n: relabel(machine, each, change) for n, each in value.items.items()}
            return Record(entries, value.open)
        case Choice():
            return machine.per_option(value, lambda one: relabel(machine, one, change))
        case Instance(symbolic=True):
            return Instance(value.definition, value.symbol, True, change(value.labels))
        case Instance():
            return _relabel_object(machine, value, change)
        case _:
            return value


def _relabel_object(
    machine: Interpreter, value: Instance, change: Callable[[Labels], Labels]
) -> Instance:
    symbol = Symbol("instance", (), value.symbol.name)
    for where, held in list(machine.heap.items()):
        if isinstance(where, tuple) and where[0] is value.symbol:
            machine.heap[(symbol, where[1])] = relabel(machine, held, change)
    return Instance(value.definition, symbol, False, change(value.labels))


def with_labels(machine: Interpreter, value: Value, more: Labels) -> Value:
    """`value`, which from here on depends on `more` too."""
    if not more:
        return value
    if isinstance(value, Const):
        return Unknown(None, more)
    return relabel(machine, value, lambda labels: labels | more)


def by_default(value: Value) -> Value:
    """What stands in for an argument that a call leaves out: a key there is told at the `def`."""
    match value:
        case Key() | KeyArray():
            return replace(value, labels=value.labels | {BY_DEFAULT})
        case _:
            return value


def handed_in(value: Value) -> Value:
    """A key that comes into a trace as an argument: its numbers are no constant there."""
    match value:
        case Key():
            return Key(value.identity, value.made, value.labels | {HANDED_IN})
        case KeyArray():
            return replace(value, labels=value.labels | {HANDED_IN})
        case Sequence(items=items, rest=rest):
            rest = None if rest is None else handed_in(rest)
            return Sequence(tuple(map(handed_in, items)), rest, value.mutable)
        case Record():
            items_by_name = {name: handed_in(each) for name, each in value.items.items()}
            return Record(items_by_name, value.open, value.token)
        case Choice():
            return Choice(tuple((path, handed_in(each)) for path, each in value.options))
        case _:
            return value
