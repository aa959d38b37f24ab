"""The laws of the draws: Kolmogorov-Smirnov and chi-square tests, mean and variance, 1e5 draws.

The tests of jax's own distributions are not part of its package; these are equal ones. Keys are
fixed, so a test that passes passes always. A right sampler fails one of them in a hundred thousand.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from randlint_runtime import random

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quick_compilation")]
N = 100_000
LIMIT = 1e-5  # of the p-value
Z = 4.5

CONTINUOUS = {
    "uniform": (lambda k: random.uniform(k, (N,), minval=-1.0, maxval=3.0), stats.uniform(-1, 4)),
    "normal": (lambda k: random.normal(k, (N,)), stats.norm()),
    "exponential": (lambda k: random.exponential(k, (N,)), stats.expon()),
    "cauchy": (lambda k: random.cauchy(k, (N,)), stats.cauchy()),
    "gumbel": (lambda k: random.gumbel(k, (N,)), stats.gumbel_r()),
    "gumbel high": (lambda k: random.gumbel(k, (N,), mode="highest"), stats.gumbel_r()),
    "laplace": (lambda k: random.laplace(k, (N,)), stats.laplace()),
    "logistic": (lambda k: random.logistic(k, (N,)), stats.logistic()),
    "maxwell": (lambda k: random.maxwell(k, (N,)), stats.maxwell()),
    "lognormal": (lambda k: random.lognormal(k, 0.5, (N,)), stats.lognorm(0.5)),
    "pareto": (lambda k: random.pareto(k, 8.0, (N,)), stats.pareto(8)),
    "rayleigh": (lambda k: random.rayleigh(k, 1.3, (N,)), stats.rayleigh(scale=1.3)),
    "triangular": (lambda k: random.triangular(k, 0.0, 1.0, 3.0, (N,)), stats.triang(1 / 3, 0, 3)),
    "weibull_min": (
        lambda k: random.weibull_min(k, 1.3, 1.7, (N,)),
        stats.weibull_min(1.7, 0, 1.3),
    ),
    "wald": (lambda k: random.wald(k, 2.0, (N,)), stats.invgauss(2)),
    "truncated_normal": (
        lambda k: random.truncated_normal(k, -1.0, 2.0, (N,)),
        stats.truncnorm(-1, 2),
    ),
    "gamma(0.3)": (lambda k: random.gamma(k, 0.3, (N,)), stats.gamma(0.3)),
    "gamma(4)": (lambda k: random.gamma(k, 4.0, (N,)), stats.gamma(4)),
    "loggamma": (lambda k: random.loggamma(k, 0.3, (N,)), stats.loggamma(0.3)),
    "beta": (lambda k: random.beta(k, 2.0, 0.7, (N,)), stats.beta(2, 0.7)),
    "chisquare": (lambda k: random.chisquare(k, 5.0, (N,)), stats.chi2(5)),
    "dirichlet": (
        lambda k: random.dirichlet(k, jnp.array([0.5, 1.0, 2.0]), (N,))[:, 1],
        stats.beta(1, 2.5),
    ),
    "f": (lambda k: random.f(k, 5.0, 14.0, (N,)), stats.f(5, 14)),
    "t": (lambda k: random.t(k, 5.0, (N,)), stats.t(5)),
    "generalized_normal": (lambda k: random.generalized_normal(k, 1.5, (N,)), stats.gennorm(1.5)),
    "ball": (
        lambda k: jnp.linalg.norm(random.ball(k, 3, 2.0, (N,)), axis=-1) ** 3,
        stats.uniform(),
    ),
    "double_sided_maxwell": (
        lambda k: jnp.abs(random.double_sided_maxwell(k, 1.0, 2.0, (N,)) - 1.0),
        stats.maxwell(scale=2),
    ),
    "multivariate_normal": (
        lambda k: random.multivariate_normal(
            k, jnp.ones(2), jnp.array([[2.0, 0.3], [0.3, 1.0]]), (N,)
        ).sum(-1),
        stats.norm(2, 3.6**0.5),
    ),
    "orthogonal": (lambda k: random.orthogonal(k, 3, (N,))[:, 0, 0], stats.uniform(-1, 2)),
}
P = np.array([0.1, 0.2, 0.3, 0.4])
DISCRETE = {
    "randint": (lambda k: random.randint(k, (N,), 3, 11), stats.randint(3, 11)),
    "bernoulli": (lambda k: random.bernoulli(k, 0.3, (N,)), stats.bernoulli(0.3)),
    "rademacher": (
        lambda k: random.rademacher(k, (N,)),
        stats.rv_discrete(values=((-1, 1), (0.5, 0.5))),
    ),
    "geometric": (lambda k: random.geometric(k, 0.3, (N,)), stats.geom(0.3)),
    "poisson(3)": (lambda k: random.poisson(k, 3.0, (N,)), stats.poisson(3)),
    "poisson(40)": (lambda k: random.poisson(k, 40.0, (N,)), stats.poisson(40)),
    "binomial(12)": (lambda k: random.binomial(k, 12, 0.3, (N,)), stats.binom(12, 0.3)),
    "binomial(100)": (lambda k: random.binomial(k, 100, 0.4, (N,)), stats.binom(100, 0.4)),
    "multinomial": (
        lambda k: random.multinomial(k, 9.0, jnp.broadcast_to(jnp.asarray(P), (N, 4)))[:, 2],
        stats.binom(9, 0.3),
    ),
    "categorical": (
        lambda k: random.categorical(k, jnp.log(jnp.asarray(P)), shape=(N,)),
        stats.rv_discrete(values=(range(4), P)),
    ),
    "choice": (
        lambda k: random.choice(k, 4, (N,), p=jnp.asarray(P)),
        stats.rv_discrete(values=(range(4), P)),
    ),
    "bits": (lambda k: random.bits(k, (N,), "uint8") >> 4, stats.randint(0, 16)),
    "permutation": (
        lambda k: jax.vmap(lambda k: random.permutation(k, 5)[2])(random.split(k, N)),
        stats.randint(0, 5),
    ),
}


def moments(law):
    """Mean, variance and excess kurtosis; scipy has no kurtosis of a law given as a table."""
    if not hasattr(law, "xk"):
        return [float(moment) for moment in law.stats("mvk")]
    mean = np.sum(law.pk * law.xk)
    second, fourth = (np.sum(law.pk * (law.xk - mean) ** power) for power in (2, 4))
    return mean, second, fourth / second**2 - 3


def right_moments(draws, law):
    """The mean, where there is one, and the variance, where its spread is finite."""
    mean, variance, kurtosis = moments(law)
    if np.isfinite(variance):
        assert abs(draws.mean() - mean) < Z * np.sqrt(variance / N)
    if np.isfinite(kurtosis):
        spread = np.sqrt((kurtosis + 2) / N) * variance
        assert abs(np.mean((draws - mean) ** 2) - variance) <= Z * spread


@pytest.mark.parametrize("name", CONTINUOUS)
def test_continuous_law(name):
    draw, law = CONTINUOUS[name]
    draws = np.asarray(jax.jit(draw)(random.key(17)), np.float64)
    assert stats.kstest(draws, law.cdf).pvalue > LIMIT
    right_moments(draws, law)


@pytest.mark.parametrize("name", DISCRETE)
def test_discrete_law(name):
    draw, law = DISCRETE[name]
    draws = np.asarray(jax.jit(draw)(random.key(17))).astype(np.int64)
    values, counts = np.unique(draws, return_counts=True)
    assert law.cdf(values[-1]) > 0.99 and law.pmf(values).min() > 0
    common = law.pmf(values) * N >= 5
    expected = law.pmf(values[common]) * N
    observed = np.append(counts[common], N - counts[common].sum())
    expected = np.append(expected, N - expected.sum())
    kept = expected > 1e-6
    assert observed[~kept].sum() == 0
    assert stats.chisquare(observed[kept], expected[kept], sum_check=False).pvalue > LIMIT
    right_moments(draws.astype(np.float64), law)


def test_the_tests_can_fail():
    draws = np.asarray(random.normal(random.key(17), (N,)), np.float64)
    assert stats.kstest(draws, stats.norm(0.02).cdf).pvalue < LIMIT
    with pytest.raises(AssertionError):
        right_moments(draws, stats.norm(0, 1.02))
