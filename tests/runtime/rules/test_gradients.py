"""The derivatives: against implicit differentiation in high precision, and in every mode."""

from __future__ import annotations

import jax
import jax.experimental
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest

from randlint_runtime import random
from randlint_runtime._gradient_rules import beta as beta_rules
from randlint_runtime._gradient_rules import normal as normal_rules
from randlint_runtime._gradient_rules.gamma import log_slope
from randlint_runtime._gradient_rules.sqrtm import symmetric_sqrt

# In its old place before jax 0.8.
enable_x64 = (jax if hasattr(jax, "enable_x64") else jax.experimental).enable_x64

pytestmark = pytest.mark.usefixtures("quick_compilation")
TOLERANCE = {"float32": 3e-6, "float64": 1e-11}
F32 = jnp.float32


@pytest.fixture(params=["float32", "float64"])
def dtype(request):
    with enable_x64(request.param == "float64"):
        yield request.param


def check(found, expected, dtype, loosen=1.0):
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE[dtype] * loosen)


def implicit(cdf, pdf, theta, x):
    """-F_theta / f, in 30 digits."""
    with mp.workdps(30):
        return float(-mp.diff(lambda q: cdf(q, mp.mpf(x)), mp.mpf(theta)) / pdf(theta, mp.mpf(x)))


# ruff: noqa: E501  (rows of numbers)

# ---- per draw


GAMMA = [(1e-3, 1e-9), (1e-3, 3.0), (0.1, 0.2), (0.9, 0.7), (1.0, 0.36), (1.0, 5.0), (2.5, 0.01),
         (2.5, 2.5), (2.5, 12.0), (40.0, 30.0), (40.0, 55.0), (1e4, 9.9e3), (1e4, 1.02e4)]  # fmt: skip


def test_gamma_per_draw(dtype):
    a, x = (np.array(column, dtype) for column in zip(*GAMMA, strict=True))

    def truth(a, x):
        return implicit(
            lambda q, x: mp.gammainc(q, 0, x, regularized=True),
            lambda q, x: mp.exp((q - 1) * mp.log(x) - x - mp.loggamma(q)), a, x,
        ) / x  # fmt: skip

    found = jax.jit(log_slope)(a, x, jnp.log(x))
    check(found, [truth(float(p), float(q)) for p, q in zip(a, x, strict=True)], dtype)


def test_loggamma_tends_to_its_limit_at_tiny_shapes():
    """(digamma(a + 1) - log x) / a; jax is 92 per cent off at a = 1e-3."""
    a = F32(1e-3)
    log_x = jnp.asarray([-500.0, -5000.0, -1e6], F32)
    found = log_slope(jnp.full(3, a), jnp.exp(log_x), log_x)
    expected = (float(mp.digamma(1 + float(a))) - np.asarray(log_x, float)) / float(a)
    check(found, expected, "float32")


def test_gamma_rule_stays_finite():
    a = jnp.asarray([1e-37, 1e-20, 0.0, 1e30, jnp.nan, 2.0], F32)
    log_x = jnp.asarray([-1e36, -1e20, -jnp.inf, 69.0, 0.0, jnp.inf], F32)
    found = log_slope(a, jnp.exp(log_x), log_x)
    assert np.isnan(found[4]) and np.isfinite(np.delete(found, 4)).all()


def test_wald_per_draw(dtype):
    mean, x = (
        np.array(c, dtype)
        for c in zip((0.1, 0.12), (1, 0.05), (1, 9), (20, 3), (5, 400), strict=True)
    )

    def cdf(m, x):
        r = mp.sqrt(1 / x)
        return mp.ncdf(r * (x / m - 1)) + mp.exp(2 / m) * mp.ncdf(-r * (x / m + 1))

    def pdf(m, x):
        return mp.sqrt(1 / (2 * mp.pi * x**3)) * mp.exp(-((x - m) ** 2) / (2 * m * m * x))

    found = jax.jit(normal_rules.wald_slope)(mean, x)
    check(
        found, [implicit(cdf, pdf, float(m), float(q)) for m, q in zip(mean, x, strict=True)], dtype
    )


INTERVALS = [(-1, 2, 0.3), (-1, 2, -0.99), (3, 4, 3.2), (5, 6, 5.1), (10, 11, 10.05), (-11, -10, -10.9),
             (-6, -5, -5.1), (-3, np.inf, 7), (-np.inf, -5, -5.2), (-20, 20, 0.5)]  # fmt: skip


def test_truncated_normal_per_draw(dtype):
    low, high, x = (np.array(column, dtype) for column in zip(*INTERVALS, strict=True))

    def mass(c, d):
        return mp.ncdf(d) - mp.ncdf(c) if c < 0 else mp.ncdf(-c) - mp.ncdf(-d)

    def truth(l, u, x):  # noqa: E741
        with mp.workdps(60):
            l, u, x = mp.mpf(l), mp.mpf(u), mp.mpf(x)  # noqa: E741
            by_low = 0 if l == -mp.inf else mp.npdf(l) / mp.npdf(x) * mass(x, u) / mass(l, u)
            by_high = 0 if u == mp.inf else mp.npdf(u) / mp.npdf(x) * mass(l, x) / mass(l, u)
            return float(by_low), float(by_high)

    found = np.array(jax.jit(normal_rules.truncated_slopes)(low, high, x)).T
    expected = [truth(*(float(v) for v in row)) for row in zip(low, high, x, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE[dtype] * 10, atol=1e-30)


BETA = [(2.0, 1.5, -1.0), (2.0, 1.5, 3.0), (0.5, 0.5, 0.0), (0.5, 6.0, -9.0), (50.0, 20.0, 1.0),
        (0.2, 3.0, -20.0), (0.2, 0.1, 6.0)]  # fmt: skip


def test_beta_per_draw(dtype):
    a, b, z = (np.array(column, dtype) for column in zip(*BETA, strict=True))

    def truth(a, b, z):
        with mp.workdps(30):
            x = 1 / (1 + mp.exp(-mp.mpf(z)))
            density = x**a * (1 - x) ** b / mp.beta(a, b)
            by_a = mp.diff(lambda q: mp.betainc(q, b, 0, x, regularized=True), a)
            by_b = mp.diff(lambda q: mp.betainc(a, q, 0, x, regularized=True), b)
            return float(-by_a / density), float(-by_b / density)

    found = np.array(jax.jit(beta_rules.logit_slopes)(z, a, b)).T
    expected = [truth(*(float(v) for v in row)) for row in zip(a, b, z, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=3e-5 if dtype == "float32" else 1e-7)


# ---- every order and mode, on the rules themselves


FORWARD, REVERSE = (jax.jacfwd, jax.jacfwd), (jax.jacrev, jax.jacrev)
FOUR = (FORWARD, REVERSE, (jax.jacfwd, jax.jacrev), (jax.jacrev, jax.jacfwd))


def derivatives(function, combinations):
    """The value, the first and some second derivatives of a function of one number."""
    second = [outer(inner(function)) for outer, inner in combinations]
    return jax.jit(lambda t: (function(t), jax.grad(function)(t), [f(t) for f in second]))


# One mode each for the larger rules, which take long to compile (every rule is made elementwise by
# one function, which the smaller ones try in all four); benchmarks/gradient_table.py --modes has all.
RULES = {
    "gamma integral": (lambda a, x: log_slope(a, x, jnp.log(x)), (2.5, 3.1), (REVERSE,)),
    "gamma series": (lambda a, x: log_slope(a, x, jnp.log(x)), (0.4, 0.2), (FORWARD,)),
    "wald": (normal_rules.wald_slope, (1.3, 0.7), FOUR),
    "truncated": (lambda *v: normal_rules.truncated_slopes(*v)[0], (-1.0, 2.0, 0.4), (REVERSE,)),
    "beta": (lambda *v: beta_rules.logit_slopes(*v)[0], (0.3, 2.0, 1.5), ()),
}


SLOW_RULES = {"gamma integral"}  # docs/runtime.md differentiates it twice in reverse
SLOW = {"beta", "beta tiny", "t", "wald mean=5"}  # what they are made of stays


def some(cases, slow):
    return [pytest.param(n, marks=[pytest.mark.slow] if n in slow else []) for n in cases]


@pytest.mark.parametrize("name", some(RULES, SLOW_RULES))
def test_rules_differentiate_in_every_mode(name):
    """Along one direction, against differences of the values and of the first derivative."""
    function, point, combinations = RULES[name]
    direction = (0.7, -0.4, 0.9)
    with enable_x64(True):
        along = derivatives(
            lambda t: function(*(p + t * d for p, d in zip(point, direction, strict=False))),
            combinations,
        )
        step = 1e-4
        below, here, above = (along(jnp.float64(t)) for t in (-step, 0.0, step))
        np.testing.assert_allclose(here[1], (above[0] - below[0]) / (2 * step), rtol=1e-6)
        for second in here[2]:
            np.testing.assert_allclose(second, (above[1] - below[1]) / (2 * step), rtol=1e-6)


def test_square_root_of_the_identity_has_two_derivatives():
    direction = jnp.asarray([[1.0, 0.3], [0.3, 2.0]], F32)
    square = lambda t: jnp.sum(jnp.square(symmetric_sqrt(jnp.eye(2) + t * direction)))  # noqa: E731
    assert jax.grad(square)(F32(0)) == pytest.approx(3.0, rel=1e-6)  # the trace of cov
    entry = lambda t: symmetric_sqrt(jnp.eye(2) + t * direction)[0, 1]  # noqa: E731
    expected = [0.3 / 2, -(direction @ direction)[0, 1] / 4]
    found = [jax.grad(entry)(F32(0)), jax.grad(jax.grad(entry))(F32(0))]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_square_root_has_derivatives_of_every_order():
    """Against those of a root that is a formula: `sqrt(1 + t)`, at equal eigenvalues."""
    root = lambda t: symmetric_sqrt((1 + t) * jnp.eye(2))[0, 0]  # noqa: E731
    expected, found = [0.5, -0.25, 0.375], []
    for _ in expected:
        root = jax.grad(root)
        found.append(root(F32(0)))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_kernel_of_a_covariance_is_held_fixed():
    """A kernel of rounding errors: a root magnifies them to 1e-4, and its derivative to 1e4."""
    line = jnp.outer(jnp.arange(1.0, 4.0), jnp.arange(1.0, 4.0))
    slope = jax.grad(lambda cov: jnp.sum(symmetric_sqrt(cov)))(line)
    assert jnp.abs(slope).max() < 1
    np.testing.assert_array_equal(jax.grad(lambda c: symmetric_sqrt(c)[0, 0])(0 * line), 0 * line)


@pytest.mark.parametrize("bounds", [(1.0, 2.0), (-2.0, -1.0), (-1.0, 2.0)])
def test_second_derivatives_of_a_truncated_normal_are_those_of_its_quantile(bounds):
    """On one side of 0 as well, where the density is highest at a bound. jax's are right here."""
    with enable_x64(True):
        key, point = random.key(5), jnp.array(bounds)
        ours, theirs = (
            jax.hessian(lambda p, r=r: r.truncated_normal(key, p[0], p[1], ()))(point)
            for r in (random, jax.random)
        )
    np.testing.assert_allclose(ours, theirs, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("name", ["lognormal", "pareto", "chisquare"])
def test_derivatives_in_half_precision(name):
    slope = {}
    for r in (random, jax.random):
        draw = lambda v, r=r: getattr(r, name)(r.key(0), v, (50,), jnp.float16)  # noqa: E731
        slope[r] = jax.jvp(draw, (jnp.float16(3),), (jnp.float16(1),))[1]
    assert np.count_nonzero(slope[random]) > 40
    np.testing.assert_allclose(slope[random], slope[jax.random], rtol=0.02)


def test_draws_beyond_the_largest_float_do_not_move():
    for b in (1e-19, 1e-18):
        assert jax.grad(lambda b: random.pareto(random.key(0), b))(F32(b)) == 0


@pytest.mark.slow
def test_the_largest_gamma_draws_move_with_their_mean():
    for a in (1e18, 1e20, 1e30):
        assert jax.grad(lambda a: random.gamma(random.key(0), a))(F32(a)) == pytest.approx(1)


@pytest.mark.slow  # docs/runtime.md does it too
def test_reverse_over_reverse_through_a_gamma_draw():
    """jax raises ValueError here."""
    moment = lambda a: jnp.mean(random.gamma(random.key(1), a, (30_000,)) ** 2)  # noqa: E731
    second = jax.jit(lambda a: (jax.grad(jax.grad(moment))(a), jax.jacfwd(jax.jacfwd(moment))(a)))(
        F32(2.5)
    )
    np.testing.assert_allclose(second[0], second[1], rtol=1e-4)
    assert second[0] == pytest.approx(2.0, abs=0.1)  # E[x^2] = a (a + 1)


# ---- unbiased in the mean


N = 40_000
MEANS = {
    "wald mean=1": (lambda k, v: random.wald(k, v, (N,)), 1.0, lambda x: x, 1.0),
    "wald mean=5": (lambda k, v: random.wald(k, v, (N,)), 5.0, lambda x: x, 1.0),
    "loggamma": (lambda k, v: random.loggamma(k, v, (N,)), 1e-3, lambda x: x, 1e6),
    "beta": (lambda k, v: random.beta(k, v, 1.5, (N,)), 2.0, lambda x: x, 1.5 / 3.5**2),
    "beta implicit": (lambda k, v: random.beta(k, v, 1.5, (N,), rule="implicit"), 2.0, lambda x: x, 1.5 / 3.5**2),
    "beta tiny": (lambda k, v: random.beta(k, v, 1e-3, (10 * N,)), 1e-3, lambda x: x, 250.0),
    "t": (lambda k, v: random.t(k, v, (N,)), 12.0, lambda x: x * x, -0.02),
    "t implicit": (lambda k, v: random.t(k, v, (N,), rule="implicit"), 12.0, lambda x: x * x, -0.02),
    "truncated": (lambda k, v: random.truncated_normal(k, v, 2.0, (N,)), -1.0, lambda x: x, 0.36347),
    "dirichlet": (
        lambda k, v: random.dirichlet(k, jnp.stack([v, v * 0 + 2, v * 0 + 3]), (N,))[:, 0],
        0.8, lambda x: x, 5 / 5.8**2,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", some(MEANS, SLOW))
def test_mean_derivative(name):
    draw, value, statistic, truth = MEANS[name]
    key = random.key(7)
    slope = jax.jit(
        lambda v: jax.jvp(lambda v: statistic(draw(key, v)), (v,), (jnp.ones_like(v),))[1]
    )
    samples = np.asarray(slope(F32(value)), np.float64)
    assert np.isfinite(samples).all()
    error = samples.std() / np.sqrt(samples.size)
    assert abs(samples.mean() - truth) < 4.5 * error


@pytest.mark.slow  # docs/runtime.md does it too
def test_the_implicit_rule_has_less_variance():
    """Measured: 11 times less for log|x| of t at 12 degrees of freedom."""
    key, df = random.key(3), F32(12.0)

    def spread(**rule):
        def draw(v):
            return jnp.log(jnp.abs(random.t(key, v, (N,), **rule)))

        return jnp.var(jax.jvp(draw, (df,), (F32(1),))[1])

    default, implicit = jax.jit(lambda: (spread(), spread(rule="implicit")))()
    assert default > 5 * implicit


EXTREME = {
    "dirichlet": lambda v: random.dirichlet(random.key(0), v * jnp.asarray([2.4587069e-37, 2.388, 3.99]), (999,)),
    "t": lambda v: random.t(random.key(0), 0.1 * v, (999,)),
    "truncated": lambda v: random.truncated_normal(random.key(0), 5.5 * v, 6.5, (999,)),
    "truncated far": lambda v: random.truncated_normal(random.key(0), -10 * v, -9.0, (999,)),
    "triangular": lambda v: random.triangular(random.key(0), -1.0, -1.0 * v, 2.0, (999,)),
    "eigh": lambda v: random.multivariate_normal(random.key(0), jnp.zeros(2), v * jnp.eye(2), (99,), method="eigh"),
    "svd": lambda v: random.multivariate_normal(random.key(0), jnp.zeros(2), v * jnp.eye(2), (99,), method="svd"),
    "pareto": lambda v: random.pareto(random.key(0), 0.01 * v, (999,)),
}  # fmt: skip


@pytest.mark.parametrize("name", some(EXTREME, SLOW))
def test_no_derivative_is_lost_at_extreme_parameters(name):
    draw = EXTREME[name]
    out, slope = jax.jit(lambda v: jax.jvp(draw, (v,), (F32(1),)))(F32(1))
    assert np.isfinite(slope).all()
    finite = jnp.isfinite(out)
    back = jax.jit(jax.grad(lambda v: jnp.sum(jnp.where(finite, jnp.tanh(draw(v)), 0))))(F32(1))
    assert np.isfinite(back)


def test_the_covariance_rule_is_unbiased_at_the_identity():
    direction = jnp.asarray([[1.0, 0.3], [0.3, 2.0]], F32)
    weights = jnp.asarray([1.0, 2.0], F32)

    def moment(t, method):
        cov = jnp.eye(2) + t * direction
        x = random.multivariate_normal(random.key(5), jnp.zeros(2), cov, (N,), method=method)
        return (x @ weights) ** 2

    truth = float(weights @ direction @ weights)
    for method in ("eigh", "svd", "cholesky"):
        slope = jax.jvp(lambda t, m=method: moment(t, m), (F32(0),), (F32(1),))[1]
        assert abs(slope.mean() - truth) < 4.5 * slope.std() / np.sqrt(N)


def test_rule_is_checked():
    with pytest.raises(ValueError, match="'default', 'implicit'"):
        random.beta(random.key(0), 1.0, 1.0, rule="best")
