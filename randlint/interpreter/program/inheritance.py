"""What a class is by its bases: traced by its framework, immutable, open to bases unknown."""

from __future__ import annotations

import re

from randlint.catalogue import NameSet
from randlint.interpreter.domain.definitions import ClassDefinition
from randlint.interpreter.domain.names import called_once
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.program.resolving import all_fields, external_bases, lineage

# Classes without attributes of their own, besides those of the catalogue.
_PLAIN_BASES = frozenset(
    {"object", "abc.ABC", "typing.Generic", "typing.Protocol", "typing.NamedTuple", "enum.Enum"}
    | {"dataclasses.dataclass"}
)


def runs_traced(machine: Interpreter, owner: ClassDefinition, method: str) -> bool:
    """Whether a method runs under a trace because of the framework its class belongs to."""
    return not called_once(method) and is_traced(machine, owner)


def is_traced(machine: Interpreter, owner: ClassDefinition) -> bool:
    """Whether the class is one of a framework's modules."""
    traced = machine.catalogue.names_of(NameSet.TRACED_BASES)
    return any(base in traced for base in external_bases(machine, owner))


def is_immutable(machine: Interpreter, owner: ClassDefinition) -> bool:
    """Whether attributes of the class's objects cannot be assigned to."""
    bases = external_bases(machine, owner)
    return any(base in machine.catalogue.names_of(NameSet.IMMUTABLE_BASES) for base in bases)


def may_inherit(machine: Interpreter, owner: ClassDefinition, name: str) -> bool:
    """Whether an attribute can come from a base class that is neither here nor in the catalogue."""
    catalogue = machine.catalogue
    listed = (NameSet.TRACED_BASES, NameSet.IMMUTABLE_BASES, NameSet.PLAIN_BASES)
    known = _PLAIN_BASES.union(*map(catalogue.names_of, listed))
    if all(base in known for base in external_bases(machine, owner)):
        return False
    if any(each.name == name for each in all_fields(machine, owner)):
        return False
    others = r"(?:[\w.*]+[ \t]*,[ \t]*)*"
    assigned = re.compile(
        rf"^[ \t]*\(?{others}self\.{re.escape(name)}[ \t]*(?:,[\w.* \t,]*\)?)?(?::[^=\n]*)?=[^=]",
        re.MULTILINE,
    )
    return not any(
        assigned.search(method.segment.text)
        for current in lineage(machine, owner)
        for method in current.methods.values()
    )


def is_data_field(machine: Interpreter, owner: ClassDefinition, name: str) -> bool:
    """Whether an attribute is an annotated field that no method assigns: part of a value."""
    if all(each.name != name for each in all_fields(machine, owner)):
        return False
    assigned = re.compile(rf"self\.{re.escape(name)}\s*(?:,[^=\n]*)?=[^=]")
    return not any(
        assigned.search(method.segment.text)
        for current in lineage(machine, owner)
        for method in current.methods.values()
        if not called_once(method.name)
    )
