"""`method="approximate"`, which jax has from 0.12: its draws, and its refusals."""

from __future__ import annotations

import inspect
from functools import partial

import jax
import jax.numpy as jnp
import pytest

from randlint_runtime import conventions, random, reference

pytestmark = pytest.mark.usefixtures("quick_compilation")
KNOWN = "method" in inspect.signature(jax.random.gamma).parameters
known = pytest.mark.skipif(not KNOWN, reason="this jax has one method only")
SAMPLERS = {
    "gamma": (2.5,),
    "loggamma": (2.5,),
    "chisquare": (3.0,),
    "beta": (2.0, 1.5),
    "poisson": (jnp.array([0.0, 3.0, 50.0]),),
}
every = pytest.mark.parametrize("name", SAMPLERS)


@known
@every
@pytest.mark.parametrize("impl", ["threefry2x32", "rbg"])
def test_it_draws_what_jax_draws(name, impl):
    key, parameters = jax.random.key(3, impl=impl), SAMPLERS[name]
    drawn = getattr(random, name)(key, *parameters, (4, 3), method="approximate")
    theirs = getattr(jax.random, name)(key, *parameters, (4, 3), method="approximate")
    assert drawn.dtype == theirs.dtype and (drawn == theirs).all()
    if impl == "threefry2x32":
        assert not (drawn == getattr(jax.random, name)(key, *parameters, (4, 3))).all()


@known
@every
def test_inside_a_program_that_runs_on_the_reference_samplers(name):
    key, parameters = jax.random.key(3), SAMPLERS[name]
    theirs = getattr(jax.random, name)(key, *parameters, method="approximate")
    with reference():
        ours = getattr(jax.random, name)(key, *parameters, method="approximate")
    assert (ours == theirs).all()


@known
def test_the_derivative_is_jaxs_and_conventions_hold():
    def slope(sampler, **keywords):
        draw = partial(sampler, jax.random.key(1), method="approximate", **keywords)
        return float(jax.grad(draw)(2.5))

    assert slope(random.gamma) == pytest.approx(slope(jax.random.gamma), rel=1e-5)
    assert slope(random.gamma, convention="fixed") == 0
    with pytest.raises(conventions.GradientSemanticsError, match="gamma"):
        slope(random.gamma, convention="error")


@every
@pytest.mark.parametrize("method", ["fast", "approximate"])
def test_what_jax_refuses_is_refused(name, method):
    if KNOWN and method == "approximate":
        pytest.skip("known to this jax")
    key, parameters = jax.random.key(0), SAMPLERS[name]
    with pytest.raises((TypeError, ValueError), match="method") as theirs:
        getattr(jax.random, name)(key, *parameters, method=method)
    with pytest.raises(theirs.type, match="method"):
        getattr(random, name)(key, *parameters, method=method)


@pytest.mark.parametrize("name", ["beta", "chisquare"])
def test_rules_are_for_exact_draws(name):
    with pytest.raises(ValueError, match="method='exact'"):
        getattr(random, name)(
            jax.random.key(0), *SAMPLERS[name], method="approximate", rule="implicit"
        )
