"""Counts: geometric, Poisson, binomial and multinomial draws.

The loops are jax's (Knuth's product of uniforms and Hoermann's transformed rejection), draw for
draw, on our bits; a loop that no lane needs is not run. Without `jax_threefry_partitionable` jax's
samplers are called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike, DTypeLike

from randlint_runtime import threefry
from randlint_runtime._unpatched_jax import jax_random
from randlint_runtime.random import _approximate, _base
from randlint_runtime.random._base import Convention, RealArray, Shape, Sharding

Dims = tuple[int, ...]
Three = tuple[jax.Array, jax.Array, jax.Array]
_OPEN = -float("inf")  # a lane that has not accepted; no proposal is minus infinity


# ---- geometric


@_base.kernel
def _geometric(key: jax.Array, p: ArrayLike, *, shape: Dims, dtype: np.dtype[Any]) -> jax.Array:
    p = lax.stop_gradient(_inexact(p))
    u = _base.uniform(key, shape, p.dtype)
    log_u = jnp.log(jnp.where(u == 0, 1, u))
    return (jnp.floor(log_u / jnp.broadcast_to(jnp.log1p(-p), shape)) + 1).astype(dtype)


def geometric(
    key: ArrayLike,
    p: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """The number of trials up to the first success, each of probability `p`: 1, 2, ..."""

    def check() -> object:
        return jax_random.geometric(key, p, shape, dtype, out_sharding=out_sharding)

    if not _base.are_numbers(p):
        _base.ask(check, shape)
    return _base.call(
        "geometric", _geometric, key, {"p": p}, shape=_broadcast(shape, p), dtype=dtype, kind=int,
        broadcast=None,
        check=check,
        convention=convention, out_sharding=out_sharding, integral=True,
    )  # fmt: skip


def _inexact(value: ArrayLike) -> jax.Array:
    array = jnp.asarray(value)
    if jnp.issubdtype(array.dtype, jnp.inexact):
        return array
    return array.astype(jax.dtypes.canonicalize_dtype(float))


def _broadcast(
    shape: Shape | int | jax.Array | None, *parameters: ArrayLike
) -> Shape | list[int] | None:
    """`shape`, or a list (never plain, so that jax's checks run) where it does not fit."""
    if isinstance(shape, jax.Array):
        return cast(Shape, shape)
    if isinstance(shape, int):
        shape = (shape,)
    together = _base.broadcast_shapes(*(np.shape(p) for p in parameters))
    if shape is None:
        return [] if together is None else together
    if _base.is_plain_shape(shape) and together is not None:
        return shape if _base.broadcast_shapes(together, shape) == shape else list(shape)
    return list(shape)


# ---- rejection, lane by lane


def _reject(
    key: jax.Array,
    propose: Callable[[jax.Array, jax.Array, tuple[jax.Array, ...]], jax.Array],
    lanes: tuple[jax.Array, ...],
    wanted: jax.Array,
) -> jax.Array:
    """A draw for every lane by rejection, in rounds that all lanes take part in.

    A lane that has accepted takes its later acceptances too, until the last lane has one: that is
    what jax draws, so no lane may leave early, nor one whose draw nobody wants.

    Args:
        key: one key; round r draws from keys derived by the r-th of a chain of splits.
        propose: `propose(keys, index, lanes)`, one proposal per lane or `_OPEN`; `index` numbers
            the lanes, whose bits they draw.
        lanes: what `propose` needs of each lane, flat arrays.
        wanted: which lanes' draws are used; where there are none, no round is run.
    """
    everyone = lax.iota(jnp.uint32, lanes[0].size)
    some = jnp.any(wanted)

    def step(carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        key, k = carry
        keys = _base.split(key, 3)
        # Whether a lane accepts and what are one value, so that the hash is computed once.
        proposal = propose(keys, everyone, lanes)
        return keys[0], jnp.where(proposal == _OPEN, k, proposal)

    start = threefry.varying_like(jnp.full_like(lanes[0], _OPEN), key, *lanes, wanted)
    return lax.while_loop(lambda carry: some & jnp.any(carry[1] == _OPEN), step, (key, start))[1]


def _uniform_at(key: jax.Array, index: jax.Array, dtype: DTypeLike) -> jax.Array:
    """Elements `index` of `uniform(key, shape)`, flattened."""
    width, _ = threefry.float_width(dtype)
    return _base.scale(_base.unit(threefry.bits_at(key, index, width), dtype), 0.0, 1.0)


# ---- poisson


@_base.kernel
def _poisson(key: jax.Array, lam: jax.Array, *, shape: Dims, dtype: np.dtype[Any]) -> jax.Array:
    lam = lax.stop_gradient(jnp.broadcast_to(jnp.asarray(lam), shape).astype(jnp.float32))
    if not threefry.partitionable():
        drawn: jax.Array = jax_random.poisson(_base.typed(key), lam, shape, dtype)
        return drawn
    small = jnp.isnan(lam) | (lam < 10)
    counts = _knuth(key, jnp.where(small, lam, 0))
    large = jnp.where(small, 1e5, lam).reshape(-1)
    rejected = _reject(key, _propose_poisson, (large,), ~small).reshape(shape)
    found = jnp.where(small, (counts - 1).astype(dtype), rejected.astype(dtype))
    return jnp.where(lam == 0, jnp.zeros_like(found), found)


def _knuth(key: jax.Array, lam: jax.Array) -> jax.Array:
    """How many uniforms until their product is below `exp(-lam)`, counting the last."""

    def step(carry: Three) -> Three:
        count, key, log_product = carry
        key, subkey = _base.split(key)
        count = jnp.where(log_product > -lam, count + 1, count)
        u = _base.uniform(subkey, lam.shape, jnp.float32)
        return count, key, log_product + jnp.log(u)

    zero = threefry.varying_like(jnp.zeros_like(lam), lam, key)
    start = (zero.astype(jnp.int32), key, zero)
    return lax.while_loop(lambda carry: jnp.any(carry[2] > -lam), step, start)[0]


def _propose_poisson(keys: jax.Array, index: jax.Array, lanes: tuple[jax.Array, ...]) -> jax.Array:
    (lam,) = lanes
    b = 0.931 + 2.53 * jnp.sqrt(lam)
    a = -0.059 + 0.02483 * b
    inverse_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)
    u = _uniform_at(keys[1], index, lam.dtype) - 0.5
    v = _uniform_at(keys[2], index, lam.dtype)
    gap = 0.5 - jnp.abs(u)
    k = jnp.floor((2 * a / gap + b) * u + lam + 0.43)
    s = jnp.log(v * inverse_alpha / (a / (gap * gap) + b))
    t = -lam + k * jnp.log(lam) - lax.lgamma(k + 1)
    inner = (gap >= 0.07) & (v <= v_r)
    outer = (k < 0) | ((gap < 0.013) & (v > gap))
    return jnp.where(inner | (~outer & (s <= t)), k, _OPEN)


def poisson(
    key: ArrayLike,
    lam: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    method: str = "exact",
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """Poisson counts with mean `lam` (used as float32), of the shape of `lam` or of `shape`."""
    if method != "exact":
        return _approximate.draw(
            "poisson", method, key, {"lam": lam}, shape, dtype,
            out_sharding=out_sharding, convention=convention, integral=True,
        )  # fmt: skip

    def check() -> object:
        return jax_random.poisson(key, lam, shape, dtype, out_sharding=out_sharding)

    if not _base.are_numbers(lam):
        _base.ask(check, shape)
    return _base.call(
        "poisson", _poisson, key, {"lam": lam}, shape=_broadcast(shape, lam), dtype=dtype,
        kind=int, broadcast=None,
        check=check,
        convention=convention, out_sharding=out_sharding, integral=True,
    )  # fmt: skip


# ---- binomial


@_base.kernel
def _binomial(
    key: jax.Array, n: ArrayLike, p: ArrayLike, *, shape: Dims | None, dtype: np.dtype[Any]
) -> jax.Array:
    n, p = lax.stop_gradient((jnp.asarray(n), jnp.asarray(p)))
    if shape is None:
        shape = np.broadcast_shapes(n.shape, p.shape)
    probability = _inexact(p)
    full = (np.dtype("float32"), np.dtype("float64"))
    own = _base.is_threefry(key) and threefry.partitionable()
    if not own or dtype not in full or probability.dtype not in full:
        drawn: jax.Array = jax_random.binomial(_base.typed(key), n, p, shape, dtype)
        return drawn
    count = jnp.broadcast_to(n.astype(probability.dtype), shape)
    return binomial_draw(key, count, jnp.broadcast_to(probability, shape), dtype)


def binomial_draw(
    key: jax.Array, count: jax.Array, p: jax.Array, dtype: np.dtype[Any]
) -> jax.Array:
    """Binomial draws as floats; `count` and `p` of one shape and dtype."""
    low = p < 0.5
    q = jnp.where(low, p, 1.0 - p)
    bad_count = jnp.isnan(count) | (count < 0)
    bad_q = jnp.isnan(q) | (q < 0)
    safe = jnp.where(bad_q, jnp.asarray(0.01, q.dtype), q)
    small = bad_count | (count * safe <= 10)
    floored = jnp.floor(count)
    few = _geometric_sums(key, jnp.where(small, floored, -1), safe)
    lanes = (
        jnp.where(small, 1e4, floored).reshape(-1),
        jnp.where(small, jnp.asarray(0.5, q.dtype), safe).reshape(-1),
    )
    many = _reject(key, _propose_binomial, lanes, ~small).reshape(p.shape)
    drawn = jnp.where(small, (few - 1).astype(dtype), many.astype(dtype))
    drawn = jnp.where(bad_q | bad_count, jnp.asarray(jnp.nan, dtype), drawn)
    drawn = jnp.where(jnp.isinf(count) & ~(bad_q | bad_count), jnp.asarray(jnp.inf, dtype), drawn)
    keep = low | bad_count | jnp.isnan(q) | jnp.isinf(count)
    return jnp.where(keep, drawn, floored.astype(dtype) - drawn)


def _geometric_sums(key: jax.Array, count: jax.Array, q: jax.Array) -> jax.Array:
    """How many geometric waiting times fit into `count`, plus one; lanes with count -1 are idle."""
    log_miss = jnp.log1p(-q)

    def step(carry: Three) -> Three:
        waits, total, key = carry
        subkey, key = _base.split(key)
        waits = jnp.where(total <= count, waits + 1, waits)
        u = _base.uniform(subkey, count.shape, q.dtype)
        return waits, total + jnp.ceil(jnp.log(u) / log_miss), key

    zero = threefry.varying_like(jnp.zeros_like(q), q, count, key)
    start = (zero, zero, key)
    return lax.while_loop(lambda carry: jnp.any(carry[1] <= count), step, start)[0]


_STIRLING_TAILS = (
    0.0810614667953272, 0.0413406959554092, 0.0276779256849983, 0.02079067210376509,
    0.0166446911898211, 0.0138761288230707, 0.0118967099458917, 0.0104112652619720,
    0.00925546218271273, 0.00833056343336287,
)  # fmt: skip


def _stirling_tail(k: jax.Array) -> jax.Array:
    """`log k! - log(sqrt(2 pi) (k + 1/2)^(k + 1/2) e^-(k + 1))`, tabulated up to 9."""
    table = jnp.asarray(_STIRLING_TAILS, k.dtype)
    clamped = jnp.clip(k, 0.0, 9.0)
    squared = (clamped + 1) * (clamped + 1)
    series = (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / squared) / squared) / (clamped + 1)
    return jnp.where(k <= 9, table[jnp.floor(clamped).astype(jnp.int32)], series)


def _propose_binomial(keys: jax.Array, index: jax.Array, lanes: tuple[jax.Array, ...]) -> jax.Array:
    count, p = lanes
    deviation = jnp.sqrt(count * p * (1 - p))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * p
    c = count * p + 0.5
    v_r = 0.92 - 4.2 / b
    r = p / (1 - p)
    alpha = (2.83 + 5.1 / b) * deviation
    m = jnp.floor((count + 1) * p)
    u = _uniform_at(keys[1], index, p.dtype) - 0.5
    v = _uniform_at(keys[2], index, p.dtype)
    us = 0.5 - jnp.abs(u)
    quick = (us >= 0.07) & (v <= v_r)
    k = jnp.floor((2 * a / us + b) * u + c)
    v = jnp.log(v * alpha / (a / (us * us) + b))
    bound = (
        (m + 0.5) * jnp.log((m + 1) / (r * (count - m + 1)))
        + (count + 1) * jnp.log((count - m + 1) / (count - k + 1))
        + (k + 0.5) * jnp.log(r * (count - k + 1) / (k + 1))
        + _stirling_tail(m)
        + _stirling_tail(count - m)
        - _stirling_tail(k)
        - _stirling_tail(count - k)
    )
    outside = (k < 0) | (k > count)
    return jnp.where(quick | (~outside & (v <= bound)), k, _OPEN)


def binomial(
    key: jax.Array,
    n: RealArray,
    p: RealArray,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    *,
    convention: Convention = None,
) -> jax.Array:
    """Successes in `n` trials of probability `p`, as floats; NaN where `n` or `p` is impossible."""

    def check() -> object:
        return jax_random.binomial(key, n, p, shape, dtype)

    if not _base.are_numbers(n, p):
        _base.ask(check, shape)
    return _base.call(
        "binomial", _binomial, key, {"n": n, "p": p},
        shape=shape if shape is None else _broadcast(shape, n, p), dtype=dtype, broadcast=None,
        check=check,
        convention=convention, integral=False,
    )  # fmt: skip


# ---- multinomial


@_base.kernel
def _multinomial(
    key: jax.Array, n: jax.Array, p: jax.Array, *, shape: Dims | None, dtype: Any,
    unroll: int | bool,
) -> jax.Array:  # fmt: skip
    n, p = lax.stop_gradient((n, p))
    shape = p.shape if shape is None else shape
    n = jnp.broadcast_to(n, shape[:-1])
    p = jnp.moveaxis(jnp.broadcast_to(p, shape), -1, 0)
    remaining = lax.cumsum(p, 0, reverse=True)
    ratios = (p / jnp.where(remaining == 0, 1, remaining)).clip(0, 1)

    def draw(rest: jax.Array, step: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        ratio, key = step
        count = _binomial(_base.typed(key), rest, ratio, shape=None, dtype=rest.dtype)
        return rest - count, count

    keys = _base.split(key, ratios.shape[0])
    _, counts = lax.scan(draw, n, (ratios, keys), unroll=unroll)
    return jnp.moveaxis(counts, 0, -1).astype(dtype)


def multinomial(
    key: jax.Array,
    n: RealArray,
    p: RealArray,
    *,
    shape: Shape | None = None,
    dtype: DTypeLike | None = None,
    unroll: int | bool = 1,
    convention: Convention = None,
) -> jax.Array:
    """Counts of `n` trials over the categories on the last axis of `p`, one binomial after another.

    Args:
        key: one key.
        n: the number of trials, of the batch shape.
        p: probabilities `(..., categories)`.
        shape: as jax reads it: of the result before 0.12, without the categories since; the
            result has the shape of `p` by default.
        dtype: of the result; that of `n` and `p` together by default.
        unroll: of the scan over categories.
        convention: how the derivatives are to be read.
    """
    made = _base.ask(
        lambda: jax_random.multinomial(key, n, p, shape=shape, dtype=dtype, unroll=unroll), shape
    )
    together = jnp.result_type(_inexact(n), _inexact(p))
    size = None if shape is None else tuple(made.shape)
    return _base.call(
        "multinomial", _multinomial, key,
        {"n": jnp.asarray(n, together), "p": jnp.asarray(p, together)},
        shape=size, dtype=made.dtype, broadcast=None, check=lambda: None, convention=convention,
        static={"unroll": unroll},
    )  # fmt: skip
