"""A sampler that gives everybody who does not pass a key the same sample."""

import jax


def sample_prior(shape, key=jax.random.key(0)):
    return jax.random.normal(key, shape)
