"""Gradient rules and unbiasedness: every known defect is caught, correct gradients pass."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from randlint_runtime import processes
from randlint_runtime.assertions import (
    BiasedGradientError,
    DifferentLawError,
    GradientRuleError,
    assert_gradient_rule,
    assert_same_law,
    assert_unbiased_gradient,
)
from randlint_runtime.assertions._statistics import MeanTest, Moments, Verdict, look_sizes, quantile
from randlint_runtime.estimators import measure_valued, score_function

KEY = jax.random.key(0)


def wald(theta, key):
    return jax.random.wald(key, theta)


CORRECT = {
    "normal": (lambda t, k: (t + jax.random.normal(k)) ** 2, 0.3, {}),
    "rotated normal": (lambda t, k: processes.rotated_normal(k, t) ** 2, 0.3, {}),
    "uniform": (lambda t, k: jax.random.uniform(k, maxval=t) ** 2, 2.0, {}),
    "gamma": (lambda t, k: jax.random.gamma(k, t), 2.0, {"expectation": lambda t: t}),
    "several parameters": (
        lambda t, k: jnp.sin(t["m"] + t["s"] * jax.random.normal(k, (2,))).sum(),
        {"m": jnp.array([0.3, -0.2]), "s": 1.2},
        {},
    ),
    "closed form": (lambda t, k: t * jax.random.normal(k) ** 2, 1.5, {"expectation": lambda t: t}),
    "relu": (lambda t, k: jax.nn.relu(t + jax.random.normal(k)), 0.3, {}),
}


@pytest.mark.parametrize("name", CORRECT)
def test_correct_gradients_pass(name):
    f, theta, options = CORRECT[name]
    report = assert_unbiased_gradient(f, theta, KEY, n=1 << 13, **options)
    assert report.verdict in (Verdict.EQUAL, Verdict.UNDECIDED)


def test_many_parameters_are_tested_along_random_directions():
    theta = jnp.linspace(0.1, 1.0, 20)
    report = assert_unbiased_gradient(
        lambda t, k: jnp.sum(t * jax.random.normal(k, (20,)) ** 2), theta, KEY, n=1 << 14
    )
    assert report.directions[0] == "random direction 0"

    def one_is_cut(t, k):
        t = t.at[7].set(jax.lax.stop_gradient(t[7]))
        return jnp.sum(t * jax.random.normal(k, (20,)) ** 2)

    with pytest.raises(BiasedGradientError):
        assert_unbiased_gradient(one_is_cut, theta, KEY, n=1 << 16)


def test_an_estimator_as_reference():
    score = score_function(
        lambda t, x: jnp.tanh(x),
        lambda k, t: t + jax.random.normal(k),
        lambda t, x: jax.scipy.stats.norm.logpdf(x, t, 1.0),
        draws=4,
        baseline="leave_one_out",
    )
    weak = measure_valued(jnp.tanh, "normal", draws=4)
    good = (lambda t, k: jnp.tanh(t + jax.random.normal(k)), 0.3, KEY)
    bad = (lambda t, k: jnp.tanh(jax.lax.stop_gradient(t) + jax.random.normal(k)), 0.3, KEY)
    for estimator in (score, lambda k, t: weak(k, t, 1.0)):
        report = assert_unbiased_gradient(*good, estimator=estimator, n=1 << 12)
        assert report.method == "estimator"
        with pytest.raises(BiasedGradientError):
            assert_unbiased_gradient(*bad, estimator=estimator)


def test_the_report_has_the_numbers():
    with pytest.raises(BiasedGradientError) as caught:
        assert_unbiased_gradient(wald, 1.0, jax.random.PRNGKey(0), gradient=1.0)
    report = caught.value.report
    assert report.reference == pytest.approx([1.0])
    assert report.mean[0] == pytest.approx(1.16, abs=0.08)
    assert report.z[0] == pytest.approx((report.mean[0] - 1) / report.standard_error[0], rel=1e-3)
    assert report.variance[0] > 1
    assert report.draws in look_sizes(1 << 18)
    text = str(caught.value)
    for word in ("mean", "reference", "z", "variance", "draws", "false alarms at most 1e-06"):
        assert word in text


def test_non_finite_gradients_are_named():
    with pytest.raises(BiasedGradientError, match=r"% of the derivatives are not finite"):
        assert_unbiased_gradient(
            lambda t, k: jnp.sqrt(jnp.maximum(t + jax.random.normal(k), 0.0)),
            0.1,
            KEY,
            gradient=0.0,
        )


def test_progress():
    lines = []
    assert_unbiased_gradient(wald_like, 1.0, KEY, n=1 << 15, progress=lines.append)
    assert lines[0].startswith("4096 of 32768 draws: z ")


def wald_like(theta, key):
    return theta * jax.random.exponential(key)


def test_bad_arguments():
    with pytest.raises(ValueError, match="one of expectation, gradient and estimator"):
        assert_unbiased_gradient(wald, 1.0, KEY, gradient=1.0, expectation=lambda t: t)
    with pytest.raises(ValueError, match="at least 64"):
        assert_unbiased_gradient(wald, 1.0, KEY, n=10)
    with pytest.raises(TypeError, match=r"must return a scalar, got shape \(2,\)"):
        assert_unbiased_gradient(lambda t, k: t * jax.random.normal(k, (2,)), 1.0, KEY)
    with pytest.raises(ValueError, match="pass a smaller `step`"):
        assert_unbiased_gradient(
            lambda t, k: jnp.sqrt(t) * jax.random.uniform(k), 1e-3, KEY, step=1
        )


class TestStatistics:
    def test_the_false_alarm_rate_is_kept(self):
        """1,500 correct tests at alpha = 1 %, no tolerance: about 1 % reject at most."""
        rng = np.random.default_rng(0)
        sizes = [256, 1024, 4096]
        test = MeanTest(0.01, len(sizes), 1)
        rejected, trials = 0, 1500
        for _ in range(trials):
            x = rng.normal(size=(4096, 1))
            moments, seen = Moments(1), 0
            for size in sizes:
                moments.add(x[seen:size])
                seen = size
                if test.judge(moments, np.zeros(1), last=size == 4096) is Verdict.DIFFERENT:
                    rejected += 1
                    break
        # 1 % of 1500 is 15; the chance of more than 34 at exactly 1 % is below 1e-5.
        assert rejected <= 34

    def test_it_has_power(self):
        moments = Moments(1)
        moments.add(np.random.default_rng(0).normal(0.2, 1.0, size=(4096, 1)))
        assert (
            MeanTest(1e-6, 4, 1).judge(moments, np.full(1, 0.01), last=False) is Verdict.DIFFERENT
        )

    def test_rare_jumps_decide_nothing(self):
        moments = Moments(1)
        x = np.zeros((4096, 1))
        x[:3] = 50.0
        moments.add(x - 1.0)
        assert moments.effective[0] < 40
        assert MeanTest(1e-6, 1, 1).judge(moments, np.zeros(1), last=True) is Verdict.UNDECIDED

    def test_moments(self):
        x = np.random.default_rng(1).gamma(2.0, size=(1000, 2)) + 1e6
        moments = Moments(2)
        for part in np.split(x, 4):
            moments.add(part)
        np.testing.assert_allclose(moments.mean, x.mean(0), rtol=1e-12)
        np.testing.assert_allclose(moments.variance, x.var(0, ddof=1), rtol=1e-6)
        centred = x - x.mean(0)
        effective = 1000 * (centred**2).mean(0) ** 2 / (centred**4).mean(0)
        np.testing.assert_allclose(moments.effective, effective, rtol=1e-5)

    def test_quantile_and_looks(self):
        assert quantile(0.05) == pytest.approx(1.95996, abs=1e-4)
        assert look_sizes(100) == [100]
        assert look_sizes(1 << 18) == [4096, 16384, 65536, 262144]


class TestSameLaw:
    def test_equal_laws(self):
        assert_same_law(
            lambda k: processes.shifted_normal(k, 0.3),
            lambda k: processes.rotated_normal(k, 0.3, turns=9.0),
            KEY,
        )

    def test_different_laws(self):
        with pytest.raises(DifferentLawError, match="component 0"):
            assert_same_law(jax.random.normal, lambda k: 1.1 * jax.random.normal(k), KEY)

    def test_equal_margins_different_dependence(self):
        def dependent(k):
            x = jax.random.normal(k)
            return jnp.stack([x, x])

        with pytest.raises(DifferentLawError, match="random projection"):
            assert_same_law(lambda k: jax.random.normal(k, (2,)), dependent, KEY)

    def test_discrete_laws(self):
        assert_same_law(
            lambda k: jax.random.poisson(k, 3.0),
            lambda k: jax.random.poisson(k, jnp.array([1.0, 2.0])).sum(),
            KEY,
            n=1 << 13,
        )
        with pytest.raises(DifferentLawError):
            assert_same_law(
                lambda k: jax.random.poisson(k, 3.0), lambda k: jax.random.poisson(k, 3.3), KEY
            )

    def test_pytrees_and_errors(self):
        draw = jax.random.normal
        assert_same_law(lambda k: {"a": draw(k)}, lambda k: (draw(k),), KEY, n=2000)
        with pytest.raises(TypeError, match="f draws 1 numbers and g draws 2"):
            assert_same_law(draw, lambda k: draw(k, (2,)), KEY, n=100)
        with pytest.raises(ValueError, match="g draws values that are not finite"):
            assert_same_law(draw, lambda k: draw(k) / 0.0, KEY, n=100)


class TestRules:
    def test_pathwise_and_implicit_are_allowed_by_default(self):
        def f(p, key):
            one, other = jax.random.split(key)
            return jax.random.uniform(one, maxval=p) + jax.random.gamma(other, p)

        report = assert_gradient_rule(f, 2.0, KEY)
        assert [draw.sampler for draw in report.draws] == ["uniform", "gamma"]

    @pytest.mark.parametrize(
        ("f", "sampler", "rule"),
        [
            (lambda p, k: jax.random.bernoulli(k, p) * 1.0, "bernoulli", "zero"),
            (lambda p, k: jax.random.poisson(k, jnp.exp(p)) * 1.0, "poisson", "zero"),
            (
                lambda p, k: jax.random.categorical(k, jnp.stack([p, -p])) * 1.0,
                "categorical",
                "zero",
            ),
            (lambda p, k: jax.random.choice(k, 2, p=jnp.stack([p, 1 - p])) * 1.0, "choice", "zero"),
            (lambda p, k: jax.random.wald(k, p), "wald", "biased"),
            (lambda p, k: (jax.random.uniform(k) < p) * 1.0, "lt", "zero"),
            (lambda p, k: jnp.floor(p + jax.random.uniform(k)), "floor", "zero"),
            (
                lambda p, k: jnp.argmax(jnp.stack([p, 0.0]) + jax.random.gumbel(k, (2,))) * 1.0,
                "argmax",
                "zero",
            ),
            (lambda p, k: jnp.where(jax.random.uniform(k) < p, 3.0, 2.0), "lt", "zero"),
            (lambda p, k: jnp.sign(p + jax.random.normal(k)), "sign", "zero"),
        ],
    )
    @pytest.mark.parametrize("make", [jax.random.key, jax.random.PRNGKey], ids=["typed", "raw"])
    def test_what_loses_the_gradient(self, f, sampler, rule, make):
        with pytest.raises(GradientRuleError) as caught:
            assert_gradient_rule(f, 0.3, make(0))
        assert f"`{sampler}` at " in str(caught.value)
        assert f"(rule {rule})" in str(caught.value)
        assert "test_gradients.py:" in str(caught.value)
        assert_gradient_rule(f, 0.3, make(0), allow={"zero", "biased"})

    def test_only_differentiated_arguments_count(self):
        def f(scale, p, key):
            return scale * jax.random.bernoulli(key, p)

        assert_gradient_rule(f, 2.0, 0.3, KEY)
        for argnums in (1, (0, 1), -2):
            with pytest.raises(GradientRuleError, match="depends on p"):
                assert_gradient_rule(f, 2.0, 0.3, KEY, argnums=argnums)

    def test_a_narrower_set(self):
        def f(a, key):
            return jax.random.gamma(key, a)

        with pytest.raises(
            GradientRuleError, match=r"parameter `a` depends on a \(rule implicit\)"
        ):
            assert_gradient_rule(f, 2.0, KEY, allow={"pathwise"})

    def test_stop_gradient_and_score_functions_pass(self):
        def reinforce(p, key):
            x = jax.random.bernoulli(key, jax.lax.stop_gradient(p))
            logp = jnp.where(x, jnp.log(p), jnp.log1p(-p))
            return logp * jax.lax.stop_gradient(x * 2.0)

        assert_gradient_rule(reinforce, 0.3, KEY)

    def test_branches_that_have_derivatives_are_allowed_by_default(self):
        def relu(p, key):
            z = p + jax.random.normal(key)
            return jnp.where(z > 0, z, 0.1 * z)

        assert_gradient_rule(relu, 0.3, KEY)
        with pytest.raises(GradientRuleError, match="rule branch"):
            assert_gradient_rule(relu, 0.3, KEY, allow={"pathwise"})

    def test_through_jit_scan_vmap_and_pytrees(self):
        def f(params, key):
            def body(x, k):
                return x + jax.jit(jax.random.binomial)(k, 5, params["p"]), None

            return jax.lax.scan(body, 0.0, jax.random.split(key, 3))[0]

        with pytest.raises(GradientRuleError, match=r"`binomial` at .*depends on params\['p'\]"):
            assert_gradient_rule(f, {"p": 0.3}, KEY)

    def test_an_unknown_rule_is_refused(self):
        with pytest.raises(ValueError, match="unknown rule 'smooth'; rules are biased"):
            assert_gradient_rule(lambda p, k: p, 1.0, KEY, allow={"smooth"})
