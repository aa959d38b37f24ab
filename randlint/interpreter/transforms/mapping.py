"""One lane of a mapped axis: what each lane sees, and what comes back."""

from __future__ import annotations

from collections.abc import Sequence as Sequence_
from dataclasses import replace
from typing import TypeGuard

from randlint.interpreter.domain.frames import Unmapped
from randlint.interpreter.domain.identity import Each
from randlint.interpreter.domain.symbols import Const, Unknown, Value
from randlint.interpreter.domain.values import (
    Instance,
    Key,
    KeyArray,
    Record,
    Sequence,
    Source,
    Stack,
)
from randlint.interpreter.keys.consuming import element
from randlint.interpreter.language.items import item_symbol
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.labelling import through_objects
from randlint.interpreter.machine.nesting import DISPLAYS

_MOST_LANES = 4
_DEEPEST_AXES = 32  # of a container in `in_axes`: what is further inside has lanes


def axes_of(axes: Value | None, position: int) -> Value | None:
    """What `in_axes` says of one argument, as far as anybody can tell."""
    match axes:
        case Sequence(items=items, rest=None):
            return items[position] if position < len(items) else None
        case _:
            return axes


def is_mapped(axes: Value | None, position: int) -> bool:
    """Whether the argument at `position` differs from lane to lane, as far as anybody can tell."""
    axis = axes_of(axes, position)
    return not (isinstance(axis, Const) and axis.value is None)


def lane(machine: Interpreter, value: Value, token: object, turn: int = 0) -> Value:
    """The part of `value` that one lane sees; different turns are different lanes."""
    return through_objects(
        machine,
        value,
        lambda each: _lane(machine, each, token, turn),
        lambda labels: labels | {token},
    )


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
    stacks = [
        len(a.items)
        for a, m in zip(args, mapped, strict=True)
        if m and _is_stack(a) and not _is_one_key(a)
    ]
    return min(stacks[0], _MOST_LANES) if stacks else 1


def at_lane(
    machine: Interpreter, value: Value, axes: Value | None, number: int, token: object
) -> Value:
    """What lane `number` sees of an argument: of a stack, its own item."""
    if not _is_stack(value):
        return _by_axes(machine, value, axes, number, token)
    if _is_one_key(value):
        return value.items[0]  # every lane has it
    item = value.items[min(number, len(value.items) - 1)]
    return machine.per_option(item, lambda one: _of_a_lane(one, token))


def _is_one_key(value: Stack) -> bool:
    """Whether all that is stacked is one and the same key."""
    first, *others = value.items
    match first:
        case Key():
            return all(isinstance(each, Key) and each.identity is first.identity for each in others)
        case Unknown():
            return all(each is first for each in others)
        case _:
            return False


def _by_axes(
    machine: Interpreter, value: Value, axes: Value | None, number: int, token: object
) -> Value:
    """What one lane sees where each part may have an axis of its own, or None."""
    done: dict[tuple[int, int], Value] = {}  # parts may be shared, to any depth

    def part(one: Value, axis: Value | None, depth: int) -> Value:
        where = (id(one), id(axis))
        if where not in done:
            machine.budget.visit()
            done[where] = seen(one, axis, depth + 1)
        return done[where]

    def seen(one: Value, axis: Value | None, depth: int) -> Value:
        if depth > _DEEPEST_AXES:
            return lane(machine, one, token, number)
        match one, axis:
            case _, Const(value=None):
                return unmapped(one, token)
            case Sequence(items=items, rest=None), Sequence(items=each, rest=None) if len(
                items
            ) == len(each):
                made_of = [part(*pair, depth) for pair in zip(items, each, strict=True)]
                return Sequence(tuple(made_of), None, one.mutable)
            case Record(items=entries), Record(items=inner):
                found = {name: part(each, inner.get(name), depth) for name, each in entries.items()}
                return Record(found, one.open)
            case Instance(symbolic=False), Instance(symbolic=False):
                made = lane(machine, one, token, number)
                assert isinstance(made, Instance)
                held, fields = machine.attributes(one.symbol), machine.attributes(axis.symbol)
                for name, field in fields.items():
                    if name in held:
                        machine.store(made.symbol, name, part(held[name], field, depth))
                return made
            case _:
                return lane(machine, one, token, number)

    return part(value, axes, 0)


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
    return through_objects(machine, value, _stacked, into=DISPLAYS)


def _stacked(value: Value) -> Value:
    match value:
        case Key():
            return KeyArray(value.identity, value.made, None, labels=value.labels)
        case KeyArray():
            return KeyArray(value.identity, value.made, None, labels=value.labels, shaped=True)
        case _:
            return value
