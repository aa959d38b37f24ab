"""brax: an evaluation resets its environments with the keys that it draws actions from."""

import jax
import jax.numpy as jnp
from brax import envs
from brax.training.acting import Evaluator

reset, acted = [], []


class Recorder(envs.Wrapper):
    """Writes down the keys of each reset."""

    def reset(self, rng):
        jax.debug.callback(lambda keys: reset.append(keys.tolist()), rng, ordered=True)
        return self.env.reset(rng)


def make_policy(params):
    """A policy that writes down its keys."""

    def policy(observation, key):
        jax.debug.callback(lambda data: acted.append(data.tolist()), key, ordered=True)
        return jnp.zeros((observation.shape[0], 1)), {}

    return policy


env = envs.training.wrap(envs.get_environment("fast"), episode_length=3)
evaluator = Evaluator(Recorder(env), make_policy, 4, 3, 1, jax.random.PRNGKey(0))
evaluator.run_evaluation(None, {})
jax.effects_barrier()
print("keys that reset the environments of the evaluation:", reset[-1])
print("keys of its actions:", acted)
derived = jax.random.split(jnp.array(reset[-1][1], jnp.uint32))[0].tolist()
print("first key derived from the second of the reset:", derived)
assert acted[0] == reset[-1][0]
assert acted[1] == derived
