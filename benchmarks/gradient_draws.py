"""The derivative of single draws against implicit differentiation in 30 digits.

Where a draw is a function of one random number, its derivative at a fixed key is that of the
quantile function: `-(dF/dtheta) / f` at the draw, F the distribution function and f the density.
So every draw has a truth of its own. The worst relative error over a few draws is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.experimental
import jax.numpy as jnp
import mpmath as mp
import numpy as np

from randlint_runtime import random

# In its old place before jax 0.8.
enable_x64 = (jax if hasattr(jax, "enable_x64") else jax.experimental).enable_x64

DRAWS = 12
Truth = Callable[[Any, Any], Any]  # (parameter, draw) -> derivative, in mpmath


@dataclass(frozen=True)
class DrawRow:
    """One parameter of one sampler whose draws are a function of one random number."""

    label: str
    value: float
    draw: Callable[[Any, Any, Any], Any]  # (module, key, value) -> DRAWS draws
    truth: Truth


def implicit(cdf: Callable[[Any, Any], Any], density: Callable[[Any, Any], Any]) -> Truth:
    """The truth from a distribution function and a density."""
    return lambda v, x: -mp.diff(lambda q: cdf(q, x), v) / density(v, x)


def draw_rows() -> Iterator[DrawRow]:
    """All of them."""
    n = (DRAWS,)
    yield DrawRow("uniform maxval", 2.0, lambda r, k, v: r.uniform(k, n, maxval=v),
                  lambda v, x: x / v)  # fmt: skip
    yield DrawRow("rayleigh scale", 1.3, lambda r, k, v: r.rayleigh(k, v, n), lambda v, x: x / v)
    yield DrawRow("lognormal sigma", 0.5, lambda r, k, v: r.lognormal(k, v, n),
                  lambda v, x: x * mp.log(x) / v)  # fmt: skip
    for b in (0.5, 8.0):
        yield DrawRow("pareto b", b, lambda r, k, v: r.pareto(k, v, n),
                      lambda v, x: -x * mp.log(x) / v)  # fmt: skip
    yield DrawRow("weibull_min concentration", 1.7, lambda r, k, v: r.weibull_min(k, 1.0, v, n),
                  lambda v, x: -x * mp.log(x) / v)  # fmt: skip
    for a in (0.1, 1.0, 2.5, 50.0, 1e4):
        yield DrawRow("gamma a", a, lambda r, k, v: r.gamma(k, v, n), gamma_slope)
    for a in (1e-3, 0.1, 2.5):
        yield DrawRow("loggamma a", a, lambda r, k, v: r.loggamma(k, v, n), loggamma_slope)
    for df in (0.2, 5.0):
        yield DrawRow("chisquare df", df, lambda r, k, v: r.chisquare(k, v, n),
                      lambda v, x: gamma_slope(v / 2, x / 2))  # fmt: skip
    for p in (1.5, 6.0):
        yield DrawRow("generalized_normal p, of |x|", p,
                      lambda r, k, v: jnp.abs(r.generalized_normal(k, v, n)),
                      implicit(power_cdf, power_density))  # fmt: skip
    for mean in (0.1, 1.0, 20.0):
        yield DrawRow("wald mean", mean, lambda r, k, v: r.wald(k, v, n),
                      implicit(wald_cdf, wald_density))  # fmt: skip
    for low, high in ((-1.0, 2.0), (5.0, 6.0), (-10.0, -9.0)):
        name = f"truncated_normal[{low:g}, {high:g}]"
        yield DrawRow(f"{name} lower", low, lambda r, k, v, h=high: r.truncated_normal(k, v, h, n),
                      lambda v, x, h=high: tail_slope(v, h, x))  # fmt: skip
        yield DrawRow(f"{name} upper", high, lambda r, k, v, a=low: r.truncated_normal(k, a, v, n),
                      lambda v, x, a=low: tail_slope(-v, -a, -x))  # fmt: skip
    yield DrawRow("beta(., 1.5) a, rule implicit", 2.0, _implicit("beta", 1.5),
                  implicit(beta_cdf, beta_density))  # fmt: skip
    yield DrawRow("t df, of |x|, rule implicit", 12.0,
                  lambda r, k, v: jnp.abs(_implicit("t")(r, k, v)),
                  implicit(student_cdf, student_density))  # fmt: skip


def _implicit(name: str, *others: float) -> Callable[[Any, Any, Any], Any]:
    def draw(r: Any, key: Any, v: Any) -> Any:
        own = {"rule": "implicit"} if r is random else {}
        return getattr(r, name)(key, v, *others, shape=(DRAWS,), **own)

    return draw


# ---- distribution functions and densities


def loggamma_slope(a: Any, log_x: Any) -> Any:
    """Of the logarithm of a gamma draw, which may be below the smallest float."""
    return gamma_slope(a, mp.exp(log_x)) / mp.exp(log_x)


def gamma_slope(a: Any, x: Any) -> Any:
    """By the power series of the lower incomplete gamma function where x is small."""
    log_density = a * mp.log(x) - x - mp.loggamma(a)  # of log x
    by_a = mp.diff(lambda q: mp.gammainc(q, 0, x, regularized=True), a)
    return -x * by_a / mp.exp(log_density)


def power_cdf(p: Any, x: Any) -> Any:
    return mp.gammainc(1 / p, 0, x**p, regularized=True)


def power_density(p: Any, x: Any) -> Any:
    return p * mp.exp(-(x**p)) / mp.gamma(1 / p)


def wald_cdf(mean: Any, x: Any) -> Any:
    root = mp.sqrt(1 / x)
    other = mp.exp(2 / mean) * mp.ncdf(-root * (x / mean + 1))
    return mp.ncdf(root * (x / mean - 1)) + other


def wald_density(mean: Any, x: Any) -> Any:
    return mp.exp(-((x - mean) ** 2) / (2 * mean**2 * x)) / mp.sqrt(2 * mp.pi * x**3)


def tail_slope(low: Any, high: Any, x: Any) -> Any:
    """dx / dlow of a normal draw truncated to (low, high): phi(low) / phi(x) * (1 - quantile)."""

    def mass(c: Any, d: Any) -> Any:
        return mp.ncdf(d) - mp.ncdf(c) if c < 0 else mp.ncdf(-c) - mp.ncdf(-d)

    return mp.npdf(low) / mp.npdf(x) * mass(x, high) / mass(low, high)


def beta_cdf(a: Any, x: Any) -> Any:
    return mp.betainc(a, 1.5, 0, x, regularized=True)


def beta_density(a: Any, x: Any) -> Any:
    return x ** (a - 1) * (1 - x) ** 0.5 / mp.beta(a, 1.5)


def student_cdf(df: Any, x: Any) -> Any:
    return 1 - mp.betainc(df / 2, 0.5, 0, df / (df + x * x), regularized=True)


def student_density(df: Any, x: Any) -> Any:
    scale = mp.sqrt(df) * mp.beta(0.5, df / 2)
    return 2 * (1 + x * x / df) ** (-(df + 1) / 2) / scale


# ---- the comparison


def worst_error(row: DrawRow, module: Any, dtype: str) -> float:
    """The largest relative error over the draws; NaN where a derivative is not finite."""
    with enable_x64(dtype == "float64"):
        key, value = jax.random.key(11), jnp.asarray(row.value, dtype)
        pair = jax.jit(lambda v: jax.jvp(lambda v: row.draw(module, key, v), (v,), (1 + 0 * v,)))
        draws, slopes = (np.asarray(x, np.float64) for x in pair(value))
    errors = []
    with mp.workdps(30):
        for x, slope in zip(draws, slopes, strict=True):
            truth = row.truth(mp.mpf(float(value)), mp.mpf(float(x)))
            errors.append(abs(float((mp.mpf(float(slope)) - truth) / truth)))
    return float(np.max(errors)) if np.all(np.isfinite(errors)) else float("nan")


def per_draw_table() -> str:
    """Markdown: ours in both precisions, and jax's in float32."""
    lines = ["| parameter | at | reference, float32 | reference, float64 | jax, float32 |",
             "|---|---|---|---|---|"]  # fmt: skip
    for row in draw_rows():
        cells = [
            worst_error(row, module, dtype)
            for module, dtype in ((random, "float32"), (random, "float64"), (jax.random, "float32"))
        ]
        shown = ["not finite" if np.isnan(cell) else f"{cell:.1e}" for cell in cells]
        label = row.label.replace("|", "\\|")
        lines.append(f"| {label} | {row.value:g} | {' | '.join(shown)} |")
        print(lines[-1], flush=True)
        jax.clear_caches()
    return "\n".join(lines)


if __name__ == "__main__":
    jax.config.update("jax_disable_most_optimizations", True)  # compiling takes longer than running
    per_draw_table()
