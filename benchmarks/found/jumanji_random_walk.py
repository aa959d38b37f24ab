"""jumanji: where a wire of a random board starts decides where its first step goes."""

import jax
import jax.numpy as jnp
from jumanji.environments.routing.connector.generator import LegacyRandomWalkGenerator

SIZE, BOARDS = 10, 2000
generator = LegacyRandomWalkGenerator(grid_size=SIZE, num_agents=1)


def start_and_first_step(key):
    _, agents = generator._initialize_agents(key, jnp.zeros((SIZE, SIZE), jnp.int32))
    return agents.start[0], (agents.position - agents.start)[0]


start, step = jax.vmap(start_and_first_step)(jax.random.split(jax.random.key(0), BOARDS))
inner = ((start > 0) & (start < SIZE - 1)).all(axis=1)
for name, half in (("upper", start[:, 0] < SIZE // 2), ("lower", start[:, 0] >= SIZE // 2)):
    chosen = step[inner & half]
    vertical = float((chosen[:, 0] != 0).mean())
    print(f"inner starts in the {name} half: {len(chosen)}, first step vertical {vertical:.3f}")
    assert vertical in (0.0, 1.0)  # one half for independent draws
