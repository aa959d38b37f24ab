"""Parameters that a network gets from outside: `net.apply(params, ...)`, `model: Policy`.

A layer of flax or haiku reads its parameters out of the air, namely out of what the surrounding
`apply` was given. Where that is being differentiated, so is what the layers compute. This matters
inside a derivative only: outside, an applied network is a callable like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import libcst as cst

from randlint.catalogue import NameSet
from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.frames import Function
from randlint.interpreter.domain.symbols import FALSE, NO_LABELS, Const, Labels, Unknown, Value
from randlint.interpreter.domain.values import Class, External, Instance, Sequence, labels_of
from randlint.interpreter.gradients import draws
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.program import inheritance, resolving
from randlint.interpreter.program.modules import dotted_tree
from randlint.interpreter.program.signatures import bound_to


@dataclass(slots=True, eq=False, repr=False)
class Pure(Value):
    """The `apply` of a function that was made pure: `hk.transform(f).apply`."""

    function: Value
    skip: int  # arguments before those of the function: parameters, state, key
    state: bool


@contextmanager
def parameters(machine: Interpreter, labels: Labels) -> Iterator[None]:
    """Run something whose layers take their parameters from a value with these labels."""
    before, machine.derivatives.ambient = machine.derivatives.ambient, labels
    try:
        yield
    finally:
        machine.derivatives.ambient = before


# --- objects of an annotated class


def as_object(machine: Interpreter, value: Unknown) -> Instance | None:
    """The object that a parameter annotated with a class of the program is, if differentiated."""
    symbol = value.symbol
    if symbol is None or symbol.annotated is None:
        return None
    if not draws.open_inputs(machine.derivatives, value.labels):
        return None
    annotation, module = symbol.annotated
    name = annotation if isinstance(annotation, str) else dotted_tree(annotation)
    definition = resolving.class_named(machine, module, name)
    if definition is None:
        return None
    return Instance(definition, symbol, False, value.labels)


def note_field(machine: Interpreter, base: Instance, name: str, value: Value) -> None:
    """Remember what a field of a class is annotated as, for whoever calls a method of it."""
    if not isinstance(value, Unknown) or value.identity().annotated is not None:
        return
    for current in resolving.lineage(machine, base.definition):
        for each in current.fields:
            if each.name == name:
                value.identity().annotated = (each.annotation, current.module)
                return


# --- flax linen


def layer(machine: Interpreter, made: Instance, given: Labels) -> Instance:
    """An object just made: what it computes depends on what it was given to hold.

    Inside of `apply`, what a module computes depends on the parameters too.
    """
    labels = given if draws.open_inputs(machine.derivatives, given) else NO_LABELS
    if machine.derivatives.ambient and inheritance.is_traced(machine, made.definition):
        labels |= machine.derivatives.ambient
    return Instance(made.definition, made.symbol, made.symbolic, labels) if labels else made


def apply_module(
    machine: Interpreter, model: Instance, arguments: Arguments, node: cst.CSTNode
) -> Value | None:
    """`model.apply(variables, x)` under a derivative with respect to the variables; else None."""
    given = arguments.args[0] if arguments.args else arguments.kwargs.get("variables")
    labels = labels_of(given) if given is not None else NO_LABELS
    if not draws.open_inputs(machine.derivatives, labels) or not inheritance.is_traced(
        machine, model.definition
    ):
        return None
    receiver = Instance(model.definition, model.symbol, False, labels)
    method = _method(machine, receiver, arguments.kwargs.get("method"), node)
    if method is None:
        return None
    taken = machine.catalogue.names_of(NameSet.APPLIER_KEYWORDS)
    rest = {name: each for name, each in arguments.kwargs.items() if name not in taken}
    with parameters(machine, labels):
        result = machine.apply(method, arguments.args[1:], rest, node)
    mutable = arguments.kwargs.get("mutable", FALSE)
    if isinstance(mutable, Const) and not mutable.value:
        return result
    return Sequence((result, Unknown(None, labels_of(result))))


def own(machine: Interpreter, arguments: Arguments) -> Arguments:
    """What `Module.apply` of linen takes for itself: the streams among it are used up by it."""
    taken = machine.catalogue.names_of(NameSet.APPLIER_KEYWORDS)
    return Arguments([], {name: each for name, each in arguments.kwargs.items() if name in taken})


def _method(
    machine: Interpreter, receiver: Instance, given: Value | None, node: cst.CSTNode
) -> Value | None:
    name = "__call__"
    if isinstance(given, Function):
        return bound_to(given, receiver)
    if isinstance(given, Const) and isinstance(given.value, str):
        name = given.value
    elif given is not None and not (isinstance(given, Const) and given.value is None):
        return None
    found = resolving.instance_attribute(machine, receiver, name, node)
    return None if isinstance(found, Unknown) else found


# --- haiku


def purify(machine: Interpreter, name: str, arguments: Arguments, result: Value) -> None:
    """Remember whose `apply` a pair of pure functions has: `net = hk.transform(forward)`."""
    if not isinstance(result, Unknown) or not arguments.args:
        return
    first = arguments.args[0]
    if isinstance(first, Unknown):  # without_apply_rng(pair)
        inner = machine.heap.get((first.identity(), "apply"))
        if isinstance(inner, Pure):
            pure = Pure(inner.function, inner.skip - 1, inner.state)
            machine.store(result.identity(), "apply", pure)
        return
    state = name in machine.catalogue.names_of(NameSet.PURIFIES_WITH_STATE)
    if not isinstance(first, (Class, External)):
        pure = Pure(first, 3 if state else 2, state)
        machine.store(result.identity(), "apply", pure)


def call_pure(
    machine: Interpreter, pure: Pure, arguments: Arguments, node: cst.CSTNode
) -> Value | None:
    """What the `apply` of a function gives where its parameters are differentiated; else None."""
    labels = labels_of(arguments.args[0]) if arguments.args else NO_LABELS
    if not draws.open_inputs(machine.derivatives, labels):
        return None
    with parameters(machine, labels):
        kwargs = arguments.kwargs
        result = machine.apply(pure.function, arguments.args[pure.skip :], kwargs, node)
    if pure.state:
        return Sequence((result, Unknown(None, labels_of(result))))
    return result
