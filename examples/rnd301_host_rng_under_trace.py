"""NumPy draws once, while the step is traced: every later call adds the same noise."""

import jax
import numpy as np


@jax.jit
def step(state):
    noise = np.random.normal(size=3)
    return state + 0.1 * noise
