"""The number that a counter is in the turn that is being interpreted.

Conditions take the second turn of a loop for all later ones, so to them a counter is a symbol. What
is folded into a key, or picks one out of several, is a number in every turn: the second turn of
`range(n)` has 1, whatever later turns have.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping

from randlint.interpreter.domain.counting import Counting
from randlint.interpreter.domain.paths import EMPTY, WHOLE, Path, extend
from randlint.interpreter.domain.symbols import UNKNOWN, Const, Symbol, Unknown, Value
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.symbols import Symbols

_LONGEST_RANGE = 6  # a range that is not longer is walked number by number
_DEEPEST = 6  # operations in one expression
_ARITHMETIC: Mapping[str, Callable[[int, int], int]] = {
    "Add": operator.add,
    "AddAssign": operator.add,
    "Subtract": operator.sub,
    "Multiply": operator.mul,
}


def range_of(machine: Interpreter, bounds: list[Value]) -> range | Unknown:
    """`range(...)`: the numbers where they are few and known, else a symbol of how they begin."""
    known = [_constant(each) for each in bounds]
    if bounds and len(bounds) < 4 and None not in known and known[2:] != [0]:
        exact = range(*[each for each in known if each is not None])
        if len(exact) <= _LONGEST_RANGE:
            return exact
    machine.path = extend(machine.path, whole(machine, bounds))
    return counted(machine, bounds)


def whole(machine: Interpreter, bounds: Iterable[Value]) -> Path:
    """That values which counters are compared with are integers: nothing is between 0 and 1."""
    symbols = [each.symbol for each in bounds if isinstance(each, Unknown)]
    return frozenset(((WHOLE, each), True) for each in symbols if each is not None)


def counted(machine: Interpreter, bounds: list[Value]) -> Unknown:
    """The symbol of a range, or of an array of numbers: how it begins, and its end."""
    known = [_constant(each) for each in bounds]
    start = known[0] if len(known) > 1 else 0
    step = known[2] if len(known) > 2 else 1
    end = machine.symbols.of(bounds[1] if len(bounds) > 1 else bounds[0]) if bounds else None
    if start is None or step is None:
        start, step, end = None, 1, None
    return Unknown(Symbol("range", (start, step, end)), machine.labels(bounds))


def reached(symbols: Symbols, numbers: Value, turn: int, each: Value = UNKNOWN) -> Path:
    """What a turn of a loop over a range says of the end of the range: it is above its number.

    `each` is what stands for that number in conditions.
    """
    number, end = _number_and_end(numbers, turn)
    if end is None:
        return EMPTY
    below = [Const(number), *([each] if isinstance(each, Unknown) and each.symbol else [])]
    return frozenset((("<", symbols.of(value), end), True) for value in below)


def may_reach(machine: Interpreter, numbers: Value, turn: int) -> bool:
    """Whether a range may be long enough for a turn: under `if n == 1` it has one."""
    number, end = _number_and_end(numbers, turn)
    if end is not None and end.op == "const" and isinstance(end.args[1], int):
        return number < end.args[1]
    return not machine.excludes(reached(machine.symbols, numbers, turn))


def _number_and_end(numbers: Value, turn: int) -> tuple[int, Symbol | None]:
    """What a range that counts up hands out in a turn, and its end; None for other values."""
    if isinstance(numbers, Unknown) and numbers.symbol is not None and numbers.symbol.op == "range":
        start, step, end = numbers.symbol.args
        if isinstance(start, int) and isinstance(step, int) and step > 0:
            return start + step * turn, end if isinstance(end, Symbol) else None
    return 0, None


def _constant(value: Value) -> int | None:
    if isinstance(value, Const) and isinstance(value.value, int):
        return int(value.value)
    return None


def number_of(machine: Interpreter, value: Value) -> int | None:
    """The number that a value is in this turn; None where nobody knows, or the path denies it."""
    if isinstance(value, Const):
        return None if isinstance(value.value, bool) else _constant(value)
    if not isinstance(value, Unknown) or value.symbol is None:
        return None
    counters: dict[Symbol, int] = {}
    number = _calculated(value.symbol, counters, _DEEPEST)
    for symbol, here in counters.items():
        assumed = ("eq", symbol, machine.symbols.of(Const(here)))
        if machine.excludes(frozenset({(assumed, True)})):
            return None  # `if i > 1:`, and it is another turn that comes here
    return number


def _calculated(symbol: Symbol, counters: dict[Symbol, int], depth: int) -> int | None:
    if symbol.op == "const":
        constant = symbol.args[1]
        return constant if isinstance(constant, int) and not isinstance(constant, bool) else None
    counting = symbol.args[0] if symbol.op == "count" and symbol.args else None
    if isinstance(counting, Counting):
        turn = symbol.args[1]
        assert isinstance(turn, int)
        counters[symbol] = counting.start + counting.step * turn
        return counters[symbol]
    calculate = _ARITHMETIC.get(symbol.op)
    if calculate is None or depth == 0 or len(symbol.args) != 2:
        return None
    sides = [
        _calculated(each, counters, depth - 1) if isinstance(each, Symbol) else None
        for each in symbol.args
    ]
    if sides[0] is None or sides[1] is None:
        return None
    return calculate(sides[0], sides[1])
