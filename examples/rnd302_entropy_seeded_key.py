"""A run that nobody can repeat (off by default: some want that)."""

import time

import jax


def initial_weights():
    key = jax.random.key(int(time.time()))
    return jax.random.normal(key, (3, 3))
