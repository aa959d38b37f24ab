"""Functions that are differentiated: at a call, by a solver, or later by somebody out of sight.

`jax.grad(loss)(params)` is followed with the arguments of that call. A derivative that no code in
sight calls (`return jax.grad(loss)`, `train(jax.value_and_grad(loss))`, `LBFGS(fun=loss)`) is taken
all the same, once, with a symbol for every argument: which of them is differentiated is known.
"""

from __future__ import annotations

import libcst as cst

from randlint.catalogue import Transform, TransformKind
from randlint.interpreter.domain.arguments import STAR, Arguments, constant_ints
from randlint.interpreter.domain.frames import Function, Trace
from randlint.interpreter.domain.symbols import Const, Unknown, Value
from randlint.interpreter.domain.values import Partial, Sequence, Transformed, innermost, labels_of
from randlint.interpreter.events import Place
from randlint.interpreter.gradients import draws
from randlint.interpreter.language.items import item_at, known_items
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.program.signatures import Signature, bound_to, parameter_symbol
from randlint.interpreter.transforms import invoking


def is_derivative(value: Value) -> bool:
    """Whether a value is what `grad` and its kin return."""
    return isinstance(value, Transformed) and value.transform.kind is TransformKind.GRAD


def is_solver(transform: Transform) -> bool:
    """Whether a transform makes an object that differentiates a function by and by."""
    return bool(transform.options.get("solver"))


def differentiates(transform: Transform, arguments: Arguments) -> bool:
    """Whether a solver is given a function, and takes its derivative itself."""
    own = arguments.find(transform.arguments.get("own_gradient"))
    given = own is not None and not (isinstance(own, Const) and not own.value)
    return arguments.find(transform.function) is not None and not given


def leave_alone(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """Call a solver that differentiates nothing in sight, like any callable."""
    name = transform.name.rpartition(".")[2]
    return machine.call_opaquely(name, arguments.args, arguments.kwargs, node)


# --- derivatives that are called


def call(
    machine: Interpreter, value: Transformed, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """Call the derivative of a function."""
    machine.derivatives.due.pop(_which(value), None)
    machine.derivatives.differentiating.add(node)
    receiver = _receiver(value)
    args = [*([receiver] if receiver is not None else []), *arguments.args]
    chosen = _differentiated(value)
    star = arguments.kwargs.get(STAR)
    if star is not None:  # `grad(f)(*args)`
        args += [
            item_at(machine, star, each) for each in range(max(chosen, default=-1) + 1 - len(args))
        ]
    mode = value.transform.options.get("mode", "reverse")
    place = Place(value.node, value.segment)
    token, labelled = draws.open_derivative(machine, place, mode, args, chosen)
    function = value.function
    if receiver is not None:
        function = bound_to(function, labelled.pop(0))
    result = invoking.run(machine, function, labelled, arguments.kwargs, node, Trace.TRANSFORM)
    objective, aux = _without_aux(machine, value.arguments.get("has_aux"), result)
    inputs = [args[each] for each in chosen if -len(args) <= each < len(args)]
    draws.close_derivative(machine, token, objective, inputs, _of_keys(value))
    gradient = Unknown(None, labels_of(objective))
    if value.transform.options.get("has_value"):
        return Sequence((result, gradient))
    return Sequence((gradient, *aux)) if aux else gradient


def _of_keys(value: Transformed) -> str:
    """What comes of a key among the inputs."""
    allowed = value.arguments.get("allow_int")
    if isinstance(allowed, Const) and allowed.value:
        return "float0"
    return str(value.transform.options.get("keys", "raise"))


def _receiver(value: Transformed) -> Value | None:
    """The object of a decorated method: `argnums` counts it, as it is an argument like others."""
    function = innermost(value) if value.method else None
    return function.bound if function is not None else None


def _differentiated(value: Transformed) -> tuple[int, ...]:
    """The positions with respect to which a derivative is taken."""
    given = value.arguments.get("argnums")
    if given is not None:
        known = constant_ints(given)
        return known if known is not None else ()
    default = value.transform.options.get("argnums", 0)
    return (default,) if isinstance(default, int) else (0,)


def call_directly(
    machine: Interpreter, transform: Transform, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """`jvp`, `vjp`, `linearize`: the function and its arguments come in one call."""
    machine.derivatives.differentiating.add(node)
    function = invoking.functions(transform, arguments)[0]
    given = arguments.find(transform.arguments.get("primals"))
    known = known_items(machine, given) if given is not None else None
    args = known if known is not None else invoking.operands(transform, arguments)
    mode = transform.options.get("mode", "reverse")
    token, labelled = draws.open_derivative(
        machine, machine.place(node), mode, args, range(len(args))
    )
    result = invoking.run(machine, function, labelled, {}, node, Trace.TRANSFORM)
    objective, aux = _without_aux(
        machine, arguments.find(transform.arguments.get("has_aux")), result
    )
    of_keys = str(transform.options.get("keys", "raise"))
    draws.close_derivative(machine, token, objective, args, of_keys)
    return Sequence((objective, Unknown(None, labels_of(objective)), *aux))


def _without_aux(
    machine: Interpreter, flag: Value | None, result: Value
) -> tuple[Value, tuple[Value, ...]]:
    """What is differentiated of a result, and what comes beside it under `has_aux`."""
    if not isinstance(flag, Const) or not flag.value:
        return result, ()
    return item_at(machine, result, 0), (item_at(machine, result, 1),)


# --- derivatives that somebody else takes


def made(
    machine: Interpreter, value: Transformed, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """A derivative was made. If nobody in sight calls it, somebody else will."""
    if "operands" in value.transform.arguments:
        return _solve(machine, value, arguments, node)
    own = machine.names.module_frames.get(machine.frame.module.filename)
    # Not on a look ahead, nor for a global decorated elsewhere, which is a root of its own.
    if not machine.events.silent and (machine.frame.function is not None or machine.frame is own):
        machine.derivatives.due[_which(value)] = value
    return value


def _solve(
    machine: Interpreter, value: Transformed, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """A function that differentiates another at once, at the arguments it is given."""
    transform = value.transform
    if innermost(value) is None:
        return leave_alone(machine, transform, arguments, node)
    args = [invoking.role(transform, arguments, "operands")]
    passed = arguments.find(transform.arguments.get("passed"))
    if passed is not None:
        items = known_items(machine, passed) if transform.options.get("spread") else None
        args += items if items is not None else [passed]
    return Unknown(None, labels_of(call(machine, value, Arguments(args, {}), node)))


def finish(machine: Interpreter) -> None:
    """Take the derivatives that nobody has called, once each."""
    while machine.derivatives.due:
        value = next(
            reversed(machine.derivatives.due.values())
        )  # the outer derivative: it takes the inner
        take(machine, value, value.node)


def take(
    machine: Interpreter, value: Transformed, node: cst.CSTNode, trace: Trace | None = None
) -> None:
    """Take a derivative that nobody has called yet, with a symbol for every argument.

    What a global function does to the keys of its module is said in a run of its own.
    """
    function = innermost(value)
    if machine.derivatives.due.pop(_which(value), None) is None or function is None:
        return
    if not function.module.concerns(function.segment):
        return
    args, kwargs = _symbols(machine, value, function)
    known = len(machine.ledger.conflicts)
    machine.stack.entering = (trace, None) if trace is not None else None
    call(machine, value, Arguments(args, kwargs), node)
    if function.closure is None:
        del machine.ledger.conflicts[known:]


def _symbols(
    machine: Interpreter, value: Value, function: Function
) -> tuple[list[Value], dict[str, Value]]:
    """A symbol for each argument that partial applications leave open."""
    given = 0 if function.bound is None else 1
    named: set[str] = set()
    while isinstance(value, (Transformed, Partial)):
        if isinstance(value, Partial):
            given += len(value.args)
            named.update(value.kwargs)
        value = value.function
    signature = Signature(function.node.params)
    args = [
        parameter_symbol(machine, function, each)
        for each in signature.positional[given:]
        if each.name.value not in named
    ]
    kwargs = {
        each.name.value: parameter_symbol(machine, function, each)
        for each in signature.keyword_only
        if each.name.value not in named
    }
    return args, {**kwargs, "*": Unknown()}


def _which(value: Transformed) -> tuple[cst.CSTNode, object]:
    function = innermost(value)
    return value.node, function.node if function is not None else value.function
