"""The labels by which a value says what its derivative depends on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from randlint.interpreter.events import Event, Place
from randlint.interpreter.values import Labels, Symbol

if TYPE_CHECKING:
    from randlint.interpreter.core import Evaluation


@dataclass(frozen=True, slots=True, eq=False)
class Differentiated:
    """The label of what depends smoothly on the inputs of one derivative."""

    place: Place
    mode: str  # "forward", "reverse", "forward_over_reverse"
    given: frozenset[Evaluation] = frozenset()  # draws that the inputs were made of: mere numbers


@dataclass(frozen=True, slots=True, eq=False)
class Pending:
    """Something to say about a draw, should it reach the value that is differentiated."""

    event: Event
    inputs: frozenset[Differentiated]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The label of a log-density of a sample that still depends on the density's parameters."""

    draws: frozenset[Evaluation]


@dataclass(frozen=True, slots=True, eq=False)
class Deviation:
    """The label of what a sample differs by from the mean that it was drawn around."""

    symbol: Symbol  # of the difference
    draws: frozenset[Evaluation]


def without_derivative(labels: Labels) -> Labels:
    """What is left of `labels` where no derivative passes."""
    return frozenset(
        each
        for each in labels
        if not isinstance(each, (Differentiated, Pending, Scored, Deviation))
    )
