"""What the ways of calling change: nothing.

Compiled with few optimisations on both sides, which costs the gamma draws their last bits; another
key or another lane would change all of them. The last bits are compared in test_lanes.py.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

from randlint_runtime import random

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
import identity

# In its old place before jax 0.8.
enable_x64 = (jax if hasattr(jax, "enable_x64") else jax.experimental).enable_x64

CASES = {case.label: case for case in identity.cases()}
SAME_LANES = {"rtol": 1e-5}
pytestmark = pytest.mark.usefixtures("quick_compilation")


@pytest.mark.parametrize("name", ["uniform", "normal", "bits", "randint(0,10)", "permutation(n)"])
def test_same_draws_with_raw_keys_and_the_older_layout(name):
    with jax.threefry_partitionable(False):
        rows = identity.compare(CASES[name], None, (9,), jax.random.PRNGKey(3), "eager")
    assert all(different == 0 for _, _, different, _ in rows)


@pytest.mark.parametrize("name", ["uniform", "normal", "bits"])
@pytest.mark.parametrize("dtype", [None, "float16", "bfloat16", "float64"])
def test_same_draws_in_other_precisions(name, dtype):
    if name == "bits" and dtype is not None:
        dtype = {"float16": "uint16", "bfloat16": "uint8", "float64": "uint64"}[dtype]
    with enable_x64(True):
        rows = identity.compare(CASES[name], dtype, (33,), jax.random.key(3), "eager")
    assert all(different == 0 for _, _, different, _ in rows)


def as_in_jax(key):
    for draw in (
        lambda r: r.normal(key, (5,)),
        lambda r: r.uniform(r.split(key)[0], (5,), minval=-1.0),
        lambda r: r.gamma(key, 0.5, (3,)),
        lambda r: r.permutation(key, 7),
    ):
        np.testing.assert_array_equal(draw(random), draw(jax.random))


def test_another_generator_keeps_working():
    as_in_jax(jax.random.key(1, impl="rbg"))


@pytest.mark.slow
@pytest.mark.parametrize("impl", ["unsafe_rbg", "philox4x32", "threefry4x32"])
def test_every_other_generator_keeps_working(impl):
    as_in_jax(jax.random.key(1, impl=impl))


def test_vmap_over_keys_or_parameters():
    keys = jax.random.split(jax.random.key(0), 3)
    shapes = jnp.asarray([0.2, 1.0, 7.0])
    for call in (
        lambda r: jax.vmap(lambda k: r.gamma(k, shapes))(keys),
        lambda r: jax.vmap(lambda a: r.gamma(keys[0], a, (4,)))(shapes),
    ):
        ours, theirs = (jax.jit(lambda c=call, r=r: c(r))() for r in (random, jax.random))
        np.testing.assert_allclose(ours, theirs, **SAME_LANES)


def test_under_shard_map_and_scan():
    mesh = jax.make_mesh((1,), ("d",), axis_types=(jax.sharding.AxisType.Auto,))
    keys = jax.random.split(jax.random.key(0), 2)

    def draws(r):
        return jax.vmap(lambda k: jnp.stack([r.gamma(k, 0.5, (3,)), r.normal(k, (3,))]))

    mapped = jax.shard_map(draws(random), mesh=mesh, in_specs=P("d"), out_specs=P("d"))
    expected = jax.jit(draws(jax.random))(keys)
    np.testing.assert_allclose(jax.jit(mapped)(keys), expected, **SAME_LANES)
    _, scanned = jax.lax.scan(
        lambda c, k: (c, jnp.stack([random.gamma(k, 0.5, (3,)), random.normal(k, (3,))])), 0, keys
    )
    np.testing.assert_allclose(scanned, expected, **SAME_LANES)


def test_out_sharding():
    mesh = jax.make_mesh((1,), ("d",), axis_types=(jax.sharding.AxisType.Explicit,))
    with jax.set_mesh(mesh):
        key = jax.random.key(0)
        for sharding in (P("d"), NamedSharding(mesh, P("d"))):
            ours = random.normal(key, (4,), out_sharding=sharding)
            theirs = jax.random.normal(key, (4,), out_sharding=sharding)
            assert jax.typeof(ours) == jax.typeof(theirs)
            np.testing.assert_array_equal(ours, theirs)
        assert jax.typeof(random.uniform(key)) == jax.typeof(jax.random.uniform(key))


def test_many_lanes_are_refused_more_than_once():
    """Shape parameters so small that rounds pile up; every lane still ends."""
    a = jnp.concatenate(
        [jnp.full(300, 1e-6), jnp.full(5, jnp.nan), jnp.zeros(3), jnp.full(300, 1.0)]
    )
    ours = jax.jit(random.gamma)(jax.random.key(8), a)
    theirs = jax.jit(jax.random.gamma)(jax.random.key(8), a)
    np.testing.assert_allclose(ours, theirs, **SAME_LANES)
    assert np.isnan(ours[300:305]).all()


@pytest.mark.parametrize("shape", [(0,), (3, 0)])
def test_empty(shape):
    key = jax.random.key(0)
    assert random.gamma(key, jnp.ones(shape)).shape == shape
    assert random.poisson(key, jnp.ones(shape)).shape == shape
    assert random.normal(key, shape).shape == shape
