"""What a module defines.

Functions, classes and statements become LibCST nodes when somebody asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import libcst as cst

from randlint.interpreter.domain.definitions import ClassDefinition, Definition, Field, Module
from randlint.source.segments import Segment


def class_from_tree(node: cst.ClassDef, module: Module, segment: Segment) -> ClassDefinition:
    """A class defined inside a function, from its LibCST node."""
    methods: dict[str, Definition] = {}
    fields: list[Field] = []
    body = node.body.body if isinstance(node.body, cst.IndentedBlock) else ()
    for statement in body:
        if isinstance(statement, cst.FunctionDef):
            methods[statement.name.value] = Definition(statement.name.value, segment, statement)
        elif isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                if isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                    annotation = dotted_tree(small.annotation.annotation)
                    fields.append(Field(small.target.value, annotation, small.value is not None))
    return ClassDefinition(
        node.name.value,
        module,
        segment,
        tuple(filter(None, (dotted_tree(base.value) for base in node.bases))),
        tuple(filter(None, (dotted_tree(each.decorator) for each in node.decorators))),
        methods,
        tuple(fields),
    )


def dotted_tree(node: cst.BaseExpression) -> str:
    """`dotted_name` for LibCST."""
    # By exact type: LibCST's classes are abstract ones, of which `isinstance` is slow.
    kind = type(node)
    if kind is cst.Name:
        return cast("cst.Name", node).value
    if kind is cst.Attribute:
        attribute = cast("cst.Attribute", node)
        base = dotted_tree(attribute.value)
        return f"{base}.{attribute.attr.value}" if base else ""
    if kind is cst.Call:
        return dotted_tree(cast("cst.Call", node).func)
    if kind is cst.Subscript:
        return dotted_tree(cast("cst.Subscript", node).value)
    if kind is cst.SimpleString:
        return str(cast("object", cast("cst.SimpleString", node).evaluated_value))
    return ""


def imported_tree(node: cst.Import | cst.ImportFrom, module: str) -> Iterator[tuple[str, str]]:
    """Pairs of local name and dotted target; a star import binds `*`."""
    if isinstance(node, cst.ImportFrom):
        base = "" if node.module is None else dotted_tree(node.module)
        base = package_of(module, len(node.relative), base)
        if isinstance(node.names, cst.ImportStar):
            yield "*", base
            return
        for alias in node.names:
            name = dotted_tree(alias.name)
            yield _as(alias) or name, f"{base}.{name}"
        return
    for alias in node.names:
        name, local = dotted_tree(alias.name), _as(alias)
        if local:
            yield local, name
        else:
            yield name.partition(".")[0], name.partition(".")[0]


def _as(alias: cst.ImportAlias) -> str:
    return "" if alias.asname is None else dotted_tree(cast("cst.Name", alias.asname.name))


def package_of(module: str, level: int, base: str) -> str:
    """What `from ..base` means in `module`; an unknown package is written as a dot."""
    if not level:
        return base
    parts = module.split(".")[:-level] if module else []
    return ".".join([*(parts or ["."]), *([base] if base else [])])
