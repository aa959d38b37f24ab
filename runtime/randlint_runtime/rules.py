"""The gradient rule of every parameter, as annotations, read from randlint's catalogue.

>>> import inspect, typing
>>> from randlint_runtime import random, rules
>>> isinstance(rules.rule("gamma", "a"), rules.Implicit)
True

The same object stands in the sampler's signature, as `typing.Annotated[..., Implicit(...)]`, and
the tests measure that the sampler's derivative is what it says. The linter reads the same rows, so
what it prints about `jax.random` and what a sampler here does cannot drift apart: where the two
differ, the catalogue's row says so in its `reference` column.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType

import jax

from randlint import catalogue

__all__ = [
    "Biased",
    "Implicit",
    "Pathwise",
    "Rule",
    "Values",
    "Zero",
    "rule",
    "rules",
    "samplers",
]


@dataclass(frozen=True, slots=True)
class Rule:
    """How the derivative of a draw with respect to one parameter is to be read.

    Attributes:
        unbiased: whether its mean is the derivative of `E[g(draw)]`, for smooth `g` of moderate
            growth, at parameters where the draw is representable.
        second_order: whether it can be differentiated again in every mode, reverse over reverse
            included.
        how: the generative process in a few words.
    """

    unbiased: bool = True
    second_order: bool = True
    how: str = ""

    @property
    def name(self) -> str:
        """The catalogue's word for the rule."""
        return type(self).__name__.lower()


@dataclass(frozen=True, slots=True)
class Pathwise(Rule):
    """The draw is a smooth explicit function of the parameter at a fixed key."""


@dataclass(frozen=True, slots=True)
class Implicit(Rule):
    """Differentiated through the distribution function, the key's quantile held fixed."""


@dataclass(frozen=True, slots=True)
class Zero(Rule):
    """The draw is piecewise constant in the parameter; the derivative is exactly 0 (or float0)."""


@dataclass(frozen=True, slots=True)
class Biased(Rule):
    """A derivative exists, and is not an unbiased gradient of the expectation."""


@dataclass(frozen=True, slots=True)
class Values(Rule):
    """The argument supplies the values picked; which are picked is fixed by the key."""


_KINDS: Mapping[str, type[Rule]] = MappingProxyType(
    {kind.__name__.lower(): kind for kind in (Pathwise, Implicit, Zero, Biased, Values)}
)


@cache
def rules(sampler: str) -> Mapping[str, Rule]:
    """The rules of a sampler of `random`, by parameter. Static parameters have none.

    Raises:
        KeyError: `sampler` is not a name of `jax.random`.
    """
    function = catalogue.load().functions[f"jax.random.{sampler}"]
    found = {name: _rule(row) for name, row in function.parameters.items()}
    return MappingProxyType({name: made for name, made in found.items() if made is not None})


def rule(sampler: str, parameter: str) -> Rule:
    """The rule of one parameter of one sampler.

    Raises:
        KeyError: there is no such sampler, or the parameter is static.
    """
    return rules(sampler)[parameter]


@cache
def samplers() -> tuple[str, ...]:
    """The names of `jax.random` that have a parameter with a gradient rule, sorted.

    The catalogue knows names that have left `jax.random` too; those are not listed.
    """
    known = catalogue.load().functions
    here = (name for name in vars(jax.random) if f"jax.random.{name}" in known)
    return tuple(sorted(name for name in here if rules(name)))


def _rule(row: catalogue.Parameter) -> Rule | None:
    kind = _KINDS.get(str(row.reference.get("gradient", row.gradient)))
    if kind is None:
        return None
    made = kind(unbiased=row.unbiased, second_order=row.second_order, how=row.how)
    better = {name: value for name, value in row.reference.items() if name != "gradient"}
    return replace(made, **better)  # type: ignore[arg-type]
