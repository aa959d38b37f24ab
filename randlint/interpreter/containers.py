"""Python's own containers and iterators, and how keys travel through them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import libcst as cst

from randlint.interpreter import access
from randlint.interpreter.arguments import Arguments
from randlint.interpreter.core import Interpreter
from randlint.interpreter.identity import Each
from randlint.interpreter.items import known_items
from randlint.interpreter.iteration import COUNTER
from randlint.interpreter.ledger import element
from randlint.interpreter.values import (
    Const,
    Instance,
    Key,
    KeyArray,
    Record,
    Sequence,
    Symbol,
    Unknown,
    Value,
    Zipped,
    named,
)

HostCall = Callable[[Interpreter, Arguments, cst.CSTNode], Value]


def _zip(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    return Zipped(tuple(arguments.args))


def _enumerate(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    return Zipped((COUNTER, arguments.args[0])) if arguments.args else Unknown()


def _range(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    return Unknown(Symbol("range"), machine.labels(arguments.args))


def _sequence(mutable: bool) -> HostCall:
    def convert(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
        if not arguments.args:
            return Sequence((), None, mutable)
        value = arguments.args[0]
        if isinstance(value, Sequence):
            return Sequence(value.items, value.rest, mutable)
        if isinstance(value, KeyArray):
            known = known_items(machine, value)
            return value if known is None else Sequence(tuple(known), None, mutable)
        return value if isinstance(value, (Unknown, Zipped)) else Unknown()

    return convert


def _same(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    return arguments.args[0] if arguments.args else Unknown()


def _reversed(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    value = arguments.args[0] if arguments.args else Unknown()
    if isinstance(value, Sequence) and value.rest is None:
        return Sequence(tuple(reversed(value.items)), None, value.mutable)
    return value


def _dict(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    items: dict[Any, Value] = {}
    is_open = False
    for value in arguments.args:
        if isinstance(value, Record):
            items.update(value.items)
            is_open |= value.open
        elif isinstance(value, Sequence) and all(
            isinstance(pair, Sequence) and len(pair.items) == 2 and isinstance(pair.items[0], Const)
            for pair in value.items
        ):
            for pair in value.items:
                assert isinstance(pair, Sequence) and isinstance(pair.items[0], Const)
                items[pair.items[0].value] = pair.items[1]
        else:
            is_open = True
    items.update(arguments.kwargs)
    return Record(items, is_open)


def _iter(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    return arguments.args[0] if arguments.args else Unknown()


def _next(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    """Every call of `next` gives another item."""
    value = arguments.args[0] if arguments.args else Unknown()
    if isinstance(value, KeyArray):
        turn = machine.next_turns.get(value.identity, 0)
        machine.next_turns[value.identity] = turn + 1
        return element(machine, value, Each(("next", value.identity), turn), frozenset())
    return Unknown(None, machine.labels([value]))


def _length(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    match arguments.args:
        case [Sequence(items=items, rest=None)]:
            return Const(len(items))
        case [Record(items=entries, open=False)]:
            return Const(len(entries))
        case [KeyArray(size=int(size), shaped=False)]:
            return Const(size)
        case [value]:
            return machine.derived("len", value)
        case _:
            return Unknown()


def _pure(name: str) -> HostCall:
    """A builtin that gives the same for the same arguments: usable in correlated conditions."""

    def call(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
        if arguments.kwargs:
            return Unknown(None, machine.labels(arguments.values()))
        return machine.derived(name, *arguments.args)

    return call


def _getattr(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    match arguments.args:
        case [base, Const(value=str(name)), *_]:
            return access.attribute(machine, base, name, node)
        case _:
            return machine.derived("getattr", *arguments.args)


def _super(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    """`super()` stands for the object itself: its own methods win, which is near enough."""
    function = machine.frame.function
    if function is not None and isinstance(function.bound, Instance):
        return Unknown(machine.symbol("super", function.bound.symbol))
    return Unknown()


HOST: Mapping[str, HostCall] = {
    "builtins.zip": _zip,
    "itertools.zip_longest": _zip,
    "builtins.enumerate": _enumerate,
    "builtins.range": _range,
    "builtins.list": _sequence(mutable=True),
    "builtins.tuple": _sequence(mutable=False),
    "builtins.iter": _iter,
    "builtins.sorted": _same,
    "builtins.reversed": _reversed,
    "builtins.dict": _dict,
    "builtins.next": _next,
    "builtins.len": _length,
    "builtins.isinstance": _pure("isinstance"),
    "builtins.hasattr": _pure("hasattr"),
    "builtins.callable": _pure("callable"),
    "builtins.int": _pure("int"),
    "builtins.bool": _pure("bool"),
    "builtins.abs": _pure("abs"),
    "builtins.getattr": _getattr,
    "builtins.super": _super,
    "tqdm.tqdm": _same,
    "tqdm.trange": _range,
    "tqdm.auto.tqdm": _same,
    "tqdm.auto.trange": _range,
}


# --- methods


def call_method(
    machine: Interpreter, receiver: Value, name: str, arguments: Arguments, node: cst.CSTNode
) -> Value | None:
    """A method of a container or a key; None where it is not known here."""
    match receiver:
        case Sequence():
            return _sequence_method(machine, receiver, name, arguments, node)
        case Record():
            return _record_method(machine, receiver, name, arguments, node)
        case Key() | KeyArray():
            return _key_method(receiver, name)
        case Const():
            return Unknown(None, machine.labels(arguments.values()))
        case _:
            return None


def _key_method(receiver: Key | KeyArray, name: str) -> Value:
    if name in {"reshape", "squeeze", "transpose", "swapaxes"} and isinstance(receiver, KeyArray):
        return KeyArray(
            receiver.identity, receiver.made, None, receiver.start, receiver.labels, shaped=True
        )
    if name in {"flatten", "ravel"} and isinstance(receiver, KeyArray):
        return KeyArray(receiver.identity, receiver.made, None, receiver.start, receiver.labels)
    if name in {"copy", "astype", "block_until_ready", "set", "reshape", "squeeze"}:
        return receiver
    return Unknown(None, receiver.labels)


def _target(node: cst.CSTNode) -> cst.CSTNode | None:
    if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
        return node.func.value
    return None


def _sequence_method(
    machine: Interpreter, receiver: Sequence, name: str, arguments: Arguments, node: cst.CSTNode
) -> Value:
    target = _target(node)
    args = arguments.args
    if name in {"append", "add"} and args and target is not None:
        _append(machine, target, receiver, (args[0],))
        return Const(None)
    if name == "extend" and args and target is not None:
        known = known_items(machine, args[0])
        if known is not None:
            _append(machine, target, receiver, tuple(known))
        else:
            access.rebind(machine, target, Sequence(receiver.items, args[0], mutable=True))
        return Const(None)
    if name == "pop" and target is not None and receiver.rest is None and receiver.items:
        position = -1
        if args:
            if not (isinstance(args[0], Const) and isinstance(args[0].value, int)):
                return Unknown(None, machine.labels([receiver]))
            position = args[0].value
        if -len(receiver.items) <= position < len(receiver.items):
            left = list(receiver.items)
            popped = left.pop(position)
            access.rebind(machine, target, Sequence(tuple(left), None, mutable=True))
            return popped
    if name in {"copy", "__iter__"}:
        return receiver
    return Unknown(None, machine.labels([receiver, *arguments.values()]))


# Lists grown in a loop are not followed item by item past this length.
_LONGEST_LIST = 32


def _append(
    machine: Interpreter, target: cst.CSTNode, receiver: Sequence, new: tuple[Value, ...]
) -> None:
    if receiver.rest is not None or len(receiver.items) + len(new) > _LONGEST_LIST:
        rest = Unknown(None, machine.labels([receiver, *new]))
        access.rebind(machine, target, Sequence(receiver.items, rest, mutable=True))
        return
    access.rebind(machine, target, Sequence(receiver.items + new, None, mutable=True))


def _record_method(
    machine: Interpreter, receiver: Record, name: str, arguments: Arguments, node: cst.CSTNode
) -> Value:
    args = arguments.args
    if name == "items":
        pairs = tuple(Sequence((named(key), value)) for key, value in receiver.items.items())
        return Sequence(pairs, Unknown() if receiver.open else None)
    if name == "values":
        return Sequence(tuple(receiver.items.values()), Unknown() if receiver.open else None)
    if name == "keys":
        names = tuple(map(named, receiver.items))
        return Sequence(names, Unknown() if receiver.open else None)
    if name in {"get", "pop", "setdefault"} and args and isinstance(args[0], Const):
        found = receiver.items.get(args[0].value)
        if found is not None:
            return machine.resolve(found)
        return args[1] if len(args) > 1 and not receiver.open else Unknown()
    target = _target(node)
    if name == "update" and target is not None:
        merged = dict(receiver.items)
        is_open = receiver.open
        for value in args:
            if isinstance(value, Record):
                merged.update(value.items)
                is_open |= value.open
            else:
                is_open = True
        merged.update(arguments.kwargs)
        access.rebind(machine, target, Record(merged, is_open, receiver.token))
        return Const(None)
    if name == "copy":
        return Record(receiver.items, receiver.open)
    return Unknown(None, machine.labels([receiver, *arguments.values()]))
