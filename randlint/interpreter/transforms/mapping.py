"""One lane of a mapped axis: what each lane sees, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence as Sequence_
from dataclasses import replace
from typing import TypeGuard

from randlint.interpreter.domain.frames import Unmapped
from randlint.interpreter.domain.identity import Each
from randlint.interpreter.domain.symbols import Const, Unknown, Value
from randlint.interpreter.domain.values import Key, KeyArray, Sequence, Source, Stack
from randlint.interpreter.keys.consuming import element
from randlint.interpreter.language.items import item_symbol
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.nesting import DISPLAYS, remade

_MOST_LANES = 4


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


def lane(machine: Interpreter, value: Value, token: object, turn: int = 0) -> Value:
    """The part of `value` that one lane sees; different turns are different lanes."""
    return remade(machine, value, lambda each: _lane(machine, each, token, turn))


def _lane(machine: Interpreter, value: Value, token: object, turn: int) -> Value:
    match value:
        case KeyArray():
            found = element(machine, value, Each(token, turn), frozenset({token}))
            if value.shaped:
                return KeyArray(found.identity, value.made, None, labels=found.labels, shaped=True)
            return found
        case Key():
            return Key(value.identity, value.made, value.labels | {token})
        case Unknown():
            symbol = item_symbol(machine.symbols, value.identity(), Each(token, turn))
            return Unknown(symbol, value.labels | {token})
        case Source():
            return Source(value.labels | {token})  # it was split: each lane has its own
        case _:
            return value


def known_lanes(args: Sequence_[Value], mapped: Sequence_[bool]) -> int:
    """How many lanes are worth a look of their own: several where single keys were stacked."""
    stacks = [len(a.items) for a, m in zip(args, mapped, strict=True) if m and _is_stack(a)]
    return min(stacks[0], _MOST_LANES) if stacks else 1


def at_lane(machine: Interpreter, value: Value, number: int, token: object) -> Value:
    """What lane `number` sees of an argument: of a stack, its own item."""
    if not _is_stack(value):
        return lane(machine, value, token, number)
    item = value.items[min(number, len(value.items) - 1)]
    return machine.per_option(item, lambda one: _of_a_lane(one, token))


def _of_a_lane(item: Value, token: object) -> Value:
    match item:
        case Key():
            return Key(item.identity, item.made, item.labels | {token})
        case Unknown():
            return Unknown(item.identity(), item.labels | {token})
        case _:
            return item


def _is_stack(value: Value) -> TypeGuard[Stack]:
    return isinstance(value, Stack) and value.rest is None and len(value.items) > 1


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


def stacked(machine: Interpreter, value: Value) -> Value:
    """What a mapped function returns, seen from outside: keys become key arrays."""
    return remade(machine, value, _stacked, into=DISPLAYS)


def _stacked(value: Value) -> Value:
    match value:
        case Key():
            return KeyArray(value.identity, value.made, None, labels=value.labels)
        case KeyArray():
            return KeyArray(value.identity, value.made, None, labels=value.labels, shaped=True)
        case _:
            return value
