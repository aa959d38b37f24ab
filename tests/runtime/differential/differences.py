"""The disagreements that are meant, each with its reason; any other is a defect of somebody.

A difference holds for an `Opinions` if the verdicts and the program are as it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from judges import Opinions

_COUNTER = re.compile(r"(?:fold_in|numbered)\((?:\w+), (?:i|index|k\d+)\)")
_RUN_TIME_INDEX = re.compile(r"(?<=\w)\[i\]")
_LOOP_INDEX = re.compile(r"(?<=\w)\[(?:i|k\d+)\]")
_ROWS = re.compile(r"(?:lax\.map|lax\.scan|jax\.vmap)\(|for \w+ in random\.split\(")
_VIEW = re.compile(r"jnp\.stack\(|\[1:\]")


@dataclass(frozen=True)
class Difference:
    """A class of programs about which the three differ on purpose."""

    name: str
    reason: str
    holds: Callable[[Opinions], bool]


def _body(o: Opinions) -> str:
    return o.source.partition("def program(")[2]


def _kinds(o: Opinions) -> set[str]:
    return {kind for _, kind in o.ours}


DIFFERENCES = (
    Difference(
        "jax compares no derivations",
        "the same fold_in twice, fold_in beside split, an index past the end: equal keys, which we"
        " report and jax's checker does not look for",
        lambda o: o.verdicts == (True, True, False) and _kinds(o) <= {"collision", "index"},
    ),
    Difference(
        "the keys of a loop's iterations",
        "fold_in(key, i) with a loop's counter, keys[i], or a loop over keys meets another"
        " derivation of one of these keys: provenance knows every iteration's key by value, the"
        " linter knows the first two of a loop that is not short, jax compares no derivations",
        lambda o: (
            o.verdicts[:2] == (False, True)
            and _kinds(o) == {"collision"}
            and any(form.search(_body(o)) for form in (_COUNTER, _LOOP_INDEX, _ROWS))
        ),
    ),
    Difference(
        "jax calls a view of keys a use of them",
        "jnp.stack of two keys, a slice beside one of its elements, or keys[i] in a loop: jax's"
        " checker takes the stack, the slice, and on every iteration the whole array for used up;"
        " no number is repeated",
        lambda o: (
            o.verdicts == (False, False, True)
            and any(form.search(_body(o)) for form in (_VIEW, _RUN_TIME_INDEX))
        ),
    ),
)


def difference(o: Opinions) -> Difference | None:
    """The intended difference that explains a disagreement, or None."""
    return next((d for d in DIFFERENCES if d.holds(o)), None)
