"""`try` and `raise`: which handler runs, after what, and what runs in any case."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from collections.abc import Sequence as SequenceOf
from typing import Any

import libcst as cst

from randlint.interpreter.domain.frames import Catching, Frame, Outcome, Snapshot
from randlint.interpreter.domain.paths import Path, extend
from randlint.interpreter.domain.symbols import Unknown
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.program.modules import dotted_tree
from randlint.source.nodes import statements_of

_MOST_WAYS = 4  # into a handler, or out of a `try`, that are followed one by one


def raise_(machine: Interpreter, node: cst.CSTNode) -> bool:
    """`raise` goes on in the handler that is known to take it; else the function is over."""
    assert isinstance(node, cst.Raise)
    if node.exc is not None:
        machine.evaluate(node.exc)
    raised = _raised(node)
    for catching in reversed(machine.frame.exits.catching):
        for position, handler in enumerate(catching.handlers):
            if _takes(handler, raised):
                catching.caught.setdefault(position, []).append(machine.snapshot())
                return False
        catching.passing.append(machine.snapshot())
    machine.end()
    return False


def _raised(node: cst.Raise) -> str:
    """The name of the exception; nothing for a bare `raise`."""
    if node.exc is None:
        return ""
    return dotted_tree(node.exc.func if isinstance(node.exc, cst.Call) else node.exc)


def _takes(handler: cst.ExceptHandler | cst.ExceptStarHandler, raised: str) -> bool:
    """Whether a handler takes an exception, as far as names tell."""
    if handler.type is None:
        return True
    types = [handler.type]
    if isinstance(handler.type, cst.Tuple):
        types = [element.value for element in handler.type.elements]
    return any(_is_kind_of(raised, dotted_tree(each)) for each in types)


def _is_kind_of(raised: str, name: str) -> bool:
    one, other = (getattr(builtins, each, None) for each in (raised, name))
    if isinstance(other, type) and issubclass(other, BaseException):
        if isinstance(one, type):
            return issubclass(one, other)
        return other in (Exception, BaseException) or bool(raised)  # of a class nobody sees
    return raised != "" and raised == name


def try_(machine: Interpreter, node: cst.CSTNode) -> bool:
    """`try`: a handler runs instead of what the body had left to do."""
    assert isinstance(node, (cst.Try, cst.TryStar))
    frame = machine.frame
    base = machine.snapshot()
    exits = _Exits(frame, machine.stack.ended)
    catching = Catching(node.handlers)
    frame.exits.catching.append(catching)
    atom = ("raised", node, machine.budget.steps)
    body = [*statements_of(node.body)]
    if node.orelse is not None:
        body += statements_of(node.orelse.body)
    ends = [machine.branch(base, frozenset({(atom, False)}), body)]
    catching.handlers = ()  # what handlers raise, they do not take
    handlers: SequenceOf[cst.ExceptHandler | cst.ExceptStarHandler] = node.handlers
    for position, handler in enumerate(handlers):
        literals: Path = frozenset({(atom, True), (("eq", atom, position), True)})
        early = Snapshot(dict(base.env), dict(base.heap), extend(base.path, literals))
        for start in (early, *_some(machine, base.path, catching.caught.get(position, []))):
            if handler.name is not None and isinstance(handler.name.name, cst.Name):
                start.env[handler.name.name.value] = Unknown()
            ends.append(machine.branch(start, frozenset(), statements_of(handler.body)))
    frame.exits.catching.pop()
    if node.finalbody is None:
        return machine.join(base.path, ends)
    return _finally(machine, node.finalbody, base, ends, exits, catching.passing)


def _some(machine: Interpreter, base: Path, states: SequenceOf[Snapshot]) -> SequenceOf[Snapshot]:
    """A few states, or one that stands for many."""
    return states if len(states) <= _MOST_WAYS else [machine.merge(base, states)]


class _Exits:
    """The ways out of a function and its loops that a `try` adds, which pass its `finally`."""

    def __init__(self, frame: Frame, ended: tuple[Path, ...]) -> None:
        self.ended = ended  # conditions under which the function was over before
        loop = frame.exits.loops[-1] if frame.exits.loops else None
        self.ways: list[list[Any]] = [frame.exits.returns]
        if loop is not None:
            self.ways += [loop.breaks, loop.continues]
        self.before = [len(each) for each in self.ways]

    def take(self) -> Iterator[tuple[list[Any], Snapshot | Outcome]]:
        """Take back the ways out that were added; each may be put back where it was."""
        for ways, number in zip(self.ways, self.before, strict=True):
            taken = ways[number:]
            ways[number:] = taken[_MOST_WAYS:]
            for each in taken[:_MOST_WAYS]:
                yield ways, each


def _finally(
    machine: Interpreter,
    node: cst.Finally,
    base: Snapshot,
    ends: SequenceOf[Snapshot | None],
    exits: _Exits,
    raised: SequenceOf[Snapshot],
) -> bool:
    """`finally` runs however the rest was left, and may leave in another way itself."""
    statements = statements_of(node.body)
    ways = list(exits.take())
    ended, machine.stack.ended = (
        machine.stack.ended,
        exits.ended,
    )  # on its ways out it is not over yet
    for target, way in ways:
        state = way.state if isinstance(way, Outcome) else way
        after = machine.branch(state, frozenset(), statements)
        if after is not None:
            target.append(Outcome(way.value, after) if isinstance(way, Outcome) else after)
    for state in raised[:_MOST_WAYS]:
        machine.branch(state, frozenset(), statements)
    machine.stack.ended = ended
    if machine.join(base.path, ends):
        return machine.execute(statements)
    if not ways and not raised:
        machine.restore(base)
        machine.execute(statements)
    return False
