"""What a module defines, found with `ast` and parsed with LibCST only where someone looks.

`Module.lookup` answers what a global name is; functions, classes and statements stay unparsed until
their nodes are asked for.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import cast

import libcst as cst

from randlint.source.segments import Segment

# What can draw without saying so: `from random import gauss`.
_DRAWING = re.compile(r"(?:^|\.)(?:random|secrets|urandom)(?:\.|$)")


@dataclass(slots=True, eq=False)
class Definition:
    """A function or a statement, parsed on demand."""

    name: str
    segment: Segment
    parsed: cst.CSTNode | None = None

    @property
    def node(self) -> cst.CSTNode:
        """The definition's tree."""
        if self.parsed is None:
            self.parsed = self.segment.body[0]
        return self.parsed


@dataclass(slots=True, eq=False)
class Field:
    """An annotated assignment in a class body: what a dataclass makes an argument of."""

    name: str
    annotation: str
    has_default: bool


@dataclass(slots=True, eq=False)
class ClassDefinition:
    """A class: its bases and decorators by dotted name, its methods and fields."""

    name: str
    module: Module
    segment: Segment
    bases: tuple[str, ...]
    decorators: tuple[str, ...]
    methods: Mapping[str, Definition]
    fields: tuple[Field, ...]
    statements: tuple[Definition, ...] = ()


@dataclass(slots=True, eq=False)
class Module:
    """One linted file: definitions by name, imports by name, and the statements to run."""

    filename: str
    name: str
    imports: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    functions: dict[str, Definition] = field(default_factory=dict)
    classes: dict[str, ClassDefinition] = field(default_factory=dict)
    assignments: dict[str, Definition] = field(default_factory=dict)
    statements: list[Definition] = field(default_factory=list)
    drawing: set[str] = field(default_factory=set)  # local names of random modules and functions

    def drawing_names(self) -> re.Pattern[str] | None:
        """Names of this module's functions, classes and globals that can draw, as a pattern.

        What mentions one of them can draw too, through it: the set is closed under that.
        """
        named = [*self.functions.items(), *self.assignments.items()]
        for owner in self.classes.values():
            for name, method in owner.methods.items():
                # Whoever constructs or calls an object of the class names the class.
                special = name.startswith("__") or name == "setup"
                named.append((owner.name if special else name, method))
        found = {name for name, each in named if each.segment.drawing}
        pattern = _any_of(found)
        waiting = [(name, each.segment.text) for name, each in named if name not in found]
        while pattern is not None and waiting:
            reached = {name for name, text in waiting if pattern.search(text) is not None}
            if not reached:
                break
            found |= reached
            pattern = _any_of(found)
            waiting = [(name, text) for name, text in waiting if name not in reached]
        return pattern

    def roots(self) -> frozenset[str]:
        """The top-level packages the module imports."""
        names = [*self.imports.values(), *self.stars]
        return frozenset(name.partition(".")[0] for name in names)


def _any_of(names: set[str]) -> re.Pattern[str] | None:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, sorted(names)))})\b") if names else None


def read_module(text: str, filename: str, name: str = "") -> Module:
    """Index `text`.

    Raises:
        SyntaxError, ValueError, RecursionError: `ast` refuses the text.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in linted code is not our business
        tree = ast.parse(text)
    module = Module(filename, name)
    lines = _split_lines(text)
    _index(module, tree.body, lines)
    return module


def _split_lines(text: str) -> list[str]:
    # Not str.splitlines: form feeds and other exotic separators do not end a Python line.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line + "\n" for line in lines]


def _index(module: Module, body: list[ast.stmt], lines: list[str]) -> None:
    for first, last, group in _by_lines(body):
        segment = Segment(lines, first, last, module.filename, module.drawing)
        for statement in group:
            _index_statement(module, statement, segment, lines)
        only = group[0] if len(group) == 1 else None
        if isinstance(only, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if all(map(_does_nothing, group)):
            continue
        module.statements.append(Definition("", segment))


def _does_nothing(statement: ast.stmt) -> bool:
    """Imports, docstrings and constants: running them teaches nothing."""
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(value=ast.List(elts=items) | ast.Tuple(elts=items)):
            return all(isinstance(item, ast.Constant) for item in items)
        case ast.Assign(value=ast.Constant() | ast.Name()):
            return True
        case _:
            return False


def _by_lines(body: list[ast.stmt]) -> Iterator[tuple[int, int, list[ast.stmt]]]:
    """Statements that share a line (`a = 1; b = 2`) share a segment."""
    group: list[ast.stmt] = []
    start = end = 0
    for statement in body:
        first = _first_line(statement)
        last = statement.end_lineno or first
        if group and first <= end:
            group.append(statement)
            end = max(end, last)
            continue
        if group:
            yield start, end, group
        group, start, end = [statement], first, last
    if group:
        yield start, end, group


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", None)
    return decorators[0].lineno if decorators else statement.lineno


def _index_statement(
    module: Module, statement: ast.stmt, segment: Segment, lines: list[str]
) -> None:
    match statement:
        case ast.Import() | ast.ImportFrom():
            read_import(module, statement)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            module.functions[statement.name] = Definition(statement.name, segment)
        case ast.ClassDef():
            module.classes[statement.name] = _read_class(module, statement, segment, lines)
        case ast.Assign():
            for target in statement.targets:
                for name in _names(target):
                    module.assignments[name] = Definition(name, segment)
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
            module.assignments[name] = Definition(name, segment)
        case ast.If() | ast.Try() | ast.With():
            _index_nested(module, statement, lines)
        case _:
            pass


def _index_nested(module: Module, statement: ast.If | ast.Try | ast.With, lines: list[str]) -> None:
    """Imports and definitions below a top-level `if`, `try` or `with` are global too."""
    blocks = [statement.body, getattr(statement, "orelse", []), getattr(statement, "finalbody", [])]
    blocks += [handler.body for handler in getattr(statement, "handlers", [])]
    for block in blocks:
        for first, last, group in _by_lines(block):
            if first == statement.lineno:
                continue  # `if x: import y` on one line: not worth a parse of its own
            segment = Segment(lines, first, last, module.filename, module.drawing)
            for inner in group:
                if isinstance(inner, (ast.Import, ast.ImportFrom)):
                    read_import(module, inner, override=False)
                elif isinstance(
                    inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.Try)
                ):
                    _index_statement(module, inner, segment, lines)


def _names(target: ast.expr) -> Iterator[str]:
    match target:
        case ast.Name(id=name):
            yield name
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield from _names(element)
        case ast.Starred(value=value):
            yield from _names(value)
        case _:
            pass


def read_import(
    module: Module, statement: ast.Import | ast.ImportFrom, *, override: bool = True
) -> None:
    """Note what an import statement binds."""
    for local, dotted in imported(statement, module.name):
        if local == "*":
            module.stars.append(dotted)
        elif override or local not in module.imports:
            module.imports[local] = dotted
            if _DRAWING.search(dotted):
                module.drawing.add(local)


def imported(statement: ast.Import | ast.ImportFrom, module: str) -> Iterator[tuple[str, str]]:
    """Pairs of local name and dotted target; relative imports start with the module's package."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.asname:
                yield alias.asname, alias.name
            else:
                root = alias.name.partition(".")[0]
                yield root, root
        return
    base = statement.module or ""
    if statement.level:
        parts = module.split(".")[: -statement.level] if module else []
        base = ".".join([*(parts or ["."]), *([base] if base else [])])
    for alias in statement.names:
        if alias.name == "*":
            yield "*", base
        else:
            yield alias.asname or alias.name, f"{base}.{alias.name}"


def dotted_name(expression: ast.expr) -> str:
    """`a.b.c` for a chain of attributes (through a call or a subscript), else an empty string."""
    match expression:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attribute):
            base = dotted_name(value)
            return f"{base}.{attribute}" if base else ""
        case ast.Call(func=function):
            return dotted_name(function)
        case ast.Subscript(value=value):
            return dotted_name(value)
        case ast.Constant(value=str(text)):
            return text
        case _:
            return ""


def _read_class(
    module: Module, statement: ast.ClassDef, segment: Segment, lines: list[str]
) -> ClassDefinition:
    methods: dict[str, Definition] = {}
    fields: list[Field] = []
    statements: list[Definition] = []
    for first, last, group in _by_lines(statement.body):
        if first <= statement.lineno:
            continue
        piece = Segment(lines, first, last, module.filename, module.drawing)
        for inner in group:
            match inner:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    if not _is_overload(inner):
                        methods[name] = Definition(name, piece)
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                    fields.append(Field(name, dotted_name(annotation), value is not None))
                case ast.Assign():
                    statements.append(Definition("", piece))
                case _:
                    pass
    return ClassDefinition(
        statement.name,
        module,
        segment,
        tuple(filter(None, map(dotted_name, statement.bases))),
        tuple(filter(None, map(dotted_name, statement.decorator_list))),
        methods,
        tuple(fields),
        tuple(statements),
    )


def _is_overload(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(
        dotted_name(decorator).rpartition(".")[2] in {"overload", "setter", "deleter"}
        for decorator in function.decorator_list
    )


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
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(value=value, attr=attribute):
            base = dotted_tree(value)
            return f"{base}.{attribute.value}" if base else ""
        case cst.Call(func=function):
            return dotted_tree(function)
        case cst.Subscript(value=value):
            return dotted_tree(value)
        case cst.SimpleString():
            return str(cast("object", node.evaluated_value))
        case _:
            return ""
