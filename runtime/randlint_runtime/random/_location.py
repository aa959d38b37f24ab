"""Samplers whose draw is an explicit function of a uniform or a normal and the parameters."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike, DTypeLike

from randlint_runtime._gradient_rules._calculus import bounded_exp, differentiate_as, saturation
from randlint_runtime._unpatched_jax import jax_random
from randlint_runtime.random import _base
from randlint_runtime.random._base import Convention, RealArray, Shape, Sharding
from randlint_runtime.random._declaring import sampler
from randlint_runtime.random._discrete import random_signs
from randlint_runtime.random._standard import exponential_draw, maxwell_draw

Dims = tuple[int, ...]


@_base.kernel
def _uniform(
    key: jax.Array, minval: ArrayLike, maxval: ArrayLike, *, shape: Dims, dtype: np.dtype[Any]
) -> jax.Array:
    return _base.uniform(key, shape, dtype, minval, maxval)


def uniform(
    key: ArrayLike,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    minval: RealArray = 0.0,
    maxval: RealArray = 1.0,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Uniform draws of `shape` in `[minval, maxval)`: `minval + (maxval - minval) * u`."""

    def check() -> object:
        return jax_random.uniform(key, shape, dtype, minval, maxval, out_sharding=out_sharding)

    if not _base.are_numbers(minval, maxval):
        _base.ask(check, shape)
    return _base.call(
        "uniform", _uniform, key, {"minval": minval, "maxval": maxval}, shape=shape, dtype=dtype,
        broadcast=None, check=check, convention=convention, out_sharding=out_sharding,
    )  # fmt: skip


@_base.kernel
def _double_sided_maxwell(
    key: jax.Array, loc: ArrayLike, scale: ArrayLike, *, shape: Dims, dtype: np.dtype[Any]
) -> jax.Array:
    together = np.broadcast_shapes(np.shape(loc), np.shape(scale))
    size = (shape or together) + together
    length_key, sign_key = _base.split(key)
    return random_signs(sign_key, size, dtype) * maxwell_draw(length_key, size, dtype) * scale + loc


@sampler(_double_sided_maxwell, broadcast=None)
def double_sided_maxwell(
    key: ArrayLike,
    loc: RealArray,
    scale: RealArray,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    convention: Convention = None,
) -> jax.Array:
    """`loc + scale * sign * maxwell`; the parameters' shape follows `shape` in the result's."""
    return jax_random.double_sided_maxwell(key, loc, scale, shape, dtype)


@_base.kernel
def _lognormal(key: jax.Array, sigma: ArrayLike, *, shape: Dims, dtype: np.dtype[Any]) -> jax.Array:
    exponent = _normal_like(key, shape, dtype) * jnp.asarray(sigma).astype(dtype)
    if dtype.kind == "c":
        return jnp.exp(exponent)
    return differentiate_as(jnp.exp(lax.stop_gradient(exponent)), bounded_exp(exponent))


def _normal_like(key: jax.Array, shape: Dims, dtype: np.dtype[Any]) -> jax.Array:
    from randlint_runtime.random._standard import normal

    return normal(_base.typed(key), shape, dtype)


@sampler(_lognormal, kind=complex, broadcast=True)
def lognormal(
    key: ArrayLike,
    sigma: RealArray = np.float32(1),  # noqa: B008  (jax's default, compared by a test)
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """`exp(sigma * normal)`, of the shape of `sigma` or of `shape`."""
    return jax_random.lognormal(key, sigma, shape, dtype, out_sharding=out_sharding)


@_base.kernel
def _pareto(key: jax.Array, b: ArrayLike, *, shape: Dims, dtype: np.dtype[Any]) -> jax.Array:
    unit, b = exponential_draw(key, shape, dtype), jnp.asarray(b).astype(dtype)
    exponent = lax.stop_gradient(unit / b)
    # Where the draw has overflowed, so may have the derivative of the exponent: it stays out.
    moving = jnp.where(exponent > saturation(exponent), 1, b)
    return differentiate_as(jnp.exp(exponent), bounded_exp(unit / moving))


@sampler(_pareto, broadcast=True)
def pareto(
    key: ArrayLike,
    b: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Pareto draws with tail index `b` and minimum 1: `exp(exponential / b)`."""
    return jax_random.pareto(key, b, shape, dtype, out_sharding=out_sharding)


@_base.kernel
def _rayleigh(key: jax.Array, scale: ArrayLike, *, shape: Dims, dtype: np.dtype[Any]) -> jax.Array:
    u = _base.uniform(key, shape, dtype)
    scale = jnp.broadcast_to(jnp.asarray(scale).astype(dtype), shape)
    drawn = lax.stop_gradient(scale) * jnp.sqrt(jnp.log(u) * jnp.asarray(-2, dtype))
    # u = 0 gives an infinite draw, as in jax; it moves like the largest finite one.
    floor = jnp.finfo(dtype).eps / 4
    unit = jnp.sqrt(jnp.log(jnp.maximum(u, floor)) * jnp.asarray(-2, dtype))
    return differentiate_as(drawn, scale * unit)


@sampler(_rayleigh, broadcast=True)
def rayleigh(
    key: ArrayLike,
    scale: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Rayleigh draws: `scale * sqrt(-2 log u)`. One float32 draw in 2^23 is infinite, as in jax."""
    return jax_random.rayleigh(key, scale, shape, dtype, out_sharding=out_sharding)


@_base.kernel
def _weibull_min(
    key: jax.Array, scale: ArrayLike, concentration: ArrayLike, *, shape: Dims,
    dtype: np.dtype[Any],
) -> jax.Array:  # fmt: skip
    e = -jnp.log1p(-_base.uniform(key, shape, dtype))
    held, held_concentration = lax.stop_gradient((scale, concentration))
    drawn = jnp.power(e, 1.0 / held_concentration) * held
    positive = e > 0
    log_e = jnp.log(jnp.where(positive, e, 1))
    smooth = jnp.where(positive, bounded_exp(log_e / concentration), 0) * scale
    return differentiate_as(drawn, jnp.broadcast_to(smooth, drawn.shape).astype(drawn.dtype))


@sampler(_weibull_min, broadcast=None)
def weibull_min(
    key: ArrayLike,
    scale: RealArray,
    concentration: RealArray,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    convention: Convention = None,
) -> jax.Array:
    """Weibull draws: `scale * exponential ** (1 / concentration)`."""
    return jax_random.weibull_min(key, scale, concentration, shape, dtype)


@_base.kernel
def _triangular(
    key: jax.Array, left: ArrayLike, mode: ArrayLike, right: ArrayLike, *, shape: Dims,
    dtype: np.dtype[Any],
) -> jax.Array:  # fmt: skip
    left, mode, right = (
        jnp.broadcast_to(jnp.asarray(value).astype(dtype), shape) for value in (left, mode, right)
    )
    u = _base.uniform(key, shape, dtype)
    smooth = _triangular_quantile(u, left, mode, right)
    held = lax.stop_gradient((left, mode, right))
    return differentiate_as(_triangular_draw(u, *held), smooth)


def _triangular_draw(u: jax.Array, left: jax.Array, mode: jax.Array, right: jax.Array) -> jax.Array:
    below = left + jnp.sqrt(u * (right - left) * (mode - left))
    above = right - jnp.sqrt((1 - u) * (right - left) * (right - mode))
    return jnp.where(u < (mode - left) / (right - left), below, above)


def _triangular_quantile(
    u: jax.Array, left: jax.Array, mode: jax.Array, right: jax.Array
) -> jax.Array:
    """The quantile function, with roots taken only where they have a derivative."""
    below = u < (mode - left) / (right - left)
    arm = jnp.where(below, mode - left, right - mode) * (right - left)
    weight = jnp.where(below, u, 1 - u)
    moving = (arm > 0) & (weight > 0)
    root = jnp.sqrt(jnp.where(moving, weight * arm, 1))
    root = jnp.where(moving, root, 0)
    return jnp.where(below, left + root, right - root)


@sampler(_triangular, broadcast=True)
def triangular(
    key: ArrayLike,
    left: RealArray,
    mode: RealArray,
    right: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Draws with a density that rises from `left` to `mode` and falls to `right`."""
    return jax_random.triangular(key, left, mode, right, shape, dtype, out_sharding=out_sharding)
