"""Bits, integers, coins and categories: piecewise constant in every parameter.

The derivative with respect to a parameter is exactly zero (float0 where the draw is an integer),
and it is made so at the door: the parameters are held fixed before anything is computed with them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike, DTypeLike

from randlint_runtime._unpatched_jax import jax_random
from randlint_runtime.random import _base
from randlint_runtime.random._base import (
    Convention,
    IntegerArray,
    RealArray,
    Shape,
    Sharding,
)
from randlint_runtime.random._declaring import sampler
from randlint_runtime.random._standard import gumbel_draw, gumbel_mode

Dims = tuple[int, ...]


# ---- bits, randint


@_base.kernel
def _bits(key: jax.Array, *, shape: Dims, dtype: np.dtype[Any]) -> jax.Array:
    return _base.random_bits(key, shape, dtype.itemsize * 8)


@sampler(_bits, kind=np.unsignedinteger, integral=True)
def bits(
    key: ArrayLike,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
) -> jax.Array:
    """Uniform random bits of `shape` as unsigned integers (uint32, uint64 with x64)."""
    return jax_random.bits(key, shape, dtype, out_sharding=out_sharding)


def _clipped(value: ArrayLike, dtype: np.dtype[Any]) -> jax.Array:
    """An integer in another integer dtype, clipped to its range instead of wrapping."""
    value = jnp.asarray(value)
    if not jnp.issubdtype(value.dtype, jnp.integer):
        value = value.astype(int)
    have, want = jnp.iinfo(value.dtype), jnp.iinfo(dtype)
    low, high = max(have.min, want.min), min(have.max, want.max)
    return jnp.clip(value, np.array(low, value.dtype), np.array(high, value.dtype)).astype(dtype)


@_base.kernel
def uniform_integers(
    key: jax.Array, minval: ArrayLike, maxval: ArrayLike, *, shape: Dims, dtype: np.dtype[Any]
) -> jax.Array:
    """Two draws of the dtype's width, reduced modulo the span as one number of twice the width."""
    minval, maxval = lax.stop_gradient((jnp.asarray(minval), jnp.asarray(maxval)))
    sampled, minval, maxval = _sampling_dtype(dtype, minval, maxval)
    maxval_int = maxval.astype(int) if not jnp.issubdtype(maxval.dtype, jnp.integer) else maxval
    top = _clipped(jnp.asarray(jnp.iinfo(sampled).max, sampled), maxval_int.dtype)
    beyond = maxval_int > top  # maxval is one past what the dtype can hold
    low, high = (
        lax.broadcast_to_rank(_clipped(bound, sampled), len(shape)) for bound in (minval, maxval)
    )
    unsigned = np.dtype(f"uint{sampled.itemsize * 8}")
    span = (high - low).astype(unsigned)
    span = jnp.where(high <= low, np.array(1, unsigned), span)
    span = jnp.where(beyond & (high > low), span + np.array(1, unsigned), span)
    factor = lax.rem(np.array(2 ** (sampled.itemsize * 4), unsigned), span)
    factor = lax.rem(factor * factor, span)
    high_key, low_key = _base.split(key)
    upper, lower = (_base.random_bits(k, shape, sampled.itemsize * 8) for k in (high_key, low_key))
    span, factor = jnp.broadcast_to(span, shape), jnp.broadcast_to(factor, shape)
    offset = lax.rem(lax.rem(upper, span) * factor + lax.rem(lower, span), span)
    return (low + offset.astype(sampled)).astype(dtype)


def _sampling_dtype(
    dtype: np.dtype[Any], minval: jax.Array, maxval: jax.Array
) -> tuple[np.dtype[Any], jax.Array, jax.Array]:
    """Narrow integers are drawn in 32 bits, which lessens the modulo's bias."""
    info = jnp.iinfo(dtype)
    if info.bits >= 32:
        return dtype, minval, maxval
    wide = np.dtype("int32")
    return (
        wide,
        minval.astype(wide).clip(int(info.min), int(info.max)),
        maxval.astype(wide).clip(int(info.min), int(info.max) + 1),
    )


def randint(
    key: ArrayLike,
    shape: Shape,
    minval: IntegerArray,
    maxval: IntegerArray,
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Integers in `[minval, maxval)` of `shape`, with a bias of at most span^2 / 2^64 (32 bits)."""

    def check() -> object:
        return jax_random.randint(key, shape, minval, maxval, dtype, out_sharding=out_sharding)

    if not (type(minval) is int and type(maxval) is int and abs(minval | maxval) < 2**31):
        _base.ask(check, shape)
    return _base.call(
        "randint", uniform_integers, key, {"minval": minval, "maxval": maxval},
        shape=shape, dtype=dtype, kind=int, broadcast=None, check=check, convention=convention,
        out_sharding=out_sharding, integral=True,
    )  # fmt: skip


# ---- bernoulli, rademacher


def _coins(key: jax.Array, p: jax.Array, shape: Dims, mode: str) -> jax.Array:
    if mode == "high":
        first, second = _base.uniform(key, (2, *shape), p.dtype)
        unit: float = 2 ** -int(jnp.finfo(p.dtype).nmant)
        below: jax.Array = second * unit < p - first
        return below
    return _base.uniform(key, shape, p.dtype) < p


@_base.kernel
def _bernoulli(
    key: jax.Array, p: ArrayLike, *, shape: Dims, dtype: np.dtype[Any], mode: str
) -> jax.Array:
    return _coins(key, lax.stop_gradient(jnp.asarray(p).astype(dtype)), shape, mode)


def bernoulli(
    key: ArrayLike,
    p: RealArray = 0.5,
    shape: Shape | None = None,
    mode: str = "low",
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Booleans that are true with probability `p`.

    Args:
        key: one key.
        p: probabilities, a float array; its dtype sets how finely they are resolved.
        shape: the shape of the draw; that of `p` by default.
        mode: "high" resolves probabilities near 0 with twice the bits.
        out_sharding: how the draw is laid out over devices.
        convention: how the derivative with respect to `p` is to be read.
    """

    def check() -> object:
        return jax_random.bernoulli(key, p, shape, mode, out_sharding=out_sharding)

    dtype = getattr(p, "dtype", float if isinstance(p, float) else None)
    if dtype is None or mode not in ("high", "low"):
        _base.ask(check, shape)
    return _base.call(
        "bernoulli", _bernoulli, key, {"p": p}, shape=shape, dtype=dtype, broadcast=True,
        check=check, convention=convention, out_sharding=out_sharding, static={"mode": mode},
        integral=True,
    )  # fmt: skip


def random_signs(key: jax.Array, shape: Dims, dtype: DTypeLike) -> jax.Array:
    """-1 or 1 with equal probability."""
    p = jnp.asarray(0.5, jax.dtypes.canonicalize_dtype(float))
    coins = _coins(key, p, shape, "low").astype(dtype)
    return (2 * coins - 1).astype(dtype)


@_base.kernel
def _rademacher(key: jax.Array, *, shape: Dims, dtype: np.dtype[Any]) -> jax.Array:
    return random_signs(key, shape, dtype)


@sampler(_rademacher, kind=int, integral=True)
def rademacher(
    key: ArrayLike,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
) -> jax.Array:
    """-1 or 1 with equal probability, of `shape`; integers unless `dtype` says otherwise."""
    return jax_random.rademacher(key, shape, dtype, out_sharding=out_sharding)


# ---- categorical


@_base.kernel
def _categorical(
    key: jax.Array, logits: jax.Array, *, shape: Dims, dtype: np.dtype[Any], axis: int,
    replace: bool, mode: str,
) -> jax.Array:  # fmt: skip
    del dtype
    logits = lax.stop_gradient(logits)
    batch = tuple(np.delete(logits.shape, axis))
    prefix = shape[: len(shape) - len(batch)]
    if not replace:
        return _without_replacement(key, logits, shape, prefix, axis, mode)
    axis = axis - logits.ndim if axis >= 0 else axis
    size = list(shape[len(prefix) :])
    size.insert(axis % logits.ndim, logits.shape[axis])

    def perturbed() -> jax.Array:
        noise = gumbel_draw(key, (*prefix, *size), logits.dtype, mode)
        return noise + lax.expand_dims(logits, tuple(range(len(prefix))))

    return jnp.argmax(_base.stored(perturbed, key, logits), axis=axis)


def _without_replacement(
    key: jax.Array, logits: jax.Array, shape: Dims, prefix: Dims, axis: int, mode: str
) -> jax.Array:
    logits = logits + _base.stored(lambda: gumbel_draw(key, logits.shape, logits.dtype, mode), key)
    _, indices = lax.top_k(jnp.moveaxis(logits, axis, -1), math.prod(prefix))
    return jnp.moveaxis(indices, -1, 0).reshape(shape)


def categorical(
    key: ArrayLike,
    logits: RealArray,
    axis: int = -1,
    shape: Shape | None = None,
    replace: bool = True,
    mode: str | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Indices along `axis`, drawn with probability `softmax(logits)`.

    Args:
        key: one key.
        logits: unnormalised log probabilities.
        axis: the axis of the categories.
        shape: the shape of the draw, ending in the shape of `logits` without `axis`.
        replace: False draws the leading part of `shape` without replacement.
        mode: of the Gumbel noise, see :func:`gumbel`.
        out_sharding: how the draw is laid out over devices.
        convention: how the derivative with respect to `logits` is to be read.
    """

    def check() -> object:
        return jax_random.categorical(
            key, logits, axis, shape, replace, mode, out_sharding=out_sharding
        )

    plain = replace is True and mode is None and shape is None and has_axis(logits, axis)
    if not plain:
        _base.ask(check, shape)
    logits = jnp.asarray(logits)
    full = shape
    if full is None:
        full = tuple(n for i, n in enumerate(logits.shape) if i != axis % logits.ndim)
    return _base.call(
        "categorical", _categorical, key, {"logits": logits}, shape=full, dtype=None, kind=int,
        broadcast=None, check=check, convention=convention, out_sharding=out_sharding,
        static={"axis": axis, "replace": bool(replace), "mode": gumbel_mode(mode)}, integral=True,
    )  # fmt: skip


def inexact(p: RealArray | Sequence[float]) -> jax.Array:
    array = jnp.asarray(p)
    if jnp.issubdtype(array.dtype, jnp.inexact):
        return array
    return array.astype(jax.dtypes.canonicalize_dtype(float))


def has_axis(x: object, axis: object) -> bool:
    """Whether `x` is a jax array of floats or integers with that axis."""
    if not isinstance(x, jax.Array) or type(axis) is not int:
        return False
    if not jnp.issubdtype(x.dtype, jnp.floating) and not jnp.issubdtype(x.dtype, jnp.integer):
        return False
    return -x.ndim <= axis < x.ndim and x.size > 0
