"""A batch of rollouts in which every environment sees the same noise."""

import jax


def noisy_action(key, mean):
    return mean + 0.3 * jax.random.normal(key, mean.shape)


def act(key, means):
    return jax.vmap(noisy_action, in_axes=(None, 0))(key, means)
