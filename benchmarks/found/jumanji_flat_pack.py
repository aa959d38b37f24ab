"""jumanji: the blocks of a puzzle are shuffled with the key that rotated the first of them."""

import jax
from jumanji.environments.packing.flat_pack.generator import RandomFlatPackGenerator

rotated, shuffled = [], []
randint, permutation = jax.random.randint, jax.random.permutation


def recording_randint(key, *args, **kwargs):
    jax.debug.callback(lambda data: rotated.append(data.tolist()), key, ordered=True)
    return randint(key, *args, **kwargs)


def recording_permutation(key, *args, **kwargs):
    shuffled.append(key.tolist())
    return permutation(key, *args, **kwargs)


jax.random.randint, jax.random.permutation = recording_randint, recording_permutation
RandomFlatPackGenerator(num_row_blocks=2, num_col_blocks=3)(jax.random.PRNGKey(0))
jax.effects_barrier()
print("keys of the rotations:", rotated)
print("key of the shuffle:", shuffled)
assert len(rotated) == 6
assert shuffled == rotated[:1]
