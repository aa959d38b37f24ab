"""Calls that are too deep to be followed: what they might do is no more than a guess."""

from __future__ import annotations

from randlint.diagnosis import analyse
from randlint.findings import Confidence
from randlint.interpreter.machine.core import DEPTH

# What a function gives back of its arguments is only known by running it.
DEEP = "".join(
    f"def f{i}(key, n):\n    return f{i + 1}(random.fold_in(key, {i}), n)\n\n"
    for i in range(DEPTH - 1)
)
LAST = """
def f{last}(key, n):
    return random.normal(key), plain(key, n)

def plain(key, n):
    return {body}, n
"""


def _found(body: str) -> list[Confidence]:
    source = "from jax import random\n\n" + DEEP + LAST.format(body=body, last=DEPTH - 1)
    codes = frozenset({"RND101"})
    found = analyse(source, "program.py", codes=codes, at_least=Confidence.LOW).findings
    return [each.confidence for each in found]


def test_a_function_that_is_too_deep_may_as_well_leave_its_key_alone() -> None:
    assert all(confidence is Confidence.LOW for confidence in _found("0.0"))


def test_what_it_does_is_told_where_it_is_not_too_deep() -> None:
    assert Confidence.HIGH in _found("random.uniform(key)")
