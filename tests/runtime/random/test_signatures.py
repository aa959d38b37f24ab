"""The names and signatures of jax.random, with nothing added but the documented keywords."""

from __future__ import annotations

import inspect
import types
import typing

import jax
import numpy as np
import pytest

from randlint_runtime import random, rules

ADDED = {"convention", "rule"}
# Newer than the oldest jax that is supported: here on every jax, there on those that have it.
LATER_NAMES = {"Key", "key_dtype"}
LATER = {"out_sharding": "None", "method": "'exact'", "dtype": "None"}  # with their defaults
NAMES = sorted(name for name in dir(jax.random) if not name.startswith("_"))
FUNCTIONS = [name for name in NAMES if inspect.isfunction(getattr(jax.random, name))]
LOOSER = {("key", "impl"), ("key", "dtype"), ("PRNGKey", "impl")}  # private jax types there
WIDENED = {("t", "shape"), ("ball", "p"), ("generalized_normal", "p")}  # by jax, since the oldest


def test_every_public_name_is_here():
    assert set(NAMES) | LATER_NAMES == set(random.__all__)
    assert all(hasattr(random, name) for name in random.__all__)


def test_a_key_is_annotated_as_in_jax():
    def f(key: random.Key) -> None:
        random.bits(key)

    if hasattr(jax.random, "Key"):
        assert random.Key is jax.random.Key
    assert typing.get_type_hints(f)["key"] is random.Key
    key = jax.random.key(0)
    assert random.Key(key) is key


def default(name, parameter):
    """Theirs; `t` without a shape drew one number, until jax broadcast it as the others do."""
    old = (name, parameter.name, parameter.default) == ("t", "shape", ())
    return repr(None if old else parameter.default)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_signature(name):
    ours = inspect.signature(getattr(random, name)).parameters
    theirs = inspect.signature(getattr(jax.random, name)).parameters
    kept = [p for p in ours.values() if p.name in theirs]
    assert [(p.name, p.kind) for p in kept] == [(p.name, p.kind) for p in theirs.values()]
    assert [repr(p.default) for p in kept] == [default(name, p) for p in theirs.values()]
    later = [p for p in ours.values() if p.name not in theirs and p.name not in ADDED]
    assert all(p.kind is p.KEYWORD_ONLY and repr(p.default) == LATER[p.name] for p in later)
    added = [p for p in ours.values() if p.name in ADDED]
    assert all(p.kind is p.KEYWORD_ONLY and p.default in (None, "default") for p in added)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_annotations(name):
    ours = typing.get_type_hints(getattr(random, name))
    for parameter, hint in typing.get_type_hints(getattr(jax.random, name)).items():
        if (name, parameter) in WIDENED:
            assert choices(hint) <= choices(ours[parameter]), parameter
        elif (name, parameter) not in LOOSER:
            assert choices(hint) == choices(ours[parameter]), parameter


def choices(hint):
    """What a union is of, without `jax.random.Key`: keys are arrays, which it has as well."""
    union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    found = set(typing.get_args(hint) if union else [hint])
    return found - {random.Key} if jax.Array in found else found


@pytest.mark.parametrize("name", [name for name in rules.samplers() if name != "fold_in"])
def test_rules_stand_in_the_signature(name):
    hints = typing.get_type_hints(getattr(random, name), include_extras=True)
    for parameter, rule in rules.rules(name).items():
        assert rule in hints[parameter].__metadata__
    others = set(hints) - set(rules.rules(name))
    assert not any(hasattr(hints[other], "__metadata__") for other in others)


def test_a_row_where_the_reference_is_better():
    rule = rules.rule("wald", "mean")
    assert isinstance(rule, rules.Implicit) and rule.unbiased
    assert rules.rule("gamma", "a").second_order
    assert isinstance(rules.rule("bernoulli", "p"), rules.Zero)
    assert isinstance(rules.rule("choice", "a"), rules.Values)


BAD = {
    "shape": lambda r, k: r.normal(k, (3.5,)),
    "negative": lambda r, k: r.uniform(k, (-1,)),
    "dtype": lambda r, k: r.uniform(k, (2,), "int32"),
    "bits dtype": lambda r, k: r.bits(k, (2,), "int32"),
    "batched key": lambda r, k: r.normal(r.split(k)),
    "float key": lambda r, k: r.normal(jax.numpy.ones(2)),
    "no key": lambda r, k: r.normal("key"),
    "shape and parameter": lambda r, k: r.gamma(k, jax.numpy.ones(3), (2,)),
    "beta": lambda r, k: r.beta(k, jax.numpy.ones(3), jax.numpy.ones(2)),
    "p is int": lambda r, k: r.bernoulli(k, 1),
    "mode": lambda r, k: r.bernoulli(k, 0.5, mode="x"),
    "gumbel mode": lambda r, k: r.gumbel(k, mode="x"),
    "method": lambda r, k: r.multivariate_normal(
        k, jax.numpy.ones(2), jax.numpy.eye(2), method="x"
    ),
    "cov": lambda r, k: r.multivariate_normal(k, jax.numpy.ones(2), jax.numpy.eye(3)),
    "seed": lambda r, k: r.key(1.5),
    "seed array": lambda r, k: r.key(jax.numpy.arange(2)),
    "impl": lambda r, k: r.key(0, impl="nonsense"),
    "fold_in": lambda r, k: r.fold_in(k, jax.numpy.arange(2)),
    "choice": lambda r, k: r.choice(k, 3, (5,), replace=False),
    "choice p": lambda r, k: r.choice(k, 3, p=jax.numpy.ones(2)),
    "permutation": lambda r, k: r.permutation(k, 1.5),
    "categories": lambda r, k: r.categorical(k, jax.numpy.ones(2), shape=(3,), replace=False),
    "geometric dtype": lambda r, k: r.geometric(k, 0.5, dtype=float),
    "poisson list": lambda r, k: r.poisson(k, [1.0, 2.0]),
    "geometric list": lambda r, k: r.geometric(k, [0.5]),
    "binomial without p": lambda r, k: r.binomial(k, 5, None),
    "orthogonal": lambda r, k: r.orthogonal(k, -1),
    "poisson rbg": lambda r, k: r.poisson(r.key(0, impl="rbg"), 3.0),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments_fail_as_they_do_in_jax(case):
    key = jax.random.key(0)
    with pytest.raises(Exception) as theirs:
        BAD[case](jax.random, key)
    with pytest.raises(type(theirs.value)) as ours:
        BAD[case](random, key)
    assert str(ours.value) == str(theirs.value)


WHOLE = {
    "normal": lambda r, k: r.normal(k, 3),
    "bits": lambda r, k: r.bits(k, 3),
    "randint": lambda r, k: r.randint(k, 3, 0, 9),
    "bernoulli": lambda r, k: r.bernoulli(k, 0.5, 3),
    "exponential": lambda r, k: r.exponential(k, True),
    "geometric": lambda r, k: r.geometric(k, 0.5, 3),
    "categorical": lambda r, k: r.categorical(k, jax.numpy.zeros(4), shape=3),
    "a NumPy array": lambda r, k: r.gamma(k, 2.0, np.array([2, 3])),
    "a jax array": lambda r, k: r.poisson(k, 2.0, jax.numpy.array([2])),
}


@pytest.mark.parametrize("case", WHOLE)
def test_numbers_and_arrays_are_shapes_as_in_jax(case):
    key = jax.random.key(0)
    ours, theirs = WHOLE[case](random, key), WHOLE[case](jax.random, key)
    assert ours.dtype == theirs.dtype and (ours == theirs).all()


def test_a_float64_request_warns_as_in_jax():
    key = jax.random.key(0)
    with pytest.warns(UserWarning, match="float64"):
        theirs = jax.random.normal(key, (2,), "float64")
    with pytest.warns(UserWarning, match="float64"):
        ours = random.normal(key, (2,), "float64")
    assert ours.dtype == theirs.dtype and (ours == theirs).all()
