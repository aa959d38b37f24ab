"""jax_md: a thermostat gives kinetic energies whose fluctuations are too large."""

import jax
import jax.numpy as jnp
from jax_md import quantity, simulate, space

RUNS, PARTICLES, DIMENSION = 20_000, 2, 2
_, shift = space.free()
# Without forces, and coupled so strongly that every step draws the kinetic energy anew.
init, step = simulate.temp_csvr(lambda *_, **__: jnp.zeros(()), shift, dt=1e-3, kT=1.0, tau=1e-5)


@jax.jit
def energy(key):
    state = init(key, jnp.zeros((PARTICLES, DIMENSION)))
    state = jax.lax.fori_loop(0, 3, lambda _, each: step(each), state)
    return quantity.kinetic_energy(momentum=state.momentum, mass=state.mass)


freedom = quantity.count_dof(jnp.zeros((PARTICLES, DIMENSION)))
energies = jax.lax.map(energy, jax.random.split(jax.random.PRNGKey(0), RUNS), batch_size=1000)
mean, variance = float(energies.mean()), float(energies.var())
print(f"{freedom} degrees of freedom: mean {mean:.3f}, canonical {freedom / 2:.3f}")
print(f"variance {variance:.3f}, canonical {freedom / 2:.3f}")
assert abs(mean - freedom / 2) < 0.05
assert variance > 1.3 * freedom / 2
