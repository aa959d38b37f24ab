"""Four readings of one derivative, and the cache that must never confuse them."""

from __future__ import annotations

import pickle
import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from randlint_runtime import conventions, random
from randlint_runtime.conventions import GradientSemanticsError

pytestmark = pytest.mark.usefixtures("quick_compilation")
KEY = jax.random.key(0)
U = float(jax.random.uniform(KEY))


def draw(m, **options):
    return random.uniform(KEY, maxval=m, **options)


def test_the_four_readings():
    slope = jax.grad(draw)
    assert slope(2.0) == pytest.approx(U)
    with conventions.use("fixed"):
        assert slope(2.0) == 0
    with conventions.use("nan"):
        assert np.isnan(slope(2.0))
        assert draw(2.0) == pytest.approx(2 * U)
    with conventions.use("error"), pytest.raises(GradientSemanticsError) as caught:
        slope(2.0)
    assert caught.value.sampler == "uniform" and caught.value.parameter == "maxval"
    assert "random.uniform" in str(caught.value) and "pathwise" in str(caught.value)


def test_the_keyword_wins():
    with conventions.use("error"):
        assert jax.grad(lambda m: draw(m, convention="fixed"))(2.0) == 0
        assert jax.grad(lambda m: draw(m, convention={"maxval": "pathwise"}))(2.0) == pytest.approx(
            U
        )
    with pytest.raises(GradientSemanticsError):
        jax.grad(lambda m: draw(m, convention="error"))(2.0)


def test_one_jitted_function_under_every_convention():
    traces = []

    @jax.jit
    def slope(m):
        traces.append(m)
        return jax.grad(draw)(m)

    for _ in range(2):
        assert slope(2.0) == pytest.approx(U)
        with conventions.use("fixed"):
            assert slope(2.0) == 0
        with conventions.use("nan"):
            assert np.isnan(slope(2.0))
        with conventions.use("error"), pytest.raises(GradientSemanticsError):
            slope(2.0)
    assert len(traces) == 3 + 2  # each convention once, and the failing one each time


def test_grad_of_a_jitted_function_that_was_compiled_before():
    jitted = jax.jit(draw)
    assert jitted(2.0) == pytest.approx(2 * U)
    assert jax.grad(jitted)(2.0) == pytest.approx(U)
    with conventions.use("fixed"):
        assert jax.grad(jitted)(2.0) == 0
    with conventions.use("error"):
        assert jitted(2.0) == pytest.approx(2 * U)  # no derivative, no error
        with pytest.raises(GradientSemanticsError):
            jax.grad(jitted)(2.0)
    assert jax.grad(jitted)(2.0) == pytest.approx(U)


@pytest.mark.parametrize("wrap", [jax.checkpoint, jax.vmap, lambda f: jax.jit(jax.vmap(f))])
def test_inside_other_transformations(wrap):
    def total(m):
        mean = jnp.full(3, m) if wrap is not jax.checkpoint else m
        return wrap(draw)(mean).sum()

    with conventions.use("error"), pytest.raises(GradientSemanticsError):
        jax.grad(total)(2.0)
    with conventions.use("fixed"):
        assert jax.grad(total)(2.0) == 0


def test_inside_scan():
    def total(m):
        return jax.lax.scan(
            lambda c, k: (c + random.uniform(k, maxval=m), None), 0.0, jax.random.split(KEY, 3)
        )[0]

    plain = jax.grad(total)(2.0)
    with conventions.use("fixed"):
        assert jax.grad(total)(2.0) == 0
    assert jax.grad(total)(2.0) == plain


def test_blocks_nest_and_restore():
    slope = jax.grad(draw)
    with conventions.use("error"):
        with conventions.use("fixed"):
            assert slope(2.0) == 0
        with conventions.use("pathwise"):
            assert slope(2.0) == pytest.approx(U)
        with pytest.raises(GradientSemanticsError):
            slope(2.0)
    with pytest.raises(KeyError), conventions.use("fixed"):
        raise KeyError
    assert slope(2.0) == pytest.approx(U)


def test_single_samplers_and_parameters():
    def both(a, b):
        return random.uniform(KEY, minval=a, maxval=b)

    with conventions.use("fixed", only="uniform.minval"):
        by_a, by_b = jax.grad(both, (0, 1))(1.0, 2.0)
        assert by_a == 0 and by_b == pytest.approx(U)
    with conventions.use("fixed", only=("pareto", "uniform")):
        assert jax.grad(both)(1.0, 2.0) == 0
    with conventions.use("error"), conventions.use("pathwise", only="uniform"):
        assert jax.grad(draw)(2.0) == pytest.approx(U)


def test_threads_do_not_see_each_other():
    slope, found, ready = jax.jit(jax.grad(draw)), {}, threading.Barrier(3)

    def work(name):
        with conventions.use(name):
            ready.wait(60)
            found[name] = float(slope(2.0))
            ready.wait(60)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("fixed", "nan", "pathwise")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found["fixed"] == 0 and np.isnan(found["nan"])
    assert found["pathwise"] == pytest.approx(U)


def test_integer_draws():
    def count(p):
        return random.bernoulli(KEY, p).astype(float)

    assert jax.grad(count)(0.3) == 0
    with conventions.use("fixed"):
        assert jax.grad(count)(0.3) == 0
    with conventions.use("nan"), pytest.raises(GradientSemanticsError, match="integer"):
        jax.grad(count)(0.3)
    with conventions.use("error"), pytest.raises(GradientSemanticsError, match="random.bernoulli"):  # noqa: RUF043
        jax.grad(count)(0.3)


def test_float_counts_are_zero_or_nan():
    def count(p):
        return random.binomial(KEY, 10, p)

    assert jax.grad(count)(0.4) == 0
    with conventions.use("nan"):
        assert np.isnan(jax.grad(count)(0.4))


def test_values_are_read_the_same_way_by_all():
    def picked(a):
        return random.choice(KEY, a)

    expected = jax.grad(picked)(jnp.arange(3.0))
    with conventions.use("error"):
        np.testing.assert_array_equal(jax.grad(picked)(jnp.arange(3.0)), expected)


def test_no_derivative_no_error():
    with conventions.use("error"):
        assert float(jax.grad(lambda x: x * random.uniform(KEY, maxval=2.0))(3.0)) == pytest.approx(
            2 * U
        )
        held = jax.lax.stop_gradient
        assert jax.grad(lambda m: draw(held(m)) * m)(2.0) == pytest.approx(2 * U)


@pytest.mark.parametrize("sampler", [random.uniform, random.pareto])
def test_nan_at_every_order(sampler):
    def draw(m):
        given = {"maxval": m} if sampler is random.uniform else {"b": m}
        return sampler(KEY, **given, convention="nan") ** 2

    for order in (jax.grad, lambda f: jax.grad(jax.grad(f)), jax.hessian):
        assert np.isnan(order(draw)(2.5))
    assert np.isfinite(draw(2.5))


def test_lists_do_not_pass_by():
    """jax refuses them, and no convention would see what they hold."""
    with pytest.raises(TypeError):
        jax.grad(lambda m: jax.random.uniform(KEY, (2,), maxval=[m, m]).sum())(1.5)
    with pytest.raises(TypeError), conventions.use("error"):
        jax.grad(lambda m: random.uniform(KEY, (2,), maxval=[m, m]).sum())(1.5)


def test_blocks_that_take_turns_are_refused():
    def held(name):
        with conventions.use(name):
            yield

    first, second = held("fixed"), held("error")
    next(first), next(second)
    with pytest.raises(RuntimeError, match="in another order"):
        next(first)
    with conventions.use("nan"):
        assert np.isnan(jax.grad(draw)(2.0))
    with pytest.raises(RuntimeError, match="in another order"):
        next(second)
    assert jax.grad(draw)(2.0) == pytest.approx(U)  # and nothing is left behind


def test_restricted_to_nothing():
    with conventions.use("fixed", only=()):
        assert jax.grad(draw)(2.0) == pytest.approx(U)


def test_the_error_travels_between_processes():
    with pytest.raises(GradientSemanticsError) as raised, conventions.use("error"):
        jax.grad(draw)(2.0)
    again = pickle.loads(pickle.dumps(raised.value))
    assert str(again) == str(raised.value) and again.parameter == "maxval"


def test_words_are_checked():
    with pytest.raises(ValueError, match="did you mean 'fixed'"), conventions.use("fix"):
        pass
    with (
        pytest.raises(ValueError, match=r"did you mean 'gamma.a'"),
        conventions.use("fixed", only="gamma.aa"),
    ):
        pass
    for place in ("choice.a", "normal"):  # nothing that a convention could change
        with pytest.raises(ValueError, match="governs"), conventions.use("fixed", only=place):
            pass
    with pytest.raises(ValueError, match="no rule for `lam`"):
        draw(2.0, convention={"lam": "fixed"})
