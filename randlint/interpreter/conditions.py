"""Conditions: what an `if` test says about the path of either arm."""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

from randlint.interpreter import gradients
from randlint.interpreter.core import Interpreter
from randlint.interpreter.identity import Each
from randlint.interpreter.paths import EMPTY, Path, all_of, contradict
from randlint.interpreter.state import in_test
from randlint.interpreter.values import (
    Choice,
    Class,
    Const,
    External,
    Function,
    Instance,
    Key,
    KeyArray,
    Record,
    Sequence,
    Unknown,
    Value,
)


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
    test = _condition(machine, node)
    if test.decided is None and machine.path:
        if contradict(machine.path, test.when_true):
            return Test(False, EMPTY, EMPTY)
        if contradict(machine.path, test.when_false):
            return Test(True, EMPTY, EMPTY)
    return test


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
        if left.decided is True or right.decided is False:
            joined = right
        elif right.decided is True:
            joined = left
        else:
            both = left.when_true | right.when_true
            atom = all_of(both)
            joined = Test(None, both | {(atom, True)}, frozenset({(atom, False)}))
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
            atom = ("true", unknown.identity())
            return Test(None, frozenset({(atom, True)}), frozenset({(atom, False)}))
        case Choice() as choice:
            return _of_choice(machine, choice)
        case Instance() as instance:
            atom = ("true", instance.symbol)
            return Test(None, frozenset({(atom, True)}), frozenset({(atom, False)}))
        case _:
            return _opaque()


def _opaque() -> Test:
    atom = ("true", object())
    return Test(None, frozenset({(atom, True)}), frozenset({(atom, False)}))


def _of_choice(machine: Interpreter, choice: Choice) -> Test:
    """A value bound in two arms with a known truth in each says which arm ran."""
    truths = [(path, of_value(machine, option).decided) for path, option in choice.options]
    yes = [path for path, truth in truths if truth is not False]
    no = [path for path, truth in truths if truth is not True]
    if not no:
        return Test(True, EMPTY, EMPTY)
    if not yes:
        return Test(False, EMPTY, EMPTY)
    opaque = _opaque()
    when_true, when_false = opaque.when_true, opaque.when_false
    if len(yes) == 1:
        when_true |= yes[0]
    if len(no) == 1:
        when_false |= no[0]
    return Test(None, when_true, when_false)


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
        labels = gradients.stepped(machine, [left, *rights], node, "comparison")
        value = Unknown(value.symbol, labels)
    if len(rights) != 1:
        return None, value
    return _single(machine, operators[0], left, rights[0], node), value


def _is_a_check(machine: Interpreter) -> bool:
    """Whether `==` may compare two results: a helper that is called with one of them computes."""
    frame = machine.frame
    return frame.depth <= 1 or in_test(frame)


def _single(
    machine: Interpreter, kind: type, left: Value, right: Value, node: cst.Comparison
) -> Test | None:
    left, right = machine.resolve(left), machine.resolve(right)
    if kind in (cst.Equal, cst.Is):
        return _equality(machine, left, right)
    if kind in (cst.NotEqual, cst.IsNot):
        return _equality(machine, left, right).inverted()
    if kind in (cst.In, cst.NotIn):
        atom = ("in", machine.symbol_of(left), machine.symbol_of(right))
        test = Test(None, frozenset({(atom, True)}), frozenset({(atom, False)}))
        return test if kind is cst.In else test.inverted()
    if kind in _ORDER:
        name, swapped, truth = _ORDER[kind]
        first, second = (right, left) if swapped else (left, right)
        if isinstance(first, Const) and isinstance(second, Const):
            decided = _less(first.value, second.value)
            if decided is not None:
                return Test(decided is truth, EMPTY, EMPTY)
        atom = (name, machine.symbol_of(first), machine.symbol_of(second))
        test = Test(None, frozenset({(atom, True)}), frozenset({(atom, False)}))
        return test if truth else test.inverted()
    return None


def _less(one: object, other: object) -> bool | None:
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return one < other
    return None


def _equality(machine: Interpreter, left: Value, right: Value) -> Test:
    if isinstance(left, Const) and not isinstance(right, Const):
        left, right = right, left
    if isinstance(left, Const) and isinstance(right, Const):
        same = type(left.value) is type(right.value) and left.value == right.value
        return Test(same, EMPTY, EMPTY)
    if isinstance(right, Const):
        if right.value is None and _is_something(machine, left):
            return Test(False, EMPTY, EMPTY)
        if isinstance(left, Choice):
            return _choice_equals(machine, left, right)
        atom: tuple[object, ...] = ("eq", machine.symbol_of(left), machine.symbol_of(right))
    else:
        atom = ("same", frozenset({machine.symbol_of(left), machine.symbol_of(right)}))
    return Test(None, frozenset({(atom, True)}), frozenset({(atom, False)}))


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


def _choice_equals(machine: Interpreter, choice: Choice, constant: Const) -> Test:
    """`x == c` where x was bound in several arms: the arms whose value is c, or may be."""
    outcomes = [
        (path, _equality(machine, option, constant).decided) for path, option in choice.options
    ]
    yes = [path for path, truth in outcomes if truth is not False]
    no = [path for path, truth in outcomes if truth is not True]
    if not no or not yes:
        return Test(bool(yes), EMPTY, EMPTY)
    atom = ("eq", machine.symbol("object", choice), machine.symbol_of(constant))
    when_true: Path = frozenset({(atom, True)})
    when_false: Path = frozenset({(atom, False)})
    if len(yes) == 1:
        when_true |= yes[0]
    if len(no) == 1:
        when_false |= no[0]
    return Test(None, when_true, when_false)
