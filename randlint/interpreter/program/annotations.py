"""What a type annotation says about being a key."""

from __future__ import annotations

import libcst as cst

from randlint.catalogue import Catalogue, NameSet
from randlint.interpreter.domain.definitions import Module
from randlint.interpreter.domain.symbols import Unknown, Value
from randlint.interpreter.domain.values import HostGenerator, Source
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.program.modules import dotted_tree

_PLAIN = frozenset(
    {"str", "int", "float", "bool", "bytes", "dict", "Dict", "Callable", "list", "List", "Hashable"}
)


def declare(machine: Interpreter, value: Unknown, annotation: cst.BaseExpression) -> Value:
    """`value` with what its annotation says: a key, an object that hands out keys, or neither."""
    names = _names(annotation, machine.frame.module)
    symbol = value.identity()
    catalogue = machine.catalogue
    for name in names:
        if catalogue.resolve(name) in catalogue.names_of(NameSet.SOURCES):
            return Source()
        if name in catalogue.names_of(NameSet.HOST_GENERATORS):
            return HostGenerator(name)
        if _means_key(catalogue, name):
            symbol.declared = True
            return value
    if names and all(name in _PLAIN or name == "None" for name in names):
        symbol.declared = False
    return value


def says_key(catalogue: Catalogue, module: Module, dotted: str) -> bool | None:
    """Whether an annotation given as a dotted name means a key; None where it does not say."""
    head, dot, rest = dotted.partition(".")
    name = module.imports.get(head, head) + dot + rest
    if _means_key(catalogue, name):
        return True
    if catalogue.resolve(name) in catalogue.names_of(NameSet.SOURCES) or dotted in _PLAIN:
        return False
    return None


def _means_key(catalogue: Catalogue, name: str) -> bool:
    """Whether a type is one of keys; some are known by the last part of their name."""
    known = catalogue.names_of(NameSet.ANNOTATIONS)
    return name in known or name.rpartition(".")[2] in known


def _quoted(text: str) -> cst.BaseExpression | None:
    """The expression that an annotation has in quotes."""
    try:
        return cst.parse_expression(text.lstrip("rRuU").strip("\"'"))
    except (cst.ParserSyntaxError, RecursionError):
        return None


def _names(annotation: cst.BaseExpression, module: Module) -> list[str]:
    """The dotted names an annotation mentions at its top and inside unions and Optional."""
    match annotation:
        case cst.SimpleString(value=text) if "|" in text or "[" in text:
            inside = _quoted(text)
            return _names(inside, module) if inside is not None else []
        case cst.BinaryOperation(left=left, right=right):
            return _names(left, module) + _names(right, module)
        case cst.Subscript(value=value, slice=parts):
            outer = dotted_tree(value).rpartition(".")[2]
            if outer in {"Optional", "Union", "Annotated"}:
                return [
                    name
                    for part in parts
                    if isinstance(part.slice, cst.Index)
                    for name in _names(part.slice.value, module)
                ]
            return _names(value, module)
        case _:
            dotted = dotted_tree(annotation)
            if not dotted:
                return []
            head, dot, rest = dotted.partition(".")
            return [module.imports.get(head, head) + dot + rest]
