"""The mistakes that benchmarks/mutate.py injects: each operator on one small function."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
HEAD = "import jax\nfrom jax import lax, random\n"

# operator, correct source, and what one of the mutants holds instead
CASES = {
    "sibling": (
        """
def f(key):
    a, b = random.split(key)
    x = random.normal(a)
    return x + random.normal(b)
""",
        "return x + random.normal(a)",
    ),
    "parent": (
        """
def f(key):
    a, b = random.split(key)
    return random.normal(a) + random.normal(b)
""",
        "return random.normal(key) + random.normal(b)",
    ),
    "same element": (
        """
def f(key):
    keys = random.split(key)
    return random.normal(keys[0]) + random.normal(keys[1])
""",
        "random.normal(keys[0]) + random.normal(keys[0])",
    ),
    "two callees": (
        """
def f(key, other):
    x = random.normal(key)
    return x + random.normal(other)
""",
        "return x + random.normal(key)",
    ),
    "re-split out of the loop": (
        """
def f(key, n):
    total = 0.0
    for _ in range(n):
        key, sub = random.split(key)
        total += random.normal(sub)
    return total
""",
        "    key, sub = random.split(key)\n    for _ in range(n):\n        total += random",
    ),
    "forgotten split": (
        """
def f(key):
    key, sub = random.split(key)
    x = random.normal(sub)
    return x + random.normal(key)
""",
        "    sub = key\n",
    ),
    "parent kept": (
        """
def f(key):
    key, sub = random.split(key)
    x = random.normal(sub)
    return x + random.normal(key)
""",
        "    _, sub = random.split(key)\n",
    ),
    "closed-over key": (
        """
def f(key, xs):
    first, rest = random.split(key)
    def body(carry, k):
        return carry + random.normal(k), None
    return random.normal(first) + lax.scan(body, 0.0, random.split(rest, 3))[0]
""",
        "return carry + random.normal(first), None",
    ),
    "loop over keys": (
        """
def f(key, n):
    return [random.normal(k) for k in random.split(key, n)]
""",
        "[random.normal(key) for k in",
    ),
    "past the end": (
        """
def f(key):
    keys = random.split(key, 3)
    return random.normal(keys[2])
""",
        "random.normal(keys[3])",
    ),
    "wrong number of keys": (
        """
def f(key):
    a, b = random.split(key)
    return random.normal(a) + random.normal(b)
""",
        "a, b = random.split(key, 3)",
    ),
    "overwritten key": (
        """
def f(key):
    return random.normal(key)
""",
        "def f(key):\n    key = random.PRNGKey(0)\n    return",
    ),
    "default key": (
        """
def f(key, n=1):
    return random.normal(key, (n,))
""",
        "def f(key=random.PRNGKey(0), n=1):",
    ),
    "fold_in constant": (
        """
def f(key):
    x = random.normal(random.fold_in(key, 1))
    return x + random.normal(random.fold_in(key, 2))
""",
        "return x + random.normal(random.fold_in(key, 1))",
    ),
    "equal seeds": (
        """
def f():
    a = random.PRNGKey(0)
    b = random.PRNGKey(1)
    return random.normal(a) + random.normal(b)
""",
        "b = random.PRNGKey(0)",
    ),
    "vmap over one key": (
        """
def f(g, key, xs):
    keys = random.split(key, 3)
    return jax.vmap(g)(keys, xs)
""",
        "jax.vmap(lambda lane_1: (g)(key, lane_1))(xs)",
    ),
    "no stop_gradient": (
        """
def f(theta, key):
    x = theta + random.normal(key)
    x = lax.stop_gradient(x)
    return log_prob(x, theta) * x
def g(theta, key):
    return jax.grad(f)(theta, key)
""",
        "    x = x\n",
    ),
    "discrete draw": (
        """
def f(theta, x):
    loss = (theta - x) ** 2
    return loss
def g(theta, x):
    return jax.grad(f)(theta, x)
""",
        "return loss * random.bernoulli(random.PRNGKey(0), loss)",
    ),
}

# correct programs that look like places for a mistake, and are none
HARMLESS = {
    "exclusive arms": """
def f(key, which):
    a, b = random.split(key)
    if which:
        return random.normal(a)
    return random.normal(b)
""",
    "a name bound again": """
def f(key):
    key, sub = random.split(key)
    key, other = random.split(key)
    return random.normal(other)
""",
    "a predicate": """
def f(key, other):
    assert is_key(key)
    return random.normal(other)
""",
    "the arms of a where": """
def f(key, p):
    a, b = random.split(key)
    return jax.numpy.where(p, random.normal(a), random.normal(b))
""",
    "a callee that ignores its key": """
def g(key):
    return 1.0
def f(key):
    a, b = random.split(key)
    return g(a) + random.normal(b)
""",
}


@pytest.fixture(scope="module")
def mutate() -> ModuleType:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return importlib.import_module("mutate")
    finally:
        sys.path.remove(str(BENCHMARKS))


def made(mutate: ModuleType, text: str) -> dict[str, list[str]]:
    """The mutated texts of a module by operator."""
    found: dict[str, list[str]] = {}
    for mutant in mutate.mutants_of(text, mutate.Ignoring([text])):
        found.setdefault(mutant.operator, []).append(mutant.apply(text))
    return found


# the same operators at other places
MORE = [
    (
        "no stop_gradient",
        CASES["discrete draw"][0],
        "    sample_ = mean_ + random.normal(random.PRNGKey(0))\n    return",
    ),
    (
        "forgotten split",
        """
def f(key, n):
    for _ in range(n):
        key, sub = random.split(key)
        run(random.normal(sub))
""",
        "        sub = key\n",
    ),
    (
        "forgotten split",
        """
def f(key):
    key, sub = random.split(
        key, 2
    )
    return key, random.normal(sub)
""",
        "    sub = key\n\n\n    return key",
    ),
    (
        "loop over keys",
        """
def f(key, n):
    keys = random.split(key, n)
    for i in range(n):
        run(random.normal(keys[i]))
""",
        "run(random.normal(keys[0]))",
    ),
    (
        "loop over keys",
        """
def f(key, xs):
    for _ in range(3):
        key, *subs = random.split(key, 4)
        for i, x in enumerate(xs):
            run(random.normal(subs[i]) + x)
""",
        "run(random.normal(subs[0]) + x)",
    ),
    (
        "loop over keys",
        """
def f(xs, n):
    key = random.PRNGKey(0)
    keys = random.split(key, n)
    for k in keys:
        run(random.normal(k))
    for k, x in zip(keys, xs):
        run(x, random.uniform(k))
""",
        "run(x, random.uniform(key))",
    ),
    (
        "equal seeds",
        """
def f():
    return random.normal(random.PRNGKey(0)) + random.uniform(random.PRNGKey(1))
""",
        "random.uniform(random.PRNGKey(0))",
    ),
    (
        "fold_in constant",
        """
def f(key, x):
    def more(carry):
        i, x = carry
        return i + 1, x + random.normal(random.fold_in(key, i))
    return lax.while_loop(lambda carry: carry[0] < 9, more, (0, x))
""",
        "random.fold_in(key, 0)",
    ),
    (
        "equal seeds",
        """
def f(seed):
    a, b = random.PRNGKey(seed), random.PRNGKey(seed + 1)
    return random.normal(a) + random.uniform(b)
""",
        "random.PRNGKey(seed), random.PRNGKey(seed)",
    ),
    (
        "vmap over one key",
        """
def f(g, key, xs, y):
    keys = random.split(key, 3)
    return jax.vmap(lambda x, y, k: g(k, x, y), in_axes=(0, None, 0))(xs, y, keys)
""",
        "(lane_0, lane_1, key), in_axes=(0, None,))(xs, y)",
    ),
    (
        "re-split out of the loop",
        """
def f(key, n, xs):
    for _ in range(n):
        key, sub = random.split(key)
        for x in xs:
            run(random.normal(sub), x)
""",
        "    key, sub = random.split(key)\n    for _ in range(n):\n        for x in xs",
    ),
]


@pytest.mark.parametrize(("operator", "source", "expected"), MORE)
def test_operators_find_other_places(
    mutate: ModuleType, operator: str, source: str, expected: str
) -> None:
    texts = made(mutate, HEAD + source).get(operator, [])
    assert any(expected in text for text in texts)
    for text in texts:
        compile(text, operator, "exec")


# what would be no mistake, by the operator that must not make it
NO_MISTAKE = [
    (
        "equal seeds",
        """
def test(net):
    x = random.normal(random.PRNGKey(0))
    return net.init(random.PRNGKey(1), x)
""",
    ),
    (
        "no stop_gradient",  # nobody takes a derivative
        """
def f(key, theta):
    x = lax.stop_gradient(theta + random.normal(key))
    return log_prob(x, theta) * x
""",
    ),
    (
        "sibling",  # nothing here draws when it is applied
        """
def f(net, key, x):
    a, b = random.split(key)
    params = net.init(a, x)
    return net.apply(params, b, x)
""",
    ),
    (
        "loop over keys",  # the key is used twice, to know what a sampler does with it
        """
def test(model, parts):
    key = random.PRNGKey(0)
    actual = jax.jit(model.sample)(key)
    for k, part in zip(random.split(key, 2), parts):
        check(actual, part.sample(k))
""",
    ),
    (
        "vmap over one key",  # said to be one key
        """
def f(g, key, xs):
    keys = random.split(key, 3)
    return jax.vmap(g, in_axes=(None, 0))(keys, xs)
""",
    ),
    (
        "forgotten split",  # one turn of the loop is all there is
        """
def f(key, n):
    for _ in range(n):
        key, sub = random.split(key)
        return random.normal(sub)
""",
    ),
]


@pytest.mark.parametrize(("operator", "source"), NO_MISTAKE)
def test_operators_make_nothing_that_is_right(
    mutate: ModuleType, operator: str, source: str
) -> None:
    assert operator not in made(mutate, HEAD + source)


@pytest.mark.parametrize("operator", CASES)
def test_each_operator_makes_its_mistake_and_changes_nothing_else(
    mutate: ModuleType, operator: str
) -> None:
    source, expected = CASES[operator]
    texts = made(mutate, HEAD + source).get(operator, [])
    assert any(expected in text for text in texts)
    for text in texts:
        compile(text, operator, "exec")
        assert text.startswith(HEAD) and text != HEAD + source


@pytest.mark.parametrize("name", HARMLESS)
def test_places_where_one_key_would_do_no_harm_are_left_alone(
    mutate: ModuleType, name: str
) -> None:
    found = made(mutate, HEAD + HARMLESS[name])
    assert not {"sibling", "two callees", "forgotten split"} & set(found)


def test_a_run_counts_what_is_flagged_and_says_why_a_miss_was_missed(
    mutate: ModuleType, tmp_path: Path
) -> None:
    package = tmp_path / "package"
    package.mkdir()
    clean, seen = HEAD + CASES["sibling"][0], CASES["same element"][0].replace("f(key)", "g(key)")
    wrong = "\ndef h(key, x):\n    return random.normal(key), random.uniform(key)\n"
    (package / "draws.py").write_text(clean + seen + wrong)
    outcomes = mutate.run([tmp_path], seed=0, count=50)
    assert {each.planted.mutant.operator for each in outcomes} >= {"sibling", "same element"}
    assert all(each.flagged for each in outcomes)
    last = HEAD.count("\n") + clean.count("\n") + 1
    assert not any(each.planted.mutant.inside[0] > last + seen.count("\n") for each in outcomes)
    again = mutate.run([tmp_path], seed=0, count=50)
    edits = [[each.planted.mutant.edits for each in run] for run in (outcomes, again)]
    assert edits[0] == edits[1]


def test_a_missing_folder_is_named(mutate: ModuleType, tmp_path: Path, capsys) -> None:
    assert mutate.main([str(tmp_path / "nowhere")]) == 2
    assert "not a folder" in capsys.readouterr().err
