"""What the derivatives should be: expectations by quadrature, differentiated in the parameter."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import integrate, stats
from scipy.special import betaln

Function = Callable[[Any], Any]

_QUANTILES = (1e-300, 1e-30, 1e-10, 1e-4, 0.01, 0.2, 0.5, 0.8, 0.99, 1 - 1e-4, 1 - 1e-8, 1 - 1e-12)


def _panels() -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on (0, 1), ever finer towards 0, 1/2 and 1, where quantiles bend."""
    steep = 10.0 ** np.arange(-30, -0.5, 0.5)
    near_half, near_one = 0.25 * steep[steep > 1e-14], steep[steep > 1e-14]
    edges = [0, *steep, 0.25, *(0.5 - near_half), *(0.5 + near_half), 0.75, *(1 - near_one), 1]
    points, weights = np.polynomial.legendre.leggauss(20)
    starts, widths = np.unique(edges)[:-1, None], np.diff(np.unique(edges))[:, None]
    return (starts + widths * (points + 1) / 2).ravel(), (widths * weights / 2).ravel()


_TAILS, _WEIGHTS = _panels()


class QuantileLaw:
    """A law given by the value that it exceeds with a given probability."""

    def __init__(self, isf: Function) -> None:
        self.isf = isf


def folded(law: Any) -> QuantileLaw:
    """The law of |x| where x has a symmetric law."""
    return QuantileLaw(lambda tail: law.isf(tail / 2))


def two_sided_maxwell(loc: float, scale: float) -> QuantileLaw:
    """A signed Maxwell variable, scaled and shifted."""

    def isf(tail: Any) -> Any:
        size = stats.maxwell.isf(2 * np.minimum(tail, 1 - tail))
        return loc + scale * np.where(tail < 0.5, size, -size)

    return QuantileLaw(isf)


def triangular(left: float, mode: float, right: float) -> Any:
    """The triangular law by its corners."""
    return stats.triang((mode - left) / (right - left), loc=left, scale=right - left)


def ball_coordinate(p: float, dimensions: int) -> QuantileLaw:
    """The size of one coordinate in the p-ball: |x|^p is beta(1 / p, (d - 1) / p + 1)."""
    law = stats.beta(1 / p, (dimensions - 1) / p + 1)
    return QuantileLaw(lambda tail: law.isf(tail) ** (1 / p))


def slope_of_expectation(law: Callable[[float], Any], value: float, g: Function) -> float:
    """d/dvalue of E[g(x)], x of `law(value)`: a central difference, extrapolated once."""

    def difference(step: float) -> float:
        above, below = expectation(law(value + step), g), expectation(law(value - step), g)
        return (above - below) / (2 * step)

    step = 1e-3 * value
    return (4 * difference(step / 2) - difference(step)) / 3


def expectation(law: Any, g: Function) -> float:
    """E[g(x)] by quadrature, piece by piece."""
    if isinstance(law, QuantileLaw):
        return float(np.sum(_WEIGHTS * g(law.isf(_TAILS))))
    if law.dist.name == "beta":
        return _beta_expectation(*law.args, g)
    low, high = law.support()
    edges = {low if np.isfinite(low) else law.ppf(1e-14), *(law.ppf(q) for q in _QUANTILES)}
    edges.add(high if np.isfinite(high) else law.isf(1e-15))
    finite = sorted(float(edge) for edge in edges if np.isfinite(edge))
    return _integral(lambda x: float(np.nan_to_num(g(x) * law.pdf(x))), finite)


def _beta_expectation(a: float, b: float, g: Function) -> float:
    """In the variable z = logit x, where the mass at 0 and 1 is spread out."""

    def integrand(z: float) -> float:
        log_density = -a * np.logaddexp(0, -z) - b * np.logaddexp(0, z) - betaln(a, b)
        return float(np.exp(log_density) * g(1 / (1 + np.exp(-z))))

    low, high = -60 / a, 60 / b
    edges = [low, *(z for z in (-40, -10, -3, 0, 3, 10, 40) if low < z < high), high]
    return _integral(integrand, edges)


def _integral(f: Callable[[float], float], edges: Sequence[float]) -> float:
    return float(
        sum(
            integrate.quad(f, start, end, epsabs=1e-14, epsrel=1e-11, limit=400)[0]
            for start, end in itertools.pairwise(edges)
        )
    )
