"""Measure every parameter's derivative, ours and jax's, and write docs/gradients.md.

    python benchmarks/gradient_table.py                # the whole page, about ten minutes
    python benchmarks/gradient_table.py --only gamma   # print some rows, write nothing
    python benchmarks/gradient_table.py --modes        # print second derivatives in every mode

Truth: the derivative of E[g(x)], by quadrature (gradient_laws.py). Estimate: the mean of `jvp` of
g(draw) over float32 draws, with its standard error. An estimate is called wrong beyond 4.5 standard
errors, which happens by chance in one test of 150,000, so to one page of these in a thousand.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from gradient_draws import per_draw_table
from gradient_laws import slope_of_expectation
from gradient_rows import Row, rows

from randlint_runtime import random

PAGE = Path(__file__).resolve().parent.parent / "docs" / "gradients.md"
LIMIT = 4.5
STATISTICS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "x": (lambda x: x, lambda x: x),
    "x^2": (lambda x: x * x, lambda x: x * x),
    "tanh x": (jnp.tanh, np.tanh),
}  # of draws in jax, and in the quadrature


# ---- means


@dataclass(frozen=True)
class Estimate:
    """A mean derivative, its standard error, and how many derivatives were not finite."""

    mean: float
    error: float
    lost: int

    def distance(self, truth: float) -> float:
        """In standard errors; float32 sums leave a relative error of 1e-7 of their own."""
        return (self.mean - truth) / max(self.error, 1e-7 * abs(truth) + 1e-12)

    def wrong(self, truth: float) -> bool:
        return bool(self.lost) or not abs(self.distance(truth)) < LIMIT

    def cell(self, truth: float) -> str:
        text = f"{self.mean:.5g} ({self.distance(truth):+.1f})"
        if self.lost:
            text += f", {self.lost} not finite"
        return f"**{text}**" if self.wrong(truth) else text


def estimates(row: Row, module: Any, n: int) -> dict[str, Estimate]:
    """The mean derivative of every statistic of a row; the key is the same in every run."""
    key = jax.random.key(zlib.crc32(row.label.encode()))

    def statistics(v: Any) -> tuple[Any, ...]:
        x = row.draw(module, key, v, n)
        return tuple(STATISTICS[name][0](x) for name in row.statistics)

    slope = jax.jit(lambda v: jax.jvp(statistics, (v,), (jnp.ones_like(v),))[1])
    found = {}
    for name, slopes in zip(row.statistics, slope(jnp.float32(row.value)), strict=True):
        samples = np.asarray(slopes, np.float64)
        good = samples[np.isfinite(samples)]
        mean = good.mean() if good.size else np.nan
        error = good.std() / np.sqrt(good.size) if good.size else np.nan
        found[name] = Estimate(float(mean), float(error), samples.size - good.size)
    return found


@dataclass
class Count:
    """How many tests there were, and how many estimates were wrong."""

    tests: int = 0
    ours: int = 0
    theirs: int = 0


def table(n: int, only: str, count: Count) -> Iterator[str]:
    """The lines of the table of means."""
    yield "| parameter | at | E of | truth | reference (z) | jax (z) |"
    yield "|---|---|---|---|---|---|"
    for row in rows():
        if not row.label.startswith(only):
            continue
        ours, theirs = (estimates(row, module, n) for module in (random, jax.random))
        for name in row.statistics:
            truth = slope_of_expectation(row.law, row.value, STATISTICS[name][1])
            count.tests += 1
            count.ours += ours[name].wrong(truth)
            count.theirs += theirs[name].wrong(truth)
            cells = f"{truth:.5g} | {ours[name].cell(truth)} | {theirs[name].cell(truth)}"
            yield f"| {_escaped(row.label)} | {row.value:g} | {name} | {cells} |"
        jax.clear_caches()


def _escaped(label: str) -> str:
    return label.replace("|", "\\|")


# ---- parameters in which a draw is piecewise constant

ZERO: dict[str, Callable[[Any, Any, Any], Any]] = {
    "bernoulli p": lambda r, k, v: r.bernoulli(k, v * 0.3, (99,)),
    "binomial n": lambda r, k, v: r.binomial(k, v * 20, 0.3, (99,)),
    "binomial p": lambda r, k, v: r.binomial(k, 20.0, v * 0.3, (99,)),
    "categorical logits": lambda r, k, v: r.categorical(k, v * jnp.arange(3.0), shape=(99,)),
    "choice p": lambda r, k, v: r.choice(k, jnp.arange(3.0), (99,), p=v * jnp.ones(3) / 3),
    "geometric p": lambda r, k, v: r.geometric(k, v * 0.3, (99,)),
    "multinomial n": lambda r, k, v: r.multinomial(k, v * 20, jnp.ones((9, 3)) / 3),
    "multinomial p": lambda r, k, v: r.multinomial(k, 20.0, v * jnp.ones((9, 3)) / 3),
    "poisson lam": lambda r, k, v: r.poisson(k, v * 3, (99,)),
    "randint minval": lambda r, k, v: r.randint(k, (99,), v * 2, 90),
    "randint maxval": lambda r, k, v: r.randint(k, (99,), 0, v * 90),
}


def zero_table(key: Any) -> Iterator[str]:
    """The largest derivative of any draw: it is exactly 0, whatever the expectation does."""
    yield "| parameter | reference | jax |"
    yield "|---|---|---|"
    for label, draw in ZERO.items():
        cells = []
        for module in (random, jax.random):

            def total(v: Any, m: Any = module, d: Any = draw) -> Any:
                return jnp.sum(d(m, key, v).astype(jnp.float32))

            cells.append(f"{float(jax.jit(jax.grad(total))(jnp.float32(1))):g}")
        yield f"| {label} | {' | '.join(cells)} |"
        jax.clear_caches()


# ---- the page

TEXT = """# Measured gradients

Generated by `benchmarks/gradient_table.py` with jax {version}; do not edit.

## In the mean

The mean derivative of {n} float32 draws with respect to a parameter, beside the derivative of the
expectation by quadrature. In brackets, the distance in standard errors; **bold** beyond {limit}, or
where derivatives were not finite. {count.tests} tests: {count.ours} in bold for the reference,
{count.theirs} for `jax.random` (which has no `rule="implicit"`; its default is shown there).

{means}

## Draw by draw

Where a draw is a function of one random number, its derivative is that of the quantile function.
The largest relative error over {draws} draws, against `-(dF/dtheta) / f` in 30 digits. jax's `wald`
follows another rule, which is biased; its beta and t follow another, which is not.

{per_draw}

## Piecewise constant

Integer draws, and floats that hold counts. The derivative of the sum of the draws:

{zero}

## Plots

The variance of the default and of the implicit rule (drawn by `benchmarks/gradient_plots.py`):

![two rules for t and beta](img/variance.png)

The open question of JAX issue 3702. Processes with one law, all smooth in its mean, whose
derivatives agree in the mean and in nothing else:

![equal laws, different derivatives](img/equal_law.png)
"""


def write(n: int) -> None:
    """Measure everything and write the page."""
    count = Count()
    means = "\n".join(_printed(table(n, "", count)))
    zero = "\n".join(_printed(zero_table(jax.random.key(0))))
    text = TEXT.format(
        version=jax.__version__, n=n, limit=LIMIT, count=count, means=means, zero=zero, draws=12,
        per_draw=per_draw_table(),
    )  # fmt: skip
    PAGE.write_text(text)
    print(f"{count.tests} tests, wrong: reference {count.ours}, jax {count.theirs}")


def _printed(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        print(line, flush=True)
        yield line


# ---- second derivatives


def modes(only: str) -> None:
    """Second derivatives by all four combinations of modes, ours and jax's."""
    key = jax.random.key(3)
    combinations = [(o, i) for o in (jax.jacfwd, jax.jacrev) for i in (jax.jacfwd, jax.jacrev)]
    seen = set()
    for row in rows():
        if row.label in seen or not row.label.startswith(only):
            continue
        seen.add(row.label)
        cells = [
            _second(row, module, outer, inner, key)
            for module in (random, jax.random)
            for outer, inner in combinations
        ]
        print(f"| {row.label} | {' '.join(cells[:4])} | {' '.join(cells[4:])} |", flush=True)
        jax.clear_caches()


def _second(row: Row, module: Any, outer: Any, inner: Any, key: Any) -> str:
    def total(v: Any) -> Any:
        return jnp.sum(jnp.tanh(row.draw(module, key, v, 7)))

    try:
        return f"{float(jax.jit(outer(inner(total)))(jnp.float32(row.value))):.6g}"
    except ValueError:
        return "ValueError"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=float, default=1e5)
    parser.add_argument("--only", default="", help="what labels begin with")
    parser.add_argument("--modes", action="store_true", help="only the second derivatives")
    arguments = parser.parse_args()
    jax.config.update("jax_disable_most_optimizations", True)  # compiling takes longer than running
    if arguments.modes:
        modes(arguments.only)
    elif arguments.only:
        count = Count()
        list(_printed(table(int(arguments.draws), arguments.only, count)))
        print(f"{count.tests} tests, wrong: reference {count.ours}, jax {count.theirs}")
    else:
        write(int(arguments.draws))


if __name__ == "__main__":
    main()
