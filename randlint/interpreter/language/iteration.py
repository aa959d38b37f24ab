"""Iteration: what a loop variable is on each turn, and comprehensions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import libcst as cst

from randlint.interpreter.domain import counting
from randlint.interpreter.domain.identity import Each
from randlint.interpreter.domain.paths import extend
from randlint.interpreter.domain.symbols import Const, Symbol, Unknown, Value, named
from randlint.interpreter.domain.values import (
    Choice,
    External,
    Key,
    KeyArray,
    Record,
    Sequence,
    Zipped,
    labels_of,
)
from randlint.interpreter.keys.consuming import element
from randlint.interpreter.language import access
from randlint.interpreter.language.conditions import condition
from randlint.interpreter.language.items import item_symbol
from randlint.interpreter.machine import numbering
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.nesting import every, remade

# A container of known items is walked item by item up to this length; everything else twice, which
# is enough to see what one turn does to the next.
LONGEST_WALK = 6

COUNTER = External("counter")  # the first part of an `enumerate`


def length(machine: Interpreter, value: Value) -> int | None:
    """How many turns a loop over `value` takes, where few and known."""
    match value:
        case Sequence(items=items, rest=None) if len(items) <= LONGEST_WALK:
            return len(items)
        case Record(items=entries, open=False) if len(entries) <= LONGEST_WALK:
            return len(entries)
        case Zipped():
            columns = every(machine, value, _columns)
            known = [length(machine, each) for each in columns if not isinstance(each, Zipped)]
            counts = [count for count in known if count is not None]
            return min(counts) if counts else None
        case KeyArray(size=int(size), shaped=False) if size <= LONGEST_WALK:
            return size
        case _:
            return None


def _columns(value: Value) -> tuple[Value, ...]:
    return value.parts if isinstance(value, Zipped) else ()


def turns(machine: Interpreter, value: Value) -> Iterator[int]:
    """The turns to interpret."""
    known = length(machine, value)
    if known is not None:
        yield from range(known)
        return
    for turn in machine.turns():
        if not numbering.may_reach(machine, value, turn):
            break
        yield turn


def item(
    machine: Interpreter, value: Value, turn: int, token: object, *, exact: bool = False
) -> Value:
    """What the loop variable holds in `turn`; `exact` where every turn is interpreted."""
    match value:
        case Sequence(items=items):
            if turn < len(items):
                return machine.resolve(items[turn])
            return Unknown(None, labels_of(value))
        case Record(items=entries):
            names = list(entries)
            return named(names[turn]) if turn < len(names) else Unknown()
        case KeyArray():
            if exact and value.size is not None and turn >= value.size:
                return Unknown(None, value.labels)
            index = turn if exact else Each(token, turn)
            found = element(machine, value, index, frozenset())
            if value.shaped:
                return KeyArray(found.identity, value.made, labels=value.labels, shaped=True)
            return found
        case Zipped():

            def column(one: Value) -> Value:
                found = item(machine, one, turn, token, exact=exact)
                number = numbering.number_of(machine, found) if exact and _counts(one) else None
                return found if number is None else Const(number)

            return remade(machine, value, column, into=(Zipped,))
        case Choice():
            return machine.per_option(
                value, lambda one: item(machine, one, turn, token, exact=exact)
            )
        case Unknown(symbol=Symbol(op="range", args=(start, step, _))):
            assert isinstance(step, int)
            first = start if isinstance(start, int) else None
            return Unknown(counting.counter((token, value), turn, first, step), value.labels)
        case Unknown():
            return Unknown(
                item_symbol(machine.symbols, value.identity(), Each(token, turn)), value.labels
            )
        case External(name="counter"):
            return Unknown(counting.counter(token, turn, 0, 1))
        case Key():
            return Unknown(None, value.labels)
        case _:
            return Unknown(None, labels_of(value))


def _counts(value: Value) -> bool:
    """Whether a column of `zip` counts the turns."""
    return value is COUNTER or (
        isinstance(value, Unknown) and value.symbol is not None and value.symbol.op == "range"
    )


@contextmanager
def turn_of(machine: Interpreter, node: object, turn: int) -> Iterator[None]:
    """Everything inside happens in this turn of the loop `node`."""
    frame = machine.frame
    before = frame.loops
    frame.loops = (*before, (node, turn))
    machine.budget.step()
    try:
        yield
    finally:
        frame.loops = before


def comprehension(
    machine: Interpreter, clause: cst.CompFor, node: cst.CSTNode, body: Callable[[], Value]
) -> tuple[list[Value], bool]:
    """The results of a comprehension's turns, and whether these are all of them, in order."""
    frame = machine.frame
    env = dict(frame.env)
    path = machine.path
    try:
        return _walk(machine, clause, node, body)
    finally:
        frame.env = env
        machine.path = path


def _walk(
    machine: Interpreter, clause: cst.CompFor, node: cst.CSTNode, body: Callable[[], Value]
) -> tuple[list[Value], bool]:
    iterable = machine.resolve(machine.evaluate(clause.iter))
    token = object()
    results: list[Value] = []
    walked = length(machine, iterable) is not None
    exact = walked and not clause.ifs
    for turn in turns(machine, iterable):
        before = machine.path
        with turn_of(machine, clause, turn):
            each = item(machine, iterable, turn, token, exact=walked)
            access.assign(machine, clause.target, each, None)
            if _passes(machine, clause):
                if clause.inner_for_in is not None:
                    inner, inner_exact = _walk(machine, clause.inner_for_in, node, body)
                    results += inner
                    exact = exact and inner_exact
                else:
                    results.append(body())
        machine.path = before
    return results, exact


def _passes(machine: Interpreter, clause: cst.CompFor) -> bool:
    for filtering in clause.ifs:
        test = condition(machine, filtering.test)
        if test.decided is False:
            return False
        machine.path = extend(machine.path, test.when_true)
    return True


def summary(machine: Interpreter, results: list[Value], node: cst.CSTNode) -> Value:
    """A list of which only some items were computed."""
    keys = [each for each in results if isinstance(each, (Key, KeyArray))]
    if keys and len(keys) == len(results):
        # All items are keys: an array of keys nobody counted.
        symbol = Symbol("free")
        symbol.declared = True
        return Unknown(symbol, machine.labels(results))
    return Unknown(Symbol("list"), machine.labels(results))
