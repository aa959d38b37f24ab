"""Objects of linted classes, how they are made and called; keys that are constant under trace."""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf

import libcst as cst

from randlint.findings import Confidence
from randlint.interpreter.calls.functions import call_function
from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.definitions import Field
from randlint.interpreter.domain.frames import Frame, Function, Trace, in_test
from randlint.interpreter.domain.identity import KeyIdentity, Origin, UseKind, key_name
from randlint.interpreter.domain.labels import BY_DEFAULT, HANDED_IN, Evaluation
from randlint.interpreter.domain.symbols import Symbol, Unknown, Value
from randlint.interpreter.domain.values import (
    Class,
    Instance,
    Key,
    KeyArray,
    carries_key,
    labels_of,
)
from randlint.interpreter.events import ConstantKeyTraced
from randlint.interpreter.gradients import network_parameters
from randlint.interpreter.keys import consuming, escapes
from randlint.interpreter.language import access
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.program import resolving


def construct(machine: Interpreter, base: Class, arguments: Arguments, node: cst.CSTNode) -> Value:
    """`C(...)`: run `__init__`, or fill the fields of a data class."""
    definition = base.definition
    instance = Instance(definition, Symbol("instance", name=definition.name))
    instance = network_parameters.layer(machine, instance, machine.labels(arguments.values()))
    found = resolving.find_method(machine, definition, "__init__")
    if found is not None:
        owner, method = found
        function = resolving.method_function(machine, owner, method, base.closure)
        if isinstance(function, Function):
            bound = resolving.bind_method(machine, function, instance, node)
            if isinstance(bound, Function) and _worth_running(machine, bound, arguments):
                call_function(machine, bound, arguments.args, arguments.kwargs, node)
        return instance
    fields = resolving.all_fields(machine, definition)
    if fields:
        _fill(machine, instance, fields, arguments, node)
    else:
        machine.ledger.evaluation = Evaluation()
        for value in arguments.values():
            consuming.consume(machine, value, node, UseKind.CALL, definition.name, False)
    return instance


def _worth_running(machine: Interpreter, constructor: Function, arguments: Arguments) -> bool:
    """Whether a constructor can leave anything in the object but what nobody asks about."""
    if machine.derivatives.open or machine.stack.lanes or machine.derivatives.ambient:
        return True
    if constructor.module.concerns(constructor.segment):
        return True
    return any(carries_key(each) or labels_of(each) for each in arguments.values())


def _fill(
    machine: Interpreter,
    instance: Instance,
    fields: SequenceOf[Field],
    arguments: Arguments,
    node: cst.CSTNode,
) -> None:
    for each, value in zip(fields, arguments.args, strict=False):
        machine.store(instance.symbol, each.name, value)
        escapes.report_escape(machine, value, node, f"{instance.definition.name}.{each.name}")
    for name, value in arguments.kwargs.items():
        machine.store(instance.symbol, name, value)
        escapes.report_escape(machine, value, node, f"{instance.definition.name}.{name}")


def call_instance(
    machine: Interpreter, instance: Instance, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """`object(...)`."""
    method = resolving.instance_attribute(machine, instance, "__call__", node)
    if isinstance(method, Unknown):
        machine.ledger.evaluation = Evaluation()
        for value in arguments.values():
            consuming.consume(machine, value, node, UseKind.CALL, instance.definition.name)
        return Unknown(None, machine.labels([instance, *arguments.values()]))
    return machine.apply(method, arguments.args, arguments.kwargs, node)


# --- constant keys under trace


def trace_constant_key(
    machine: Interpreter,
    callee: str,
    keys: SequenceOf[Value],
    node: cst.CSTNode,
    *,
    opaque: bool = False,
) -> None:
    """A traced function draws from a key whose numbers are fixed when it is traced.

    `opaque`: it hands the key to a callable that nobody can look into.
    """
    frame = machine.frame
    if frame.trace is Trace.NO or machine.events.silent or in_test(frame):
        return  # a test that traces a function wants the same numbers every time
    for key in keys:
        if not isinstance(key, (Key, KeyArray)):
            continue
        if BY_DEFAULT in key.labels:
            continue  # the default is what is wrong
        root = key.identity.root()
        made = root.seed.made if root.seed is not None else None
        if root.origin is not Origin.SEED or not root.constant or made is None or root.reported:
            continue
        of_the_module = made.frame.function is None and HANDED_IN not in key.labels
        closed_over = of_the_module or access.CLOSED_OVER in key.labels
        if closed_over and frame.trace is Trace.TRANSFORM:
            continue  # traced where it is called: whoever calls it may change the key
        if (not closed_over and made.frame.trace is Trace.NO) or _varies(key.identity):
            continue
        root.reported = True
        # Of a callee's callee nobody knows whether it draws at all.
        out_of_sight = opaque and frame.parent is not None and frame.parent.trace is frame.trace
        machine.events.emit(
            ConstantKeyTraced(
                machine.place(node),
                Confidence.LOW if out_of_sight else Confidence.HIGH,
                key_name(key.identity),
                callee,
                _traced_name(frame),
                closed_over,
            )
        )


def _varies(identity: KeyIdentity) -> bool:
    """Whether something that is not a constant was folded in on the way."""
    found: KeyIdentity | None = identity
    while found is not None:
        if isinstance(found.index, Symbol) and found.container is None:
            return True
        found = found.parent or found.container
    return False


def _traced_name(frame: Frame) -> str:
    """The outermost function of the stack that runs under this trace."""
    found = frame
    while found.parent is not None and found.parent.trace is frame.trace:
        found = found.parent
    return found.function.name if found.function else "the function"
