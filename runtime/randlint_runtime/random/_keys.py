"""Making, deriving and inspecting keys."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, NewType

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from randlint_runtime import threefry
from randlint_runtime._unpatched_jax import config, jax_random
from randlint_runtime.random import _base

Key = NewType("Key", jax.Array)
if hasattr(jax.random, "Key"):  # from jax 0.12: the same object, for whoever compares annotations
    globals()["Key"] = jax.random.Key

clone = jax_random.clone
key_data = jax_random.key_data
key_dtype = jax_random.key_dtype
key_impl = jax_random.key_impl
wrap_key_data = jax_random.wrap_key_data
for _name in ("clone", "key_data", "key_dtype", "key_impl", "wrap_key_data"):
    _function: Any = globals()[_name]  # a copy of jax's: pickled by the name that leads to it
    _function.__module__, _function.__qualname__ = "randlint_runtime.random", _name

_FOLDABLE = (int, np.integer)


def key(seed: int | ArrayLike, *, impl: Any = None, dtype: Any = None) -> jax.Array:
    """A typed key array of shape () from an integer seed.

    Args:
        seed: an integer; 32 bits of it without x64.
        impl, dtype: the generator, by name or key dtype; the default is `jax_default_prng_impl`.

    Raises:
        TypeError: the seed is not an integer scalar.
        ValueError: both `impl` and `dtype` are given, or the generator is unknown.
    """
    if impl is None and dtype is None and _plain_seed(seed):
        fresh: jax.Array = _base.hidden(threefry.typed_seed(_number(seed)), seed)
        return fresh
    made: jax.Array = jax_random.key(seed, impl=impl, dtype=dtype)
    return made


def PRNGKey(seed: int | ArrayLike, *, impl: Any = None) -> jax.Array:  # noqa: N802
    """Raw `uint32` key words from an integer seed; prefer :func:`key`."""
    if impl is None and _plain_seed(seed) and not config.jax_enable_custom_prng:
        made: jax.Array = _base.hidden(threefry.seed(_number(seed)), seed)
    else:
        made = jax_random.PRNGKey(seed, impl=impl)
    return made


def fold_in(key: ArrayLike, data: ArrayLike) -> jax.Array:
    """A key derived from `key` and a 32-bit integer; `key` itself stays usable.

    Beware: `fold_in(key, i)` is `split(key, n)[i]`.
    """
    if _base.is_plain_key(key) and isinstance(data, _FOLDABLE) and 0 <= data < 2**31:
        made: jax.Array = threefry.fold_in(_base.hidden(key, key), np.uint32(data))
    elif _base.is_plain_key(key) and _is_scalar_array(data):
        made = threefry.fold_in(key, jnp.asarray(data, "uint32"))
    else:
        made = jax_random.fold_in(key, data)
    return made


def split(key: ArrayLike, num: int | tuple[int, ...] = 2) -> jax.Array:
    """`num` keys derived from `key` (or an array of keys of shape `num`), which it uses up."""
    if _base.is_plain_key(key) and _is_count(num):
        made: jax.Array = threefry.split(key, num)
    else:
        made = jax_random.split(key, num)
    return made


def _is_count(num: object) -> bool:
    sizes = num if isinstance(num, tuple) else (num,)
    return all(type(size) is int and size >= 0 for size in sizes)


def _is_scalar_array(data: object) -> bool:
    return isinstance(data, jax.Array) and data.shape == () and data.dtype.kind in "iu"


def _plain_seed(seed: object) -> bool:
    if config.jax_default_prng_impl != "threefry2x32" or config.jax_random_seed_offset:
        return False
    if type(seed) is int:
        return -(2**63) <= seed < 2**63
    return isinstance(seed, jax.Array) and seed.shape == () and seed.dtype.kind in "iu"


def _number(seed: Any) -> Any:
    """Integers by way of 64 bits, so that large ones wrap instead of overflowing (as in jax)."""
    if type(seed) is not int:
        return seed
    return np.int64(seed) if config.jax_enable_x64 else np.int64(seed).astype(np.int32)


def flat(shape: int | Sequence[int]) -> tuple[int, ...]:
    """A shape as a tuple."""
    return (operator.index(shape),) if not isinstance(shape, Sequence) else tuple(shape)
