"""The short form of `benchmarks/executed.py`: programs that were run, and what is said of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent / "benchmarks"))
from executable.judge import Verdict, judge
from executable.limits import LIMITS, Limit
from executable.program import write

HEAD = "from jax import lax, random\nimport jax\nimport jax.numpy as jnp\n"
# One program for every class of silence, so that none outlives its reason.
SILENT = {
    "a loop that does not run": """
def program(key, n):
    state = key
    for _ in range(n):
        state = random.fold_in(state, 7)
    return random.normal(key) + random.normal(state)
""",
    "another child of one split": """
def program(key):
    return random.normal(random.split(key)[0]) + random.normal(random.split(key)[1])
""",
    "the numbers of lanes": """
def program(key):
    x = random.normal(random.fold_in(key, 1))
    return x + jax.vmap(lambda i: random.normal(random.fold_in(key, i)))(jnp.arange(3)).sum()
""",
    "a number that nobody knows": """
def program(key, n):
    keys = random.split(key, n + 1)
    return random.normal(keys[n]) + random.normal(random.fold_in(key, 3))
""",
    "numbers of later turns": """
def program(key, n):
    keys = [random.fold_in(key, i) for i in range(n)]
    return sum([random.normal(k) for k in keys]) + random.normal(random.fold_in(key, 2))
""",
    "another number of turns": """
def program(key, n):
    state, i = key, 0
    while i < n:
        state, sub = random.split(state)
        i += 1
    third = random.fold_in(random.fold_in(random.fold_in(key, 0), 0), 0)
    return random.normal(state) + random.normal(third)
""",
    "what a generator hands out": """
def twice(key):
    for _ in range(2):
        yield random.fold_in(key, 0)

def program(key):
    return sum([random.normal(k) for k in twice(key)])
""",
    "decorators of the program": """
def split_first(function):
    def inner(key):
        one, other = random.split(key)
        return function(one) + function(other)
    return inner

@split_first
def noise(key):
    return random.normal(key)

def program(key):
    return noise(key) + random.normal(random.fold_in(key, 1))
""",
}


@pytest.fixture(scope="module")
def verdicts() -> list[Verdict]:
    return [judge(write(f"test/{index}")) for index in range(48)]


def test_what_is_said_was_seen(verdicts: list[Verdict]) -> None:
    assert [(each.false_alarms(), each.source) for each in verdicts if each.false_alarms()] == []


def test_what_was_seen_is_said(verdicts: list[Verdict]) -> None:
    missed = [[one for one in each.missed() if not one.limit] for each in verdicts]
    assert not any(missed), next(
        (found, each.source) for found, each in zip(missed, verdicts, strict=True) if found
    )


def test_the_programs_are_right_and_wrong_and_run(verdicts: list[Verdict]) -> None:
    wrong = [each for each in verdicts if each.truth.repetitions]
    assert 10 < len(wrong) < 36
    assert sum(bool(each.truth.errors) for each in verdicts) < 5
    assert not any(each.error or each.abandoned for each in verdicts)


def test_a_silence_and_a_false_alarm_are_noticed() -> None:
    """The judge sees what the linter would have to be wrong about."""
    source = HEAD + "def f(key):\n    return random.normal(key) + random.uniform(key)\n"
    verdict = judge(source)
    assert verdict.false_alarms() == verdict.missed() == []
    silent = Verdict(source, verdict.truth, (), 0, "")
    assert [each.limit for each in silent.missed()] == [""]
    apart = HEAD + "def f(key, rng):\n    return random.normal(key) + random.uniform(rng)\n"
    loud = Verdict(apart, judge(apart).truth, verdict.said, 0, "")
    assert [each.code for each in loud.false_alarms()] == ["RND101"]


def test_the_same_seed_is_the_same_program() -> None:
    assert write("a/1") == write("a/1") != write("a/2")


@pytest.mark.parametrize("expected", LIMITS, ids=lambda each: each.name)
def test_every_class_of_silence_exists(expected: Limit) -> None:
    assert expected.reason
    assert {each.limit for each in judge(HEAD + SILENT[expected.name]).missed()} == {expected.name}
