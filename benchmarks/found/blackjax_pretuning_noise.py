"""blackjax: the parameters of an SMC kernel are all moved by one and the same noise."""

import jax
import jax.numpy as jnp
from blackjax.smc.pretuning import update_parameter_distribution

CHAINS = 1000
# Every chain starts from equal parameters, so that what differs afterwards is the noise alone.
before = {"step_size": jnp.full(CHAINS, 10.0), "trajectory_length": jnp.full(CHAINS, 20.0)}
after, _ = update_parameter_distribution(
    jax.random.key(0),
    before,
    jnp.zeros((CHAINS, 1)),
    jnp.ones((CHAINS, 1)),
    lambda previous, latest, acceptance: acceptance,
    alpha=1.0,
    sigma_parameters={"step_size": 1.0, "trajectory_length": 1.0},
    acceptance_probability=jnp.ones(CHAINS),
)
first = after["step_size"] - before["step_size"]
second = after["trajectory_length"] - before["trajectory_length"]
correlation = float(jnp.corrcoef(first, second)[0, 1])
print(f"standard deviations {first.std():.3f} and {second.std():.3f}")
print(f"correlation of the two noises {correlation:.6f}, expected 0 +- {CHAINS**-0.5:.3f}")
assert 0.9 < first.std() < 1.1
assert correlation > 0.999
