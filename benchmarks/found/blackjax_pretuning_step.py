"""blackjax: the trial that tunes a pretuned SMC step has the random numbers of the step itself."""

import blackjax
import jax
import jax.numpy as jnp
from blackjax.smc import pretuning, resampling

PARTICLES = 4
seen = []


def kernel(rng_key, state, logdensity_fn, step_size):
    """A random walk that writes down the keys it is given."""
    jax.debug.callback(lambda key: seen.append(key.tobytes()), jax.random.key_data(rng_key))
    moved = state.position + step_size * jax.random.normal(rng_key, state.position.shape)
    info = blackjax.mcmc.random_walk.RWInfo(jnp.float32(1), jnp.array(True), state)
    return blackjax.mcmc.random_walk.RWState(moved, logdensity_fn(moved)), info


pretune = pretuning.build_pretune(
    blackjax.rmh.init,
    kernel,
    alpha=1.0,
    sigma_parameters={"step_size": jnp.float32(0.1)},
    n_particles=PARTICLES,
    performance_of_chain_measure_factory=lambda state: lambda before, after, accepted: accepted,
)
step = pretuning.build_kernel(
    blackjax.tempered_smc,
    lambda x: -0.5 * x @ x,
    lambda x: -0.5 * (x - 1) @ (x - 1),
    kernel,
    blackjax.rmh.init,
    resampling.systematic,
    pretune,
    num_mcmc_steps=1,
)
position = jax.random.normal(jax.random.key(1), (PARTICLES, 2))
state = pretuning.init(
    blackjax.tempered_smc.init, position, {"step_size": jnp.full(PARTICLES, 0.5)}
)
step(jax.random.key(0), state, tempering_param=0.5)
jax.effects_barrier()
trial, real = seen[:PARTICLES], seen[PARTICLES:]
print(f"{len(trial)} keys in the trial, {len(real)} in the step, {len(set(seen))} different ones")
assert len(real) == PARTICLES
assert set(trial) & set(real)
