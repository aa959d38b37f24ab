"""Distribution objects: `Bernoulli(p).sample(key)` is a draw with `p` as its parameter."""

from __future__ import annotations

import libcst as cst

from randlint.catalogue import Distribution
from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.identity import UseKind
from randlint.interpreter.domain.labels import Evaluation
from randlint.interpreter.domain.symbols import Labels, Unknown, Value
from randlint.interpreter.domain.values import Sampled
from randlint.interpreter.gradients import draws
from randlint.interpreter.keys import consuming
from randlint.interpreter.machine.core import Interpreter


def construct(
    machine: Interpreter, model: Distribution, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """A distribution object with its parameters."""
    return Sampled(model, arguments, machine.labels(arguments.values()))


def call_method(
    machine: Interpreter, receiver: Sampled, name: str, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """A method of a distribution: one that draws consumes its key, any other looks."""
    where = receiver.model.sampling.get(name)
    labels = receiver.labels | machine.labels(arguments.values())
    if name in receiver.model.alike:
        return Sampled(receiver.model, receiver.arguments, labels)
    if where is None:
        return Unknown(None, labels)
    key = arguments.find(where)
    evaluation = machine.ledger.evaluation = Evaluation(draw=True)
    if key is not None:
        consuming.consume(machine, key, node, UseKind.DRAW, name)
    found = _labels(machine, receiver, node)
    if not draws.open_inputs(machine.derivatives, receiver.labels):
        draws.held_fixed(machine, receiver.model.name.rpartition(".")[2], node)
    return Unknown(None, machine.drawn([Unknown(None, found)], evaluation))


def _labels(machine: Interpreter, receiver: Sampled, node: cst.CSTNode) -> Labels:
    model = receiver.model
    given = receiver.arguments
    assert isinstance(given, Arguments)
    name = model.name.rpartition(".")[2]
    parameters = model.parameters.values()
    found = draws.labels_of_draw(machine, name, parameters, given, node, "", model)
    if model.wrapper:
        for wrapped in model.wraps:
            inner = given.find(wrapped)
            if isinstance(inner, Sampled):
                found |= _labels(machine, inner, node)
    return found
