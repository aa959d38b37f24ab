"""Calling the function that a transform was given, and finding its other arguments by role."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf

import libcst as cst

from randlint.catalogue import Transform
from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.frames import Family, Trace
from randlint.interpreter.domain.symbols import UNKNOWN, Value
from randlint.interpreter.machine.core import Interpreter


def run(
    machine: Interpreter,
    callee: Value,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
    node: cst.CSTNode,
    trace: Trace | None = None,
    family: Family | None = None,
) -> Value:
    """Call a value with the frame's trace and family set."""
    pending = machine.stack.entering[0] if machine.stack.entering else machine.frame.trace
    if (
        pending in (Trace.JIT, Trace.MODULE) and trace is not Trace.NO
    ):  # scan inside jit: the outer trace decides
        trace = pending if trace is not Trace.JIT else trace
    machine.stack.entering = (trace, family)
    try:
        return machine.apply(callee, args, kwargs, node)
    finally:
        machine.stack.entering = None


def functions(transform: Transform, arguments: Arguments) -> list[Value]:
    """The functions a transform was given, in the order of the catalogue."""
    found = [arguments.find(argument) for argument in (transform.function, *transform.extra)]
    return [value for value in found if value is not None]


def role(transform: Transform, arguments: Arguments, role: str) -> Value:
    """The argument that plays a role, or an unknown value."""
    found = arguments.find(transform.arguments.get(role))
    return found if found is not None else UNKNOWN


def operands(transform: Transform, arguments: Arguments) -> list[Value]:
    """The arguments handed on to the function."""
    found = list(arguments.after(transform.arguments.get("operands")))
    named = arguments.find(transform.arguments.get("operand"))
    if named is not None:
        found.append(named)
    return found
