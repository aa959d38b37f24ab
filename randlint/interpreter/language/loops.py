"""Python's loops: two turns are interpreted, and what follows is joined from all ways out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import libcst as cst

from randlint.interpreter.domain.counting import Counter
from randlint.interpreter.domain.frames import Loop, Snapshot
from randlint.interpreter.domain.paths import EMPTY, Path, all_of, extend
from randlint.interpreter.domain.symbols import Value
from randlint.interpreter.domain.values import Record, Sequence
from randlint.interpreter.language import access, counters, iteration
from randlint.interpreter.language.conditions import Test, condition
from randlint.interpreter.machine import numbering
from randlint.interpreter.machine.core import Interpreter
from randlint.source.nodes import names_in, statements_of, walk

_Keys: TypeAlias = Mapping[str, Mapping[object, object]]

_FLAGS_DEEP = 2
_MOST_WAYS = 6  # out of a turn, of which what goes on knows that they were not taken


@dataclass(slots=True)
class _Running:
    """One execution of a loop: where it began, and what leaves it."""

    node: cst.For | cst.While
    base: Path
    first: Mapping[str, Value]  # the variables before it
    known: Mapping[str, Counter]
    loop: Loop = field(default_factory=Loop)
    token: object = field(default_factory=object)
    few: bool = False  # as many turns as are interpreted
    entered: Path = EMPTY  # what let it into its turns
    at_once: Snapshot | None = None  # where the condition does not hold for a first turn
    later: Snapshot | None = None  # where it does not after the turns that were interpreted


def _running(machine: Interpreter, node: cst.For | cst.While) -> _Running:
    known = counters.counters(machine, node)
    return _Running(node, machine.path, dict(machine.frame.env), known)


def for_(machine: Interpreter, node: cst.CSTNode) -> bool:
    """`for`: a loop over what may be empty is taken to run at least once."""
    assert isinstance(node, cst.For)
    iterable = machine.resolve(machine.evaluate(node.iter))
    running = _running(machine, node)
    exact = iteration.length(machine, iterable) is not None
    chosen = iteration.turns(machine, iterable)
    alive = True
    turn = 0
    for turn in chosen if exact else _turns(machine, chosen, frozenset()):
        with iteration.turn_of(machine, node, turn):
            if turn and not exact:
                _forget(machine, running, turn, inside=True)
            each = iteration.item(machine, iterable, turn, running.token, exact=exact)
            _note_entry(machine, running, numbering.reached(machine.symbols, iterable, turn, each))
            access.assign(machine, node.target, each, None)
            alive = _turn(machine, running)
        if not alive:
            break
    if alive:
        if not exact:
            _forget(machine, running, turn + 1)
        running.later = _without_entries(running, machine.snapshot())
    return _after(machine, running)


def _note_entry(machine: Interpreter, running: _Running, condition: Path) -> None:
    """A turn runs under what lets it begin."""
    running.entered |= condition - running.base
    machine.path = extend(machine.path, condition)


def _without_entries(running: _Running, way: Snapshot) -> Snapshot:
    """A way out: after the loop, nobody knows how many turns there were."""
    return Snapshot(way.env, way.heap, way.path - running.entered)


def while_(machine: Interpreter, node: cst.CSTNode) -> bool:
    """`while`: the condition is asked before every turn, and once more after the last."""
    assert isinstance(node, cst.While)
    known = counters.counters(machine, node)
    machine.path = extend(machine.path, counters.bounds(machine, known))
    running = _running(machine, node)
    running.few = counters.few_turns(machine, known, iteration.LONGEST_WALK)
    alive = True
    turn = 0
    chosen = _turns(machine, machine.turns(), frozenset(names_in(node.test)), _is_endless(node))
    for turn in chosen:
        with iteration.turn_of(machine, node, turn):
            alive = _enter(machine, running, node, turn, inside=True) and _turn(machine, running)
        if not alive:
            break
    if alive:
        with iteration.turn_of(machine, node, turn + 1):
            if _enter(machine, running, node, turn + 1):
                _end_somehow(machine, running, node)
    return _after(machine, running)


def _is_endless(node: cst.While) -> bool:
    return isinstance(node.test, cst.Name) and node.test.value == "True"


def _turns(
    machine: Interpreter, chosen: Iterator[int], asked: frozenset[str], endless: bool = False
) -> Iterator[int]:
    """The turns to interpret: more than usual as long as constants go from one to the next.

    So do the lengths of containers that the loop asks for: `while stack: stack.pop()`. An endless
    loop ends inside of a turn: a third one shows what the second has left.
    """
    turn = 0
    before: dict[str, object] = {}
    keys: list[_Keys] = []
    for turn in chosen:
        before = counters.constants(machine, asked)
        keys.append(counters.keys(machine))
        yield turn
    again = len(keys) == 2 and _comes_again(keys[0], keys[1], counters.keys(machine))
    if again or (endless and len(keys) == 2):
        turn += 1
        yield turn
    while turn + 1 < iteration.LONGEST_WALK:
        now = counters.constants(machine, asked)
        if all(name not in before or before[name] == value for name, value in now.items()):
            break
        before = now
        turn += 1
        yield turn


def _comes_again(first: _Keys, second: _Keys, third: _Keys) -> bool:
    """Whether a key that a turn has made is made again by the next: a third turn tells."""
    return any(
        key not in first.get(name, {}) and third.get(name, {}).get(key, made) is not made
        for name, keys in second.items()
        for key, made in keys.items()
    )


def _enter(
    machine: Interpreter, running: _Running, node: cst.While, turn: int, *, inside: bool = False
) -> bool:
    """Ask the condition before a turn, and note the way out; whether the turn can be.

    What is true of the way out is true of any number of turns: no counter has a number there.
    """
    if turn and not (inside and running.few) and not _is_over(machine, running, node):
        _forget(machine, running, turn, inside=inside)
    test = condition(machine, node.test)
    if turn:
        way = _way_out(machine, test)
        if way is not None:
            running.later = _without_entries(running, way)
    elif test.decided is False or _may_fail_at_once(machine, running, node.test):
        running.at_once = _way_out(machine, test)
    _note_entry(machine, running, test.when_true)
    return test.decided is not False


def _way_out(machine: Interpreter, test: Test) -> Snapshot | None:
    """The state in which a loop is left because its condition does not hold."""
    if test.decided is True:
        return None
    with machine.assuming(test.when_false):
        return machine.snapshot()


def _may_fail_at_once(machine: Interpreter, running: _Running, test: cst.BaseExpression) -> bool:
    """Whether a loop may as well not begin: one that asks a flag.

    What counts turns, or asks something that nobody sees, is taken to run at least once, as `for`
    is; so are loops deep inside of others, where ever more ways would have to be told apart.
    """
    if len(machine.frame.loops) > _FLAGS_DEEP or any(isinstance(n, cst.Call) for n in walk(test)):
        return False
    compares = any(isinstance(each, cst.Comparison) for each in walk(test))
    return not compares or names_in(test).isdisjoint(running.known)


def _is_over(machine: Interpreter, running: _Running, node: cst.While) -> bool:
    """Whether the condition certainly fails with the very values that the last turn has left."""
    if names_in(node.test).isdisjoint(running.known):
        return False
    state = machine.snapshot()
    with machine.events.quietly():
        test = condition(machine, node.test)
    machine.restore(state)
    return test.decided is False


def _forget(machine: Interpreter, running: _Running, turn: int, *, inside: bool = False) -> None:
    known, first, token = running.known, running.first, running.token
    counters.forget(machine, known, first, token, turn, inside=inside)


def _end_somehow(machine: Interpreter, running: _Running, node: cst.While) -> None:
    """Leave a loop that would go on with all that is known: what it sets is another then."""
    if running.later is not None or running.loop.breaks:
        return
    if not counters.forget_constants(machine, running.first):
        if not isinstance(node.test, (cst.Name, cst.Integer)) or _is_container(machine, node.test):
            running.later = machine.snapshot()  # of a list nobody counts to its end
        return
    with machine.events.quietly():
        running.later = _way_out(machine, condition(machine, node.test))
    if running.later is None and any(isinstance(each, cst.Break) for each in walk(node.body)):
        running.later = machine.snapshot()


def _is_container(machine: Interpreter, test: cst.BaseExpression) -> bool:
    """Whether a loop asks for a container, which is empty at some time."""
    return isinstance(test, cst.Name) and isinstance(
        machine.frame.env.get(test.value), (Sequence, Record)
    )


def _turn(machine: Interpreter, running: _Running) -> bool:
    """One turn; True when the next turn can be reached."""
    frame, loop = machine.frame, running.loop
    left = len(loop.breaks)
    frame.exits.loops.append(loop)
    try:
        falls_off = machine.execute(statements_of(running.node.body))
    finally:
        frame.exits.loops.pop()
    ends: list[Snapshot | None] = list(loop.continues)
    loop.continues.clear()
    if falls_off:
        # Of several conditions under which a turn was left a join would forget all.
        ways = [state.path - running.base for state in (*loop.breaks[left:], *ends) if state]
        further = frozenset(
            (all_of(way), False) for way in ways[:_MOST_WAYS] if not machine.excludes(way)
        )
        path = extend(machine.path, further)
        ends.insert(0, Snapshot(frame.env, machine.heap, path))
    return machine.join(running.base, ends)


def _after(machine: Interpreter, running: _Running) -> bool:
    """What follows a loop: its normal end (through `else`), and every `break`."""
    orelse = running.node.orelse
    ends: list[Snapshot | None] = list(running.loop.breaks)
    alive = machine.join(running.base, [running.at_once, running.later])
    if alive and (orelse is None or machine.execute(statements_of(orelse.body))):
        ends.insert(0, Snapshot(machine.frame.env, machine.heap, machine.path))
    return machine.join(running.base, ends)
