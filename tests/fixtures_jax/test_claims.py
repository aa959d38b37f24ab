"""Run the gradient fixtures with jax: the linter is checked against the language, not itself.

Each function of tests/fixtures/RND2xx.py takes `(theta, key)` and returns a derivative. The table
`CASES` in the file of the same name beside this one says what that derivative is:

    zero                 exactly 0 for every key (and the stated truth is not)
    float0_or_typeerror  the draw stays integer: jax raises TypeError or answers float0
    biased               the mean over keys misses the truth by more than 5 standard errors
    unbiased             the mean over keys is within 4.5 standard errors of the truth
    finite               finite and not always 0; no closed form
    allowed              jax differentiates it without an error (traced, not run)
    float0               jax answers float0: there is no derivative, and no error
    raises               jax refuses the derivative with TypeError or ValueError

A function of tests/fixtures/RND301.py takes `x`, and its table says what two calls answer:

    frozen               the same twice: the host draw was made while tracing
    moving               two different draws
"""

from __future__ import annotations

import ast
import importlib.util
import runpy
import sys
import types
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest

_HERE = Path(__file__).parent
_FIXTURES = _HERE.parent / "fixtures"
_DRAWS = 20_000
_BIASED_Z = 5.0
_UNBIASED_Z = 4.5
# Compilation takes most of the time here, and every program runs once.
_QUICK_COMPILATION: Any = {
    "xla_backend_optimization_level": 0,
    "xla_llvm_disable_expensive_passes": True,
    "xla_cpu_use_fusion_emitters": False,
}


def _codes() -> list[str]:
    return sorted(path.stem for path in _HERE.glob("RND*.py"))


def _imported_modules(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


class _Absent(types.ModuleType):
    """Stands for a framework that is not installed, while a fixture file is imported."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": lambda self, *args, **options: None})


class _Fixture:
    """A fixture file, imported; frameworks that are missing are replaced by placeholders."""

    def __init__(self, code: str) -> None:
        path = _FIXTURES / f"{code}.py"
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        modules = _imported_modules(self.tree)
        self.absent = {m for m in modules if importlib.util.find_spec(m.split(".")[0]) is None}
        parents = {m.rsplit(".", 1)[0] for m in self.absent if "." in m}
        placeholders = {m: _Absent(m) for m in self.absent | parents}
        for name in placeholders.keys() - parents:
            if "." in name:
                parent, child = name.rsplit(".", 1)
                setattr(placeholders[parent], child, placeholders[name])
        sys.modules.update(placeholders)
        try:
            self.namespace = runpy.run_path(str(path), run_name=f"fixture_{code}")
        finally:
            for name in placeholders:
                del sys.modules[name]

    def public_functions(self) -> list[str]:
        return [
            node.name
            for node in self.tree.body
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        ]

    def missing_for(self, function: str) -> str | None:
        """Name the absent framework that `function`, or what it mentions here, mentions, if any."""
        used = self._mentioned(function)
        for statement in self.tree.body:
            if isinstance(statement, ast.Import):
                pairs = [(a.name, a.asname or a.name.split(".")[0]) for a in statement.names]
            elif isinstance(statement, ast.ImportFrom):
                pairs = [(statement.module or "", a.asname or a.name) for a in statement.names]
            else:
                continue
            for module, bound in pairs:
                if module in self.absent and bound in used:
                    return module
        return None

    def _mentioned(self, name: str) -> set[str]:
        """The names in a definition of the file, and in the definitions that it mentions."""
        bodies: dict[str, ast.AST] = {}
        for node in self.tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                bodies[node.name] = node
            elif isinstance(node, ast.Assign):
                bodies |= {each.id: node for each in node.targets if isinstance(each, ast.Name)}
        found: set[str] = set()
        waiting = {name}
        while waiting:
            body = bodies.get(waiting.pop())
            if body is not None:
                names = {each.id for each in ast.walk(body) if isinstance(each, ast.Name)}
                waiting |= names - found
                found |= names
        return found


_fixtures: dict[str, _Fixture] = {}


def _fixture(code: str) -> _Fixture:
    if code not in _fixtures:
        _fixtures[code] = _Fixture(code)
    return _fixtures[code]


def _table(code: str) -> dict[str, Any]:
    return runpy.run_path(str(_HERE / f"{code}.py"))


def _all_cases() -> list[Any]:
    return [
        pytest.param(code, name, case, id=f"{code}-{name}")
        for code in _codes()
        for name, case in _table(code)["CASES"].items()
    ]


_draws_of_program: dict[tuple[Any, ...], np.ndarray] = {}


def _sample(function: Any, theta: Any) -> np.ndarray:
    """Call `function(theta, key)` for many keys: an array of derivatives, float64.

    Fixtures that come down to the same program (a decorator and a call, say) share one run.
    """
    keys = jax.random.split(jax.random.PRNGKey(20_240_607), _DRAWS)
    traced = jax.jit(jax.vmap(function, in_axes=(None, 0))).trace(theta, keys)
    constants = tuple(np.asarray(c).tobytes() for c in traced.jaxpr.consts)
    program = (str(traced.jaxpr), constants, np.asarray(theta).tobytes())
    if program not in _draws_of_program:
        draws = _compile_quickly(traced.lower())(theta, keys)
        _draws_of_program[program] = np.asarray(draws, dtype=np.float64)
    return _draws_of_program[program]


def _compile_quickly(lowered: Any) -> Any:
    try:
        return lowered.compile(compiler_options=_QUICK_COMPILATION)
    except Exception as error:  # the options are those of one version of XLA
        if "No such compile option" not in str(error):
            raise
        return lowered.compile()


def _z(draws: np.ndarray, truth: Any) -> np.ndarray:
    """Distance of the mean from the truth in standard errors, each component.

    Float32 rounding of a deterministic derivative counts as one standard error.
    """
    mean = draws.mean(axis=0)
    rounding = 1e-5 * (1.0 + np.abs(truth))
    error = np.sqrt(draws.var(axis=0) / draws.shape[0] + rounding**2)
    return np.abs(mean - truth) / error


def _check_zero(function: Any, theta: Any, truth: Any = None) -> None:
    assert truth is None or np.any(np.asarray(truth) != 0.0)
    np.testing.assert_array_equal(_sample(function, theta), 0.0)


def _check_biased(function: Any, theta: Any, truth: Any) -> None:
    draws = _sample(function, theta)
    assert np.isfinite(draws).all()
    z = _z(draws, truth)
    assert (z > _BIASED_Z).any(), f"mean {draws.mean(axis=0)}, truth {truth}, z {z}"


def _check_unbiased(function: Any, theta: Any, truth: Any) -> None:
    draws = _sample(function, theta)
    assert np.isfinite(draws).all()
    z = _z(draws, truth)
    assert (z < _UNBIASED_Z).all(), f"mean {draws.mean(axis=0)}, truth {truth}, z {z}"


def _check_finite(function: Any, theta: Any) -> None:
    draws = _sample(function, theta)
    assert np.isfinite(draws).all()
    assert np.any(draws != 0.0)


def _check_integer(function: Any, theta: Any) -> None:
    try:
        answer = jax.eval_shape(function, theta, jax.random.PRNGKey(0))
    except TypeError:
        return
    assert jax.tree.leaves(answer)[0].dtype == jax.dtypes.float0


def _check_float0(function: Any, theta: Any) -> None:
    for key in (jax.random.PRNGKey(0), jax.random.key(0)):
        answer = jax.eval_shape(function, theta, key)
        assert jax.tree.leaves(answer)[0].dtype == jax.dtypes.float0


def _check_raises(function: Any, theta: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        jax.eval_shape(function, theta, jax.random.PRNGKey(0))


def _check_allowed(function: Any, theta: Any) -> None:
    answer = jax.eval_shape(function, theta, jax.random.PRNGKey(0))
    assert jax.numpy.issubdtype(answer.dtype, jax.numpy.floating)


def _same_answer_twice(function: Any, x: Any) -> bool:
    first, second = jax.tree.leaves(function(x)), jax.tree.leaves(function(x))
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def _check_frozen(function: Any, x: Any) -> None:
    assert _same_answer_twice(function, x)


def _check_moving(function: Any, x: Any) -> None:
    assert not _same_answer_twice(function, x)


_CHECKS = {
    "zero": _check_zero,
    "biased": _check_biased,
    "unbiased": _check_unbiased,
    "finite": _check_finite,
    "float0_or_typeerror": _check_integer,
    "float0": _check_float0,
    "raises": _check_raises,
    "allowed": _check_allowed,
    "frozen": _check_frozen,
    "moving": _check_moving,
}


@pytest.mark.parametrize(("code", "name", "case"), _all_cases())
def test_claim(code: str, name: str, case: tuple[Any, ...]) -> None:
    fixture = _fixture(code)
    missing = fixture.missing_for(name)
    if missing is not None:
        pytest.skip(f"{missing} is not installed, and the fixture calls it")
    theta, claim, *truth = case
    theta = jax.numpy.asarray(theta, dtype=jax.numpy.float32)
    _CHECKS[claim](fixture.namespace[name], theta, *truth)


@pytest.mark.parametrize("code", _codes())
def test_every_fixture_is_claimed_or_explained(code: str) -> None:
    table = _table(code)
    functions = _fixture(code).public_functions()
    claimed, explained = set(table["CASES"]), set(table["NOT_RUN"])
    assert not claimed & explained
    assert sorted(claimed | explained) == sorted(functions)
    assert all(table["NOT_RUN"].values())


def test_the_checks_can_fail() -> None:
    """Each check refuses a derivative that does not fit its claim."""
    noisy = lambda theta, key: theta + jax.random.normal(key)  # noqa: E731
    theta = jax.numpy.asarray(1.0)
    with pytest.raises(AssertionError):
        _check_zero(noisy, theta)
    with pytest.raises(AssertionError):
        _check_biased(noisy, theta, 1.0)
    with pytest.raises(AssertionError):
        _check_unbiased(noisy, theta, 1.1)
    with pytest.raises(AssertionError):
        _check_finite(lambda theta, key: 0.0 * theta, theta)
    with pytest.raises(AssertionError):
        _check_integer(noisy, theta)
    with pytest.raises(pytest.fail.Exception):
        _check_raises(noisy, theta)
    with pytest.raises(AssertionError):
        _check_allowed(lambda theta, key: key, theta)
    with pytest.raises(AssertionError):
        _check_frozen(lambda x: x + np.random.normal(), theta)
    with pytest.raises(AssertionError):
        _check_moving(lambda x: x, theta)
