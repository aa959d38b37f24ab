"""Calls that few programs make: constant keys, symbolic sizes, explicit meshes, strict settings."""

from __future__ import annotations

import pickle

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType
from jax.sharding import PartitionSpec as P

from randlint_runtime import conventions, random

KEY = jax.random.key(5)
F32 = np.float32
SMALL = {
    "uniform": lambda r, k: r.uniform(k, (4,), minval=F32(0.3), maxval=F32(2.0)),
    "a longer one": lambda r, k: r.uniform(k, (33,), minval=F32(0.3), maxval=F32(2.0)),
    "normal": lambda r, k: r.normal(k, (4,)),
    "truncated_normal": lambda r, k: r.truncated_normal(k, -1.0, 2.0, (4,)),
}


@pytest.mark.parametrize("name", SMALL)
def test_a_key_that_is_a_constant_of_the_program(name):
    """Compiled in full: what is tested is what XLA's and LLVM's folding leaves alone."""
    draw = SMALL[name]
    keys = [jax.random.key(seed) for seed in range(6)]
    for made in (
        lambda r: [draw(r, key) for key in keys],
        lambda r: [draw(r, r.key(0)), draw(r, r.PRNGKey(3)), draw(r, r.fold_in(r.key(7), 3))],
        lambda r: [draw(r, r.fold_in(keys[0], 3)), draw(r, r.split(keys[0])[0])],
    ):
        ours, theirs = (jax.jit(made, static_argnums=0)(r) for r in (random, jax.random))
        np.testing.assert_array_equal(np.stack(ours), np.stack(theirs))


def exported(r, draw):
    (size,) = jax.export.symbolic_shape("size")
    program = jax.export.export(jax.jit(lambda x: draw(r, x.shape[0])))
    return program(jax.ShapeDtypeStruct((size,), jnp.float32)).call(jnp.zeros(3))


SYMBOLIC = {
    "normal": lambda r, n: r.normal(KEY, (n, 2)),
    "bits": lambda r, n: r.bits(KEY, (n,)),
    "randint": lambda r, n: r.randint(KEY, (n,), 0, 9),
    "categorical": lambda r, n: r.categorical(KEY, jnp.zeros((n, 3))),
    "gamma": lambda r, n: r.gamma(KEY, jnp.ones((n,))),
}


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize("name", SYMBOLIC)
def test_sizes_that_are_symbols(name):
    ours, theirs = (exported(r, SYMBOLIC[name]) for r in (random, jax.random))
    np.testing.assert_array_equal(ours, theirs)
    with pytest.raises(NotImplementedError, match="symbols"), conventions.use("fixed"):
        exported(random, lambda r, n: r.uniform(KEY, (n,)))


def of_jax(draw):
    """jax's own draw, where the installed jax makes it."""
    try:
        return draw(jax.random)
    except ValueError as refused:
        pytest.skip(f"refused by this jax: {str(refused).splitlines()[0]}")


LAID_OUT = {
    "gamma": lambda r, row, rows: r.gamma(KEY, row),
    "categorical": lambda r, row, rows: r.categorical(KEY, rows),
    "triangular": lambda r, row, rows: r.triangular(KEY, row - 1, row, row + 1),
    "double_sided_maxwell": lambda r, row, rows: r.double_sided_maxwell(KEY, row, row),
    "multivariate_normal": lambda r, row, rows: r.multivariate_normal(KEY, rows, jnp.eye(3)),
    "normal": lambda r, row, rows: r.normal(KEY),
}


def laid_out():
    """Parameters for a mesh that is in use."""
    row = jax.device_put(jnp.full(4, 0.7), P("d"))
    return row, jax.device_put(jnp.ones((4, 3)), P("d", None))


def mesh():
    return jax.set_mesh(jax.make_mesh((1,), ("d",), axis_types=(AxisType.Explicit,)))


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize("name", LAID_OUT)
def test_parameters_laid_out_over_an_explicit_mesh(name):
    with mesh():
        theirs = of_jax(lambda r: LAID_OUT[name](r, *laid_out()))
        ours = LAID_OUT[name](random, *laid_out())
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)
        assert jax.typeof(ours).sharding == jax.typeof(theirs).sharding


@pytest.mark.usefixtures("quick_compilation")
def test_gamma_gradients_over_an_explicit_mesh():
    with mesh():
        row, _ = laid_out()
        assert np.isfinite(jax.grad(lambda a: random.gamma(KEY, a).sum())(row)).all()


@pytest.mark.xfail(
    jax.__version_info__ < (0, 8), reason="jax 0.7 loses the mesh of an explicit axis in our rule"
)
@pytest.mark.usefixtures("quick_compilation")
def test_truncated_normal_gradients_over_an_explicit_mesh():
    with mesh():
        row, _ = laid_out()
        slope = jax.grad(lambda a: random.truncated_normal(KEY, a - 2, a).sum())(row)
        assert np.isfinite(slope).all()


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize("method", ["cholesky", "eigh", "svd"])
def test_ranks_are_not_promoted(method):
    with jax.numpy_rank_promotion("raise"):
        ours, theirs = (
            r.multivariate_normal(KEY, jnp.arange(2.0), jnp.eye(2) + 0.1, (4,), method=method)
            for r in (random, jax.random)
        )
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_normal_draws_where_nothing_is_compiled():
    with jax.disable_jit():
        ours, theirs = (r.normal(KEY, (500,)) for r in (random, jax.random))
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.usefixtures("quick_compilation")
@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda r: r.choice(KEY, jax.random.split(KEY, 5), (3,)), id="choice"),
        pytest.param(lambda r: r.permutation(KEY, jax.random.split(KEY, (4, 2))), id="permutation"),
    ],
)
def test_keys_are_picked_and_shuffled(draw):
    theirs = jax.random.key_data(of_jax(draw))
    np.testing.assert_array_equal(jax.random.key_data(draw(random)), theirs)


@pytest.mark.parametrize("name", [n for n in random.__all__ if callable(getattr(random, n))])
def test_functions_can_be_pickled(name):
    if name == "random_gamma_p":
        pytest.skip("jax's own primitive, which jax cannot pickle either")
    function = getattr(random, name)
    assert pickle.loads(pickle.dumps(function)) is function


def test_shapes_of_more_lanes_than_fit_into_memory():
    like = jax.eval_shape(lambda k: random.gamma(k, 2.0, (2**17, 2**17)), KEY)
    assert like.shape == (2**17, 2**17)
