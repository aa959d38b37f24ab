"""Which derivative is taken through a draw: labels, and what happens to them.

A value that depends smoothly on a differentiated input carries a `Differentiated` label. Where such
a value parametrises a draw, or meets one in a comparison, the result carries a `Pending` label: it
becomes an event only if it reaches the value that is differentiated. `stop_gradient`, a custom
derivative and an auxiliary output end it, as they do at run time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Sequence as SequenceOf

import libcst as cst

from randlint.catalogue import Argument, Distribution, Gradient, Parameter
from randlint.findings import Confidence
from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.labels import (
    Deviation,
    Differentiated,
    Evaluation,
    Pending,
    Scored,
    in_order,
    without_derivative,
)
from randlint.interpreter.domain.symbols import Const, Labels, Symbol, Unknown, Value
from randlint.interpreter.domain.values import (
    External,
    Instance,
    Key,
    KeyArray,
    Record,
    Sequence,
    labels_of,
)
from randlint.interpreter.events import (
    DrawDifferentiated,
    DrawHeldFixed,
    DrawThresholded,
    KeyDifferentiated,
    Place,
    SampleNotStopped,
    SecondDerivativeRaises,
)
from randlint.interpreter.evidence.callee_names import is_density
from randlint.interpreter.keys.consuming import certain_key
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.labelling import relabel, with_labels
from randlint.interpreter.machine.nesting import every
from randlint.interpreter.machine.open_derivatives import Derivatives


def inputs_in(labels: Labels) -> frozenset[Differentiated]:
    """The differentiated inputs among some labels."""
    if not labels:
        return frozenset()
    return frozenset(each for each in labels if isinstance(each, Differentiated))


def open_inputs(derivatives: Derivatives, labels: Labels) -> tuple[Differentiated, ...]:
    """Those of a derivative that is being taken, innermost last: parameters carry past ones too."""
    if not derivatives.open or not labels:
        return ()
    return tuple(each for each in derivatives.open if each in labels)


def _draws_in(labels: Labels) -> frozenset[Evaluation]:
    return frozenset(each for each in labels if isinstance(each, Evaluation) and each.draw)


def stopped(machine: Interpreter, value: Value) -> Value:
    """`stop_gradient(value)`: the same numbers, no derivative."""
    return relabel(machine, value, without_derivative)


# --- a derivative is taken


def open_derivative(
    machine: Interpreter, place: Place, mode: object, args: SequenceOf[Value], chosen: Iterable[int]
) -> tuple[Differentiated, list[Value]]:
    """Start a derivative with respect to the arguments at the positions `chosen`."""
    labelled = list(args)
    inside = [each for each in chosen if -len(labelled) <= each < len(labelled)]
    given = _draws_in(machine.labels(labelled[position] for position in inside))
    token = Differentiated(place, str(mode), given)
    for position in inside:
        labelled[position] = with_labels(machine, labelled[position], frozenset({token}))
    machine.derivatives.open = (*machine.derivatives.open, token)
    return token, labelled


def close_derivative(
    machine: Interpreter,
    token: Differentiated,
    result: Value,
    inputs: Iterable[Value],
    of_keys: str = "raise",
) -> None:
    """End it: whatever reached the result is told, and so are keys among the inputs."""
    machine.derivatives.open = machine.derivatives.open[:-1]
    for label in in_order(labels_of(result), Pending):
        if token in label.inputs:
            machine.events.emit(label.event)
    if any(_holds_key(machine, value) for value in inputs):
        sure = _SURE_OF_KEYS[of_keys]
        machine.events.emit(KeyDifferentiated(token.place, sure, of_keys))


# An error is a mistake; what is no error, somebody may have meant.
_SURE_OF_KEYS = {
    "raise": Confidence.HIGH,
    "direction": Confidence.MEDIUM,
    "float0": Confidence.LOW,
}


def _holds_key(machine: Interpreter, value: Value) -> bool:
    def inside(each: Value) -> Iterable[Value]:
        match each:
            case Sequence(items=items):
                return items
            case Record(items=entries):
                return entries.values()
            case Instance(symbol=symbol):
                return machine.attributes(symbol).values()
            case _:
                return ()

    return any(
        certain_key(machine.ledger, each)
        if isinstance(each, Unknown)
        else isinstance(each, (Key, KeyArray))
        for each in every(machine, value, inside)
    )


# --- draws


def labels_of_draw(
    machine: Interpreter,
    sampler: str,
    parameters: Iterable[Parameter],
    arguments: Arguments,
    node: cst.CSTNode,
    process: str = "",
    distribution: Distribution | None = None,
) -> Labels:
    """What a draw depends on, given its arguments; says so where it depends on nothing.

    The documentation of a distribution's class promises that it is `reparameterised`: who draws
    from its objects has chosen a generative process, and a derivative through it is no surprise.
    """
    chosen = distribution is not None and distribution.reparameterised
    found: set[object] = set()
    told: set[object] = set()
    for parameter in parameters:
        value = arguments.find(Argument(parameter.name, parameter.position))
        if value is None or parameter.gradient is Gradient.STATIC:
            continue
        labels = labels_of(value)
        inputs = open_inputs(machine.derivatives, labels)
        told.update(inputs)
        if parameter.gradient is Gradient.ZERO:
            labels = labels.difference(inputs)
        found |= labels
        if inputs and parameter.gradient is not Gradient.VALUES:
            smooth = parameter.gradient in (Gradient.PATHWISE, Gradient.IMPLICIT)
            sure = Confidence.LOW if chosen and smooth else Confidence.HIGH
            found |= _pending(machine, sampler, parameter, inputs, node, process, sure)
    if not told and not distribution:
        held_fixed(machine, sampler, node)
    return frozenset(found)


def held_fixed(machine: Interpreter, sampler: str, node: cst.CSTNode) -> None:
    """A draw under a derivative on which it does not depend."""
    if machine.derivatives.open:
        innermost = machine.derivatives.open[-1]
        machine.events.emit(
            DrawHeldFixed(machine.place(node), Confidence.HIGH, sampler, innermost.place)
        )


def _pending(
    machine: Interpreter,
    sampler: str,
    parameter: Parameter,
    inputs: tuple[Differentiated, ...],
    node: cst.CSTNode,
    process: str,
    sure: Confidence,
) -> set[object]:
    place = machine.place(node)
    event = DrawDifferentiated(
        place,
        sure,
        sampler,
        parameter.name,
        parameter.gradient,
        parameter.how,
        inputs[-1].place,
        process,
    )
    found: set[object] = {Pending(event, inputs)}
    reverse = [each for each in inputs if each.mode == "reverse"]
    if len(reverse) > 1 and not parameter.second_order:
        site = reverse[-2].place  # the innermost works
        raises = SecondDerivativeRaises(place, Confidence.HIGH, sampler, parameter.name, site)
        found.add(Pending(raises, inputs))
    return found


# --- thresholds


def stepped(machine: Interpreter, values: Iterable[Value], node: cst.CSTNode, what: str) -> Labels:
    """The labels of a piecewise constant function of `values`: no derivative passes it."""
    labels = machine.labels(values)
    if not labels:
        return labels
    inputs = open_inputs(machine.derivatives, labels)
    if not inputs:
        return labels
    left = frozenset(each for each in labels if not isinstance(each, (Differentiated, Scored)))
    known = frozenset().union(*(each.given for each in inputs))
    if not _draws_in(labels) - known:
        return left
    event = DrawThresholded(machine.place(node), Confidence.HIGH, what, inputs[-1].place)
    return left | {Pending(event, inputs)}


def ranked(machine: Interpreter, arguments: Arguments, node: cst.CSTNode, what: str) -> Value:
    """`values, indices = top_k(x)`: derivatives pass the values only."""
    given = list(arguments.values())
    indices = stepped(machine, given, node, what)
    return Sequence((Unknown(None, machine.labels(given)), Unknown(None, indices)))


_INTEGRAL = re.compile(r"(?:builtins\.|jax\.numpy\.|numpy\.)?(?:u?int(?:\d+|_)?|bool_?)")


def makes_integers(method: str, arguments: Arguments) -> bool:
    """`x.astype(int)`: a cast through which no derivative passes."""
    if method != "astype":
        return False
    dtype = arguments.find(Argument("dtype", 0))
    name = dtype.name if isinstance(dtype, External) else getattr(dtype, "value", None)
    return isinstance(name, str) and _INTEGRAL.fullmatch(name) is not None


# --- score functions


def scored(
    machine: Interpreter, name: str, distribution: Labels, arguments: Arguments, result: Value
) -> Value:
    """`log_prob(sample, parameters)`: marked when the sample still carries a derivative."""
    if not machine.derivatives.open:
        return result
    if name == "square" and arguments.args:
        return _squared(machine, arguments.args[0], result)
    if not is_density(name):
        return result
    parts = [labels_of(value) for value in arguments.values()]
    for position, labels in enumerate(parts):
        others = distribution.union(*parts[:position], *parts[position + 1 :])
        # What the parameters depend on too (the observations of a policy) is not the sample.
        draws = _draws_in(labels) - _draws_in(others)
        if (
            draws
            and open_inputs(machine.derivatives, labels)
            and open_inputs(machine.derivatives, others)
        ):
            return with_labels(machine, result, frozenset({Scored(draws)}))
    return result


# What is done to a deviation before it is squared.
_SCALES = frozenset({"Divide", "Multiply", "Minus"})


def deviating(
    machine: Interpreter, kind: type, left: Value, right: Value, result: Unknown
) -> Value:
    """`-0.5 * (x - mu) ** 2`, written by hand: a log-density of `x`, drawn as `mu + noise`.

    Where the derivative passes `x`, it cancels that of `mu`: what is left of the score is 0.
    """
    if kind is cst.Subtract:
        for sample, mean in ((left, right), (right, left)):
            draws = _draws_in(labels_of(sample)) - _draws_in(labels_of(mean))
            around = draws and _is_around(sample, machine.symbols.of(mean))
            if around and open_inputs(machine.derivatives, labels_of(sample)):
                label = Deviation(result.identity(), draws)
                return Unknown(result.symbol, result.labels | {label})
    elif kind is cst.Power and isinstance(right, Const) and right.value == 2:
        return _squared(machine, left, result)
    return result


def _is_around(sample: Value, mean: Symbol) -> bool:
    """Whether a value is a sum of which `mean` is a term."""
    waiting = [sample.symbol] if isinstance(sample, Unknown) else []
    seen: set[Symbol | None] = set()  # `x = x + x`, and that again and again
    while waiting:
        symbol = waiting.pop()
        if symbol is mean:
            return True
        if symbol is not None and symbol.op == "Add" and symbol not in seen:
            seen.add(symbol)
            waiting += [each for each in symbol.args if isinstance(each, Symbol)]
    return False


def _squared(machine: Interpreter, base: Value, result: Value) -> Value:
    symbol = base.symbol if isinstance(base, Unknown) else None
    below = {symbol}
    while symbol is not None and symbol.op in _SCALES:
        parts = [each for each in symbol.args if isinstance(each, Symbol)]
        symbol = next((each for each in parts if each.op in {*_SCALES, "Subtract"}), None)
        below.add(symbol)
    for label in in_order(labels_of(base), Deviation):
        if label.symbol in below:
            return with_labels(machine, result, frozenset({Scored(label.draws)}))
    return result


def check_product(machine: Interpreter, left: Value, right: Value, node: cst.CSTNode) -> None:
    """`log_prob * reward`, where both depend on one sample that was not stopped."""
    if not machine.derivatives.open:
        return
    for one, other in ((labels_of(left), labels_of(right)), (labels_of(right), labels_of(left))):
        if any(isinstance(each, Scored) for each in other):
            continue
        if any(isinstance(each, Scored) and each.draws & other for each in one):
            site = machine.derivatives.open[-1].place
            machine.events.emit(SampleNotStopped(machine.place(node), Confidence.MEDIUM, site))
            return
