"""TODO."""

from __future__ import annotations

import re
from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf

import libcst as cst

from randlint.findings import Confidence
from randlint.interpreter.domain.definitions import ClassDefinition, Module
from randlint.interpreter.domain.frames import Frame, Function
from randlint.interpreter.domain.names import is_test
from randlint.interpreter.domain.symbols import NO_LABELS, NONE, Symbol, Unknown, Value
from randlint.interpreter.domain.values import (
    External,
    Key,
    KeyArray,
    Partial,
    Record,
    Sequence,
    Transformed,
)
from randlint.interpreter.events import DefaultKey, Place
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.labelling import by_default, with_labels
from randlint.interpreter.program.annotations import declare
from randlint.source.segments import Segment


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
            machine.events.emit(DefaultKey(place, sure, parameter.name.value))


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
        if machine.derivatives.open and parameter.annotation is not None:
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
    lanes = frozenset(lane.token for lane in machine.stack.lanes)
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
