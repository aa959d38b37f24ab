"""The labels that values carry: what a derivative of them depends on, and how a key was got."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeVar

from randlint.interpreter.core import Evaluation, Interpreter
from randlint.interpreter.events import Event, Place
from randlint.interpreter.nesting import remade
from randlint.interpreter.values import (
    NO_LABELS,
    Const,
    Instance,
    Key,
    KeyArray,
    Labels,
    Symbol,
    Unknown,
    Value,
)

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
    """`value` with the labels of everything in it changed, objects and what they hold as well."""
    copies: dict[Symbol, Symbol] = {}
    waiting: list[Symbol] = []

    def leaf(each: Value) -> Value:
        match each:
            case Unknown():
                return Unknown(each.identity(), change(each.labels))
            case Const(value=int() | float() | complex()) if not isinstance(each.value, bool):
                more = change(NO_LABELS)  # a number among others: `loss([0.5, 0.5])`
                return Unknown(None, more) if more else each
            case Instance(symbolic=True):
                return Instance(each.definition, each.symbol, True, change(each.labels))
            case Instance(symbol=symbol):
                if symbol not in copies:
                    copies[symbol] = Symbol("instance", (), symbol.name)
                    waiting.append(symbol)
                return Instance(each.definition, copies[symbol], False, change(each.labels))
            case _:
                return each

    made = remade(machine, value, leaf)
    while waiting:
        symbol = waiting.pop()
        for name, held in machine.attributes(symbol).items():
            machine.store(copies[symbol], name, remade(machine, held, leaf))
    return made


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


def handed_in(machine: Interpreter, value: Value) -> Value:
    """A key that comes into a trace as an argument: its numbers are no constant there."""

    def leaf(each: Value) -> Value:
        match each:
            case Key():
                return Key(each.identity, each.made, each.labels | {HANDED_IN})
            case KeyArray():
                return replace(each, labels=each.labels | {HANDED_IN})
            case _:
                return each

    return remade(machine, value, leaf, same=True)
