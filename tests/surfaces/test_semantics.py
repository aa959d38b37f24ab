"""docs/semantics.md is run from top to bottom; its assertions are its numbers."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs" / "semantics.md"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks() -> list[tuple[int, str]]:
    """The (first line, text) of every block of Python."""
    page = PAGE.read_text(encoding="utf-8")
    return [(page.count("\n", 0, match.start(1)), match[1]) for match in BLOCK.finditer(page)]


def test_every_block_runs() -> None:
    pytest.importorskip("jax")
    space: dict[str, Any] = {"__name__": "semantics"}
    for line, text in blocks():
        exec(compile("\n" * line + text, str(PAGE), "exec"), space)


def test_the_numbers_are_asserted() -> None:
    """All blocks but the one that defines how to measure; at least 25 assertions in all."""
    counts = [
        sum(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(text)))
        for _, text in blocks()
    ]
    assert counts.count(0) == 1
    assert sum(counts) >= 25


def test_no_other_block_is_python_in_disguise() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"^```(\w*)$", page, re.MULTILINE)) <= {"python", ""}


# --- the numbers outside the blocks

TINY = np.float32(1e-3)


def _stated(pattern: str) -> list[float]:
    """The numbers that the page states where `pattern` matches; commas separate several."""
    found = re.search(pattern, PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None, f"the page does not say: {pattern}"
    return [float(each) for group in found.groups() for each in group.split(",")]


def _slopes(process: Callable[..., Any], theta: Any, n: int, *, jitted: bool = True) -> np.ndarray:
    """d process(key, theta) / d theta at `n` keys, float64."""
    jax = pytest.importorskip("jax")
    one = jax.vmap(jax.grad(lambda theta, key: process(key, theta)), (None, 0))
    keys = jax.random.split(jax.random.key(1), n)
    return np.asarray((jax.jit(one) if jitted else one)(np.float32(theta), keys), np.float64)


@pytest.mark.parametrize(("name", "theta"), [("beta", 2.0), ("t", 12.0)])
def test_how_much_variance_the_implicit_gradient_saves(name: str, theta: float) -> None:
    """The variance of jax's gradient over that of the conditional mean, which is the least."""
    jax = pytest.importorskip("jax")
    from scipy import stats

    said = (
        r"JAX's rule has ([\d.]+)\s+times that variance for `beta\(2, 1.5\)` and ([\d.]+) times for"
    )
    ratio = dict(zip(("beta", "t"), _stated(said), strict=True))[name]
    second = (1.5,) if name == "beta" else ()

    def process(theta: Any, key: Any) -> Any:
        return getattr(jax.random, name)(key, theta, *second)

    def law(theta: float) -> Any:
        return getattr(stats, name)(theta, *second)

    keys = jax.random.split(jax.random.key(1), 10_000)
    along = jax.vmap(lambda key: jax.jvp(partial(process, key=key), (theta,), (1.0,)))
    draws, slopes = (np.asarray(each, np.float64) for each in jax.jit(along)(keys))
    step = 1e-4
    rise = law(theta + step).cdf(draws) - law(theta - step).cdf(draws)
    least = -rise / (2 * step * law(theta).pdf(draws))
    assert abs(slopes.mean() - least.mean()) < 5 * slopes.std() / 100
    assert slopes.var() / least.var() == pytest.approx(ratio, abs=0.2)


def test_wald_at_every_mean_of_the_table() -> None:
    jax = pytest.importorskip("jax")
    numbers = _stated(r"\| `wald` \| mean ([\d., ]+) \| mean ([\d., ]+) instead of 1 \|")
    means, said = np.split(np.array(numbers), 2)
    measured = [_slopes(jax.random.wald, mean, 50_000).mean() for mean in means]
    assert measured == pytest.approx(said, abs=0.02)


def test_tiny_concentrations() -> None:
    jax = pytest.importorskip("jax")
    from scipy.special import polygamma

    def beta(key: Any, a: Any) -> Any:
        return jax.random.beta(key, a, TINY)

    def dirichlet(key: Any, a: Any) -> Any:
        return jax.random.dirichlet(key, jax.numpy.array([a, TINY, TINY]))[0]

    for name, process, truth in (
        ("loggamma", jax.random.loggamma, polygamma(1, 1e-3)),  # E[log x] = digamma(a)
        ("beta", beta, 1e-3 / 2e-3**2),  # E[x] = a / (a + b)
        ("dirichlet", dirichlet, 2e-3 / 3e-3**2),
    ):
        (percent,) = _stated(rf"\| `{name}` \|[^|]*\| (\d+) % of the truth")
        share = 100 * _slopes(process, TINY, 10_000).mean() / truth
        assert share == pytest.approx(percent, abs=5), name


def test_what_is_not_finite() -> None:
    jax = pytest.importorskip("jax")
    jnp = jax.numpy

    def percent(slopes: np.ndarray) -> float:
        return 100 * float((~np.isfinite(slopes)).mean())

    (of_t,) = _stated(r"\| `t` \| df = 0.1 \| (\d+) % of the values not finite \|")
    assert percent(_slopes(jax.random.t, 0.1, 10_000)) == pytest.approx(of_t, abs=2)

    some, jitted = _stated(
        r"\[5, 6\] \| (\d+) % not finite; at \[5.5, 6.5\] all NaN, jitted (\d+) % not finite \|"
    )
    draw = jax.random.truncated_normal
    inner = _slopes(lambda key, upper: draw(key, 5.0, upper), 6.0, 4_000)
    outer = partial(_slopes, lambda key, upper: draw(key, 5.5, upper), 6.5, 4_000)
    assert percent(inner) == pytest.approx(some, abs=2)
    assert np.isnan(outer(jitted=False)).all()
    assert percent(outer()) == pytest.approx(jitted, abs=5)

    (alpha,) = _stated(r"NaN at alpha = ([\d.e-]+) \|")
    of_dirichlet = jax.jacobian(partial(jax.random.dirichlet, jax.random.key(0)))
    assert jnp.isnan(of_dirichlet(jnp.full(3, alpha))).any()

    for method in ("eigh", "svd"):
        assert f'"{method}"' in PAGE.read_text(encoding="utf-8")
        draws = partial(jax.random.multivariate_normal, jax.random.key(0), method=method)
        slope = jax.grad(lambda cov, draws=draws: draws(jnp.zeros(2), cov).sum())
        assert jnp.isnan(slope(jnp.eye(2))).all()


def test_whatever_it_names_of_the_runtime_exists() -> None:
    names = set(re.findall(r"`randlint_runtime((?:\.\w+)+)", PAGE.read_text(encoding="utf-8")))
    names |= {f".estimators.{each}" for each in re.findall(r"`estimators\.(\w+)", PAGE.read_text())}
    assert len(names) > 5
    for dotted in names:
        found: Any = importlib.import_module("randlint_runtime")
        for part in dotted.strip(".").split("."):
            if not hasattr(found, part):
                importlib.import_module(f"{found.__name__}.{part}")
            found = getattr(found, part)


def test_it_is_short_enough_to_be_read() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("<!-- samplers")
    table = text[2].partition("<!-- end of samplers -->")
    assert (text[0] + table[2]).count("\n") < 360
