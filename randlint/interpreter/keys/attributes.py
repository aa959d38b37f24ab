"""TODO."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from randlint.findings import Confidence
from randlint.interpreter.domain.frames import (
    Frame,
    Spot,
    holds_tests,
    segment_of,
    stack_of,
)
from randlint.interpreter.domain.identity import KeyIdentity, Use, is_evident
from randlint.interpreter.domain.names import called_once, is_test
from randlint.interpreter.domain.symbols import Symbol, Unknown, Value
from randlint.interpreter.domain.values import (
    Instance,
    Key,
    KeyArray,
    Record,
    Sequence,
)
from randlint.interpreter.events import AttributeKeyKept, Place
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.nesting import every
from randlint.interpreter.program import inheritance


def _check_attributes(machine: Interpreter, frame: Frame) -> None:
    function = frame.function
    if function is None or not isinstance(function.bound, Instance) or not function.bound.symbolic:
        return
    if called_once(function.name) or is_test(function.name):
        return
    receiver = function.bound
    if holds_tests(receiver.definition):
        return
    if inheritance.is_immutable(machine, receiver.definition):
        return
    for identity in list(machine.ledger.identities.values()):
        symbol = identity.symbol
        if symbol is not None and symbol.op == "item" and isinstance(symbol.args[0], Symbol):
            symbol = symbol.args[0]  # `self.keys[0]`
        if symbol is None or symbol.op != "attr":
            continue
        if symbol.args[0] is not receiver.symbol or not identity.uses:
            continue
        name = str(symbol.args[1])
        use = identity.uses[0]
        if inheritance.is_data_field(machine, receiver.definition, name):
            continue
        if not is_evident(use) or _replaced(machine, receiver, name, symbol):
            continue
        if any(
            _holds_child(machine, each.value, identity, each.state.heap)
            for each in frame.exits.returns
        ):
            continue
        machine.events.emit(
            AttributeKeyKept(
                _place_in(frame, use), Confidence.HIGH, name, function.name, use.callee
            )
        )


def _replaced(machine: Interpreter, receiver: Instance, name: str, symbol: Symbol) -> bool:
    value = machine.heap.get((receiver.symbol, name))
    if value is None:
        return machine.symbols.versions.get(receiver.symbol, 0) != symbol.args[2]
    return not (isinstance(value, Unknown) and value.symbol is symbol)


def _holds_child(
    machine: Interpreter, value: Value, identity: object, heap: Mapping[object, Value]
) -> bool:
    """Whether what a method returns carries a key derived from the attribute's."""

    def inside(each: Value) -> Iterable[Value]:
        match each:
            case Sequence(items=items):
                return items
            case Record(items=entries):
                return entries.values()
            case Instance(symbol=Symbol() as symbol) | Unknown(symbol=Symbol() as symbol):
                return machine.attributes(symbol, heap).values()
            case _:
                return ()

    return any(
        _is_child(each.identity, identity)
        for each in every(machine, value, inside)
        if isinstance(each, (Key, KeyArray))
    )


def _is_child(found: KeyIdentity, identity: object) -> bool:
    if found.parent is identity:
        return True
    return found.container is not None and found.container.parent is identity


def _place_in(frame: Frame, use: Use) -> Place:
    """The use as seen from `frame`: the call there that led to it."""
    for spot in reversed(stack_of(Spot(use.node, use.frame, use.loops))):
        if spot.frame is frame:
            return Place(spot.node, frame.segment)
    return Place(use.node, segment_of(use.node, use.frame))
