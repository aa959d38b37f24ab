"""Python's own containers and iterators, and how keys travel through them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping

import libcst as cst

from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.identity import Each
from randlint.interpreter.domain.symbols import Const, Unknown, Value
from randlint.interpreter.domain.values import (
    Instance,
    Key,
    KeyArray,
    Record,
    Sequence,
    Super,
    Zipped,
)
from randlint.interpreter.keys.consuming import element
from randlint.interpreter.language import access, conditions, dicts, lists
from randlint.interpreter.language.items import known_items
from randlint.interpreter.language.iteration import COUNTER
from randlint.interpreter.machine import numbering
from randlint.interpreter.machine.core import Interpreter

HostCall = Callable[[Interpreter, Arguments, cst.CSTNode], Value]


def _zip(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    return Zipped(tuple(arguments.args))


def _enumerate(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    match [*arguments.args, *arguments.kwargs.values()]:
        case [over]:
            return Zipped((COUNTER, over))
        case [over, start]:
            return Zipped((numbering.counted(machine, [start, Unknown()]), over))
        case _:
            return Unknown()


def _range(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    numbers = numbering.range_of(machine, list(arguments.args))
    if isinstance(numbers, range):
        return Sequence(tuple(map(Const, numbers)))
    return numbers


def _array_of_numbers(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    """`jnp.arange`: what a traced loop runs over."""
    match [*arguments.args]:
        case [end]:
            bounds: list[Value] = [Const(0), end]
        case [start, end]:
            bounds = [start, end]
        case _:
            bounds = [Unknown(), Unknown()]
    numbers = numbering.counted(machine, bounds)
    return Unknown(numbers.symbol, machine.labels(arguments.values()))


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
        if isinstance(value, Zipped):
            rows = _columns(machine, value)
            return Sequence(rows.items, None, mutable) if isinstance(rows, Sequence) else rows
        return value if isinstance(value, Unknown) else Unknown()

    return convert


def _same(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    return arguments.args[0] if arguments.args else Unknown()


def _reversed(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    value = arguments.args[0] if arguments.args else Unknown()
    known = known_items(machine, value)
    return value if known is None else Sequence(tuple(reversed(known)))


def _sorted(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    """Names and numbers in their order; of anything else it only matters what there is."""
    value = arguments.args[0] if arguments.args else Unknown()
    known = known_items(machine, value)
    if known is None:
        return value
    constants = [each.value for each in known if isinstance(each, Const)]
    if len(constants) == len(known) and not arguments.kwargs and len({*map(type, constants)}) == 1:
        with contextlib.suppress(TypeError):
            return Sequence(tuple(map(Const, sorted(constants))), None, mutable=True)
    return Sequence(tuple(known), None, mutable=True)


def _dict(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    args = [
        _columns(machine, each) if isinstance(each, Zipped) else each for each in arguments.args
    ]
    return dicts.merged(machine, Record({}), Arguments(args, arguments.kwargs))


def _columns(machine: Interpreter, value: Zipped) -> Value:
    """`zip` as the tuples it gives, where all that it walks is known."""
    known = [known_items(machine, part) for part in value.parts if part is not COUNTER]
    columns = [each for each in known if each is not None]
    if not columns or len(columns) < len(known):
        return value
    rows = list(zip(*columns, strict=False))
    if COUNTER in value.parts:
        return Sequence(tuple(Sequence((Const(at), *row)) for at, row in enumerate(rows)))
    return Sequence(tuple(map(Sequence, rows)))


def _iter(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    return arguments.args[0] if arguments.args else Unknown()


def _next(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    """Every call of `next` gives another item."""
    value = arguments.args[0] if arguments.args else Unknown()
    if isinstance(value, KeyArray):
        turn = machine.symbols.next_turns.get(value.identity, 0)
        machine.symbols.next_turns[value.identity] = turn + 1
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


def _bool(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    if len(arguments.args) != 1:
        return Unknown()
    return machine.per_option(arguments.args[0], lambda one: conditions.truth_of(machine, one))


def _getattr(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    match arguments.args:
        case [base, Const(value=str(name)), *_]:
            return access.attribute(machine, base, name, node)
        case _:
            return machine.derived("getattr", *arguments.args)


def _super(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> Value:
    function = machine.frame.function
    if function is None or not isinstance(function.bound, Instance):
        return Unknown()
    if function.owner is None:
        return Unknown(machine.symbols.make("super", function.bound.symbol))
    return Super(function.bound, function.owner)


HOST: Mapping[str, HostCall] = {
    "builtins.zip": _zip,
    "itertools.zip_longest": _zip,
    "builtins.enumerate": _enumerate,
    "builtins.range": _range,
    "jax.numpy.arange": _array_of_numbers,
    "numpy.arange": _array_of_numbers,
    "builtins.list": _sequence(mutable=True),
    "builtins.tuple": _sequence(mutable=False),
    "builtins.iter": _iter,
    "builtins.sorted": _sorted,
    "builtins.reversed": _reversed,
    "builtins.dict": _dict,
    "builtins.next": _next,
    "builtins.len": _length,
    "builtins.isinstance": _pure("isinstance"),
    "builtins.hasattr": _pure("hasattr"),
    "builtins.callable": _pure("callable"),
    "builtins.int": _pure("int"),
    "builtins.bool": _bool,
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
            return lists.call_method(machine, receiver, name, arguments)
        case Record():
            return dicts.call_method(machine, receiver, name, arguments)
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
