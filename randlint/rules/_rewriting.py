"""Rewriting a call: what the fix of a rule puts in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from randlint.interpreter.events import DrawDifferentiated
from randlint.rules._base import Replacement

if TYPE_CHECKING:
    import libcst as cst


def written_out(event: DrawDifferentiated) -> Replacement | None:
    """The generative process of a sampler, written out in place of its call.

    `uniform(key, minval=a, maxval=b)` becomes `a + (b - a) * uniform(key)`. The fix is safe when
    the parameters are names or numbers: anything else would be evaluated twice.
    """
    import libcst as cst  # costs much at start-up, and is there when a finding is

    call = event.place.node
    if not event.process or not isinstance(call, cst.Call) or any(each.star for each in call.args):
        return None
    texts: dict[str, str] = {}
    safe = True
    kept: list[cst.Arg] = []
    for position, argument in enumerate(call.args):
        name = argument.keyword.value if argument.keyword else _NAMES.get(position, "")
        if f"{{{name}}}" in event.process:
            texts[name] = _operand(argument.value)
            safe = safe and _is_simple(argument.value)
        else:
            kept.append(argument.with_changes(comma=cst.MaybeSentinel.DEFAULT))
    parts = {**_DEFAULTS, **texts, "draw": _code(call.with_changes(args=kept))}
    text = event.process.format_map(parts)
    if parts["minval"] in ("0.0", "0"):
        text = f"{parts['maxval']} * {parts['draw']}"
    return Replacement("Write the generative process out", f"({text})", safe)


# The parameters of `jax.random.uniform`, the one sampler with a process in the catalogue.
_NAMES = {0: "key", 1: "shape", 2: "dtype", 3: "minval", 4: "maxval"}
_DEFAULTS = {"minval": "0.0", "maxval": "1.0"}


def _is_simple(node: cst.BaseExpression) -> bool:
    """Whether an expression may be evaluated twice without doing anything twice."""
    return type(node).__name__ in {"Name", "Attribute", "Integer", "Float"}


def _operand(node: cst.BaseExpression) -> str:
    text = _code(node)
    alone = _is_simple(node) or type(node).__name__ in {"Call", "Subscript"}
    return text if alone else f"({text})"


def _code(node: cst.CSTNode) -> str:
    import libcst as cst

    return cst.Module(body=[]).code_for_node(node)
