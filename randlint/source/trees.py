"""From a tree of `ast` to LibCST nodes without layout.

`ast.parse` is needed anyhow, to know where definitions stand, and costs a tenth of what LibCST's
parser costs. So the definitions that are interpreted are translated instead of being parsed again.
Every node remembers the `ast` node that it was made from, which knows the position.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from randlint.source import nodes
from randlint.source.operators import OPERATORS
from randlint.source.statements import COMPOUND, SIMPLE
from randlint.source.translator import Make, Tables, Translator


def translator() -> Translator:
    """A translator of the statements of one segment."""
    return Translator(_TABLES)


# --- what each kind of expression becomes

_KEYWORDS = {None: "None", True: "True", False: "False"}


def _constant(t: Translator, node: ast.Constant) -> Any:
    value = node.value
    match value:
        case bool() | None:
            return nodes.name(_KEYWORDS[value])
        case str() | bytes():
            return nodes.string(repr(value))
        case int():
            return nodes.integer(hex(value) if value > 10**9 else str(value))
        case float():
            return nodes.floating("1e999" if value == float("inf") else repr(value))
        case complex():
            return nodes.imaginary(repr(value))
        case _:
            return nodes.ellipsis()


def _formatted(t: Translator, node: ast.JoinedStr) -> Any:
    parts: list[Any] = []
    for each in node.values:
        if isinstance(each, ast.FormattedValue):
            spec = each.format_spec
            inner = _formatted(t, spec).parts if isinstance(spec, ast.JoinedStr) else None
            parts.append(nodes.formatted_part(t.expression(each.value), inner))
        elif isinstance(each, ast.Constant):
            parts.append(nodes.formatted_text(each.value))
    return nodes.formatted(parts)


def _boolean(t: Translator, node: ast.BoolOp) -> Any:
    operator = OPERATORS[type(node.op)]
    made = t.expression(node.values[0])
    for each in node.values[1:]:
        made = nodes.boolean(made, operator, t.expression(each))
        t.origins[id(made)] = node
    return made


def _comparison(t: Translator, node: ast.Compare) -> Any:
    targets = [
        nodes.comparison_target(OPERATORS[type(operator)], t.expression(each))
        for operator, each in zip(node.ops, node.comparators, strict=True)
    ]
    return nodes.comparison(t.expression(node.left), targets)


def _dictionary(t: Translator, node: ast.Dict) -> Any:
    elements: list[Any] = []
    for key, value in zip(node.keys, node.values, strict=True):
        if key is None:
            elements.append(nodes.starred_dict_element(t.expression(value)))
        else:
            elements.append(nodes.dict_element(t.expression(key), t.expression(value)))
    return nodes.dict_(elements)


def _subscript(t: Translator, node: ast.Subscript) -> Any:
    inside = node.slice
    items = inside.elts if isinstance(inside, ast.Tuple) and inside.elts else [inside]
    return nodes.subscript(
        t.expression(node.value), [_subscript_element(t, each) for each in items]
    )


def _subscript_element(t: Translator, node: ast.expr) -> Any:
    inside: Any
    match node:
        case ast.Slice(lower=lower, upper=upper, step=step):
            inside = nodes.slice_(t.optional(lower), t.optional(upper), t.optional(step))
        case ast.Starred(value=value):
            inside = nodes.index(t.expression(value), "*")
        case _:
            inside = nodes.index(t.expression(node), None)
    t.origins[id(inside)] = node
    return nodes.subscript_element(inside)


def _attribute(t: Translator, node: ast.Attribute) -> Any:
    return nodes.attribute(t.expression(node.value), t.name(node.attr, node))


def _unknown(t: Translator, node: ast.expr) -> Any:
    """Syntax of a later Python: its parts are evaluated, like those of a formatted string."""
    inner = [each for each in ast.iter_child_nodes(node) if isinstance(each, ast.expr)]
    return nodes.formatted([nodes.formatted_part(t.expression(each), None) for each in inner])


_EXPRESSIONS: Mapping[type, Make] = {
    ast.Name: lambda t, n: nodes.name(n.id),
    ast.Constant: _constant,
    ast.JoinedStr: _formatted,
    ast.Attribute: _attribute,
    ast.Call: lambda t, n: nodes.call(t.expression(n.func), t.arguments(n.args, n.keywords)),
    ast.Subscript: _subscript,
    ast.BinOp: lambda t, n: nodes.binary(
        t.expression(n.left), OPERATORS[type(n.op)], t.expression(n.right)
    ),
    ast.UnaryOp: lambda t, n: nodes.unary(OPERATORS[type(n.op)], t.expression(n.operand)),
    ast.BoolOp: _boolean,
    ast.Compare: _comparison,
    ast.IfExp: lambda t, n: nodes.ternary(
        t.expression(n.test), t.expression(n.body), t.expression(n.orelse)
    ),
    ast.Lambda: lambda t, n: nodes.lambda_(t.parameters(n.args), t.expression(n.body)),
    ast.NamedExpr: lambda t, n: nodes.named(t.expression(n.target), t.expression(n.value)),
    ast.Tuple: lambda t, n: nodes.tuple_(t.elements(n.elts)),
    ast.List: lambda t, n: nodes.list_(t.elements(n.elts)),
    ast.Set: lambda t, n: nodes.set_(t.elements(n.elts)),
    ast.Dict: _dictionary,
    ast.ListComp: lambda t, n: nodes.list_comprehension(
        t.expression(n.elt), t.generators(n.generators)
    ),
    ast.SetComp: lambda t, n: nodes.set_comprehension(
        t.expression(n.elt), t.generators(n.generators)
    ),
    ast.GeneratorExp: lambda t, n: nodes.generator(t.expression(n.elt), t.generators(n.generators)),
    ast.DictComp: lambda t, n: nodes.dict_comprehension(
        t.expression(n.key), t.expression(n.value), t.generators(n.generators)
    ),
    ast.Await: lambda t, n: nodes.await_(t.expression(n.value)),
    ast.Yield: lambda t, n: nodes.yield_(t.optional(n.value)),
    ast.YieldFrom: lambda t, n: nodes.yield_(nodes.from_(t.expression(n.value))),
}

_TABLES = Tables(COMPOUND, SIMPLE, _EXPRESSIONS, _unknown)
