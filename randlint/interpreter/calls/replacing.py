"""States that are replaced, not changed: `state.replace(rng=key)`, `state._replace(...)`."""

from __future__ import annotations

import libcst as cst

from randlint.catalogue import Catalogue, NameSet
from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.symbols import Symbol, Unknown, Value
from randlint.interpreter.domain.values import Instance
from randlint.interpreter.keys import escapes
from randlint.interpreter.machine.core import Interpreter

_REPLACES = frozenset({"replace", "_replace", "tree_at", "update", "set", "_make"})


def replaces(catalogue: Catalogue, name: str) -> bool:
    """Whether a method gives the object with the fields changed that it is given by keyword."""
    return name in _REPLACES or name in catalogue.names_of(NameSet.REPLACERS)


def replaced(
    machine: Interpreter, receiver: Value, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """A new state; a consumed key put there waits for its next use."""
    symbol = Symbol("replaced", (machine.symbols.of(receiver),))
    for name, value in arguments.kwargs.items():
        machine.store(symbol, name, value)
        escapes.report_escape(machine, value, node, name)
    if isinstance(receiver, Instance):
        return Instance(receiver.definition, symbol, False, receiver.labels)
    return Unknown(symbol, machine.labels([receiver, *arguments.values()]))


def call_method(
    machine: Interpreter, receiver: Value, name: str, arguments: Arguments, node: cst.CSTNode
) -> Value:
    """What a method that replaces gives; a framework's own changes further fields by itself."""
    if name in machine.catalogue.names_of(NameSet.REPLACERS):
        fields = sorted(machine.catalogue.names_of(NameSet.REPLACED))
        others: dict[str, Value] = {field: Unknown() for field in fields}
        arguments = Arguments(arguments.args, {**others, **arguments.kwargs})
    return replaced(machine, receiver, arguments, node)
