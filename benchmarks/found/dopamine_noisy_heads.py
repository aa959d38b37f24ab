"""dopamine: the noise of the state's value repeats in the advantage of the first action."""

import collections
import sys
import types

import jax
import jax.numpy as jnp

# dopamine.jax.networks imports this module for two names; it needs TensorFlow and Atari emulators.
atari = types.ModuleType("dopamine.discrete_domains.atari_lib")
atari.RainbowNetworkType = collections.namedtuple("RainbowNetworkType", "q logits probabilities")
atari.DQNNetworkType = collections.namedtuple("DQNNetworkType", "q")
sys.modules[atari.__name__] = atari

from dopamine.jax.networks import FullRainbowNetwork  # noqa: E402

ACTIONS, ATOMS = 4, 3
network = FullRainbowNetwork(num_actions=ACTIONS, num_atoms=ATOMS, inputs_preprocessed=True)
frame, support, rng = jnp.ones((8, 8, 1)), jnp.arange(float(ATOMS)), jax.random.key(1)
params = network.init(jax.random.key(0), frame, support, key=rng)["params"]

# Only the noise of the two heads is left: their means are 0 and its scale is 1.
for name in ("NoisyNetwork_1", "NoisyNetwork_2"):
    params[name] = {
        each: jnp.ones_like(value) if "sigma" in each else jnp.zeros_like(value)
        for each, value in params[name].items()
    }
_, seen = network.apply(
    {"params": params}, frame, support, key=rng, capture_intermediates=True, mutable="intermediates"
)
advantage, value = (
    seen["intermediates"][name]["__call__"][0] for name in ("NoisyNetwork_1", "NoisyNetwork_2")
)
print("noise of the value:    ", value.round(3).tolist())
print("noise of the advantage:", advantage.reshape(ACTIONS, ATOMS).round(3).tolist())
assert advantage.shape == (ACTIONS * ATOMS,)
assert jnp.allclose(value, advantage[:ATOMS], rtol=1e-5)
assert not jnp.allclose(value, advantage[ATOMS : 2 * ATOMS], rtol=1e-2)
