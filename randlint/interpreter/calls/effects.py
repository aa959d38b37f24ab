"""What catalogued callables do to keys: one function per effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import libcst as cst

from randlint.catalogue import Argument, Effect, Gradient
from randlint.catalogue import Function as CataloguedFunction
from randlint.interpreter.calls import objects
from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.identity import Picked, UseKind
from randlint.interpreter.domain.labels import Evaluation
from randlint.interpreter.domain.symbols import Const, Unknown, Value
from randlint.interpreter.domain.values import Key, KeyArray, Sequence, Stack, carries_key
from randlint.interpreter.gradients import draws, host_random
from randlint.interpreter.keys import consuming
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.symbols import Symbols


def call_catalogued(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """Do what the catalogue says the call does."""
    return _EFFECTS[model.effect](machine, model, arguments, node)


def _keys_of(model: CataloguedFunction, arguments: Arguments) -> list[Value]:
    found = [arguments.find(argument) for argument in model.keys]
    return [value for value in found if value is not None]


def short(name: str) -> str:
    """The last part of a dotted name: what a message calls a callee."""
    return name.rpartition(".")[2]


def _draw(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    kind = UseKind.DRAW if model.effect is Effect.SAMPLE else UseKind.KNOWN_CALL
    evaluation = machine.ledger.evaluation = Evaluation(draw=kind is UseKind.DRAW)
    picked = _picked_from(machine.symbols, model, arguments)
    keys = _keys_of(model, arguments)
    name = short(model.name)
    for key in keys:
        consuming.consume(machine, key, node, kind, name, True, picked)
    objects.trace_constant_key(machine, name, keys, node)
    if kind is not UseKind.DRAW:
        return Unknown(None, machine.drawn(arguments.values(), evaluation))
    labels = draws.labels_of_draw(
        machine, name, model.parameters.values(), arguments, node, model.process
    )
    return Unknown(None, machine.drawn([*keys, Unknown(None, labels)], evaluation))


def _picked_from(
    symbols: Symbols, model: CataloguedFunction, arguments: Arguments
) -> Picked | None:
    """The array whose entries a sampler picks, where it is given one, and what decides on them."""
    array, deciding = None, []
    for parameter in model.parameters.values():
        value = arguments.find(Argument(parameter.name, parameter.position))
        if value is None or parameter.gradient is Gradient.STATIC:
            continue
        if parameter.gradient is not Gradient.VALUES:
            deciding.append(symbols.of(value))
        elif not isinstance(value, Const):
            array = symbols.of(value)
    return Picked(array, tuple(deciding)) if array is not None else None


def _split(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    machine.ledger.evaluation = Evaluation()
    keys = _keys_of(model, arguments)
    if not keys:
        return Unknown()
    return consuming.split(machine, node, keys[0], arguments.find(model.count), short(model.name))


def _fold_in(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    keys = _keys_of(model, arguments)
    if not keys:
        return consuming.fresh(machine, node)
    return consuming.fold_in(machine, node, keys[0], arguments.find(model.data))


def _create(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    seed = arguments.find(model.data)
    host_random.note_seed(machine, seed, node)
    return consuming.create(machine, node, seed, model.raw)


def _fresh(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    key = consuming.fresh(machine, node)
    if model.many:
        return KeyArray(key.identity, key.made, None)
    return key


def clone(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """The same key again, with consent: a key that equals no other, for what follows."""
    # Cloned inside a mapped function, the key is meant to be the same in all lanes.
    if not any(map(carries_key, arguments.values())):
        return Unknown(None, machine.labels(arguments.values()))
    lanes = frozenset(lane.token for lane in machine.stack.lanes)
    return consuming.fresh(machine, node, machine.labels(arguments.values()) | lanes)


def _wrap(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    keys = _keys_of(model, arguments)
    return keys[0] if keys and isinstance(keys[0], (Key, KeyArray)) else Unknown()


def _inspect(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    return Unknown(None, machine.labels(arguments.values()))


def _stop(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    keys = _keys_of(model, arguments)
    return draws.stopped(machine, keys[0]) if keys else Unknown()


def _pass(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    keys = _keys_of(model, arguments)
    return keys[0] if keys else Unknown()


def _stack(
    machine: Interpreter, model: CataloguedFunction, arguments: Arguments, node: cst.CSTNode
) -> Value:
    made = _pass(machine, model, arguments, node)
    return Stack(made.items, made.rest) if isinstance(made, Sequence) else made


_EFFECTS: Mapping[
    Effect, Callable[[Interpreter, CataloguedFunction, Arguments, cst.CSTNode], Value]
] = {
    Effect.SAMPLE: _draw,
    Effect.SPLIT: _split,
    Effect.FOLD_IN: _fold_in,
    Effect.CREATE: _create,
    Effect.CLONE: clone,
    Effect.WRAP: _wrap,
    Effect.CONSUME: _draw,
    Effect.INSPECT: _inspect,
    Effect.FRESH: _fresh,
    Effect.STOP: _stop,
    Effect.PASS: _pass,
    Effect.STACK: _stack,
}
