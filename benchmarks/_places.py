"""Where the keys of a module are made and used: what `_mutations.py` chooses its places from.

Read with LibCST and its positions, and by rules of these files alone: nothing here is shared with
the interpreter of randlint, so that what randlint cannot see can still be chosen.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cached_property

import libcst as cst
from _scopes import Block, Indexed, Scope, Span, Split, Step, Use, children, dotted, number
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

_NO_DRAWS = frozenset(
    [
        "PRNGKey",
        "key",
        "split",
        "fold_in",
        "key_data",
        "wrap_key_data",
        "clone",
        "key_impl",
        "default_prng_impl",
    ]
)


_HINT = re.compile(r"split\(|fold_in\(|PRNGKey|stop_gradient|grad\(|random|\bj?rn?g?\.|\bkey\(")


_STOCHASTIC = re.compile(r"[Dd]ropout|next_rng_key|make_rng|\brngs=")


def _relevant(text: str) -> str:
    """The text with what cannot hold a place turned into spaces: parsing is what takes time."""
    lines = re.split(r"(?<=\n)", text)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return text
    if "\r" in text or "\f" in text:
        return text  # lines are counted in other ways there
    handed = set(re.findall(r"grad\(\s*(\w+)", text))
    classes = [each for each in tree.body if isinstance(each, ast.ClassDef)]
    for node in (*tree.body, *(each for kind in classes for each in kind.body)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            start = min([node.lineno, *(each.lineno for each in node.decorator_list)]) - 1
            end = node.end_lineno or node.lineno
            hinted = node.name in handed or _HINT.search("".join(lines[start:end]))
            if not hinted:
                for row in range(start, end):
                    lines[row] = re.sub(r"[^\n]", " ", lines[row])
    return "".join(lines)


class Module:
    """A module's text, functions and names of `jax.random`; raises cst.ParserSyntaxError."""

    def __init__(self, text: str) -> None:
        self.text = text
        wrapper = MetadataWrapper(cst.parse_module(_relevant(text)), unsafe_skip_copy=True)
        self.tree = wrapper.module
        self._positions = wrapper.resolve(PositionProvider)
        self._starts = [0, *(each.end() for each in re.finditer("\r\n|\r|\n", text))]
        self.names = dict(_imports(self.tree))

    @cached_property
    def stochastic(self) -> bool:
        """Whether networks of the module may draw when they are applied."""
        return _STOCHASTIC.search(self.text) is not None

    @cached_property
    def scopes(self) -> list[Scope]:
        found: list[Scope] = []
        _Reader(self, found).functions(self.tree.body, None, in_class=False)
        return found

    def span(self, node: cst.CSTNode) -> Span:
        place = self._positions[node]
        assert isinstance(place, CodeRange)
        start, end = place.start, place.end
        return Span(
            self._starts[start.line - 1] + start.column,
            self._starts[end.line - 1] + end.column,
            start.line,
        )

    def code(self, node: cst.CSTNode) -> str:
        span = self.span(node)
        return self.text[span.start : span.end]

    def line_start(self, line: int) -> int:
        return self._starts[line - 1]

    def last_line(self, node: cst.CSTNode) -> int:
        return self._positions[node].end.line

    def random(self, callee: str) -> str | None:
        """The name in `jax.random` that a dotted name stands for."""
        head, _, rest = callee.partition(".")
        full = ".".join(filter(None, (self.names.get(head, ""), rest)))
        return full.removeprefix("jax.random.") if full.startswith("jax.random.") else None

    def draws(self, callee: str) -> bool:
        name = self.random(callee)
        return name is not None and name not in _NO_DRAWS

    def spelled(self, name: str) -> str | None:
        """How the module writes a name of `jax.random`."""
        for alias, full in self.names.items():
            if full == "jax.random":
                return f"{alias}.{name}"
        return f"jax.random.{name}" if self.names.get("jax") == "jax" else None


def single_split(module: Module, node: cst.BaseExpression) -> cst.Call | None:
    if isinstance(node, cst.Call) and module.random(dotted(node.func)) == "split":
        return node
    return None


def seeded(module: Module, node: cst.CSTNode | None) -> cst.Call | None:
    """The call, if a node is one, that makes a key from a seed."""
    if isinstance(node, cst.Call) and len(node.args) == 1:
        return node if module.random(dotted(node.func)) in ("PRNGKey", "key") else None
    return None


def _imports(tree: cst.Module) -> Iterator[tuple[str, str]]:
    """What the import statements of a module bind, wherever they stand."""
    stack: list[cst.CSTNode] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, cst.Import | cst.ImportFrom):
            yield from _bound(node)
        elif not isinstance(node, cst.BaseExpression):
            stack.extend(children(node))


def _bound(node: cst.Import | cst.ImportFrom) -> Iterator[tuple[str, str]]:
    base = ""
    if isinstance(node, cst.ImportFrom):
        if node.relative or node.module is None or isinstance(node.names, cst.ImportStar):
            return
        base = dotted(node.module) + "."
    assert not isinstance(node.names, cst.ImportStar)
    for alias in node.names:
        full = dotted(alias.name)
        if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
            yield alias.asname.name.value, base + full
        elif base:
            yield full, base + full
        else:
            yield full.partition(".")[0], full.partition(".")[0]


class _Reader:
    """Walks the statements of a module once and fills the scopes."""

    def __init__(self, module: Module, found: list[Scope]) -> None:
        self.module = module
        self.found = found
        self._compound = 0

    def functions(
        self, body: Iterable[cst.CSTNode], outer: Scope | None, *, in_class: bool
    ) -> None:
        """Read the functions of a module or class body."""
        for node in body:
            if isinstance(node, cst.FunctionDef):
                self.function(node, outer, in_class=in_class)
            elif isinstance(node, cst.ClassDef):
                self.functions(node.body.body, outer, in_class=True)
            elif isinstance(node, cst.If | cst.Try | cst.With):
                self.functions(node.body.body, outer, in_class=in_class)

    def function(self, node: cst.FunctionDef, outer: Scope | None, *, in_class: bool) -> Scope:
        scope = Scope(node, outer, in_class)
        self.found.append(scope)
        self._suite(scope, node.body, ())
        return scope

    def _suite(self, scope: Scope, suite: cst.BaseSuite, block: Block) -> None:
        for node in suite.body:
            if isinstance(node, cst.SimpleStatementLine):
                for small in node.body:
                    self._step(scope, small, block)
            elif isinstance(node, cst.BaseSmallStatement):
                self._step(scope, node, block)
            else:
                self._compound_statement(scope, node, block)

    def _arm(
        self, scope: Scope, node: cst.CSTNode, suite: cst.BaseSuite, block: Block, arm: str
    ) -> None:
        self._suite(scope, suite, (*block, (self._number(scope, node), arm)))

    def _number(self, scope: Scope, node: cst.CSTNode) -> int:
        for known, other in scope.compounds.items():
            if other is node:
                return known
        self._compound += 1
        scope.compounds[self._compound] = node
        return self._compound

    def _compound_statement(self, scope: Scope, node: cst.CSTNode, block: Block) -> None:
        match node:
            case cst.FunctionDef():
                inner = self.function(node, scope, in_class=False)
                inner.at = len(scope.steps)
                scope.inner.append(inner)
                scope.steps.append(Step(node, block, frozenset({node.name.value}), ends=False))
            case cst.ClassDef():
                scope.steps.append(Step(node, block, frozenset({node.name.value}), ends=False))
            case cst.If():
                self._step(scope, node.test, block)
                self._arm(scope, node, node.body, block, "body")
                arm: Block = (*block, (self._number(scope, node), "orelse"))
                if isinstance(node.orelse, cst.If):
                    self._compound_statement(scope, node.orelse, arm)
                elif node.orelse is not None:
                    self._suite(scope, node.orelse.body, arm)
            case cst.For():
                self._step(scope, node.iter, block, _stored(node.target))
                self._arm(scope, node, node.body, block, "body")
            case cst.While():
                self._step(scope, node.test, block)
                self._arm(scope, node, node.body, block, "body")
            case cst.With():
                for item in node.items:
                    target = item.asname.name if item.asname else None
                    self._step(scope, item.item, block, _stored(target) if target else frozenset())
                self._suite(scope, node.body, block)
            case cst.Try():
                self._suite(scope, node.body, block)
                for number_, handler in enumerate(node.handlers):
                    self._arm(scope, node, handler.body, block, f"handler {number_}")
                if node.finalbody is not None:
                    self._suite(scope, node.finalbody.body, block)
            case _:  # match statements and what else: read as one opaque step
                scope.steps.append(Step(node, block, frozenset(), ends=False))

    def _step(
        self, scope: Scope, node: cst.CSTNode, block: Block, stores: frozenset[str] = frozenset()
    ) -> None:
        at = len(scope.steps)
        targets: list[cst.BaseExpression] = []
        value: cst.BaseExpression | None = None
        if isinstance(node, cst.Assign):
            targets, value = [each.target for each in node.targets], node.value
        elif isinstance(node, cst.AnnAssign | cst.AugAssign):
            targets, value = [node.target], node.value
        for target in targets:
            stores |= _stored(target)
        ends = isinstance(node, cst.Return | cst.Raise | cst.Break | cst.Continue)
        scope.steps.append(Step(node, block, stores, ends))
        self._loads(scope, node, at, (), sure=True)
        if len(targets) == 1 and value is not None:
            self._split(scope, targets[0], value, at)

    def _split(
        self, scope: Scope, target: cst.BaseExpression, value: cst.BaseExpression, at: int
    ) -> None:
        call = single_split(self.module, value)
        if call is None or not call.args:
            return
        names = [target] if isinstance(target, cst.Name) else _elements(target)
        source = call.args[0].value
        parent = source.value if isinstance(source, cst.Name) else None
        stars = _starred(target)
        if len(stars) == 1:  # `key, *subs = split(key, n)`
            kept = parent if parent not in scope.steps[at].stores else None
            scope.splits.append(Split(at, (stars[0],), True, kept, None))
            return
        if not names or not all(isinstance(each, cst.Name) for each in names):
            return
        count = number(call.args[1].value) if len(call.args) > 1 else 2
        texts = tuple(each.value for each in names if isinstance(each, cst.Name))
        scope.splits.append(Split(at, texts, isinstance(target, cst.Name), parent, count))

    def _loads(
        self, scope: Scope, node: cst.CSTNode, at: int, around: tuple[cst.Call, ...], *, sure: bool
    ) -> None:
        if isinstance(
            node, cst.Lambda | cst.BaseComp | cst.IfExp | cst.BooleanOperation | cst.Annotation
        ):
            sure = False
        if isinstance(node, cst.Call):
            self._arguments(scope, node, at, around, sure=sure)
            around = (*around, node)
        for child in children(node):
            if not isinstance(child, cst.BaseParenthesizableWhitespace | cst.Comma):
                self._loads(scope, child, at, around, sure=sure)

    def _arguments(
        self, scope: Scope, call: cst.Call, at: int, around: tuple[cst.Call, ...], *, sure: bool
    ) -> None:
        callee = dotted(call.func)
        for position, argument in enumerate(call.args):
            value, index = argument.value, None
            if isinstance(value, cst.Subscript) and len(value.slice) == 1:
                inside = value.slice[0].slice
                index = number(inside.value) if isinstance(inside, cst.Index) else None
                name = value.value if index is not None else value
            else:
                name = value
            text = name.value if isinstance(name, cst.Name) else ""
            if (text or seeded(self.module, value)) and not argument.star:
                where = argument.keyword.value if argument.keyword else position
                span = self.module.span(value)
                scope.uses.append(Use(text, index, span, callee, where, call, around, at, sure))
            elif not argument.star and isinstance(value, cst.Subscript):
                names = _indexed(value)
                where = argument.keyword.value if argument.keyword else position
                if names is not None:
                    span = self.module.span(value)
                    use = Use(names[0], None, span, callee, where, call, around, at, sure)
                    scope.indexed.append(Indexed(*names, use))


def _starred(target: cst.BaseExpression) -> list[str]:
    """The starred names among the targets."""
    if not isinstance(target, cst.Tuple | cst.List):
        return []
    stars = [each.value for each in target.elements if isinstance(each, cst.StarredElement)]
    return [each.value for each in stars if isinstance(each, cst.Name)]


def _indexed(node: cst.Subscript) -> tuple[str, str] | None:
    """The two names of `keys[i]`."""
    inside = node.slice[0].slice if len(node.slice) == 1 else None
    index = inside.value if isinstance(inside, cst.Index) else None
    if isinstance(index, cst.Name) and isinstance(node.value, cst.Name):
        return node.value.value, index.value
    return None


def _elements(target: cst.BaseExpression) -> list[cst.BaseExpression]:
    if isinstance(target, cst.Tuple | cst.List):
        return [each.value for each in target.elements if isinstance(each, cst.Element)]
    return []


def _stored(target: cst.BaseExpression | cst.BaseAssignTargetExpression) -> frozenset[str]:
    if isinstance(target, cst.Name):
        return frozenset({target.value})
    if isinstance(target, cst.Tuple | cst.List):
        return frozenset().union(*(_stored(each.value) for each in target.elements))
    return frozenset()
