"""Rules that are not the derivative of a formula: wald, truncated and multivariate normal."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike, DTypeLike

from randlint_runtime._gradient_rules import normal as rules
from randlint_runtime._gradient_rules import precision
from randlint_runtime._gradient_rules._calculus import differentiate_as, reparameterized
from randlint_runtime._gradient_rules.sqrtm import symmetric_sqrt
from randlint_runtime._unpatched_jax import jax_random
from randlint_runtime.random import _base
from randlint_runtime.random._base import Convention, RealArray, Shape, Sharding
from randlint_runtime.random._declaring import sampler

Dims = tuple[int, ...]


# ---- wald


def _wald_value(key: jax.Array, mean: jax.Array) -> jax.Array:
    """Michael, Schucany and Haas (1976): one root of a quadratic, or its reciprocal partner."""
    key_normal, key_choice = _base.split(key)
    y = lax.integer_pow(_base.normal(key_normal, mean.shape, mean.dtype), 2)
    z = _base.uniform(key_choice, mean.shape, mean.dtype)
    squared = lax.integer_pow(mean, 2)
    root = jnp.sqrt(4 * mean * y + squared * lax.integer_pow(y, 2))
    x = mean + squared * y / 2 - mean / 2 * root
    return jnp.where(z <= mean / (mean + x), x, squared / x)


def _wald_slopes(x: jax.Array, mean: jax.Array) -> tuple[jax.Array]:
    return (precision.in_full(rules.wald_slope, mean, x),)


@_base.kernel
def _wald(key: jax.Array, mean: ArrayLike, *, shape: Dims, dtype: np.dtype[Any]) -> jax.Array:
    mean = jnp.broadcast_to(jnp.asarray(mean).astype(dtype), shape)
    return reparameterized(_wald_slopes, _wald_value(key, lax.stop_gradient(mean)), mean)


@sampler(_wald, broadcast=True)
def wald(
    key: ArrayLike,
    mean: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Inverse Gaussian draws with scale 1.

    jax differentiates the formula, in which the choice between two roots jumps with the mean: 2 to
    60 per cent off in expectation. Here the derivative is that of the quantile function.
    """
    return jax_random.wald(key, mean, shape, dtype, out_sharding=out_sharding)


# ---- truncated normal


def _truncated_value(key: jax.Array, lower: jax.Array, upper: jax.Array, shape: Dims) -> jax.Array:
    dtype = lower.dtype
    root = np.array(np.sqrt(2), dtype)
    a, b = lax.erf(lower / root), lax.erf(upper / root)
    x = root * lax.erf_inv(_base.uniform(key, shape, dtype, a, b))
    infinity = np.array(np.inf, dtype)
    return jnp.clip(x, lax.nextafter(lower, infinity), lax.nextafter(upper, -infinity))


@_base.kernel
def _truncated_normal(
    key: jax.Array, lower: ArrayLike, upper: ArrayLike, *, shape: Dims | None,
    dtype: np.dtype[Any],
) -> jax.Array:  # fmt: skip
    lower, upper = (jnp.asarray(bound).astype(dtype) for bound in (lower, upper))
    if shape is None:
        shape = np.broadcast_shapes(lower.shape, upper.shape)
    x = _truncated_value(key, *lax.stop_gradient((lower, upper)), shape)
    bounds = (jnp.broadcast_to(bound, shape) for bound in (lower, upper))
    return reparameterized(_truncated_slopes, x, *bounds)


def _truncated_slopes(
    x: jax.Array, lower: jax.Array, upper: jax.Array
) -> tuple[jax.Array, jax.Array]:
    slopes: tuple[jax.Array, jax.Array] = precision.in_full(rules.truncated_slopes, lower, upper, x)
    return slopes


@sampler(_truncated_normal, broadcast=True)
def truncated_normal(
    key: ArrayLike,
    lower: RealArray,
    upper: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Standard normal draws restricted to `(lower, upper)`.

    The draws are jax's, which run out of digits in the tails: beyond 4 in float32 few distinct
    values are left, and beyond 5.5 only a bound. The derivative stays finite and right for the
    value drawn.
    """
    return jax_random.truncated_normal(key, lower, upper, shape, dtype, out_sharding=out_sharding)


# ---- multivariate normal


def _factor(cov: jax.Array, method: str) -> tuple[jax.Array, jax.Array | None]:
    """A matrix F with `F F^T = cov`, and for `svd` and `eigh` the V of `F = V sqrt(D)`."""
    if method == "svd":
        vectors, values, _ = jnp.linalg.svd(cov)
    elif method == "eigh":
        values, vectors = jnp.linalg.eigh(cov)
    else:
        return jnp.linalg.cholesky(cov), None
    return vectors * jnp.sqrt(values[..., None, :]), vectors


@_base.kernel
def _multivariate_normal(
    key: jax.Array, mean: jax.Array, cov: jax.Array, *, shape: Dims | None, dtype: np.dtype[Any],
    method: str,
) -> jax.Array:  # fmt: skip
    if shape is None:
        shape = np.broadcast_shapes(mean.shape[:-1], cov.shape[:-2])
    size = (*shape, mean.shape[-1])
    mean = mean.reshape((1,) * (len(size) - mean.ndim) + mean.shape)  # of one rank, if that matters
    z = _base.stored_normal(key, size, dtype)
    if method == "cholesky":
        return mean + jnp.einsum("...ij,...j->...i", _factor(cov, method)[0], z)
    factor, vectors = _factor(lax.stop_gradient(cov), method)
    drawn = lax.stop_gradient(mean) + jnp.einsum("...ij,...j->...i", factor, z)
    turned = jnp.einsum("...ij,...j->...i", vectors, z)
    smooth = mean + jnp.einsum("...ij,...j->...i", symmetric_sqrt(cov), turned)
    return differentiate_as(drawn, smooth.astype(drawn.dtype))


def multivariate_normal(
    key: ArrayLike,
    mean: RealArray,
    cov: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    method: str = "cholesky",
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Normal draws with mean `(..., n)` and covariance `(..., n, n)`.

    Under `svd` and `eigh` jax differentiates eigenvectors, which have no derivative where
    eigenvalues are equal (NaN at the identity). Here the covariance moves through its symmetric
    square root, the eigenvectors' rotation of the normal draw held fixed: the same law, and a
    derivative everywhere.
    """

    def check() -> object:
        return jax_random.multivariate_normal(
            key, mean, cov, shape, dtype, method, out_sharding=out_sharding
        )

    _base.ask(check, shape)
    promoted = jnp.result_type(*(jnp.asarray(x) for x in (mean, cov)), *_weak_float(mean, cov))
    return _base.call(
        "multivariate_normal", _multivariate_normal, key,
        {"mean": jnp.asarray(mean, promoted), "cov": jnp.asarray(cov, promoted)},
        shape=shape, dtype=promoted if dtype is None else dtype, broadcast=None, check=check,
        convention=convention, out_sharding=out_sharding, static={"method": method},
    )  # fmt: skip


def _weak_float(*values: ArrayLike) -> tuple[type, ...]:
    """`float` where all are integers: they are promoted to the default float."""
    exact = all(jnp.issubdtype(jnp.asarray(x).dtype, jnp.integer) for x in values)
    return (float,) if exact else ()
