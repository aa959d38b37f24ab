"""The methods of dicts whose keys are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from randlint.interpreter.domain.arguments import STAR, Arguments
from randlint.interpreter.domain.symbols import NONE, Const, Symbol, Unknown, Value, named
from randlint.interpreter.domain.values import Record, Sequence
from randlint.interpreter.language.mutation import set_entries
from randlint.interpreter.machine.core import Interpreter

_DictMethod = Callable[[Interpreter, Record, Arguments], Value | None]


def call_method(machine: Interpreter, receiver: Record, name: str, arguments: Arguments) -> Value:
    """`receiver.name(...)`; what is not known here gives something made of both."""
    method = _METHODS.get(name)
    result = method(machine, receiver, arguments) if method is not None else None
    if result is not None:
        return result
    return Unknown(None, machine.labels([receiver, *arguments.values()]))


def name_of(machine: Interpreter, value: Value) -> Any:
    """What an item is filed under: a constant, or what symbolises something unknown."""
    return value.value if isinstance(value, Const) else machine.symbols.of(value)


def entries_of(machine: Interpreter, value: Value) -> dict[Any, Value] | None:
    """The entries that `dict(value)` has; None where nobody knows them all."""
    match value:
        case Record(items=items, open=False):
            return dict(items)
        case Sequence(items=pairs, rest=None):
            found: dict[Any, Value] = {}
            for pair in map(machine.resolve, pairs):
                if not (isinstance(pair, Sequence) and len(pair.items) == 2):
                    return None
                found[name_of(machine, machine.resolve(pair.items[0]))] = pair.items[1]
            return found
        case _:
            return None


def merged(machine: Interpreter, receiver: Record, arguments: Arguments) -> Record:
    """`{**receiver, **others}`, the same object."""
    items = dict(receiver.items)
    is_open = receiver.open
    for value in map(machine.resolve, arguments.args):
        known = entries_of(machine, value)
        if known is not None:
            items.update(known)
        else:
            items.update(value.items if isinstance(value, Record) else {})
            is_open = True
    for name, value in arguments.kwargs.items():
        if name.startswith(STAR):
            is_open = True
        else:
            items[name] = value
    return Record(items, is_open, receiver.token)


def _items(machine: Interpreter, receiver: Record, arguments: Arguments) -> Value:
    pairs = tuple(Sequence((named(name), value)) for name, value in receiver.items.items())
    return Sequence(pairs, Unknown() if receiver.open else None)


def _values(machine: Interpreter, receiver: Record, arguments: Arguments) -> Value:
    return Sequence(tuple(receiver.items.values()), Unknown() if receiver.open else None)


def _keys(machine: Interpreter, receiver: Record, arguments: Arguments) -> Value:
    return Sequence(tuple(map(named, receiver.items)), Unknown() if receiver.open else None)


def _absent(receiver: Record, name: Any) -> bool:
    """Whether a dict certainly has no such key: a symbol may be any of them."""
    return not (
        receiver.open
        or isinstance(name, Symbol)
        or any(isinstance(each, Symbol) for each in receiver.items)
    )


def _get(machine: Interpreter, receiver: Record, arguments: Arguments) -> Value | None:
    if not arguments.args:
        return None
    name = name_of(machine, arguments.args[0])
    found = receiver.items.get(name)
    if found is not None:
        return machine.resolve(found)
    if not _absent(receiver, name):
        return Unknown()
    return arguments.args[1] if len(arguments.args) > 1 else NONE


def _pop(machine: Interpreter, receiver: Record, arguments: Arguments) -> Value | None:
    if not arguments.args:
        return None
    name = name_of(machine, arguments.args[0])
    found = receiver.items.get(name)
    if found is None:
        default = arguments.args[1] if len(arguments.args) > 1 else Unknown()
        return default if _absent(receiver, name) else Unknown()
    left = {each: value for each, value in receiver.items.items() if each != name}
    set_entries(machine, receiver, left, is_open=receiver.open)
    return machine.resolve(found)


def _setdefault(machine: Interpreter, receiver: Record, arguments: Arguments) -> Value | None:
    if not arguments.args:
        return None
    name = name_of(machine, arguments.args[0])
    found = receiver.items.get(name)
    if found is not None:
        return machine.resolve(found)
    if not _absent(receiver, name):
        return Unknown()
    default = arguments.args[1] if len(arguments.args) > 1 else NONE
    set_entries(machine, receiver, {**receiver.items, name: default}, is_open=receiver.open)
    return default


def _update(machine: Interpreter, receiver: Record, arguments: Arguments) -> Value:
    after = merged(machine, receiver, arguments)
    set_entries(machine, receiver, dict(after.items), is_open=after.open)
    return NONE


def _copy(machine: Interpreter, receiver: Record, arguments: Arguments) -> Value:
    return Record(receiver.items, receiver.open)


def _clear(machine: Interpreter, receiver: Record, arguments: Arguments) -> Value:
    set_entries(machine, receiver, {}, is_open=False)
    return NONE


def _popitem(machine: Interpreter, receiver: Record, arguments: Arguments) -> Value | None:
    if receiver.open or not receiver.items:
        return None
    items = dict(receiver.items)
    name, value = items.popitem()
    set_entries(machine, receiver, items, is_open=False)
    return Sequence((named(name), value))


_METHODS: Mapping[str, _DictMethod] = {
    "items": _items,
    "values": _values,
    "keys": _keys,
    "get": _get,
    "pop": _pop,
    "setdefault": _setdefault,
    "update": _update,
    "copy": _copy,
    "clear": _clear,
    "popitem": _popitem,
}
