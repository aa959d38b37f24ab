"""Walks over nested values: a shared part is visited once, to any depth, and visits cost budget.

`t = (t, t)`, written forty times, is forty tuples and a million million paths to the first; five
thousand times `t = (t,)` is deeper than Python recurses. So nobody walks a nested value by
recursion of his own.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import TypeAlias

from randlint.interpreter.domain.paths import Path, contradict, extend
from randlint.interpreter.domain.symbols import UNKNOWN, Value
from randlint.interpreter.domain.values import Choice, Instance, Record, Sequence, Zipped, parts
from randlint.interpreter.machine.budget import VISITS
from randlint.interpreter.machine.core import Interpreter

Parts: TypeAlias = Callable[[Value], Iterable[Value]]
Kinds: TypeAlias = tuple[type[Value], ...]
DISPLAYS: Kinds = (Sequence, Record)
NESTS: Kinds = (Sequence, Record, Choice)


def every(machine: Interpreter, value: Value, inside: Parts = parts) -> Iterator[Value]:
    """`value` and all that is inside of it, each container once, in the order of the source."""
    seen: set[object] = set()
    waiting = [value]
    while waiting:
        current = waiting.pop()
        below = tuple(inside(current))
        if below:  # an object may hold itself
            which = current.symbol if isinstance(current, Instance) else id(current)
            if which in seen:
                continue
            seen.add(which)
        machine.budget.visit()
        yield current
        waiting += reversed(below)


def leaves(machine: Interpreter, value: Value) -> Iterator[Value]:
    """What is no container inside of `value`; the machine is on the path to it meanwhile.

    A container that is met again on the same path is visited a second time, and no more: what
    happens twice is seen by then.
    """
    if not isinstance(value, NESTS):
        yield value
        return
    before = machine.path
    times: dict[tuple[int, Path], int] = {}
    waiting: list[tuple[Value, Path]] = [(value, before)]
    try:
        while waiting:
            current, path = waiting.pop()
            machine.budget.visit()
            if not isinstance(current, NESTS):
                machine.path = path
                yield current
                continue
            if isinstance(current, Choice):  # its parts have paths of their own, which cost more
                machine.budget.step(1 + len(path) // VISITS)
            where = (id(current), path)
            times[where] = times.get(where, 0) + 1
            if times[where] <= 2:
                waiting += reversed(_below(current, path))
    finally:
        machine.path = before


def _below(value: Value, path: Path) -> list[tuple[Value, Path]]:
    if isinstance(value, Choice):
        return [
            (option, extend(path, literals))
            for literals, option in value.options
            if not contradict(literals, path)
        ]
    return [(each, path) for each in parts(value)]


# --- making anew

_Work: TypeAlias = Generator[Value, Value | None, Value]


def remade(
    machine: Interpreter,
    value: Value,
    leaf: Callable[[Value], Value],
    *,
    into: Kinds = NESTS,
    same: bool = False,
) -> Value:
    """`value` with every `leaf` of it changed; what was shared before is shared after.

    Alternatives are changed each under its path. With `same`, a dict stays the same object.
    """
    if not isinstance(value, into):
        return leaf(value)
    done: dict[tuple[int, Path], Value] = {}
    waiting = [((id(value), machine.path), _remaking(machine, value, same))]
    answer: Value | None = None
    while waiting:
        where, work = waiting[-1]
        try:
            part = work.send(answer)
        except StopIteration as end:
            answer = done[where] = end.value
            waiting.pop()
            continue
        machine.budget.visit()
        if isinstance(part, into):
            where = (id(part), machine.path)
            answer = done.get(where)
            if answer is None:
                waiting.append((where, _remaking(machine, part, same)))
        else:
            answer = leaf(part)
    assert answer is not None
    return answer


def _remaking(machine: Interpreter, value: Value, same: bool) -> _Work:
    """Hands out the parts of a container, takes what became of them, and gives the new one."""
    match value:
        case Sequence(items=items, rest=rest, mutable=mutable):
            made = yield from _each(items)
            last = None if rest is None else (yield rest)
            made_of = tuple(made)
            if same:
                return Sequence(made_of, last, mutable, value.token)
            return Sequence(made_of, last, mutable)
        case Zipped(parts=columns):
            return Sequence(tuple((yield from _each(columns))))
        case Record(items=entries, open=is_open):
            made = yield from _each(entries.values())
            changed = dict(zip(entries, made, strict=True))
            return Record(changed, is_open, value.token) if same else Record(changed, is_open)
        case Choice():
            return (yield from _alternatives(machine, value))
        case _:
            return value


def _each(values: Iterable[Value]) -> Generator[Value, Value | None, list[Value]]:
    made: list[Value] = []
    for each in values:
        answer = yield each
        assert answer is not None
        made.append(answer)
    return made


def _alternatives(machine: Interpreter, value: Choice) -> _Work:
    results: list[tuple[Path, Value]] = []
    before = machine.path
    machine.budget.step(1 + len(before) // VISITS)
    for path, option in tuple(machine.options(value)):
        machine.path = extend(before, path)
        answer = yield option
        machine.path = before
        assert answer is not None
        results.append((path, answer))
    return machine.choice(results) if results else UNKNOWN
