"""What a function does to keys, noted when it is interpreted as a root, so that calls need not be.

As a root a function runs with a symbol for every parameter. If all it does is to use up some of
them, always, and to give back something without a key in it, that is its summary, and a call only
does the same to its arguments: the uses stand where they would stand had the call been followed.
Whatever else a function does is interpreted at every call, with its actual arguments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import replace

import libcst as cst

from randlint.interpreter.domain.frames import Caller, Frame, Function, Trace
from randlint.interpreter.domain.identity import KeyIdentity, Origin, Use, key_name
from randlint.interpreter.domain.labels import Evaluation
from randlint.interpreter.domain.names import keylike
from randlint.interpreter.domain.summary import _NOBODY, Consumed, Summary
from randlint.interpreter.domain.symbols import Const, Symbol, Unknown, Value
from randlint.interpreter.domain.values import (
    Choice,
    Instance,
    Key,
    Record,
    Sequence,
    carries_key,
    labels_of,
    parts,
)
from randlint.interpreter.keys import consuming
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.ledger import Ledger
from randlint.interpreter.machine.nesting import DISPLAYS, every, remade
from randlint.interpreter.machine.stack import Stack
from randlint.interpreter.program.signatures import Signature


def recall(
    machine: Interpreter,
    function: Function,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
    node: cst.CSTNode,
) -> Value | None:
    """Do what the function is known to do with such arguments; None where it must be run."""
    if not _asks_nothing_else(machine, function):
        return None
    values = [*args, *kwargs.values()]
    if "*" in kwargs or "**" in kwargs or not all(_tells_nothing(machine, each) for each in values):
        return None
    summary = machine.summaries.of(function)
    if summary is None or summary.trace is not _trace(machine.stack):
        return None
    given = _by_name(function, args, kwargs)
    used = {each.parameter for each in summary.consumed}
    if any(carries_key(each) and name not in used for name, each in given.items()):
        return None  # whether anybody reads it is told at the call
    project = machine.names.project
    if project is not None:
        project.depends.update(summary.depends)
        # Names that an earlier root of that file found missing, it did not ask for again.
        project.depends.update(project.missing.get(function.module.filename, {}))
    machine.budget.step(2)
    machine.stack.called.add(function.node)
    evaluation = machine.ledger.evaluation = Evaluation(draw=summary.draws)
    frames: dict[int, Frame] = {}
    for use in summary.consumed:
        if use.parameter in given:
            frame = _below(machine.frame, node, use.frame, frames)
            frame.loops = use.loops
            value = given[use.parameter]
            with machine.enter(frame):
                consuming.consume(machine, value, use.node, use.kind, use.callee, use.place)
    draws = summary.draws or summary.consumed
    labels = machine.drawn(values, evaluation) if draws else machine.labels(values)
    return _with_labels(machine, summary.result, labels)


def _asks_nothing_else(machine: Interpreter, function: Function) -> bool:
    """Whether the call is one of those that a summary speaks of."""
    frame = machine.frame
    if frame.function is None or frame.trace is not Trace.NO or machine.events.silent:
        return False
    if machine.stack.entering is not None and machine.stack.entering[1] is not None:
        return False
    if (
        machine.derivatives.open
        or machine.stack.lanes
        or machine.derivatives.ambient
        or function.closure is not None
    ):
        return False
    receiver = function.bound
    if receiver is None:
        return function.owner is None
    if not isinstance(receiver, Instance) or receiver.definition is not function.owner:
        return False
    return receiver.symbolic and not machine.attributes(receiver.symbol)


def _trace(stack: Stack) -> Trace | None:
    """Why the function would run under a trace."""
    return Trace.NO if stack.entering is None else stack.entering[0]


def _tells_nothing(machine: Interpreter, value: Value) -> bool:
    """Whether a function can do no more to an argument than to the symbol of a parameter."""
    if carries_key(value) and not isinstance(value, Unknown):
        return isinstance(value, (Key, Choice)) and _tells_nothing_itself(value)

    def inside(each: Value) -> SequenceOf[Value]:
        return each.items if isinstance(each, Sequence) and _is_a_tuple(each) else ()

    return all(map(_tells_nothing_itself, every(machine, value, inside)))


def _tells_nothing_itself(value: Value) -> bool:
    match value:
        case Choice(options=options):
            return all(isinstance(each, (Const, Unknown)) for _, each in options)
        case Sequence():
            return _is_a_tuple(value)
        case _:
            return isinstance(value, (Const, Unknown, Key))


def _is_a_tuple(value: Sequence) -> bool:
    return not value.mutable and value.rest is None


def _by_name(
    function: Function, args: SequenceOf[Value], kwargs: Mapping[str, Value]
) -> dict[str, Value]:
    positional = Signature(function.node.params).positional
    names = [each.name.value for each in positional[0 if function.bound is None else 1 :]]
    return {**dict(zip(names, args, strict=False)), **kwargs}


def _below(caller: Frame, node: cst.CSTNode, frame: Frame, made: dict[int, Frame]) -> Frame:
    """The frame of a use, as if the call `node` had been followed to it."""
    found = made.get(id(frame))
    if found is None:
        if frame.caller is None:
            above = Caller(caller, node, caller.loops)
        else:
            above = frame.caller._replace(frame=_below(caller, node, frame.caller.frame, made))
        found = made[id(frame)] = replace(frame, caller=above)
    return found


# --- taking note


def note(machine: Interpreter, frame: Frame, result: Value) -> None:
    """Make a summary of the root that returns `result`, if all that it did fits into one."""
    function = frame.function
    if function is None or not machine.summaries.is_subject(function):
        return
    if frame.trace not in (Trace.NO, Trace.JIT) or machine.stack.lanes or machine.derivatives.open:
        return
    if frame.family is not None or not _is_plain(machine, result):
        return
    if not all(isinstance(each, Evaluation) for each in labels_of(result)):
        return  # a seed from the clock, say
    identities = {
        name: _identity(machine.ledger, each) for name, each in machine.summaries.given.items()
    }
    mine = [each for each in identities.values() if each is not None]
    if any(_tells_more(each) for each in mine) or _touches(machine, mine):
        return
    outlines: dict[int, Frame] = {}
    consumed = [
        _first_use(name, each.uses[0], outlines)
        for name, each in identities.items()
        if each is not None and each.uses
    ]
    draws = any(isinstance(each, Evaluation) and each.draw for each in machine.ledger.uses)
    plain = _with_labels(machine, result, frozenset())
    machine.summaries.summary = Summary(tuple(consumed), plain, draws, frame.trace)


def _identity(ledger: Ledger, value: Value) -> KeyIdentity | None:
    """The identity of a parameter that was treated as a key."""
    if isinstance(value, Unknown) and value.symbol is not None:
        return ledger.identities.get(("symbol", value.symbol))
    return None


def _tells_more(identity: KeyIdentity) -> bool:
    """Whether it was used up on a condition, or only in part."""
    return bool(identity.members.all) or any(use.path for use in identity.uses)


def _touches(machine: Interpreter, mine: SequenceOf[KeyIdentity]) -> bool:
    """Whether a root used up keys that it was not handed, or changed what others see."""
    if machine.symbols.versions or any(frame.outer for frame in machine.stack.frames):
        return True
    if any(isinstance(where, tuple) and _is_given(where[0]) for where in machine.heap):
        return True
    return any(
        each.uses and each.origin in (Origin.INPUT, Origin.SEED) and _is_evident(each)
        for each in machine.ledger.identities.values()
        if not any(each is one for one in mine)
    )


def _is_evident(identity: KeyIdentity) -> bool:
    handed_over = any(use.place for use in identity.uses)
    return identity.certain or (handed_over and keylike(key_name(identity)))


def _is_given(symbol: object) -> bool:
    return isinstance(symbol, Symbol) and symbol.op in ("param", "attr", "item", "free")


def _first_use(name: str, use: Use, outlines: dict[int, Frame]) -> Consumed:
    frame = _outline(use.frame, outlines)
    return Consumed(name, use.node, use.kind, use.callee, use.place, frame, use.loops)


def _outline(frame: Frame, outlines: dict[int, Frame]) -> Frame:
    """A frame and those above it, without the variables and trees that a root leaves behind."""
    found = outlines.get(id(frame))
    if found is None:
        assert frame.function is not None
        above = frame.caller
        if above is not None:
            called = above.frame.function is not None  # by the program, not as a root
            above = above._replace(frame=_outline(above.frame, outlines)) if called else None
        found = outlines[id(frame)] = Frame(
            frame.module,
            frame.segment,
            replace(frame.function, closure=None, node=_NOBODY, bound=None),
            above,
            trace=frame.trace,
            depth=frame.depth,
        )
    return found


def _is_plain(machine: Interpreter, value: Value) -> bool:
    """Whether a result holds nothing that could lead back to a key."""

    def inside(each: Value) -> Iterable[Value]:
        if isinstance(each, Instance):
            return machine.attributes(each.symbol).values()
        return parts(each)

    return all(_is_plain_part(machine.ledger, each) for each in every(machine, value, inside))


def _is_plain_part(ledger: Ledger, value: Value) -> bool:
    match value:
        case Const() | Sequence() | Record() | Choice() | Instance():
            return True
        case Unknown(symbol=symbol):
            if symbol is not None and symbol.op == "param":
                return False
            return not carries_key(value) and not consuming.certain_key(ledger, value)
        case _:
            return False


def _with_labels(machine: Interpreter, value: Value, labels: frozenset[object]) -> Value:
    def leaf(each: Value) -> Value:
        return each if isinstance(each, Const) else Unknown(None, labels)

    return remade(machine, value, leaf, into=DISPLAYS)
