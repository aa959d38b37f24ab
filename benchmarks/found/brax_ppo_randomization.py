"""brax: a randomized environment's physics and its first state come from one key."""

import jax
import jax.numpy as jnp
from brax import envs
from brax.training.agents.ppo import train as ppo

ENVIRONMENTS = 64
seen = {}


def domain_randomize(sys, rng):
    """Friction per environment, as in brax's own tutorial on domain randomization."""

    @jax.vmap
    def friction(rng):
        _, key = jax.random.split(rng, 2)
        return jax.random.uniform(key, (1,), minval=0.6, maxval=1.4)

    seen["friction"] = friction(rng)[:, 0]
    return sys, jax.tree.map(lambda _: None, sys)


class Recorder(envs.Wrapper):
    """Writes down the positions after a reset."""

    def reset(self, rng):
        state = self.env.reset(rng)
        jax.debug.callback(lambda q: seen.update(q=q), state.pipeline_state.q)
        return state


def wrap(env, **options):
    return Recorder(envs.training.wrap(env, **options))


ppo.train(
    envs.get_environment("inverted_pendulum", backend="spring"),
    num_timesteps=0,
    episode_length=10,
    num_envs=ENVIRONMENTS,
    wrap_env_fn=wrap,
    randomization_fn=domain_randomize,
    use_pmap_on_reset=False,
)
jax.effects_barrier()
first = jnp.asarray(seen["q"]).reshape(ENVIRONMENTS, -1)[:, 0]
correlation = float(jnp.corrcoef(seen["friction"], first)[0, 1])
print(f"correlation of friction and first position {correlation:.6f}, expected 0 +- 0.125")
assert correlation > 0.999
