"""The same draws as jax.random: one jitted case of every sampler, compiled as users compile it.

The whole grid (shapes, dtypes, parameters, keys, layouts, precisions, modes, devices) is
`benchmarks/identity.py`, which prints its counts. What the modes change is in test_modes.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from randlint_runtime import random

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
import identity

CASES = {case.label: case for case in identity.cases()}
FIRST = {case.name: case.label for case in reversed(CASES.values())}
MORE = [
    "uniform(-3,2)",
    "gumbel(highest)",
    "poisson(mixed)",
    "binomial(100,0.4)",
    "choice(rows, replace=False, p=True)",
    "multivariate_normal(svd)",
    "categorical(axis 0, no replacement)",
    "truncated_normal(5.0,inf)",
    "randint(0,256) u8",
]
SLOW = {"ball", "chisquare", "generalized_normal", "loggamma", "multinomial"}
"""Made of samplers that stay: the gamma draw and the binomial."""


def labels():
    for label in sorted({*FIRST.values(), *MORE}):
        slow = [pytest.mark.slow] if CASES[label].name in SLOW else []
        yield pytest.param(label, marks=slow)


def ulps_allowed(case):
    """4, and for one sampler more with jax 0.7: its XLA rounds the two programs differently."""
    return 6 if case.name == "dirichlet" and jax.__version_info__ < (0, 8) else 4


@pytest.mark.parametrize("label", list(labels()))
def test_same_draws(label):
    case = CASES[label]
    dtype = case.dtypes[0]
    try:
        jax.eval_shape(lambda k: case.call(jax.random, k, (257,), dtype), jax.random.key(42))
    except ValueError as refused:
        pytest.skip(f"refused by this jax: {refused}")
    for _, _, different, ulps in identity.compare(case, dtype, (257,), jax.random.key(42), "jit"):
        assert different == 0 if case.name in identity.EXACT else ulps <= ulps_allowed(case)


@pytest.mark.parametrize("name", ["pareto", "exponential", "lognormal", "weibull_min"])
def test_same_draws_of_eight_bits(name):
    """NumPy does not know what bfloat16 can hold."""
    case = CASES[FIRST[name]]
    for row in identity.compare(case, "bfloat16", (7,), jax.random.key(42), "jit"):
        assert row[2] == 0


@pytest.mark.parametrize("rule", ["default", "implicit"])
def test_beta_draws_of_eight_bits_have_a_gradient(rule):
    def draw(a):
        return random.beta(jax.random.key(0), a, jnp.bfloat16(1.5), (4,), "bfloat16", rule=rule)

    assert jnp.isfinite(jax.jacfwd(draw)(jnp.bfloat16(2.0))).all()


@pytest.mark.parametrize(("a", "b"), [(1.0, 0.75), (0.3, 0.75), (2.0, 3.0)])
def test_constants_are_folded_in_a_beta_draw_as_in_that_of_jax(a, b):
    def drawn(module):
        return jax.jit(lambda key: module.beta(key, a, b, (1000,)))(jax.random.key(42))

    assert (drawn(random) == drawn(jax.random)).all()


def test_constants_are_folded_in_lanes_too():
    keys = jax.random.split(jax.random.key(3), 40)

    def drawn(module):
        return jax.jit(jax.vmap(lambda key: module.beta(key, 0.001, 0.5, (100,))))(keys)

    assert (drawn(random) == drawn(jax.random)).all()


def test_normal_draws_where_more_is_computed_around_them():
    key, n = jax.random.key(9), 100_003

    def draws(module):
        moved = jax.jit(lambda k: 3 + 2 * module.normal(k, (n,)))(key)
        lanes = jax.vmap(lambda k: module.normal(k, (13,)))(jax.random.split(key, 3))
        return moved, lanes

    for ours, theirs in zip(draws(random), draws(jax.random), strict=True):
        assert (ours == theirs).all()


NEWEST = pytest.mark.xfail(
    jax.__version_info__ >= (0, 12), reason="3 of 165 draws differ by a unit in the last place"
)


@pytest.mark.slow
@pytest.mark.parametrize("label", [pytest.param("chisquare(5.0)", marks=NEWEST), "t(3.0)"])
def test_constants_are_broadcast_where_jax_broadcasts_them(label):
    rows = identity.compare(CASES[label], None, (33, 5), jax.random.key(42), "jit")
    assert all(different == 0 for _, _, different, _ in rows)


@pytest.mark.slow
def test_a_reciprocal_of_a_reciprocal_is_simplified_where_jax_simplifies_it():
    rows = identity.compare(
        CASES["generalized_normal(7.0)"], None, (70,), jax.random.key(42), "eager"
    )
    assert all(different == 0 for _, _, different, _ in rows)
