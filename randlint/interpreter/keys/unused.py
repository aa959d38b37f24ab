"""Who reads what: derived keys that nobody uses, and key parameters that nobody reads.

Both are judged at the end of a root over all activations of the code that belongs to it, because a
closure may be run several times and read a key in one of them only.
"""

from __future__ import annotations

import libcst as cst

from randlint.findings import Confidence
from randlint.interpreter.domain.frames import Frame, KeyParameter
from randlint.interpreter.domain.identity import DerivedName
from randlint.interpreter.domain.names import keylike
from randlint.interpreter.domain.symbols import Unknown, Value
from randlint.interpreter.domain.values import Choice, Key, KeyArray
from randlint.interpreter.events import (
    KeyParameterOverwritten,
    KeyParameterUnused,
    KeyUnused,
    Place,
)
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.ledger import Ledger
from randlint.source.nodes import children, names_in, walk


def owned(frame: Frame) -> bool:
    """Whether the code of a frame belongs to the root: its own function, and closures in it."""
    function = frame.function
    return function is not None and (frame.depth == 1 or function.closure is not None)


def note_parameters(ledger: Ledger, frame: Frame) -> None:
    """The key parameters of a frame that has just been entered."""
    function = frame.function
    if function is None:
        return
    parameters = function.node.params
    for parameter in (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params):
        name = parameter.name.value
        value = frame.env.get(name)
        if value is None or not (owned(frame) or isinstance(value, (Key, KeyArray))):
            continue
        certain = _is_key(name, value)
        if not (certain or keylike(name)):
            continue
        where = (function.node, name)
        known = ledger.key_parameters.get(where)
        if known is None:
            known = KeyParameter(
                name,
                Place(parameter, function.segment),
                overrides=function.owner is not None and bool(function.owner.bases),
            )
            ledger.key_parameters[where] = known
        known.certain |= certain
        known.values.append(value)
        frame.pending.parameters[name] = known


def _is_key(name: str, value: Value) -> bool:
    if isinstance(value, (Key, KeyArray)):
        return True
    if not isinstance(value, Unknown) or value.symbol is None or value.symbol.op != "param":
        return False
    declared = value.symbol.declared
    return declared is True or (declared is None and keylike(name) and "rng" in name)


# Values of which it is known who reads them.
NOTED = frozenset({Key, KeyArray, Choice})


def note_read(ledger: Ledger, frame: Frame, name: str, value: Value) -> None:
    """A name was looked up."""
    parameter = frame.pending.parameters.get(name)
    if parameter is not None and _holds(value, parameter.values):
        parameter.read = True
        del frame.pending.parameters[name]
    match value:
        case Key() | KeyArray():
            ledger.read.add(value.identity)
        case Choice():
            for _, option in value.options:
                if isinstance(option, (Key, KeyArray)):
                    ledger.read.add(option.identity)
        case _:
            pass


def _holds(value: Value, originals: list[Value]) -> bool:
    options = [each for _, each in value.options] if isinstance(value, Choice) else [value]
    return any(each is original for each in options for original in originals)


def note_bound(
    machine: Interpreter, frame: Frame, name: str, value: Value, source: cst.CSTNode | None
) -> None:
    """A name was bound."""
    if source is None or not isinstance(value, (Key, KeyArray)):
        return
    parameter = frame.pending.parameters.get(name)
    if parameter is None and value.identity.constant and value.identity.parent is None:
        parameter = _ignored(frame, name, source)
    if parameter is not None and not parameter.read:
        _overwritten(machine, frame, parameter, value, source)
    identity = value.identity
    if name.startswith("_") or identity.parent is None or not owned(frame):
        return
    if value.made.frame is not frame or value.made.node is not source:
        return
    # `key, sub = split(key)` leaves a `key` for the next time; not needing it is no mistake.
    if name in names_in(source):
        return
    where = (source, name)
    known = machine.ledger.derived_names.get(where)
    if known is None:
        assert frame.function is not None
        known = DerivedName(name, machine.place(source), frame.function.node)
        machine.ledger.derived_names[where] = known
    known.identities.append(identity)


def _ignored(frame: Frame, name: str, source: cst.CSTNode) -> KeyParameter | None:
    """A parameter of any name that nothing reads before a constant key takes its place."""
    function = frame.function
    if function is None or keylike(name) or not isinstance(function.node, cst.FunctionDef):
        return None
    parameters = function.node.params
    every = (*parameters.posonly_params, *parameters.params, *parameters.kwonly_params)
    found = next((each for each in every if each.name.value == name), None)
    if found is None or name in names_in(source):
        return None
    for statement in function.node.body.body:
        if _binds(statement, name, source):
            return KeyParameter(name, Place(found, function.segment), overrides=False)
        if name in names_in(statement):
            return None
    return None


def _binds(statement: cst.CSTNode, name: str, source: cst.CSTNode) -> bool:
    """Whether a statement is the assignment of one expression to one name."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    small = statement.body[0]
    if not isinstance(small, cst.Assign) or small.value is not source or len(small.targets) != 1:
        return False
    target = small.targets[0].target
    return isinstance(target, cst.Name) and target.value == name


def _overwritten(
    machine: Interpreter,
    frame: Frame,
    parameter: KeyParameter,
    value: Key | KeyArray,
    source: cst.CSTNode,
) -> None:
    root = value.identity.root()
    if not root.constant or machine.path != frame.entry_path:
        return
    if root.seed is None or root.seed.made.frame is frame:
        parameter.read = True  # one message is enough
        machine.events.emit(
            KeyParameterOverwritten(machine.place(source), Confidence.HIGH, parameter.name)
        )


def report_unread(machine: Interpreter) -> None:
    """Say what nobody read."""
    inside: dict[cst.CSTNode, set[str]] = {}  # a function may derive thousands of keys

    def mentioned(node: cst.CSTNode) -> set[str]:
        if node not in inside:
            inside[node] = mentioned_inside(node)
        return inside[node]

    templates: dict[cst.CSTNode, bool] = {}

    def is_template(node: cst.CSTNode) -> bool:
        if node not in templates:
            templates[node] = _to_be_filled_in(node)
        return templates[node]

    for derived in machine.ledger.derived_names.values():
        if any(identity in machine.ledger.read for identity in derived.identities):
            continue
        if derived.name not in mentioned(derived.function) and not is_template(derived.function):
            machine.events.emit(KeyUnused(derived.place, Confidence.HIGH, derived.name))
    for (node, name), parameter in machine.ledger.key_parameters.items():
        if parameter.read or parameter.overrides or not parameter.certain:
            continue
        if name.startswith("_") or not isinstance(node, cst.FunctionDef):
            continue
        if name not in mentioned(node) and not _only_declares(node):
            machine.events.emit(KeyParameterUnused(parameter.place, Confidence.HIGH, name))


def _to_be_filled_in(node: cst.CSTNode) -> bool:
    """A template: a function that sets something to `...`, for somebody to write the rest."""
    return any(
        isinstance(each, cst.Assign) and isinstance(each.value, cst.Ellipsis) for each in walk(node)
    )


def _only_declares(node: cst.FunctionDef) -> bool:
    """A stub: a docstring, `...`, `pass` or `raise`, and nothing else."""
    for statement in node.body.body:
        small = statement.body if isinstance(statement, cst.SimpleStatementLine) else [statement]
        for each in small:
            if isinstance(each, (cst.Pass, cst.Raise)):
                continue
            if isinstance(each, cst.Expr) and isinstance(
                each.value, (cst.Ellipsis, cst.SimpleString, cst.ConcatenatedString)
            ):
                continue
            return False
    return True


def mentioned_inside(node: cst.CSTNode) -> set[str]:
    """Names that functions nested in `node` mention: they may be read whenever those run."""
    found: set[str] = set()
    waiting = list(children(node))
    while waiting:
        current = waiting.pop()
        if isinstance(current, (cst.FunctionDef, cst.Lambda, cst.ClassDef)):
            found |= names_in(current)
        else:
            waiting += children(current)
    return found
