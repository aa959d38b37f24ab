"""How often `assert_unbiased_gradient` rejects a correct gradient.

    python benchmarks/false_alarms.py [RUNS]

Every run is a fresh key. Two settings: the default (alpha = 1e-6, tolerance 1 %), where no alarm is
expected, and a hard one (alpha = 1 %, no tolerance at all), where about 1 % at most may reject; the
count is printed with the 99.99 % quantile of the binomial law at exactly that rate.
"""

from __future__ import annotations

import sys
import time
from functools import partial

import jax
import jax.numpy as jnp
from scipy.stats import binom

from randlint_runtime import _gradient_test as machinery
from randlint_runtime import processes
from randlint_runtime._gradient_test import Reference
from randlint_runtime._statistics import Verdict

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


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    each = -(-runs // len(CORRECT))
    for name, alpha, rtol, atol in (("default", 1e-6, 0.01, None), ("hard", 1e-2, 0.0, 1e-4)):
        start, alarms, total = time.monotonic(), 0, 0
        for number, (label, (f, theta, truth)) in enumerate(CORRECT.items()):
            mine = sum(rejects(f, theta, truth, number, i, alpha, rtol, atol) for i in range(each))
            alarms, total = alarms + mine, total + each
            print(f"{name:8} {label:32} {mine} of {each}", flush=True)
        limit = int(binom.ppf(0.9999, total, alpha))
        verdict = "as stated" if alarms <= limit else "TOO MANY"
        print(
            f"{name}: {alarms} false alarms in {total} runs at alpha = {alpha:g}"
            f" (at most {limit} expected): {verdict}; {time.monotonic() - start:.0f} s"
        )


def rejects(f, theta, truth, number, i, alpha, rtol, atol):
    key = jax.random.fold_in(jax.random.fold_in(jax.random.key(2024), number), i)
    task = _task(f, theta)
    reference = _differences(f, theta) if truth is None else _fixed(truth)
    sample = _cached(("sample", f), lambda: machinery.sampler(task, reference))
    report = machinery.run(
        task,
        key,
        reference,
        n=1 << 14,
        alpha=alpha,
        rtol=rtol,
        atol=atol,
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
