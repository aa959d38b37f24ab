"""Conventions, applied to the parameters and the draw of one sampler call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from randlint_runtime.conventions import Convention, GradientSemanticsError
from randlint_runtime.rules import rule

_FORBIDDEN = (
    "is forbidden by the `error` convention; hold the parameter fixed with lax.stop_gradient, "
    "or choose another convention"
)
_NO_NAN = "cannot be NaN under the `nan` convention, because the draw is an integer"


def before(
    sampler: str,
    parameters: Mapping[str, Any],
    chosen: Mapping[str, Convention],
    *,
    integral: bool,
) -> dict[str, Any]:
    """The parameters as the kernel is to see them."""
    return {
        name: _before(sampler, name, value, chosen.get(name, Convention.PATHWISE), integral)
        for name, value in parameters.items()
    }


def _before(
    sampler: str, parameter: str, value: Any, convention: Convention, integral: bool
) -> Any:
    if not isinstance(value, jax.Array) or not jnp.issubdtype(value.dtype, jnp.inexact):
        return value
    if convention is Convention.FIXED:
        return lax.stop_gradient(value)
    if convention is Convention.ERROR:
        return _forbid(value, sampler, parameter, _FORBIDDEN)
    if convention is Convention.NAN and integral:
        return _forbid(value, sampler, parameter, _NO_NAN)
    return value


def _forbid(value: jax.Array, sampler: str, parameter: str, why: str) -> jax.Array:
    """`value`, unless somebody differentiates it."""

    @jax.custom_jvp
    def same(x: jax.Array) -> jax.Array:
        return x

    def refuse(primals: tuple[jax.Array], tangents: tuple[object]) -> tuple[jax.Array, jax.Array]:
        if not isinstance(tangents[0], jax.custom_derivatives.SymbolicZero):
            raise GradientSemanticsError(sampler, parameter, rule(sampler, parameter), why)
        return primals[0], jnp.zeros_like(primals[0])

    same.defjvp(refuse, symbolic_zeros=True)
    return same(value)


def after(
    draw: jax.Array, parameters: Mapping[str, Any], chosen: Mapping[str, Convention]
) -> jax.Array:
    """The draw, with a NaN derivative where the convention of a parameter is `nan`."""
    poisoned = [
        value
        for name, value in parameters.items()
        if chosen.get(name) is Convention.NAN
        and isinstance(value, jax.Array)
        and jnp.issubdtype(value.dtype, jnp.inexact)
    ]
    return _poison(draw, *poisoned) if poisoned else draw


@jax.custom_jvp
def _poison(draw: jax.Array, *parameters: jax.Array) -> jax.Array:
    del parameters
    return draw


def _poison_jvp(
    primals: tuple[jax.Array, ...], tangents: tuple[Any, ...]
) -> tuple[jax.Array, jax.Array]:
    draw = primals[0]
    out = _poison(*primals)
    symbolic = jax.custom_derivatives.SymbolicZero
    tangent = jnp.zeros_like(draw) if isinstance(tangents[0], symbolic) else tangents[0]
    for parameter, change in zip(primals[1:], tangents[1:], strict=True):
        if not isinstance(change, symbolic):
            slope = _poison(jnp.full_like(draw, jnp.nan), parameter)  # and so is its own derivative
            tangent = tangent + slope * jnp.sum(change).astype(draw.dtype)
    return out, tangent


_poison.defjvp(_poison_jvp, symbolic_zeros=True)
