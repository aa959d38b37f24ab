"""The methods of lists and sets whose items are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.symbols import NONE, Const, Unknown, Value
from randlint.interpreter.domain.values import Sequence
from randlint.interpreter.language.items import known_items
from randlint.interpreter.language.mutation import set_items
from randlint.interpreter.machine.core import Interpreter

# Lists grown in a loop are not followed item by item past this length.
LONGEST_LIST = 32
_ListMethod = Callable[[Interpreter, Sequence, Arguments], Value | None]


def call_method(machine: Interpreter, receiver: Sequence, name: str, arguments: Arguments) -> Value:
    """`receiver.name(...)`; what is not known here gives something made of both."""
    if name in {"copy", "__iter__"}:
        return Sequence(receiver.items, receiver.rest, receiver.mutable)
    method = _METHODS.get(name)
    result = method(machine, receiver, arguments) if method is not None else None
    if result is not None:
        return result
    if name in _CHANGES:  # into something that nobody follows
        unknown = Unknown(None, machine.labels([receiver, *arguments.values()]))
        set_items(machine, receiver, (), unknown)
    return Unknown(None, machine.labels([receiver, *arguments.values()]))


def grow(machine: Interpreter, receiver: Sequence, new: tuple[Value, ...]) -> None:
    """More items at the end."""
    if receiver.rest is not None or len(receiver.items) + len(new) > LONGEST_LIST:
        rest = Unknown(None, machine.labels([receiver, *new]))
        set_items(machine, receiver, receiver.items, rest)
    else:
        set_items(machine, receiver, receiver.items + new)


def position_in(receiver: Sequence, index: Value) -> int | None:
    """Where a constant index points, counted from the start; None where nobody knows."""
    if receiver.rest is not None or not isinstance(index, Const):
        return None
    if not isinstance(index.value, int) or isinstance(index.value, bool):
        return None
    size = len(receiver.items)
    position = index.value + size if index.value < 0 else index.value
    return position if 0 <= position < size else None


def _append(machine: Interpreter, receiver: Sequence, arguments: Arguments) -> Value | None:
    if len(arguments.args) != 1:
        return None
    grow(machine, receiver, (arguments.args[0],))
    return NONE


def _extend(machine: Interpreter, receiver: Sequence, arguments: Arguments) -> Value | None:
    if len(arguments.args) != 1:
        return None
    extend_by(machine, receiver, arguments.args[0])
    return NONE


def extend_by(machine: Interpreter, receiver: Sequence, more: Value) -> None:
    """All items of another container at the end."""
    known = known_items(machine, more)
    if known is not None:
        grow(machine, receiver, tuple(known))
    else:
        set_items(machine, receiver, receiver.items, more)


def _insert(machine: Interpreter, receiver: Sequence, arguments: Arguments) -> Value | None:
    match arguments.args:
        case [Const(value=int(at)), new] if receiver.rest is None:
            items = list(receiver.items)
            items.insert(at, new)
            set_items(machine, receiver, items)
            return NONE
        case _:
            return None


def _pop(machine: Interpreter, receiver: Sequence, arguments: Arguments) -> Value | None:
    at = position_in(receiver, arguments.args[0] if arguments.args else Const(-1))
    if at is None:
        return None
    items = list(receiver.items)
    popped = items.pop(at)
    set_items(machine, receiver, items)
    return machine.resolve(popped)


def _reverse(machine: Interpreter, receiver: Sequence, arguments: Arguments) -> Value | None:
    if receiver.rest is not None:
        return None
    set_items(machine, receiver, reversed(receiver.items))
    return NONE


def _clear(machine: Interpreter, receiver: Sequence, arguments: Arguments) -> Value | None:
    set_items(machine, receiver, ())
    return NONE


_METHODS: Mapping[str, _ListMethod] = {
    "append": _append,
    "add": _append,
    "extend": _extend,
    "insert": _insert,
    "pop": _pop,
    "reverse": _reverse,
    "clear": _clear,
}
_CHANGES = frozenset({"insert", "pop", "remove", "discard", "reverse", "sort", "update"})
