"""The curvature of a loss with a gamma draw: reverse over reverse raises ValueError."""

import jax


def loss(a, key):
    # That the first derivative is implicit is meant here.
    return (jax.random.gamma(key, a) - 2.0) ** 2  # noqa: RND204


def curvature(a, key):
    return jax.grad(jax.grad(loss))(a, key)
