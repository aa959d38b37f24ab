"""evosax: two rotations of a sampled problem reuse the keys of its function and of its size."""

import jax
import jax.numpy as jnp
from evosax.problems.bbob.meta_bbob import MetaBBOBProblem

NAMES = ["sphere", "rastrigin", "schwefel", "rosenbrock"]
problem = MetaBBOBProblem(fn_names=NAMES, min_num_dims=2, max_num_dims=8)
keys = jax.random.split(jax.random.key(0), 2000)
params = jax.vmap(problem.sample_params)(keys)

# The numbers below are computed from the key that drew the matrix R alone.
key_r = jax.vmap(lambda key: jax.random.split(key)[0])(keys)
matrices = jax.vmap(lambda key: problem.generate_random_rotation(key, 8))(key_r)
function = jax.vmap(lambda key: jax.random.choice(key, len(NAMES)))(key_r)
print(f"R is the matrix of this key: {bool(jnp.allclose(matrices, params.R))}")
print(f"the function is the one of this key in {float((function == params.fn_id).mean()):.1%}")
assert jnp.allclose(matrices, params.R)
assert (function == params.fn_id).all()
assert len(set(params.fn_id.tolist())) == len(NAMES)
