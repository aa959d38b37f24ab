"""A policy gradient whose action still moves with the mean: the score's gradient is cancelled."""

import jax
from jax.scipy.stats import norm


def surrogate(mean, key, reward):
    action = mean + jax.random.normal(key)
    return norm.logpdf(action, mean) * reward(action)


def update(mean, key, reward):
    return mean + 0.1 * jax.grad(surrogate)(mean, key, reward)
