"""A jitted method stores its next key on the object: a leaked tracer."""

from functools import partial

import jax


class Sampler:
    def __init__(self, seed):
        self.key = jax.random.key(seed)

    @partial(jax.jit, static_argnums=0)
    def sample(self, mean):
        self.key, key = jax.random.split(self.key)
        return mean + jax.random.normal(key, mean.shape)
