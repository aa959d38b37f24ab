"""From a tree of `ast` to LibCST nodes without layout.

`ast.parse` is needed anyhow, to know where definitions stand, and costs a tenth of what LibCST's
parser costs. So the definitions that are interpreted are translated instead of being parsed again.
Every node remembers the `ast` node that it was made from, which knows the position.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import libcst as cst

from randlint.source import nodes
from randlint.source.patterns import PATTERNS

Origins: TypeAlias = dict[int, ast.AST]


def _instances(kinds: dict[type, Any]) -> Mapping[type, Any]:
    """One node of each kind: an operator without its blanks is always the same."""
    return {kind: object.__new__(other) for kind, other in kinds.items()}


_OPERATORS = _instances(
    {
        ast.Add: cst.Add,
        ast.Sub: cst.Subtract,
        ast.Mult: cst.Multiply,
        ast.MatMult: cst.MatrixMultiply,
        ast.Div: cst.Divide,
        ast.Mod: cst.Modulo,
        ast.Pow: cst.Power,
        ast.LShift: cst.LeftShift,
        ast.RShift: cst.RightShift,
        ast.BitOr: cst.BitOr,
        ast.BitXor: cst.BitXor,
        ast.BitAnd: cst.BitAnd,
        ast.FloorDiv: cst.FloorDivide,
        ast.Invert: cst.BitInvert,
        ast.Not: cst.Not,
        ast.UAdd: cst.Plus,
        ast.USub: cst.Minus,
        ast.And: cst.And,
        ast.Or: cst.Or,
        ast.Eq: cst.Equal,
        ast.NotEq: cst.NotEqual,
        ast.Lt: cst.LessThan,
        ast.LtE: cst.LessThanEqual,
        ast.Gt: cst.GreaterThan,
        ast.GtE: cst.GreaterThanEqual,
        ast.Is: cst.Is,
        ast.IsNot: cst.IsNot,
        ast.In: cst.In,
        ast.NotIn: cst.NotIn,
    }
)
_AUGMENTED = _instances(
    {
        ast.Add: cst.AddAssign,
        ast.Sub: cst.SubtractAssign,
        ast.Mult: cst.MultiplyAssign,
        ast.MatMult: cst.MatrixMultiplyAssign,
        ast.Div: cst.DivideAssign,
        ast.Mod: cst.ModuloAssign,
        ast.Pow: cst.PowerAssign,
        ast.LShift: cst.LeftShiftAssign,
        ast.RShift: cst.RightShiftAssign,
        ast.BitOr: cst.BitOrAssign,
        ast.BitXor: cst.BitXorAssign,
        ast.BitAnd: cst.BitAndAssign,
        ast.FloorDiv: cst.FloorDivideAssign,
    }
)


class Translator:
    """Translates the statements of one segment; `origins` leads back from `id(node)`."""

    __slots__ = ("origins",)

    def __init__(self) -> None:
        self.origins: Origins = {}

    # --- statements

    def statements(self, body: Iterable[ast.stmt]) -> list[cst.BaseStatement]:
        """The statements of a body; each simple one has a line of its own."""
        return [self.statement(each) for each in body]

    def statement(self, node: ast.stmt) -> cst.BaseStatement:
        """One statement."""
        compound = _COMPOUND.get(type(node))
        made: Any
        if compound is not None:
            made = compound(self, node)
            self.origins[id(made)] = node
            return made  # type: ignore[no-any-return]
        simple = _SIMPLE.get(type(node))
        made = simple(self, node) if simple is not None else nodes.pass_()  # `type X = ...`
        line = nodes.line([made])
        self.origins[id(made)] = self.origins[id(line)] = node
        return line

    def _block(self, body: list[ast.stmt]) -> cst.IndentedBlock:
        return nodes.block(self.statements(body))

    def _else(self, body: list[ast.stmt]) -> cst.Else | None:
        return nodes.else_(self._block(body)) if body else None

    # --- expressions

    def expression(self, node: ast.expr) -> Any:
        """One expression."""
        make = _EXPRESSIONS.get(type(node)) or _unknown
        made = make(self, node)
        self.origins[id(made)] = node
        return made

    def _optional(self, node: ast.expr | None) -> Any:
        return None if node is None else self.expression(node)

    def name(self, value: str, origin: ast.AST) -> cst.Name:
        """A name that `ast` keeps as a mere string, inside `origin`."""
        made = nodes.name(value)
        self.origins[id(made)] = origin
        return made

    def _arguments(self, args: Sequence[ast.expr], keywords: Sequence[ast.keyword]) -> list[Any]:
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

    def _elements(self, items: list[ast.expr]) -> list[Any]:
        made = []
        for each in items:
            if isinstance(each, ast.Starred):
                element: Any = nodes.starred_element(self.expression(each.value))
            else:
                element = nodes.element(self.expression(each))
            self.origins[id(element)] = each
            made.append(element)
        return made

    def _generators(self, generators: Sequence[ast.comprehension]) -> Any:
        made = None
        for each in reversed(generators):
            ifs = [nodes.comp_if(self.expression(test)) for test in each.ifs]
            made = nodes.comp_for(
                self.expression(each.target), self.expression(each.iter), ifs, made
            )
        return made

    def _parameters(self, arguments: ast.arguments) -> cst.Parameters:
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
            self.name(each.arg, each), self._annotation(each.annotation), self._optional(default)
        )
        self.origins[id(made)] = each
        return made

    def _annotation(self, node: ast.expr | None) -> cst.Annotation | None:
        return None if node is None else nodes.annotation(self.expression(node))

    def _decorators(self, decorators: list[ast.expr]) -> list[cst.Decorator]:
        return [nodes.decorator(self.expression(each)) for each in decorators]


# --- what each kind of expression becomes

_Make: TypeAlias = Callable[[Translator, Any], Any]
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
            parts.append(nodes.formatted_part(t.expression(each.value)))
        elif isinstance(each, ast.Constant):
            parts.append(nodes.formatted_text(each.value))
    return nodes.formatted(parts)


def _boolean(t: Translator, node: ast.BoolOp) -> Any:
    operator = _OPERATORS[type(node.op)]
    made = t.expression(node.values[0])
    for each in node.values[1:]:
        made = nodes.boolean(made, operator, t.expression(each))
        t.origins[id(made)] = node
    return made


def _comparison(t: Translator, node: ast.Compare) -> Any:
    targets = [
        nodes.comparison_target(_OPERATORS[type(operator)], t.expression(each))
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
            inside = nodes.slice_(t._optional(lower), t._optional(upper), t._optional(step))
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
    return nodes.formatted([nodes.formatted_part(t.expression(each)) for each in inner])


_EXPRESSIONS: Mapping[type, _Make] = {
    ast.Name: lambda t, n: nodes.name(n.id),
    ast.Constant: _constant,
    ast.JoinedStr: _formatted,
    ast.Attribute: _attribute,
    ast.Call: lambda t, n: nodes.call(t.expression(n.func), t._arguments(n.args, n.keywords)),
    ast.Subscript: _subscript,
    ast.BinOp: lambda t, n: nodes.binary(
        t.expression(n.left), _OPERATORS[type(n.op)], t.expression(n.right)
    ),
    ast.UnaryOp: lambda t, n: nodes.unary(_OPERATORS[type(n.op)], t.expression(n.operand)),
    ast.BoolOp: _boolean,
    ast.Compare: _comparison,
    ast.IfExp: lambda t, n: nodes.ternary(
        t.expression(n.test), t.expression(n.body), t.expression(n.orelse)
    ),
    ast.Lambda: lambda t, n: nodes.lambda_(t._parameters(n.args), t.expression(n.body)),
    ast.NamedExpr: lambda t, n: nodes.named(t.expression(n.target), t.expression(n.value)),
    ast.Tuple: lambda t, n: nodes.tuple_(t._elements(n.elts)),
    ast.List: lambda t, n: nodes.list_(t._elements(n.elts)),
    ast.Set: lambda t, n: nodes.set_(t._elements(n.elts)),
    ast.Dict: _dictionary,
    ast.ListComp: lambda t, n: nodes.list_comprehension(
        t.expression(n.elt), t._generators(n.generators)
    ),
    ast.SetComp: lambda t, n: nodes.set_comprehension(
        t.expression(n.elt), t._generators(n.generators)
    ),
    ast.GeneratorExp: lambda t, n: nodes.generator(
        t.expression(n.elt), t._generators(n.generators)
    ),
    ast.DictComp: lambda t, n: nodes.dict_comprehension(
        t.expression(n.key), t.expression(n.value), t._generators(n.generators)
    ),
    ast.Await: lambda t, n: nodes.await_(t.expression(n.value)),
    ast.Yield: lambda t, n: nodes.yield_(t._optional(n.value)),
    ast.YieldFrom: lambda t, n: nodes.yield_(nodes.from_(t.expression(n.value))),
}


# --- what each kind of statement becomes


def _assign(t: Translator, node: ast.Assign) -> Any:
    targets = [nodes.assign_target(t.expression(each)) for each in node.targets]
    return nodes.assign(targets, t.expression(node.value))


def _augmented(t: Translator, node: ast.AugAssign) -> Any:
    target, value = t.expression(node.target), t.expression(node.value)
    return nodes.augmented(target, _AUGMENTED[type(node.op)], value)


def _raise(t: Translator, node: ast.Raise) -> Any:
    cause = None if node.cause is None else nodes.from_(t.expression(node.cause))
    return nodes.raise_(t._optional(node.exc), cause)


def _delete(t: Translator, node: ast.Delete) -> Any:
    if len(node.targets) == 1:
        return nodes.delete(t.expression(node.targets[0]))
    targets = nodes.tuple_(t._elements(node.targets))
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


_SIMPLE: Mapping[type, _Make] = {
    ast.Expr: lambda t, n: nodes.expression_statement(t.expression(n.value)),
    ast.Assign: _assign,
    ast.AnnAssign: lambda t, n: nodes.annotated(
        t.expression(n.target), t._annotation(n.annotation), t._optional(n.value)
    ),
    ast.AugAssign: _augmented,
    ast.Return: lambda t, n: nodes.return_(t._optional(n.value)),
    ast.Raise: _raise,
    ast.Assert: lambda t, n: nodes.assert_(t.expression(n.test), t._optional(n.msg)),
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
    made: Any = t._else(chain[-1].orelse)
    for each in reversed(chain):
        made = nodes.if_(t.expression(each.test), t._block(each.body), made)
        t.origins[id(made)] = each
    return made


def _try(t: Translator, node: Any) -> Any:
    is_star = not isinstance(node, ast.Try)
    handlers = []
    for each in node.handlers:
        name = None if each.name is None else nodes.as_name(t.name(each.name, each))
        make: Callable[..., Any] = nodes.star_handler if is_star else nodes.handler
        handlers.append(make(t._optional(each.type), name, t._block(each.body)))
    final = nodes.finally_(t._block(node.finalbody)) if node.finalbody else None
    made: Callable[..., Any] = nodes.try_star if is_star else nodes.try_
    return made(t._block(node.body), handlers, t._else(node.orelse), final)


def _with(t: Translator, node: ast.With) -> Any:
    items = []
    for each in node.items:
        target = each.optional_vars
        asname = None if target is None else nodes.as_name(t.expression(target))
        items.append(nodes.with_item(t.expression(each.context_expr), asname))
    return nodes.with_(items, t._block(node.body))


def _match(t: Translator, node: ast.Match) -> Any:
    cases = [
        nodes.match_case(
            PATTERNS[type(each.pattern)](t, each.pattern),
            t._optional(each.guard),
            t._block(each.body),
        )
        for each in node.cases
    ]
    return nodes.match(t.expression(node.subject), cases)


def _function(t: Translator, node: ast.FunctionDef) -> Any:
    return nodes.function(
        t.name(node.name, node),
        t._parameters(node.args),
        t._block(node.body),
        t._decorators(node.decorator_list),
        t._annotation(node.returns),
    )


def _class(t: Translator, node: ast.ClassDef) -> Any:
    return nodes.class_(
        t.name(node.name, node),
        t._arguments(node.bases, ()),
        t._arguments((), node.keywords),
        t._block(node.body),
        t._decorators(node.decorator_list),
    )


_COMPOUND: Mapping[type, _Make] = {
    ast.If: _if,
    ast.For: lambda t, n: nodes.for_(
        t.expression(n.target), t.expression(n.iter), t._block(n.body), t._else(n.orelse)
    ),
    ast.While: lambda t, n: nodes.while_(t.expression(n.test), t._block(n.body), t._else(n.orelse)),
    ast.Try: _try,
    ast.TryStar: _try,
    ast.With: _with,
    ast.Match: _match,
    ast.FunctionDef: _function,
    ast.ClassDef: _class,
}
_COMPOUND = {
    **_COMPOUND,
    ast.AsyncFor: _COMPOUND[ast.For],
    ast.AsyncWith: _with,
    ast.AsyncFunctionDef: _function,
}
