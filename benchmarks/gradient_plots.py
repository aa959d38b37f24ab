"""Two plots: the variance of two rules for one law, and equal laws with different derivatives.

python benchmarks/gradient_plots.py              # writes docs/img/variance.png, equal_law.png
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import matplotlib
import numpy as np

from randlint_runtime import processes, random

matplotlib.use("Agg")
import matplotlib.pyplot as plt

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "img"
N = 50_000
KEY = jax.random.key(0)
ONE = jnp.float32(1)


def slopes(draw: Callable[[Any], Any], value: float) -> Any:
    """The derivatives of all draws at one value of their parameter."""
    return jax.jit(lambda v: jax.jvp(draw, (v,), (ONE,))[1])(jnp.float32(value))


def log_size_of_t(df: Any, rule: str) -> Any:
    return jnp.log(jnp.abs(random.t(KEY, df, (N,), rule=rule)))


def beta(a: Any, rule: str) -> Any:
    return random.beta(KEY, a, 1.5, (N,), rule=rule)


PANELS = (
    ("t: derivative of log|x| in df", np.geomspace(3, 60, 7), log_size_of_t),
    ("beta(a, 1.5): derivative of x in a", np.geomspace(0.3, 30, 7), beta),
)


def variance_of_two_rules() -> None:
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6))
    for axis, (title, values, draw) in zip(axes, PANELS, strict=True):
        for rule in ("default", "implicit"):
            spread = [jnp.var(slopes(partial(draw, rule=rule), x)) for x in values]
            axis.loglog(values, spread, "o-", label=rule)
        axis.set_title(title)
        axis.set_ylabel("variance of the gradient")
        axis.legend()
    figure.tight_layout()
    figure.savefig(IMAGES / "variance.png", dpi=110)


def equal_laws() -> None:
    """mu + e1 cos(c mu) + e2 sin(c mu) is N(mu, 1) for every c; its derivative is not."""
    speeds = np.linspace(0, 4, 9)

    def draw(mu: Any, c: float) -> Any:
        return processes.rotated_normal(KEY, mu, 1.0, turns=c, shape=(N,))

    found = [slopes(lambda mu, c=c: draw(mu, c), 0.7) for c in speeds]
    figure, axis = plt.subplots(figsize=(5.2, 3.6))
    axis.plot(speeds, [x.mean() for x in found], "o-", label="mean of dX/dmu (1 for every c)")
    axis.plot(speeds, [x.var() for x in found], "s-", label="variance of dX/dmu")
    axis.plot(speeds, speeds**2, ":", color="grey", label="c²")
    axis.set_xlabel("c in mu + e1 cos(c mu) + e2 sin(c mu): always N(mu, 1)")
    axis.legend()
    figure.tight_layout()
    figure.savefig(IMAGES / "equal_law.png", dpi=110)


if __name__ == "__main__":
    jax.config.update("jax_disable_most_optimizations", True)  # compiling takes longer than running
    variance_of_two_rules()
    equal_laws()
