"""The rejection sampler beneath the gamma family, vectorised without changing a draw.

jax runs Marsaglia and Tsang's loop ("A simple method for generating gamma variables", 2000) in
every lane until the last lane accepts. One round accepts 95 per cent of the lanes; here one round
runs on all of them, and only the lanes that were refused are gathered and taken to the end. A
lane's draw depends on its own key and on nothing else, so the draws are the same.

Float16 and bfloat16, other generators and the non-partitionable layout take jax's sampler, beneath
the same rule.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.custom_batching import custom_vmap

from randlint_runtime import threefry
from randlint_runtime._gradient_rules import precision
from randlint_runtime._gradient_rules.gamma import log_slope
from randlint_runtime._unpatched_jax import jax_random
from randlint_runtime.random import _base

_REFUSED = -1.0
_FEW = 64  # lanes: gathering the refused ones would cost more than it saves


class GammaDraw(NamedTuple):
    """One gamma draw and its logarithm, which is finite where the draw underflows."""

    value: jax.Array
    log: jax.Array


@jax.custom_jvp
def gamma_draw(key: jax.Array, a: jax.Array) -> GammaDraw:
    """Gamma draws with shape parameter `a`, of the shape of `a`, with the implicit rule."""
    if (
        _base.is_threefry(key)
        and threefry.partitionable()
        and a.dtype in (jnp.float32, jnp.float64)
        and a.size < 2**31  # lanes are gathered by signed words
    ):
        return _ours(key, a)
    return _theirs(_base.typed(key), a)


@gamma_draw.defjvp
def _gamma_jvp(
    primals: tuple[jax.Array, jax.Array], tangents: tuple[Any, jax.Array]
) -> tuple[GammaDraw, GammaDraw]:
    key, a = primals
    draw = gamma_draw(key, a)
    slope = precision.in_full(log_slope, a, draw.value, draw.log)
    change = slope * tangents[1]
    moving = (draw.value > 0) & jnp.isfinite(draw.value)
    value = jnp.where(moving, draw.value, 0) * jnp.where(moving, slope, 0) * tangents[1]
    return draw, GammaDraw(value, change)


def _theirs(key: jax.Array, a: jax.Array) -> GammaDraw:
    return GammaDraw(
        jax_random.gamma(key, a, dtype=a.dtype), jax_random.loggamma(key, a, dtype=a.dtype)
    )


# ---- our sampler


def _ours(key: jax.Array, a: jax.Array) -> GammaDraw:
    lanes = threefry.split_words(key, (a.size,))
    value, log = _lane_draws(lanes, a.reshape(-1))
    return GammaDraw(value.reshape(a.shape), log.reshape(a.shape))


@custom_vmap
def _lane_draws(lanes: jax.Array, a: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A draw and its logarithm for every lane: `lanes` are keys `(n, 2)`, `a` is `(n,)`."""
    one, third = (jnp.asarray(value, a.dtype) for value in (1.0, 1.0 / 3.0))
    boosted = a < one
    shape = jnp.where(a >= one, a, a + one)
    d = shape - third
    # The barrier keeps a constant `a` from being folded into the proposals: jax's loop hides it
    # too.
    v = _accepted_cubes(lanes, *lax.optimization_barrier((d, third / jnp.sqrt(d))))
    u = _draw_uniform(threefry.fold_words(lanes, np.uint32(1)), a.dtype, 0.0, 1.0)
    # Nor into what follows. The reciprocal stands outside: where `a` is 1 / p, jax's is p. So does
    # the logarithm: of a constant it is computed in advance, in jax's program too.
    a, d, inverse, log_d = lax.optimization_barrier((a, d, 1 / a, jnp.log(d)))
    value = d * v * _boost(boosted | jnp.isnan(a), u, inverse)
    log = log_d + jnp.log(v) + _log_boost(boosted | jnp.isnan(a), u, inverse)
    return value, log


@_lane_draws.def_vmap
def _lane_draws_vmap(
    size: int, batched: list[bool], lanes: jax.Array, a: jax.Array
) -> tuple[tuple[jax.Array, jax.Array], tuple[bool, bool]]:
    """More lanes, each with a shape of its own, as in jax: XLA fuses the two programs alike.

    Copies of a key are behind a barrier: XLA would push the broadcast through the hash, one
    operation a run, and complain of a simplification that does not end after fifty. Those of a
    shape are not: where it is a constant, jax's program has what follows from it folded.
    """
    lanes, a = (
        x if is_batched else jnp.broadcast_to(x, (size, *x.shape))
        for x, is_batched in zip((lanes, a), batched, strict=True)
    )
    lanes = lanes if batched[0] else lax.optimization_barrier(lanes)
    value, log = _lane_draws(lanes.reshape(-1, 2), a.reshape(-1))
    return (value.reshape(a.shape), log.reshape(a.shape)), (True, True)


def _boost(boosted: jax.Array, u: jax.Array, inverse: jax.Array) -> jax.Array:
    """For a < 1 a draw at a + 1 is multiplied by `u ** (1 / a)`."""
    return jnp.where(boosted, jnp.power(1 - u, inverse), 1)


def _log_boost(boosted: jax.Array, u: jax.Array, inverse: jax.Array) -> jax.Array:
    log_u = jnp.log1p(-u)
    return jnp.where(boosted & (log_u != 0), log_u * inverse, 0)


def _accepted_cubes(lanes: jax.Array, d: jax.Array, c: jax.Array) -> jax.Array:
    """The accepted `(1 + c x)^3` of every lane.

    Args:
        lanes: keys `(n, 2)`, one per lane.
        d: `a - 1/3`, of shape `(n,)`.
        c: `1/3 / sqrt(d)`.
    """
    if d.size <= _FEW:
        return _until_accepted(lanes, d, c) if d.size else d
    first = threefry.materialise(lambda: _first_round(lanes, d, c), lanes, d)
    room = max(32, d.size // 16)

    def finish(v: jax.Array) -> jax.Array:
        (index,) = jnp.nonzero(v == _REFUSED, size=min(room, d.size), fill_value=d.size)
        rest = _until_accepted(*(x.at[index].get(mode="clip") for x in (lanes, d, c)))
        return v.at[index].set(rest, mode="drop")

    return lax.while_loop(lambda v: jnp.any(v == _REFUSED), finish, first)


def _first_round(lanes: jax.Array, d: jax.Array, c: jax.Array) -> jax.Array:
    key = threefry.fold_words(lanes, np.uint32(0))
    walk, choice = (threefry.fold_words(key, np.uint32(i)) for i in (1, 2))
    normal = threefry.fold_words(walk, np.uint32(1))
    v, accepted = _propose(_bits(normal, d.dtype), _bits(choice, d.dtype), d, c)
    return jnp.where(accepted, v, _REFUSED)


def _propose(
    walk: jax.Array, choice: jax.Array, d: jax.Array, c: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """One proposal per lane: its cube, and whether it is accepted. Not positive: refused, as is.

    Args:
        walk, choice: random bits, of the normal and of the uniform it is judged by.
        d, c: as in `_accepted_cubes`.
    """
    dtype = d.dtype
    u = _base.scale(_base.unit(walk, dtype), *_base.open_interval(dtype))
    x = np.array(np.sqrt(2), dtype) * lax.erf_inv(u)
    v = 1 + x * c
    squared, cube = x * x, v * v * v
    u = _base.scale(_base.unit(choice, dtype), 0.0, 1.0)
    quick = u >= 1 - jnp.asarray(0.0331, dtype) * (squared * squared)
    slow = jnp.log(u) >= squared * 0.5 + d * ((1 - cube) + jnp.log(cube))
    positive = ~(v <= 0)
    return jnp.where(positive, cube, v), positive & ~(quick & slow)


def _bits(keys: jax.Array, dtype: Any) -> jax.Array:
    width, _ = threefry.float_width(dtype)
    return threefry.bits_words(keys, (), width)


def _draw_uniform(keys: jax.Array, dtype: Any, low: Any, high: Any) -> jax.Array:
    return _base.scale(_base.unit(_bits(keys, dtype), dtype), low, high)


class _Lane(NamedTuple):
    key: jax.Array  # of the current round
    walk: jax.Array  # of the next normal
    choice: jax.Array  # of the uniform
    fresh: jax.Array  # whether a new round begins
    v: jax.Array  # the accepted cube, or _REFUSED


def _until_accepted(lanes: jax.Array, d: jax.Array, c: jax.Array) -> jax.Array:
    """The same rounds, from the first, until every one of these lanes has accepted."""
    key = threefry.fold_words(lanes, np.uint32(0))
    fresh = (lanes[:, 0] == lanes[:, 0]) | jnp.isnan(d)  # true, with the manual axes of both
    start = _Lane(key, key, key, fresh, jnp.where(fresh, _REFUSED, d))
    return lax.while_loop(
        lambda lane: jnp.any(lane.v == _REFUSED), partial(_step, d=d, c=c), start
    ).v


def _step(lane: _Lane, *, d: jax.Array, c: jax.Array) -> _Lane:
    key, walk, choice = (
        jnp.where(lane.fresh[:, None], new, old)
        for new, old in zip(_children(lane.key, 3), lane[:3], strict=True)
    )
    again, normal = _children(walk, 2)
    drawn = threefry.materialise(lambda: _bits(jnp.stack([normal, choice]), d.dtype), normal)
    v, accepted = _propose(drawn[0], drawn[1], d, c)
    waiting = lane.v == _REFUSED
    return _Lane(key, again, choice, v > 0, jnp.where(waiting & accepted, v, lane.v))


def _children(keys: jax.Array, count: int) -> jax.Array:
    """`fold_in(key, i)` of all keys for the first numbers `i`: one hash, computed once and stored.

    LLVM's vectoriser asks of every value of a loop whether all who use it need its first lane only,
    and asks each of those anew. A hash uses each of its values twice; where what follows is chosen
    by branches nothing ends the search early, and it takes for ever. So no hash of this loop stands
    in one expression with another hash, or with what is made of it.
    """
    numbers = np.arange(count, dtype=np.uint32)[:, None]
    return threefry.materialise(lambda: threefry.fold_words(keys, numbers), keys)
