"""Values inside of values: a shared one is visited once, a deep one is no deeper than a loop.

Costs are counted in steps of the budget and in parts visited, never in seconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from randlint.diagnosis import Analysis, analyse
from randlint.interpreter.machine.budget import VISITS
from randlint.interpreter.machine.core import Interpreter
from randlint.rules import registry

HEAD = """\
import dataclasses
import functools
import jax
import jax.numpy as jnp
from jax import lax, random

@dataclasses.dataclass
class A:
    x: object
    y: object

class B:
    def __init__(self, x, y):
        self.x = x
        self.y = y

"""
# What makes a value of a value, and what it starts with.
NESTS = {
    "tuples": ("t = (key, key)", "t = (t, t)"),
    "lists": ("t = [key]", "t = [t, t, t]"),
    "dicts": ("t = {'a': key}", "t = {'a': t, 'b': t}"),
    "dicts by name": ("t = {'a': key}", "t = dict(a=t, b=t)"),
    "dicts of lists": ("t = key", "t = {'a': (t, [t])}"),
    "one in one": ("t = (key,)", "t = (t,)"),
    "data": ("t = A(key, key)", "t = A(t, t)"),
    "objects": ("t = B(key, key)", "t = B(t, t)"),
    "objects that hold themselves": ("t = B(key, key)", "t.x = t\n    t = B(t, t)\n    t.y = t"),
    "zips": ("t = random.split(key)", "t = zip(t, t)"),
    "partials": ("t = random.normal", "t = functools.partial(t, dtype=x)"),
    "partials of themselves": ("t = random.normal", "t = functools.partial(t, t)"),
    "closures": ("t = lambda: key", "t = (lambda g: lambda: g())(t)"),
    "sums": ("t = (key,)", "t = t + t"),
    "sums in place": ("t = [key]", "t += t"),
    "stars": ("t = [key]", "t = [*t, *t]"),
    "appended": ("t = [key]", "t.append(t)"),
    "updated": ("t = {'a': key}", "t.update(t, b=t)"),
    "alike alternatives": ("t = (key,)", "t = (t,) if x else (t, t)"),
}
# What walks over it.
WALKS = {
    "return": "return t",
    "call": "g(t)\n    g(t)",
    "method": "x.init(t, key=t)",
    "draw": "random.normal(t)",
    "split": "random.split(t)",
    "fold": "random.fold_in(key, t)",
    "called": "t()",
    "helper": "helper(t)",
    "store": "x.key = t",
    "loop": "for a in t:\n        g(a)",
    "comparison": "assert t == t\n    jnp.testing.assert_allclose(t, t)",
    "scan": "lax.scan(lambda s, a: (s, g(s)), t, t)",
    "vmap": "jax.vmap(lambda s: s)(t)",
    "vmap with axes of its own": "jax.vmap(lambda s: s, in_axes=(t,))(t)",
    "grad": "jax.grad(lambda s: g(s))(t)",
    "jit": "jax.jit(lambda s: g(s))(t)",
    "tree": "jax.tree.map(lambda s: random.normal(s), t)",
    "label": "t = jax.lax.stop_gradient(t)",
    "attribute": "print(t.x, t[0], t['a'], f'{t!r}')",
    "condition": "while t:\n        t = g(t)",
    "object": "A(t, t)\n    B(t, t)",
}
HELPER = "\n\ndef helper(t):\n    return t, random.normal(t[0])\n"


def _program(start: str, lines: list[str], end: str) -> str:
    body = "".join(f"    {line}\n" for line in (start, *lines, end))
    return f"{HEAD}def f(key, x):\n{body}{HELPER}"


@dataclass
class Counted:
    """What an analysis found, and what it cost."""

    analysis: Analysis
    steps: int
    visited: int


Count = Callable[[str], Counted]


@pytest.fixture(scope="module")
def count() -> Count:
    """Analyse a program, and count steps and visits of all its roots."""

    def run(text: str) -> Counted:
        machines: list[Interpreter] = []
        forget = Interpreter.forget
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Interpreter, "forget", lambda self: (machines.append(self), forget(self)))
            analysis = analyse(text, "nested.py", codes=frozenset(registry()))
        steps = sum(machine.budget.steps for machine in machines)
        return Counted(analysis, steps, sum(machine.budget.visited for machine in machines))

    return run


@pytest.mark.parametrize("nest", sorted(NESTS.keys() - {"sums in place"}))
def test_ten_times_the_nesting_costs_ten_times_the_steps(nest: str, count: Count) -> None:
    start, line = NESTS[nest]
    few, many = (count(_program(start, [line] * size, "g(t)")) for size in (60, 600))
    assert few.analysis.unfinished == many.analysis.unfinished == ()
    assert many.steps < 12 * few.steps
    # Sums are looked through up to the length beyond which nobody counts.
    assert many.visited < 12 * few.visited + 40 * VISITS


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize("nest", ["tuples", "dicts", "one in one", "data", "zips"])
def test_whoever_walks_visits_a_shared_value_once(nest: str, walk: str, count: Count) -> None:
    """Forty times `t = (t, t)` has a million million ways to the key in it."""
    start, line = NESTS[nest]
    counted = count(_program(start, [line] * 40, WALKS[walk]))
    assert counted.analysis.unfinished == ()
    assert counted.visited < 4000


@pytest.mark.parametrize("walk", WALKS)
@pytest.mark.parametrize("nest", ["one in one", "dicts"])
def test_five_thousand_levels_are_not_too_deep(nest: str, walk: str) -> None:
    start, line = NESTS[nest]
    text = _program(start, [line] * 5000, WALKS[walk])
    analysis = analyse(text, "deep.py", codes=frozenset(registry()))
    assert analysis.unfinished == ()


@pytest.mark.parametrize("nest", ["tuples", "dicts", "one in one", "lists"])
@pytest.mark.parametrize("size", [0, 3, 5000])
def test_a_key_is_found_however_deep_it_is(nest: str, size: int) -> None:
    start, line = NESTS[nest]
    text = _program(start, [line] * size, "return random.normal(key), g(t)")
    analysis = analyse(text, "deep.py", codes=frozenset(registry()))
    row = text[: text.index("    return random")].count("\n") + 1
    found = [each for each in analysis.findings if each.code == "RND101"]
    assert [each.location.start.row for each in found] == [row]


def test_a_container_that_is_handed_over_twice_hands_its_key_over_twice() -> None:
    once, twice = (
        analyse(
            _program("t = (random.key(0),)", [], f"g({what})"), "a.py", codes=frozenset(registry())
        )
        for what in ("t", "(t, t)")
    )
    assert [each.code for each in once.findings] == []
    assert [each.code for each in twice.findings] == ["RND114"]


def test_alternatives_inside_of_alternatives_spend_budget(count: Count) -> None:
    """Each has a path of its own, of which there are too many: that is said."""
    lines = [f"t = (t,) if x[{i}] else (t, t)" for i in range(40)]
    counted = count(_program("t = (key,)", lines, "return t"))
    assert [each.name for each in counted.analysis.unfinished] == ["`f`"]
    assert counted.visited < 100_000


_BUILDING = (
    *(line for _, line in NESTS.values()),
    *("t = (key, t)", "t = {'k': t, **t}", "t, u = (t, u), t", "u = t", "t = [u, *t]", "t = u"),
    *("t = {u: t for u in t}", "t = [u for u in t]", "t = t[0]", "t = t['a']", "t = t.x"),
    *("t = jax.jit(t)", "t = helper(t)", "t = enumerate(t)", "t = list(t)", "u = {x: t}"),
    *("t[0] = u", "t['a'] = u", "t.x = u", "t = jnp.stack([t, u])", "t = jax.vmap(lambda s: s)(t)"),
    *("key, u = random.split(key)", "t = lambda t=t: t", "t = lax.stop_gradient(t)", "u = t or u"),
)


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    lines=st.lists(st.sampled_from(_BUILDING), min_size=1, max_size=12),
    walks=st.lists(st.sampled_from([*WALKS.values()]), min_size=1, max_size=4),
    times=st.sampled_from([1, 12]),
)
def test_whatever_is_nested(lines: list[str], walks: list[str], times: int) -> None:
    """A dozen lines, again and again: an answer, and no failure."""
    text = _program("t = u = (key, key)", lines * times, "\n    ".join(walks))
    analysis = analyse(text, "nested.py", codes=frozenset(registry()))
    assert [each.error for each in analysis.unfinished if each.error] == []


# Names of dicts, loops and items that nobody knows: what stands for them is made of nodes.
_NAMELESS = (
    *("{**{x: 1 for x in a}}", "{x: y for x in a}", "{x: 1, **a}", "{f(x): x}", "{**a, **b}"),
    *("dict(a, k=x)", "{x}", "{None: x, **{1.5: x}}", "{lambda: x: x}", "{x[0]: {y: x}}"),
)
_TAKING = (
    *("for n, m in zip($, b):\n        b[n]", "for n in $:\n        b[n][n]", "n, m = $\n    b[n]"),
    *("for n, m in $.items():\n        b[m][n]", "n, *m = $\n    b[n]", "[n] = $\n    b[n:m]"),
    *("b[[*$][0]]", "b[list($)[0]].c[x]", "print(*$, **$)", "f'{b[($)]} {($)!r}'", "b[x, $] = $"),
    *("match $:\n        case {'a': n, **m}:\n            b[n][m]", "m = $\n    m[x] = b[m[y]]"),
    *("for i, n in enumerate($):\n        b[n], b[i]", "b[next(iter($))]", "{b[n] for n in $}"),
    *("m = b[$]\n    random.normal(m)\n    random.normal(m)", "n = sorted($)[0]\n    b[n] == b[n]"),
)


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    lines=st.lists(
        st.tuples(st.sampled_from(_TAKING), st.sampled_from(_NAMELESS)), min_size=1, max_size=4
    )
)
def test_names_that_nobody_knows(lines: list[tuple[str, str]]) -> None:
    """The key in the function has it interpreted; what is shown of an item is no node."""
    body = "".join(f"    {taking.replace('$', name)}\n" for taking, name in lines)
    text = f"{HEAD}def f(key, a, b, x, y, m=0):\n    random.normal(key)\n{body}"
    analysis = analyse(text, "names.py", codes=frozenset(registry()))
    assert [each.error for each in analysis.unfinished] == []


def test_the_name_of_a_dict_that_a_loop_hands_out() -> None:
    text = """\
def f(key, names, spec):
    for n, x in zip({**{t: 1 for t in names}}, spec):
        spec[n]
    return random.normal(key) + random.normal(key)
"""
    analysis = analyse(HEAD + text, "names.py", codes=frozenset(registry()))
    assert analysis.unfinished == ()
    assert [each.code for each in analysis.findings] == ["RND101"]
