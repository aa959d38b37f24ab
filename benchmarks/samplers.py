"""Speed of the reference samplers beside jax.random and NumPy, in one run.

    python benchmarks/samplers.py                    # 1e4 and 1e6
    python benchmarks/samplers.py --sizes 1e8 --rounds 1 --only gamma  # jax's takes a minute
    python benchmarks/samplers.py --only gamma beta

Each sampler is timed in turns (ours, jax's, NumPy's, ours, ...) and the best time of each counts,
so that a busy machine slows all of them down alike. The ratio is given by the clock and in CPU time
of the process, which other programs disturb least. Ratios above 1 mean that ours is faster.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from randlint_runtime import random

LOGITS = 10
Draw = Callable[[Any, Any, int], Any]  # (random or jax.random, key, n)
DRAWS: dict[str, Draw] = {
    "bits": lambda r, k, n: r.bits(k, (n,)),
    "uniform": lambda r, k, n: r.uniform(k, (n,)),
    "normal": lambda r, k, n: r.normal(k, (n,)),
    "split": lambda r, k, n: r.split(k, n),
    "randint": lambda r, k, n: r.randint(k, (n,), 0, 100),
    "bernoulli": lambda r, k, n: r.bernoulli(k, 0.3, (n,)),
    "rademacher": lambda r, k, n: r.rademacher(k, (n,)),
    "exponential": lambda r, k, n: r.exponential(k, (n,)),
    "cauchy": lambda r, k, n: r.cauchy(k, (n,)),
    "gumbel": lambda r, k, n: r.gumbel(k, (n,)),
    "laplace": lambda r, k, n: r.laplace(k, (n,)),
    "logistic": lambda r, k, n: r.logistic(k, (n,)),
    "maxwell": lambda r, k, n: r.maxwell(k, (n,)),
    "double_sided_maxwell": lambda r, k, n: r.double_sided_maxwell(k, 0.0, 1.0, (n,)),
    "pareto": lambda r, k, n: r.pareto(k, 3.0, (n,)),
    "rayleigh": lambda r, k, n: r.rayleigh(k, jnp.float32(1), (n,)),
    "weibull_min": lambda r, k, n: r.weibull_min(k, 1.0, 2.0, (n,)),
    "triangular": lambda r, k, n: r.triangular(k, 0.0, 1.0, 2.0, (n,)),
    "lognormal": lambda r, k, n: r.lognormal(k, 0.5, (n,)),
    "truncated_normal": lambda r, k, n: r.truncated_normal(k, -1.0, 2.0, (n,)),
    "wald": lambda r, k, n: r.wald(k, jnp.float32(1), (n,)),
    "multivariate_normal": lambda r, k, n: r.multivariate_normal(
        k, jnp.zeros(4), jnp.eye(4), (n // 4,)
    ),
    "orthogonal": lambda r, k, n: r.orthogonal(k, 10, (n // 100,)),
    "gamma(2.5)": lambda r, k, n: r.gamma(k, 2.5, (n,)),
    "gamma(0.3)": lambda r, k, n: r.gamma(k, 0.3, (n,)),
    "loggamma": lambda r, k, n: r.loggamma(k, 0.3, (n,)),
    "beta": lambda r, k, n: r.beta(k, 2.0, 1.5, (n,)),
    "dirichlet": lambda r, k, n: r.dirichlet(k, jnp.ones(4), (n // 4,)),
    "chisquare": lambda r, k, n: r.chisquare(k, 5.0, (n,)),
    "f": lambda r, k, n: r.f(k, 5.0, 7.0, (n,)),
    "t": lambda r, k, n: r.t(k, 5.0, (n,)),
    "generalized_normal": lambda r, k, n: r.generalized_normal(k, 1.5, (n,)),
    "ball": lambda r, k, n: r.ball(k, 4, 2.0, (n // 4,)),
    "geometric": lambda r, k, n: r.geometric(k, 0.2, (n,)),
    "poisson(3)": lambda r, k, n: r.poisson(k, 3.0, (n,)),
    "poisson(20)": lambda r, k, n: r.poisson(k, 20.0, (n,)),
    "binomial(20)": lambda r, k, n: r.binomial(k, 20, 0.3, (n,)),
    "binomial(100)": lambda r, k, n: r.binomial(k, 100, 0.4, (n,)),
    "multinomial": lambda r, k, n: r.multinomial(
        k, 20, jax.lax.optimization_barrier(jnp.full((n // 4, 4), 0.25))
    ),
    "categorical": lambda r, k, n: r.categorical(k, jnp.zeros((n // LOGITS, LOGITS))),
    "choice": lambda r, k, n: r.choice(k, 1000, (n,)),
    "choice(p)": lambda r, k, n: r.choice(k, 1000, (n,), p=jnp.full(1000, 1e-3)),
    "permutation": lambda r, k, n: r.permutation(k, n),
}
NUMPY: dict[str, Callable[[np.random.Generator, int], Any]] = {
    "bits": lambda g, n: g.integers(0, 2**32, n, np.uint32),
    "uniform": lambda g, n: g.random(n, np.float32),
    "normal": lambda g, n: g.standard_normal(n, np.float32),
    "randint": lambda g, n: g.integers(0, 100, n),
    "bernoulli": lambda g, n: g.random(n, np.float32) < 0.3,
    "exponential": lambda g, n: g.standard_exponential(n, np.float32),
    "cauchy": lambda g, n: g.standard_cauchy(n),
    "gumbel": lambda g, n: g.gumbel(size=n),
    "laplace": lambda g, n: g.laplace(size=n),
    "logistic": lambda g, n: g.logistic(size=n),
    "pareto": lambda g, n: g.pareto(3.0, n),
    "rayleigh": lambda g, n: g.rayleigh(size=n),
    "weibull_min": lambda g, n: g.weibull(2.0, n),
    "triangular": lambda g, n: g.triangular(0, 1, 2, n),
    "lognormal": lambda g, n: g.lognormal(0, 0.5, n),
    "wald": lambda g, n: g.wald(1.0, 1.0, n),
    "multivariate_normal": lambda g, n: g.multivariate_normal(np.zeros(4), np.eye(4), n // 4),
    "gamma(2.5)": lambda g, n: g.standard_gamma(2.5, n, np.float32),
    "gamma(0.3)": lambda g, n: g.standard_gamma(0.3, n, np.float32),
    "beta": lambda g, n: g.beta(2.0, 1.5, n),
    "dirichlet": lambda g, n: g.dirichlet(np.ones(4), n // 4),
    "chisquare": lambda g, n: g.chisquare(5.0, n),
    "f": lambda g, n: g.f(5.0, 7.0, n),
    "t": lambda g, n: g.standard_t(5.0, n),
    "geometric": lambda g, n: g.geometric(0.2, n),
    "poisson(3)": lambda g, n: g.poisson(3.0, n),
    "poisson(20)": lambda g, n: g.poisson(20.0, n),
    "binomial(20)": lambda g, n: g.binomial(20, 0.3, n),
    "binomial(100)": lambda g, n: g.binomial(100, 0.4, n),
    "multinomial": lambda g, n: g.multinomial(20, np.full(4, 0.25), n // 4),
    "choice": lambda g, n: g.choice(1000, n),
    "choice(p)": lambda g, n: g.choice(1000, n, p=np.full(1000, 1e-3)),
    "permutation": lambda g, n: g.permutation(n),
}
LARGE = 10**7  # draws: above, programs are compiled without a first run


class Time(NamedTuple):
    """The least time of a call, in seconds."""

    wall: float
    cpu: float  # of all threads of this process: what a busy machine does not disturb


def best(
    functions: Sequence[Callable[[], Any]], seconds: float, rounds: int = 3, *, warm: bool = True
) -> list[Time]:
    """The best times of each, taken in turns for at least `seconds` and `rounds` rounds."""
    for function in functions if warm else ():
        jax.block_until_ready(function())
    times: list[list[Time]] = [[] for _ in functions]
    begin = time.perf_counter()
    while len(times[0]) < rounds or time.perf_counter() - begin < seconds:
        for function, found in zip(functions, times, strict=True):
            wall, cpu = time.perf_counter(), time.process_time()
            jax.block_until_ready(function())
            found.append(Time(time.perf_counter() - wall, time.process_time() - cpu))
    return [Time(min(t.wall for t in found), min(t.cpu for t in found)) for found in times]


def jitted(module: Any, draw: Draw, n: int) -> Callable[[], Any]:
    key = jax.random.key(1)
    program: Callable[[Any], Any] = jax.jit(lambda k: draw(module, k, n))
    if n > LARGE:
        program = program.lower(key).compile()
    return lambda: program(key)


def row(name: str, n: int, ours: Time, theirs: Time, numpy: Time | None = None) -> None:
    """One line: milliseconds, and how many times faster ours is by the clock and in CPU time."""
    third = f"{1e3 * numpy.wall:10.3f}" if numpy else " " * 10
    versus_numpy = f"{numpy.wall / ours.wall:9.2f}" if numpy else ""
    cpu = theirs.cpu / ours.cpu if ours.cpu else float("nan")
    print(
        f"{name:22}{n:10d}{1e3 * ours.wall:10.3f}{1e3 * theirs.wall:10.3f}{third}"
        f"{theirs.wall / ours.wall:8.2f}{cpu:8.2f}{versus_numpy}",
        flush=True,
    )


def table(sizes: list[int], only: list[str], seconds: float, rounds: int) -> None:
    headings = ("ours ms", "jax ms", "numpy ms")
    print(f"{'sampler':22}{'n':>10}" + "".join(f"{h:>10}" for h in headings), end="")
    print(f"{'vs jax':>8}{'(cpu)':>8}{'vs numpy':>9}")
    for n in sizes:
        for name, draw in DRAWS.items():
            if only and not any(name.startswith(wanted) for wanted in only):
                continue
            functions = [jitted(random, draw, n), jitted(jax.random, draw, n)]
            if name in NUMPY:
                functions.append(partial(NUMPY[name], np.random.default_rng(0), n))
            row(name, n, *best(functions, seconds, rounds, warm=n <= LARGE))
            jax.clear_caches()


GRADIENTS: dict[str, Callable[[Any, Any, Any, int], Any]] = {
    "gamma": lambda r, k, a, n: r.gamma(k, a, (n,)),
    "beta": lambda r, k, a, n: r.beta(k, a, 1.5, (n,)),
    "t": lambda r, k, a, n: r.t(k, a, (n,)),
}


def gradients(n: int, seconds: float, rounds: int) -> None:
    print(f"\ngradient of the sum of {n} draws")
    key = jax.random.key(1)
    for name, draw in GRADIENTS.items():

        def slope(module: Any, draw: Any = draw) -> Callable[[], Any]:
            compiled = jax.jit(jax.grad(lambda a: jnp.sum(draw(module, key, a, n))))
            return lambda: compiled(2.5)

        row(name, n, *best([slope(random), slope(jax.random)], seconds, rounds))


KEY, EVEN = jax.random.key(0), jnp.zeros(LOGITS)
EAGER: dict[str, Callable[[Any], Any]] = {
    "normal": lambda r: r.normal(KEY),
    "uniform": lambda r: r.uniform(KEY),
    "bits": lambda r: r.bits(KEY),
    "split": lambda r: r.split(KEY),
    "fold_in": lambda r: r.fold_in(KEY, 3),
    "key": lambda r: r.key(3),
    "gamma": lambda r: r.gamma(KEY, 2.0),
    "beta": lambda r: r.beta(KEY, 2.0, 2.0),
    "bernoulli": lambda r: r.bernoulli(KEY, 0.3),
    "randint": lambda r: r.randint(KEY, (), 0, 9),
    "categorical": lambda r: r.categorical(KEY, EVEN),
    "permutation": lambda r: r.permutation(KEY, 10),
    "choice": lambda r: r.choice(KEY, 10, (3,)),
}


def eager(seconds: float) -> None:
    print("\neager dispatch, shape ()")
    for name, call in EAGER.items():
        row(name, 1, *best([partial(call, random), partial(call, jax.random)], seconds))


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
    parser.add_argument("--rounds", type=int, default=3, help="at least, per sampler and size")
    parser.add_argument(
        "--part", choices=["all", "table", "gradients", "eager", "compile"], default="all"
    )
    arguments = parser.parse_args()
    print(f"jax {jax.__version__}, {jax.devices()[0].device_kind}, {jax.device_count()} device(s)")
    if arguments.part in ("all", "table"):
        table(
            [int(n) for n in arguments.sizes], arguments.only, arguments.seconds, arguments.rounds
        )
    if arguments.part in ("all", "gradients"):
        gradients(int(max(arguments.sizes)), arguments.seconds, arguments.rounds)
    if arguments.part in ("all", "eager"):
        eager(0.3)
    if arguments.part in ("all", "compile"):
        compilation()


if __name__ == "__main__":
    main()
