"""Powers of gamma draws: the generalized normal distribution, and uniform points of a ball.

As in the gamma family, the value is jax's formula and the derivative that of the same formula in
logarithms.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike, DTypeLike

from randlint_runtime._gradient_rules._calculus import bounded_exp, differentiate_as
from randlint_runtime._unpatched_jax import jax_random
from randlint_runtime.random import _base
from randlint_runtime.random._base import Convention, RealArray, Shape, Sharding
from randlint_runtime.random._declaring import sampler
from randlint_runtime.random._discrete import random_signs
from randlint_runtime.random._gamma import GammaDraw, gamma_draw
from randlint_runtime.random._standard import exponential_draw

Dims = tuple[int, ...]


def _power_draw(
    key: jax.Array, p: jax.Array, shape: Dims, dtype: np.dtype[Any]
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Jax's generalized normal draw, its sign, and the logarithm of the gamma in it."""
    key_gamma, key_sign = _base.split(key)
    g: GammaDraw = gamma_draw(key_gamma, jnp.broadcast_to(jnp.asarray(1 / p).astype(dtype), shape))
    sign = random_signs(key_sign, shape, dtype)
    held = lax.stop_gradient(p)
    return sign * lax.stop_gradient(g.value) ** (1 / held), sign, g.log


@_base.kernel
def _generalized_normal(
    key: jax.Array, p: jax.Array, *, shape: Dims, dtype: np.dtype[Any]
) -> jax.Array:
    drawn, sign, log = _power_draw(key, p, shape, dtype)
    return differentiate_as(drawn, (sign * bounded_exp(log / p)).astype(drawn.dtype))


@sampler(_generalized_normal, broadcast=None)
def generalized_normal(
    key: ArrayLike,
    p: RealArray,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Draws with density proportional to `exp(-|x| ** p)`: a signed power of a gamma draw."""
    return jax_random.generalized_normal(key, p, shape, dtype, out_sharding=out_sharding)


@_base.kernel
def _ball(key: jax.Array, p: jax.Array, *, shape: Dims, dtype: np.dtype[Any], d: int) -> jax.Array:
    key_normal, key_exponential = _base.split(key)
    g, sign, log = _power_draw(key_normal, p, (*shape, d), dtype)
    e = exponential_draw(key_exponential, shape, dtype)
    held = lax.stop_gradient(p)
    drawn = g / (((jnp.abs(g) ** held).sum(-1) + e) ** (1 / held))[..., None]
    log_e = jnp.log(jnp.maximum(e, jnp.finfo(e.dtype).tiny))
    parts = jnp.concatenate([log, log_e[..., None]], axis=-1)
    total = jax.nn.logsumexp(parts, axis=-1, keepdims=True)
    smooth = sign * bounded_exp((log - total) / p)
    return differentiate_as(drawn, smooth.astype(drawn.dtype))


def ball(
    key: ArrayLike,
    d: int,
    p: RealArray = 2,
    shape: Shape = (),
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Uniform draws from the unit ball of the p-norm in `d` dimensions, `(*shape, d)`."""

    def check() -> object:
        return jax_random.ball(key, d, p, shape, dtype, out_sharding=out_sharding)

    if type(d) is not int:
        check()
    return _base.call(
        "ball", _ball, key, {"p": p}, shape=shape, dtype=dtype, broadcast=None, check=check,
        convention=convention, out_sharding=out_sharding, static={"d": int(d)},
    )  # fmt: skip
