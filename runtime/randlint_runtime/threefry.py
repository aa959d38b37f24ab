"""Threefry-2x32-20 on keys and counters: the generator beneath every sampler of this package.

Threefry is a keyed bijection of counters (Salmon, Moraes, Dror and Shaw, "Parallel random numbers:
as easy as 1, 2, 3", SC 2011): a 64-bit key and a 64-bit counter, both as pairs of 32-bit words,
give 64 random bits. There is no state. Deriving a key (`split`, `fold_in`) and drawing bits
(`bits`) are the same hash at different counters, which has consequences that every user of keys
should know:

* `split(key, n)[i]` is `fold_in(key, i)`, and `split(key, 2)` is a prefix of `split(key, 3)`;
* `bits(key, (n,))[i]` is the exclusive or of the two words of `fold_in(key, i)`.

(All three hold with `jax_threefry_partitionable`, the default; without it the counters are laid out
in two halves, as jax did before, and only `fold_in` is the same.)

Keys may be typed key arrays (`jax.random.key`) or raw words (`uint32`, last axis 2), single or
batched; derived keys come back in the kind that was given. The words are the ones `jax.random`
produces, bit for bit. jax's CPU code runs the rounds as a loop over whole arrays; here they are
unrolled into one fused expression, which is three to five times faster.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.typing import ArrayLike, DTypeLike

from randlint_runtime import _jax
from randlint_runtime._counters import WORD, Shape, Words, counters
from randlint_runtime._unpatched_jax import config, jax_random

__all__ = ["bits", "fold_in", "hash2x32", "seed", "split"]

type_of_key = jax_random.key_dtype("threefry2x32")
"""The dtype of typed Threefry keys."""

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = np.uint32(0x1BD11BDA)
_UINT = {width: np.dtype(f"uint{width}") for width in (8, 16, 32, 64)}


# ---- the hash


def hash2x32(
    key: tuple[ArrayLike, ArrayLike], counter: tuple[ArrayLike, ArrayLike], *, rounds: int = 20
) -> Words:
    """Threefry-2x32 of `counter` under `key`, elementwise.

    Args:
        key: two `uint32` words, each of any shape that broadcasts with the counter's.
        counter: two `uint32` words.
        rounds: how many rounds; 20 is the generator, other numbers serve the known answers.

    Returns:
        Two `uint32` arrays of the broadcast shape.
    """
    k0, k1 = (jnp.asarray(k, jnp.uint32) for k in key)
    x0, x1 = (jnp.asarray(c, jnp.uint32) for c in counter)
    schedule = (k0, k1, k0 ^ k1 ^ _PARITY)
    x0, x1 = x0 + k0, x1 + k1
    for i in range(rounds):
        rotation = _ROTATIONS[(i // 4) % 2][i % 4]
        x0 = x0 + x1
        x1 = x0 ^ _rotate(x1, rotation)
        if i % 4 == 3:
            turn = i // 4 + 1
            x0 = x0 + schedule[turn % 3]
            x1 = x1 + schedule[(turn + 1) % 3] + np.uint32(turn)
    return x0, x1


def _rotate(x: jax.Array, by: int) -> jax.Array:
    left, right = np.uint32(by), np.uint32(32 - by)
    return lax.shift_left(x, jnp.full_like(x, left)) | lax.shift_right_logical(
        x, jnp.full_like(x, right)
    )


def materialise(draw: Callable[[], jax.Array], *inputs: jax.Array) -> jax.Array:
    """`draw()`, computed once and stored, however many consumers read it.

    XLA's CPU backend fuses a producer into each of its consumers. For a hash that is a loss: it is
    computed again for every consumer, and inside a consumer that is not vectorised (argmax, sort,
    gather) one element at a time. A loop that runs once, with a bound the compiler cannot see, is
    the one barrier it respects. `inputs` are what `draw` depends on; under `shard_map` the loop's
    state varies over the axes that they vary over.
    """
    like = jax.eval_shape(draw)
    return _in_a_loop(lambda _: draw(), varying_like(jnp.zeros(like.shape, like.dtype), *inputs))


def _in_a_loop(step: Callable[[jax.Array], jax.Array], start: jax.Array) -> jax.Array:
    """`step(start)`, in a loop of one turn, of which the compiler does not know how many it has."""
    stop = lax.optimization_barrier(jnp.int32(1))
    _, out = lax.while_loop(
        lambda carry: carry[0] < stop,
        lambda carry: (carry[0] + 1, step(carry[1])),
        (jnp.int32(0), start),
    )
    return out


@jax.jit
def opaque(key: jax.Array) -> jax.Array:
    """`key`, a Threefry key, as something that the compiler cannot know."""
    return like(key, _in_a_loop(lambda flipped: ~flipped, ~words(key)))


def varying_like(x: jax.Array, *others: jax.Array) -> jax.Array:
    """`x`, declared to vary over the manual mesh axes of `others` (a loop's carry must say so)."""
    axes = frozenset[Any]().union(*(_jax.varying_axes(other) for other in others))
    missing = tuple(axes - _jax.varying_axes(x))
    return _jax.vary(x, missing) if missing else x


# ---- words of keys


def words(key: jax.Array) -> jax.Array:
    """The raw words of typed or raw keys: `uint32`, the keys' shape followed by 2.

    Raises:
        TypeError: `key` is neither a Threefry key array nor `uint32` words with a last axis of 2.
    """
    if jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        if key.dtype != type_of_key:
            raise TypeError(f"expected Threefry keys, got keys of type {key.dtype}")
        data: jax.Array = jax_random.key_data(key)
        return data
    if key.dtype != jnp.uint32 or key.ndim == 0 or key.shape[-1] != 2:
        raise TypeError(
            "expected a typed key array or raw uint32 words with a last axis of 2, "
            f"got {key.dtype}{list(key.shape)}"
        )
    return key


def like(key: jax.Array, raw: jax.Array) -> jax.Array:
    """`raw` words as keys of the kind that `key` is: typed for typed, raw for raw."""
    if jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        typed: jax.Array = jax_random.wrap_key_data(raw, impl=jax_random.key_impl(key))
        return typed
    return raw


def like_typed(raw: jax.Array) -> jax.Array:
    """Raw words as a typed key array."""
    typed: jax.Array = jax_random.wrap_key_data(raw, impl="threefry2x32")
    return typed


def partitionable() -> bool:
    """Whether counters are laid out one per element (jax's flag, part of every jit cache key)."""
    return bool(config.jax_threefry_partitionable)


# ---- seed, fold_in, split


@jax.jit
def seed(value: ArrayLike) -> jax.Array:
    """Raw keys from integer seeds: the high and the low 32 bits.

    Args:
        value: integers of any shape. Without x64 jax has no 64-bit integers, and the high word
            is 0.

    Returns:
        `uint32` words of shape `value.shape + (2,)`.

    Raises:
        TypeError: `value` is not of an integer type.
    """
    number = jnp.asarray(value)
    if not jnp.issubdtype(number.dtype, jnp.integer):
        raise TypeError(f"a seed must be an integer, got {number.dtype}")
    high = lax.shift_right_logical(number, jnp.full_like(number, min(32, _bits_of(number) - 1)))
    if _bits_of(number) <= 32:
        high = jnp.zeros_like(number)
    low = number.astype(jnp.uint32)
    return jnp.stack([high.astype(jnp.uint32), low], axis=-1)


@jax.jit
def typed_seed(value: ArrayLike) -> jax.Array:
    """As `seed`, of an integer scalar: one typed key."""
    return like_typed(seed(value))


def _bits_of(number: jax.Array) -> int:
    return number.dtype.itemsize * 8


@jax.jit
def fold_in(key: ArrayLike, data: ArrayLike) -> jax.Array:
    """One key derived from each key and a 32-bit number: the hash of the counter `(0, data)`.

    Args:
        key: typed or raw keys; their shape broadcasts with that of `data`.
        data: integers, cast to `uint32`.

    Returns:
        Keys of the broadcast shape, typed if `key` is.
    """
    key = jnp.asarray(key)
    return like(key, fold_words(words(key), jnp.asarray(data).astype(jnp.uint32)))


def fold_words(key: jax.Array, data: ArrayLike) -> jax.Array:
    """`fold_in` on raw words, for use inside samplers."""
    return jnp.stack(hash2x32((key[..., 0], key[..., 1]), (jnp.uint32(0), data)), axis=-1)


@partial(jax.jit, static_argnums=(1,))
def split(key: ArrayLike, num: int | Sequence[int] = 2) -> jax.Array:
    """`num` new keys from each key.

    Args:
        key: typed or raw keys of any shape.
        num: how many, or the shape of the keys to make.

    Returns:
        Keys of the keys' shape followed by `num`, typed if `key` is.
    """
    key = jnp.asarray(key)
    shape = (operator.index(num),) if not isinstance(num, Sequence) else tuple(num)
    return like(key, split_words(words(key), shape))


def split_words(key: jax.Array, shape: Shape) -> jax.Array:
    """`split` on raw words, stored so that no consumer computes it again."""
    if math.prod(shape) * math.prod(key.shape) == 0:
        return jnp.zeros((*key.shape[:-1], *shape, 2), jnp.uint32)
    return materialise(lambda: _split_words(key, shape), key)


def _split_words(key: jax.Array, shape: Shape) -> jax.Array:
    if partitionable():
        return jnp.stack(_hash_elements(key, counters(shape), len(shape)), axis=-1)
    flat = _halves(key, 2 * math.prod(shape))
    return flat.reshape(*key.shape[:-1], *shape, 2)


# ---- bits


def bits(
    key: ArrayLike, shape: Sequence[int] = (), width: int = 32, *, start: int = 0
) -> jax.Array:
    """Uniform random bits as unsigned integers.

    Args:
        key: typed or raw keys of any shape.
        shape: what each key draws.
        width: 8, 16, 32 or 64 bits per number; 64 needs `jax_enable_x64`.
        start: the number of the first counter, below 2^64: `bits(key, (n,), start=s)` is
            `bits(key, (s + n,))[s:]` without drawing the beginning. Needs the partitionable layout.

    Returns:
        Unsigned integers of the keys' shape followed by `shape`.

    Raises:
        ValueError: `width` is not one of the four, is 64 without x64, or `start` cannot be used.
    """
    if width not in _UINT:
        raise ValueError(f"width must be 8, 16, 32 or 64, got {width}")
    if width == 64 and not config.jax_enable_x64:
        raise ValueError("64-bit numbers need jax_enable_x64; draw two 32-bit ones instead")
    if start and not partitionable():
        raise ValueError("start needs jax_threefry_partitionable, where counters are positions")
    sizes = tuple(operator.index(n) for n in shape)
    drawn: jax.Array = _bits(jnp.asarray(key), sizes, width, start)
    return drawn


@partial(jax.jit, static_argnums=(1, 2, 3))
def _bits(key: jax.Array, shape: Shape, width: int, start: int) -> jax.Array:
    return bits_words(words(key), shape, width, start)


def bits_words(key: jax.Array, shape: Shape, width: int = 32, start: int = 0) -> jax.Array:
    """`bits` on raw words, for use inside samplers: one fused expression."""
    if partitionable():
        return _combine(_hash_elements(key, counters(shape, start), len(shape)), width)
    return _bits_in_halves(key, shape, width)


def _combine(hashed: Words, width: int) -> jax.Array:
    first, second = hashed
    if width == 64:
        return (first.astype(jnp.uint64) << np.uint64(32)) | second.astype(jnp.uint64)
    return (first ^ second).astype(_UINT[width])


def _hash_elements(key: jax.Array, counter: Words, rank: int) -> Words:
    """Hash every counter under every key: shape of the keys, then of the counters."""
    ones = (1,) * rank
    k0, k1 = (key[..., i].reshape(*key.shape[:-1], *ones) for i in (0, 1))
    return hash2x32((k0, k1), counter)


# ---- the older layout: counters in two halves


def _halves(key: jax.Array, count: int) -> jax.Array:
    """`count` words under each key, hashing the counters i and i + ceil(count / 2) together."""
    half = (count + 1) // 2
    first = lax.iota(jnp.uint32, half)
    second = first + np.uint32(half)
    if count % 2:
        second = jnp.where(second == np.uint32(count % WORD), np.uint32(0), second)
    return jnp.concatenate(_hash_elements(key, (first, second), 1), axis=-1)[..., :count]


def _bits_in_halves(key: jax.Array, shape: Shape, width: int) -> jax.Array:
    size = math.prod(shape)
    count = -(-width * size // 32)
    flat = _blocks(key, count)
    if width == 64:
        high, low = (x.astype(jnp.uint64) for x in jnp.split(flat, 2, axis=-1))
        flat = (high << np.uint64(32)) | low
    elif width < 32:
        shifts = lax.iota(jnp.uint32, 32 // width) * np.uint32(width)
        pieces = (flat[..., None] >> shifts).astype(_UINT[width])
        flat = pieces.reshape(*key.shape[:-1], -1)[..., :size]
    return flat.reshape(*key.shape[:-1], *shape)


def _blocks(key: jax.Array, count: int) -> jax.Array:
    """Words beyond 2^32 - 1 come from further keys, one per block."""
    blocks, rest = divmod(count, WORD - 1)
    if not blocks:
        return _halves(key, rest)
    keys = _split_words(key, (blocks + 1,))
    parts = [_halves(keys[..., i, :], WORD - 1) for i in range(blocks)]
    return jnp.concatenate([*parts, _halves(keys[..., blocks, :], rest)], axis=-1)


def float_width(dtype: DTypeLike) -> tuple[int, int]:
    """Bits of storage and of mantissa of a float type."""
    info = jnp.finfo(dtype)
    return int(info.bits), int(info.nmant)


def bits_at(key: jax.Array, index: jax.Array, width: int) -> jax.Array:
    """The elements `index` (`uint32`) of what `bits_words(key, shape, width)` draws, flattened."""
    return _combine(hash2x32((key[0], key[1]), (jnp.uint32(0), index)), width)
