"""Dirichlet draws: gamma draws over their sum, by way of their logarithms."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike, DTypeLike

from randlint_runtime._gradient_rules._calculus import differentiate_as
from randlint_runtime._unpatched_jax import jax_random
from randlint_runtime.random import _base
from randlint_runtime.random._base import Convention, RealArray, Shape, Sharding
from randlint_runtime.random._gamma import gamma_draw


@_base.kernel
def _dirichlet(
    key: jax.Array, alpha: ArrayLike, *, shape: tuple[int, ...] | None, dtype: np.dtype[Any]
) -> jax.Array:
    alpha = jnp.asarray(alpha).astype(dtype)
    batch = alpha.shape[:-1] if shape is None else shape
    log = gamma_draw(key, jnp.broadcast_to(alpha, (*batch, alpha.shape[-1]))).log
    drawn = jax.nn.softmax(lax.stop_gradient(log), -1)
    return differentiate_as(drawn, _softmax(log))


@jax.custom_jvp
def _softmax(log: jax.Array) -> jax.Array:
    """Softmax over the last axis; a component that has underflowed neither moves nor pushes."""
    return jax.nn.softmax(log, -1)


@_softmax.defjvp
def _softmax_jvp(
    primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    x = _softmax(primals[0])
    weight = jnp.where(x > 0, x, 0)
    # A slope d log / d alpha may be the largest float; times a weight it is moderate again.
    push = weight * jnp.where(x > 0, tangents[0], 0)
    return x, push - weight * jnp.sum(push, -1, keepdims=True)


def dirichlet(
    key: ArrayLike,
    alpha: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Dirichlet draws with concentrations `alpha` `(..., n)`; `shape` is the batch shape."""
    plain_alpha = np.ndim(alpha) >= 1 and shape is None

    def check() -> object:
        return jax_random.dirichlet(key, alpha, shape, dtype, out_sharding=out_sharding)

    if not plain_alpha:
        _base.ask(check, shape)
    return _base.call(
        "dirichlet", _dirichlet, key, {"alpha": alpha}, shape=shape, dtype=dtype, broadcast=None,
        check=check, convention=convention, out_sharding=out_sharding,
    )  # fmt: skip
