"""One program: a module with a function `program`, and the helpers and classes it asks for."""

from __future__ import annotations

import random
from collections.abc import Sequence

from executable import branches, containers, functions, loops, objects, straight, traced
from executable.writer import Recipe, Writer

HEAD = """\
import dataclasses
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import lax, random
"""
_FAMILIES = {
    "containers": containers.RECIPES,
    "loops": loops.RECIPES,
    "while": loops.WHILE,
    "branches": branches.RECIPES,
    "functions": functions.RECIPES,
    "objects": objects.RECIPES,
    "traced": traced.RECIPES,
}
FAMILIES = tuple(_FAMILIES)


def write(seed: str, families: Sequence[str] = FAMILIES) -> str:
    """The source of a program; the same for the same seed."""
    dice = random.Random(seed)
    mistakes = dice.choice((0.0, 0.05, 0.15, 0.3, 0.5))
    writer = Writer(dice, _recipes(dice, families), mistakes)
    parameters = ["key"]
    writer.flags = ["flag"] if dice.random() < 0.5 else ["flag_a", "flag_b"]
    parameters += writer.flags
    if dice.random() < 0.7:
        writer.counts = ["n"]
    if dice.random() < 0.3:
        writer.modes = ["mode"]
    parameters += writer.counts + writer.modes
    writer.indent = 1
    writer.add("total = 0.0")
    for _ in range(dice.randint(1, 7)):
        writer.statement()
    writer.add("return total")
    body = "\n".join([f"def program({', '.join(parameters)}):", *writer.lines])
    return "\n\n".join([HEAD, *(f"{each}\n" for each in writer.globals), body]) + "\n"


def _recipes(dice: random.Random, families: Sequence[str]) -> list[Recipe]:
    """A few recipes of each of some families, so that every program is about something."""
    chosen: list[Recipe] = list(dice.sample(straight.RECIPES, 6))
    for family in dice.sample(sorted(families), min(len(families), dice.randint(1, 3))):
        recipes = _FAMILIES[family]
        chosen += dice.sample(recipes, min(len(recipes), dice.randint(2, 5)))
    return chosen
