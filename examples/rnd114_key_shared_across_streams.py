"""Parameters and dropout start from one key (off by default: some do this on purpose)."""

import jax


def init(model, seed, batch):
    key = jax.random.key(seed)
    return model.init({"params": key, "dropout": key}, batch)
