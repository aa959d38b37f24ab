"""A dropout rate that is trained: the comparison with it has derivative 0."""

import jax
import jax.numpy as jnp


def loss(rate, key, x, y):
    kept = jax.random.uniform(key, x.shape) > rate
    return jnp.mean((jnp.where(kept, x, 0.0) - y) ** 2)


def update(rate, key, x, y):
    return rate - 0.1 * jax.grad(loss)(rate, key, x, y)
