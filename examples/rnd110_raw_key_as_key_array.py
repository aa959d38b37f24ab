"""One raw key is an array of two words; neither of them is a key."""

import jax


def init(shape):
    keys = jax.random.PRNGKey(0)
    return jax.random.normal(keys[0], shape)
