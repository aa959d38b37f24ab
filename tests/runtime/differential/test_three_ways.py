"""The linter, `provenance` and jax's own checker on generated programs: they must agree.

Disagreements that are meant are listed with their reasons in `differences.py`.
`benchmarks/differential.py` does the same with 20,000 programs.
"""

import sys
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest

sys.path.insert(0, str(Path(__file__).parent))
from differences import DIFFERENCES, difference
from generator import write
from judges import lint, opinions, opinions_of_raw_keys

# One program for every intended difference, so that none outlives its reason.
SHOWN = {
    "jax compares no derivations": """
    one = random.normal(random.fold_in(key, 0))
    return one + random.normal(random.split(key)[0])
""",
    "the keys of a loop's iterations": """
    def body(i, value):
        return value + random.normal(random.fold_in(key, i))
    return lax.fori_loop(0, 4, body, total) + numbered(key, 2)
""",
    "jax calls a view of keys a use of them": """
    keys = random.split(key, 4)
    def body(i, value):
        return value + random.normal(keys[i])
    return lax.fori_loop(0, 4, body, 0.0)
""",
}


@hypothesis.settings(max_examples=80, deadline=None, derandomize=True)
@hypothesis.given(st.integers(0, 10**6), st.integers(1, 9))
def test_three_opinions(seed, steps):
    name = f"/generated/{seed}_{steps}.py"
    source = write(seed, steps)
    found = opinions(source, name)
    assert len(set(found.verdicts)) == 1 or difference(found) is not None, f"{found}\n{source}"
    assert opinions_of_raw_keys(source, name) == found.ours, source


@pytest.mark.parametrize("expected", DIFFERENCES, ids=lambda d: d.name)
def test_every_intended_difference_exists(expected):
    head = write(0, 0).partition("    return total")[0]
    found = opinions(head + SHOWN[expected.name].lstrip("\n"), f"/shown/{expected.name}.py")
    assert difference(found) is expected, found.verdicts


def test_the_generator_makes_right_and_wrong_programs():
    verdicts = [bool(lint(write(seed, 1 + seed % 9), "/x.py")) for seed in range(100)]
    assert 20 < sum(verdicts) < 80
