"""flax.core: a dense layer with batch dimensions starts from copies of one kernel."""

import jax
import jax.numpy as jnp
from flax.core import init
from flax.core.nn import dense_general

inputs = jnp.ones((3, 8, 4))


def layer(scope, x):
    return dense_general(scope, x, features=5, axis=-1, batch_dims=(0,))


_, variables = init(layer)(jax.random.key(0), inputs)
kernel = variables["params"]["kernel"]
print(f"kernel of shape {kernel.shape}")
print("equal to the first:", [bool((part == kernel[0]).all()) for part in kernel])
assert kernel.shape == (3, 4, 5)
assert (kernel == kernel[0]).all()
assert kernel[0].std() > 0
