"""How often `assert_unbiased_gradient` rejects a correct gradient.

    python benchmarks/false_alarms.py [RUNS]

Every run is a fresh key. Two settings: the default (alpha = 1e-6, tolerance 1 %), where no alarm is
expected, and a hard one (alpha = 1 %, no tolerance at all), where about 1 % at most may reject; the
count is printed with the 99.99 % quantile of the binomial law at exactly that rate.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
from scipy.stats import binom

from randlint_runtime import processes
from randlint_runtime.assertions import _gradient_test as machinery
from randlint_runtime.assertions._gradient_test import Reference
from randlint_runtime.assertions._statistics import Verdict

CORRECT = {
    "normal, closed form": (lambda t, k: (t + jax.random.normal(k)) ** 2, 0.3, 0.6),
    "rotated normal, closed form": (lambda t, k: processes.rotated_normal(k, t) ** 2, 0.3, 0.6),
    "uniform, closed form": (lambda t, k: jax.random.uniform(k, maxval=t) ** 2, 2.0, 4 / 3),
    "lognormal, closed form": (
        lambda t, k: jnp.exp(t * jax.random.normal(k)),
        0.5,
        0.5 * 2.718281828 ** (0.125),
    ),
    "flipped normal, differences": (lambda t, k: processes.flipped_normal(k, t) ** 2, 0.3, None),
    "normal, differences": (lambda t, k: jnp.sin(t + jax.random.normal(k)), 0.3, None),
}


@dataclass(frozen=True)
class Setting:
    """How strict the test is."""

    name: str
    alpha: float
    rtol: float
    atol: float | None


SETTINGS = (Setting("default", 1e-6, 0.01, None), Setting("hard", 1e-2, 0.0, 1e-4))


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    for setting in SETTINGS:
        start = time.monotonic()
        alarms, total, most = count(setting, runs, tell=print)
        print(
            f"{setting.name}: {alarms} false alarms in {total} runs at alpha = {setting.alpha:g}"
            f" (at most {most} expected): {'as stated' if alarms <= most else 'TOO MANY'};"
            f" {time.monotonic() - start:.0f} s"
        )


def count(
    setting: Setting, runs: int, tell: Callable[[str], None] | None = None
) -> tuple[int, int, int]:
    """False alarms in at least so many runs, the number of runs, and the most to be expected."""
    each, alarms = -(-runs // len(CORRECT)), 0
    for number, (label, problem) in enumerate(CORRECT.items()):
        mine = sum(rejects(problem, number, i, setting) for i in range(each))
        alarms += mine
        if tell is not None:
            tell(f"{setting.name:8} {label:32} {mine} of {each}")
    total = each * len(CORRECT)
    return alarms, total, int(binom.ppf(0.9999, total, setting.alpha))


def rejects(problem, number, i, setting):
    f, theta, truth = problem
    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(2024), number), i)
    task = _task(f, theta)
    reference = _differences(f, theta) if truth is None else _fixed(truth)
    sample = _cached(("sample", f), lambda: machinery.sampler(task, reference))
    report = machinery.run(
        task,
        key,
        reference,
        n=1 << 14,
        alpha=setting.alpha,
        rtol=setting.rtol,
        atol=setting.atol,
        progress=False,
        sample=sample,
    )
    return report.verdict is Verdict.DIFFERENT


_cache: dict = {}


def _task(f, theta):
    return _cached(("task", f), partial(machinery.problem, f, theta, jax.random.key(0)))


def _differences(f, theta):
    return _cached(("differences", f), lambda: machinery.finite_differences(_task(f, theta), None))


def _fixed(truth):
    import numpy as np

    return _cached(("fixed", truth), lambda: Reference("closed form", fixed=np.array([truth])))


def _cached(key, make):
    if key not in _cache:
        _cache[key] = make()
    return _cache[key]


if __name__ == "__main__":
    main()
