"""The key comes first, and `grad` differentiates the first argument: a TypeError."""

import jax


def loss(key, weights):
    return (weights * jax.random.normal(key, weights.shape)).sum()


def update(weights, seed):
    return weights - 0.1 * jax.grad(loss)(jax.random.key(seed), weights)
