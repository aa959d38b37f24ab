"""The statements of `ast` as LibCST nodes without layout: one function per kind."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import libcst as cst

from randlint.source import nodes
from randlint.source.operators import AUGMENTED
from randlint.source.patterns import PATTERNS
from randlint.source.translator import Make, Translator


def _assign(t: Translator, node: ast.Assign) -> Any:
    targets = [nodes.assign_target(t.expression(each)) for each in node.targets]
    return nodes.assign(targets, t.expression(node.value))


def _augmented(t: Translator, node: ast.AugAssign) -> Any:
    target, value = t.expression(node.target), t.expression(node.value)
    return nodes.augmented(target, AUGMENTED[type(node.op)], value)


def _raise(t: Translator, node: ast.Raise) -> Any:
    cause = None if node.cause is None else nodes.from_(t.expression(node.cause))
    return nodes.raise_(t.optional(node.exc), cause)


def _delete(t: Translator, node: ast.Delete) -> Any:
    if len(node.targets) == 1:
        return nodes.delete(t.expression(node.targets[0]))
    targets = nodes.tuple_(t.elements(node.targets))
    t.origins[id(targets)] = node
    return nodes.delete(targets)


def _outer(t: Translator, node: ast.Global | ast.Nonlocal) -> Any:
    names = [nodes.name_item(t.name(each, node)) for each in node.names]
    return nodes.global_(names) if isinstance(node, ast.Global) else nodes.nonlocal_(names)


def _import(t: Translator, node: ast.Import) -> Any:
    return nodes.import_([_alias(t, each) for each in node.names])


def _import_from(t: Translator, node: ast.ImportFrom) -> Any:
    names: Any = [_alias(t, each) for each in node.names]
    if node.names[0].name == "*":
        names = nodes.import_star()
    module = None if node.module is None else _dotted(t, node.module, node)
    return nodes.import_from(module, names, [nodes.dot() for _ in range(node.level or 0)])


def _alias(t: Translator, alias: ast.alias) -> cst.ImportAlias:
    asname = None if alias.asname is None else nodes.as_name(t.name(alias.asname, alias))
    return nodes.import_alias(_dotted(t, alias.name, alias), asname)


def _dotted(t: Translator, text: str, origin: ast.AST) -> Any:
    first, *rest = text.split(".")
    made: Any = t.name(first, origin)
    for each in rest:
        made = nodes.attribute(made, t.name(each, origin))
        t.origins[id(made)] = origin
    return made


SIMPLE: Mapping[type, Make] = {
    ast.Expr: lambda t, n: nodes.expression_statement(t.expression(n.value)),
    ast.Assign: _assign,
    ast.AnnAssign: lambda t, n: nodes.annotated(
        t.expression(n.target), t.annotation(n.annotation), t.optional(n.value)
    ),
    ast.AugAssign: _augmented,
    ast.Return: lambda t, n: nodes.return_(t.optional(n.value)),
    ast.Raise: _raise,
    ast.Assert: lambda t, n: nodes.assert_(t.expression(n.test), t.optional(n.msg)),
    ast.Delete: _delete,
    ast.Pass: lambda t, n: nodes.pass_(),
    ast.Break: lambda t, n: nodes.break_(),
    ast.Continue: lambda t, n: nodes.continue_(),
    ast.Global: _outer,
    ast.Nonlocal: _outer,
    ast.Import: _import,
    ast.ImportFrom: _import_from,
}


def _if(t: Translator, node: ast.If) -> Any:
    """An `if` with all its `elif`s, last arm first: a chain may be thousands of arms long."""
    chain = [node]
    while len(chain[-1].orelse) == 1 and isinstance(chain[-1].orelse[0], ast.If):
        chain.append(chain[-1].orelse[0])
    made: Any = t.orelse(chain[-1].orelse)
    for each in reversed(chain):
        made = nodes.if_(t.expression(each.test), t.block(each.body), made)
        t.origins[id(made)] = each
    return made


def _try(t: Translator, node: Any) -> Any:
    is_star = not isinstance(node, ast.Try)
    handlers = []
    for each in node.handlers:
        name = None if each.name is None else nodes.as_name(t.name(each.name, each))
        make: Callable[..., Any] = nodes.star_handler if is_star else nodes.handler
        handlers.append(make(t.optional(each.type), name, t.block(each.body)))
    final = nodes.finally_(t.block(node.finalbody)) if node.finalbody else None
    made: Callable[..., Any] = nodes.try_star if is_star else nodes.try_
    return made(t.block(node.body), handlers, t.orelse(node.orelse), final)


def _with(t: Translator, node: ast.With) -> Any:
    items = []
    for each in node.items:
        target = each.optional_vars
        asname = None if target is None else nodes.as_name(t.expression(target))
        items.append(nodes.with_item(t.expression(each.context_expr), asname))
    return nodes.with_(items, t.block(node.body))


def _match(t: Translator, node: ast.Match) -> Any:
    cases = [
        nodes.match_case(
            PATTERNS[type(each.pattern)](t, each.pattern),
            t.optional(each.guard),
            t.block(each.body),
        )
        for each in node.cases
    ]
    return nodes.match(t.expression(node.subject), cases)


def _function(t: Translator, node: ast.FunctionDef) -> Any:
    return nodes.function(
        t.name(node.name, node),
        t.parameters(node.args),
        t.block(node.body),
        t.decorators(node.decorator_list),
        t.annotation(node.returns),
    )


def _class(t: Translator, node: ast.ClassDef) -> Any:
    return nodes.class_(
        t.name(node.name, node),
        t.arguments(node.bases, ()),
        t.arguments((), node.keywords),
        t.block(node.body),
        t.decorators(node.decorator_list),
    )


COMPOUND: Mapping[type, Make] = {
    ast.If: _if,
    ast.For: lambda t, n: nodes.for_(
        t.expression(n.target), t.expression(n.iter), t.block(n.body), t.orelse(n.orelse)
    ),
    ast.While: lambda t, n: nodes.while_(t.expression(n.test), t.block(n.body), t.orelse(n.orelse)),
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.Match: _match,
    ast.FunctionDef: _function,
    ast.ClassDef: _class,
}
COMPOUND = {
    **COMPOUND,
    ast.AsyncFor: COMPOUND[ast.For],
    ast.AsyncWith: _with,
    ast.AsyncFunctionDef: _function,
}
