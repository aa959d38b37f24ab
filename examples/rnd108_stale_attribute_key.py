"""An exploring agent that explores in the same direction for ever."""

import jax


class Agent:
    def __init__(self, seed, scale):
        self.key = jax.random.key(seed)
        self.scale = scale

    def act(self, action):
        return action + self.scale * jax.random.normal(self.key, action.shape)
