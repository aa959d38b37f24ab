"""What changes a list or a dict in place: every name that holds the object sees the change.

A container is a value, and values do not change; a change puts another value, with the same token,
wherever the old one stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

from randlint.interpreter.domain.frames import Frame
from randlint.interpreter.domain.symbols import Value
from randlint.interpreter.domain.values import Choice, Record, Sequence
from randlint.interpreter.machine.budget import LONG
from randlint.interpreter.machine.core import Interpreter

_Name = TypeVar("_Name")
_HOLDERS = frozenset({Sequence, Record, Choice})
# How deep inside of other containers a changed one is looked for, and how large these may be.
_DEEPEST = 3
_WIDEST = 16


def mutate(machine: Interpreter, before: Sequence | Record, after: Value) -> None:
    """`before` has become `after`, under all names that the running code can use."""
    frame: Frame | None = machine.frame
    while frame is not None:
        _change(machine, frame.env, before, after)
        frame = frame.closure
    _change(machine, machine.heap, before, after)


def set_items(
    machine: Interpreter, receiver: Sequence, items: Iterable[Value], rest: Value | None = None
) -> None:
    """A list holds other items now."""
    held = tuple(items)
    machine.budget.step(len(held) // LONG)  # it is written anew for every change
    mutate(machine, receiver, Sequence(held, rest, receiver.mutable, receiver.token))


def set_entries(
    machine: Interpreter, receiver: Record, items: dict[object, Value], *, is_open: bool
) -> None:
    """A dict holds other entries now."""
    machine.budget.step(len(items) // LONG)
    mutate(machine, receiver, Record(items, is_open, receiver.token))


def _change(
    machine: Interpreter, bindings: dict[_Name, Value], before: Value, after: Value
) -> None:
    for name, value in bindings.items():
        if type(value) in _HOLDERS:
            changed = _changed(machine, value, before, after, _DEEPEST)
            if changed is not value:
                bindings[name] = changed  # of a name that is there: the dict keeps its size


def _changed(machine: Interpreter, value: Value, before: Value, after: Value, depth: int) -> Value:
    """`value` with `after` in place of `before`; itself where there is none."""
    if value is before:
        return after
    match value:
        case Choice(options=options):
            chosen = tuple(
                (path, _changed(machine, each, before, after, depth)) for path, each in options
            )
            same = all(new[1] is old[1] for new, old in zip(chosen, options, strict=True))
            return value if same else Choice(chosen)
        case Sequence(items=items) if depth and len(items) <= _WIDEST:
            machine.budget.visit()
            made = tuple(_changed(machine, each, before, after, depth - 1) for each in items)
            same = all(new is old for new, old in zip(made, items, strict=True))
            return value if same else replace(value, items=made)
        case Record(items=entries) if depth and len(entries) <= _WIDEST:
            machine.budget.visit()
            found = {
                name: _changed(machine, each, before, after, depth - 1)
                for name, each in entries.items()
            }
            same = all(found[name] is old for name, old in entries.items())
            return value if same else Record(found, value.open, value.token)
        case _:
            return value
