"""Sequential tests of means, with a stated rate of false alarms.

`MeanTest` watches independent copies of a random vector D and asks whether its mean is zero, up to
a tolerance. It looks at the data at a few sizes that grow fourfold; at every look each component is
compared with a normal quantile at level ``alpha / (looks * components)``. By the union bound the
chance that a mean within the tolerance is rejected, at any look and in any component, is at most
``alpha``, as far as the mean of D is normally distributed at that size. The normal law is not taken
on trust: a component is rejected only once its effective sample size ``n * m2^2 / m4`` reaches
`EFFECTIVE`, so that a few rare large values (a jump caught by a finite difference) decide nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np

Vector = np.ndarray[Any, np.dtype[np.float64]]

FIRST_LOOK = 4096
GROWTH = 4
EFFECTIVE = 40.0


class Verdict(StrEnum):
    """What a test says."""

    EQUAL = "equal"  # the interval of the mean lies within the tolerance
    DIFFERENT = "different"  # the interval lies outside the tolerance
    UNDECIDED = "undecided"  # the draws were used up: nothing contradicts equality


def look_sizes(most: int) -> list[int]:
    """How many draws have been seen at each look, ending with ``most``."""
    sizes = [min(FIRST_LOOK, most)]
    while sizes[-1] < most:
        sizes.append(min(sizes[-1] * GROWTH, most))
    return sizes


def quantile(alpha: float) -> float:
    """The two-sided normal quantile: a standard normal exceeds it with probability ``alpha``."""
    from scipy.stats import norm  # type: ignore[import-untyped]

    return float(norm.isf(alpha / 2.0))


class Moments:
    """Running sums of powers of a vector, in float64 and about a fixed origin."""

    def __init__(self, size: int) -> None:
        self.count = 0
        self._sums: Vector = np.zeros((4, size))
        self._origin: Vector = np.zeros(size)

    def add(self, rows: Vector) -> None:
        """Take in rows of shape (draws, components)."""
        rows = np.asarray(rows, dtype=np.float64)
        if self.count == 0:
            self._origin = rows.mean(axis=0)  # near the mean: powers of it lose no digits
        centred = rows - self._origin
        power = np.ones_like(centred)
        for k in range(4):
            power = power * centred
            self._sums[k] += power.sum(axis=0)
        self.count += rows.shape[0]

    @property
    def mean(self) -> Vector:
        """The sample mean."""
        out: Vector = self._origin + self._sums[0] / self.count
        return out

    @property
    def variance(self) -> Vector:
        """The sample variance (divided by n - 1)."""
        n = self.count
        shift = self._sums[0] / n
        out: Vector = np.maximum(self._sums[1] / n - shift**2, 0.0) * n / max(n - 1, 1)
        return out

    @property
    def standard_error(self) -> Vector:
        """The standard error of the mean."""
        out: Vector = np.sqrt(self.variance / self.count)
        return out

    @property
    def effective(self) -> Vector:
        """The effective size ``n m2^2 / m4``: n / 3 for normal data, small for rare jumps."""
        n = self.count
        m1, m2, m3, m4 = self._sums / n
        central2 = np.maximum(m2 - m1**2, 0.0)
        central4 = m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4
        with np.errstate(all="ignore"):
            out: Vector = np.where(central2 > 0, n * central2**2 / central4, float(n))
        return np.nan_to_num(out, nan=0.0)


@dataclass(frozen=True, slots=True)
class MeanTest:
    """A sequential test that a mean is zero up to a tolerance (see the module's text)."""

    alpha: float
    looks: int
    components: int

    @property
    def critical(self) -> float:
        """How many standard errors count as evidence, at every look."""
        return quantile(self.alpha / (self.looks * self.components))

    def judge(self, moments: Moments, tolerance: Vector, *, last: bool) -> Verdict | None:
        """The verdict after one look; None to go on."""
        distance = np.abs(moments.mean)
        reach = self.critical * moments.standard_error
        ready = moments.effective >= EFFECTIVE
        if bool(np.any(ready & (distance - reach > tolerance))):
            return Verdict.DIFFERENT
        if bool(np.all(ready & (distance + reach <= tolerance))):
            return Verdict.EQUAL
        return Verdict.UNDECIDED if last else None


def blocks(size: int, most: int) -> Iterator[int]:
    """Split ``size`` draws into blocks of at most ``most``."""
    while size > 0:
        block = min(size, most)
        yield block
        size -= block


def kolmogorov_smirnov(x: Vector, y: Vector) -> tuple[float, float]:
    """The two-sample statistic and its asymptotic p-value (conservative where draws tie)."""
    from scipy.stats import ks_2samp

    result = ks_2samp(x, y, method="asymp")
    return float(result.statistic), float(result.pvalue)
