"""dynamax: models initialised "at random" without a key are all the same."""

import jax
import jax.numpy as jnp
from dynamax.hidden_markov_model import CategoricalHMM

model = CategoricalHMM(num_states=3, emission_dim=1, num_classes=5)
restarts = [model.initialize(method="prior")[0] for _ in range(3)]
matrices = jnp.stack([each.transitions.transition_matrix for each in restarts])
other = model.initialize(jax.random.PRNGKey(1), method="prior")[0].transitions.transition_matrix
print("first rows of three random transition matrices:", matrices[:, 0].tolist())
assert (matrices == matrices[0]).all()
assert not jnp.allclose(other, matrices[0])
