"""A training loop in which every step drops the same units."""

import jax


def train(params, batches, update):
    key = jax.random.key(0)
    for batch in batches:
        keep = jax.random.bernoulli(key, 0.9, batch.shape)
        params = update(params, batch * keep)
    return params
