"""One lane of a mapped axis: what each lane sees, and what comes back."""

from __future__ import annotations

from dataclasses import replace

from randlint.interpreter.core import Interpreter
from randlint.interpreter.identity import Each
from randlint.interpreter.items import item_symbol
from randlint.interpreter.ledger import element
from randlint.interpreter.state import Unmapped
from randlint.interpreter.values import (
    Choice,
    Const,
    Key,
    KeyArray,
    Record,
    Sequence,
    Source,
    Unknown,
    Value,
)


def is_mapped(axes: Value | None, position: int) -> bool:
    """Whether the argument at `position` differs from lane to lane, as far as anybody can tell."""
    match axes:
        case Const(value=None):
            return False
        case Sequence(items=items, rest=None) if position < len(items):
            axis = items[position]
            return not (isinstance(axis, Const) and axis.value is None)
        case _:
            return True


def lane(machine: Interpreter, value: Value, token: object) -> Value:
    """The part of `value` that one lane sees."""
    match value:
        case KeyArray():
            found = element(machine, value, Each(token, 0), frozenset({token}))
            if value.shaped:
                return KeyArray(found.identity, value.made, None, labels=found.labels, shaped=True)
            return found
        case Key():
            return Key(value.identity, value.made, value.labels | {token})
        case Unknown():
            symbol = item_symbol(machine, value.identity(), Each(token, 0))
            return Unknown(symbol, value.labels | {token})
        case Sequence():
            rest = lane(machine, value.rest, token) if value.rest else None
            items = tuple(lane(machine, each, token) for each in value.items)
            return Sequence(items, rest, value.mutable)
        case Record():
            entries = {name: lane(machine, each, token) for name, each in value.items.items()}
            return Record(entries, value.open)
        case Source():
            return Source(value.labels | {token})  # it was split: each lane has its own
        case Choice():
            return machine.per_option(value, lambda one: lane(machine, one, token))
        case _:
            return value


def unmapped(value: Value, token: object) -> Value:
    """An argument that the author declared to be the same in every lane (`in_axes=None`)."""
    label = frozenset({Unmapped(token)})
    match value:
        case Key():
            return Key(value.identity, value.made, value.labels | label)
        case KeyArray():
            return replace(value, labels=value.labels | label)
        case Unknown():
            return Unknown(value.identity(), value.labels | label)
        case _:
            return value


def stacked(value: Value) -> Value:
    """What a mapped function returns, seen from outside: keys become key arrays."""
    match value:
        case Key():
            return KeyArray(value.identity, value.made, None, labels=value.labels)
        case KeyArray():
            return KeyArray(value.identity, value.made, None, labels=value.labels, shaped=True)
        case Sequence():
            return Sequence(tuple(map(stacked, value.items)), value.rest, value.mutable)
        case Record():
            return Record({name: stacked(each) for name, each in value.items.items()}, value.open)
        case _:
            return value
