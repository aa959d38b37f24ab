"""The repetitions that the linter is meant to be silent about, by class, each with its reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from recording import Repetition
from truth import Truth


@dataclass(frozen=True)
class Limit:
    """A class of repetitions that are not reported on purpose."""

    name: str
    reason: str
    holds: Callable[[Repetition, Truth], bool]


LIMITS = (
    Limit(
        "a loop that does not run",
        "the key is repeated only where a number of turns is 0: loops are taken to run, because"
        " every second function would be reported for a case that nobody calls it for",
        lambda each, truth: each not in truth.repetitions,
    ),
    Limit(
        "another child of one split",
        "`split(k)[0]` here and `split(k)[1]` there: the split is made twice, no number is drawn"
        " twice (where one is, that is a repetition of its own)",
        lambda each, truth: each.first.kind == each.second.kind == "split",
    ),
)


def limit(repetition: Repetition, truth: Truth) -> str:
    """The name of the limit that explains a silence; empty where none does."""
    return next((each.name for each in LIMITS if each.holds(repetition, truth)), "")
