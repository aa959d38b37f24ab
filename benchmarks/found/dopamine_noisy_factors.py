"""dopamine: the two factors of a noisy layer's weights are the same numbers."""

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

from dopamine.labs.atari_100k.spr_networks import NoisyNetwork  # noqa: E402

SIZE = 200
layer, rng = NoisyNetwork(features=SIZE), jax.random.key(1)
params = layer.init(jax.random.key(0), jnp.ones(SIZE), rng)["params"]
params = {name: jnp.zeros_like(each) for name, each in params.items()}
params["kernell"] = jnp.ones((SIZE, SIZE))  # the scale of the weights' noise
noise = jax.vmap(lambda x: layer.apply({"params": params}, x, rng))(jnp.eye(SIZE))
positive = float((jnp.diag(noise) > 0).mean())
print(f"noise of a {SIZE} x {SIZE} layer: symmetric {bool(jnp.allclose(noise, noise.T))}")
print(f"positive on the diagonal {positive:.0%}, mean of the diagonal {jnp.diag(noise).mean():.3f}")
assert jnp.allclose(noise, noise.T)
assert positive == 1.0
