"""What values are labelled with: what a derivative depends on, how a key was got, what drew."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import TypeVar

from randlint.interpreter.domain.symbols import Labels, Symbol
from randlint.interpreter.events import Event, Place

# The label of a key that a traced function was given by code that is not traced.
HANDED_IN = "handed in"


# The label of a key that comes from a default argument.
BY_DEFAULT = "by default"


_NUMBERS = count()


class Evaluation:
    """One evaluation of one call; as a label it says that a value depends on what was drawn."""

    __slots__ = ("draw",)

    def __init__(self, *, draw: bool = False) -> None:
        self.draw = draw  # by a catalogued sampler, not by an unknown callable


@dataclass(frozen=True, slots=True, eq=False)
class Label:
    """A label with something to tell: those made earlier are told earlier."""

    number: int = field(default_factory=_NUMBERS.__next__, init=False, repr=False)


Kind = TypeVar("Kind", bound=Label)


def in_order(labels: Labels, kind: type[Kind]) -> list[Kind]:
    """The labels of one kind, in the order in which they were made: a set has none of its own."""
    found = [each for each in labels if isinstance(each, kind)]  # in any order
    return sorted(found, key=lambda each: each.number)


@dataclass(frozen=True, slots=True, eq=False)
class Differentiated:
    """The label of what depends smoothly on the inputs of one derivative."""

    place: Place
    mode: str  # "forward", "reverse", "forward_over_reverse"
    given: frozenset[Evaluation] = frozenset()  # draws that the inputs were made of: mere numbers


@dataclass(frozen=True, slots=True, eq=False)
class Pending(Label):
    """Something to say about a draw, should it reach the value that is differentiated."""

    event: Event
    inputs: tuple[Differentiated, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The label of a log-density of a sample that still depends on the density's parameters."""

    draws: frozenset[Evaluation]


@dataclass(frozen=True, slots=True, eq=False)
class Deviation(Label):
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
