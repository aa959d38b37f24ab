"""What calls into other modules do to keys, worked out once per function and kind of arguments.

A function of another module is interpreted in a run of its own, with a fresh key for every argument
that is one. If all it does is to use up some of them, always, and to give back something without a
key in it, that is remembered, and the next call only says so. Whatever else a function does is
interpreted at every call, with its actual arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst as cst

from randlint.interpreter import effects, ledger, naming
from randlint.interpreter.core import Evaluation, Interpreter, OutOfBudget
from randlint.interpreter.functions import Signature, call_function, parameter_symbol
from randlint.interpreter.identity import Use, UseKind
from randlint.interpreter.values import (
    Choice,
    Const,
    External,
    Function,
    Key,
    Record,
    Sequence,
    Unknown,
    Value,
)

if TYPE_CHECKING:
    from randlint.interpreter.project import Project

_NESTED = 6  # summaries that are worked out for each other
_PLAIN = (bool, int, float, str, type(None))


@dataclass(frozen=True, slots=True)
class Summary:
    """The arguments that a call uses up, how and by what, and what it gives back."""

    consumed: tuple[tuple[int | str, UseKind, str], ...]
    result: Value
    depends: tuple[tuple[str, str], ...]


def recall(
    machine: Interpreter,
    function: Function,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
    node: cst.CSTNode,
) -> Value | None:
    """Do what the function is known to do with such arguments; None where it must be run."""
    summary = _known(machine, function, args, kwargs)
    if summary is None or machine.project is None:
        return None
    machine.project.depends.update(summary.depends)
    machine.step(2)
    evaluation = machine.evaluation = Evaluation(draw=True)
    for where, kind, callee in summary.consumed:
        value = args[where] if isinstance(where, int) else kwargs[where]
        ledger.consume(machine, value, node, kind, callee)
    values = [*args, *kwargs.values()]
    labels = machine.drawn(values, evaluation) if summary.consumed else machine.labels(values)
    return _with_labels(summary.result, labels)


def _known(
    machine: Interpreter,
    function: Function,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
) -> Summary | None:
    project = machine.project
    if project is None or machine.derivatives or machine.lanes or machine.silent:
        return None
    if function.closure is not None or function.bound is not None or function.owner is not None:
        return None
    kinds = [(where, _kind(each)) for where, each in (*enumerate(args), *kwargs.items())]
    if any(kind is None for _, kind in kinds):
        return None
    what = (function.module.filename, function.segment.first, function.name, tuple(kinds))
    if what not in project.summaries:
        if project.nested >= _NESTED:
            return None
        project.summaries[what] = None  # while it is worked out, and for good if it cannot be
        project.nested += 1
        try:
            project.summaries[what] = _work_out(machine, project, function, args, kwargs)
        finally:
            project.nested -= 1
    return project.summaries[what]


def _kind(value: Value) -> object:
    """What a summary may depend on; None for what is too much to tell."""
    match value:
        case Key():
            return "key"
        case Const(value=constant) if isinstance(constant, _PLAIN):
            return type(constant), constant
        case External():
            return None  # a function to be called, perhaps
        case _ if not isinstance(value, Unknown) and effects.carries_key(value):
            return None
        case _:
            return "unknown"


def _work_out(
    machine: Interpreter,
    project: Project,
    function: Function,
    args: SequenceOf[Value],
    kwargs: Mapping[str, Value],
) -> Summary | None:
    own = Interpreter(
        machine.catalogue,
        machine.expressions,
        machine.statements,
        machine.applier,
        machine.opaque,
        machine.finish,
        project=project,
    )
    depends, project.depends = project.depends, {}
    try:
        with own.enter(naming.module_frame(own, function.module)):
            given = [_stand_in(own, function, where, each) for where, each in enumerate(args)]
            named = {name: _stand_in(own, function, name, each) for name, each in kwargs.items()}
            result = call_function(own, function, given, named, function.node)
    except (OutOfBudget, RecursionError):
        return None
    finally:
        used = tuple(sorted(project.depends.items()))
        project.depends = {**depends, **project.depends}
    if not _is_plain(own, result):
        return None
    consumed: list[tuple[int | str, UseKind, str]] = []
    parts: list[tuple[int | str, Value]] = [*enumerate(given), *named.items()]
    for where, value in parts:
        uses = _uses(own, value)
        if uses is None:
            return None
        if uses:
            kind = uses[0].kind
            kind = UseKind.SPLIT if kind is UseKind.SPLIT else UseKind.KNOWN_CALL
            consumed.append((where, kind, uses[0].callee))
    return Summary(tuple(consumed), _with_labels(result, frozenset()), used)


def _stand_in(own: Interpreter, function: Function, where: int | str, value: Value) -> Value:
    if isinstance(value, Const):
        return value
    if isinstance(value, Key):
        return ledger.fresh(own, function.node)
    signature = Signature(function.node.params)
    if isinstance(where, int):
        if where < len(signature.positional):
            return parameter_symbol(own, function, signature.positional[where])
    else:
        for each in signature.all():
            if each.name.value == where:
                return parameter_symbol(own, function, each)
    return Unknown(own.symbol("argument", function.node, where))


def _uses(own: Interpreter, value: Value) -> list[Use] | None:
    """How a stand-in was used up; None where that depends on something, or only a part was."""
    if isinstance(value, Unknown) and not ledger.certain_key(own, value):
        return []
    identity = ledger.identity_of(own, value)
    if identity is None:
        return []
    if any(each.uses for each in identity.members) or any(use.path for use in identity.uses):
        return None
    return identity.uses


def _is_plain(own: Interpreter, value: Value) -> bool:
    """Whether a result holds nothing that could lead back to a key."""
    match value:
        case Const():
            return True
        case Unknown():
            return not effects.carries_key(value) and not ledger.certain_key(own, value)
        case Sequence():
            parts = (*value.items, *([value.rest] if value.rest is not None else ()))
            return all(_is_plain(own, each) for each in parts)
        case Record():
            return all(_is_plain(own, each) for each in value.items.values())
        case Choice():
            return all(_is_plain(own, each) for _, each in value.options)
        case _:
            return False


def _with_labels(value: Value, labels: frozenset[object]) -> Value:
    match value:
        case Const():
            return value
        case Sequence():
            items = tuple(_with_labels(each, labels) for each in value.items)
            rest = None if value.rest is None else _with_labels(value.rest, labels)
            return Sequence(items, rest, value.mutable)
        case Record():
            items_by_name = {name: _with_labels(each, labels) for name, each in value.items.items()}
            return Record(items_by_name, value.open)
        case _:
            return Unknown(None, labels)
