"""Conditions: what an `if` test says about the path of either arm."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as SequenceOf
from typing import NamedTuple

import libcst as cst

from randlint.interpreter.domain.frames import Function, in_test
from randlint.interpreter.domain.identity import Each
from randlint.interpreter.domain.paths import EMPTY, Atom, Path, all_of, contradict, extend
from randlint.interpreter.domain.symbols import Const, Symbol, Unknown, Value
from randlint.interpreter.domain.values import (
    Choice,
    Class,
    External,
    Instance,
    Key,
    KeyArray,
    Record,
    Sequence,
)
from randlint.interpreter.gradients import draws
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.symbols import Symbols


class Test(NamedTuple):
    """A test: its outcome where that is certain, and the literals of both outcomes."""

    decided: bool | None
    when_true: Path
    when_false: Path

    def inverted(self) -> Test:
        """`not` this."""
        decided = None if self.decided is None else not self.decided
        return Test(decided, self.when_false, self.when_true)


def condition(machine: Interpreter, node: cst.BaseExpression) -> Test:
    """Evaluate a test once, and say what either outcome implies."""
    return settled(machine, _condition(machine, node))


def settled(machine: Interpreter, test: Test) -> Test:
    """A test that is decided where the path leaves it no choice."""
    if test.decided is None and machine.path:
        if machine.excludes(test.when_true):
            return Test(False, EMPTY, EMPTY)
        if machine.excludes(test.when_false):
            return Test(True, EMPTY, EMPTY)
    return test


_FEW = 8  # constants in a tuple that one is looked for in, conditions of an arm

_TESTS = frozenset({cst.UnaryOperation, cst.BooleanOperation, cst.Comparison})


def _condition(machine: Interpreter, node: cst.BaseExpression) -> Test:
    if type(node) not in _TESTS:
        return of_value(machine, machine.evaluate(node))
    match node:
        case cst.UnaryOperation(operator=cst.Not()):
            return condition(machine, node.expression).inverted()
        case cst.BooleanOperation(operator=cst.And()):
            return _both(machine, node, negate=False)
        case cst.BooleanOperation(operator=cst.Or()):
            return _both(machine, node, negate=True)
        case cst.Comparison():
            test, value = comparison(machine, node)
            return test if test is not None else of_value(machine, value)
        case _:
            return of_value(machine, machine.evaluate(node))


def _both(machine: Interpreter, node: cst.BooleanOperation, *, negate: bool) -> Test:
    """`a and b`; with `negate`, `a or b` as the negation of `not a and not b`."""

    def side(expression: cst.BaseExpression) -> Test:
        test = condition(machine, expression)
        return test.inverted() if negate else test

    left = side(node.left)
    if left.decided is False:
        joined = left
    else:
        with machine.assuming(left.when_true):
            right = side(node.right)
        joined = all_hold([left, right])
    return joined.inverted() if negate else joined


def of_value(machine: Interpreter, value: Value) -> Test:
    """The truth of a value."""
    match machine.resolve(value):
        case Const(value=constant):
            return Test(bool(constant), EMPTY, EMPTY)
        case Sequence(items=items, rest=rest):
            if items:
                return Test(True, EMPTY, EMPTY)
            return Test(False, EMPTY, EMPTY) if rest is None else _opaque()
        case Record(items=entries, open=is_open) if entries or not is_open:
            return Test(bool(entries), EMPTY, EMPTY)
        case Function() | Class() | External() | Key() | KeyArray():
            return Test(True, EMPTY, EMPTY)
        case Unknown() as unknown:
            known = machine.symbols.tests.get(unknown.identity())
            return known if isinstance(known, Test) else _literal(("true", unknown.identity()))
        case Choice() as choice:
            return _of_choice(machine, choice, lambda option: of_value(machine, option))
        case Instance() as instance:
            return _literal(("true", instance.symbol))
        case _:
            return _opaque()


def _opaque() -> Test:
    return _literal(("true", object()))


def _literal(atom: Atom) -> Test:
    """The test of which nothing is known but that it agrees with itself."""
    return Test(None, frozenset({(atom, True)}), frozenset({(atom, False)}))


def all_hold(tests: Iterable[Test]) -> Test:
    """That several tests hold."""
    known = [test for test in tests if test.decided is not True]
    if any(test.decided is False for test in known):
        return Test(False, EMPTY, EMPTY)
    if len(known) < 2:
        return known[0] if known else Test(True, EMPTY, EMPTY)
    every = frozenset().union(*(test.when_true for test in known))
    atom = all_of(every)
    return Test(None, every | {(atom, True)}, frozenset({(atom, False)}))


def _of_choice(machine: Interpreter, choice: Choice, ask: Callable[[Value], Test]) -> Test:
    """What a test of a value that was bound in several arms says about the arm that ran."""
    truths: list[tuple[Path, Test]] = []
    for path, option in choice.options:
        with machine.assuming(path):
            truths.append((path, settled(machine, ask(option))))
    yes = [extend(path, test.when_true) for path, test in truths if test.decided is not False]
    no = [extend(path, test.when_false) for path, test in truths if test.decided is not True]
    if not no or not yes:
        return Test(bool(yes), EMPTY, EMPTY)
    name = tuple((path, test.decided, test.when_true) for path, test in truths)
    atom: Atom = ("true", machine.symbols.make("chosen", name))
    when_true, when_false = {(atom, True)}, {(atom, False)}
    paths = [path for path, _ in choice.options]
    if all(map(_is_plain, paths)) and _exclusive(paths):
        when_true |= {(all_of(path), False) for path in no}
        when_false |= {(all_of(path), False) for path in yes}
    if len(yes) == 1:
        when_true |= yes[0]
    if len(no) == 1:
        when_false |= no[0]
    return Test(None, frozenset(when_true), frozenset(when_false))


def _is_plain(path: Path) -> bool:
    """Whether a path is short enough to be told what follows where it was not taken."""
    return len(path) <= _FEW and not any(
        atom[0] == "all" and any(part[0] == "all" for part, _ in atom[1])  # type: ignore[attr-defined]
        for atom, _ in path
    )


def _exclusive(paths: SequenceOf[Path]) -> bool:
    """Whether at most one of the paths is the one that ran."""
    return all(
        contradict(path, other)
        for position, path in enumerate(paths)
        for other in paths[position + 1 :]
    )


_ORDER = {
    cst.LessThan: ("<", False, True),
    cst.GreaterThanEqual: ("<", False, False),
    cst.GreaterThan: ("<", True, True),
    cst.LessThanEqual: ("<", True, False),
}


def comparison(machine: Interpreter, node: cst.CSTNode) -> tuple[Test | None, Value]:
    """A comparison as a test (None where it is a chain), and as a value."""
    assert isinstance(node, cst.Comparison)
    left = machine.evaluate(node.left)
    rights = [machine.evaluate(part.comparator) for part in node.comparisons]
    operators = [type(part.operator) for part in node.comparisons]
    name = "compare " + " ".join(each.__name__ for each in operators)
    value = machine.derived(name, left, *rights)
    if value.labels:
        if operators[0] in (cst.Equal, cst.NotEqual) and _is_a_check(machine):
            machine.compare([left, *rights])
        labels = draws.stepped(machine, [left, *rights], node, "comparison")
        value = Unknown(value.symbol, labels)
    if len(rights) != 1:
        return None, value
    test = _single(machine, operators[0], left, rights[0], node)
    if test is not None and test.decided is None:
        remember(machine.symbols, value, test)
    return test, value


def remember(symbols: Symbols, value: Value, test: Test) -> None:
    """A value is the outcome of a test: what is asked of it later is asked of that."""
    if isinstance(value, Unknown):
        symbols.tests[value.identity()] = test


def _is_a_check(machine: Interpreter) -> bool:
    """Whether `==` may compare two results: a helper that is called with one of them computes."""
    frame = machine.frame
    return frame.depth <= 1 or in_test(frame)


def _single(
    machine: Interpreter, kind: type, left: Value, right: Value, node: cst.Comparison
) -> Test | None:
    left, right = machine.resolve(left), machine.resolve(right)
    if kind in (cst.Equal, cst.Is):
        return equality(machine, left, right)
    if kind in (cst.NotEqual, cst.IsNot):
        return equality(machine, left, right).inverted()
    if kind in (cst.In, cst.NotIn):
        test = _membership(machine, left, right)
        return test if kind is cst.In else test.inverted()
    if kind in _ORDER:
        name, swapped, truth = _ORDER[kind]
        first, second = (right, left) if swapped else (left, right)
        test = _order(machine, name, first, second)
        return test if truth else test.inverted()
    return None


def _order(machine: Interpreter, name: str, first: Value, second: Value) -> Test:
    if isinstance(first, Choice):
        return _of_choice(machine, first, lambda option: _order(machine, name, option, second))
    if isinstance(second, Choice):
        return _of_choice(machine, second, lambda option: _order(machine, name, first, option))
    if isinstance(first, Const) and isinstance(second, Const):
        decided = _less(first.value, second.value)
        if decided is not None:
            return Test(decided, EMPTY, EMPTY)
    return _literal((name, machine.symbols.of(first), machine.symbols.of(second)))


def _membership(machine: Interpreter, left: Value, right: Value) -> Test:
    """`x in (a, b)`: equal to one of them, where these are constants."""
    match right:
        case Sequence(items=items, rest=None) if len(items) <= _FEW:
            if all(isinstance(each, Const) for each in items):
                return all_hold(
                    [equality(machine, left, each).inverted() for each in items]
                ).inverted()
        case _:
            pass
    return _literal(("in", machine.symbols.of(left), machine.symbols.of(right)))


def _less(one: object, other: object) -> bool | None:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one < other
    return None


def equality(machine: Interpreter, left: Value, right: Value) -> Test:
    """That two values are equal."""
    if isinstance(left, Const) and not isinstance(right, Const):
        left, right = right, left
    if isinstance(left, Const) and isinstance(right, Const):
        return Test(_equal(left.value, right.value), EMPTY, EMPTY)
    if isinstance(left, Choice) and isinstance(right, (Const, Unknown)):
        return _of_choice(machine, left, lambda option: equality(machine, option, right))
    if isinstance(right, Choice) and isinstance(left, Unknown):
        return _of_choice(machine, right, lambda option: equality(machine, left, option))
    if not isinstance(right, Const):
        one, other = machine.symbols.of(left), machine.symbols.of(right)
        if one is other:
            return Test(True, EMPTY, EMPTY) if isinstance(left, Unknown) else _opaque()
        return _in_its_turn(_literal(("same", frozenset({one, other}))), one, other)
    if right.value is True or right.value is False:  # a flag is one or the other
        test = of_value(machine, left)
        return test if right.value else test.inverted()
    if right.value is None and _is_something(machine, left):
        return Test(False, EMPTY, EMPTY)
    symbol, constant = machine.symbols.of(left), machine.symbols.of(right)
    return _in_its_turn(_literal(("eq", symbol, constant)), symbol, constant)


def _equal(one: object, other: object) -> bool:
    """Whether constants are equal, as Python says."""
    return one == other and isinstance(one, (bool, int, float)) is isinstance(
        other, (bool, int, float)
    )


def _in_its_turn(test: Test, one: Symbol, other: Symbol) -> Test:
    """Of all turns of a loop, a value that is another in each equals something in one only."""
    for counted, something in ((one, other), (other, one)):
        turn = _turn_of(counted)
        if turn is not None:
            atom: Atom = ("eq", ("turn", turn[0], something), turn[1])
            return Test(None, test.when_true | {(atom, True)}, test.when_false)
    return test


def _turn_of(symbol: Symbol) -> tuple[object, object] | None:
    """The loop, and the turn of it, that a number counts: a counter, or what a range hands out."""
    match symbol.op, symbol.args:
        case "count", (loop, turn):
            return loop, turn
        case "item", (Symbol(op="range"), Each(token=token, turn=turn)):
            return token, turn
        case _:
            return None


def _is_something(machine: Interpreter, value: Value) -> bool:
    """Whether a value is certainly not None.

    What an unknown call returned in the turn before is taken for something: `if params is None:
    params = init(key)` in a loop runs once.
    """
    if isinstance(value, (Key, KeyArray, Sequence, Record, Function, Class, External)):
        return True
    if isinstance(value, Unknown) and _is_element(value):
        return True
    later = any(turn > 0 for _, turn in machine.frame.loops)
    return later and isinstance(value, Unknown) and value.identity().op in ("value", "replaced")


def _is_element(value: Unknown) -> bool:
    """An element that a loop or a mapped axis hands out."""
    symbol = value.symbol
    return symbol is not None and symbol.op == "item" and isinstance(symbol.args[1], Each)


def negation(machine: Interpreter, value: Value) -> Value:
    """`not value`, of which the truth says the contrary of the value's."""
    return _as_value(machine, "Not", value, of_value(machine, value).inverted())


def truth_of(machine: Interpreter, value: Value) -> Value:
    """`bool(value)`."""
    return _as_value(machine, "bool", value, of_value(machine, value))


def _as_value(machine: Interpreter, name: str, value: Value, test: Test) -> Value:
    test = settled(machine, test)
    if test.decided is not None:
        return Const(test.decided)
    result = machine.derived(name, value)
    remember(machine.symbols, result, test)
    return result
