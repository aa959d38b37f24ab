"""What made-up sources have in common."""

from __future__ import annotations

import random

HEAD = "import jax\nimport jax.numpy as jnp\nfrom jax import lax, random\n\n\n"
DRAWS = ("random.normal({})", "random.uniform({})", "random.split({})[0]", "noise({})")


def module(body: list[str], head: str = "def f(key, names, spec, flag, n):") -> str:
    """A module with one function."""
    return HEAD + "\n".join([head, *(f"    {line}" for line in body)]) + "\n"


def draw(dice: random.Random, key: str) -> str:
    """An expression that draws from a key."""
    return dice.choice(DRAWS).format(key)
