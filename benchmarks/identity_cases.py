"""The calls that identity.py compares: every sampler, at ordinary and extreme parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

EXACT = {
    "bits",
    "uniform",
    "normal",
    "randint",
    "bernoulli",
    "rademacher",
    "categorical",
    "choice",
    "permutation",
    "geometric",
    "poisson",
    "binomial",
    "multinomial",
    "key",
    "split",
    "fold_in",
}


@dataclass(frozen=True)
class Case:
    """One call, made on either module."""

    name: str
    label: str
    call: Callable[[Any, Any, tuple[int, ...], Any], Any]
    dtypes: tuple[str | None, ...] = (None, "float32")


def cases() -> Iterator[Case]:
    """Every sampler at ordinary and extreme parameters."""
    floats = (None, "float32", "float16", "bfloat16", "float64")
    wide = (None, "float64")
    for name in ("cauchy", "exponential", "gumbel", "laplace", "logistic", "maxwell"):
        yield Case(name, name, lambda r, k, s, d, n=name: getattr(r, n)(k, s, d), floats)
    yield Case("normal", "normal", lambda r, k, s, d: r.normal(k, s, d), (*floats, "complex64"))
    yield Case("uniform", "uniform", lambda r, k, s, d: r.uniform(k, s, d), floats)
    yield Case("uniform", "uniform(-3,2)", lambda r, k, s, d: r.uniform(k, s, d, -3.0, 2.0), floats)
    for mode in ("high", "highest"):
        yield Case(
            "gumbel", f"gumbel({mode})", lambda r, k, s, d, m=mode: r.gumbel(k, s, d, m), wide
        )
    yield Case(
        "bits",
        "bits",
        lambda r, k, s, d: r.bits(k, s, d),
        (None, "uint8", "uint16", "uint32", "uint64"),
    )
    for low, high in ((0, 10), (-5, 1000), (7, 7), (0, 127)):
        yield Case(
            "randint",
            f"randint({low},{high})",
            lambda r, k, s, d, a=low, b=high: r.randint(k, s, a, b, d),
            (None, "int8", "uint8", "int16", "int32", "uint32", "int64"),
        )
    yield Case(
        "randint", "randint(0,256) u8", lambda r, k, s, d: r.randint(k, s, 0, 256, d), ("uint8",)
    )
    yield Case("rademacher", "rademacher", lambda r, k, s, d: r.rademacher(k, s, d), (None, "int8"))
    one = {
        "gamma": (1e-3, 0.3, 1.0, 2.5, 1e4),
        "loggamma": (1e-3, 0.3, 2.5),
        "chisquare": (0.1, 5.0),
        "t": (0.1, 3.0, 12.0),
        "pareto": (0.5, 8.0),
        "rayleigh": (1.3,),
        "lognormal": (0.5,),
        "wald": (0.1, 1.0, 20.0),
    }
    for name, values in one.items():
        for value in values:
            yield Case(
                name,
                f"{name}({value})",
                lambda r, k, s, d, n=name, v=value: getattr(r, n)(
                    k, jnp.full(s[-1:], v, d or float), s, d
                ),
                floats if name in ("pareto", "rayleigh", "gamma") else wide,
            )
    for value in (1.0, 1.5, 7.0):
        yield Case(
            "generalized_normal",
            f"generalized_normal({value})",
            lambda r, k, s, d, v=value: r.generalized_normal(k, v, s, d),
            wide,
        )
        yield Case(
            "ball", f"ball({value})", lambda r, k, s, d, v=value: r.ball(k, 3, v, s, d), wide
        )
    for a, b in ((2.0, 1.5), (1e-3, 1e-3), (50.0, 0.2)):
        yield Case(
            "beta", f"beta({a},{b})", lambda r, k, s, d, a=a, b=b: r.beta(k, a, b, s, d), wide
        )
        yield Case("f", f"f({a},{b})", lambda r, k, s, d, a=a, b=b: r.f(k, a, b, s, d), wide)
    for alpha in ((1.0, 2.0, 0.5), (1e-3, 1e-3, 1e-3)):
        yield Case(
            "dirichlet",
            f"dirichlet{alpha}",
            lambda r, k, s, d, a=alpha: r.dirichlet(k, jnp.asarray(a), s, d),
            wide,
        )
    for low, high in ((-1.0, 2.0), (3.0, 4.0), (5.0, np.inf), (-np.inf, 0.5)):
        yield Case(
            "truncated_normal",
            f"truncated_normal({low},{high})",
            lambda r, k, s, d, a=low, b=high: r.truncated_normal(k, a, b, s, d),
            floats,
        )
    yield Case(
        "triangular", "triangular", lambda r, k, s, d: r.triangular(k, -1.0, 0.5, 2.0, s, d), wide
    )
    yield Case(
        "weibull_min", "weibull_min", lambda r, k, s, d: r.weibull_min(k, 1.3, 1.7, s, d), wide
    )
    yield Case(
        "double_sided_maxwell",
        "double_sided_maxwell",
        lambda r, k, s, d: r.double_sided_maxwell(k, 0.7, 1.3, s, d),
        wide,
    )
    cov = np.array([[2.0, 0.3], [0.3, 1.0]])
    for method in ("cholesky", "eigh", "svd"):
        yield Case(
            "multivariate_normal",
            f"multivariate_normal({method})",
            lambda r, k, s, d, m=method: r.multivariate_normal(
                k,
                jnp.asarray([0.3, -1.0], d),
                jnp.asarray(cov, d),
                s,
                d,
                method=m,
            ),
            wide,
        )
    yield Case("orthogonal", "orthogonal", lambda r, k, s, d: r.orthogonal(k, 3, s[:1], d), wide)
    for p in (0.3, 1e-6):
        for mode in ("low", "high"):
            yield Case(
                "bernoulli",
                f"bernoulli({p},{mode})",
                lambda r, k, s, d, p=p, m=mode: r.bernoulli(k, jnp.asarray(p, d), s, m),
                wide,
            )
    yield Case("geometric", "geometric", lambda r, k, s, d: r.geometric(k, 0.2, s), (None,))
    for lam in (0.5, 3.0, 9.9, 10.0, 20.0, 1e4):
        yield Case(
            "poisson", f"poisson({lam})", lambda r, k, s, d, v=lam: r.poisson(k, v, s), (None,)
        )
    yield Case(
        "poisson",
        "poisson(mixed)",
        lambda r, k, s, d: r.poisson(
            k, jnp.resize(jnp.asarray([0.0, 2.0, 30.0, 700.0, jnp.nan]), s)
        ),
        (None,),
    )
    for n, p in ((20, 0.3), (100, 0.4), (1000, 0.97), (3, 0.01)):
        yield Case(
            "binomial",
            f"binomial({n},{p})",
            lambda r, k, s, d, n=n, p=p: r.binomial(k, n, p, s, d),
            wide,
        )
    yield Case(
        "multinomial",
        "multinomial",
        lambda r, k, s, d: r.multinomial(
            k,
            30.0,
            jnp.asarray([0.2, 0.5, 0.3]),
            shape=(*s, 3),
            dtype=d,
        ),
        (None,),
    )
    logits = np.linspace(-2, 1, 6).astype("float32")
    yield Case(
        "categorical",
        "categorical",
        lambda r, k, s, d: r.categorical(k, jnp.broadcast_to(jnp.asarray(logits, d), (*s, 6))),
        wide,
    )
    yield Case(
        "categorical",
        "categorical(shape)",
        lambda r, k, s, d: r.categorical(k, jnp.asarray(logits, d), shape=s),
        wide,
    )
    yield Case(
        "categorical",
        "categorical(axis 0, no replacement)",
        lambda r, k, s, d: r.categorical(
            k,
            jnp.asarray(np.stack([logits, -logits], 1)),
            axis=0,
            shape=(4, 2),
            replace=False,
        ),
        (None,),
    )
    for replace in (True, False):
        for p in (None, (0.1, 0.2, 0.3, 0.15, 0.25)):
            yield Case(
                "choice",
                f"choice(replace={replace}, p={p is not None})",
                lambda r, k, s, d, q=replace, p=p: r.choice(
                    k,
                    5,
                    (4,),
                    q,
                    None if p is None else jnp.asarray(p),
                ),
                (None,),
            )
            yield Case(
                "choice",
                f"choice(rows, replace={replace}, p={p is not None})",
                lambda r, k, s, d, q=replace, p=p: r.choice(
                    k,
                    jnp.arange(10.0).reshape(2, 5),
                    (3,),
                    q,
                    None if p is None else jnp.asarray(p),
                    axis=1,
                ),
                (None,),
            )
    yield Case("permutation", "permutation(n)", lambda r, k, s, d: r.permutation(k, 2000), (None,))
    for independent in (False, True):
        yield Case(
            "permutation",
            f"permutation(independent={independent})",
            lambda r, k, s, d, i=independent: r.permutation(
                k,
                jnp.arange(60.0).reshape(12, 5),
                axis=1,
                independent=i,
            ),
            (None,),
        )
    yield Case("split", "split", lambda r, k, s, d: _words(r, r.split(k, s or 3)), (None,))
    yield Case("fold_in", "fold_in", lambda r, k, s, d: _words(r, r.fold_in(k, 77)), (None,))


def _words(r: Any, key: Any) -> Any:
    return r.key_data(key)
