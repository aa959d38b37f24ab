"""Catalogued higher-order functions: how each calls the function it is given.

Only roles from the catalogue are asked for here; no transform is known by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import replace

import libcst as cst

from randlint.catalogue import Transform, TransformKind
from randlint.interpreter import access, conditions, gradients, iteration
from randlint.interpreter.arguments import Arguments, constant_ints
from randlint.interpreter.core import Interpreter
from randlint.interpreter.events import Place
from randlint.interpreter.functions import call_function
from randlint.interpreter.identity import Each
from randlint.interpreter.ledger import element
from randlint.interpreter.paths import Path
from randlint.interpreter.state import Family, Lane, Trace, Unmapped
from randlint.interpreter.values import (
    UNKNOWN,
    Choice,
    Const,
    External,
    Function,
    Key,
    KeyArray,
    Labels,
    Partial,
    Record,
    Sequence,
    Symbol,
    Transformed,
    Unknown,
    Value,
    labels_of,
)

_DEFERRED = frozenset(
    {
        TransformKind.JIT,
        TransformKind.VMAP,
        TransformKind.GRAD,
        TransformKind.WRAP,
        TransformKind.CUSTOM,
    }
)


def call_transform(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """Call the transform itself."""
    function = arguments.find(transform.function)
    if function is None:
        # `@jit(static_argnums=0)`: the function comes with the next call.
        return Partial(External(transform.name), tuple(arguments.args), arguments.kwargs)
    if transform.kind is TransformKind.PARTIAL:
        rest = {
            name: value
            for name, value in arguments.kwargs.items()
            if name != transform.function.name
        }
        return Partial(function, tuple(arguments.after(transform.arguments.get("operands"))), rest)
    if transform.kind in _DEFERRED or transform.options.get("deferred"):
        given = {
            role: value
            for role, argument in transform.arguments.items()
            if (value := arguments.find(argument)) is not None
        }
        return Transformed(transform, function, node, machine.frame.segment, given)
    return _IMMEDIATE[transform.kind](machine, transform, arguments, node)


def run(
    machine: Interpreter,
    callee: Value,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
    node: cst.CSTNode,
    trace: Trace | None = None,
    family: Family | None = None,
) -> Value:
    """Call a value with the frame's trace and family set."""
    pending = machine.entering[0] if machine.entering else machine.frame.trace
    if (
        pending in (Trace.JIT, Trace.MODULE) and trace is not Trace.NO
    ):  # scan inside jit: the outer trace decides
        trace = pending if trace is not Trace.JIT else trace
    machine.entering = (trace, family)
    try:
        return machine.apply(callee, args, kwargs, node)
    finally:
        machine.entering = None


# --- functions that transforms return


def call_transformed(
    machine: Interpreter, value: Transformed, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """Call what a transform returned."""
    kind = value.transform.kind
    if kind is TransformKind.VMAP:
        return _call_mapped(machine, value, arguments, node)
    if kind is TransformKind.GRAD:
        return _call_gradient(machine, value, arguments, node)
    if kind is TransformKind.SHAPE:
        machine.silent += 1
        try:
            return run(machine, value.function, arguments.args, arguments.kwargs, node)
        finally:
            machine.silent -= 1
    if kind is TransformKind.CUSTOM:
        return _call_custom(machine, value, arguments, node)
    trace = (
        Trace.JIT if kind is TransformKind.JIT or value.transform.options.get("traced") else None
    )
    return run(machine, value.function, arguments.args, arguments.kwargs, node, trace)


def _call_custom(
    machine: Interpreter, value: Transformed, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """A function with a derivative of its own: what its draws do to it is its author's business."""
    outer, machine.derivatives = machine.derivatives, ()
    stopped = [gradients.stopped(machine, each) for each in arguments.args]
    result = run(machine, value.function, stopped, arguments.kwargs, node)
    machine.derivatives = outer
    inputs = gradients.inputs_in(machine.labels(arguments.args))
    return gradients.with_labels(machine, result, frozenset(inputs))


def _call_gradient(
    machine: Interpreter, value: Transformed, arguments: Arguments, node: cst.CSTNode
) -> Value:
    args = list(arguments.args)
    chosen = _differentiated(value, len(args))
    mode = value.transform.options.get("mode", "reverse")
    place = Place(value.node, value.segment)
    token, labelled = gradients.open_derivative(machine, place, mode, args, chosen)
    result = run(machine, value.function, labelled, arguments.kwargs, node, Trace.TRANSFORM)
    aux = value.arguments.get("has_aux")
    has_aux = isinstance(aux, Const) and bool(aux.value)
    objective = access.part(machine, result, 0) if has_aux else result
    inputs = [args[each] for each in chosen if -len(args) <= each < len(args)]
    gradients.close_derivative(machine, token, objective, inputs)
    gradient = Unknown(None, labels_of(objective))
    if value.transform.options.get("has_value"):
        return Sequence((result, gradient))
    return Sequence((gradient, access.part(machine, result, 1))) if has_aux else gradient


def _differentiated(value: Transformed, count: int) -> tuple[int, ...]:
    """The positions with respect to which a derivative is taken."""
    given = value.arguments.get("argnums")
    if given is not None:
        known = constant_ints(given)
        return known if known is not None else ()
    default = value.transform.options.get("argnums", 0)
    return (default,) if isinstance(default, int) else (0,)


def _call_mapped(
    machine: Interpreter, value: Transformed, arguments: Arguments, node: cst.CSTNode
) -> Value:
    token = object()
    axes = value.arguments.get("in_axes")
    args = [
        lane(machine, arg, token) if _is_mapped(axes, position) else unmapped(arg, token)
        for position, arg in enumerate(arguments.args)
    ]
    kwargs = {name: lane(machine, arg, token) for name, arg in arguments.kwargs.items()}
    machine.lanes = (*machine.lanes, Lane(token, node, machine.frame))
    try:
        result = run(machine, value.function, args, kwargs, node, Trace.TRANSFORM)
    finally:
        machine.lanes = machine.lanes[:-1]
    return _stacked(result)


def _is_mapped(axes: Value | None, position: int) -> bool:
    """Whether the argument at `position` differs from lane to lane, as far as anybody can tell."""
    match axes:
        case Const(value=None):
            return False
        case Sequence(items=items, rest=None) if position < len(items):
            axis = items[position]
            return not (isinstance(axis, Const) and axis.value is None)
        case _:
            return True


def lane(machine: Interpreter, value: Value, token: object) -> Value:
    """The part of `value` that one lane sees."""
    match value:
        case KeyArray():
            found = element(machine, value, Each(token, 0), frozenset({token}))
            if value.shaped:
                return KeyArray(found.identity, value.made, None, labels=found.labels, shaped=True)
            return found
        case Key():
            return Key(value.identity, value.made, value.labels | {token})
        case Unknown():
            symbol = access.item_symbol(machine, value.identity(), Each(token, 0))
            return Unknown(symbol, value.labels | {token})
        case Sequence():
            rest = lane(machine, value.rest, token) if value.rest else None
            items = tuple(lane(machine, each, token) for each in value.items)
            return Sequence(items, rest, value.mutable)
        case Record():
            entries = {name: lane(machine, each, token) for name, each in value.items.items()}
            return Record(entries, value.open)
        case Choice():
            return machine.per_option(value, lambda one: lane(machine, one, token))
        case _:
            return value


def unmapped(value: Value, token: object) -> Value:
    """An argument that the author declared to be the same in every lane (`in_axes=None`)."""
    label = frozenset({Unmapped(token)})
    match value:
        case Key():
            return Key(value.identity, value.made, value.labels | label)
        case KeyArray():
            return replace(value, labels=value.labels | label)
        case Unknown():
            return Unknown(value.identity(), value.labels | label)
        case _:
            return value


def _stacked(value: Value) -> Value:
    """What a mapped function returns, seen from outside: keys become key arrays."""
    match value:
        case Key():
            return KeyArray(value.identity, value.made, None, labels=value.labels)
        case KeyArray():
            return KeyArray(value.identity, value.made, None, labels=value.labels, shaped=True)
        case Sequence():
            return Sequence(tuple(map(_stacked, value.items)), value.rest, value.mutable)
        case Record():
            return Record({name: _stacked(each) for name, each in value.items.items()}, value.open)
        case _:
            return value


# --- transforms that call at once


def _functions(transform: Transform, arguments: Arguments) -> list[Value]:
    found = [arguments.find(argument) for argument in (transform.function, *transform.extra)]
    return [value for value in found if value is not None]


def _role(transform: Transform, arguments: Arguments, role: str) -> Value:
    found = arguments.find(transform.arguments.get(role))
    return found if found is not None else UNKNOWN


def _operands(transform: Transform, arguments: Arguments) -> list[Value]:
    found = list(arguments.after(transform.arguments.get("operands")))
    named = arguments.find(transform.arguments.get("operand"))
    if named is not None:
        found.append(named)
    return found


def _scan(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    body = _functions(transform, arguments)[0]
    carry = _role(transform, arguments, "init")
    xs = arguments.find(transform.arguments.get("xs")) or Const(None)
    token = object()
    outputs: list[Value] = []
    for turn in range(iteration.TURNS):
        x = xs if isinstance(xs, Const) else _step_of(machine, xs, turn, token)
        result = run(
            machine, body, [carry, x], {}, node, Trace.TRANSFORM, Family(token, turn, True)
        )
        carry = access.part(machine, result, 0)
        outputs.append(access.part(machine, result, 1))
    return Sequence((carry, Unknown(None, machine.labels(outputs))))


def _step_of(machine: Interpreter, xs: Value, turn: int, token: object) -> Value:
    """The slice along the leading axis that one turn sees, through containers."""
    match xs:
        case Sequence(items=items, rest=None):
            return Sequence(tuple(_step_of(machine, each, turn, token) for each in items))
        case Record():
            entries = {n: _step_of(machine, each, turn, token) for n, each in xs.items.items()}
            return Record(entries, xs.open)
        case Const():
            return xs
        case _:
            return iteration.item(machine, xs, turn, token)


def _while(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    functions = _functions(transform, arguments)
    carry = _role(transform, arguments, "init")
    token = object()
    deciding: Labels = frozenset()
    for turn in range(iteration.TURNS):
        family = Family(token, turn, True)
        again = run(machine, functions[0], [carry], {}, node, Trace.TRANSFORM, family)
        deciding |= labels_of(again)
        if len(functions) > 1:
            carry = run(machine, functions[1], [carry], {}, node, Trace.TRANSFORM, family)
    return gradients.with_labels(machine, carry, deciding)


def _fori(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    body = _functions(transform, arguments)[0]
    carry = _role(transform, arguments, "init")
    token = object()
    for turn in range(iteration.TURNS):
        index = Unknown(Symbol("count"))
        carry = run(
            machine, body, [index, carry], {}, node, Trace.TRANSFORM, Family(token, turn, True)
        )
    return carry


def _map(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """`lax.map(f, xs)` (traced), `tree.map(f, tree, ...)` and `map(f, xs, ...)` (in Python)."""
    traced = transform.kind is TransformKind.MAP
    body = _functions(transform, arguments)[0]
    walked = transform.arguments.get("xs") or transform.arguments.get("tree")
    over = [arguments.find(walked)] if traced else list(arguments.after(walked))
    values = [value for value in over if value is not None]
    leading: list[Value] = [Unknown() for _ in range(_number(transform, "leading"))]
    accumulator: list[Value] = [UNKNOWN] if transform.options.get("accumulates") else []
    token = object()
    results: list[Value] = []
    for turn in range(_turns(machine, transform, values)):
        walk = _step_of if traced else _leaf
        items = [walk(machine, value, turn, token) for value in values]
        items *= max(1, _number(transform, "arity"))
        result = run(
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


def _turns(machine: Interpreter, transform: Transform, values: list[Value]) -> int:
    if transform.kind is TransformKind.HOST_MAP and values:
        return iteration.turns(machine, values[0])
    return iteration.TURNS


def _leaf(machine: Interpreter, value: Value, turn: int, token: object) -> Value:
    if isinstance(value, Record):
        leaves = list(value.items.values())
        return leaves[turn] if turn < len(leaves) else Unknown(None, labels_of(value))
    return iteration.item(machine, value, turn, token)


def _number(transform: Transform, option: str) -> int:
    value = transform.options.get(option, 0)
    return value if isinstance(value, int) else 0


def _cond(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    functions = _functions(transform, arguments)
    operands = _operands(transform, arguments)
    predicate = _role(transform, arguments, "predicate")
    test = conditions.of_value(machine, predicate)
    paths = [test.when_true, test.when_false]
    result = _branches(machine, list(zip(paths, functions, strict=False)), operands, node)
    return gradients.with_labels(machine, result, labels_of(predicate))


def _switch(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    branches = arguments.find(transform.function)
    operands = _operands(transform, arguments)
    chooser = _role(transform, arguments, "index")
    index = machine.symbol_of(chooser)
    functions = branches.items if isinstance(branches, Sequence) else ()
    paths: list[Path] = [
        frozenset({(("eq", index, machine.symbol("const", int, position)), True)})
        for position in range(len(functions))
    ]
    result = _branches(machine, list(zip(paths, functions, strict=True)), operands, node)
    return gradients.with_labels(machine, result, labels_of(chooser))


def _branches(
    machine: Interpreter,
    branches: list[tuple[Path, Value]],
    operands: list[Value],
    node: cst.CSTNode,
) -> Value:
    results: list[tuple[Path, Value]] = []
    for path, function in branches:
        heap = dict(machine.heap)
        with machine.assuming(path):
            results.append((path, run(machine, function, operands, {}, node, Trace.TRANSFORM)))
        machine.heap = heap
    return machine.choice(results) if results else UNKNOWN


def _call(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    function = _functions(transform, arguments)[0]
    operands = list(arguments.after(transform.arguments.get("operands")))
    trace = Trace.NO if transform.options.get("host") else None
    return run(machine, function, operands, {}, node, trace)


def _shape(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """Nothing is ever drawn, so no key is used up."""
    machine.silent += 1
    try:
        _call(machine, transform, arguments, node)
    finally:
        machine.silent -= 1
    return Unknown()


def _direct_gradient(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    function = _functions(transform, arguments)[0]
    given = arguments.find(transform.arguments.get("primals"))
    known = access.known_items(machine, given) if given is not None else None
    args = known if known is not None else _operands(transform, arguments)
    mode = transform.options.get("mode", "reverse")
    token, labelled = gradients.open_derivative(
        machine, machine.place(node), mode, args, range(len(args))
    )
    result = run(machine, function, labelled, {}, node, Trace.TRANSFORM)
    gradients.close_derivative(machine, token, result, args)
    return Sequence((result, Unknown(None, labels_of(result))))


_IMMEDIATE: Mapping[
    TransformKind, Callable[[Interpreter, Transform, Arguments, cst.CSTNode], Value]
] = {
    TransformKind.SCAN: _scan,
    TransformKind.WHILE: _while,
    TransformKind.FORI: _fori,
    TransformKind.MAP: _map,
    TransformKind.TREE_MAP: _map,
    TransformKind.HOST_MAP: _map,
    TransformKind.COND: _cond,
    TransformKind.SWITCH: _switch,
    TransformKind.CALL: _call,
    TransformKind.SHAPE: _shape,
    TransformKind.DIRECT_GRAD: _direct_gradient,
}


_TRACES = {
    TransformKind.JIT: Trace.JIT,
    TransformKind.VMAP: Trace.TRANSFORM,
    TransformKind.GRAD: Trace.TRANSFORM,
}

# --- functions handed to somebody we do not know


def call_callbacks(machine: Interpreter, arguments: Arguments, node: cst.CSTNode) -> None:
    """An unknown callable calls the closures it is given, once, with arguments nobody knows."""
    for value in arguments.values():
        call_symbolic(machine, value, node)


def call_symbolic(
    machine: Interpreter, value: Value, node: cst.CSTNode, *, everywhere: bool = False
) -> None:
    """Run a closure with symbols for arguments; global functions are roots of their own.

    With `everywhere`, those are run too: what is asked is how they behave under this trace.
    """
    trace: Trace | None = None
    while isinstance(value, (Transformed, Partial)):
        if isinstance(value, Transformed):
            trace = _TRACES.get(value.transform.kind, trace)
        value = value.function
    if isinstance(value, Function) and (everywhere or value.closure is not None):
        call_function(machine, value, [], {}, node, trace=trace, symbolic=True)
