"""Every defective gradient of DESIGN's section 9, and beside each one that is right.

`wrong` is `jax.random`'s own derivative, or the counterexample as it is written down; `right` draws
from the reference sampler where that has a rule of its own, and else takes the estimator or the
process that one would use instead. Both have the expectation whose derivative is given.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from randlint_runtime import processes
from randlint_runtime import random as reference
from randlint_runtime.estimators import enumerate as enumerated
from randlint_runtime.estimators import measure_valued, score_function

F = Callable[[Any, Any], Any]  # (theta, key) -> scalar


@dataclass(frozen=True)
class Defect:
    """Two functions with one expectation, at one value of its parameter.

    `options` go to the assertion for both, `n` is the most draws of the right one. What takes
    long to compile is `slow`.
    """

    wrong: F
    right: F
    theta: float
    options: dict[str, Any]
    n: int = 1 << 14
    slow: bool = False


def score(sample: F, log_prob: F) -> F:
    """The score-function estimator of the mean, with a leave-one-out baseline."""
    estimate = score_function(
        lambda _, x: x * 1.0,
        lambda key, theta: sample(theta, key),
        log_prob,
        draws=2,
        baseline="leave_one_out",
    )
    return lambda theta, key: estimate(key, theta)


def exactly(values: Any, log_probabilities: Callable[[Any], Any]) -> F:
    """The expectation as a sum over the support."""
    total = enumerated(
        lambda _, i: values[i], jnp.arange(len(values)), lambda t, i: log_probabilities(t)[i]
    )
    return lambda theta, key: total(theta)


# -- wald ------------------------------------------------------------------------------------------


def wald(mean: float, *, slow: bool = True) -> Defect:
    return Defect(
        lambda m, k: jax.random.wald(k, m),
        lambda m, k: reference.wald(k, m),
        mean,
        {"gradient": 1.0, "rtol": 0.002, "atol": 0.002},
        slow=slow,
    )


# -- piecewise constant draws ----------------------------------------------------------------------


def binomial(p: Any, key: Any) -> Any:
    return jax.random.binomial(key, 10, p)


def log_binomial(p: Any, x: Any) -> Any:
    return x * jnp.log(p) + (10 - x) * jnp.log1p(-p)


def first_count(p: Any, key: Any) -> Any:
    return jax.random.multinomial(key, 10.0, jnp.stack([p, 1 - p]))[0]


def chosen(p: Any, key: Any) -> Any:
    return jax.random.choice(key, 3, p=jnp.stack([p, 0.5 - p, 0.5])) * 1.0


def category(logit: Any, key: Any) -> Any:
    return jax.random.categorical(key, jnp.stack([logit, 0.0])) * 1.0


def trials(p: Any, key: Any) -> Any:
    return jax.random.geometric(key, p) * 1.0


def below(p: Any, key: Any) -> Any:
    return (jax.random.uniform(key) < p) * 1.0


def integer(high: Any, key: Any) -> Any:
    return jax.random.randint(key, (), 0, lax.stop_gradient(high).astype(jnp.int32)) * 1.0


def coin(p: Any) -> Any:
    return jnp.stack([jnp.log1p(-p), jnp.log(p)])


_weak_coin = measure_valued(lambda x: x, "bernoulli")
_weak_poisson = measure_valued(lambda x: x, "poisson")
_weak_sign = measure_valued(jnp.sign, "normal")
_two = jnp.arange(2.0)

ZERO = {
    "binomial, p": Defect(
        binomial, score(binomial, log_binomial), 0.3, {"gradient": 10.0}, slow=True
    ),
    "binomial, n": Defect(
        lambda n, k: jax.random.binomial(k, n, 0.3),
        lambda n, k: 0.3 * n,
        10.0,
        {"gradient": 0.3},
        slow=True,
    ),
    "multinomial, p": Defect(
        first_count, score(first_count, log_binomial), 0.3, {"gradient": 10.0}, slow=True
    ),
    "multinomial, n": Defect(
        lambda n, k: jax.random.multinomial(k, n, jnp.array([0.3, 0.7]))[0],
        lambda n, k: 0.3 * n,
        10.0,
        {"gradient": 0.3},
        slow=True,
    ),
    "choice, p": Defect(
        chosen,
        exactly(jnp.arange(3.0), lambda p: jnp.log(jnp.stack([p, 0.5 - p, 0.5]))),
        0.2,
        {"gradient": -1.0},
    ),
    "uniform < p": Defect(below, exactly(_two, coin), 0.3, {"gradient": 1.0}),
    "bernoulli, p": Defect(
        lambda p, k: jax.random.bernoulli(k, p) * 1.0,
        lambda p, k: _weak_coin(k, p),
        0.3,
        {"gradient": 1.0},
    ),
    "categorical, logits": Defect(
        category,
        score(category, lambda a, x: jax.nn.log_softmax(jnp.stack([a, 0.0]))[x.astype(int)]),
        0.0,
        {"gradient": -0.25},
    ),
    "geometric, p": Defect(
        trials,
        score(trials, lambda p, x: jnp.log(p) + (x - 1) * jnp.log1p(-p)),
        0.4,
        {"gradient": -1 / 0.16},
    ),
    "poisson, lam": Defect(
        lambda r, k: jax.random.poisson(k, r) * 1.0,
        lambda r, k: _weak_poisson(k, r),
        3.0,
        {"gradient": 1.0},
    ),
    "randint, maxval": Defect(
        integer, lambda high, k: high * jax.random.uniform(k) - 0.5, 10.0, {"gradient": 0.5}
    ),
}

# -- where jax's derivative fails in float32 -------------------------------------------------------


def t_squashed(module: Any) -> F:
    return lambda df, k: jnp.tanh(module.t(k, df))


def beta(module: Any) -> F:
    return lambda a, k: module.beta(k, a, 1e-3)


def dirichlet(module: Any, rest: tuple[float, float]) -> F:
    return lambda a, k: module.dirichlet(k, jnp.stack([a, *map(jnp.float32, rest)]))[0]


def truncated(module: Any, high: float) -> F:
    return lambda low, k: module.truncated_normal(k, low, high)


def spread(module: Any, method: str) -> F:
    def f(variance: Any, key: Any) -> Any:
        x = module.multivariate_normal(key, jnp.zeros(2), variance * jnp.eye(2), method=method)
        return jnp.sum(x**2)

    return f


FLOAT32 = {
    "loggamma, a = 1e-3": Defect(
        lambda a, k: jax.random.loggamma(k, a),
        lambda a, k: reference.loggamma(k, a),
        1e-3,
        {"gradient": 1.0000016e6},
        slow=True,
    ),
    "beta(1e-3, 1e-3)": Defect(
        beta(jax.random), beta(reference), 1e-3, {"gradient": 250.0}, slow=True
    ),
    "dirichlet, 1e-3 each": Defect(
        dirichlet(jax.random, (1e-3, 1e-3)),
        dirichlet(reference, (1e-3, 1e-3)),
        1e-3,
        {"gradient": 2000 / 9},
        slow=True,
    ),
    "t, df = 0.1": Defect(
        t_squashed(jax.random), t_squashed(reference), 0.1, {"gradient": 0.0}, slow=True
    ),
    # In float32 a draw between 5 and 6 is one of ten numbers, hence the tolerance.
    "truncated normal on [5, 6]": Defect(
        truncated(jax.random, 6.0),
        truncated(reference, 6.0),
        5.0,
        {"gradient": 0.95317, "atol": 0.1},
    ),
    "multivariate normal, I, eigh": Defect(
        spread(jax.random, "eigh"), spread(reference, "eigh"), 1.0, {"gradient": 2.0}
    ),
    "multivariate normal, I, svd": Defect(
        spread(jax.random, "svd"), spread(reference, "svd"), 1.0, {"gradient": 2.0}, slow=True
    ),
}

# All of jax's derivatives are NaN here. The draws themselves are one number only (float32 has no
# others there), or never leave zero: no mean can be compared, but ours are numbers.
NAN = {
    "truncated normal on [5.5, 6.5]": (
        truncated(jax.random, 6.5),
        truncated(reference, 6.5),
        5.5,
    ),
    "dirichlet, 2.5e-37": (
        dirichlet(jax.random, (2.388, 3.99)),
        dirichlet(reference, (2.388, 3.99)),
        2.4587069e-37,
    ),
}

# -- counterexamples -------------------------------------------------------------------------------


def rejection(theta: Any, key: Any) -> Any:
    """Uniform on (0, theta) by rejection: the accepted draw does not depend on theta smoothly."""

    def redraw(carry: Any) -> Any:
        key, sub = jax.random.split(carry[0])
        return key, jax.random.uniform(sub)

    return lax.while_loop(lambda c: c[1] >= theta, redraw, redraw((key, 1.0)))[1]


def frozen_marsaglia_tsang(a: Any, key: Any) -> Any:
    """Gamma(a) by rejection, differentiated with the accepted noise held fixed."""
    d = lax.stop_gradient(a) - 1 / 3

    def propose(carry: Any) -> Any:
        key, k1, k2 = jax.random.split(carry[0], 3)
        x = jax.random.normal(k1)
        v = (1 + x / jnp.sqrt(9 * d)) ** 3
        log_u = jnp.log(jax.random.uniform(k2))
        accept = (v > 0) & (log_u < 0.5 * x**2 + d - d * v + d * jnp.log(jnp.maximum(v, 1e-30)))
        return key, x, accept

    _, x, _ = lax.while_loop(lambda c: ~c[2], propose, (key, 0.0, jnp.array(False)))
    d = a - 1 / 3
    return d * (1 + lax.stop_gradient(x) / jnp.sqrt(9 * d)) ** 3


def not_dominated(theta: Any, key: Any) -> Any:
    u = jax.random.uniform(key, minval=1e-30)
    return theta**3 / u**2 * jnp.exp(-(theta**2) / u)


COUNTEREXAMPLES = {
    "(U + theta) mod 1": Defect(
        lambda t, k: processes.wrapped_uniform(k, t) ** 2,
        lambda t, k: jax.random.uniform(k) ** 2,
        0.3,
        {"gradient": 0.0, "atol": 0.01},
    ),
    "a rejection sampler": Defect(
        rejection, lambda t, k: processes.scaled_uniform(k, t), 0.5, {"gradient": 0.5}
    ),
    "sign(X)": Defect(
        lambda t, k: jnp.sign(t + jax.random.normal(k)),
        lambda t, k: _weak_sign(k, t, 1.0),
        0.3,
        {"gradient": 0.7627756},
    ),
    "frozen Marsaglia-Tsang": Defect(
        frozen_marsaglia_tsang, lambda a, k: reference.gamma(k, a), 1.0, {"gradient": 1.0}
    ),
    "stop_gradient(mu) + sigma eps": Defect(
        lambda t, k: lax.stop_gradient(t) + jax.random.normal(k),
        lambda t, k: processes.shifted_normal(k, t),
        0.3,
        {"gradient": 1.0},
    ),
    # The right one is the same integral after the substitution v = 1 / U - 1.
    "smooth, not dominated": Defect(
        not_dominated,
        lambda t, k: t * jnp.exp(-(t**2)) * jax.random.exponential(k),
        0.0,
        {"gradient": 1.0},
    ),
    "score without stop_gradient": Defect(
        lambda t, k: _weighted_score(t, t + jax.random.normal(k)),
        lambda t, k: _weighted_score(t, lax.stop_gradient(t + jax.random.normal(k))),
        0.3,
        {"gradient": 0.6},
    ),
}


def _weighted_score(mean: Any, x: Any) -> Any:
    return -0.5 * (x - mean) ** 2 * x**2


DEFECTS: dict[str, Defect] = {
    **{f"wald, mean {m}": wald(m, slow=m != 1.0) for m in (0.1, 0.5, 1.0, 2.0, 5.0, 20.0)},
    **ZERO,
    **FLOAT32,
    **COUNTEREXAMPLES,
}
