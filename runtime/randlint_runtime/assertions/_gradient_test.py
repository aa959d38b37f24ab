"""The Monte-Carlo machinery behind `assert_unbiased_gradient` and `assert_same_law`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from randlint_runtime.assertions._statistics import (
    MeanTest,
    Moments,
    Vector,
    Verdict,
    blocks,
    kolmogorov_smirnov,
    look_sizes,
)

_BLOCK = 1 << 14  # draws per compiled call
_MOST_DIRECTIONS = 8
_RELATIVE_STEP = 0.02
_QUIET_SECONDS = 3.0

Progress = bool | Callable[[str], None] | None


@dataclass(frozen=True, slots=True)
class GradientReport:
    """What `assert_unbiased_gradient` measured, one entry per tested direction.

    Attributes:
        mean: Monte-Carlo mean of the derivative.
        standard_error: its standard error.
        reference: the derivative of the expectation, by `method`.
        z: distance of mean and reference in standard errors of their (paired) difference.
        variance: variance of one derivative.
        tolerance: the difference that is not held against the gradient.
        draws: draws used.
        non_finite: share of draws whose derivative was not finite.
        method: where the reference comes from.
        verdict: `Verdict.EQUAL`, `DIFFERENT` or `UNDECIDED`.
        alpha: the chance that a correct gradient is rejected is at most this.
        directions: what each entry is the derivative along.
    """

    mean: Vector
    standard_error: Vector
    reference: Vector
    z: Vector
    variance: Vector
    tolerance: Vector
    draws: int
    non_finite: float
    method: str
    verdict: Verdict
    alpha: float
    directions: tuple[str, ...]

    def __str__(self) -> str:
        how = f"reference: {self.method}; false alarms at most {self.alpha:g}"
        lines = [f"verdict {self.verdict} after {self.draws} draws ({how})"]
        if self.non_finite:
            lines.append(f"  {self.non_finite:.2%} of the derivatives are not finite")
        for i, name in enumerate(self.directions):
            lines.append(
                f"  {name}: mean {self.mean[i]:.6g} +- {self.standard_error[i]:.2g},"
                f" reference {self.reference[i]:.6g}, z {self.z[i]:+.1f},"
                f" variance {self.variance[i]:.4g}, tolerance {self.tolerance[i]:.2g}"
            )
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Reference:
    """Where the true derivative comes from: fixed numbers, or one paired number per draw."""

    method: str
    fixed: Vector | None = None
    per_draw: Callable[[jax.Array, jax.Array], jax.Array] | None = None  # (flat theta, key)


@dataclass(frozen=True, slots=True)
class Problem:
    """One gradient to test, on flat parameters."""

    value: Callable[[jax.Array, jax.Array], jax.Array]  # (flat theta, key) -> scalar
    theta: jax.Array
    directions: jax.Array  # (directions, parameters), unit vectors
    names: tuple[str, ...]


def problem(f: Callable[[Any, Any], Any], theta: Any, key: jax.Array) -> Problem:
    """Flatten the parameters and choose directions: each parameter, or eight random ones."""
    theta = jax.tree.map(lambda x: jnp.asarray(x, jnp.result_type(float, x)), theta)
    flat, rebuild = ravel_pytree(theta)

    def value(vector: jax.Array, lane: jax.Array) -> jax.Array:
        return jnp.asarray(f(rebuild(vector), lane))

    shape = jax.eval_shape(value, flat, key).shape
    if shape != ():
        raise TypeError(f"f(theta, key) must return a scalar, got shape {shape}; sum or index it")
    if flat.size <= _MOST_DIRECTIONS:
        return Problem(value, flat, jnp.eye(flat.size, dtype=flat.dtype), _names(theta))
    random = jax.random.normal(jax.random.fold_in(key, 0x9E3779B9), (_MOST_DIRECTIONS, flat.size))
    unit = (random / jnp.linalg.norm(random, axis=1, keepdims=True)).astype(flat.dtype)
    names = tuple(f"random direction {i}" for i in range(_MOST_DIRECTIONS))
    return Problem(value, flat, unit, names)


def _names(theta: Any) -> tuple[str, ...]:
    names = []
    for path, leaf in jax.tree_util.tree_flatten_with_path(theta)[0]:
        base = "theta" + jax.tree_util.keystr(path)
        shape = np.shape(leaf)
        if not shape:
            names.append(base)
        names += [f"{base}{list(where)}" for where in np.ndindex(shape) if shape]
    return tuple(names)


def finite_differences(task: Problem, step: float | None) -> Reference:
    """Central differences of the draw at fixed keys: unbiased up to ``step^4``, jumps included."""
    size = jnp.abs(task.directions @ task.theta)
    steps = jnp.where(size > 0, _RELATIVE_STEP * size, _RELATIVE_STEP)
    if step is not None:
        steps = jnp.full_like(steps, step)

    def per_draw(theta: jax.Array, key: jax.Array) -> jax.Array:
        def along(direction: jax.Array, h: jax.Array) -> jax.Array:
            def at(multiple: float) -> jax.Array:
                return task.value(theta + multiple * h * direction, key)

            near, far = at(1.0) - at(-1.0), at(2.0) - at(-2.0)
            return (8.0 * near - far) / (12.0 * h)

        return jax.vmap(along)(task.directions, steps)

    return Reference("common-random-number finite differences", per_draw=per_draw)


def run(
    task: Problem,
    key: jax.Array,
    reference: Reference,
    *,
    n: int,
    alpha: float,
    rtol: float,
    atol: float | None,
    progress: Progress,
    sample: Callable[..., Any] | None = None,
) -> GradientReport:
    """Draw until the test decides or ``n`` draws are used.

    ``sample`` is `sampler(task, reference)`, for callers that test the same problem many times.
    """
    sizes = look_sizes(n)
    test = MeanTest(alpha, len(sizes), len(task.names))
    gaps, slopes = Moments(len(task.names)), Moments(len(task.names))
    tell = _teller(progress)
    sample = sample or sampler(task, reference)
    block_number, bad, seen = 0, 0, 0
    for look, size in enumerate(sizes):
        for block in blocks(size - seen, _BLOCK):
            lanes = jax.random.split(jax.random.fold_in(key, block_number), block)
            g, r = (np.asarray(a, np.float64) for a in sample(task.theta, lanes))
            block_number, seen = block_number + 1, seen + block
            _check_reference(r)
            finite = np.isfinite(g).all(axis=1)
            bad += int((~finite).sum())
            if finite.any():
                slopes.add(g[finite])
                gaps.add(g[finite] - (r[finite] if r.ndim == 2 else r))
        if slopes.count == 0:
            return _nothing_finite(task, reference, seen, alpha)
        tolerance = _tolerance(slopes, gaps, rtol, atol)
        verdict = test.judge(gaps, tolerance, last=look == len(sizes) - 1)
        if bad:
            verdict = Verdict.DIFFERENT
        tell(f"{seen} of {n} draws: z {_z(gaps).round(1).tolist()}")
        if verdict is not None:
            break
    assert verdict is not None
    return GradientReport(
        mean=slopes.mean,
        standard_error=slopes.standard_error,
        reference=slopes.mean - gaps.mean,
        z=_z(gaps),
        variance=slopes.variance,
        tolerance=tolerance,
        draws=seen,
        non_finite=bad / seen,
        method=reference.method,
        verdict=verdict,
        alpha=alpha,
        directions=task.names,
    )


def _nothing_finite(task: Problem, reference: Reference, seen: int, alpha: float) -> GradientReport:
    """The report where every derivative is NaN or infinite."""
    nan = np.full(len(task.names), np.nan)
    known = nan if reference.fixed is None else np.asarray(reference.fixed, np.float64)
    return GradientReport(
        mean=nan,
        standard_error=nan,
        reference=known,
        z=nan,
        variance=nan,
        tolerance=nan,
        draws=seen,
        non_finite=1.0,
        method=reference.method,
        verdict=Verdict.DIFFERENT,
        alpha=alpha,
        directions=task.names,
    )


def sampler(task: Problem, reference: Reference) -> Callable[..., Any]:
    """Compiled: ``(theta, keys) -> (derivatives, reference derivatives)`` along the directions."""
    compiled: Callable[..., Any] = jax.jit(
        jax.vmap(partial(_one, task, reference), in_axes=(None, 0))
    )
    return compiled


def _one(
    task: Problem, reference: Reference, theta: jax.Array, key: jax.Array
) -> tuple[jax.Array, Any]:
    slope = task.directions @ jax.grad(task.value)(theta, key)
    if reference.per_draw is None:
        return slope, jnp.asarray(reference.fixed, slope.dtype)
    return slope, reference.per_draw(theta, key)


def _check_reference(r: Vector) -> None:
    if not np.isfinite(r).all():
        raise ValueError(
            "the reference derivative is not finite: theta may be too close to the border of its"
            " range for a finite difference; pass a smaller `step`, or `expectation`"
        )


def _tolerance(slopes: Moments, gaps: Moments, rtol: float, atol: float | None) -> Vector:
    truth = np.abs(slopes.mean - gaps.mean)
    size = np.sqrt(slopes.variance + slopes.mean**2)  # root mean square of one derivative
    small = rtol / 2 * size if atol is None else np.full_like(size, atol)
    out: Vector = rtol * truth + small if atol is not None else np.maximum(rtol * truth, small)
    return out


def _z(gaps: Moments) -> Vector:
    with np.errstate(divide="ignore", invalid="ignore"):
        out: Vector = np.where(gaps.mean == 0, 0.0, gaps.mean / gaps.standard_error)
    return out


def _teller(progress: Progress) -> Callable[[str], None]:
    if callable(progress):
        return progress
    start = time.monotonic()

    def tell(text: str) -> None:
        wanted = progress if progress is not None else sys.stderr.isatty()
        if wanted and time.monotonic() - start > (0.0 if progress else _QUIET_SECONDS):
            print(text, file=sys.stderr, flush=True)

    return tell


@dataclass(frozen=True, slots=True)
class LawReport:
    """What `assert_same_law` measured: one Kolmogorov-Smirnov test per component."""

    statistic: Vector
    pvalue: Vector
    draws: int
    alpha: float
    components: tuple[str, ...]

    @property
    def different(self) -> bool:
        """Whether some component rejects, after Bonferroni's correction."""
        return bool((self.pvalue < self.alpha / len(self.components)).any())

    def __str__(self) -> str:
        worst = int(np.argmin(self.pvalue))
        return (
            f"{self.draws} draws of each, {len(self.components)} components: smallest p-value"
            f" {self.pvalue[worst]:.3g} ({self.components[worst]}, Kolmogorov-Smirnov distance"
            f" {self.statistic[worst]:.4g}; false alarms at most {self.alpha:g})"
        )


def compare_laws(
    f: Callable[[Any], Any], g: Callable[[Any], Any], key: jax.Array, n: int, alpha: float
) -> LawReport:
    """Compare every component, and random projections, of independent draws."""
    key_f, key_g, key_directions = jax.random.split(key, 3)
    x, y = (_draws(h, k, n) for h, k in ((f, key_f), (g, key_g)))
    if x.shape != y.shape:
        raise TypeError(f"f draws {x.shape[1]} numbers and g draws {y.shape[1]}")
    for name, rows in (("f", x), ("g", y)):
        if not np.isfinite(rows).all():
            raise ValueError(f"{name} draws values that are not finite; laws cannot be compared")
    names = [f"component {i}" for i in range(min(x.shape[1], 64))]
    pairs = [(x[:, i], y[:, i]) for i in range(len(names))]
    if x.shape[1] > 1:
        directions = np.asarray(jax.random.normal(key_directions, (x.shape[1], 8)), np.float64)
        pairs += list(zip((x @ directions).T, (y @ directions).T, strict=True))
        names += [f"random projection {i}" for i in range(8)]
    results = [kolmogorov_smirnov(a, b) for a, b in pairs]
    statistic, pvalue = (np.asarray(column) for column in zip(*results, strict=True))
    return LawReport(statistic, pvalue, n, alpha, tuple(names))


def _draws(h: Callable[[Any], Any], key: jax.Array, n: int) -> Vector:
    def flat(lane: jax.Array) -> jax.Array:
        return ravel_pytree(h(lane))[0]

    sample = jax.jit(jax.vmap(flat))
    rows = []
    for number, block in enumerate(blocks(n, _BLOCK)):
        lanes = jax.random.split(jax.random.fold_in(key, number), block)
        rows.append(np.asarray(sample(lanes), np.float64))
    out: Vector = np.concatenate(rows)
    return out
