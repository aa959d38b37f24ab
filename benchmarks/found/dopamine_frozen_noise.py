"""dopamine: without a key, a jitted noisy network has one noise for ever, taken from the clock."""

import collections
import sys
import time
import types

import jax
import jax.numpy as jnp

# dopamine.jax.networks imports this module for two names; it needs TensorFlow and Atari emulators.
atari = types.ModuleType("dopamine.discrete_domains.atari_lib")
atari.RainbowNetworkType = collections.namedtuple("RainbowNetworkType", "q logits probabilities")
atari.DQNNetworkType = collections.namedtuple("DQNNetworkType", "q")
sys.modules[atari.__name__] = atari

from dopamine.jax.networks import FullRainbowNetwork  # noqa: E402

network = FullRainbowNetwork(num_actions=2, num_atoms=3, inputs_preprocessed=True)
frame, support = jnp.ones((8, 8, 1)), jnp.arange(3.0)
variables = network.init(jax.random.key(0), frame, support)


def values(variables):
    return network.apply(variables, frame, support).q


def differ(function):
    """Whether two calls some time apart give different values."""
    first = function(variables)
    time.sleep(0.01)
    return bool((first != function(variables)).any())


plain, jitted = differ(values), differ(jax.jit(values))
print(f"two calls differ: {plain} as it stands, {jitted} under jit")
assert plain
assert not jitted
