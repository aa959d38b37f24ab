"""Gamma draws in lanes, compiled as users compile them: jax's bits, not only nearly so.

test_modes.py has the same and more, compiled quickly on both sides, where last bits are lost.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import PartitionSpec as P

from randlint_runtime import random

KEYS = jax.random.split(jax.random.key(0), 3)
SHAPES = jnp.asarray([0.2, 1.0, 7.0])
SMALL = jnp.concatenate([jnp.full(300, 1e-6), jnp.full(5, jnp.nan), jnp.zeros(3), jnp.ones(300)])


def sharded(r):
    mesh = jax.make_mesh((1,), ("d",), axis_types=(jax.sharding.AxisType.Auto,))
    draw = jax.vmap(lambda k: r.gamma(k, 0.5, (3,)))
    return jax.shard_map(draw, mesh=mesh, in_specs=P("d"), out_specs=P("d"))(KEYS)


WAYS = {
    # XLA fuses the logarithms into the sum over the last axis, where they are other logarithms.
    "sums of draws": lambda r: jax.vmap(lambda k: r.dirichlet(k, SHAPES, (40,)))(KEYS),
    "keys and shapes": lambda r: jax.vmap(lambda k, a: r.gamma(k, a, (4,)))(KEYS, SHAPES),
    "keys": lambda r: jax.vmap(lambda k: r.gamma(k, SHAPES))(KEYS),
    "shapes": lambda r: jax.vmap(lambda a: r.gamma(KEYS[0], a, (4,)))(SHAPES),
    "scan": lambda r: jax.lax.scan(lambda c, k: (c, r.gamma(k, 0.5, (3,))), 0, KEYS)[1],
    "shard_map": sharded,
    "refused more than once": lambda r: r.gamma(jax.random.key(8), SMALL),
}


@pytest.mark.parametrize(
    "way", ["sums of draws", *(pytest.param(w, marks=pytest.mark.slow) for w in [*WAYS][1:])]
)
def test_same_draws_in_lanes(way):
    ours, theirs = (
        np.asarray(jax.jit(WAYS[way], static_argnums=0)(r)) for r in (random, jax.random)
    )
    np.testing.assert_array_equal(ours, theirs)
