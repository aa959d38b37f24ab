"""Defining functions and running them with actual arguments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from contextlib import nullcontext
from typing import TypeGuard, TypeVar

import libcst as cst

from randlint.findings import Confidence
from randlint.interpreter.annotations import declare
from randlint.interpreter.core import ACTIVATIONS, DEPTH, Interpreter
from randlint.interpreter.events import DefaultKey, Place
from randlint.interpreter.labels import by_default, handed_in, with_labels
from randlint.interpreter.manners import is_test
from randlint.interpreter.modules import ClassDefinition, Module, dotted_tree
from randlint.interpreter.paths import Path
from randlint.interpreter.reading import note_parameters
from randlint.interpreter.state import Family, Frame, Outcome, Snapshot, Trace
from randlint.interpreter.values import (
    NO_LABELS,
    NONE,
    Choice,
    External,
    Function,
    Key,
    KeyArray,
    Partial,
    Record,
    Sequence,
    Symbol,
    Transformed,
    Unknown,
    Value,
    holds_function,
    labels_of,
)
from randlint.source.segments import Segment

_Name = TypeVar("_Name")


def define(
    machine: Interpreter,
    node: cst.FunctionDef,
    module: Module,
    segment: Segment,
    closure: Frame | None,
    owner: ClassDefinition | None = None,
) -> Value:
    """The value of a `def`: the function, seen through the decorators we know."""
    if not is_test(node.name.value):  # pytest calls it once, with its defaults
        check_defaults(machine, node.params, segment, node)
    value: Value = Function(node, module, segment, closure, node.name.value, None, owner)
    for decorator in reversed(node.decorators):
        wrapper = machine.evaluate(decorator.decorator)
        if is_transform(machine, wrapper):
            value = machine.apply(wrapper, [value], {}, decorator.decorator)
    return value


# A docstring that says which key the default is: whoever reads it can know.
_DOCUMENTED = re.compile(r"[Dd]efault[^\n]*[kK]ey\(")


def check_defaults(
    machine: Interpreter,
    parameters: cst.Parameters,
    segment: Segment,
    owner: cst.FunctionDef | None = None,
) -> None:
    """Defaults are evaluated once, at the `def`: a key there is shared by all calls."""
    for parameter in Signature(parameters).all():
        if parameter.default is None or isinstance(parameter.default, (cst.Name, cst.Integer)):
            continue
        value = machine.evaluate(parameter.default)
        if isinstance(value, (Key, KeyArray)):
            place = Place(parameter.default, segment)
            text = (owner.get_docstring() if owner is not None else None) or ""
            sure = Confidence.LOW if _DOCUMENTED.search(text) else Confidence.HIGH
            machine.emit(DefaultKey(place, sure, parameter.name.value))


def is_transform(machine: Interpreter, value: Value) -> bool:
    """Whether a decorator is a catalogued transform, bare or with some arguments given."""
    match value:
        case External(name=name):
            return machine.catalogue.resolve(name) in machine.catalogue.transforms
        case Partial(function=inner):
            return is_transform(machine, inner)
        case Transformed():
            return value.function is NONE  # a decorator factory
        case _:
            return False


class Signature:
    """The parameters of a `def` or `lambda`, read once per node."""

    __slots__ = ("double_star", "keyword_only", "positional", "star")

    def __init__(self, parameters: cst.Parameters) -> None:
        self.positional = [*parameters.posonly_params, *parameters.params]
        self.keyword_only = list(parameters.kwonly_params)
        star = parameters.star_arg
        self.star = star.name.value if type(star) is cst.Param else None
        self.double_star = parameters.star_kwarg.name.value if parameters.star_kwarg else None

    def all(self) -> list[cst.Param]:
        """Every named parameter."""
        return [*self.positional, *self.keyword_only]


def bind_arguments(
    machine: Interpreter,
    function: Function,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
    *,
    symbolic: bool = False,
) -> dict[str, Value]:
    """The variables of a call: arguments to parameters; defaults, or symbols, for the rest.

    An argument named `*` in `kwargs` stands for a starred argument of unknown length, `**` for
    keywords nobody knows.
    """
    signature = Signature(function.node.params)
    env: dict[str, Value] = {}
    given = [*([function.bound] if function.bound is not None else []), *args]
    open_ended = "*" in kwargs or "**" in kwargs
    spread = NO_LABELS
    if open_ended:
        spread = machine.labels([kwargs[each] for each in ("*", "**") if each in kwargs])
    for parameter, value in zip(signature.positional, given, strict=False):
        env[parameter.name.value] = value
        if machine.derivatives and parameter.annotation is not None:
            note_annotation(function, parameter.annotation, value)
    extra = tuple(given[len(signature.positional) :])
    for parameter in signature.all():
        name = parameter.name.value
        if name in env:
            continue
        if name in kwargs:
            env[name] = kwargs[name]
        elif symbolic or open_ended or parameter.default is None:
            symbol = parameter_symbol(machine, function, parameter)
            env[name] = with_labels(machine, symbol, spread)
        else:
            env[name] = by_default(machine.evaluate(parameter.default))
    if signature.star is not None:
        rest = kwargs.get("*")
        if symbolic and rest is None:
            rest = Unknown()
        env[signature.star] = Sequence(extra, rest)
    if signature.double_star is not None:
        known = {parameter.name.value for parameter in signature.all()}
        others = {
            name: value for name, value in kwargs.items() if name not in known and name != "*"
        }
        others.pop("**", None)
        env[signature.double_star] = Record(others, symbolic or open_ended)
    return env


def parameter_symbol(machine: Interpreter, function: Function, parameter: cst.Param) -> Value:
    """What a parameter is when nobody says: a symbol, declared a key where annotated as one."""
    name = parameter.name.value
    # In a mapped function nobody knows which lanes a parameter differs in: perhaps in all of them.
    lanes = frozenset(lane.token for lane in machine.lanes)
    value = Unknown(Symbol("param", (function.node, name), name), lanes)
    if parameter.annotation is not None:
        note_annotation(function, parameter.annotation, value)
        return declare(machine, value, parameter.annotation.annotation)
    return value


def note_annotation(function: Function, annotation: cst.Annotation, value: Value) -> None:
    """Remember what a value is annotated as, for whoever calls a method of it."""
    if isinstance(value, Unknown):
        symbol = value.identity()
        if symbol.annotated is None:
            symbol.annotated = (annotation.annotation, function.module)


def call_function(
    machine: Interpreter,
    function: Function,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
    node: cst.CSTNode,
    *,
    trace: Trace | None = None,
    family: Family | None = None,
    symbolic: bool = False,
) -> Value:
    """Run a function of the linted program; what it returns."""
    called = machine.frame.function is not None
    if not _worth_following(machine, function) or (called and _is_abstract(function)):
        before, machine.guessing = machine.guessing, machine.frame.depth >= DEPTH
        try:
            result = machine.call_opaquely(function.name, args, kwargs, node)
        finally:  # other roots are run by the same machine after one that is given up
            machine.guessing = before
        return with_labels(machine, result, labels_of(function))
    times = machine.activations[function.node] = machine.activations.get(function.node, 0) + 1
    # Whatever it does with keys has been seen, and costs as much each time; or there are no steps
    # left for what other functions do.
    if times > ACTIVATIONS or (function.closure is None and not machine.may_follow()):
        return Unknown(None, machine.labels([function, *args, *kwargs.values()]))
    machine.step(2)
    if machine.entering is not None:
        trace, family = machine.entering
        machine.entering = None
    machine.called.add(function.node)
    caller, frame = machine.frame, _new_frame(machine, function, node, trace, family)
    base = machine.path
    with machine.enter(frame):
        frame.env = bind_arguments(machine, function, args, kwargs, symbolic=symbolic)
        if frame.trace is not Trace.NO and caller.trace is Trace.NO:
            frame.env = {name: handed_in(machine, value) for name, value in frame.env.items()}
        if machine.subject is not None and function.node is machine.subject.node:
            machine.given = dict(frame.env)
        held = [(name, value) for name, value in frame.env.items() if _can_change(value)]
        frame.entry_path = base
        note_parameters(machine, frame)
        known = _is_root_elsewhere(machine, function, args, kwargs)
        machine.repeating += known
        with machine.following() if called and function.closure is None else nullcontext():
            run_body(machine, function)
        machine.repeating -= known
        outcome = _returned(machine, frame, base)
        if caller_is_nobody(machine, frame):
            machine.restore(outcome.state)
            machine.ended = ()  # what it returned on is no condition for its closures
            machine.finish(machine, frame, outcome.value)
    machine.heap, machine.path = outcome.state.heap, outcome.state.path
    if held:
        _hand_back(machine, held, outcome.state.env)
    return outcome.value


def _is_root_elsewhere(
    machine: Interpreter,
    function: Function,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
) -> bool:
    """Whether what its loops do to themselves is told where the function is a root of its own.

    With functions of the caller's in its hands a loop does what nobody sees there.
    """
    if function.closure is not None or machine.frame.depth == 1 or machine.derivatives:
        return False
    if any(map(holds_function, (*args, *kwargs.values()))):
        return False
    return function.module.matters(function.segment)


def _can_change(value: Value) -> TypeGuard[Record | Sequence]:
    return type(value) is Record or (type(value) is Sequence and value.mutable)


def _hand_back(
    machine: Interpreter,
    given: SequenceOf[tuple[str, Record | Sequence]],
    env: Mapping[str, Value],
) -> None:
    """What a function did to a dict or a list that it was given, its caller sees as well."""
    for name, before in given:
        after = env.get(name)
        if after is None or after is before or not _is_still(after, before.token):
            continue
        _replace(machine.frame.env, before.token, after)
        _replace(machine.heap, before.token, after)


def _replace(bindings: dict[_Name, Value], token: object, after: Value) -> None:
    for name, value in bindings.items():
        if type(value) in (Record, Sequence) and value.token is token:  # type: ignore[attr-defined]
            bindings[name] = after  # of a name that is there: the dict keeps its size


def _is_still(value: Value, token: object) -> bool:
    options = [each for _, each in value.options] if isinstance(value, Choice) else [value]
    return all(isinstance(each, (Record, Sequence)) and each.token is token for each in options)


def caller_is_nobody(machine: Interpreter, frame: Frame) -> bool:
    """Whether a frame is the root's own, called by no code of the program.

    A module that is read while a root is running calls functions as well: the root goes on.
    """
    return frame.depth == 1 and machine.running == 2


def _is_abstract(function: Function) -> bool:
    """Whether what runs is a method of a subclass: the body refuses, or is left out."""
    if function.owner is None or not isinstance(function.node, cst.FunctionDef):
        return False
    body = function.node.body.body
    if len(body) > 2 or not isinstance(body[-1], cst.SimpleStatementLine):
        return False  # a docstring and one statement
    last = body[-1].body[-1]
    if isinstance(last, cst.Raise):
        return last.exc is not None and "NotImplemented" in dotted_tree(last.exc)
    return isinstance(last, cst.Expr) and isinstance(last.value, cst.Ellipsis)


def _worth_following(machine: Interpreter, function: Function) -> bool:
    frame: Frame | None = machine.frame
    depth = 0
    while frame is not None:
        if frame.function is not None and frame.function.node is function.node:
            return False  # recursion: the second activation teaches nothing
        frame = frame.parent
        depth += 1
    return depth <= DEPTH


def _new_frame(
    machine: Interpreter,
    function: Function,
    node: cst.CSTNode,
    trace: Trace | None,
    family: Family | None,
) -> Frame:
    caller = machine.frame
    return Frame(
        function.module,
        function.segment,
        function,
        parent=caller,
        call=node,
        call_loops=caller.loops,
        closure=function.closure,
        trace=caller.trace if trace is None else trace,
        family=family,
        depth=caller.depth + 1,
    )


def run_body(machine: Interpreter, function: Function) -> None:
    """Run the body in the running frame; what leaves it is noted there."""
    node = function.node
    if isinstance(node, cst.Lambda):
        machine.leave(machine.evaluate(node.body))
        return
    if machine.execute(statements_of(node.body)):
        machine.leave(NONE)


def statements_of(body: cst.BaseSuite) -> SequenceOf[cst.CSTNode]:
    """The statements of a block, whether indented or on the same line."""
    if type(body) is cst.SimpleStatementSuite:
        return [body]
    return body.body


def _returned(machine: Interpreter, frame: Frame, base: Path) -> Outcome:
    """All ways out as one: the value chosen by the path on which it was returned."""
    returns = frame.returns
    if not returns:  # it always raises, as far as we see; the caller goes on with nothing
        return Outcome(Unknown(), Snapshot({}, machine.heap, base))
    merged = machine.merge(base, [outcome.state for outcome in returns])
    if len(returns) == 1:
        value = returns[0].value
    else:
        value = machine.choice([(each.state.path - base, each.value) for each in returns])
    return Outcome(value, merged)


def bound_to(value: Value, receiver: Value) -> Value:
    """A transformed method looked up on an object: the receiver goes in first."""
    match value:
        case Function():
            return Function(
                value.node,
                value.module,
                value.segment,
                value.closure,
                value.name,
                receiver,
                value.owner,
            )
        case Transformed():
            return Transformed(
                value.transform,
                bound_to(value.function, receiver),
                value.node,
                value.segment,
                value.arguments,
                method=True,
            )
        case Partial():
            return Partial(bound_to(value.function, receiver), value.args, value.kwargs)
        case _:
            return value
