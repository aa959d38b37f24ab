"""A key is asked for and never used (off by default: interfaces often demand it)."""

import jax
from jaxtyping import PRNGKeyArray


def sample(key: PRNGKeyArray, logits: jax.Array) -> jax.Array:
    return logits.argmax(axis=-1)
