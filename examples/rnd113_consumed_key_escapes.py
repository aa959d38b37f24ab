"""The state carries a key that has already been drawn from."""

from typing import NamedTuple

import jax


class State(NamedTuple):
    position: jax.Array
    key: jax.Array


def reset(key):
    position = jax.random.uniform(key, (2,), minval=-1.0, maxval=1.0)
    return State(position=position, key=key)
