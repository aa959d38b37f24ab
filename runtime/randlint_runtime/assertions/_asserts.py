"""The assertions themselves."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from randlint import catalogue
from randlint_runtime.assertions import _gradient_test
from randlint_runtime.assertions._errors import (
    BiasedGradientError,
    DifferentLawError,
    GradientRuleError,
    KeyReuseAssertionError,
)
from randlint_runtime.assertions._gradient_test import (
    GradientReport,
    LawReport,
    Progress,
    Reference,
)
from randlint_runtime.assertions._statistics import Verdict
from randlint_runtime.provenance import Draw, Provenance, Reach, ReuseKind, provenance

Rule = Literal["pathwise", "implicit", "zero", "biased", "values", "branch"]
_SAFE: frozenset[str] = frozenset({"pathwise", "implicit", "values", "branch"})
_RULES: frozenset[str] = _SAFE | {"zero", "biased"}


def assert_no_key_reuse(
    f: Callable[..., Any], /, *args: Any, lanes: bool = False, **kwargs: Any
) -> Provenance:
    """Assert that ``f(*args, **kwargs)`` uses every key at most once.

    Traces ``f`` (nothing is executed) and follows typed and raw keys. Besides plain reuse it
    reports: a key used on every iteration of a traced loop; two derivations that give the same key
    (the same ``fold_in`` twice, ``fold_in`` beside ``split``, equal seeds, one key passed twice);
    an index past the end of a key array. `jax.random.clone` declares a reuse intended.

    Args:
        f: the function, as for `jax.make_jaxpr`.
        *args: its arguments.
        lanes: also reject one key used by all lanes of a vmapped function.
        **kwargs: its keyword arguments.

    Returns:
        The `Provenance`, if nothing was found.

    Raises:
        KeyReuseAssertionError: (an `AssertionError` and a `jax.errors.KeyReuseError`) otherwise.
    """
    report = provenance(f, *args, **kwargs)
    found = [str(r) for r in report.reuses if lanes or r.kind is not ReuseKind.LANES]
    found += [str(index) for index in report.indices]
    if found:
        error = KeyReuseAssertionError("\n".join(found))
        error.report = report
        raise error
    return report


def assert_gradient_rule(
    f: Callable[..., Any],
    /,
    *args: Any,
    argnums: int | Collection[int] = 0,
    allow: Collection[Rule] = _SAFE,  # type: ignore[assignment]
    **kwargs: Any,
) -> Provenance:
    """Assert that derivatives of ``f`` pass through draws by allowed rules only.

    For every draw of ``f(*args)`` and each of its parameters that the differentiated arguments
    reach, the catalogue names the rule by which the derivative passes. Comparisons count too:
    ``"zero"`` where a draw and a differentiated value meet in a comparison, rounding or argmax
    whose result becomes a number; ``"branch"`` where it only chooses between differentiable
    branches (right if the branches agree at the border, as in `jax.nn.relu`).

    Args:
        f: the function whose gradient is to be taken (not the gradient).
        *args: its arguments.
        argnums: which positional arguments are differentiated.
        allow: rules that may occur: any of ``"pathwise"``, ``"implicit"``, ``"values"``,
            ``"branch"`` (these four by default), ``"zero"``, ``"biased"``.
        **kwargs: keyword arguments of ``f``, never differentiated.

    Returns:
        The `Provenance`.

    Raises:
        GradientRuleError: a rule occurs that is not allowed; the message lists every draw.
        ValueError: `allow` names a rule that does not exist.
    """
    unknown = sorted(set(allow) - _RULES)
    if unknown:
        raise ValueError(
            f"allow: unknown rule {unknown[0]!r}; rules are {', '.join(sorted(_RULES))}"
        )
    chosen = {argnums} if isinstance(argnums, int) else set(argnums)
    chosen = {n % len(args) for n in chosen}
    report = provenance(f, *args, **kwargs)
    labels = {
        label
        for label, position in zip(report.inputs, report.positions, strict=True)
        if position in chosen
    }
    problems = [
        text for draw in report.draws for text in _rule_problems(draw, labels, frozenset(allow))
    ]
    problems += [
        f"`{c.operation}` at {c.site} compares a draw with"
        f" {', '.join(sorted(labels & set(c.inputs)))} (rule {c.effect}): {_WHY[c.effect]}"
        for c in report.crossings
        if c.effect not in allow and labels & set(c.inputs)
    ]
    if problems:
        raise GradientRuleError("\n".join(problems))
    return report


def _rule_problems(draw: Draw, labels: set[str], allow: frozenset[str]) -> list[str]:
    problems = []
    for name, reached in draw.parameters.items():
        by = sorted(label for label, how in reached.items() if how is Reach.SMOOTH)
        rule = gradient_rule(draw, name)
        if rule is not None and rule not in allow and labels & set(by):
            problems.append(
                f"`{draw.sampler}` at {draw.site}: parameter `{name}` depends on"
                f" {', '.join(sorted(labels & set(by)))} (rule {rule}): {_WHY[rule]}"
            )
    return problems


def gradient_rule(draw: Draw, parameter: str) -> str | None:
    """The catalogue's rule for one parameter of a draw; None if it is not differentiable."""
    function = catalogue.load().functions.get(f"jax.random.{draw.sampler}")
    row = None if function is None else function.parameters.get(parameter)
    if row is None or row.gradient == "static":
        return None
    if draw.reference:
        return str(row.reference.get("gradient", row.gradient))
    return str(row.gradient)


def assert_unbiased_gradient(
    f: Callable[[Any, Any], Any],
    theta: Any,
    key: jax.Array,
    *,
    expectation: Callable[[Any], Any] | None = None,
    gradient: Any = None,
    estimator: Callable[[Any, Any], Any] | None = None,
    n: int = 1 << 18,
    alpha: float = 1e-6,
    rtol: float = 0.01,
    atol: float | None = None,
    step: float | None = None,
    progress: Progress = None,
) -> GradientReport:
    """Assert that ``E[grad f(theta, key)]`` is the gradient of ``E[f(theta, key)]``.

    Draws independent keys, compares the mean of `jax.grad` of ``f`` with an independent reference
    and stops as soon as a sequential test decides (see `_statistics`): **different** if the
    difference is certainly larger than the tolerance, **equal** if it is certainly smaller,
    **undecided** (no error) if ``n`` draws do not say. A gradient whose bias is within the
    tolerance is rejected with probability at most ``alpha``.

    Args:
        f: ``f(theta, key)``, a float scalar; it must be vmappable over keys.
        theta: parameters, any pytree of floats. Up to 8 numbers are tested one by one, more along
            8 random directions.
        key: one typed or raw key.
        expectation: ``expectation(theta)``, the expectation in closed form.
        gradient: or its gradient, a pytree like ``theta``.
        estimator: or ``estimator(key, theta)`` whose gradient is known to be unbiased, such as
            `score_function` or `measure_valued` return. If none of the three is given, the
            reference is a fourth-order finite difference of ``f`` at common random numbers, which
            sees the jumps that derivatives miss.
        n: most draws, at least 64; alpha: the most frequent false alarm that is acceptable.
        rtol: difference to ignore, relative to the reference (and, halved, to the root mean square
            of one derivative, in case the reference is zero).
        atol: an absolute one, added to the relative one and replacing the halved term.
        step: half-width of the finite difference; 2 % of each parameter by default.
        progress: True for a line per look on stderr, or a function that takes the line.

    Returns:
        A `GradientReport`.

    Raises:
        BiasedGradientError: the gradient is biased, or not finite; `report` has the numbers.
        ValueError: more than one reference, or too few draws.
        TypeError: ``f`` is no scalar.
    """
    _check(n, expectation, gradient, estimator)
    task = _gradient_test.problem(f, theta, key)
    reference = _reference(task, theta, expectation, gradient, estimator, step)
    report = _gradient_test.run(
        task, key, reference, n=n, alpha=alpha, rtol=rtol, atol=atol, progress=progress
    )
    if report.verdict is Verdict.DIFFERENT:
        error = BiasedGradientError(f"the gradient is not that of the expectation: {report}")
        error.report = report
        raise error
    return report


def _check(n: int, *references: object) -> None:
    if sum(each is not None for each in references) > 1:
        raise ValueError("pass one of expectation, gradient and estimator")
    if n < 64:
        raise ValueError(f"n must be at least 64, got {n}")


def _reference(
    task: _gradient_test.Problem,
    theta: Any,
    expectation: Any,
    gradient: Any,
    estimator: Any,
    step: float | None,
) -> Reference:
    _, rebuild = ravel_pytree(
        jax.tree.map(lambda x: jnp.asarray(x, jnp.result_type(float, x)), theta)
    )

    def along(flat: jax.Array) -> np.ndarray[Any, np.dtype[np.float64]]:
        return np.asarray(task.directions, np.float64) @ np.asarray(flat, np.float64)

    if expectation is not None:
        slope = jax.grad(lambda flat: jnp.asarray(expectation(rebuild(flat))))(task.theta)
        return Reference("closed form", fixed=along(slope))
    if gradient is not None:
        return Reference("closed form", fixed=along(ravel_pytree(gradient)[0]))
    if estimator is not None:

        def per_draw(flat: jax.Array, lane: jax.Array) -> jax.Array:
            # A branch of the lane's key tree that f, which owns `lane` itself, does not use.
            own = jax.random.fold_in(lane, 0x5BD1E995)
            slope: jax.Array = jax.grad(lambda x: estimator(own, rebuild(x)))(flat)
            return task.directions @ slope

        return Reference("estimator", per_draw=per_draw)
    return _gradient_test.finite_differences(task, step)


def assert_same_law(
    f: Callable[[Any], Any],
    g: Callable[[Any], Any],
    key: jax.Array,
    *,
    n: int = 1 << 15,
    alpha: float = 1e-6,
) -> LawReport:
    """Assert that ``f(key)`` and ``g(key)`` have the same distribution.

    Two-sample Kolmogorov-Smirnov tests on ``n`` independent draws of each: every component (the
    first 64) and, for vectors, 8 random projections, with Bonferroni's correction. Discrete laws
    are fine (the test is then conservative). A difference in distribution functions of about
    ``4 / sqrt(n)`` is found almost surely at the default ``alpha``.

    Args:
        f: ``f(key)``, an array or a pytree of arrays.
        g: likewise, of the same number of elements.
        key: one typed or raw key.
        n: draws of each.
        alpha: the chance that equal laws are called different is at most this.

    Returns:
        A `LawReport`.

    Raises:
        DifferentLawError: the laws differ.
        TypeError: ``f`` and ``g`` draw different numbers of elements.
        ValueError: a draw is not finite.
    """
    report = _gradient_test.compare_laws(f, g, key, n, alpha)
    if report.different:
        error = DifferentLawError(f"the laws differ: {report}")
        error.report = report
        raise error
    return report


_WHY = {
    "zero": "the result is piecewise constant, so its derivative is silently 0; use"
    " randlint_runtime.score_function, a relaxation, or lax.stop_gradient if that is intended",
    "biased": "a derivative exists, but its mean is not the gradient of the expectation; use the"
    " sampler of randlint_runtime.random",
    "branch": "the derivative misses the jump between the branches",
    "pathwise": "the derivative belongs to this generative process, not to the law",
    "implicit": "the derivative is that of the inverse distribution function",
    "values": "the derivative passes to the values picked, not to the choice",
}
