"""Permutations and choices: which elements are picked does not depend smoothly on anything.

The values picked are read the same way by every convention; what they were picked with is held
fixed before anything is computed with it.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike

from randlint_runtime._unpatched_jax import jax_random
from randlint_runtime.random import _base
from randlint_runtime.random._base import Convention, RealArray, Shape, Sharding
from randlint_runtime.random._discrete import has_axis, inexact, uniform_integers
from randlint_runtime.random._standard import gumbel_draw, gumbel_mode

Dims = tuple[int, ...]


def _shuffle(key: jax.Array, x: jax.Array, axis: int) -> jax.Array:
    """Sort by random keys, often enough that collisions of keys no longer matter."""
    size = max(1, x.size)
    rounds = math.ceil(3 * math.log(size) / math.log(2**32 - 1))
    for _ in range(rounds):
        key, subkey = _base.split(key)
        order = _base.stored(partial(_base.random_bits, subkey, x.shape, 32), subkey)
        _, x = lax.sort_key_val(order, x, axis)
    return x


@_base.kernel
def _permutation(
    key: jax.Array, x: jax.Array | None, *, shape: Dims | None, dtype: np.dtype[Any], axis: int,
    independent: bool, count: int = 0,
) -> jax.Array:  # fmt: skip
    del shape, dtype
    x = jnp.arange(count) if x is None else x
    if independent or x.ndim == 1:
        return _shuffle(key, x, axis)
    order = _shuffle(key, jnp.arange(x.shape[axis]), 0)
    return jnp.take(x, order, axis, unique_indices=True)


def permutation(
    key: ArrayLike,
    x: int | ArrayLike,
    axis: int = 0,
    independent: bool = False,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
) -> jax.Array:
    """`x` (or `arange(x)`) with its elements along `axis` in random order.

    Args:
        key: one key.
        x: an array, or an integer.
        axis: the axis to shuffle along.
        independent: whether every vector along `axis` gets an order of its own.
        out_sharding: how the result is laid out over devices.
        convention: accepted for symmetry; the values picked are read the same way by all.
    """

    def check() -> object:
        return jax_random.permutation(key, x, axis, independent, out_sharding=out_sharding)

    counted = type(x) is int and axis in (0, -1)
    if not (counted or has_axis(x, axis)):
        _base.ask(check)
    array = jnp.asarray(x) if np.ndim(x) else None
    return _base.call(
        "permutation", _permutation, key, {"x": array}, shape=None, dtype=None, broadcast=None,
        check=check, convention=convention, out_sharding=out_sharding,
        static={
            "axis": axis % (array.ndim if array is not None else 1),
            "independent": bool(independent),
            "count": int(x) if array is None else 0,  # type: ignore[arg-type]
        },
        integral=array is None or not jnp.issubdtype(array.dtype, jnp.inexact),
    )  # fmt: skip


@_base.kernel
def _choice(
    key: jax.Array, a: jax.Array | None, p: jax.Array | None, *, shape: Dims, dtype: Any,
    population: int, replace: bool, axis: int, mode: str,
) -> jax.Array:  # fmt: skip
    del dtype
    if p is None and not replace:
        picked = _permutation(
            _base.typed(key), a, shape=None, dtype=None, axis=axis, independent=False,
            count=population,
        )  # fmt: skip
        picked = lax.slice_in_dim(picked, 0, math.prod(shape), axis=axis)
    else:
        index = _indices(key, p, shape, population, replace, mode)
        picked = index if a is None else jnp.take(a, index, axis)
    return picked.reshape(shape if a is None else a.shape[:axis] + shape + a.shape[axis + 1 :])


def _indices(
    key: jax.Array, p: jax.Array | None, shape: Dims, population: int, replace: bool, mode: str
) -> jax.Array:
    if p is None:
        integer = jax.dtypes.canonicalize_dtype(int)
        return uniform_integers(_base.typed(key), 0, population, shape=shape, dtype=integer)
    p = lax.stop_gradient(p)
    if replace:
        cumulative = jnp.cumsum(p)
        draw = cumulative[-1] * (1 - _base.uniform(key, shape, cumulative.dtype))
        return jnp.searchsorted(cumulative, draw).astype(int)
    noise = _base.stored(lambda: gumbel_draw(key, (population,), p.dtype, mode), key)
    return lax.top_k(noise + jnp.log(p), math.prod(shape))[1].astype(int)


def choice(
    key: ArrayLike,
    a: int | ArrayLike,
    shape: Shape = (),
    replace: bool = True,
    p: RealArray | None = None,
    axis: int = 0,
    mode: str | None = None,
    *,
    convention: Convention = None,
) -> jax.Array:
    """Entries of `a` (or of `arange(a)`) along `axis`, drawn at random.

    Args:
        key: one key.
        a: an array, or an integer.
        shape: how many to draw.
        replace: whether an entry may be drawn again.
        p: probabilities, one per entry.
        axis: the axis of the entries.
        mode: of the Gumbel noise behind draws without replacement, see :func:`gumbel`.
        convention: how the derivative with respect to `p` is to be read.
    """

    def check() -> object:
        return jax_random.choice(key, a, shape, replace, p, axis, mode)

    if not _plain_choice(a, shape, replace, p, axis):
        made = _base.ask(check, shape)
        if math.prod(made.shape) == 0:
            return jnp.zeros(made.shape, made.dtype)
    array = jnp.asarray(a) if np.ndim(a) else None
    axis = axis % array.ndim if array is not None else 0
    population = array.shape[axis] if array is not None else int(a)  # type: ignore[arg-type]
    return _base.call(
        "choice", _choice, key, {"a": array, "p": None if p is None else inexact(p)},
        shape=tuple(int(n) for n in shape), dtype=None, broadcast=None, check=check,
        convention=convention,
        static={
            "population": population, "replace": bool(replace), "axis": axis,
            "mode": gumbel_mode(mode),
        },
        integral=array is None or not jnp.issubdtype(array.dtype, jnp.inexact),
    )  # fmt: skip


def _plain_choice(a: object, shape: Shape, replace: object, p: object, axis: object) -> bool:
    """Whether the arguments are of the kind that needs no check by jax."""
    if p is not None or replace is not True or not (type(shape) is tuple and 0 not in shape):
        return False
    if not all(type(n) is int and n > 0 for n in shape):
        return False
    return (type(a) is int and a > 0) or has_axis(a, axis)
