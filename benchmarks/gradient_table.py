"""Measure every continuous parameter's derivative, ours and jax's, against quadrature.

    python benchmarks/gradient_table.py              # prints, writes docs/gradients.md and two
    plots
    python benchmarks/gradient_table.py --draws 1e5 --no-plots

Truth: the central difference, in the parameter, of E[g(x)] by adaptive quadrature over the density
(scipy, float64). Estimate: the mean of `jvp` of g(draw) over float32 draws, with its standard
error.
An estimate is called wrong beyond 4.5 standard errors, which over the couple of hundred tests
printed
happens by chance once in some thousand runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from scipy import integrate, stats

from randlint_runtime import random

DOCS = Path(__file__).resolve().parent.parent / "docs"
LIMIT = 4.5
Draw = Callable[[Any, Any, Any, int], Any]


@dataclass(frozen=True)
class Row:
    """One parameter of one sampler at one value."""

    label: str
    value: float
    draw: Draw  # (module, key, value, n) -> draws
    law: Callable[[float], Any]  # frozen scipy distribution at the value
    statistics: tuple[str, ...] = ("x", "x^2", "tanh x")


STATISTICS: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "x": (lambda x: x, lambda x: x),
    "x^2": (lambda x: x * x, lambda x: x * x),
    "tanh x": (jnp.tanh, np.tanh),
}


def rows() -> Iterator[Row]:
    """Ordinary and extreme parameters of every sampler whose law scipy knows."""
    heavy = ("tanh x",)
    n = lambda *shape: tuple(shape)  # noqa: E731
    yield Row(
        "uniform minval",
        0.3,
        lambda r, k, v, m: r.uniform(k, n(m), minval=v, maxval=2.0),
        lambda v: stats.uniform(v, 2 - v),
    )
    yield Row(
        "uniform maxval",
        2.0,
        lambda r, k, v, m: r.uniform(k, n(m), minval=0.3, maxval=v),
        lambda v: stats.uniform(0.3, v - 0.3),
    )
    yield Row(
        "rayleigh scale",
        1.3,
        lambda r, k, v, m: r.rayleigh(k, v, n(m)),
        lambda v: stats.rayleigh(scale=v),
    )
    yield Row(
        "weibull_min scale",
        1.3,
        lambda r, k, v, m: r.weibull_min(k, v, 1.7, n(m)),
        lambda v: stats.weibull_min(1.7, scale=v),
    )
    yield Row(
        "weibull_min concentration",
        1.7,
        lambda r, k, v, m: r.weibull_min(k, 1.3, v, n(m)),
        lambda v: stats.weibull_min(v, scale=1.3),
    )
    yield Row(
        "lognormal sigma",
        0.5,
        lambda r, k, v, m: r.lognormal(k, v, n(m)),
        lambda v: stats.lognorm(v),  # noqa: PLW0108
    )
    yield Row("pareto b", 8.0, lambda r, k, v, m: r.pareto(k, v, n(m)), lambda v: stats.pareto(v))  # noqa: PLW0108
    yield Row(
        "double_sided_maxwell loc",
        0.7,
        lambda r, k, v, m: r.double_sided_maxwell(k, v, 1.3, n(m)),
        lambda v: _two_sided(v, 1.3),
    )
    yield Row(
        "double_sided_maxwell scale",
        1.3,
        lambda r, k, v, m: r.double_sided_maxwell(k, 0.7, v, n(m)),
        lambda v: _two_sided(0.7, v),
    )
    for name, index in (("left", 0), ("mode", 1), ("right", 2)):
        at = [-1.0, 0.5, 2.0]
        yield Row(
            f"triangular {name}",
            at[index],
            lambda r, k, v, m, i=index: r.triangular(k, *_replaced([-1.0, 0.5, 2.0], i, v), n(m)),
            lambda v, i=index: _triangular(*_replaced([-1.0, 0.5, 2.0], i, v)),
        )
    for low, high in ((-1.0, 2.0), (3.0, 4.0)):
        yield Row(
            f"truncated_normal[{low:g}, {high:g}] lower",
            low,
            lambda r, k, v, m, h=high: r.truncated_normal(k, v, h, n(m)),
            lambda v, h=high: stats.truncnorm(v, h),
        )
        yield Row(
            f"truncated_normal[{low:g}, {high:g}] upper",
            high,
            lambda r, k, v, m, l=low: r.truncated_normal(k, l, v, n(m)),  # noqa: E741
            lambda v, l=low: stats.truncnorm(l, v),  # noqa: E741
        )
    for a in (0.1, 0.4, 1.0, 2.5, 50.0):
        yield Row("gamma a", a, lambda r, k, v, m: r.gamma(k, v, n(m)), lambda v: stats.gamma(v))  # noqa: PLW0108
    for a in (1e-3, 0.1, 2.5):
        yield Row(
            "loggamma a",
            a,
            lambda r, k, v, m: r.loggamma(k, v, n(m)),
            lambda v: stats.loggamma(v),  # noqa: PLW0108
            ("x", "tanh x") if a > 0.01 else ("x",),
        )
    for df in (0.2, 5.0):
        yield Row(
            "chisquare df",
            df,
            lambda r, k, v, m: r.chisquare(k, v, n(m)),
            lambda v: stats.chi2(v),  # noqa: PLW0108
        )
    for a, b in ((2.0, 1.5), (0.1, 0.1), (1e-3, 1e-3), (200.0, 3.0)):
        yield Row(
            f"beta(., {b:g}) a",
            a,
            lambda r, k, v, m, b=b: r.beta(k, v, b, n(m)),
            lambda v, b=b: stats.beta(v, b),
        )
        yield Row(
            f"beta({a:g}, .) b",
            b,
            lambda r, k, v, m, a=a: r.beta(k, a, v, n(m)),
            lambda v, a=a: stats.beta(a, v),
        )
    for a in (0.8, 1e-3):
        yield Row(
            f"dirichlet({a:g}, 2, 3) alpha",
            a,
            lambda r, k, v, m: r.dirichlet(k, jnp.stack([v, 0 * v + 2, 0 * v + 3]), n(m))[:, 0],
            lambda v: stats.beta(v, 5.0),
        )
    yield Row(
        "f(., 14) dfnum", 6.0, lambda r, k, v, m: r.f(k, v, 14.0, n(m)), lambda v: stats.f(v, 14.0)
    )
    yield Row(
        "f(6, .) dfden", 14.0, lambda r, k, v, m: r.f(k, 6.0, v, n(m)), lambda v: stats.f(6.0, v)
    )
    for df in (0.5, 3.0, 12.0):
        yield Row(
            "t df (of |x|)",
            df,
            lambda r, k, v, m: jnp.abs(r.t(k, v, n(m))),
            lambda v: _folded(stats.t(v)),
            heavy if df < 5 else ("x", "x^2", "tanh x"),
        )
    for p in (1.0, 1.5, 6.0):
        yield Row(
            "generalized_normal p (of |x|)",
            p,
            lambda r, k, v, m: jnp.abs(r.generalized_normal(k, v, n(m))),
            lambda v: _folded(stats.gennorm(v)),
        )
    for mean in (0.1, 1.0, 5.0, 20.0):
        yield Row(
            "wald mean",
            mean,
            lambda r, k, v, m: r.wald(k, v, n(m)),
            lambda v: stats.invgauss(v),  # noqa: PLW0108
        )


def _replaced(values: list[Any], index: int, value: Any) -> list[Any]:
    return [value if i == index else v for i, v in enumerate(values)]


def _triangular(left: float, mode: float, right: float) -> Any:
    return stats.triang((mode - left) / (right - left), loc=left, scale=right - left)


class _Law:
    """As much of a scipy distribution as the quadrature needs."""

    def __init__(self, ppf: Callable[[Any], Any]) -> None:
        self.ppf = ppf


def _folded(law: Any) -> _Law:
    return _Law(lambda q: law.ppf((1 + np.asarray(q)) / 2))


def _two_sided(loc: float, scale: float) -> _Law:
    def ppf(q: Any) -> Any:
        q = np.asarray(q)
        upper = stats.maxwell.ppf(np.abs(2 * q - 1))
        return loc + scale * np.sign(q - 0.5) * upper

    return _Law(ppf)


def truth(row: Row, statistic: str) -> float:
    """d/dvalue of E[g]: a central difference, extrapolated, of integrals over the quantile."""
    g = STATISTICS[statistic][1]

    def expectation(value: float) -> float:
        law = row.law(value)
        total = 0.0
        if isinstance(law, _Law):
            edges = [0, 1e-6, 1e-3, 0.1, 0.5, 0.9, 1 - 1e-3, 1 - 1e-6, 1 - 1e-10]
            for a, b in zip(edges[:-1], edges[1:], strict=True):  # noqa: RUF007
                total += integrate.quad(
                    lambda q: float(g(law.ppf(q))), a, b, epsabs=1e-13, epsrel=1e-10, limit=200
                )[0]
            return total
        return float(_expect(law, g))

    h = 1e-3 * row.value
    slopes = [
        (expectation(row.value + s) - expectation(row.value - s)) / (2 * s) for s in (h, h / 2)
    ]
    return (4 * slopes[1] - slopes[0]) / 3


def _expect(law: Any, g: Callable[[Any], Any]) -> float:
    """E[g] piece by piece between quantiles; in the variable z = logit x where mass sits at 0 and 1."""  # noqa: E501
    low, high = law.support()
    if law.dist.name == "beta":
        a, b = law.args
        from scipy.special import betaln

        def integrand(z: float) -> float:
            x = 1 / (1 + np.exp(-z))
            return float(
                np.exp(-a * np.logaddexp(0, -z) - b * np.logaddexp(0, z) - betaln(a, b)) * g(x)
            )

        edges = [-60 / a, -40, -10, -3, 0, 3, 10, 40, 60 / b]
        edges = sorted({e for e in edges if -60 / a <= e <= 60 / b})
        return sum(
            integrate.quad(integrand, s, e, epsabs=1e-14, epsrel=1e-11, limit=400)[0]
            for s, e in zip(edges[:-1], edges[1:], strict=True)  # noqa: RUF007
        )
    quantiles = [
        1e-300,
        1e-30,
        1e-10,
        1e-4,
        0.01,
        0.2,
        0.5,
        0.8,
        0.99,
        1 - 1e-4,
        1 - 1e-8,
        1 - 1e-12,
    ]
    edges = [low if np.isfinite(low) else law.ppf(1e-14), *(law.ppf(q) for q in quantiles)]
    edges = sorted(
        {float(e) for e in edges if np.isfinite(e)}
        | ({float(high)} if np.isfinite(high) else {float(law.isf(1e-15))})
    )
    return sum(
        integrate.quad(
            lambda x: float(np.nan_to_num(g(x) * law.pdf(x))),
            s,
            e,
            epsabs=1e-15,
            epsrel=1e-11,
            limit=400,
        )[0]
        for s, e in zip(edges[:-1], edges[1:], strict=True)  # noqa: RUF007
    )


def estimates(row: Row, module: Any, n: int) -> dict[str, tuple[float, float, int]]:
    """By statistic: mean derivative, its standard error, how many derivatives were not finite."""
    key = jax.random.key(hash_of(row.label))

    def moments(v: Any) -> tuple[Any, ...]:
        x = row.draw(module, key, v, n)
        return tuple(STATISTICS[name][0](x) for name in row.statistics)

    slope = jax.jit(lambda v: jax.jvp(moments, (v,), (jnp.ones_like(v),))[1])
    found = {}
    for name, slopes in zip(row.statistics, slope(jnp.float32(row.value)), strict=True):
        samples = np.asarray(slopes, np.float64)
        good = samples[np.isfinite(samples)]
        spread = good.std() / np.sqrt(max(1, good.size)) if good.size else np.nan
        mean = good.mean() if good.size else np.nan
        found[name] = (float(mean), float(spread), samples.size - good.size)
    return found


def hash_of(*words: str) -> int:
    """A seed from words, the same in every run."""
    import zlib

    return zlib.crc32(" ".join(words).encode())


def verdict(mean: float, error: float, bad: int, exact: float) -> str:
    z = (mean - exact) / max(error, 1e-7 * abs(exact) + 1e-12)
    text = f"{mean:.5g} ({z:+.1f})"
    if bad:
        text += f", {bad} not finite"
    return f"**{text}**" if bad or not abs(z) < LIMIT else text


def table(n: int) -> tuple[str, int, int, int]:
    lines = [
        "| parameter | at | E of | truth | reference (z) | jax (z) |",
        "|---|---|---|---|---|---|",
    ]
    tests = ours_wrong = jax_wrong = 0
    for row in rows():
        found, reference = (estimates(row, module, n) for module in (random, jax.random))
        for statistic in row.statistics:
            exact = truth(row, statistic)
            ours = verdict(*found[statistic], exact)
            theirs = verdict(*reference[statistic], exact)
            tests += 1
            ours_wrong += "**" in ours
            jax_wrong += "**" in theirs
            lines.append(
                f"| {row.label} | {row.value:g} | {statistic} | {exact:.5g} | {ours} | {theirs} |"
            )
            print(lines[-1], flush=True)
        jax.clear_caches()
    return "\n".join(lines), tests, ours_wrong, jax_wrong


def write(n: int) -> None:
    body, tests, ours, theirs = table(n)
    text = f"""# Measured gradients

Generated by `benchmarks/gradient_table.py` with jax {jax.__version__}, {n} float32 draws per row;
do not edit.

The mean derivative of a draw with respect to a parameter, beside the derivative of the expectation
by
quadrature. In brackets, the distance in standard errors; **bold** beyond {LIMIT}, or where
derivatives
were not finite. {tests} tests: {ours} in bold for the reference samplers, {theirs} for
`jax.random`.
The rule `rule="implicit"` and the open question of JAX issue 3702 are drawn in
[`img/variance.png`](img/variance.png) and [`img/equal_law.png`](img/equal_law.png).

{body}
"""
    (DOCS / "gradients.md").write_text(text)
    print(f"{tests} tests, bold: reference {ours}, jax {theirs}")


def modes() -> None:
    """Second derivatives by all four combinations of modes, for every continuous parameter."""
    key = jax.random.key(3)
    combinations = [(o, i) for o in (jax.jacfwd, jax.jacrev) for i in (jax.jacfwd, jax.jacrev)]
    seen = set()
    for row in rows():
        if row.label in seen:
            continue
        seen.add(row.label)

        def total(module: Any, v: Any, row: Row = row) -> Any:
            return jnp.sum(jnp.tanh(row.draw(module, key, v, 7)))

        found = []
        for module in (random, jax.random):
            for outer, inner in combinations:
                try:
                    second = jax.jit(outer(inner(lambda v, m=module: total(m, v))))
                    found.append(f"{float(second(jnp.float32(row.value))):.6g}")
                except ValueError:
                    found.append("ValueError")
        print(f"| {row.label} | {', '.join(found[:4])} | {', '.join(found[4:])} |", flush=True)
        jax.clear_caches()


def plots() -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    n = 50_000

    def variance(draw: Callable[[Any], Any], value: float) -> float:
        slope = jax.jit(lambda v: jax.jvp(draw, (v,), (jnp.ones_like(v),))[1])(jnp.float32(value))
        return float(jnp.var(slope))

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6))
    key = jax.random.key(0)
    panels = {
        "t: derivative of log|x| in df": (
            np.geomspace(3, 60, 7),
            lambda v, **o: jnp.log(jnp.abs(random.t(key, v, (n,), **o))),
        ),
        "beta(a, 1.5): derivative of x in a": (
            np.geomspace(0.3, 30, 7),
            lambda v, **o: random.beta(key, v, 1.5, (n,), **o),
        ),
    }
    for axis, (title, (values, draw)) in zip(axes, panels.items(), strict=True):
        for rule in ("default", "implicit"):
            axis.loglog(
                values,
                [variance(lambda v, d=draw, r=rule: d(v, rule=r), x) for x in values],
                "o-",
                label=rule,
            )
        axis.set_title(title)
        axis.set_ylabel("variance of the gradient")
        axis.legend()
    figure.tight_layout()
    figure.savefig(DOCS / "img" / "variance.png", dpi=110)
    _equal_law(plt, n)


def _equal_law(plt: Any, n: int) -> None:
    from randlint_runtime import processes

    frequencies = np.linspace(0, 4, 9)
    means, variances = [], []
    for c in frequencies:
        slope = jax.jit(
            lambda m, c=c: jax.jvp(
                lambda m: processes.rotated_normal(jax.random.key(1), m, 1.0, turns=c, shape=(n,)),
                (m,),
                (jnp.ones_like(m),),
            )[1]
        )(jnp.float32(0.7))
        means.append(float(slope.mean()))
        variances.append(float(slope.var()))
    figure, axis = plt.subplots(figsize=(5.2, 3.6))
    axis.plot(frequencies, means, "o-", label="mean of dX/dmu (1 for every c)")
    axis.plot(frequencies, variances, "s-", label="variance of dX/dmu")
    axis.plot(frequencies, frequencies**2, ":", color="grey", label="c²")
    axis.set_xlabel("c in mu + e1 cos(c mu) + e2 sin(c mu): always N(mu, 1)")
    axis.legend()
    figure.tight_layout()
    figure.savefig(DOCS / "img" / "equal_law.png", dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=float, default=2e5)
    parser.add_argument("--no-plots", action="store_true")
    parser.add_argument("--only-plots", action="store_true")
    parser.add_argument("--modes", action="store_true", help="only the second derivatives")
    arguments = parser.parse_args()
    jax.config.update("jax_disable_most_optimizations", True)  # compiling takes longer than running
    if arguments.modes:
        modes()
        return
    if not arguments.only_plots:
        write(int(arguments.draws))
    if not arguments.no_plots:
        plots()


if __name__ == "__main__":
    main()
