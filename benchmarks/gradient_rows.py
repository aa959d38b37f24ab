"""Which parameters are measured, and where: all continuous ones, ordinary and extreme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import gradient_laws as laws
import jax.numpy as jnp
from scipy import stats

Draw = Callable[[Any, Any, Any, int], Any]
ALL = ("x", "x^2", "tanh x")
HEAVY = ("tanh x",)  # the moments, or the variances of their gradients, do not exist


@dataclass(frozen=True)
class Row:
    """One parameter of one sampler at one value."""

    label: str
    value: float
    draw: Draw  # (module, key, value, n) -> draws
    law: Callable[[float], Any]  # of a draw, at a value
    statistics: tuple[str, ...] = ALL


def rows() -> Iterator[Row]:
    """All of them."""
    yield from location_rows()
    yield from normal_rows()
    yield from gamma_rows()
    yield from ratio_rows()
    yield from power_rows()


def location_rows() -> Iterator[Row]:
    """Draws that are an explicit function of a uniform."""
    yield Row("uniform minval", 0.3, lambda r, k, v, n: r.uniform(k, (n,), minval=v, maxval=2.0),
              lambda v: stats.uniform(v, 2 - v))  # fmt: skip
    yield Row("uniform maxval", 2.0, lambda r, k, v, n: r.uniform(k, (n,), minval=0.3, maxval=v),
              lambda v: stats.uniform(0.3, v - 0.3))  # fmt: skip
    yield Row("rayleigh scale", 1.3, lambda r, k, v, n: r.rayleigh(k, v, (n,)),
              lambda v: stats.rayleigh(scale=v))  # fmt: skip
    yield Row("weibull_min scale", 1.3, lambda r, k, v, n: r.weibull_min(k, v, 1.7, (n,)),
              lambda v: stats.weibull_min(1.7, scale=v))  # fmt: skip
    for shape in (0.3, 1.7):
        yield Row("weibull_min concentration", shape,
                  lambda r, k, v, n: r.weibull_min(k, 1.3, v, (n,)),
                  lambda v: stats.weibull_min(v, scale=1.3),
                  ALL if shape > 1 else HEAVY)  # fmt: skip
    for sigma in (0.5, 3.0):
        yield Row("lognormal sigma", sigma, lambda r, k, v, n: r.lognormal(k, v, (n,)),
                  stats.lognorm,
                  ALL if sigma < 1 else HEAVY)  # fmt: skip
    for b in (0.5, 8.0):
        yield Row("pareto b", b, lambda r, k, v, n: r.pareto(k, v, (n,)),
                  stats.pareto, ALL if b > 4 else HEAVY)  # fmt: skip
    yield Row("double_sided_maxwell loc", 0.7,
              lambda r, k, v, n: r.double_sided_maxwell(k, v, 1.3, (n,)),
              lambda v: laws.two_sided_maxwell(v, 1.3))  # fmt: skip
    yield Row("double_sided_maxwell scale", 1.3,
              lambda r, k, v, n: r.double_sided_maxwell(k, 0.7, v, (n,)),
              lambda v: laws.two_sided_maxwell(0.7, v))  # fmt: skip
    corners = {"left": -1.0, "mode": 0.5, "right": 2.0}
    for name, value in corners.items():
        yield Row(f"triangular {name}", value,
                  lambda r, k, v, n, c=name: r.triangular(k, **(corners | {c: v}), shape=(n,)),
                  lambda v, c=name: laws.triangular(**(corners | {c: v})))  # fmt: skip


def normal_rows() -> Iterator[Row]:
    """Draws made of normal draws."""
    for low, high in ((-1.0, 2.0), (3.0, 4.0)):
        name = f"truncated_normal[{low:g}, {high:g}]"
        yield Row(f"{name} lower", low,
                  lambda r, k, v, n, h=high: r.truncated_normal(k, v, h, (n,)),
                  lambda v, h=high: stats.truncnorm(v, h))  # fmt: skip
        yield Row(f"{name} upper", high,
                  lambda r, k, v, n, a=low: r.truncated_normal(k, a, v, (n,)),
                  lambda v, a=low: stats.truncnorm(a, v))  # fmt: skip
    for mean in (0.1, 1.0, 5.0, 20.0):
        yield Row("wald mean", mean, lambda r, k, v, n: r.wald(k, v, (n,)),
                  stats.invgauss)  # fmt: skip
    yield Row("multivariate_normal mean", 0.7, _normal_pair_mean, lambda v: stats.norm(v, 1))
    for method in ("cholesky", "eigh", "svd"):
        yield Row(f"multivariate_normal cov at v I ({method})", 1.0,
                  lambda r, k, v, n, m=method: _normal_pair(r, k, v * jnp.eye(2), n, m)[:, 1],
                  lambda v: stats.norm(0, v**0.5))  # fmt: skip
        yield Row(f"multivariate_normal cov at [[2, v], [v, 1]] ({method}), of x1 + x2", 0.3,
                  lambda r, k, v, n, m=method: _normal_pair(r, k, _correlated(v), n, m).sum(-1),
                  lambda v: stats.norm(0, (3 + 2 * v) ** 0.5))  # fmt: skip


def _normal_pair(r: Any, key: Any, cov: Any, n: int, method: str) -> Any:
    return r.multivariate_normal(key, jnp.zeros(2), cov, (n,), method=method)


def _normal_pair_mean(r: Any, key: Any, v: Any, n: int) -> Any:
    return r.multivariate_normal(key, jnp.stack([v, 0 * v]), jnp.eye(2), (n,))[:, 0]


def _correlated(v: Any) -> Any:
    return jnp.asarray([[2.0, 0.0], [0.0, 1.0]]) + v * jnp.asarray([[0.0, 1.0], [1.0, 0.0]])


def gamma_rows() -> Iterator[Row]:
    """One gamma draw."""
    for a in (0.1, 0.4, 1.0, 2.5, 50.0):
        yield Row("gamma a", a, lambda r, k, v, n: r.gamma(k, v, (n,)),
                  stats.gamma, ALL if a < 50 else ("x", "x^2"))  # fmt: skip
    for a in (1e-3, 0.1, 2.5):
        yield Row("loggamma a", a, lambda r, k, v, n: r.loggamma(k, v, (n,)),
                  stats.loggamma, ("x", "tanh x") if a > 0.01 else ("x",))  # fmt: skip
    for df in (0.2, 5.0):
        yield Row("chisquare df", df, lambda r, k, v, n: r.chisquare(k, v, (n,)),
                  stats.chi2)  # fmt: skip


def ratio_rows() -> Iterator[Row]:
    """Ratios of gamma draws."""
    for a, b in ((2.0, 1.5), (0.1, 0.1), (1e-3, 1e-3), (200.0, 3.0)):
        yield Row(f"beta(., {b:g}) a", a, lambda r, k, v, n, b=b: r.beta(k, v, b, (n,)),
                  lambda v, b=b: stats.beta(v, b))  # fmt: skip
        yield Row(f"beta({a:g}, .) b", b, lambda r, k, v, n, a=a: r.beta(k, a, v, (n,)),
                  lambda v, a=a: stats.beta(a, v))  # fmt: skip
    yield Row("beta(., 1.5) a, rule implicit", 2.0, _implicit("beta", 1.5),
              lambda v: stats.beta(v, 1.5))  # fmt: skip
    for a, rest in ((0.8, (2.0, 3.0)), (1e-3, (2.0, 3.0)), (1e-3, (1e-3, 1e-3))):
        yield Row(f"dirichlet({a:g}, {rest[0]:g}, {rest[1]:g}) alpha", a,
                  lambda r, k, v, n, b=rest: _dirichlet(r, k, v, b, n),
                  lambda v, b=rest: stats.beta(v, sum(b)))  # fmt: skip
    yield Row("f(., 14) dfnum", 6.0, lambda r, k, v, n: r.f(k, v, 14.0, (n,)),
              lambda v: stats.f(v, 14.0))  # fmt: skip
    yield Row("f(6, .) dfden", 14.0, lambda r, k, v, n: r.f(k, 6.0, v, (n,)),
              lambda v: stats.f(6.0, v))  # fmt: skip
    yield Row("f(., 14) dfnum, rule implicit", 6.0, _implicit("f", 14.0),
              lambda v: stats.f(v, 14.0))  # fmt: skip
    for df in (0.1, 0.5, 3.0, 12.0):
        yield Row("t df, of |x|", df, lambda r, k, v, n: jnp.abs(r.t(k, v, (n,))),
                  lambda v: laws.folded(stats.t(v)), HEAVY if df < 5 else ALL)  # fmt: skip
    yield Row("t df, of |x|, rule implicit", 12.0,
              lambda r, k, v, n: jnp.abs(_implicit("t")(r, k, v, n)),
              lambda v: laws.folded(stats.t(v)))  # fmt: skip


def _dirichlet(r: Any, key: Any, v: Any, rest: tuple[float, ...], n: int) -> Any:
    return r.dirichlet(key, jnp.stack([v, *(0 * v + b for b in rest)]), (n,))[:, 0]


def _implicit(name: str, *others: float) -> Draw:
    """The sampler under `rule="implicit"`, which jax does not have."""

    def draw(r: Any, key: Any, v: Any, n: int) -> Any:
        own = {"rule": "implicit"} if r.__name__.startswith("randlint") else {}
        return getattr(r, name)(key, v, *others, shape=(n,), **own)

    return draw


def power_rows() -> Iterator[Row]:
    """Powers of gamma draws."""
    for p in (1.0, 1.5, 6.0):
        yield Row("generalized_normal p, of |x|", p,
                  lambda r, k, v, n: jnp.abs(r.generalized_normal(k, v, (n,))),
                  lambda v: laws.folded(stats.gennorm(v)))  # fmt: skip
    for p in (1.5, 2.0):
        yield Row("ball p, of |x1| in 3 dimensions", p,
                  lambda r, k, v, n: jnp.abs(r.ball(k, 3, v, (n,))[:, 0]),
                  lambda v: laws.ball_coordinate(v, 3))  # fmt: skip
