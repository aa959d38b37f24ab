"""The key is a constant of the compiled program: every call drops the same units."""

import jax
import jax.numpy as jnp


@jax.jit
def dropout(x):
    keep = jax.random.bernoulli(jax.random.key(42), 0.5, x.shape)
    return jnp.where(keep, 2.0 * x, 0.0)
