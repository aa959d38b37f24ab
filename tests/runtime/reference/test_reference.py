"""Unmodified programs on the reference samplers."""

from __future__ import annotations

import functools
import inspect
import subprocess
import sys
import threading

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import pytest
from jax import random as jax_random
from jax.random import uniform as captured

from randlint_runtime import GradientSemanticsError, conventions, reference

KEY = jax.random.key(0)
WAYS = {
    "jax.random.x": lambda m: jax.random.uniform(KEY, maxval=m),
    "from jax import random": lambda m: jax_random.uniform(KEY, maxval=m),
    "import jax.random as jr": lambda m: jr.uniform(KEY, maxval=m),
    "from jax.random import x": lambda m: captured(KEY, maxval=m),
    "captured in a default": lambda m, draw=jax.random.uniform: draw(KEY, maxval=m),
    "partial": functools.partial(
        lambda draw, m: draw(maxval=m), functools.partial(jax.random.uniform, KEY)
    ),
}


def is_reference(function):
    """Only the reference samplers know conventions."""
    with conventions.use("error"):
        try:
            jax.grad(function)(2.0)
        except GradientSemanticsError:
            return True
    return False


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_the_function(way):
    function = WAYS[way]
    before = function(2.0)
    assert not is_reference(function)
    with reference():
        assert is_reference(function)
        assert function(2.0) == before
    assert not is_reference(function)


def test_functions_jitted_before_the_block():
    function = jax.jit(WAYS["from jax.random import x"])
    direct = jax.jit(jax.random.uniform, static_argnames=("shape",))
    before = function(2.0), direct(KEY, shape=(2,))
    with reference():
        assert is_reference(function)
        assert is_reference(lambda m: direct(KEY, maxval=m))
        assert function(2.0) == before[0]
    assert not is_reference(function)
    np.testing.assert_array_equal(direct(KEY, shape=(2,)), before[1])


def test_libraries_are_reached():
    make = jax.nn.initializers.uniform()
    with reference():
        inside = make(KEY, (3,))
    np.testing.assert_array_equal(inside, make(KEY, (3,)))


def test_derivatives_follow_the_rules():
    def mean_draw(m):
        return jax.random.wald(KEY, m, (20_000,)).mean()

    biased = jax.grad(mean_draw)(jnp.float32(1))
    with reference():
        right = jax.grad(mean_draw)(jnp.float32(1))
    assert abs(right - 1) < 0.03 < 0.1 < biased - 1


def test_keys_too():
    with reference():
        key = jax.random.split(jax.random.fold_in(jax.random.key(3), 4), 3)[1]
        raw = jax.random.PRNGKey(5)
    assert key == jax.random.split(jax.random.fold_in(jax.random.key(3), 4), 3)[1]
    np.testing.assert_array_equal(raw, jax.random.PRNGKey(5))


def state():
    function = jax.random.uniform
    return (
        function.__code__, function.__defaults__, function.__kwdefaults__, dict(vars(function)),
        inspect.signature(function),
    )  # fmt: skip


def test_everything_is_restored_after_an_exception():
    before = state()
    with pytest.raises(KeyError), reference():
        assert state()[0] is not before[0]
        assert state()[-1] == before[-1]  # the signature stays
        raise KeyError
    assert state() == before


def test_blocks_nest():
    before = state()
    with reference():
        with reference():
            assert is_reference(WAYS["jax.random.x"])
        assert is_reference(WAYS["jax.random.x"])
    assert state() == before


def test_other_threads_keep_jax():
    found = []
    with reference():
        thread = threading.Thread(target=lambda: found.append(is_reference(WAYS["jax.random.x"])))
        thread.start()
        thread.join()
        assert is_reference(WAYS["jax.random.x"])
    assert found == [False]


def test_other_generators_and_bad_arguments_inside():
    with reference():
        assert jax.random.normal(jax.random.key(0, impl="rbg"), (2,)).shape == (2,)
        with pytest.raises(ValueError, match="float dtype"):
            jax.random.uniform(KEY, dtype="int32")


WRAPPED = """
import functools
import jax


def logged(function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        return function(*args, **kwargs)

    return call


jax.random.uniform = logged(jax.random.uniform)
from jax.random import uniform
from randlint_runtime import conventions, reference

functions = [f for f in vars(jax.random).values() if hasattr(f, "__code__")]
key, code = jax.random.key(0), [f.__code__ for f in functions]
slope = jax.grad(lambda m: uniform(key, maxval=m))
before = slope(2.0)
with reference(), conventions.use("fixed"):
    assert slope(2.0) == 0
assert slope(2.0) == before
assert [f.__code__ for f in functions] == code
"""


def test_functions_that_another_package_has_wrapped():
    subprocess.run([sys.executable, "-c", WRAPPED], check=True, timeout=300)


def test_a_block_that_cannot_be_entered_leaves_nothing_behind(monkeypatch):
    from randlint_runtime import _reference

    def fails(name, free):
        if name == "normal":
            raise ValueError("no")
        return detour(name, free)

    detour = _reference._detour
    before = {name: function.__code__ for name, function in _reference.FUNCTIONS.items()}
    monkeypatch.setattr(_reference, "_detour", fails)
    with pytest.raises(ValueError, match="no"), reference():
        pass
    assert {n: f.__code__ for n, f in _reference.FUNCTIONS.items()} == before
    monkeypatch.undo()
    with reference():
        assert is_reference(WAYS["jax.random.x"])
