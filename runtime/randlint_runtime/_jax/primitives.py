"""A primitive of our own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax

from randlint_runtime._jax.jaxprs import opened
from randlint_runtime._jax.undocumented import needed

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Rules:
    """What a primitive does: each takes the operands, and its parameters by keyword."""

    execute: Callable[..., list[Any]]
    lower: Callable[..., list[Any]]
    batch: Callable[..., Any]
    differentiate: Callable[..., Any]


def _run_once(_saveable: Any, unknown: Any, known: Any, eqn: Any) -> Any:
    """The rule of partial evaluation that keeps an equation out of what is recomputed."""
    if any(unknown):
        missing = [v for v, there in zip(eqn.invars, known, strict=True) if not there]
        return None, eqn, [], [], missing
    return eqn, None, [], [], []


def is_zero(tangent: Any) -> bool:
    """Whether a tangent is known to be zero."""
    return type(tangent) is needed("Zero") or (getattr(tangent, "dtype", None) == jax.dtypes.float0)


def new_primitive(name: str, rules: Rules) -> Any:
    """A primitive without results and with an effect, so that no program drops it."""
    primitive = needed("Primitive")(name)
    primitive.multiple_results = True
    primitive.def_impl(rules.execute)
    # Jax's own effect of `jax.debug.callback`: ordinary transformations let it pass.
    (effect,) = opened(jax.make_jaxpr(lambda: jax.debug.callback(lambda: None))()).effects
    primitive.def_effectful_abstract_eval(lambda *_, **__: ([], {effect}))
    needed("batching")[primitive] = rules.batch
    needed("jvps")[primitive] = rules.differentiate
    needed("partial")[primitive] = _run_once
    needed("lowering")(primitive, needed("lower_fun")(rules.lower, multiple_results=True))
    return primitive
