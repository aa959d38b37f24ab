"""Values that a loop makes from themselves, turn after turn: counters, sums, toggles.

Two turns are interpreted, and stand for all. What the second finds in a counter is what any later
turn may find, so it is a value of which only is known what all turns have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst

from randlint.interpreter.domain import counting
from randlint.interpreter.domain.counting import Counter
from randlint.interpreter.domain.paths import Literal, Path, extend
from randlint.interpreter.domain.symbols import Const, Symbol, Unknown, Value
from randlint.interpreter.domain.values import Choice, Key, Sequence
from randlint.interpreter.machine import numbering
from randlint.interpreter.machine.core import Interpreter
from randlint.source.nodes import children, names_in, statements_of

# Symbols of these kinds are what arithmetic makes of others.
_ARITHMETIC = frozenset(
    {
        *("Add", "Subtract", "Multiply", "Divide", "FloorDivide", "Modulo", "Power"),
        *("LeftShift", "RightShift", "BitAnd", "BitOr", "BitXor", "MatrixMultiply"),
        *("AddAssign", "SubtractAssign", "MultiplyAssign", "DivideAssign", "FloorDivideAssign"),
        *("ModuloAssign", "PowerAssign", "LeftShiftAssign", "RightShiftAssign"),
        *("BitAndAssign", "BitOrAssign", "BitXorAssign", "MatrixMultiplyAssign"),
        *("Not", "Minus", "Plus", "BitInvert", "count"),
    }
)


# Nodes are told apart by `type`: classes of LibCST are abstract, and `isinstance` of every node of
# every loop took a twentieth of the time of a check.
_SCOPES = frozenset({cst.FunctionDef, cst.Lambda, cst.ClassDef})
_BINDING = frozenset({cst.AugAssign, cst.Assign, cst.NamedExpr, cst.For})


def counters(machine: Interpreter, node: cst.For | cst.While) -> Mapping[str, Counter]:
    """The names that a loop makes from themselves."""
    known = machine.symbols.counters.get(node)
    if known is None:
        known = machine.symbols.counters[node] = _counters(node)
    return known


def _counters(node: cst.For | cst.While) -> dict[str, Counter]:
    found: dict[str, Counter] = {}
    own = list(_own(node.body))
    skips = any(type(each) is cst.Continue for each in own)
    binding = [each for each in own if type(each) in _BINDING]
    direct = {id(small) for line in statements_of(node.body) for small in children(line)}
    asked = [node.test, *_own(node.test)] if isinstance(node, cst.While) else []
    tested = {id(each) for each in asked}
    for each in (*binding, *(each for each in asked if type(each) in _BINDING)):
        for name, step in _updates(each):
            always = not skips and (id(each) in direct or id(each) in tested)
            known = found.get(name, Counter(name, step, always))
            least = min(step, known.step) if step and known.step else None
            found[name] = Counter(name, least, always or known.always)
    for each in binding:
        for name in _other_bindings(each):
            if name in found:
                found[name] = Counter(name, None, always=False)
    if isinstance(node, cst.While) and any(each.step for each in found.values()):
        ending = {id(each) for each in _ending(node)}
        for each in (node.test, *asked, *own):
            if type(each) is cst.Comparison and len(each.comparisons) == 1:
                _note_comparison(found, each, id(each) in ending)
    return found


def _ending(node: cst.While) -> Iterator[cst.BaseExpression]:
    """The conditions that end a loop: its own, and those of `if i > n: break` in every turn."""
    waiting: list[cst.BaseExpression] = [node.test]
    while waiting:
        test = waiting.pop()
        if isinstance(test, cst.BooleanOperation) and isinstance(test.operator, cst.And):
            waiting += [test.left, test.right]
        else:
            yield test
    for line in statements_of(node.body):
        if isinstance(line, cst.If) and any(
            type(small) is cst.Break
            for inner in statements_of(line.body)
            for small in children(inner)
        ):
            yield line.test


def _note_comparison(found: dict[str, Counter], node: cst.Comparison, ends: bool) -> None:
    sides = (node.left, node.comparisons[0].comparator)
    for one, other in (sides, sides[::-1]):
        counter = found.get(one.value) if isinstance(one, cst.Name) else None
        if counter is not None and ends:
            found[counter.name] = counter._replace(ends=(*counter.ends, other))
        elif counter is not None:
            found[counter.name] = counter._replace(compared=(*counter.compared, other))


def _own(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Everything in a loop but what functions in it do."""
    waiting = list(children(node))
    while waiting:
        current = waiting.pop()
        if type(current) not in _SCOPES:
            yield current
            waiting += children(current)


def _updates(node: cst.CSTNode) -> Iterator[tuple[str, int | None]]:
    """The names that a statement makes from themselves, and what it adds."""
    if isinstance(node, cst.AugAssign) and isinstance(node.target, cst.Name):
        adds = isinstance(node.operator, cst.AddAssign)
        yield node.target.value, _positive(node.value) if adds else None
        return
    for target, value in _assigned(node):
        if target in names_in(value):
            yield target, _added(target, value)


def _assigned(node: cst.CSTNode) -> Iterator[tuple[str, cst.BaseExpression]]:
    if isinstance(node, cst.NamedExpr) and isinstance(node.target, cst.Name):
        yield node.target.value, node.value
    if isinstance(node, cst.Assign):
        for each in node.targets:
            if isinstance(each.target, cst.Name):
                yield each.target.value, node.value
            elif isinstance(each.target, cst.Tuple):
                for part in each.target.elements:
                    if isinstance(part.value, cst.Name):
                        yield part.value.value, node.value


def _other_bindings(node: cst.CSTNode) -> Iterator[str]:
    """Names that something else is assigned to."""
    if isinstance(node, cst.For):
        yield from names_in(node.target)  # in any order
    for target, value in _assigned(node):
        if target not in names_in(value):
            yield target


def _added(name: str, value: cst.BaseExpression) -> int | None:
    """`name + 2`."""
    if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add):
        for one, other in ((value.left, value.right), (value.right, value.left)):
            if isinstance(one, cst.Name) and one.value == name:
                return _positive(other)
    return None


def _positive(value: cst.BaseExpression) -> int | None:
    if isinstance(value, cst.Integer) and value.value.isdecimal() and len(value.value) < 9:
        return int(value.value) or None
    return None


def bounds(machine: Interpreter, known: Mapping[str, Counter]) -> Path:
    """That the variables which a loop compares its counters with are integers."""
    env = machine.frame.env
    ends = {
        each.value: env[each.value]
        for counter in known.values()
        if counter.step and _integer(env.get(counter.name)) is not None
        for each in (*counter.compared, *counter.ends)
        if isinstance(each, cst.Name) and each.value in env
    }
    return numbering.whole(machine, ends.values())


def few_turns(machine: Interpreter, known: Mapping[str, Counter], most: int) -> bool:
    """Whether a counter and a constant end a loop after no more than so many turns."""
    env = machine.frame.env
    for counter in known.values():
        start = _integer(env.get(counter.name))
        if start is None or not counter.step or not counter.always:
            continue
        for each in counter.ends:
            literal = isinstance(each, cst.Integer)
            value = env.get(each.value) if isinstance(each, cst.Name) else None
            end = _integer(machine.evaluate(each) if literal else value)
            if end is not None and 0 <= end - start < most * counter.step:
                return True
    return False


def _integer(value: Value | None) -> int | None:
    if isinstance(value, Const) and type(value.value) is int:
        return value.value
    return None


def forget(
    machine: Interpreter,
    known: Mapping[str, Counter],
    first: Mapping[str, Value],
    token: object,
    turn: int,
    *,
    inside: bool = False,
) -> bool:
    """Let the counters of a loop be what they are in some later turn; whether there are any.

    `first` is what they were before the loop, `token` this execution of it; `inside` of a turn a
    counter has a number as well.
    """
    env = machine.frame.env
    literals: set[Literal] = set()
    found = False
    for name, counter in known.items():
        value = env.get(name)
        if value is None or value is first.get(name) or not _is_number(machine, value):
            continue
        found = True
        start = first.get(name)
        symbol = _symbol((token, name), turn, counter, start if inside else None)
        env[name] = Unknown(symbol, machine.labels([value]))
        if counter.step and isinstance(start, Const) and isinstance(start.value, int):
            least = start.value + (counter.step if counter.always else 0)
            literals.add((("<", symbol, machine.symbols.of(Const(least))), False))
    machine.path = extend(machine.path, frozenset(literals))
    return found


def _symbol(token: object, turn: int, counter: Counter, start: Value | None) -> Symbol:
    if counter.step is None:
        return Symbol("count", (), counter.name)
    number = start.value if isinstance(start, Const) and counter.always else None
    exact = number if isinstance(number, int) else None
    return counting.counter(token, turn, exact, counter.step)


def constants(machine: Interpreter, sized: frozenset[str] = frozenset()) -> dict[str, object]:
    """The variables that are constants now; of containers named in `sized`, how long they are."""
    found: dict[str, object] = {}
    for name, value in machine.frame.env.items():
        if isinstance(value, Const):
            found[name] = value.value
        elif name in sized and isinstance(value, Sequence) and value.rest is None:
            found[name] = ("length", len(value.items))
    return found


def keys(machine: Interpreter) -> dict[str, Mapping[object, object]]:
    """The variables that are keys now, or may be: by which identity, and what derived it."""
    found: dict[str, Mapping[object, object]] = {}
    for name, value in machine.frame.env.items():
        options = [each for _, each in value.options] if isinstance(value, Choice) else [value]
        identities: dict[object, object] = {
            each.identity: each.made for each in options if isinstance(each, Key)
        }
        if identities:
            found[name] = identities
    return found


def forget_constants(machine: Interpreter, first: Mapping[str, Value]) -> bool:
    """Let all constants that a loop has set be unknown; whether there are any."""
    env = machine.frame.env
    found = [
        name for name, value in env.items() if value is not first.get(name) and _is_constant(value)
    ]
    for name in found:
        env[name] = Unknown(Symbol("count"))
    return bool(found)


def _is_constant(value: Value) -> bool:
    if isinstance(value, Choice):
        return any(isinstance(each, Const) for _, each in value.options) and all(
            isinstance(each, (Const, Unknown)) for _, each in value.options
        )
    return isinstance(value, Const)


def _is_number(machine: Interpreter, value: Value) -> bool:
    """Whether a value is a number or a flag, as far as one can see."""
    match value:
        case Const():
            return True
        case Unknown(symbol=symbol):
            return symbol is not None and symbol.op in _ARITHMETIC
        case Choice(options=options):
            return all(_is_number(machine, each) for _, each in options)
        case _:
            return False
