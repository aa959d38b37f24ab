"""Programs made to be long: each is answered, and past the budget given up and counted.

No test asserts a time; a program that takes more than its budget allows would be noticed as a test
run that does not end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType

import pytest

from randlint.diagnosis import Analysis, UnreadableSource, analyse
from randlint.interpreter.machine.budget import BUDGET, Budget, OutOfBudget
from randlint.interpreter.machine.core import Interpreter
from randlint.rules import registry

HEAD = "import jax\nfrom jax import lax, random\n"
BRANCHES, FEWER = 2000, 500


def _analyse(text: str) -> Analysis:
    return analyse(HEAD + text, "long.py", codes=frozenset(registry()))


def _codes(analysis: Analysis) -> set[str]:
    return {found.code for found in analysis.findings}


def _function(lines: Sequence[str]) -> str:
    body = "".join(f"    {line}\n" for text in lines for line in text.split("\n"))
    return f"def f(key, x, mode):\n    y = 0\n{body}    return y\n"


# Programs without a mistake: whatever happens to the budget, nothing is found.
CLEAN: dict[str, Callable[[int], str]] = {
    "branches": lambda i: f"if x > {i}:\n    y += random.normal(random.fold_in(key, {i}))",
    "exclusive equalities": lambda i: f"if mode == {i}:\n    y += random.normal(key)",
    "early returns": lambda i: f"if x > {i}:\n    return random.normal(key)",
    "early raises": lambda i: f"if g({i}):\n    raise ValueError(random.normal(key))",
    "returns without keys": lambda i: f"if g({i}):\n    return None\na{i} = random.key({i})",
    "elif": lambda i: f"{'el' if i else ''}if mode == {i}:\n    y += random.normal(key)",
    "keys bound in branches": lambda i: (
        f"if g({i}):\n    key, sub = random.split(key)\n    y += random.normal(sub)"
    ),
    "keys bound in both arms": lambda i: (
        f"if g({i}):\n    k{i} = random.fold_in(key, {2 * i})\n"
        f"else:\n    k{i} = random.fold_in(key, {2 * i + 1})\ny += random.normal(k{i})"
    ),
    "ternaries": lambda i: f"y = random.normal(key) if mode == {i} else y",
    "conjunctions": lambda i: f"ok = mode == {i} and y and random.normal(key)",
    "tries": lambda i: f"try:\n    y += g({i})\nexcept A:\n    key, sub = random.split(key)",
    "splits in a row": lambda i: "key, sub = random.split(key); y += random.normal(sub)",
}


FULL = ("branches", "elif", "early returns", "exclusive equalities")


@pytest.mark.parametrize("name", CLEAN)
def test_thousands_of_branches(name: str) -> None:
    statement = CLEAN[name]
    count = BRANCHES if name in FULL else FEWER
    analysis = _analyse(_function([statement(i) for i in range(count)]))
    assert analysis.functions == 1
    assert _codes(analysis) <= {"RND109"}


def test_two_thousand_cases() -> None:
    cases = [f"case {i}:\n    y = random.normal(key)" for i in range(BRANCHES)]
    body = "\n".join(cases).replace("\n", "\n    ")
    analysis = _analyse(_function([f"match mode:\n    {body}"]))
    assert (analysis.functions, analysis.findings) == (1, ())


def test_long_branching_still_tells_right_from_wrong() -> None:
    """Past 200 conditions nothing that was known is forgotten."""
    lines = [f"if x > {i}:\n    return random.normal(key)" for i in range(300)]
    assert _analyse(_function(lines)).findings == ()
    wrong = _analyse(_function([*lines, "y = random.normal(key) + random.normal(key)"]))
    (found,) = wrong.findings
    assert (found.code, found.location.start.row) == ("RND101", 5 + 600)


def test_correlated_flags_in_two_thousand_branches() -> None:
    """Twenty flags, each tested a hundred times: a repeated test is a repeated use."""
    lines = [f"if mode == {i % 20}:\n    y += random.normal(key)" for i in range(BRANCHES)]
    analysis = _analyse(_function(lines))
    rows = [found.location.start.row for found in analysis.findings if found.code == "RND101"]
    if not analysis.abandoned:
        assert rows == [6 + 2 * i for i in range(20, BRANCHES)]
    few = _analyse(_function(lines[:100]))
    assert few.abandoned == 0
    assert [found.location.start.row for found in few.findings] == [
        6 + 2 * i for i in range(20, 100)
    ]


def test_what_is_given_up_is_counted_and_the_rest_goes_on() -> None:
    loops = ["    " * level + f"for i{level} in (1, 2, 3, 4):" for level in range(8)]
    long = _function([*loops, "    " * 8 + "key, sub = random.split(key)"])
    assert BUDGET < 4**8
    short = "def g(key):\n    return random.normal(key) + random.normal(key)\n"
    analysis = _analyse(long + short)
    assert (analysis.functions, analysis.abandoned) == (2, 1)
    assert [found.code for found in analysis.findings] == ["RND101"]


def test_the_budget_is_spent_by_steps() -> None:
    budget = Budget(3)
    budget.step(3)
    with pytest.raises(OutOfBudget):
        budget.step()


LOOPS = {
    "for": "for i{0} in x:",
    "while": "while g(x):",
    "range": "for i{0} in range(9):",
    "known items": "for i{0} in (1, 2, 3, 4, 5):",
    "with": "with g():",
    "if": "if g({0}):",
}


@pytest.mark.parametrize(
    ("name", "depth"), [*((name, 9) for name in LOOPS), ("for", 12), ("while", 19)]
)
def test_deep_nesting(name: str, depth: int) -> None:
    head = LOOPS[name]
    lines = ["    " * level + head.format(level) for level in range(depth)]
    inner = "    " * depth
    lines += [f"{inner}key, sub = random.split(key)", f"{inner}y += random.normal(sub)"]
    analysis = _analyse(_function(lines))
    assert analysis.functions == 1
    assert analysis.findings == ()


@pytest.mark.parametrize("depth", [90, 500])
def test_deeper_than_python_reads(depth: int) -> None:
    """Python itself reads a hundred levels of indentation."""
    lines = [" " * (level + 1) + "if x:\n" for level in range(depth)]
    text = "def f(key, x):\n" + "".join(lines) + " " * (depth + 2) + "return random.normal(key)\n"
    if depth > 100:
        with pytest.raises(UnreadableSource):
            _analyse(text)
    else:
        assert _analyse(text).findings == ()


EXPRESSIONS = {
    "parentheses": lambda n: "(" * n + "random.normal(key)" + ")" * n,
    "calls": lambda n: "g(" * n + "random.normal(key)" + ")" * n,
    "a sum": lambda n: " + ".join(["random.normal(key)"] * n),
    "attributes": lambda n: "x" + ".a" * n + "(random.normal(key))",
    "lambdas": lambda n: "lambda: " * n + "random.normal(key)",
    "comprehensions": lambda n: "[" * n + "random.fold_in(key, i)" + " for i in x]" * n,
    "clauses": lambda n: "[random.normal(x)" + " for i in x" * n + "]",
    "conditionals": lambda n: "1 if x else " * n + "random.normal(key)",
    "negations": lambda n: "not " * n + "random.normal(key)",
    "transforms": lambda n: "jax.jit(" * n + "random.normal" + ")" * n + "(key)",
}


@pytest.mark.parametrize("expression", EXPRESSIONS.values(), ids=EXPRESSIONS)
@pytest.mark.parametrize("size", [12, 80, 500])
def test_deep_expressions(expression: FunctionType, size: int) -> None:
    text = _function([f"y = {expression(size)}"])
    try:
        analysis = _analyse(text)
    except UnreadableSource as error:
        assert size > 12
        assert error.message
        return
    # What only LibCST reads is one segment, and the module's code a root beside the function.
    assert analysis.functions == 1 or size == 500
    assert analysis.abandoned == 0 or size > 12 or "for" in expression(1)


def test_a_chain_of_two_hundred_helpers() -> None:
    text = "def h0(key):\n    return random.normal(key)\n"
    for i in range(1, 200):
        text += f"def h{i}(key):\n    a, b = random.split(key)\n"
        text += f"    return h{i - 1}(a) + random.normal(b)\n"
    analysis = _analyse(text)
    assert analysis.functions == 200
    assert analysis.findings == ()


def test_a_call_to_two_hundred_helpers() -> None:
    text = "".join(f"def h{i}(key):\n    return random.normal(key)\n" for i in range(200))
    calls = [f"y += h{i}(random.fold_in(key, {i}))" for i in range(200)]
    analysis = _analyse(text + _function(calls))
    assert (analysis.functions, analysis.abandoned, analysis.findings) == (201, 0, ())
    twice = _analyse(text + _function([*calls, "random.normal(key)", "h3(key)"]))
    assert [found.code for found in twice.findings] == ["RND101"]


def test_everybody_calls_everybody() -> None:
    text = ""
    for i in range(6):
        calls = "".join(f"    f{j}(random.fold_in(key, {j}), n)\n" for j in range(6))
        text += f"def f{i}(key, n):\n{calls}    return n\n"
    analysis = _analyse(text)
    assert analysis.findings == ()


def test_a_long_file_of_short_functions() -> None:
    """50,000 lines, of which few can matter; the findings are all there."""
    idle = "def g{0}(x):\n    y = x + {0}\n    return y\n\n\n" * 24
    wrong = "def f{0}(k):\n    a = random.normal(k)\n    b = random.normal(k)\n    return a, b\n\n"
    count = 400
    text = "".join((idle + wrong).format(i) for i in range(count))
    assert text.count("\n") == 50_000
    analysis = _analyse(text)
    assert (analysis.functions, analysis.abandoned) == (count, 0)
    assert [found.location.start.row for found in analysis.findings] == [
        2 + 125 * i + 123 for i in range(count)
    ]


def test_a_long_script_is_read_to_its_end() -> None:
    """Four hundred assignments that build on each other, looked up from the last one."""
    lines = ["key0 = random.key(0)"]
    lines += [f"key{i} = random.fold_in(key{i - 1}, {i})" for i in range(1, 3000)]
    use = "def f():\n    return random.normal(key2999) + random.normal(key2999)\n"
    analysis = _analyse("\n".join([*lines, use]))
    assert (analysis.functions, analysis.abandoned) == (2, 0)
    assert _codes(analysis) == {"RND101"}


def _calling_each_other(count: int) -> str:
    text = ""
    for i in range(count):
        calls = "".join(
            f"    f{(i * 7 + j * 13 + 1) % count}(random.fold_in(key, {j}), n)\n" for j in range(20)
        )
        text += f"def f{i}(key, n):\n{calls}    return n\n"
    return text


def test_calls_of_each_other_share_a_pool_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times the functions take about four times the steps; what is not followed is said."""
    spent: list[int] = []
    forget = Interpreter.forget

    def forgetting(self: Interpreter) -> None:
        spent.append(self.budget.steps)
        forget(self)

    monkeypatch.setattr(Interpreter, "forget", forgetting)
    steps = []
    for count in (15, 60):
        spent.clear()
        analysis = _analyse(_calling_each_other(count))
        assert analysis.findings == ()
        assert analysis.abandoned == len(analysis.unfinished) > 0
        steps.append(sum(spent))
    assert steps[1] < 5 * steps[0]
