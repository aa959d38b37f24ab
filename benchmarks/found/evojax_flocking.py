"""evojax: the directions in which boids start are coordinates of the places where they start."""

import jax
import jax.numpy as jnp
from evojax.task.flocking import BOIDS_NUM, FlockingTask

state = FlockingTask().reset(jax.random.split(jax.random.PRNGKey(0), 50)).state
coordinates = state[..., :2].reshape(len(state), -1)[:, :BOIDS_NUM]
turns = state[..., 2] / (2 * jnp.pi)
difference = float(jnp.abs(coordinates - turns).max())
print(f"{turns.size} directions, in turns, against as many coordinates of the positions:")
print(f"largest difference {difference:.1e}")
assert difference < 1e-6
assert turns.std() > 0.2
