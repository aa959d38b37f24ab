"""What goes over a tree of `ast` and makes LibCST nodes of it, by a function for each kind."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import libcst as cst

from randlint.source import nodes

Origins: TypeAlias = dict[int, ast.AST]
Make: TypeAlias = "Callable[[Translator, Any], Any]"


class Tables(NamedTuple):
    """How each kind of node is made: statements that are blocks and others, and expressions."""

    compound: Mapping[type, Make]
    simple: Mapping[type, Make]
    expressions: Mapping[type, Make]
    unknown: Make  # an expression of a later Python


class Translator:
    """Translates the statements of one segment; `origins` leads back from `id(node)`."""

    __slots__ = ("_tables", "origins")

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self.origins: Origins = {}

    # --- statements

    def statements(self, body: Iterable[ast.stmt]) -> list[cst.BaseStatement]:
        """The statements of a body; each simple one has a line of its own."""
        return [self.statement(each) for each in body]

    def statement(self, node: ast.stmt) -> cst.BaseStatement:
        """One statement."""
        compound = self._tables.compound.get(type(node))
        made: Any
        if compound is not None:
            made = compound(self, node)
            self.origins[id(made)] = node
            return made  # type: ignore[no-any-return]
        simple = self._tables.simple.get(type(node))
        made = simple(self, node) if simple is not None else nodes.pass_()  # `type X = ...`
        line = nodes.line([made])
        self.origins[id(made)] = self.origins[id(line)] = node
        return line

    def block(self, body: list[ast.stmt]) -> cst.IndentedBlock:
        """The statements of an indented block."""
        return nodes.block(self.statements(body))

    def orelse(self, body: list[ast.stmt]) -> cst.Else | None:
        """An `else`, where there is one."""
        return nodes.else_(self.block(body)) if body else None

    # --- expressions

    def expression(self, node: ast.expr) -> Any:
        """One expression."""
        make = self._tables.expressions.get(type(node)) or self._tables.unknown
        made = make(self, node)
        self.origins[id(made)] = node
        return made

    def optional(self, node: ast.expr | None) -> Any:
        """An expression, where there is one."""
        return None if node is None else self.expression(node)

    def name(self, value: str, origin: ast.AST) -> cst.Name:
        """A name that `ast` keeps as a mere string, inside `origin`."""
        made = nodes.name(value)
        self.origins[id(made)] = origin
        return made

    def arguments(self, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> list[Any]:
        """What a call or the bases of a class are given."""
        made = []
        for each in args:
            starred = isinstance(each, ast.Starred)
            value = each.value if isinstance(each, ast.Starred) else each
            argument = nodes.argument(self.expression(value), None, "*" if starred else "")
            self.origins[id(argument)] = each
            made.append(argument)
        for keyword in keywords:
            name = None if keyword.arg is None else self.name(keyword.arg, keyword)
            value = self.expression(keyword.value)
            argument = nodes.argument(value, name, "**" if name is None else "")
            self.origins[id(argument)] = keyword
            made.append(argument)
        return made

    def elements(self, items: list[ast.expr]) -> list[Any]:
        """What stands in a tuple, list or set."""
        made = []
        for each in items:
            if isinstance(each, ast.Starred):
                element: Any = nodes.starred_element(self.expression(each.value))
            else:
                element = nodes.element(self.expression(each))
            self.origins[id(element)] = each
            made.append(element)
        return made

    def generators(self, generators: Sequence[ast.comprehension]) -> Any:
        """The loops of a comprehension."""
        made = None
        for each in reversed(generators):
            ifs = [nodes.comp_if(self.expression(test)) for test in each.ifs]
            made = nodes.comp_for(
                self.expression(each.target), self.expression(each.iter), ifs, made
            )
        return made

    def parameters(self, arguments: ast.arguments) -> cst.Parameters:
        """The parameters of a function."""
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        defaults += arguments.defaults
        made = [
            self._parameter(each, default)
            for each, default in zip(positional, defaults, strict=True)
        ]
        keyword_only = [
            self._parameter(each, default)
            for each, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        ]
        star: Any = cst.MaybeSentinel.DEFAULT
        if arguments.vararg is not None:
            star = self._parameter(arguments.vararg, None)
        elif keyword_only:
            star = nodes.star()
        double = None if arguments.kwarg is None else self._parameter(arguments.kwarg, None)
        split = len(arguments.posonlyargs)
        return nodes.parameters(made[split:], star, keyword_only, double, made[:split])

    def _parameter(self, each: ast.arg, default: ast.expr | None) -> cst.Param:
        made = nodes.parameter(
            self.name(each.arg, each), self.annotation(each.annotation), self.optional(default)
        )
        self.origins[id(made)] = each
        return made

    def annotation(self, node: ast.expr | None) -> cst.Annotation | None:
        """An annotation, where there is one."""
        return None if node is None else nodes.annotation(self.expression(node))

    def decorators(self, decorators: list[ast.expr]) -> list[cst.Decorator]:
        """The decorators of a function or class."""
        return [nodes.decorator(self.expression(each)) for each in decorators]
