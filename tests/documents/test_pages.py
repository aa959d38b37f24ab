"""Pages: the blocks that hold Python, in order, at their places in the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from randlint.documents import extract
from randlint.engine import Checker
from randlint.findings import Position
from randlint.fixing import fix_bytes
from randlint.settings import Settings

CHECKER = Checker(Settings(root=Path.cwd()))
MAKE = "import jax\nkey = jax.random.key(0)\nx = jax.random.normal(key)"
AGAIN = "y = jax.random.normal(key)"


def places(text: str, filename: str) -> list[tuple[str, int, int]]:
    report = CHECKER.check_bytes(text.encode(), filename)
    starts = [(finding.code, finding.location.start) for finding in report.findings]
    return [(code, start.row, start.column) for code, start in starts]


def indented(text: str, by: str) -> str:
    return "\n".join(by + line if line else line for line in text.split("\n"))


def sole(text: str, filename: str, column: int) -> None:
    """The page has one finding: where the last `jax.random.normal` stands."""
    row = text[: text.rindex("jax.random.normal")].count("\n") + 1
    assert places(text, filename) == [("RND101", row, column)]


@pytest.mark.parametrize(
    "info",
    [
        "python",
        "py",
        "Python",
        "python3",
        "{code-cell} python",
        "{code-cell} ipython3",
        "{code-cell}",
        "{code-block} python",
        "{.python .numberLines}",
        "{python}",
        "py title='a'",
    ],
)
@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_fences(info: str, fence: str) -> None:
    page = f"# é\n\n{fence}{info}\n{MAKE}\n{fence}\n\ntext\n\n{fence}{info}\n{AGAIN}\n{fence}\n"
    sole(page, "a.md", 5)


@pytest.mark.parametrize("info", ["", "text", "bash", "{note}", "{code-block} console", "pythonic"])
def test_fences_of_something_else(info: str) -> None:
    assert places(f"```python\n{MAKE}\n```\n```{info}\n{AGAIN}\n```\n", "a.md") == []


def test_what_stands_before_the_code_of_a_cell() -> None:
    yaml = "---\ntags: [hide]\nname: x\n---\n"
    page = f"```{{code-cell}} python\n:tags: [a]\n\n{MAKE}\n```\n"
    page += f"\n```{{code-cell}}\n{yaml}{AGAIN}\n```"
    sole(page, "a.md", 5)


def test_fences_in_lists_and_in_directives() -> None:
    page = f"- a\n\n  ```python\n{indented(MAKE, '  ')}\n  {AGAIN}\n  ```\n"
    sole(page, "a.md", 7)
    page = f"````{{tab-item}} A\n```python\n{MAKE}\n{AGAIN}\n```\n````\n"
    sole(page, "a.md", 5)
    page = f"````markdown\n```python\n{MAKE}\n{AGAIN}\n```\n````\n"
    assert places(page, "a.md") == []


def prompts(text: str) -> str:
    return "\n".join(f">>> {line}" for line in text.split("\n"))


def test_doctests_in_fences() -> None:
    page = f"```pycon\n{prompts(MAKE)}\n>>> f(\n...     {AGAIN.partition(' = ')[2]})\n3.0\n```"
    sole(page, "a.md", 9)
    page = f"```python\n{prompts(MAKE)}\n{prompts(AGAIN)}\nArray(3.)\n```"
    sole(page, "a.md", 9)


def test_a_broken_block_or_example_is_passed_over() -> None:
    page = f"```python\n{MAKE}\n```\n```python\nf(...\n```\n```python\n{AGAIN}\n```\n"
    sole(page, "a.md", 5)
    page = f"{prompts(MAKE)}\n>>> f(\n>>> z = = 3\nprinted\n{prompts(AGAIN)}\n"
    sole(page, "a.rst", 9)


@pytest.mark.parametrize(
    "directive",
    [
        ".. code-block:: python",
        ".. code:: python3",
        ".. sourcecode:: py",
        ".. testcode::",
        ".. code-block:: python\n   :linenos:\n   :caption: x",
        ".. jupyter-execute::",
    ],
)
def test_directives(directive: str) -> None:
    body = indented(f"{MAKE}\nif x:\n\n    z = 1\n{AGAIN}", "   ")
    sole(f"Title\n=====\n\n{directive}\n\n{body}\n\nText.\n", "a.rst", 8)
    nested = indented(f"{directive}\n\n{body}", "  ")
    sole(f".. note::\n\n{nested}\n\nText.\n", "a.rst", 10)


@pytest.mark.parametrize("directive", [".. code-block::", ".. code:: bash", ".. math::", "x::"])
def test_directives_of_something_else(directive: str) -> None:
    page = f".. code:: python\n\n{indented(MAKE, '  ')}\n\n{directive}\n\n  {AGAIN}\n"
    assert places(page, "a.rst") == []


def test_doctest_blocks_of_a_rest_page() -> None:
    page = f"Text:\n\n{indented(prompts(MAKE), '  ')}\n  Array(1)\n\n  {prompts(AGAIN)}\n"
    sole(page, "a.rst", 11)


def test_a_page_without_code_or_without_randomness() -> None:
    assert extract(b"# hello\n", "a.md") is None
    assert extract(b"hello\n", "a.rst") is None
    assert places("```python\nx = 1\n```\n", "a.md") == []


def test_blocks_that_make_the_same_key_again_are_examples_of_their_own() -> None:
    block = f"```python\n{MAKE}\n```\n"
    assert places(f"{block}\nAgain:\n\n{block}", "a.md") == []
    again = "j = jax.random.key(0)\nw = jax.random.normal(j)"
    page = f"{block}\n```python\n{MAKE.replace('(0)', '(1)')}\n{again.replace('(0)', '(1)')}\n```\n"
    assert [(code, row) for code, row, _ in places(page, "a.md")] == [("RND105", 11)]


def test_comments_silence_as_in_files() -> None:
    page = f"```python\n{MAKE}\n{AGAIN}  # noqa: RND101\n```\n"
    assert places(page, "a.md") == []


def test_bytes_that_are_no_text_are_said_so() -> None:
    (finding,) = CHECKER.check_bytes(b"# a\n\xff\n", "a.md").findings
    assert (finding.code, finding.location.start) == ("RND900", Position(2, 1))


LOSS = "def f(s, k):\n    return jax.random.uniform(k, maxval=s)\ng = jax.grad(f)(1.0, 2)"


@pytest.mark.parametrize(("before", "after"), [("uniform(k, maxval=s)", "uniform(k)")])
def test_a_fix_in_a_page(before: str, after: str) -> None:
    page = f"Text\r\n\r\n- x\r\n\r\n  ```python\r\n  import jax\n{indented(LOSS, '  ')}\n  ```\n"
    done = fix_bytes(page.encode(), "a.md", CHECKER, unsafe=False)
    expected = page.replace("jax.random.uniform(k, maxval=s)", "s * jax.random.uniform(k)")
    assert done.data.decode() == expected
    assert done.applied == 1


def test_no_fix_where_prompts_would_be_lost() -> None:
    page = (
        ">>> import jax\n>>> def f(s, k):\n...     return jax.random.uniform(\n...         k,\n"
        "...         maxval=s)\n>>> g = jax.grad(f)(1.0, 2)\n"
    )
    (finding,) = CHECKER.check_bytes(page.encode(), "a.rst").findings
    assert finding.code == "RND203"
    assert finding.location.start == Position(3, 16)
    assert finding.fix is None


@pytest.mark.parametrize(
    "page",
    [
        "```" + " " * 200_000 + "x`",
        "~~~" + "\t " * 100_000 + "x",
        ".. " + " " * 200_000 + "x",
        ">>> " + "(" * 200_000,
        "```{" * 20_000,
        "```python\n" + "%" * 200_000 + "\n" + "a?" * 100_000,
        "```{note}\n" * 300,
        ".. code:: python\n\n   x = 1\n" * 5_000,
        "```python\n" * 20_000,
        '~~~python\n"""' + "\\" * 200_001,
    ],
)
def test_long_pages_take_no_time_to_speak_of(page: str) -> None:
    """Each of these would take minutes if any step were quadratic."""
    for name in ("a.md", "a.rst"):
        extract(page.encode(), name)


LINES = st.sampled_from(
    [
        *("```python", "```", "~~~", "```{code-cell}", "---", ":a: b", ">>> x = 1", "... y"),
        *("x = (", "", "  ", ".. code:: python", "   z = 1", "  ```py", "text", "%time x", "\f"),
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=12), st.sampled_from(["a.md", "a.rst"]), st.text(max_size=5))
def test_any_page_is_read_and_keeps_its_rows(lines: list[str], filename: str, odd: str) -> None:
    page = "\n".join([*lines, odd])
    if "\0" in page:
        return
    try:
        data = page.encode()
    except UnicodeEncodeError:
        return
    document = extract(data, filename)
    if document is not None:
        rows = page.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        code = document.text.split("\n")
        assert len(code) == len(rows)
        for number, (row, own) in enumerate(zip(rows, code, strict=True), start=1):
            cut = document.shifts.get(number, 0)
            assert own in ("", row[cut:]) or own.strip() == "pass"
    CHECKER.check_bytes(data, filename)
