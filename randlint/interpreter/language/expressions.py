"""What expressions mean: names, attributes, items, operators, displays, comprehensions."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, cast

import libcst as cst

from randlint.interpreter.domain.frames import Function
from randlint.interpreter.domain.paths import Path
from randlint.interpreter.domain.symbols import FALSE, NONE, TRUE, Const, Unknown, Value
from randlint.interpreter.domain.values import Key, Record, Sequence, labels_of
from randlint.interpreter.gradients import draws
from randlint.interpreter.keys import escapes
from randlint.interpreter.language import access, conditions, iteration
from randlint.interpreter.language.items import joined, known_items, subscript
from randlint.interpreter.machine.core import Evaluator, Interpreter
from randlint.interpreter.program.signatures import check_defaults

_FOLD: Mapping[type, Callable[[Any, Any], Any]] = {
    cst.Add: operator.add,
    cst.Subtract: operator.sub,
    cst.Multiply: operator.mul,
    cst.FloorDivide: operator.floordiv,
    cst.Modulo: operator.mod,
}
_LARGEST = 10**9
_CONSTANTS = {"None": NONE, "True": TRUE, "False": FALSE}


def _name(machine: Interpreter, node: cst.CSTNode) -> Value:
    name = cast("cst.Name", node).value
    return _CONSTANTS.get(name) or access.lookup(machine, name)


def _literal(machine: Interpreter, node: cst.CSTNode) -> Value:
    # LibCST compiles a literal to evaluate it; the common ones are read faster by hand.
    try:
        if type(node) is cst.Integer:
            return Const(int(node.value, 0))
        if type(node) is cst.Float:
            return Const(float(node.value))
        if type(node) is cst.SimpleString and _is_plain(node.value):
            return Const(node.value[1:-1])
        return Const(cast("cst.SimpleString", node).evaluated_value)
    except (ValueError, SyntaxError):  # more digits than Python converts, a zero too many
        return Unknown()


def _is_plain(text: str) -> bool:
    """Whether a literal is what stands between its quotes."""
    return text[0] in "'\"" and "\\" not in text and not text.startswith(('"""', "'''"))


def _formatted(machine: Interpreter, node: cst.CSTNode) -> Value:
    values: list[Value] = []
    waiting = [*reversed(cast("cst.FormattedString", node).parts)]
    while waiting:
        part = waiting.pop()
        if isinstance(part, (cst.FormattedStringExpression, cst.TemplatedStringExpression)):
            values.append(machine.evaluate(part.expression))
            waiting += reversed(part.format_spec or ())  # `{x:{width}}`
    return machine.derived("format", *values) if values else Unknown()


def _concatenated(machine: Interpreter, node: cst.CSTNode) -> Value:
    """Strings in a row, of which some may be formatted."""
    assert isinstance(node, cst.ConcatenatedString)
    parts = [machine.evaluate(each) for each in (node.left, node.right)]
    if all(isinstance(each, Const) for each in parts):
        return _literal(machine, node)
    return machine.derived("format", *parts)


def _attribute(machine: Interpreter, node: cst.CSTNode) -> Value:
    assert isinstance(node, cst.Attribute)
    base = machine.evaluate(node.value)
    return access.attribute(machine, base, node.attr.value, node)


def _subscript(machine: Interpreter, node: cst.CSTNode) -> Value:
    assert isinstance(node, cst.Subscript)
    base = machine.evaluate(node.value)
    return subscript(machine, base, node)


def _display(machine: Interpreter, node: cst.CSTNode) -> Value:
    assert isinstance(node, (cst.Tuple, cst.List, cst.Set))
    items: list[Value] = []
    rest: Value | None = None
    starred = False
    for element in node.elements:
        value = machine.evaluate(element.value)
        if type(element) is cst.StarredElement:
            known = known_items(machine, value)
            starred = True
            if known is None or rest is not None:
                rest = value if rest is None else Unknown(None, labels_of(rest) | labels_of(value))
            else:
                items += known
        elif rest is not None:
            rest = Sequence((rest, value))
        else:
            items.append(value)
    if starred and rest is None:
        return joined(machine, items, mutable=not isinstance(node, cst.Tuple))
    return Sequence(tuple(items), rest, mutable=not isinstance(node, cst.Tuple))


def _dictionary(machine: Interpreter, node: cst.CSTNode) -> Value:
    assert isinstance(node, cst.Dict)
    items: dict[Any, Value] = {}
    is_open = False
    for element in node.elements:
        if isinstance(element, cst.DictElement):
            name = machine.evaluate(element.key)
            value = machine.evaluate(element.value)
            if isinstance(name, Const):
                items[name.value] = value
            else:
                items[machine.symbols.of(name)] = value
        else:
            inner = machine.resolve(machine.evaluate(element.value))
            if isinstance(inner, Record):
                items.update(inner.items)
                is_open |= inner.open
            else:
                items[machine.symbols.make("rest", node, len(items))] = inner
                is_open = True
    return Record(items, is_open)


def _binary(machine: Interpreter, node: cst.CSTNode) -> Value:
    assert isinstance(node, cst.BinaryOperation)
    left, right = machine.evaluate(node.left), machine.evaluate(node.right)
    for side, other in ((left, right), (right, left)):
        text = isinstance(other, Const) and isinstance(other.value, str)
        if isinstance(side, Key) and side.identity.root().raw and not text:
            escapes.report_taken_apart(machine, side, node, "arithmetic")
    kind = type(node.operator)
    if kind is cst.Multiply:
        draws.check_product(machine, left, right, node)
    if machine.derivatives.open and kind in (cst.FloorDivide, cst.Modulo):
        return Unknown(None, draws.stepped(machine, [left, right], node, "floor division"))
    if kind is cst.BitOr and isinstance(left, Record) and isinstance(right, Record):
        return Record({**left.items, **right.items}, left.open or right.open)
    fold = _FOLD.get(kind)
    if fold is not None:
        match left, right:
            case Const(value=a), Const(value=b):
                return _folded(fold, a, b)
            case Sequence(), Sequence() if fold is operator.add and left.rest is None:
                if right.rest is None:
                    return joined(machine, left.items + right.items, left.mutable)
                return Sequence(left.items + right.items, right.rest, left.mutable)
            case _:
                pass
    result = machine.derived(type(node.operator).__name__, left, right)
    if machine.derivatives.open:
        return draws.deviating(machine, type(node.operator), left, right, result)
    return result


_AUGMENTED: Mapping[type, type] = {
    cst.AddAssign: cst.Add,
    cst.SubtractAssign: cst.Subtract,
    cst.MultiplyAssign: cst.Multiply,
    cst.FloorDivideAssign: cst.FloorDivide,
    cst.ModuloAssign: cst.Modulo,
}


def augmented(machine: Interpreter, node: cst.AugAssign, old: Value, new: Value) -> Value:
    """`old += new`, where both are no containers."""
    kind = type(node.operator)
    fold = _FOLD.get(_AUGMENTED.get(kind, kind))
    if fold is not None and isinstance(old, Const) and isinstance(new, Const):
        return _folded(fold, old.value, new.value)
    return machine.derived(kind.__name__, old, new)


def _folded(fold: Callable[[Any, Any], Any], a: Any, b: Any) -> Value:
    small = isinstance(a, (int, float)) and isinstance(b, (int, float))
    if small and abs(a) < _LARGEST and abs(b) < _LARGEST:
        try:
            return Const(fold(a, b))
        except (ArithmeticError, ValueError):
            return Unknown()
    if isinstance(a, str) and isinstance(b, str) and fold is operator.add:
        return Const(a + b) if len(a) + len(b) < 1000 else Unknown()
    return Unknown()


def _unary(machine: Interpreter, node: cst.CSTNode) -> Value:
    assert isinstance(node, cst.UnaryOperation)
    value = machine.evaluate(node.expression)
    if isinstance(node.operator, cst.Not):
        return machine.per_option(value, lambda one: conditions.negation(machine, one))
    if isinstance(value, Const) and isinstance(value.value, (int, float)):
        if isinstance(node.operator, cst.Minus):
            return Const(-value.value)
        if isinstance(node.operator, cst.Plus):
            return value
    return machine.derived(type(node.operator).__name__, value)


def _comparison(machine: Interpreter, node: cst.CSTNode) -> Value:
    test, value = conditions.comparison(machine, node)
    if test is not None and test.decided is not None:
        return Const(test.decided)
    return value


def _boolean(machine: Interpreter, node: cst.CSTNode) -> Value:
    """`a and b`, `a or b`: the right side runs only under what the left side says."""
    assert isinstance(node, cst.BooleanOperation)
    left = machine.evaluate(node.left)
    test = conditions.settled(machine, conditions.of_value(machine, left))
    if isinstance(node.left, (cst.Comparison, cst.BooleanOperation, cst.UnaryOperation)):
        with machine.events.quietly():  # evaluated a second time, for what it says about the path
            test = conditions.condition(machine, node.left)
    is_or = isinstance(node.operator, cst.Or)
    if test.decided is not None and test.decided is is_or:
        return left
    if test.decided is not None:
        return machine.evaluate(node.right)
    stops, goes = (test.when_true, test.when_false) if is_or else (test.when_false, test.when_true)
    with machine.assuming(goes):
        right = machine.evaluate(node.right)
    return machine.choice([(stops, left), (goes, right)])


def _ternary(machine: Interpreter, node: cst.CSTNode) -> Value:
    assert isinstance(node, cst.IfExp)
    test = conditions.condition(machine, node.test)
    if test.decided is not None:
        return machine.evaluate(node.body if test.decided else node.orelse)
    results: list[tuple[Path, Value]] = []
    for literals, branch in ((test.when_true, node.body), (test.when_false, node.orelse)):
        with machine.assuming(literals):
            results.append((literals, machine.evaluate(branch)))
    return machine.choice(results)


def _lambda(machine: Interpreter, node: cst.CSTNode) -> Value:
    assert isinstance(node, cst.Lambda)
    check_defaults(machine, node.params, machine.frame.segment)
    return Function(node, machine.frame.module, machine.frame.segment, machine.frame, "lambda")


def _named(machine: Interpreter, node: cst.CSTNode) -> Value:
    assert isinstance(node, cst.NamedExpr)
    value = machine.evaluate(node.value)
    access.assign(machine, node.target, value, node.value)
    return value


def _comprehension(machine: Interpreter, node: cst.CSTNode) -> Value:
    assert isinstance(node, (cst.ListComp, cst.SetComp, cst.GeneratorExp))
    results, exact = iteration.comprehension(
        machine, node.for_in, node, lambda: machine.evaluate(node.elt)
    )
    if exact:
        return Sequence(tuple(results), mutable=True)
    return iteration.summary(machine, results, node)


def _dict_comprehension(machine: Interpreter, node: cst.CSTNode) -> Value:
    assert isinstance(node, cst.DictComp)

    def pair() -> Value:
        key = machine.evaluate(node.key)
        return Sequence((key, machine.evaluate(node.value)))

    results, exact = iteration.comprehension(machine, node.for_in, node, pair)
    if exact:
        items: dict[Any, Value] = {}
        for result in results:
            if not (isinstance(result, Sequence) and isinstance(result.items[0], Const)):
                break
            items[result.items[0].value] = result.items[1]
        else:
            return Record(items)
    return iteration.summary(machine, results, node)


def _await(machine: Interpreter, node: cst.CSTNode) -> Value:
    return machine.evaluate(cast("cst.Await", node).expression)


def _yield(machine: Interpreter, node: cst.CSTNode) -> Value:
    value = cast("cst.Yield", node).value
    if isinstance(value, cst.From):
        machine.evaluate(value.item)
    elif value is not None:
        machine.evaluate(value)
    return Unknown()


EXPRESSIONS: Mapping[type, Evaluator] = {
    cst.Name: _name,
    cst.Integer: _literal,
    cst.Float: _literal,
    cst.SimpleString: _literal,
    cst.ConcatenatedString: _concatenated,
    cst.Imaginary: lambda machine, node: Unknown(),
    cst.Ellipsis: lambda machine, node: Const(...),
    cst.FormattedString: _formatted,
    cst.TemplatedString: _formatted,
    cst.Attribute: _attribute,
    cst.Subscript: _subscript,
    cst.Tuple: _display,
    cst.List: _display,
    cst.Set: _display,
    cst.Dict: _dictionary,
    cst.BinaryOperation: _binary,
    cst.UnaryOperation: _unary,
    cst.Comparison: _comparison,
    cst.BooleanOperation: _boolean,
    cst.IfExp: _ternary,
    cst.Lambda: _lambda,
    cst.NamedExpr: _named,
    cst.ListComp: _comprehension,
    cst.SetComp: _comprehension,
    cst.GeneratorExp: _comprehension,
    cst.DictComp: _dict_comprehension,
    cst.Await: _await,
    cst.Yield: _yield,
}
