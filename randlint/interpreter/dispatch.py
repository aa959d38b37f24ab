"""What a call does: to its keys, and to the program."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf

import libcst as cst

from randlint.catalogue import Effect, NameSet
from randlint.interpreter.calls import effects, following, objects, replacing, summaries
from randlint.interpreter.calls.arguments import evaluate_arguments
from randlint.interpreter.calls.functions import call_function
from randlint.interpreter.domain.arguments import STAR, Arguments
from randlint.interpreter.domain.frames import Function
from randlint.interpreter.domain.identity import UseKind
from randlint.interpreter.domain.labels import Evaluation
from randlint.interpreter.domain.symbols import Const, Unknown, Value
from randlint.interpreter.domain.values import (
    Choice,
    Class,
    External,
    HostGenerator,
    Instance,
    Method,
    Partial,
    Record,
    Sampled,
    Source,
    Transformed,
    labels_of,
)
from randlint.interpreter.evidence.callee_names import asks, compares, keeps, looks, takes_keys
from randlint.interpreter.gradients import distributions, draws, host_random, network_parameters
from randlint.interpreter.keys import consuming, escapes
from randlint.interpreter.language import access, containers
from randlint.interpreter.machine.budget import LONG
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.labelling import with_labels
from randlint.interpreter.program import imports, resolving
from randlint.interpreter.program.modules import dotted_tree
from randlint.interpreter.transforms import derivatives
from randlint.interpreter.transforms.apply import (
    call_callbacks,
    call_transform,
    call_transformed,
)

_SAME_SOURCE = frozenset({"fork", "copy", "clone", "split"})
_KEY_KEYWORDS = frozenset(
    {"key", "keys", "rng", "rngs", "rng_key", "prng_key", "seed", "random_key", "init_rng", "prng"}
)


def evaluate_call(machine: Interpreter, node: cst.CSTNode) -> Value:
    """Evaluate a call expression."""
    assert isinstance(node, cst.Call)
    machine.budget.step()
    frame = machine.frame
    if frame.function is None:
        frame.origins[node] = frame.segment
    callee = _callee(machine, node)
    arguments = evaluate_arguments(machine, node)
    if isinstance(callee, Method):
        return _call_method(machine, callee, arguments, node)
    return apply(machine, callee, arguments.args, arguments.kwargs, node)


def _callee(machine: Interpreter, node: cst.Call) -> Value:
    """The value called; a method of an unknown object keeps its receiver."""
    function = node.func
    if type(function) is not cst.Attribute:
        return machine.evaluate(function)
    receiver = machine.evaluate(function.value)
    name = function.attr.value
    if isinstance(receiver, Unknown):
        receiver = network_parameters.as_object(machine, receiver) or receiver
    if isinstance(receiver, Unknown):
        stored = machine.heap.get((receiver.identity(), name))
        return machine.resolve(stored) if stored is not None else Method(receiver, name)
    if isinstance(receiver, (Source, HostGenerator, Sampled)):
        return Method(receiver, name)
    found = access.attribute(machine, receiver, name, function)
    kept = replacing.replaces(machine.catalogue, name) or name in machine.catalogue.names_of(
        NameSet.APPLIERS
    )
    if kept and isinstance(receiver, Instance) and isinstance(found, Unknown):
        return Method(receiver, name)
    return found


def apply(
    machine: Interpreter,
    callee: Value,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
    node: cst.CSTNode,
) -> Value:
    """Call a value with evaluated arguments."""
    while isinstance(callee, Partial):
        args, kwargs = [*callee.args, *args], {**callee.kwargs, **kwargs}
        machine.budget.step(len(args) // LONG)
        callee = callee.function
    match callee:
        case Choice():
            return machine.per_option(callee, lambda one: apply(machine, one, args, kwargs, node))
        case External():
            return _call_external(machine, callee.name, Arguments(args, kwargs), node)
        case Function():
            return _call_known(machine, callee, Arguments(args, kwargs), node)
        case Transformed():
            return call_transformed(machine, callee, Arguments(args, kwargs), node)
        case Class():
            return objects.construct(machine, callee, Arguments(args, kwargs), node)
        case Instance():
            return objects.call_instance(machine, callee, Arguments(args, kwargs), node)
        case Source():
            return consuming.fresh(machine, node, callee.labels)
        case Method():
            return _call_method(machine, callee, Arguments(args, kwargs), node)
        case network_parameters.Pure():
            return _call_pure(machine, callee, Arguments(args, kwargs), node)
        case _:
            return _call_unknown(machine, callee, Arguments(args, kwargs), node)


def _call_known(
    machine: Interpreter, function: Function, arguments: Arguments, node: cst.CSTNode
) -> Value:
    result: Value
    if compares(function.name):
        machine.compare(arguments.args)
    follow = following.matters(machine, function, arguments.values())
    known = None
    if follow:
        known = summaries.recall(machine, function, arguments.args, arguments.kwargs, node)
    if known is not None:
        result = known
    elif follow or (machine.derivatives.open and function.segment.stops):
        result = call_function(machine, function, arguments.args, arguments.kwargs, node)
    else:
        result = Unknown(None, machine.labels([function, *arguments.values()]))
    return draws.scored(machine, function.name, frozenset(), arguments, result)


# --- outside the linted code


def _call_external(
    machine: Interpreter, dotted: str, arguments: Arguments, node: cst.CSTNode
) -> Value:
    catalogue = machine.catalogue
    if following.only_looks(machine, dotted):
        return Unknown(None, machine.labels(arguments.values()))
    name = catalogue.resolve(dotted)
    if name in catalogue.names_of(NameSet.LANE_INDICES):
        return Unknown(None, frozenset(lane.token for lane in machine.stack.lanes))
    if compares(effects.short(name)):
        machine.compare(arguments.args)
    if name in catalogue.names_of(NameSet.SELECTS):
        machine.compare(arguments.args[1:3], arms=True)
    model = catalogue.functions.get(name)
    if model is not None:
        return effects.call_catalogued(machine, model, arguments, node)
    transform = catalogue.transforms.get(name)
    if transform is not None:
        return call_transform(machine, transform, arguments, node)
    if name in catalogue.names_of(NameSet.SOURCES):
        evaluation = _hand_over(machine, name, arguments, node, UseKind.KNOWN_CALL)
        return Source(machine.drawn(arguments.values(), evaluation))
    if catalogue.listed(NameSet.PIECEWISE, name):
        return Unknown(None, draws.stepped(machine, arguments.values(), node, effects.short(name)))
    if name in catalogue.names_of(NameSet.RANKS):
        return draws.ranked(machine, arguments, node, effects.short(name))
    distribution = catalogue.distributions.get(name)
    if distribution is not None:
        return distributions.construct(machine, distribution, arguments, node)
    own = imports.value_of(machine, dotted)
    if own is not None:
        return apply(machine, own, arguments.args, arguments.kwargs, node)
    drawn = host_random.call_host(machine, name, machine.labels(arguments.values()), node)
    if drawn is not None:
        return drawn
    host = containers.HOST.get(name)
    if host is not None:
        return host(machine, arguments, node)
    if effects.short(name) == "replace" and arguments.args:
        return replacing.replaced(machine, arguments.args[0], arguments, node)
    result: Value
    if catalogue.inspects(name):
        result = Unknown(None, machine.labels(arguments.values()))
    else:
        result = _unknown_call(machine, name, effects.short(name), arguments, node)
    if name in catalogue.names_of(NameSet.PURIFIES):
        network_parameters.purify(machine, name, arguments, result)
    elif machine.derivatives.ambient and name in catalogue.names_of(NameSet.PARAMETERISED):
        result = with_labels(machine, result, machine.derivatives.ambient)
    return draws.scored(machine, effects.short(name), frozenset(), arguments, result)


# --- callees nobody knows


def _call_method(
    machine: Interpreter, method: Method, arguments: Arguments, node: cst.CSTNode
) -> Value:
    receiver, name = method.receiver, method.name
    if compares(name):
        machine.compare(arguments.args)
    if isinstance(receiver, Source):
        return receiver if name in _SAME_SOURCE else consuming.fresh(machine, node, receiver.labels)
    if isinstance(receiver, Sampled):
        result = distributions.call_method(machine, receiver, name, arguments, node)
        return draws.scored(machine, name, receiver.labels, arguments, result)
    if isinstance(receiver, HostGenerator):
        host_random.note_host_draw(machine, f"{receiver.name}.{name}", node)
        return Unknown(None, receiver.labels | machine.labels(arguments.values()))
    found = containers.call_method(machine, receiver, name, arguments, node)
    if found is not None:
        return found
    steps = machine.catalogue.names_of(NameSet.PIECEWISE)
    stepped = name in steps or draws.makes_integers(name, arguments)
    if stepped and isinstance(receiver, Unknown):
        return Unknown(None, draws.stepped(machine, [receiver], node, name))
    model = machine.catalogue.methods.get(name)
    if model is not None:
        return effects.call_catalogued(machine, model, arguments, node)
    fields = bool(arguments.kwargs) and not arguments.args
    if (
        fields
        and isinstance(receiver, (Unknown, Instance))
        and replacing.replaces(machine.catalogue, name)
    ):
        return replacing.call_method(machine, receiver, name, arguments, node)
    if isinstance(receiver, Transformed) and not derivatives.is_solver(receiver.transform):
        # jitted.lower(...), primitive.defvjp(...)
        return Unknown()
    if isinstance(receiver, Instance) and name in machine.catalogue.names_of(NameSet.APPLIERS):
        applied = network_parameters.apply_module(machine, receiver, arguments, node)
        if applied is not None:
            _hand_over(
                machine, name, network_parameters.own(machine, arguments), node, UseKind.CALL
            )
            return applied
    result = _unknown_call(machine, resolving.describe(receiver), name, arguments, node)
    more = labels_of(receiver)
    result = with_labels(machine, result, more) if more else result
    return draws.scored(machine, name, more, arguments, result)


def _call_pure(
    machine: Interpreter, callee: network_parameters.Pure, arguments: Arguments, node: cst.CSTNode
) -> Value:
    applied = network_parameters.call_pure(machine, callee, arguments, node)
    if applied is None:
        return _unknown_call(machine, "apply", "apply", arguments, node)
    _hand_over(machine, "apply", Arguments(arguments.args[: callee.skip], {}), node, UseKind.CALL)
    return applied


def _call_unknown(
    machine: Interpreter, callee: Value, arguments: Arguments, node: cst.CSTNode
) -> Value:
    if isinstance(callee, Unknown):
        known = network_parameters.as_object(machine, callee)
        if known is not None:
            return objects.call_instance(machine, known, arguments, node)
    name = resolving.describe(callee)
    if isinstance(node, cst.Call) and name == resolving.NAMELESS:
        name = dotted_tree(node.func) or name
    result = _unknown_call(machine, name, effects.short(name), arguments, node)
    if not machine.derivatives.open:
        return result
    return with_labels(machine, result, labels_of(callee))


def call_opaquely(
    machine: Interpreter,
    name: str,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
    node: cst.CSTNode,
) -> Value:
    """Call a function of the program without looking inside: too deep, or recursive."""
    return _unknown_call(machine, name, name, Arguments(args, kwargs), node)


def _unknown_call(
    machine: Interpreter, full: str, name: str, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """An unknown callable uses up every key it is given, unless its name says that it looks."""
    if compares(name):
        machine.compare(arguments.args)
    if asks(name) and not arguments.kwargs:
        return machine.derived(name, *arguments.args)
    labels = machine.labels(arguments.values())
    if looks(name) or _evaluates(arguments):
        return Unknown(None, labels)
    model = machine.catalogue.methods.get(name)
    if model is not None and model.effect is Effect.CLONE:
        return effects.clone(machine, model, arguments, node)
    if keeps(name):
        return _kept(machine, name, arguments, node, labels)
    evaluation = _hand_over(machine, name, arguments, node, UseKind.CALL)
    call_callbacks(machine, arguments, node)
    if evaluation in machine.ledger.uses:
        return Unknown(None, machine.drawn(arguments.values(), evaluation))
    return Unknown(None, labels)


# Arguments that put a network into evaluation mode, in which no stream is drawn from.
_EVALUATION = {
    "train": False,
    "training": False,
    "is_training": False,
    "deterministic": True,
    "inference": True,
}


def _evaluates(arguments: Arguments) -> bool:
    if not arguments.kwargs:
        return False
    for name, quiet in _EVALUATION.items():
        value = arguments.kwargs.get(name)
        if isinstance(value, Const) and value.value is quiet:
            return True
    return False


def _kept(
    machine: Interpreter,
    name: str,
    arguments: Arguments,
    node: cst.CSTNode,
    labels: frozenset[object],
) -> Value:
    result = Unknown(None, labels)
    for keyword, value in arguments.kwargs.items():
        machine.store(result.identity(), keyword, value)
        escapes.report_escape(machine, value, node, f"{name}.{keyword}")
    for value in arguments.args:
        escapes.report_escape(machine, value, node, name)
    return result


def _hand_over(
    machine: Interpreter, name: str, arguments: Arguments, node: cst.CSTNode, kind: UseKind
) -> object:
    evaluation = machine.ledger.evaluation = Evaluation()
    where_keys_go = takes_keys(effects.short(name))
    # Attention has a `key` too, and it comes with a query.
    attention = "query" in arguments.kwargs or "value" in arguments.kwargs
    for value in arguments.args:
        if value in machine.stack.spread:
            continue  # out of a starred container: nobody says that it holds a key to consume
        consuming.consume(machine, value, node, kind, effects.short(name), where_keys_go)
    for keyword, value in arguments.kwargs.items():
        if keyword.startswith(STAR):
            continue
        named = keyword in _KEY_KEYWORDS and not (keyword == "key" and attention)
        named = named and not _hands_out(machine, keyword)
        consuming.consume(machine, value, node, kind, effects.short(name), where_keys_go or named)
        if where_keys_go or named:
            objects.trace_constant_key(
                machine, effects.short(name), _keys_in(value), node, opaque=kind is UseKind.CALL
            )
    return evaluation


def _keys_in(value: Value) -> SequenceOf[Value]:
    """The keys a call is handed, bare or in a dict of streams."""
    return list(value.items.values()) if isinstance(value, Record) else [value]


def _hands_out(machine: Interpreter, keyword: str) -> bool:
    """Whether the module uses a class of that name whose objects hand out keys (`rngs: Rngs`)."""
    names = machine.frame.module.imports.values()
    return any(
        source.rpartition(".")[2].lower() == keyword
        and any(each in (source, source.rpartition(".")[0]) for each in names)
        for source in machine.catalogue.names_of(NameSet.SOURCES)
    )
