"""Catalogued higher-order functions: how each calls the function it is given.

Only roles from the catalogue are asked for here; no transform is known by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Sequence as SequenceOf

import libcst as cst

from randlint.catalogue import Transform, TransformKind
from randlint.interpreter.calls import effects
from randlint.interpreter.calls.functions import call_function
from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.frames import Function, Lane, Trace
from randlint.interpreter.domain.identity import UseKind
from randlint.interpreter.domain.labels import Evaluation
from randlint.interpreter.domain.paths import EMPTY, Path
from randlint.interpreter.domain.symbols import UNKNOWN, Const, Unknown, Value
from randlint.interpreter.domain.values import External, Partial, Sequence, Transformed, labels_of
from randlint.interpreter.gradients import draws
from randlint.interpreter.keys import consuming
from randlint.interpreter.language import conditions
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.labelling import with_labels
from randlint.interpreter.transforms import derivatives, invoking, mapping, traced_loops

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
    if derivatives.is_solver(transform) and not derivatives.differentiates(transform, arguments):
        return derivatives.leave_alone(machine, transform, arguments, node)
    if "seed" in transform.arguments:
        arguments = _seeded(machine, transform, arguments, node)
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
        made = Transformed(transform, function, node, machine.frame.segment, given)
        if transform.kind is TransformKind.GRAD:
            return derivatives.made(machine, made, arguments, node)
        return made
    return _IMMEDIATE[transform.kind](machine, transform, arguments, node)


def _seeded(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Arguments:
    """`seed(model, key)`: the draws of the model use the key up, so the handler has taken it."""
    place = transform.arguments["seed"]
    key = arguments.find(place)
    if key is None:
        return arguments
    name = effects.short(transform.name)
    if arguments.find(transform.arguments.get("unseeded")) is not None:
        # What is left of a model and its guide draws the same: the entries of a minibatch.
        known = consuming.identity_of(machine.ledger, key)
        if known is not None and any(use.callee == name for use in known.uses):
            return arguments
    machine.ledger.evaluation = Evaluation()
    # What may as well be a number is judged by its name.
    kind = UseKind.CALL if isinstance(key, Unknown) else UseKind.KNOWN_CALL
    consuming.consume(machine, key, node, kind, name)
    kwargs = {name: each for name, each in arguments.kwargs.items() if name != place.name}
    return Arguments(arguments.args, kwargs)


# --- functions that transforms return


def call_transformed(
    machine: Interpreter, value: Transformed, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """Call what a transform returned."""
    kind = value.transform.kind
    if kind is TransformKind.VMAP:
        return _call_mapped(machine, value, arguments, node)
    if derivatives.is_solver(value.transform):
        return derivatives.leave_alone(machine, value.transform, arguments, node)
    if kind is TransformKind.GRAD:
        return derivatives.call(machine, value, arguments, node)
    if kind is TransformKind.SHAPE:
        machine.events.silent += 1
        try:
            return invoking.run(machine, value.function, arguments.args, arguments.kwargs, node)
        finally:
            machine.events.silent -= 1
    if kind is TransformKind.CUSTOM:
        return _call_custom(machine, value, arguments, node)
    trace = (
        Trace.JIT if kind is TransformKind.JIT or value.transform.options.get("traced") else None
    )
    return invoking.run(machine, value.function, arguments.args, arguments.kwargs, node, trace)


def _call_custom(
    machine: Interpreter, value: Transformed, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """A function with a derivative of its own: what its draws do to it is its author's business."""
    outer, machine.derivatives.open = machine.derivatives.open, ()
    stopped = [draws.stopped(machine, each) for each in arguments.args]
    result = invoking.run(machine, value.function, stopped, arguments.kwargs, node)
    machine.derivatives.open = outer
    inputs = draws.inputs_in(machine.labels(arguments.args))
    return with_labels(machine, result, frozenset(inputs))


def _call_mapped(
    machine: Interpreter, value: Transformed, arguments: Arguments, node: cst.CSTNode
) -> Value:
    token = object()
    axes = value.arguments.get("in_axes")
    mapped = [mapping.is_mapped(axes, position) for position in range(len(arguments.args))]
    frame = machine.frame
    machine.stack.lanes, loops = (*machine.stack.lanes, Lane(token, node, frame)), frame.loops
    try:
        for number in range(mapping.known_lanes(arguments.args, mapped)):
            if number:  # one call that runs in several lanes is several
                frame.loops = (*loops, (object(), number))
            args = [
                mapping.at_lane(machine, arg, mapping.axes_of(axes, at), number, token)
                if mapped[at]
                else mapping.unmapped(arg, token)
                for at, arg in enumerate(arguments.args)
            ]
            kwargs = {
                name: mapping.lane(machine, arg, token, number)
                for name, arg in arguments.kwargs.items()
            }
            result = invoking.run(machine, value.function, args, kwargs, node, Trace.TRANSFORM)
    finally:
        machine.stack.lanes, frame.loops = machine.stack.lanes[:-1], loops
    return mapping.stacked(machine, result)


# --- transforms that call at once


def _cond(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    functions = invoking.functions(transform, arguments)
    operands = invoking.operands(transform, arguments)
    predicate = invoking.role(transform, arguments, "predicate")
    test = conditions.settled(machine, conditions.of_value(machine, predicate))
    arms = list(zip((test.when_true, test.when_false), functions, strict=False))
    if test.decided is not None and len(arms) == 2:
        arms = arms[:1] if test.decided else arms[1:]
    result = _branches(machine, arms, operands, node)
    return with_labels(machine, result, labels_of(predicate))


def _switch(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    branches = arguments.find(transform.function)
    operands = invoking.operands(transform, arguments)
    chooser = invoking.role(transform, arguments, "index")
    if not isinstance(branches, Sequence) or branches.rest is not None:
        name = effects.short(transform.name)  # one of some functions that nobody knows
        return machine.call_opaquely(name, [chooser, *operands], {}, node)
    functions = branches.items
    arms = _arms(machine, chooser, functions)
    result = _branches(machine, arms, operands, node)
    return with_labels(machine, result, labels_of(chooser))


def _arms(
    machine: Interpreter, chooser: Value, functions: SequenceOf[Value]
) -> list[tuple[Path, Value]]:
    """The functions that an index may choose, which is clamped to those there are."""
    arms: list[tuple[Path, Value]] = []
    for position, function in enumerate(functions):
        test = conditions.equality(machine, chooser, Const(position))
        test = conditions.settled(machine, test)
        if test.decided is True:
            return [(EMPTY, function)]
        if test.decided is None:
            arms.append((test.when_true, function))
    if arms or not functions:
        return arms
    number = chooser.value if isinstance(chooser, Const) else None
    if isinstance(number, int):
        return [(EMPTY, functions[0 if number < 0 else -1])]
    return [(EMPTY, functions[-1])]  # an index that is none of theirs


def _branches(
    machine: Interpreter,
    branches: list[tuple[Path, Value]],
    operands: list[Value],
    node: cst.CSTNode,
) -> Value:
    results: list[tuple[Path, Value]] = []
    base, heaps = machine.heap, []
    for path, function in branches:
        machine.heap = dict(base)
        with machine.assuming(path):
            results.append(
                (path, invoking.run(machine, function, operands, {}, node, Trace.TRANSFORM))
            )
        heaps.append((path, machine.heap))
    machine.heap = _after_arms(machine, base, heaps)
    return machine.choice(results) if results else UNKNOWN


def _after_arms(
    machine: Interpreter,
    base: Mapping[object, Value],
    heaps: list[tuple[Path, dict[object, Value]]],
) -> dict[object, Value]:
    """What attributes and items are after one of several arms has run.

    An arm changes a copy; what it gives back is read through the objects that it was given.
    """
    merged = dict(base)
    for _, heap in heaps:
        for where, value in heap.items():
            if base.get(where) is not value and merged.get(where) is base.get(where):
                ends = [(path, after[where]) for path, after in heaps if where in after]
                merged[where] = machine.choice(ends)
    return merged


def _call(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    function = invoking.functions(transform, arguments)[0]
    operands = list(arguments.after(transform.arguments.get("operands")))
    trace = Trace.NO if transform.options.get("host") else None
    return invoking.run(machine, function, operands, {}, node, trace)


def _shape(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """Nothing is ever drawn, so no key is used up."""
    machine.events.silent += 1
    try:
        _call(machine, transform, arguments, node)
    finally:
        machine.events.silent -= 1
    return Unknown()


_IMMEDIATE: Mapping[
    TransformKind, Callable[[Interpreter, Transform, Arguments, cst.CSTNode], Value]
] = {
    TransformKind.SCAN: traced_loops.scan,
    TransformKind.WHILE: traced_loops.while_,
    TransformKind.FORI: traced_loops.fori,
    TransformKind.MAP: traced_loops.map_,
    TransformKind.TREE_MAP: traced_loops.map_,
    TransformKind.HOST_MAP: traced_loops.map_,
    TransformKind.COND: _cond,
    TransformKind.SWITCH: _switch,
    TransformKind.CALL: _call,
    TransformKind.SHAPE: _shape,
    TransformKind.DIRECT_GRAD: derivatives.call_directly,
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
            if derivatives.is_derivative(value):
                derivatives.take(machine, value, node, trace)
                return
            trace = _TRACES.get(value.transform.kind, trace)
        value = value.function
    if isinstance(value, Function) and (everywhere or value.closure is not None):
        call_function(machine, value, [], {}, node, trace=trace, symbolic=True)
