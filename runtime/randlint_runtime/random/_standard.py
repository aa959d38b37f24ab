"""Continuous samplers without a parameter: nothing to differentiate, only bits to get right."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike, DTypeLike

from randlint_runtime._unpatched_jax import config, jax_random
from randlint_runtime.random import _base
from randlint_runtime.random._base import Shape, Sharding
from randlint_runtime.random._declaring import sampler


@_base.kernel
def _normal(key: jax.Array, *, shape: tuple[int, ...], dtype: np.dtype[Any]) -> jax.Array:
    if dtype.kind != "c":
        return _base.normal(key, shape, dtype)
    keys = _base.split(key)
    part = np.array(0, dtype).real.dtype
    real, imaginary = (_base.normal(k, shape, part).astype(dtype) for k in keys)
    return (real + 1j * imaginary) / np.array(np.sqrt(2), dtype)


@sampler(_normal, kind=complex)
def normal(
    key: ArrayLike,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
) -> jax.Array:
    """Standard normal draws of `shape`; complex dtypes have variance 1/2 in each part."""
    return jax_random.normal(key, shape, dtype, out_sharding=out_sharding)


@_base.kernel
def _cauchy(key: jax.Array, *, shape: tuple[int, ...], dtype: np.dtype[Any]) -> jax.Array:
    u = _base.uniform(key, shape, dtype, jnp.finfo(dtype).eps, 1.0)
    half, pi = (jnp.asarray(value, dtype) for value in (0.5, np.pi))
    return jnp.tan(pi * (u - half))


@sampler(_cauchy)
def cauchy(
    key: ArrayLike,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
) -> jax.Array:
    """Standard Cauchy draws of `shape`, by the inverse distribution function."""
    return jax_random.cauchy(key, shape, dtype, out_sharding=out_sharding)


def exponential_draw(key: jax.Array, shape: tuple[int, ...], dtype: DTypeLike) -> jax.Array:
    """`-log(1 - u)`: the argument of the logarithm is in (0, 1]."""
    return -jnp.log1p(-_base.uniform(key, shape, dtype))


@_base.kernel
def _exponential(key: jax.Array, *, shape: tuple[int, ...], dtype: np.dtype[Any]) -> jax.Array:
    return exponential_draw(key, shape, dtype)


@sampler(_exponential)
def exponential(
    key: ArrayLike,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
) -> jax.Array:
    """Standard exponential draws of `shape`, by the inverse distribution function."""
    return jax_random.exponential(key, shape, dtype, out_sharding=out_sharding)


def gumbel_draw(
    key: jax.Array, shape: tuple[int, ...], dtype: np.dtype[Any], mode: str
) -> jax.Array:
    """`-log(-log u)`; `high` and `highest` resolve the left tail of u with twice the bits."""
    info = jnp.finfo(dtype)
    if mode == "highest" and dtype == np.float32:
        return _gumbel_from_64_bits(_base.random_bits(key, (2, *shape), 32))
    if mode in ("high", "highest"):
        high, low = _base.uniform(key, (2, *shape), dtype)
        u = jnp.where(high >= 0.5, high, high + 2**-info.nmant * low + info.tiny)
        return -jnp.log(-jnp.log1p(-u))
    return -jnp.log(-jnp.log(_base.uniform(key, shape, dtype, info.tiny, 1.0)))


def _gumbel_from_64_bits(bits: jax.Array) -> jax.Array:
    """From a 64-bit fixed-point uniform, through log1p below a half and through log above."""
    high, low = bits[0], bits[1]
    flip = high < np.uint32(1 << 31)
    negated_low = ~low + np.uint32(1)
    negated_high = ~high + (low == 0).astype(jnp.uint32)
    x = _fixed_point(jnp.where(flip, high, negated_high), jnp.where(flip, low, negated_low))
    return jnp.where(flip, -jnp.log(-jnp.log1p(-x)), -jnp.log(-jnp.log(x)))


def _fixed_point(high: jax.Array, low: jax.Array) -> jax.Array:
    """`(high * 2^32 + low) / 2^64` as float32, rounded towards zero, exact in the smallest."""
    zeros = jnp.where(high == 0, 32 + jax.lax.clz(low), jax.lax.clz(high))
    gap = jnp.minimum(jax.lax.clz(high), np.uint32(31))
    joined = (high << gap) | jnp.where(gap == 0, np.uint32(0), low >> (np.uint32(32) - gap))
    top = jnp.where(high == 0, low << jax.lax.clz(low), joined)
    mantissa = (top >> np.uint32(8)) & np.uint32((1 << 23) - 1)
    exponent = (np.uint32(126) - zeros) << np.uint32(23)
    exponent = exponent & np.uint32((1 << 30) - (1 << 22))
    return jax.lax.bitcast_convert_type(exponent | mantissa, jnp.float32)


def gumbel_mode(mode: str | None) -> str:
    """The mode in force: jax's configuration decides where the call does not."""
    if mode is None:
        return "high" if config.jax_high_dynamic_range_gumbel else "low"
    return mode


@_base.kernel
def _gumbel(
    key: jax.Array, *, shape: tuple[int, ...], dtype: np.dtype[Any], mode: str
) -> jax.Array:
    return gumbel_draw(key, shape, dtype, mode)


def gumbel(
    key: ArrayLike,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    mode: str | None = None,
    *,
    out_sharding: Sharding = None,
) -> jax.Array:
    """Standard Gumbel draws of `shape`.

    Args:
        key: one key.
        shape: the shape of the draw.
        dtype: a float dtype.
        mode: "low" (23 bits of the uniform in float32), "high" or "highest" (47, 64).
        out_sharding: how the draw is laid out over devices.
    """

    def check() -> object:
        return jax_random.gumbel(key, shape, dtype, mode, out_sharding=out_sharding)

    if mode not in (None, "highest", "high", "low"):
        check()
    return _base.call(
        "gumbel", _gumbel, key, {}, shape=shape, dtype=dtype, check=check,
        out_sharding=out_sharding, static={"mode": gumbel_mode(mode)},
    )  # fmt: skip


@_base.kernel
def _laplace(key: jax.Array, *, shape: tuple[int, ...], dtype: np.dtype[Any]) -> jax.Array:
    u = _base.uniform(key, shape, dtype, -1.0 + jnp.finfo(dtype).epsneg, 1.0)
    return jnp.sign(u) * jnp.log1p(-jnp.abs(u))


@sampler(_laplace)
def laplace(
    key: ArrayLike,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
) -> jax.Array:
    """Standard Laplace draws of `shape`, by the inverse distribution function."""
    return jax_random.laplace(key, shape, dtype, out_sharding=out_sharding)


@_base.kernel
def _logistic(key: jax.Array, *, shape: tuple[int, ...], dtype: np.dtype[Any]) -> jax.Array:
    u = _base.uniform(key, shape, dtype, jnp.finfo(dtype).tiny, 1.0)
    return jnp.log(u) - jnp.log1p(-u)


@sampler(_logistic)
def logistic(
    key: ArrayLike,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
) -> jax.Array:
    """Standard logistic draws of `shape`, by the inverse distribution function."""
    return jax_random.logistic(key, shape, dtype, out_sharding=out_sharding)


def maxwell_draw(key: jax.Array, shape: tuple[int, ...], dtype: np.dtype[Any]) -> jax.Array:
    """The length of a standard normal vector in three dimensions."""
    length: jax.Array = jnp.linalg.norm(_base.stored_normal(key, (*shape, 3), dtype), axis=-1)
    return length


@_base.kernel
def _maxwell(key: jax.Array, *, shape: tuple[int, ...], dtype: np.dtype[Any]) -> jax.Array:
    return maxwell_draw(key, shape, dtype)


@sampler(_maxwell)
def maxwell(
    key: ArrayLike,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
) -> jax.Array:
    """Standard (one-sided) Maxwell draws of `shape`."""
    return jax_random.maxwell(key, shape, dtype, out_sharding=out_sharding)


@_base.kernel
def _orthogonal(
    key: jax.Array, *, shape: tuple[int, ...], dtype: np.dtype[Any], n: int, m: int
) -> jax.Array:
    size = (*shape, max(n, m), min(n, m))
    if dtype.kind == "c":
        draw = _normal(_base.typed(key), shape=size, dtype=dtype)
    else:
        draw = _base.normal(key, size, dtype)
    q, r = jnp.linalg.qr(draw)
    signs = jnp.sign(jnp.diagonal(r, axis1=-2, axis2=-1))
    q = q * signs[..., None, :]
    return jnp.swapaxes(q, -1, -2) if n < m else q


def orthogonal(
    key: ArrayLike,
    n: int,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    m: int | None = None,
    *,
    out_sharding: Sharding = None,
) -> jax.Array:
    """Uniform draws of `n` by `m` (default `n`) matrices with orthonormal rows or columns.

    Args:
        key: one key.
        n: rows.
        shape: the shape of the batch of matrices.
        dtype: a float or complex dtype.
        m: columns.
        out_sharding: how the draw is laid out over devices.
    """

    def check() -> object:
        return jax_random.orthogonal(key, n, shape, dtype, m, out_sharding=out_sharding)

    if not all(type(size) is int and size >= 0 for size in (n, n if m is None else m)):
        check()
    rows = int(n)
    return _base.call(
        "orthogonal", _orthogonal, key, {}, shape=shape, dtype=dtype, kind=complex, check=check,
        out_sharding=out_sharding, static={"n": rows, "m": rows if m is None else int(m)},
    )  # fmt: skip
