"""The reference samplers are observed as jax's are: their own names, and under `reference()`."""

import inspect

import jax
import jax.numpy as jnp
import pytest

from randlint_runtime import random, reference
from randlint_runtime.assertions import (
    GradientRuleError,
    KeyReuseAssertionError,
    assert_gradient_rule,
    assert_no_key_reuse,
    assert_unbiased_gradient,
)
from randlint_runtime.ledger import key_ledger
from randlint_runtime.provenance import provenance

both = pytest.mark.parametrize("make", [random.key, random.PRNGKey], ids=["typed", "raw"])


def good(key):
    left, right = random.split(key)
    return random.normal(left) + random.gamma(right, 2.0) + random.normal(random.fold_in(key, 9))


def reused(key):
    return random.normal(key) + random.uniform(key)


def parent_after_split(key):
    left, _ = random.split(key)
    return random.normal(left) + random.normal(key)


def fold_in_beside_split(key):
    left, _ = random.split(key)
    return random.normal(left) + random.normal(random.fold_in(key, 0))


def equal_seeds(key):
    del key
    return random.normal(random.key(4)) + random.normal(random.PRNGKey(4))


def in_a_loop(key):
    return jax.lax.fori_loop(0, 3, lambda i, x: x + random.normal(key), 0.0)


pytestmark = pytest.mark.usefixtures("quick_compilation")


@both
def test_good_programs(make):
    assert_no_key_reuse(good, make(0))
    with key_ledger() as ledger:
        good(make(0))
        jax.jit(good)(make(1))
    assert ledger.reuses == ()
    assert ledger.uses == 8


@both
@pytest.mark.parametrize("f", [reused, parent_after_split, fold_in_beside_split, equal_seeds])
def test_bad_programs(f, make):
    with pytest.raises(KeyReuseAssertionError, match=r"test_reference\.py:"):
        assert_no_key_reuse(f, make(0))
    for run in (f, jax.jit(f)):
        with key_ledger() as ledger:
            run(make(0))
        assert len(ledger.reuses) == 1


@both
def test_loops(make):
    with pytest.raises(KeyReuseAssertionError, match="every iteration"):
        assert_no_key_reuse(in_a_loop, make(0))


@both
def test_unmodified_programs_under_reference(make):
    def f(key):
        return jax.random.normal(key) + jax.random.uniform(key)

    line = inspect.getsourcelines(f)[1] + 1
    with reference():
        (found,) = provenance(f, make(0)).reuses
        with key_ledger() as ledger:
            jax.jit(f)(make(0))
    assert (found.first.sampler, found.first.site.frame.line) == ("normal", line)
    (seen,) = ledger.reuses
    assert (seen.second.sampler, seen.second.site.frame.line) == ("uniform", line)


# Compiled and run as well; the others take the same way through `random._base.call`.
QUICK = {"ball", "categorical", "multivariate_normal", "permutation", "wald"}


def test_every_sampler_is_one_use():
    calls = {
        "ball": lambda k: random.ball(k, 3, 2.0),
        "beta": lambda k: random.beta(k, 2.0, 1.0),
        "binomial": lambda k: random.binomial(k, 10, 0.3),
        "categorical": lambda k: random.categorical(k, jnp.ones(4)),
        "choice": lambda k: random.choice(k, 5, (2,), p=jnp.ones(5) / 5),
        "dirichlet": lambda k: random.dirichlet(k, jnp.ones(3)),
        "multivariate_normal": lambda k: random.multivariate_normal(k, jnp.zeros(2), jnp.eye(2)),
        "permutation": lambda k: random.permutation(k, 50),
        "poisson": lambda k: random.poisson(k, 30.0),
        "t": lambda k: random.t(k, 4.0),
        "wald": lambda k: random.wald(k, 1.0),
    }
    for name, call in calls.items():
        report = provenance(call, random.key(0))
        assert [use.sampler for use in report.consumptions] == [name]
        assert not report.reuses
        if name in QUICK:
            with key_ledger() as ledger:
                call(random.key(0))
            assert [use.sampler for use in ledger.lines] == [name]
            assert ledger.uses == 1


def test_rules_are_those_of_the_reference_samplers():
    with pytest.raises(GradientRuleError, match=r"`wald` .* \(rule biased\)"):
        assert_gradient_rule(lambda m, k: jax.random.wald(k, m), 1.0, jax.random.key(0))
    assert_gradient_rule(lambda m, k: random.wald(k, m), 1.0, random.key(0))
    with reference():
        assert_gradient_rule(lambda m, k: jax.random.wald(k, m), 1.0, jax.random.key(0))


def test_the_reference_wald_is_unbiased():
    def wald(mean, key):
        return random.wald(key, mean)

    assert_unbiased_gradient(wald, 1.0, random.key(0), gradient=1.0, n=1 << 16)
