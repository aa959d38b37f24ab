"""The rearranged inverse error function: every number that a normal draw can invert."""

from __future__ import annotations

import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np
import pytest

from randlint_runtime import random
from randlint_runtime.random import _base, _erfinv

# In its old place before jax 0.8.
enable_x64 = (jax if hasattr(jax, "enable_x64") else jax.experimental).enable_x64

ALL = 2**23


def inverted(erf_inv):
    """Its values at every mantissa of the uniform, as `normal` asks for them."""

    def program(mantissas):
        unit = _base.unit(mantissas << np.uint32(9), jnp.float32)
        u = _base.scale(unit, *_base.open_interval(jnp.float32))
        return np.float32(np.sqrt(2)) * erf_inv(u)

    return np.asarray(jax.jit(program)(jnp.arange(ALL, dtype=jnp.uint32)))


def test_all_of_the_numbers_are_xlas():
    if not _erfinv._COMPARED and (jax.__version_info__ < (0, 8)):
        pytest.skip("the formula is not in use here, and this XLA rounds in another way")
    ours, theirs = inverted(_erfinv._rearranged), inverted(jax.lax.erf_inv)
    assert len(np.unique(theirs)) > ALL // 2
    assert (ours.view(np.uint32) == theirs.view(np.uint32)).all()


def test_the_rearranged_formula_is_the_one_in_use():
    """Else the comparison above says nothing about `normal`."""
    if not _erfinv._COMPARED:
        pytest.skip("this version of XLA, or this processor, was not compared")
    program = jax.make_jaxpr(lambda k: random.normal(k, (4,)))(jax.random.key(0))
    assert "platform_index" in str(program)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_other_precisions_take_jaxs_own(dtype):
    with enable_x64(True):
        u = jnp.linspace(-0.9, 0.9, 7, dtype=dtype)
        assert "platform_index" not in str(jax.make_jaxpr(_erfinv.erf_inv)(u))


def test_normal_draws_where_more_is_computed_around_them():
    key, n = jax.random.key(9), 100_003

    def draws(module):
        moved = jax.jit(lambda k: 3 + 2 * module.normal(k, (n,)))(key)
        lanes = jax.vmap(lambda k: module.normal(k, (13,)))(jax.random.split(key, 3))
        return moved, lanes

    for ours, theirs in zip(draws(random), draws(jax.random), strict=True):
        assert (ours == theirs).all()
