"""A random walk that takes the same step a thousand times."""

import jax


def random_walk(key, start):
    def step(position, _):
        position = position + jax.random.normal(key, position.shape)
        return position, position

    return jax.lax.scan(step, start, length=1000)
