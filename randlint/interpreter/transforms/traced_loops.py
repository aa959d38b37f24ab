"""Loops that jax or Python runs for the program: the body is called twice, the carry fed back."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from randlint.catalogue import Transform, TransformKind
from randlint.interpreter.domain import counting
from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.frames import Family, Trace
from randlint.interpreter.domain.paths import EMPTY
from randlint.interpreter.domain.symbols import UNKNOWN, Const, Labels, Unknown, Value
from randlint.interpreter.domain.values import Record, Sequence, labels_of
from randlint.interpreter.language import iteration
from randlint.interpreter.language.items import item_at
from randlint.interpreter.machine import numbering
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.labelling import with_labels
from randlint.interpreter.machine.nesting import DISPLAYS, remade
from randlint.interpreter.transforms import invoking


def scan(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """`scan(f, init, xs)`: the carry is fed back."""
    body = invoking.functions(transform, arguments)[0]
    carry = invoking.role(transform, arguments, "init")
    xs = arguments.find(transform.arguments.get("xs")) or Const(None)
    token = object()
    outputs: list[Value] = []
    for turn in iteration.turns(machine, xs) if _counts(xs) else machine.turns():
        x = xs if isinstance(xs, Const) else _step_of(machine, xs, turn, token)
        with machine.assuming(numbering.reached(machine.symbols, xs, turn)):
            result = invoking.run(
                machine, body, [carry, x], {}, node, Trace.TRANSFORM, Family(token, turn, True)
            )
        carry = item_at(machine, result, 0)
        outputs.append(item_at(machine, result, 1))
    return Sequence((carry, Unknown(None, machine.labels(outputs))))


def _counts(xs: Value) -> bool:
    return isinstance(xs, Unknown) and xs.symbol is not None and xs.symbol.op == "range"


def _step_of(machine: Interpreter, xs: Value, turn: int, token: object) -> Value:
    """The slice along the leading axis that one turn sees, through containers."""

    def leaf(each: Value) -> Value:
        return each if isinstance(each, Const) else iteration.item(machine, each, turn, token)

    return remade(machine, xs, leaf, into=DISPLAYS)


def while_(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """`while_loop(cond, body, init)`: both see the same carry in one turn."""
    functions = invoking.functions(transform, arguments)
    carry = invoking.role(transform, arguments, "init")
    token = object()
    deciding: Labels = frozenset()
    for turn in machine.turns():
        family = Family(token, turn, True)
        again = invoking.run(machine, functions[0], [carry], {}, node, Trace.TRANSFORM, family)
        deciding |= labels_of(again)
        if len(functions) > 1:
            carry = invoking.run(machine, functions[1], [carry], {}, node, Trace.TRANSFORM, family)
    return with_labels(machine, carry, deciding)


def fori(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """`fori_loop(lower, upper, body, init)`."""
    body = invoking.functions(transform, arguments)[0]
    carry = invoking.role(transform, arguments, "init")
    bounds = [invoking.role(transform, arguments, each) for each in ("lower", "upper")]
    first = numbering.number_of(machine, bounds[0])
    token = object()
    numbers = numbering.counted(machine, bounds)
    for turn in iteration.turns(machine, numbers):
        index = Unknown(counting.counter(token, turn, first, 1))
        with machine.assuming(numbering.reached(machine.symbols, numbers, turn)):
            carry = invoking.run(
                machine, body, [index, carry], {}, node, Trace.TRANSFORM, Family(token, turn, True)
            )
    return carry


def map_(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """`lax.map(f, xs)` (traced), `tree.map(f, tree, ...)` and `map(f, xs, ...)` (in Python)."""
    traced = transform.kind is TransformKind.MAP
    body = invoking.functions(transform, arguments)[0]
    walked = transform.arguments.get("xs") or transform.arguments.get("tree")
    over = [arguments.find(walked)] if traced else list(arguments.after(walked))
    values = [value for value in over if value is not None]
    leading: list[Value] = [Unknown() for _ in range(_number(transform, "leading"))]
    accumulator: list[Value] = [UNKNOWN] if transform.options.get("accumulates") else []
    token = object()
    results: list[Value] = []
    for turn in _turns(machine, transform, values):
        walk = _step_of if traced else _leaf
        items = [walk(machine, value, turn, token) for value in values]
        items *= max(1, _number(transform, "arity"))
        with machine.assuming(
            numbering.reached(machine.symbols, values[0], turn) if values else EMPTY
        ):
            result = invoking.run(
                machine,
                body,
                [*leading, *accumulator, *items],
                {},
                node,
                Trace.TRANSFORM if traced else None,
                Family(token, turn, traced),
            )
        if accumulator:
            accumulator = [result]
        results.append(result)
    return iteration.summary(machine, results, node)


def _turns(machine: Interpreter, transform: Transform, values: list[Value]) -> Iterator[int]:
    if transform.kind is TransformKind.HOST_MAP and values:
        return iteration.turns(machine, values[0])
    return machine.turns()


def _leaf(machine: Interpreter, value: Value, turn: int, token: object) -> Value:
    if isinstance(value, Record):
        leaves = list(value.items.values())
        return leaves[turn] if turn < len(leaves) else Unknown(None, labels_of(value))
    return iteration.item(machine, value, turn, token)


def _number(transform: Transform, option: str) -> int:
    value = transform.options.get(option, 0)
    return value if isinstance(value, int) else 0
