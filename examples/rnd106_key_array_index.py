"""Three layers, two keys: JAX clamps the index, so two layers start equal."""

import jax


def init(key, sizes):
    keys = jax.random.split(key, 2)
    return {
        "embed": jax.random.normal(keys[0], (sizes[0], sizes[1])),
        "hidden": jax.random.normal(keys[1], (sizes[1], sizes[1])),
        "out": jax.random.normal(keys[2], (sizes[1], sizes[2])),
    }
