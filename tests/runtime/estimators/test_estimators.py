"""Every estimator against closed forms: value, gradient, variance, order."""

import dataclasses

import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np
import pytest
from jax.scipy.stats import norm

from randlint_runtime import conventions, estimators, random
from randlint_runtime.estimators import (
    GradientOrderError,
    MovingAverage,
    gumbel_softmax,
    measure_valued,
    rloo,
    score_function,
    straight_through,
)

# In its old place before jax 0.8.
enable_x64 = (jax if hasattr(jax, "enable_x64") else jax.experimental).enable_x64

pytestmark = pytest.mark.usefixtures("quick_compilation")
LIMIT = 4.5


def vmap(f, **options):
    return jax.jit(jax.vmap(f, **options))  # one compilation instead of one per primitive


def keys(n, seed=0):
    return jax.random.split(jax.random.key(seed), n)


def z(values, truth):
    values = np.asarray(values, dtype=np.float64)
    error = values.std(ddof=1) / np.sqrt(values.size)
    return (values.mean() - truth) / (error + 1e-6)


def normal_sample(key, theta):
    return theta + jax.random.normal(key)


def normal_log_prob(theta, x):
    return norm.logpdf(x, theta, 1.0)


def bernoulli_log_prob(logit, x):
    return jnp.where(x, jax.nn.log_sigmoid(logit), jax.nn.log_sigmoid(-logit))


def bernoulli_sample(logit_key, logit):
    return jax.random.bernoulli(logit_key, jax.nn.sigmoid(logit))


class TestScoreFunction:
    @pytest.mark.parametrize("baseline", ["none", "leave_one_out"])
    def test_gradient_of_a_normal_second_moment(self, baseline):
        estimate = score_function(
            lambda theta, x: x**2, normal_sample, normal_log_prob, draws=4, baseline=baseline
        )
        value, slope = vmap(jax.value_and_grad(estimate, argnums=1), in_axes=(0, None))(
            keys(40_000), 0.6
        )
        assert abs(z(value, 1 + 0.36)) < LIMIT
        assert abs(z(slope, 1.2)) < LIMIT

    def test_variance_of_the_plain_estimator(self):
        """f = 1: Var[(f - b) score] is Var[x - theta] = 1, divided by the draws."""
        estimate = score_function(
            lambda theta, x: jnp.ones(()), normal_sample, normal_log_prob, draws=5
        )
        slope = vmap(jax.grad(estimate, argnums=1), in_axes=(0, None))(keys(50_000), 0.3)
        assert np.var(slope) == pytest.approx(1 / 5, rel=0.05)

    def test_a_cost_that_depends_on_theta(self):
        """E[theta x] = theta^2: half of the slope comes from the cost itself."""
        estimate = score_function(lambda theta, x: theta * x, normal_sample, normal_log_prob)
        slope = vmap(jax.grad(estimate, argnums=1), in_axes=(0, None))(keys(100_000), 0.8)
        assert abs(z(slope, 1.6)) < LIMIT

    @pytest.mark.parametrize("baseline", ["none", "leave_one_out"])
    def test_second_and_third_derivatives(self, baseline):
        """E[x^3] = theta^3 + 3 theta has second derivative 6 theta and third derivative 6."""
        estimate = score_function(
            lambda theta, x: x**3, normal_sample, normal_log_prob, draws=3, baseline=baseline
        )
        second = jax.grad(jax.grad(estimate, argnums=1), argnums=1)
        third = vmap(jax.grad(second, argnums=1), in_axes=(0, None))
        values = vmap(second, in_axes=(0, None))(keys(100_000), 0.5)
        assert abs(z(values, 3.0)) < LIMIT
        assert abs(z(third(keys(100_000), 0.5), 6.0)) < LIMIT

    def test_a_discrete_law_in_closed_form(self):
        cost = jnp.array([3.0, -1.0, 2.0])
        logits = jnp.array([0.2, -0.4, 0.9])
        estimate = rloo(
            lambda logits, x: cost[x],
            jax.random.categorical,
            lambda logits, x: jax.nn.log_softmax(logits)[x],
            draws=4,
        )
        slopes = vmap(jax.grad(estimate, argnums=1), in_axes=(0, None))(keys(50_000), logits)
        p = jax.nn.softmax(logits)
        truth = p * (cost - p @ cost)
        for i in range(3):
            assert abs(z(slopes[:, i], truth[i])) < LIMIT

    def test_samplers_that_refuse_a_derivative_are_not_asked_for_one(self):
        estimate = score_function(
            lambda p, x: (2.0 + x) ** 2,
            random.bernoulli,
            lambda p, x: jnp.where(x, jnp.log(p), jnp.log1p(-p)),
        )
        with conventions.use("error"):
            slopes = vmap(jax.grad(estimate, argnums=1), in_axes=(0, None))(keys(20_000), 0.3)
        assert abs(z(slopes, 5.0)) < LIMIT

    def test_the_limits_of_its_word(self):
        """A support that moves with theta, a density with one derivative: stated, not solved."""
        moving = score_function(
            lambda t, x: x,
            lambda k, t: t * jax.random.uniform(k),
            lambda t, x: jnp.where((x > 0) & (x < t), -jnp.log(t), -jnp.inf),
            draws=1_000,
        )
        assert jax.grad(moving, 1)(jax.random.key(0), 2.0) == pytest.approx(-0.5, abs=0.05)
        laplace = score_function(
            lambda t, x: 1.0 + 0 * x,
            lambda k, t: t + jax.random.laplace(k),
            lambda t, x: -jnp.abs(x - t) - jnp.log(2.0),
            draws=1_000,
        )
        assert jax.grad(laplace, 1)(jax.random.key(0), 0.3) == pytest.approx(0.0, abs=0.15)
        assert jax.grad(jax.grad(laplace, 1), 1)(jax.random.key(0), 0.3) == pytest.approx(1.0)

    @pytest.mark.parametrize("make", [score_function, rloo])
    def test_more_than_one_number_per_draw_is_refused(self, make):
        theta = jnp.array([0.1, 0.2, 0.3])
        sums = {"cost": lambda t, x: x.sum(), "log_prob": lambda t, x: normal_log_prob(t, x).sum()}
        loose = {"cost": lambda t, x: x, "log_prob": normal_log_prob}
        for name in sums:
            parts = {**sums, name: loose[name]}
            with pytest.raises(ValueError, match=rf"{name} must return a scalar, got shape \(3,\)"):
                make(parts["cost"], normal_sample, parts["log_prob"], draws=2)(
                    jax.random.key(0), theta
                )

    def test_no_gradient_passes_through_the_draw(self):
        """With a flat log-density nothing but the cost's own slope may remain."""
        estimate = score_function(lambda theta, x: x, normal_sample, lambda theta, x: 0.0 * theta)
        assert jax.grad(estimate, argnums=1)(jax.random.key(0), 0.5) == 0.0

    def test_leave_one_out_ignores_an_offset_of_the_cost(self):
        def slopes(offset, baseline):
            estimate = score_function(
                lambda theta, x: x + offset,
                normal_sample,
                normal_log_prob,
                draws=4,
                baseline=baseline,
            )
            return vmap(jax.grad(estimate, argnums=1), in_axes=(0, None))(keys(20_000), 0.0)

        np.testing.assert_allclose(
            slopes(0.0, "leave_one_out"), slopes(100.0, "leave_one_out"), atol=1e-2
        )
        assert np.var(slopes(100.0, "none")) > 1000 * np.var(slopes(100.0, "leave_one_out"))

    def test_rloo_is_the_covariance_of_cost_and_score(self):
        """With the leave-one-out baseline the estimate is the sample covariance (n - 1)."""
        key, theta, draws = jax.random.key(5), 0.3, 6
        slope = jax.grad(rloo(lambda t, x: x**2, normal_sample, normal_log_prob, draws=draws), 1)(
            key, theta
        )
        x = vmap(lambda k: normal_sample(k, theta))(jax.random.split(key, draws))
        assert slope == pytest.approx(np.cov(x**2, x - theta)[0, 1], rel=1e-4)

    def test_moving_average_baseline(self):
        estimate = score_function(
            lambda theta, x: x + 50.0,
            normal_sample,
            normal_log_prob,
            draws=2,
            baseline=MovingAverage(0.9),
        )
        step = jax.value_and_grad(estimate, argnums=1, has_aux=True)

        def body(state, key):
            (value, state), slope = step(key, 0.2, state)
            return state, (value, slope)

        state, (values, slopes) = jax.lax.scan(body, MovingAverage(0.9).init(), keys(40_000))
        assert abs(z(values, 50.2)) < LIMIT
        assert abs(z(slopes[100:], 1.0)) < LIMIT
        assert np.var(slopes[100:]) < 2.0  # without the baseline: about 50^2 / 2
        assert MovingAverage(0.9).value(state) == pytest.approx(50.2, abs=2.0)

    def test_moving_average_starts_at_zero_and_is_not_pulled_there(self):
        average = MovingAverage(0.99)
        assert average.value(average.init()) == 0.0
        assert average.value(average.update(average.init(), 7.0)) == pytest.approx(7.0)

    def test_bad_arguments(self):
        pieces = (lambda theta, x: x, normal_sample, normal_log_prob)
        with pytest.raises(ValueError, match="at least 2 draws, got 1"):
            rloo(*pieces, draws=1)
        with pytest.raises(ValueError, match="got 'average'"):
            score_function(*pieces, baseline="average")
        with pytest.raises(ValueError, match="decay must lie in"):
            MovingAverage(1.0)


class TestEnumerate:
    def test_exact_value_and_derivatives(self):
        """E[(2 + x)^2], x ~ Bernoulli(p): 4 + 5 p."""
        expectation = estimators.enumerate(
            lambda p, x: (2.0 + x) ** 2,
            jnp.array([0.0, 1.0]),
            lambda p, x: jnp.where(x == 1, jnp.log(p), jnp.log1p(-p)),
        )
        assert expectation(0.3) == pytest.approx(5.5, rel=1e-6)
        assert jax.grad(expectation)(0.3) == pytest.approx(5.0, rel=1e-5)
        assert jax.grad(jax.grad(expectation))(0.3) == pytest.approx(0.0, abs=1e-4)

    def test_impossible_values_do_not_poison_the_gradient(self):
        expectation = estimators.enumerate(
            lambda logits, x: jnp.float32(x),
            jnp.arange(3),
            lambda logits, x: jax.nn.log_softmax(logits, where=jnp.array([True, True, False]))[x],
        )
        logits = jnp.array([0.3, 0.1, 5.0])
        p = jax.nn.softmax(logits[:2])
        slope = jax.grad(expectation)(logits)
        np.testing.assert_allclose(slope, [-p[0] * p[1], p[0] * p[1], 0.0], rtol=1e-5)

    def test_nor_does_what_they_would_cost(self):
        possible = jnp.array([False, True, True])
        expectation = estimators.enumerate(
            lambda logits, x: jnp.log(x) * logits[1],
            jnp.arange(3.0),
            lambda logits, x: jax.nn.log_softmax(logits, where=possible)[x.astype(int)],
        )
        logits = jnp.array([1.0, 0.3, 0.2])
        p = jax.nn.softmax(logits[1:])
        by_law = 0.3 * jnp.log(2.0) * p[1] * p[0]
        expected = [0.0, jnp.log(2.0) * p[1] - by_law, by_law]
        for mode in (jax.grad, jax.jacfwd):
            np.testing.assert_allclose(mode(expectation)(logits), expected, rtol=1e-5)

    def test_a_probability_that_is_zero_at_one_point_only_says_so(self):
        coin = estimators.enumerate(
            lambda p, x: (2 + x) ** 2,
            jnp.array([0.0, 1.0]),
            lambda p, x: jnp.where(x == 1, jnp.log(p), jnp.log1p(-p)),
        )
        assert coin(1.0) == 9 and jnp.isnan(jax.grad(coin)(1.0))

    def test_more_than_one_number_per_value_is_refused(self):
        for cost, log_prob in (
            (lambda t, x: x, lambda t, x: jnp.zeros(2)),
            (lambda t, x: jnp.zeros(2), lambda t, x: 0.0),
        ):
            with pytest.raises(ValueError, match=r"must return a scalar, got shape \(2,\)"):
                estimators.enumerate(cost, jnp.arange(2.0), log_prob)(1.0)


class TestMeasureValued:
    CASES = (
        ("normal", (0.4, 1.3), 0, lambda x: x**2, 0.8),
        ("normal", (0.4, 1.3), 1, lambda x: x**2, 2.6),
        ("normal", (0.4, 1.3), 0, lambda x: (x > 1.0) * 1.0, norm.pdf(1.0, 0.4, 1.3)),
        ("normal", (0.4, 1.3), 1, lambda x: (x > 1.0) * 1.0, norm.pdf(0.6 / 1.3) * 0.6 / 1.3**2),
        ("poisson", (3.0,), 0, lambda x: x**2, 7.0),
        ("exponential", (1.7,), 0, lambda x: x, -1 / 1.7**2),
        ("exponential", (1.7,), 0, lambda x: (x > 0.5) * 1.0, -0.5 * np.exp(-0.85)),
        ("gamma", (2.5, 1.4), 1, lambda x: x**2, -2 * 2.5 * 3.5 / 1.4**3),
        ("bernoulli", (0.3,), 0, lambda x: (2 + x) ** 2, 5.0),
    )

    @pytest.mark.parametrize(("law", "theta", "index", "cost", "truth"), CASES)
    def test_gradient(self, law, theta, index, cost, truth):
        estimate = measure_valued(cost, law)
        slope = jax.grad(estimate, argnums=1 + index)
        slopes = vmap(lambda k: slope(k, *theta))(keys(100_000))
        assert abs(z(slopes, truth)) < LIMIT

    def test_value_is_the_mean_cost(self):
        estimate = measure_valued(lambda x: x**2, "normal", draws=50)
        values = vmap(lambda k: estimate(k, 0.4, 1.3))(keys(2_000))
        assert abs(z(values, 0.16 + 1.69)) < LIMIT

    def test_bernoulli_and_linear_poisson_have_no_variance(self):
        for law, theta, truth in (("bernoulli", 0.3, 2.0), ("poisson", 4.0, 2.0)):
            slope = jax.grad(measure_valued(lambda x: 2 * x, law), argnums=1)
            slopes = vmap(lambda k, s=slope, t=theta: s(k, t))(keys(100))
            np.testing.assert_allclose(slopes, truth, rtol=1e-6)

    def test_variance_falls_with_the_draws(self):
        def variance(draws):
            slope = jax.grad(measure_valued(lambda x: x**2, "exponential", draws=draws), argnums=1)
            return np.var(vmap(lambda k: slope(k, 1.0))(keys(20_000)))

        assert variance(8) == pytest.approx(float(variance(1)) / 8, rel=0.15)

    def test_arrays_the_cost_closes_over_are_differentiated(self):
        """E[c x] under normal(mu, 1): derivative in c is mu, in mu it is c."""

        def loss(c, mu, key):
            return measure_valued(lambda x: c * x, "normal", draws=8)(key, mu, 1.0)

        slopes = vmap(jax.grad(loss, argnums=(0, 1)), in_axes=(None, None, 0))(
            2.0, 0.7, keys(20_000)
        )
        assert abs(z(slopes[0], 0.7)) < LIMIT
        assert abs(z(slopes[1], 2.0)) < LIMIT

    def test_costs_are_read_at_every_call(self):
        """A method, an attribute of its object, an object that cannot be hashed."""

        @dataclasses.dataclass
        class Scaled:
            weight: float

            def __call__(self, x):
                return self.weight * x

        scaled = Scaled(1.0)

        def value(weight):
            scaled.weight = weight
            return measure_valued(scaled, "normal", draws=4)(jax.random.key(0), 1.0, 1e-3)

        assert [round(float(value(w))) for w in (1.0, 10.0)] == [1, 10]
        assert jax.grad(value)(2.0) == pytest.approx(1.0, abs=0.01)
        assert jax.jit(value)(3.0) == pytest.approx(3.0, abs=0.01)
        assert value(4.0) == pytest.approx(4.0, abs=0.01)

    def test_integers_and_keys_the_cost_closes_over(self):
        """They are traced by what stands outside: jit, scan, checkpoint."""
        table = jnp.array([1.0, 2.0, 3.0])

        def loss(mu, i, key):
            def cost(x):
                return table[i] * x + jax.random.normal(key)

            return measure_valued(cost, "normal", draws=4)(jax.random.key(1), mu, 1.0)

        given = 0.3, 1, jax.random.key(2)
        expected = jax.jit(jax.grad(loss))(*given)
        for way in (jax.grad(jax.jit(loss)), jax.grad(jax.checkpoint(loss)), jax.grad(loss)):
            assert way(*given) == pytest.approx(float(expected), rel=1e-5)

        def total(mu):
            step = lambda c, i: (c + loss(mu, i, given[2]), None)  # noqa: E731
            return jax.lax.scan(step, 0.0, jnp.arange(3))[0]

        parts = sum(float(jax.grad(loss)(0.3, i, given[2])) for i in range(3))
        assert jax.grad(total)(0.3) == pytest.approx(parts, rel=1e-5)

    def test_variance_stays_below_the_documented_bound(self):
        edge = np.sqrt(2 * np.log(2))
        slope = jax.grad(
            measure_valued(lambda x: jnp.sign(x) * jnp.sign(jnp.abs(x) - edge), "normal"), argnums=1
        )
        variance = np.var(vmap(lambda k: slope(k, 0.0, 1.0))(keys(20_000)))
        assert 2 / (2 * np.pi) < variance < 4 / (2 * np.pi)  # the pair is not independent

    def test_costs_in_another_precision(self):
        with enable_x64(True):
            slope = jax.grad(measure_valued(lambda x: x.astype("float32"), "normal"), argnums=1)
            assert slope(jax.random.key(0), jnp.float64(0.3), jnp.float64(1.0)).dtype == "float64"

    def test_second_derivatives_are_refused(self):
        slope = jax.grad(measure_valued(lambda x: x**2, "normal"), argnums=1)
        with pytest.raises(GradientOrderError, match="first derivatives only"):
            jax.grad(slope, argnums=1)(jax.random.key(0), 0.1, 1.0)

    def test_the_shape_of_the_gamma_law_is_refused(self):
        slope = jax.grad(measure_valued(lambda x: x, "gamma"), argnums=1)
        with pytest.raises(GradientOrderError, match="no derivative in `a`"):
            slope(jax.random.key(0), 2.0, 1.0)

    def test_bad_arguments(self):
        with pytest.raises(
            ValueError, match="unknown law 'cauchy'; measure_valued knows bernoulli"
        ):
            measure_valued(lambda x: x, "cauchy")
        with pytest.raises(ValueError, match="draws must be at least 1"):
            measure_valued(lambda x: x, "normal", draws=0)
        with pytest.raises(ValueError, match=r"normal takes \(mu, sigma\), got 1"):
            measure_valued(lambda x: x, "normal")(jax.random.key(0), 1.0)
        with pytest.raises(ValueError, match="takes scalar parameters"):
            measure_valued(lambda x: x, "bernoulli")(jax.random.key(0), jnp.ones(3))
        with pytest.raises(ValueError, match=r"cost must return a scalar, got shape \(2,\)"):
            measure_valued(lambda x: jnp.full(2, x), "bernoulli")(jax.random.key(0), 0.5)
        for law, values in (
            ("bernoulli", (1.5,)),
            ("exponential", (-1.0,)),
            ("normal", (0.0, 0.0)),
        ):
            with pytest.raises(ValueError, match=f"of a {law} law cannot be"):
                measure_valued(lambda x: x, law)(jax.random.key(0), *values)


class TestRelaxations:
    def test_gumbel_softmax_lies_on_the_simplex_and_keeps_the_argmax_law(self):
        logits = jnp.array([0.5, -0.5, 1.0])
        soft = vmap(lambda k: gumbel_softmax(k, logits, 0.5))(keys(50_000))
        np.testing.assert_allclose(soft.sum(-1), 1.0, rtol=1e-5)
        share = np.bincount(np.argmax(soft, -1), minlength=3) / 50_000
        np.testing.assert_allclose(share, jax.nn.softmax(logits), atol=0.01)

    def test_gumbel_softmax_bias_shrinks_with_the_temperature_and_its_variance_grows(self):
        """Cost x0^2 of a one-hot x: expectation p0, gradient p0 (1 - p0) in logit 0."""
        logits = jnp.array([0.2, 0.0])
        p = jax.nn.softmax(logits)[0]

        def slopes(temperature):
            def cost(logits, key):
                return gumbel_softmax(key, logits, temperature)[0] ** 2

            return np.asarray(vmap(jax.grad(cost), in_axes=(None, 0))(logits, keys(200_000)))

        warm, cold = slopes(2.0)[:, 0], slopes(0.1)[:, 0]
        truth = p * (1 - p)
        assert abs(z(warm, truth)) > 10  # biased, as documented
        assert abs(cold.mean() - truth) < abs(warm.mean() - truth) / 5
        assert cold.var() > 10 * warm.var()

    def test_hard_draws_are_one_hot_and_categorical(self):
        logits = jnp.array([0.5, -0.5, 1.0])
        hard = vmap(lambda k: gumbel_softmax(k, logits, 0.5, hard=True))(keys(50_000))
        assert set(np.unique(np.asarray(hard))) == {0.0, 1.0}
        np.testing.assert_allclose(hard.mean(0), jax.nn.softmax(logits), atol=0.01)
        slope = jax.grad(lambda w: gumbel_softmax(jax.random.key(0), w, 0.5, hard=True)[0])(logits)
        soft = jax.grad(lambda w: gumbel_softmax(jax.random.key(0), w, 0.5)[0])(logits)
        np.testing.assert_allclose(slope, soft, rtol=1e-6)

    def test_straight_through_is_unbiased_for_linear_costs_only(self):
        def slopes(cost):
            def loss(p, key):
                return cost(straight_through(jax.random.bernoulli(key, p), p))

            return vmap(jax.grad(loss), in_axes=(None, 0))(0.3, keys(20_000))

        assert abs(z(slopes(lambda x: 3 * x), 3.0)) < LIMIT
        assert abs(z(slopes(lambda x: x**2), 1.0)) > 10  # E[x^2] = p: truth 1, estimate 2 p

    def test_straight_through_keeps_the_hard_value_exactly(self):
        hard = jnp.array([0, 1, 1])
        np.testing.assert_array_equal(straight_through(hard, jnp.array([0.1, 0.7, 0.3])), hard)

    def test_bad_shapes(self):
        with pytest.raises(ValueError, match=r"hard has shape \(2,\), soft has shape \(3,\)"):
            straight_through(jnp.ones(2), jnp.ones(3))
        with pytest.raises(ValueError, match="soft must have a float dtype"):
            straight_through(jnp.array([0.9]), jnp.array([1]))
        for temperature in (0.0, -1.0, jnp.ones((2, 1))):
            with pytest.raises(ValueError, match="temperature must be a positive scalar"):
                gumbel_softmax(jax.random.key(0), jnp.ones(3), temperature)
