"""Speed of the reference samplers beside jax.random and NumPy, in one run.

    python benchmarks/samplers.py                    # 1e4 and 1e6
    python benchmarks/samplers.py --sizes 1e8        # the large ones, a few repetitions
    python benchmarks/samplers.py --only gamma beta

Each sampler is timed in turns (ours, jax's, NumPy's, ours, ...) and the best time of each counts,
so
that a busy machine slows all of them down alike. Ratios above 1 mean that ours is faster.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from randlint_runtime import random

LOGITS = 10
DRAWS: dict[str, tuple[Callable[[Any, Any, int], Any], Callable[[Any, int], Any] | None]] = {
    "bits": (lambda r, k, n: r.bits(k, (n,)), lambda g, n: g.integers(0, 2**32, n, np.uint32)),
    "uniform": (lambda r, k, n: r.uniform(k, (n,)), lambda g, n: g.random(n, np.float32)),
    "normal": (lambda r, k, n: r.normal(k, (n,)), lambda g, n: g.standard_normal(n, np.float32)),
    "split": (lambda r, k, n: r.split(k, n), None),
    "randint": (lambda r, k, n: r.randint(k, (n,), 0, 100), lambda g, n: g.integers(0, 100, n)),
    "bernoulli": (lambda r, k, n: r.bernoulli(k, 0.3, (n,)), lambda g, n: g.random(n, np.float32) < 0.3),  # noqa: E501
    "rademacher": (lambda r, k, n: r.rademacher(k, (n,)), None),
    "exponential": (
        lambda r, k, n: r.exponential(k, (n,)), lambda g, n: g.standard_exponential(n, np.float32),
    ),
    "cauchy": (lambda r, k, n: r.cauchy(k, (n,)), lambda g, n: g.standard_cauchy(n)),
    "gumbel": (lambda r, k, n: r.gumbel(k, (n,)), lambda g, n: g.gumbel(size=n)),
    "laplace": (lambda r, k, n: r.laplace(k, (n,)), lambda g, n: g.laplace(size=n)),
    "logistic": (lambda r, k, n: r.logistic(k, (n,)), lambda g, n: g.logistic(size=n)),
    "maxwell": (lambda r, k, n: r.maxwell(k, (n,)), None),
    "double_sided_maxwell": (lambda r, k, n: r.double_sided_maxwell(k, 0.0, 1.0, (n,)), None),
    "pareto": (lambda r, k, n: r.pareto(k, 3.0, (n,)), lambda g, n: g.pareto(3.0, n)),
    "rayleigh": (lambda r, k, n: r.rayleigh(k, jnp.float32(1), (n,)), lambda g, n: g.rayleigh(size=n)),  # noqa: E501
    "weibull_min": (lambda r, k, n: r.weibull_min(k, 1.0, 2.0, (n,)), lambda g, n: g.weibull(2.0, n)),  # noqa: E501
    "triangular": (lambda r, k, n: r.triangular(k, 0.0, 1.0, 2.0, (n,)), lambda g, n: g.triangular(0, 1, 2, n)),  # noqa: E501
    "lognormal": (lambda r, k, n: r.lognormal(k, 0.5, (n,)), lambda g, n: g.lognormal(0, 0.5, n)),
    "truncated_normal": (lambda r, k, n: r.truncated_normal(k, -1.0, 2.0, (n,)), None),
    "wald": (lambda r, k, n: r.wald(k, jnp.float32(1), (n,)), lambda g, n: g.wald(1.0, 1.0, n)),
    "multivariate_normal": (
        lambda r, k, n: r.multivariate_normal(k, jnp.zeros(4), jnp.eye(4), (n // 4,)),
        lambda g, n: g.multivariate_normal(np.zeros(4), np.eye(4), n // 4),
    ),
    "orthogonal": (lambda r, k, n: r.orthogonal(k, 10, (n // 100,)), None),
    "gamma(2.5)": (
        lambda r, k, n: r.gamma(k, 2.5, (n,)), lambda g, n: g.standard_gamma(2.5, n, np.float32),
    ),
    "gamma(0.3)": (
        lambda r, k, n: r.gamma(k, 0.3, (n,)), lambda g, n: g.standard_gamma(0.3, n, np.float32),
    ),
    "loggamma": (lambda r, k, n: r.loggamma(k, 0.3, (n,)), None),
    "beta": (lambda r, k, n: r.beta(k, 2.0, 1.5, (n,)), lambda g, n: g.beta(2.0, 1.5, n)),
    "dirichlet": (
        lambda r, k, n: r.dirichlet(k, jnp.ones(4), (n // 4,)),
        lambda g, n: g.dirichlet(np.ones(4), n // 4),
    ),
    "chisquare": (lambda r, k, n: r.chisquare(k, 5.0, (n,)), lambda g, n: g.chisquare(5.0, n)),
    "f": (lambda r, k, n: r.f(k, 5.0, 7.0, (n,)), lambda g, n: g.f(5.0, 7.0, n)),
    "t": (lambda r, k, n: r.t(k, 5.0, (n,)), lambda g, n: g.standard_t(5.0, n)),
    "generalized_normal": (lambda r, k, n: r.generalized_normal(k, 1.5, (n,)), None),
    "ball": (lambda r, k, n: r.ball(k, 4, 2.0, (n // 4,)), None),
    "geometric": (lambda r, k, n: r.geometric(k, 0.2, (n,)), lambda g, n: g.geometric(0.2, n)),
    "poisson(3)": (lambda r, k, n: r.poisson(k, 3.0, (n,)), lambda g, n: g.poisson(3.0, n)),
    "poisson(20)": (lambda r, k, n: r.poisson(k, 20.0, (n,)), lambda g, n: g.poisson(20.0, n)),
    "binomial(20)": (lambda r, k, n: r.binomial(k, 20, 0.3, (n,)), lambda g, n: g.binomial(20, 0.3, n)),  # noqa: E501
    "binomial(100)": (lambda r, k, n: r.binomial(k, 100, 0.4, (n,)), lambda g, n: g.binomial(100, 0.4, n)),  # noqa: E501
    "multinomial": (
        lambda r, k, n: r.multinomial(k, 20, jnp.full((n // 4, 4), 0.25)),
        lambda g, n: g.multinomial(20, np.full(4, 0.25), n // 4),
    ),
    "categorical": (
        lambda r, k, n: r.categorical(k, jnp.zeros((n // LOGITS, LOGITS))), None,
    ),
    "choice": (lambda r, k, n: r.choice(k, 1000, (n,)), lambda g, n: g.choice(1000, n)),
    "choice(p)": (
        lambda r, k, n: r.choice(k, 1000, (n,), p=jnp.full(1000, 1e-3)),
        lambda g, n: g.choice(1000, n, p=np.full(1000, 1e-3)),
    ),
    "permutation": (lambda r, k, n: r.permutation(k, n), lambda g, n: g.permutation(n)),
}  # fmt: skip
LARGE = ("bits", "uniform", "normal", "split", "exponential", "bernoulli")


def best(functions: list[Callable[[], Any]], seconds: float) -> list[float]:
    """The best time of each, taken in turns for at least `seconds` and three rounds."""
    for function in functions:
        jax.block_until_ready(function())
    times: list[list[float]] = [[] for _ in functions]
    begin = time.perf_counter()
    while len(times[0]) < 3 or time.perf_counter() - begin < seconds:
        for i, function in enumerate(functions):
            start = time.perf_counter()
            jax.block_until_ready(function())
            times[i].append(time.perf_counter() - start)
    return [min(t) for t in times]


def jitted(module: Any, draw: Callable[[Any, Any, int], Any], n: int) -> Callable[[], Any]:
    key = jax.random.key(1)
    compiled = jax.jit(lambda k: draw(module, k, n))
    return lambda: compiled(key)


def table(sizes: list[int], only: list[str], seconds: float) -> None:
    print(
        f"{'sampler':22}{'n':>10}{'ours ms':>10}{'jax ms':>10}{'numpy ms':>10}{'vs jax':>8}{'vs np':>8}"  # noqa: E501
    )
    for n in sizes:
        for name, (draw, numpy_draw) in DRAWS.items():
            if (only and not any(name.startswith(o) for o in only)) or (
                n > 10**7 and name not in LARGE
            ):
                continue
            functions = [jitted(random, draw, n), jitted(jax.random, draw, n)]
            if numpy_draw is not None:
                generator = np.random.default_rng(0)
                functions.append(lambda d=numpy_draw, g=generator: d(g, n))  # noqa: B023
            ours, theirs, *numpy_time = (1e3 * t for t in best(functions, seconds))
            numpy_ms = f"{numpy_time[0]:10.3f}" if numpy_time else " " * 10
            versus = f"{numpy_time[0] / ours:8.2f}" if numpy_time else ""
            print(
                f"{name:22}{n:10d}{ours:10.3f}{theirs:10.3f}{numpy_ms}{theirs / ours:8.2f}{versus}",
                flush=True,
            )
            jax.clear_caches()


def gradients(n: int, seconds: float) -> None:
    print(f"\ngradient of the sum of {n} draws")
    for name, draw in {
        "gamma": lambda r, k, a: r.gamma(k, a, (n,)),
        "beta": lambda r, k, a: r.beta(k, a, 1.5, (n,)),
        "t": lambda r, k, a: r.t(k, a, (n,)),
    }.items():
        key = jax.random.key(1)
        functions = []
        for module in (random, jax.random):
            compiled = jax.jit(jax.grad(lambda a, m=module, d=draw: jnp.sum(d(m, key, a))))  # noqa: B023
            functions.append(lambda c=compiled: c(2.5))
        ours, theirs = (1e3 * t for t in best(functions, seconds))
        print(f"{name:22}{n:10d}{ours:10.3f}{theirs:10.3f}{'':10}{theirs / ours:8.2f}", flush=True)


def eager(seconds: float) -> None:
    print("\neager dispatch, shape (), microseconds")
    key = jax.random.key(0)
    calls = {
        "normal": lambda r: r.normal(key),
        "uniform": lambda r: r.uniform(key),
        "bits": lambda r: r.bits(key),
        "split": lambda r: r.split(key),
        "fold_in": lambda r: r.fold_in(key, 3),
        "key": lambda r: r.key(3),
        "gamma": lambda r: r.gamma(key, 2.0),
        "beta": lambda r: r.beta(key, 2.0, 2.0),
        "bernoulli": lambda r: r.bernoulli(key, 0.3),
        "randint": lambda r: r.randint(key, (), 0, 9),
        "categorical": lambda r: r.categorical(key, logits),
        "permutation": lambda r: r.permutation(key, 10),
        "choice": lambda r: r.choice(key, 10, (3,)),
    }
    logits = jnp.zeros(10)
    for name, call in calls.items():
        ours, theirs = best([lambda c=call: c(random), lambda c=call: c(jax.random)], seconds)
        print(f"{name:22}{1e6 * ours:10.1f}{1e6 * theirs:10.1f}{theirs / ours:8.2f}", flush=True)


def compilation(draws: int = 50) -> None:
    print(f"\ncompiling one program with {draws} draws, process seconds (trace, lower, compile)")
    for name, draw in {
        "normal, 50 shapes": lambda r, k, i: r.normal(k, (64, 32 + i)),
        "uniform, one shape": lambda r, k, i: r.uniform(k, (128,)),
    }.items():
        row = []
        for module in (random, jax.random):

            def program(key: Any, m: Any = module, d: Any = draw) -> list[Any]:
                keys = m.split(key, draws)
                return [d(m, keys[i], i) for i in range(draws)]

            jax.clear_caches()
            start = time.process_time()
            jax.jit(program).lower(jax.random.key(0)).compile()
            row.append(time.process_time() - start)
        print(
            f"{name:22}{row[0]:10.2f}{row[1]:10.2f}   ours / jax {row[0] / row[1]:.2f}", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", nargs="*", type=float, default=[1e4, 1e6])
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seconds", type=float, default=1.0, help="per sampler and size")
    parser.add_argument(
        "--part", choices=["all", "table", "gradients", "eager", "compile"], default="all"
    )
    arguments = parser.parse_args()
    print(f"jax {jax.__version__}, {jax.devices()[0].device_kind}, {jax.device_count()} device(s)")
    if arguments.part in ("all", "table"):
        table([int(n) for n in arguments.sizes], arguments.only, arguments.seconds)
    if arguments.part in ("all", "gradients"):
        gradients(10**6, arguments.seconds)
    if arguments.part in ("all", "eager"):
        eager(0.3)
    if arguments.part in ("all", "compile"):
        compilation()


if __name__ == "__main__":
    main()
