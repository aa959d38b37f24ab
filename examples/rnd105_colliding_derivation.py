"""The order of the data and the dropout mask of a step come from one and the same key."""

import jax


def step_noise(key, step, batch):
    order = jax.random.permutation(jax.random.fold_in(key, step), batch)
    keep = jax.random.bernoulli(jax.random.fold_in(key, step), 0.9, batch.shape)
    return order * keep
