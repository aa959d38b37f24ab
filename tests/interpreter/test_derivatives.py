"""Derivatives that are taken in sight, by a solver, or by somebody nobody sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from randlint.diagnosis import analyse
from randlint.findings import Confidence
from randlint.rules import registry

PRELUDE = """\
import functools
import blackjax
import jax
import jax.numpy as jnp
import jaxopt
import numpyro
import optimistix
import optax
from jax import random
from tensorflow_probability.substrates import jax as tfp
"""

HEADS = {
    "bound by a module": """
        def loss(p, key):
            return random.bernoulli(key, p)  # RND201

        slope = jax.grad(loss)
        """,
    "bound by a module, jitted, mapped": """
        def loss(p, key):
            return random.bernoulli(key, p)  # RND201

        slopes = jax.jit(jax.vmap(jax.grad(loss), in_axes=(None, 0)))
        """,
    "called by the same module": """
        def loss(p, key):
            return random.bernoulli(key, p)  # RND201

        slope = jax.value_and_grad(loss)

        def step(p, key):
            return slope(p, key)
        """,
    "of another argument": """
        def loss(p, scale, key):
            return scale * random.bernoulli(key, p)

        slope = jax.grad(loss, argnums=1)
        """,
    "of both arguments": """
        def loss(p, scale, key):
            return scale * random.bernoulli(key, p)  # RND201

        slope = jax.grad(loss, (0, 1))
        """,
    "returned": """
        def make(train):
            def loss(p, key):
                return random.poisson(key, p)  # RND201
            return jax.grad(loss)
        """,
    "returned, of a closed-over parameter": """
        def make(p):
            def loss(scale, key):
                return scale * random.poisson(key, p)
            return jax.grad(loss)
        """,
    "handed on": """
        def fit(p, key, train):
            return train(jax.value_and_grad(lambda p: random.gamma(key, p)), p)  # RND204
        """,
    "handed to a function in sight that calls it": """
        def descend(slope, p, key):
            return p - slope(p, key)

        def fit(p, key):
            def loss(p, key):
                return random.geometric(key, p)  # RND201
            return descend(jax.grad(loss), p, key)
        """,
    "of a partial application": """
        def loss(scale, p, key):
            return scale * random.bernoulli(key, p)  # RND201

        slope = jax.grad(functools.partial(loss, 2.0))
        """,
    "of a partial application by keyword": """
        def loss(scale, p, key):
            return scale * random.bernoulli(key, p)

        slope = jax.grad(functools.partial(loss, p=2.0))
        """,
    "decorator of a nested function": """
        def make():
            @functools.partial(jax.grad, argnums=1)
            def slope(scale, p, key):
                return scale * random.bernoulli(key, p)  # RND201
            return slope
        """,
    "twice, in reverse": """
        def loss(a, key):
            return random.gamma(key, a)  # RND204 RND209

        curvature = jax.grad(jax.grad(loss))
        """,
    "forward over reverse": """
        def loss(a, key):
            return random.gamma(key, a)  # RND204

        curvature = jax.hessian(loss)
        """,
    "kept by a constructor": """
        class Trainer:
            def __init__(self):
                self.slope = jax.jit(jax.grad(self.loss))

            def loss(self, p, key):
                return random.bernoulli(key, p)  # RND201
        """,
    "of the key": """
        def loss(key, p):
            return p * random.normal(key)

        slope = jax.grad(loss)  # RND205
        """,
    "draws from parameters that an earlier step has updated": """
        def train(w, key):
            def loss(w, draws):
                return normal_log_prob(draws, w) * draws

            for key in random.split(key, 3):
                draws = w + random.normal(key)
                w = w - jax.grad(loss)(w, draws)
            return w

        def normal_log_prob(x, mean):
            return -((x - mean) ** 2)
        """,
    "nothing drawn": """
        def loss(p, key):
            return p * 2.0

        slope = jax.grad(loss)
        """,
    "auxiliary draw": """
        def loss(p, key):
            return p * 2.0, random.bernoulli(key, p)

        slope = jax.grad(loss, has_aux=True)
        """,
}

SOLVERS = {
    "jaxopt, run": """
        def fit(theta, key):
            def fun(p):
                return random.bernoulli(key, p)  # RND201
            return jaxopt.GradientDescent(fun=fun).run(theta)
        """,
    "jaxopt, update": """
        def fun(p, rate, key):
            return p * random.bernoulli(key, rate)

        def fit(theta, state, key):
            return jaxopt.LBFGS(fun).update(theta, state, 0.3, key)
        """,
    "jaxopt, the objective derives itself": """
        def fun(p, key):
            return random.bernoulli(key, p), 0.0

        solver = jaxopt.LBFGS(fun, value_and_grad=True)
        """,
    "jaxopt, auxiliary draw": """
        def fun(p, key):
            return p * 2.0, random.bernoulli(key, p)

        solver = jaxopt.LBFGS(fun, has_aux=True)
        """,
    "jaxopt, residuals": """
        def residuals(p, key):
            return random.uniform(key, maxval=p)  # RND203

        solver = jaxopt.LevenbergMarquardt(residual_fun=residuals)
        """,
    "optimistix, y": """
        def fit(y, key):
            def fn(y, args):
                return random.bernoulli(args, y)  # RND201
            return optimistix.minimise(fn, optimistix.BFGS(1e-3, 1e-3), y, args=key)
        """,
    "optimistix, args": """
        def fn(y, args):
            rate, key = args
            return y * random.bernoulli(key, rate)

        def fit(y, rate, key):
            solver = optimistix.BFGS(1e-3, 1e-3)
            return optimistix.least_squares(fn, solver, y, (rate, key)).value
        """,
    "jax.scipy": """
        import jax.scipy.optimize

        def fit(x, key):
            def f(x, key):
                return random.bernoulli(key, x)  # RND201
            return jax.scipy.optimize.minimize(f, x, args=(key,), method="BFGS")
        """,
    "blackjax": """
        def sample(x, key, more):
            def logdensity(x):
                return random.bernoulli(key, x)  # RND201
            kernel = blackjax.nuts(logdensity, 0.1, jnp.ones(1))
            return kernel.step(more, kernel.init(x))
        """,
    "blackjax, a draw made before": """
        def sample(x, key, more):
            data = random.bernoulli(key, x)
            kernel = blackjax.hmc(lambda x: x * data, 0.1, jnp.ones(1), 3)
            return kernel.step(more, kernel.init(x))
        """,
    "blackjax, one key for two steps": """
        def sample(state, key):
            kernel = blackjax.nuts(lambda x: -x**2, 0.1, jnp.ones(1))
            state, _ = kernel.step(key, state)
            return kernel.step(key, state)  # RND101
        """,
    "numpyro, potential": """
        def sample(key):
            def potential(z):
                return random.poisson(key, z)  # RND201
            return numpyro.infer.NUTS(potential_fn=potential)
        """,
    "numpyro, model": """
        def sample(model, key):
            mcmc = numpyro.infer.MCMC(numpyro.infer.NUTS(model))
            return mcmc.run(key)
        """,
    "tfp": """
        def sample(x, key, more):
            def log_prob(x):
                return random.bernoulli(key, x)  # RND201
            kernel = tfp.mcmc.HamiltonianMonteCarlo(log_prob, 0.1, 3)
            return tfp.mcmc.sample_chain(10, x, kernel=kernel, seed=more)
        """,
    "optax": """
        def fit(opt, params, state, key):
            def f(p):
                return random.bernoulli(key, p)  # RND201
            value, grad = optax.value_and_grad_from_state(f)(params, state=state)
            return opt.update(grad, state, params, value=value, grad=grad, value_fn=f)
        """,
}


def _findings(program: str) -> list[tuple[int, str, Confidence]]:
    codes = frozenset(code for code, rule in registry().items() if rule.default)
    codes &= {code for code in registry() if code.startswith(("RND101", "RND2"))}
    analysis = analyse(PRELUDE + program, "program.py", codes=codes)
    assert analysis.abandoned == 0
    before = PRELUDE.count("\n")
    return [
        (each.location.start.row - before, each.code, each.confidence) for each in analysis.findings
    ]


@pytest.mark.parametrize("source", [*HEADS.values(), *SOLVERS.values()], ids=[*HEADS, *SOLVERS])
def test_what_is_differentiated(source: str, shown: Callable[..., None]) -> None:
    shown(PRELUDE, source, "RND101", "RND2")


@pytest.mark.parametrize(
    ("second", "confidence"),
    [
        ("jax.grad(loss)(p, key)", Confidence.LOW),
        ("jax.hessian(loss)(p, key)", Confidence.LOW),
        ("jax.jvp(lambda q: loss(q, key), (p,), (1.0,))", Confidence.LOW),
        ("loss(p + 1.0, key)", Confidence.HIGH),
        ("jax.grad(other)(p, key)", Confidence.HIGH),
    ],
)
def test_value_and_derivative_at_one_sample(second: str, confidence: Confidence) -> None:
    """Whoever takes a value and its derivative wants both at the same draw, and says so by it."""
    program = f"""\
def loss(p, key):
    return p * random.normal(key)

def other(p, key):
    return p * random.uniform(key)

def both(p, key):
    return loss(p, key), {second}
"""
    assert _findings(program) == [(8, "RND101", confidence)]


def _told(program: str, code: str) -> list[tuple[str, list[str]]]:
    """The messages of one code, each with the source of the places beside it."""
    lines = program.splitlines()
    found = analyse(program, "program.py", codes=frozenset({code})).findings
    return [
        (
            each.message,
            [
                lines[place.location.start.row - 1][
                    place.location.start.column - 1 : place.location.end.column - 1
                ]
                for place in each.related
            ],
        )
        for each in found
    ]


NESTED = """\
import jax

def loss(a, key):
    return jax.random.gamma(key, a) * jax.random.uniform(key, minval=-a, maxval=a)

def bend(a, key):
    slope = lambda a: jax.grad(loss)(a, key)
    return jax.grad(slope)(a)
"""


@pytest.mark.parametrize("turn", range(8))
def test_of_nested_derivatives_the_innermost_is_named(turn: int) -> None:
    """Sets of labels are ordered by address: what is told must not hang on it, at any turn."""
    ((_, places),) = _told(NESTED, "RND204")
    assert places == ["jax.grad(loss)"]


@pytest.mark.parametrize("turn", range(8))
def test_the_derivative_that_raises_is_named(turn: int) -> None:
    """The inner reverse mode works; the one over it meets the rule that cannot be transposed."""
    ((_, places),) = _told(NESTED, "RND209")
    assert places == ["jax.grad(slope)"]


@pytest.mark.parametrize("turn", range(8))
def test_of_several_parameters_the_first_is_named(turn: int) -> None:
    ((message, _),) = _told(NESTED, "RND203")
    assert "with respect to `minval`" in message


def test_of_several_clocks_the_first_is_named() -> None:
    program = """\
import jax, os, time

def seeded():
    return jax.random.key(time.time_ns() + time.monotonic_ns() + time.perf_counter_ns())
"""
    ((message, _),) = _told(program, "RND302")
    assert "`time.time_ns" in message
