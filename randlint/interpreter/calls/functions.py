"""Defining functions and running them with actual arguments."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from contextlib import nullcontext
from typing import TypeGuard, TypeVar

import libcst as cst

from randlint.interpreter.domain.frames import (
    Caller,
    Family,
    Frame,
    Function,
    Outcome,
    Snapshot,
    Trace,
)
from randlint.interpreter.domain.paths import Path
from randlint.interpreter.domain.symbols import NONE, Unknown, Value
from randlint.interpreter.domain.values import (
    Choice,
    Record,
    Sequence,
    holds_function,
    labels_of,
)
from randlint.interpreter.keys.unused import note_parameters
from randlint.interpreter.machine.core import ACTIVATIONS, DEPTH, Interpreter
from randlint.interpreter.machine.labelling import handed_in, with_labels
from randlint.interpreter.machine.stack import Stack
from randlint.interpreter.program.modules import dotted_tree
from randlint.interpreter.program.signatures import (
    bind_arguments,
)
from randlint.source.nodes import statements_of

_Name = TypeVar("_Name")


def call_function(
    machine: Interpreter,
    function: Function,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
    node: cst.CSTNode,
    *,
    trace: Trace | None = None,
    family: Family | None = None,
    symbolic: bool = False,
) -> Value:
    """Run a function of the linted program; what it returns."""
    called = machine.frame.function is not None
    if not _worth_following(machine, function) or (called and _is_abstract(function)):
        before, machine.stack.guessing = machine.stack.guessing, machine.frame.depth >= DEPTH
        try:
            result = machine.call_opaquely(function.name, args, kwargs, node)
        finally:  # other roots are run by the same machine after one that is given up
            machine.stack.guessing = before
        return with_labels(machine, result, labels_of(function))
    times = machine.budget.activate(function.node)
    # Whatever it does with keys has been seen, and costs as much each time; or there are no steps
    # left for what other functions do.
    if times > ACTIVATIONS or (function.closure is None and not machine.budget.may_follow()):
        return Unknown(None, machine.labels([function, *args, *kwargs.values()]))
    machine.budget.step(2)
    if machine.stack.entering is not None:
        trace, family = machine.stack.entering
        machine.stack.entering = None
    machine.stack.called.add(function.node)
    caller, frame = machine.frame, _new_frame(machine, function, node, trace, family)
    base = machine.path
    with machine.enter(frame):
        frame.env = bind_arguments(machine, function, args, kwargs, symbolic=symbolic)
        if frame.trace is not Trace.NO and caller.trace is Trace.NO:
            frame.env = {name: handed_in(machine, value) for name, value in frame.env.items()}
        if machine.summaries.is_subject(function):
            machine.summaries.given = dict(frame.env)
        held = [(name, value) for name, value in frame.env.items() if _can_change(value)]
        frame.entry_path = base
        note_parameters(machine.ledger, frame)
        known = _is_root_elsewhere(machine, function, args, kwargs)
        machine.stack.repeating += known
        with machine.budget.following() if called and function.closure is None else nullcontext():
            run_body(machine, function)
        machine.stack.repeating -= known
        outcome = _returned(machine, frame, base)
        if caller_is_nobody(machine.stack, frame):
            machine.restore(outcome.state)
            machine.stack.ended = ()  # what it returned on is no condition for its closures
            machine.meaning.finish(machine, frame, outcome.value)
    machine.heap, machine.path = outcome.state.heap, outcome.state.path
    if held:
        _hand_back(machine, held, outcome.state.env)
    return outcome.value


def _is_root_elsewhere(
    machine: Interpreter,
    function: Function,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
) -> bool:
    """Whether what its loops do to themselves is told where the function is a root of its own.

    With functions of the caller's in its hands a loop does what nobody sees there.
    """
    if function.closure is not None or machine.frame.depth == 1 or machine.derivatives.open:
        return False
    if any(map(holds_function, (*args, *kwargs.values()))):
        return False
    return function.module.matters(function.segment)


def _can_change(value: Value) -> TypeGuard[Record | Sequence]:
    return type(value) is Record or (type(value) is Sequence and value.mutable)


def _hand_back(
    machine: Interpreter,
    given: SequenceOf[tuple[str, Record | Sequence]],
    env: Mapping[str, Value],
) -> None:
    """What a function did to a dict or a list that it was given, its caller sees as well."""
    for name, before in given:
        after = env.get(name)
        if after is None or after is before or not _is_still(after, before.token):
            continue
        _replace(machine.frame.env, before.token, after)
        _replace(machine.heap, before.token, after)


def _replace(bindings: dict[_Name, Value], token: object, after: Value) -> None:
    for name, value in bindings.items():
        if type(value) in (Record, Sequence) and value.token is token:  # type: ignore[attr-defined]
            bindings[name] = after  # of a name that is there: the dict keeps its size


def _is_still(value: Value, token: object) -> bool:
    options = [each for _, each in value.options] if isinstance(value, Choice) else [value]
    return all(isinstance(each, (Record, Sequence)) and each.token is token for each in options)


def caller_is_nobody(stack: Stack, frame: Frame) -> bool:
    """Whether a frame is the root's own, called by no code of the program.

    A module that is read while a root is running calls functions as well: the root goes on.
    """
    return frame.depth == 1 and stack.running == 2


def _is_abstract(function: Function) -> bool:
    """Whether what runs is a method of a subclass: the body refuses, or is left out."""
    if function.owner is None or not isinstance(function.node, cst.FunctionDef):
        return False
    body = function.node.body.body
    if len(body) > 2 or not isinstance(body[-1], cst.SimpleStatementLine):
        return False  # a docstring and one statement
    last = body[-1].body[-1]
    if isinstance(last, cst.Raise):
        return last.exc is not None and "NotImplemented" in dotted_tree(last.exc)
    return isinstance(last, cst.Expr) and isinstance(last.value, cst.Ellipsis)


def _worth_following(machine: Interpreter, function: Function) -> bool:
    frame: Frame | None = machine.frame
    depth = 0
    while frame is not None:
        if frame.function is not None and frame.function.node is function.node:
            return False  # recursion: the second activation teaches nothing
        frame = frame.parent
        depth += 1
    return depth <= DEPTH


def _new_frame(
    machine: Interpreter,
    function: Function,
    node: cst.CSTNode,
    trace: Trace | None,
    family: Family | None,
) -> Frame:
    caller = machine.frame
    return Frame(
        function.module,
        function.segment,
        function,
        Caller(caller, node, caller.loops),
        closure=function.closure,
        trace=caller.trace if trace is None else trace,
        family=family,
        depth=caller.depth + 1,
    )


def run_body(machine: Interpreter, function: Function) -> None:
    """Run the body in the running frame; what leaves it is noted there."""
    node = function.node
    if isinstance(node, cst.Lambda):
        machine.leave(machine.evaluate(node.body))
        return
    if machine.execute(statements_of(node.body)):
        machine.leave(NONE)


def _returned(machine: Interpreter, frame: Frame, base: Path) -> Outcome:
    """All ways out as one: the value chosen by the path on which it was returned."""
    returns = frame.exits.returns
    if not returns:  # it always raises, as far as we see; the caller goes on with nothing
        return Outcome(Unknown(), Snapshot({}, machine.heap, base))
    merged = machine.merge(base, [outcome.state for outcome in returns])
    if len(returns) == 1:
        value = returns[0].value
    else:
        value = machine.choice([(each.state.path - base, each.value) for each in returns])
    return Outcome(value, merged)
