"""The gamma family: one implicit rule, of log x with respect to the shape, and what is built on it.

Every draw here is a formula of gamma draws. The value is computed by jax's formula, to give jax's
bits; the derivative is that of the same formula in logarithms, which keeps its digits where a gamma
draw underflows or a ratio overflows. A draw that has overflowed to infinity, or rounded to 0 or 1,
does not move.

`rule="implicit"` selects, where there is one, the derivative through the distribution function of
the draw itself: the conditional mean of the default rule given the draw, so never of larger
variance.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike, DTypeLike

from randlint_runtime._gradient_rules import beta as beta_rules
from randlint_runtime._gradient_rules import precision
from randlint_runtime._gradient_rules._calculus import (
    bounded_exp,
    differentiate_as,
    reparameterized,
)
from randlint_runtime._jax import is_tracer
from randlint_runtime._unpatched_jax import config, jax_random
from randlint_runtime.random import _base
from randlint_runtime.random._base import Convention, RealArray, Shape, Sharding
from randlint_runtime.random._declaring import sampler
from randlint_runtime.random._gamma import gamma_draw

Dims = tuple[int, ...]


def _parameter(value: ArrayLike, shape: Dims, dtype: np.dtype[Any]) -> jax.Array:
    return jnp.broadcast_to(jnp.asarray(value).astype(dtype), shape)


# ---- gamma, loggamma


@_base.kernel
def _gamma(
    key: jax.Array, a: ArrayLike, *, shape: Dims, dtype: np.dtype[Any], log: bool
) -> jax.Array:
    draw = gamma_draw(key, _parameter(a, shape, dtype))
    return draw.log if log else draw.value


_UNOBSERVED = _base.call


def _at_once(
    key: ArrayLike,
    a: RealArray,
    shape: Shape | None,
    dtype: DTypeLike | None,
    method: str,
    out_sharding: Sharding,
    convention: Convention,
    *,
    log: bool,
) -> jax.Array | None:
    """One eager draw at a number: nothing is to be looked into before it is made.

    Not while draws are observed: what observes them stands in the place of `_base.call`.
    """
    if (
        type(a) is float
        and (shape is None or (type(shape) is tuple and not shape))
        and dtype is None
        and convention is None
        and out_sharding is None
        and _base.call is _UNOBSERVED
        and _base.is_plain_key(key)
        and not is_tracer(key)
        and jax.sharding.get_abstract_mesh().empty
    ):
        wanted = _base.plain_dtype(None, float, config.jax_enable_x64)
        return _single_draw(key, a, dtype=wanted, log=log)
    return None


@_base.kernel
def _single_draw(
    key: jax.Array, a: ArrayLike, *, dtype: np.dtype[Any] | None, log: bool
) -> jax.Array:
    """By jax's loop: for one lane, what the vectorised one saves is less than what it starts."""
    draw = jax_random.loggamma if log else jax_random.gamma
    drawn: jax.Array = draw(_base.typed(key), a, (), dtype)
    return drawn


@sampler(_gamma, broadcast=True, static={"log": False}, at_once=partial(_at_once, log=False))
def gamma(
    key: ArrayLike,
    a: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    method: str = "exact",
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Gamma draws: density `x^(a-1) e^-x / Gamma(a)` on `x > 0`, with scale 1.

    By rejection (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000); at
    `a < 1` a draw at `a + 1` times `u^(1/a)`, as in jax.

    Args:
        key: one key, typed or raw.
        a: the shape parameter, positive. Gradient rule: implicit, the derivative of x at a fixed
            quantile (Figurnov, Mohamed and Mnih, "Implicit reparameterization gradients", 2018).
        shape: what is drawn; that of `a` by default, or one that it broadcasts to.
        dtype: a float type; that of jax by default.
        method: `"exact"`, or another that the installed jax knows.
        convention: how the derivative is to be read; see `randlint_runtime.conventions`.

    Returns:
        Floats of `shape`.

    Raises:
        What `jax.random.gamma` raises, for the same arguments.
    """
    return jax_random.gamma(key, a, shape, dtype, out_sharding=out_sharding)


@sampler(_gamma, broadcast=True, static={"log": True}, at_once=partial(_at_once, log=True))
def loggamma(
    key: ArrayLike,
    a: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    method: str = "exact",
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Logarithms of gamma draws, finite however small `a` is.

    The arguments, the implicit rule of `a` and the source are those of `gamma`; of `a < 1` the
    logarithm of the correction `u^(1/a)` is added, where the draw itself would underflow.
    """
    return jax_random.loggamma(key, a, shape, dtype, out_sharding=out_sharding)


# ---- chisquare, f


@_base.kernel
def _chisquare(
    key: jax.Array, df: ArrayLike, *, shape: Dims, dtype: np.dtype[Any], rule: str
) -> jax.Array:
    del rule  # there is one
    # Halved before it is broadcast, as in jax: XLA folds constants in the order it finds them.
    half = jnp.asarray(df).astype(dtype) / 2
    log = gamma_draw(key, _parameter(half, shape, dtype)).log
    drawn = jnp.exp(lax.stop_gradient(log)) * 2
    return differentiate_as(drawn, bounded_exp(log + float(np.log(2))))


@sampler(_chisquare, broadcast=True)
def chisquare(
    key: ArrayLike,
    df: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    method: str = "exact",
    out_sharding: Sharding = None,
    convention: Convention = None,
    rule: str = "default",
) -> jax.Array:
    """Chi-square draws with `df` degrees of freedom: twice a gamma draw at `df / 2`.

    Args:
        df: positive. Its rule is implicit, that of `gamma` at half of it; `rule="implicit"` is the
            same.
        key, shape, dtype, method, convention: as in `gamma`.

    Returns:
        Positive floats of `shape`, by default that of `df`.
    """
    return jax_random.chisquare(key, df, shape, dtype, out_sharding=out_sharding)


@_base.kernel
def _f(
    key: jax.Array, dfnum: ArrayLike, dfden: ArrayLike, *, shape: Dims, dtype: np.dtype[Any],
    rule: str,
) -> jax.Array:  # fmt: skip
    dfnum, dfden = (jnp.asarray(df).astype(dtype) for df in (dfnum, dfden))
    return _f_draw(key, dfnum, dfden, shape, rule)


@partial(jax.custom_jvp, nondiff_argnums=(3, 4))
def _f_draw(
    key: jax.Array, dfnum: jax.Array, dfden: jax.Array, shape: Dims, rule: str
) -> jax.Array:
    """The draw of `jax.random`.

    A ratio of two chi-squares magnifies the last bits of their logarithms, and those depend on how
    XLA orders its rewrites in a program with two rejection loops: ours were up to 49 units away.
    """
    del rule
    drawn: jax.Array = jax_random.f(_base.typed(key), dfnum, dfden, shape, dfnum.dtype)
    return drawn


@_f_draw.defjvp
def _f_jvp(
    shape: Dims, rule: str, primals: tuple[jax.Array, ...], tangents: tuple[Any, ...]
) -> tuple[jax.Array, jax.Array]:
    key, *degrees = primals

    def smooth(*degrees: jax.Array) -> jax.Array:
        return _smooth_f(key, rule, *(jnp.broadcast_to(df, shape) for df in degrees))

    _, change = jax.jvp(smooth, tuple(degrees), tangents[1:])
    return _f_draw(*primals, shape, rule), change


def _smooth_f(key: jax.Array, rule: str, dfnum: jax.Array, dfden: jax.Array) -> jax.Array:
    """The draw as a formula of gamma draws, in logarithms."""
    key_den, key_num = _base.split(key)
    logit = gamma_draw(key_num, dfnum / 2).log - gamma_draw(key_den, dfden / 2).log
    if rule == "implicit":
        logit = _implicit_logit(logit, dfnum / 2, dfden / 2)
    return bounded_exp(logit + jnp.log(dfden) - jnp.log(dfnum))


@sampler(_f, broadcast=True)
def f(
    key: ArrayLike,
    dfnum: RealArray,
    dfden: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
    rule: str = "default",
) -> jax.Array:
    """F draws: the ratio of two chi-squares, each over its degrees of freedom.

    Args:
        dfnum, dfden: degrees of freedom, positive. Gradient rule: implicit, by those of the two
            gamma draws; `rule="implicit"` differentiates through the distribution function of the
            ratio itself, with never more variance.
        key, shape, dtype, convention: as in `gamma`.

    Returns:
        Positive floats of `shape`, by default what the parameters broadcast to.
    """
    return jax_random.f(key, dfnum, dfden, shape, dtype, out_sharding=out_sharding)


# ---- beta


def _implicit_logit(logit: jax.Array, a: jax.Array, b: jax.Array) -> jax.Array:
    """The logit of a beta(a, b) draw, moving at a fixed quantile of its own law."""

    def slopes(z: jax.Array, a: jax.Array, b: jax.Array) -> tuple[jax.Array, jax.Array]:
        out: tuple[jax.Array, jax.Array] = precision.in_full(beta_rules.logit_slopes, z, a, b)
        return out

    return reparameterized(slopes, lax.stop_gradient(logit), a, b)


@_base.kernel
def _beta(
    key: jax.Array, a: ArrayLike, b: ArrayLike, *, shape: Dims, dtype: np.dtype[Any], rule: str
) -> jax.Array:
    a, b = _parameter(a, shape, dtype), _parameter(b, shape, dtype)
    key_a, key_b = _base.split(key)
    log_a, log_b = gamma_draw(key_a, a).log, gamma_draw(key_b, b).log
    held_a, held_b = lax.stop_gradient((log_a, log_b))
    top = jnp.maximum(held_a, held_b)
    scaled_a, scaled_b = jnp.exp(held_a - top), jnp.exp(held_b - top)
    drawn = scaled_a / (scaled_a + scaled_b)
    logit = log_a - log_b
    if rule == "implicit":
        logit = _implicit_logit(logit, a, b)
    return differentiate_as(drawn, _sigmoid(logit))


def _sigmoid(logit: jax.Array) -> jax.Array:
    """The logistic function, not moving at all where it has rounded to 0 or 1."""
    limit = -float(np.log(float(jnp.finfo(logit.dtype).tiny)))
    inside = jnp.abs(logit) < limit
    return jax.nn.sigmoid(jnp.where(inside, logit, lax.stop_gradient(logit)))


@sampler(_beta, broadcast=True)
def beta(
    key: ArrayLike,
    a: RealArray,
    b: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    method: str = "exact",
    out_sharding: Sharding = None,
    convention: Convention = None,
    rule: str = "default",
) -> jax.Array:
    """Beta draws: density proportional to `x^(a-1) (1-x)^(b-1)` on (0, 1), from two gamma draws.

    Args:
        a, b: positive. Gradient rule: implicit, by those of the two gamma draws;
            `rule="implicit"` differentiates through the distribution function of the beta draw
            itself, with never more variance.
        key, shape, dtype, method, convention: as in `gamma`.

    Returns:
        Floats of `shape`, by default what the parameters broadcast to.
    """
    return jax_random.beta(key, a, b, shape, dtype, out_sharding=out_sharding)


# ---- t


@_base.kernel
def _t(key: jax.Array, df: ArrayLike, *, shape: Dims, dtype: np.dtype[Any], rule: str) -> jax.Array:
    df = jnp.asarray(df).astype(dtype)
    key_normal, key_gamma = _base.split(key)
    n = _base.normal(key_normal, shape, dtype)
    half = _parameter(df / 2, shape, dtype)
    g = gamma_draw(key_gamma, half)
    drawn = n * jnp.sqrt(lax.stop_gradient(half / g.value))
    size = jnp.log(jnp.where(n == 0, 1, jnp.abs(n)))
    exponent = size + (jnp.log(half) - g.log) / 2
    if rule == "implicit":
        # t^2 / df = n^2 / (2 g) is a ratio of gammas with shapes 1/2 and df / 2.
        logit = 2 * size - float(np.log(2)) - lax.stop_gradient(g.log)
        logit = _implicit_logit(logit, jnp.full_like(half, 0.5), half)
        exponent = (logit + jnp.log(df)) / 2
    return differentiate_as(drawn, jnp.sign(n) * bounded_exp(exponent))


@sampler(_t, broadcast=True)
def t(
    key: ArrayLike,
    df: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
    rule: str = "default",
) -> jax.Array:
    """Student's t draws: a normal over the root of a gamma draw at `df / 2`, divided by that.

    Args:
        df: degrees of freedom, positive. Gradient rule: implicit, by that of the gamma draw;
            `rule="implicit"` differentiates through the distribution function of t itself: at 12
            degrees of freedom the gradient of E[log|x|] has an eleventh of the variance (measured).
        key, shape, dtype, convention: as in `gamma`.

    Returns:
        Floats of `shape`, by default that of `df`.
    """
    return jax_random.t(key, df, shape, dtype, out_sharding=out_sharding)
