"""Indexing a file: where its definitions stand, from `ast`; LibCST for newer syntax only."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator

import libcst as cst

from randlint.interpreter.domain.definitions import ClassDefinition, Definition, Field, Module
from randlint.interpreter.program.modules import class_from_tree, imported_tree, package_of
from randlint.source.segments import Segment

# What can draw without saying so: `from random import gauss`.
_DRAWING = re.compile(r"(?:^|\.)(?:random|secrets|urandom)(?:\.|$)")


def read_module(text: str, filename: str, name: str = "") -> Module:
    """Index `text`.

    Raises:
        SyntaxError, ValueError, RecursionError: `ast` refuses the text.
    """
    lines = _split_lines(text)
    module = Module(filename, name)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in linted code is not our business
            body = ast.parse(text).body
    except SyntaxError as error:
        # "Too many nested parentheses" is a limit, and no syntax that will be allowed some day.
        if "too many" in error.msg or not _index_newer_syntax(module, text, lines):
            raise
    else:
        _index(module, body, lines)
    return module


def _index_newer_syntax(module: Module, text: str, lines: list[str]) -> bool:
    """Index syntax that only LibCST knows: the file becomes one segment with LibCST's tree."""
    tree = _newer_tree("".join(lines))
    if tree is None:
        return False
    segment = Segment(lines, 1, len(lines), module.filename, module.drawing, tree=tree)
    for statement in tree.body:
        if isinstance(statement, cst.FunctionDef):
            name = statement.name.value
            module.functions[name] = Definition(name, segment, statement)
        elif isinstance(statement, cst.ClassDef):
            module.classes[statement.name.value] = class_from_tree(statement, module, segment)
        elif isinstance(statement, cst.SimpleStatementLine):
            _index_simple(module, statement, segment)
    module.statements.append(Definition("", segment))
    return True


# Template strings that LibCST does not know (`tr"..."`, two in a row) it knows as formatted ones.
_TEMPLATE = re.compile(r"(?<!\w)(r?)t(r?)(?=['\"])", re.IGNORECASE)


def _newer_tree(text: str) -> cst.Module | None:
    for each in (text, _TEMPLATE.sub(r"\1f\2", text)):
        try:
            return cst.parse_module(each)
        except Exception:  # of several kinds, and Python has already said what is wrong
            continue
    return None


def _index_simple(module: Module, line: cst.SimpleStatementLine, segment: Segment) -> None:
    for small in line.body:
        if isinstance(small, (cst.Import, cst.ImportFrom)):
            _bind_imports(module, imported_tree(small, module.name), override=True)
        elif isinstance(small, cst.Assign):
            for target in small.targets:
                if isinstance(target.target, cst.Name):
                    name = target.target.value
                    module.assignments[name] = Definition(name, segment, line)


def _split_lines(text: str) -> list[str]:
    # Not str.splitlines: form feeds and other exotic separators do not end a Python line.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line + "\n" for line in lines]


def _index(module: Module, body: list[ast.stmt], lines: list[str]) -> None:
    for first, last, group in _by_lines(body):
        segment = _segment(module, lines, first, last, group)
        for statement in group:
            _index_statement(module, statement, segment, lines)
        only = group[0] if len(group) == 1 else None
        if isinstance(only, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if all(map(_does_nothing, group)):
            continue
        module.statements.append(Definition("", segment))


def _segment(
    module: Module, lines: list[str], first: int, last: int, statements: list[ast.stmt]
) -> Segment:
    made = Segment(lines, first, last, module.filename, module.drawing, statements)
    module.segments.append(made)
    return made


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
            earlier = module.functions.get(statement.name)
            if earlier is not None and not _is_overload(statement):
                module.redefined.append(earlier)
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
            segment = _segment(module, lines, first, last, group)
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
    _bind_imports(module, imported(statement, module.name), override=override)


def _bind_imports(module: Module, pairs: Iterable[tuple[str, str]], *, override: bool) -> None:
    for local, dotted in pairs:
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
    base = package_of(module, statement.level, statement.module or "")
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
        piece = _segment(module, lines, first, last, group)
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
