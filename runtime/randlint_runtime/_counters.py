"""64-bit counters of array elements, in pairs of 32-bit words: all there is without x64."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

Shape = tuple[int, ...]
Words = tuple[jax.Array, jax.Array]
WORD = 2**32


def counters(shape: Shape, start: int = 0) -> Words:
    """The 64-bit numbers `start, start + 1, ...` in row-major order, as (high, low) words.

    One iota per dimension, so that a compiler that shards the result over devices can give every
    device its own part. High words are a scalar zero where no counter passes 2^32.
    """
    if start + math.prod(shape) <= WORD:
        low = jnp.full(shape, start, jnp.uint32)
        for axis, stride in enumerate(_strides(shape)):
            low = low + _iota(shape, axis) * np.uint32(stride % WORD)
        return jnp.uint32(0), low
    high = jnp.full(shape, start >> 32, jnp.uint32)
    low = jnp.full(shape, start % WORD, jnp.uint32)
    for axis, stride in enumerate(_strides(shape)):
        more_high, more_low = _multiply(_iota(shape, axis), stride)
        if shape[axis] > WORD:  # its own index has a high word too
            more_high = more_high + _wraps(shape, axis) * np.uint32(stride % WORD)
        high, low = _add(high, low, more_high, more_low)
    return high, low


def _wraps(shape: Shape, axis: int) -> jax.Array:
    """How often the index along `axis`, a 32-bit word, has begun again at 0."""
    before, size, after = shape[:axis], shape[axis], shape[axis + 1 :]
    turns = [
        jnp.full((*before, min(WORD, size - start), *after), start // WORD, jnp.uint32)
        for start in range(0, size, WORD)
    ]
    return jnp.concatenate(turns, axis)


def _iota(shape: Shape, axis: int) -> jax.Array:
    return lax.broadcasted_iota(jnp.uint32, shape, axis)


def _strides(shape: Shape) -> list[int]:
    return [math.prod(shape[axis + 1 :]) for axis in range(len(shape))]


def _add(high: jax.Array, low: jax.Array, other_high: jax.Array, other_low: jax.Array) -> Words:
    total = low + other_low
    carry = (total < low).astype(jnp.uint32)
    return high + other_high + carry, total


def _multiply(x: jax.Array, constant: int) -> Words:
    """`x * constant` modulo 2^64, from 16-bit pieces: 32-bit words are all there is without x64."""
    c_high, c_low = constant >> 32, constant % WORD
    half = np.uint32(0xFFFF)
    x1, x0 = x >> np.uint32(16), x & half
    c1, c0 = np.uint32(c_low >> 16), np.uint32(c_low & 0xFFFF)
    low = x * np.uint32(c_low)
    middle = x1 * c0 + ((x0 * c0) >> np.uint32(16))
    high = x1 * c1 + (middle >> np.uint32(16)) + ((x0 * c1 + (middle & half)) >> np.uint32(16))
    return high + x * np.uint32(c_high % WORD), low
