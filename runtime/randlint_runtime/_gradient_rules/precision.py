"""Rules for half-precision draws are evaluated in float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

_HALVES = (np.dtype("float16"), np.dtype(jnp.bfloat16))


def in_full(function: Callable[..., Any], *xs: jax.Array) -> Any:
    """`function(*xs)` in at least float32, the results back in the precision of `xs`."""
    dtype = xs[0].dtype
    if dtype not in _HALVES:
        return function(*xs)
    out = function(*(x.astype(jnp.float32) for x in xs))
    return jax.tree.map(lambda y: y.astype(dtype), out)
