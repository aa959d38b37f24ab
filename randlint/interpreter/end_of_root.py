"""The end of a root: closures nobody called, keys nobody read, key attributes left consumed."""

from __future__ import annotations

import libcst as cst

from randlint.interpreter.calls import summaries
from randlint.interpreter.calls.functions import call_function
from randlint.interpreter.domain.frames import (
    Frame,
    Function,
)
from randlint.interpreter.domain.symbols import Symbol, Value
from randlint.interpreter.domain.values import (
    Instance,
    Partial,
    Transformed,
)
from randlint.interpreter.keys.attributes import (
    _check_attributes,
)
from randlint.interpreter.keys.unused import report_unread
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.transforms import derivatives
from randlint.interpreter.transforms.apply import call_symbolic


def finish(machine: Interpreter, frame: Frame, result: Value) -> None:
    """Everything that can only be said once the root's own frame has returned `result`."""
    summaries.note(machine, frame, result)
    _call_stored(machine, frame)
    derivatives.finish(machine)
    _call_pending(machine, frame)
    report_unread(machine)
    _check_attributes(machine, frame)


def finish_module(machine: Interpreter, frame: Frame) -> None:
    """Lambdas and traced functions that a module binds to names and does not call itself."""
    for value in list(frame.env.values()):
        inner = value
        while isinstance(inner, (Transformed, Partial)):
            inner = inner.function
        if isinstance(inner, Function) and inner.node not in machine.stack.called:
            call_symbolic(machine, value, inner.node, everywhere=isinstance(value, Transformed))
    derivatives.finish(machine)


def _call_pending(machine: Interpreter, frame: Frame) -> None:
    for value in frame.pending.functions:
        inner = value
        while isinstance(inner, (Transformed, Partial)):
            inner = inner.function
        if isinstance(inner, Function) and inner.node not in machine.stack.called:
            call_symbolic(machine, value, inner.node)
    for definition in frame.pending.classes:
        instance = Instance(definition, Symbol("param", (), "self"), symbolic=True)
        for method in definition.methods.values():
            assert isinstance(method.node, cst.FunctionDef)
            function = Function(
                method.node, definition.module, frame.segment, frame, method.name, instance
            )
            if method.node not in machine.stack.called:
                call_function(machine, function, [], {}, method.node, symbolic=True)


def _call_stored(machine: Interpreter, frame: Frame) -> None:
    """`self.step = jit(self._step)` in a constructor: the method runs traced from then on."""
    function = frame.function
    if function is None or not isinstance(function.bound, Instance):
        return
    for value in machine.attributes(function.bound.symbol).values():
        if isinstance(value, Transformed):
            call_symbolic(machine, value, value.node, everywhere=True)
