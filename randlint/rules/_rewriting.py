"""Rewriting a call: what the fix of a rule puts in its place.

`uniform(key, minval=a, maxval=b)` becomes `a + (b - a) * uniform(key)`: the same draw within
rounding, with its derivative in plain sight. Offered only where the callee is the sampler itself,
so that every argument is there to be seen, and where no comment would be lost.

Which samplers have a process is in the catalogue: those that are exactly a location plus a scale
times a standard draw. The others are not: an inverse CDF of the parameter (`pareto`, `triangular`,
`truncated_normal`, the concentration of `weibull_min`) or its exponential (`lognormal`) would have
to name functions that the module may not import, and `multivariate_normal` a factor of the
covariance, which is not unique.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from randlint.interpreter.events import DrawDifferentiated
from randlint.rules._base import Replacement

if TYPE_CHECKING:
    import libcst as cst

    from randlint.interpreter.events import Place

_MODULES = frozenset({"jax.random", "randlint_runtime.random"})
# The parameters of the samplers with a process in the catalogue, in order.
SIGNATURES = {
    "uniform": ("key", "shape", "dtype", "minval", "maxval"),
    "weibull_min": ("key", "scale", "concentration", "shape", "dtype"),
    "rayleigh": ("key", "scale", "shape", "dtype"),
    "double_sided_maxwell": ("key", "loc", "scale", "shape", "dtype"),
}
# The shapes of these draws follow their parameters: without one in sight, so does the meaning.
_SHAPED = frozenset({"rayleigh", "double_sided_maxwell"})
_DEFAULTS = {"minval": "0.0", "maxval": "1.0"}
_ZEROS = frozenset({"0", "0.0", "0."})

_ATOMS = frozenset({"Name", "Attribute", "Integer", "Float", "Call", "Subscript"})
# Evaluating these twice does nothing twice, and their order does not matter.
_PURE = frozenset(
    {"Name", "Attribute", "Integer", "Float", "BinaryOperation", "UnaryOperation", "Subscript"}
    | {"SubscriptElement", "Index", "SimpleString", "Tuple", "Element", "NameItem"}
    | {"Add", "Subtract", "Multiply", "Divide", "Power", "FloorDivide", "Modulo", "MatrixMultiply"}
    | {"Minus", "Plus"}
)
# In these places an expression of any precedence may stand.
_ROOMY = frozenset(
    {"Assign", "AnnAssign", "Return", "Expr", "Element", "DictElement", "Lambda", "Index"}
)


def written_out(event: DrawDifferentiated) -> Replacement | None:
    """The generative process of a sampler, written out in place of its call; None where it cannot.

    The fix is safe if nothing is evaluated twice or in another order that could notice, and if the
    call names no dtype: the sampler casts its bounds to it, an arithmetic expression does not. It
    is unsafe where the shape of the draw follows its parameters: nobody can tell that it stays.
    """
    import libcst as cst  # costs much at start-up, and is there when a finding is

    node = event.place.node
    if not event.process or not isinstance(node, cst.Call) or any(each.star for each in node.args):
        return None
    call = _as_written(node, event.place)
    if not _calls_directly(event.sampler, call.func, event.place):
        return None
    process, standard = _read(event.process)
    signature = dict(enumerate(SIGNATURES.get(event.sampler, ())))
    given = [_name(signature, position, argument) for position, argument in enumerate(call.args)]
    bounds = {
        name: argument.value
        for name, argument in zip(given, call.args, strict=True)
        if f"{{{name}}}" in process
    }
    if event.parameter not in bounds:
        return None
    kept = [
        argument.with_changes(value=cst.parse_expression(standard[name]))
        if name in standard
        else argument
        for name, argument in zip(given, call.args, strict=True)
        if name in standard or name not in bounds
    ]
    draw = _draw(call, kept)
    if _loses_comments(call, draw, bounds):
        return None
    parts = {**_DEFAULTS, **{name: _operand(value) for name, value in bounds.items()}, "draw": draw}
    from_zero = "minval" in process and parts["minval"] in _ZEROS
    text = "{maxval} * {draw}" if from_zero else process
    content = text.format_map(parts)
    if not _has_room(event.place, node):
        content = f"({content})"
    twice = text.count("{minval}") > 1
    safe = "dtype" not in given and event.sampler not in _SHAPED
    safe = safe and _is_safe(list(bounds.values()), kept, twice=twice)
    return Replacement("Write the generative process out", content, safe)


def _as_written(call: cst.Call, place: Place) -> cst.Call:
    """The call, parsed from its own text: rendered, it has the indentation that it has there."""
    import libcst as cst

    before, after = _around(call, place)
    source = place.segment.source
    text = source[len(before) : len(source) - len(after)]
    return cst.ensure_type(cst.parse_expression(f"({text})"), cst.Call)


def _around(call: cst.Call, place: Place) -> tuple[str, str]:
    """The text of the file before the call, and the text after it."""
    location = place.segment.location(call)
    first, last = location.start, location.end
    lines = place.segment.source.split("\n")
    before = "\n".join([*lines[: first.row - 1], lines[first.row - 1][: first.column - 1]])
    after = "\n".join([lines[last.row - 1][last.column - 1 :], *lines[last.row :]])
    return before, after


def _read(process: str) -> tuple[str, Mapping[str, str]]:
    """A process of the catalogue, and the arguments of its standard draw: `{draw:scale=1.0}`."""
    found = re.search(r"\{draw:([^}]*)\}", process)
    if found is None:
        return process, {}
    pairs = (pair.partition("=") for pair in found[1].split(","))
    return process.replace(found[0], "{draw}"), {name: value for name, _, value in pairs}


def _name(signature: Mapping[int, str], position: int, argument: cst.Arg) -> str:
    return argument.keyword.value if argument.keyword else signature.get(position, "")


def _draw(call: cst.Call, kept: list[cst.Arg]) -> str:
    """The call without its bounds, laid out as it was; what followed the last argument stays.

    Unless a comment follows what is now the last argument: that is kept instead.
    """
    arguments = list(kept)
    if arguments and "#" not in _code(arguments[-1]):
        last = call.args[-1]
        arguments[-1] = arguments[-1].with_changes(
            comma=last.comma, whitespace_after_arg=last.whitespace_after_arg
        )
    return _code(call.with_changes(args=arguments, lpar=[], rpar=[]))


def _operand(node: cst.BaseExpression) -> str:
    """An operand of `*` or `-`, in parentheses of its own where it needs them."""
    text = _code(node)
    alone = type(node).__name__ in _ATOMS and "\n" not in text
    return text if alone or node.lpar else f"({text})"


def _is_safe(bounds: list[cst.BaseExpression], kept: list[cst.Arg], *, twice: bool) -> bool:
    """Whether repeating and reordering the expressions cannot be noticed."""
    if all(_is_pure(bound) for bound in bounds):
        return True
    return not twice and len(bounds) == 1 and all(_is_pure(argument.value) for argument in kept)


def _is_pure(node: cst.CSTNode) -> bool:
    from randlint.source.nodes import walk

    return all(type(each).__name__ in _PURE for each in walk(node))


def _loses_comments(call: cst.Call, draw: str, bounds: Mapping[str, cst.BaseExpression]) -> bool:
    """Whether a comment stands in the text that goes."""
    kept = draw.count("#") + sum(_code(bound).count("#") for bound in bounds.values())
    return kept != _code(call).count("#")


def _has_room(place: Place, call: cst.Call) -> bool:
    """Whether an expression of lower precedence may stand where the call stands."""
    from randlint.source.nodes import children, walk

    before, after = _around(call, place)
    if before.rstrip().endswith("(") and after.lstrip().startswith(")"):
        return True
    for parent in (each for statement in place.segment.body for each in walk(statement)):
        if any(child is call for child in children(parent)):
            kind = type(parent).__name__
            return kind in _ROOMY or (kind == "Arg" and not getattr(parent, "star", ""))
    return False


def _calls_directly(sampler: str, callee: cst.BaseExpression, place: Place) -> bool:
    """Whether the callee is the sampler of an imported module: no partial, no alias, no wrapper."""
    first, *rest = _code(callee).split(".")
    known = {".".join([bound, *rest]) for bound in _bindings(place.segment.source, first)}
    return bool(known) and known <= {f"{module}.{sampler}" for module in _MODULES}


def _bindings(source: str, name: str) -> Iterator[str]:
    """What a file binds `name` to: dotted names of imports, `?` for anything else."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _imports(node, name)
        elif name in _bound_by(node):
            yield "?"


def _imports(node: ast.Import | ast.ImportFrom, name: str) -> Iterator[str]:
    for alias in node.names:
        if isinstance(node, ast.ImportFrom):
            if (alias.asname or alias.name) == name:
                yield f"{'.' * node.level}{node.module or ''}.{alias.name}"
        elif alias.asname == name:
            yield alias.name
        elif alias.asname is None and alias.name.split(".")[0] == name:
            yield name


def _bound_by(node: ast.AST) -> tuple[str, ...]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return (name,)
        case ast.arg(arg=name):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            return (name,)
    return ()


def _code(node: cst.CSTNode) -> str:
    import libcst as cst

    return cst.Module(body=[]).code_for_node(node)
