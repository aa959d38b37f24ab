"""The repetitions that the linter is meant to be silent about, by class, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from executable.recording import Repetition
from executable.truth import Truth


@dataclass(frozen=True)
class Limit:
    """A class of repetitions that are not reported on purpose."""

    name: str
    reason: str
    holds: Callable[[Repetition, Truth], bool]


def _lanes(each: Repetition, truth: Truth) -> bool:
    return any(
        _MAPPED.search(truth.source[line - 1])
        for line in each.first.places() | each.second.places()
    )


def _of_a_later_turn(each: Repetition, truth: Truth) -> bool:
    if each.value[0] != "child" or not isinstance(each.value[2], int) or each.value[2] < 2:
        return False
    return not truth.turning().isdisjoint(each.first.places() | each.second.places())


def _of_other_turns(each: Repetition, truth: Truth) -> bool:
    """A key at least two derivations deep, which no run of two turns repeats."""
    deep = each.value[0] == "child" and each.value[1][0] == "child"
    return deep and each not in truth.usual and truth.carries()


def _within(pattern: re.Pattern[str]) -> Callable[[Repetition, Truth], bool]:
    """Whether one of the uses happens inside of a function whose text matches."""

    def holds(each: Repetition, truth: Truth) -> bool:
        return any(
            pattern.search(text) and not span.isdisjoint(use.places())
            for text, span in truth.functions()
            for use in (each.first, each.second)
        )

    return holds


_PARAMETER = re.compile(r"\w\[n\]|fold_in\(\w+, n\)")
_MAPPED = re.compile(r"jax\.vmap\(lambda i: .*fold_in\(.*, i\)")

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
    Limit(
        "the numbers of lanes",
        "`vmap(lambda i: ... fold_in(key, i) ...)(arange(n))` beside another derivation from that"
        " key: one lane is interpreted and stands for all, so its number is none",
        _lanes,
    ),
    Limit(
        "a number that nobody knows",
        "`keys[n]` beside `fold_in(key, 3)`: whether they meet depends on a parameter; what is"
        " written differently is taken to be different",
        lambda each, truth: any(
            _PARAMETER.search(truth.source[line - 1])
            for line in each.first.places() | each.second.places()
        ),
    ),
    Limit(
        "numbers of later turns",
        "`fold_in(key, i)` or `keys[i]` in a loop over `range(n)` or in a traced loop, beside the"
        " number 2 or more: two turns are interpreted, which have 0 and 1",
        _of_a_later_turn,
    ),
    Limit(
        "another number of turns",
        "`k, sub = split(k)` in a loop, beside `fold_in(fold_in(k, 0), 0)`: after how many turns"
        " they meet depends on a parameter; the loop is left after two",
        _of_other_turns,
    ),
    Limit(
        "what a generator hands out",
        "the body of a generator is interpreted as a function; which key comes with which `next`"
        " is not followed across it",
        _within(re.compile(r"\byield\b")),
    ),
    Limit(
        "decorators of the program",
        "a decorated function is taken for what stands below the decorator, unless the decorator"
        " is a transform of the catalogue",
        lambda each, truth: any(
            re.search(rf"^\s*@{name}\b", "\n".join(truth.source), re.MULTILINE)
            and not span.isdisjoint(each.first.places() | each.second.places())
            for name, (_, span) in truth.named_functions().items()
        ),
    ),
)


def limit(repetition: Repetition, truth: Truth) -> str:
    """The name of the limit that explains a silence; empty where none does."""
    return next((each.name for each in LIMITS if each.holds(repetition, truth)), "")
