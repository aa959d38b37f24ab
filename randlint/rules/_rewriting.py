"""Rewriting a call: what the fix of a rule puts in its place."""

from __future__ import annotations

import libcst as cst

from randlint.interpreter.events import DrawDifferentiated
from randlint.rules._base import Replacement

_SIMPLE = (cst.Name, cst.Attribute, cst.Integer, cst.Float)
_CODE = cst.Module(body=[])


def written_out(event: DrawDifferentiated) -> Replacement | None:
    """The generative process of a sampler, written out in place of its call.

    `uniform(key, minval=a, maxval=b)` becomes `a + (b - a) * uniform(key)`. The fix is safe when
    the parameters are names or numbers: anything else would be evaluated twice.
    """
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
            safe = safe and isinstance(argument.value, _SIMPLE)
        else:
            kept.append(argument.with_changes(comma=cst.MaybeSentinel.DEFAULT))
    parts = {**_DEFAULTS, **texts, "draw": _CODE.code_for_node(call.with_changes(args=kept))}
    text = event.process.format_map(parts)
    if parts["minval"] in ("0.0", "0"):
        text = f"{parts['maxval']} * {parts['draw']}"
    return Replacement("Write the generative process out", f"({text})", safe)


# The parameters of `jax.random.uniform`, the one sampler with a process in the catalogue.
_NAMES = {0: "key", 1: "shape", 2: "dtype", 3: "minval", 4: "maxval"}
_DEFAULTS = {"minval": "0.0", "maxval": "1.0"}


def _operand(node: cst.BaseExpression) -> str:
    text = _CODE.code_for_node(node)
    return text if isinstance(node, (*_SIMPLE, cst.Call, cst.Subscript)) else f"({text})"
