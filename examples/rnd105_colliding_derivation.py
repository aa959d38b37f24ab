"""Data and dropout keys that are the same key."""

import jax


def step_keys(key, step):
    data_key = jax.random.fold_in(key, step)
    dropout_key = jax.random.fold_in(key, step)
    return data_key, dropout_key
