"""Rows and columns of findings, however the text is laid out.

Every program holds one RND101; its span must be the text of the second draw, `random.uniform(key)`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from randlint.diagnosis import analyse
from randlint.engine import check_bytes
from randlint.findings import Finding
from randlint.rules import registry
from randlint.settings import Settings

HEAD = "from jax import random\n"
SECOND = "random.uniform(key)"

LAYOUTS = {
    "a function": "def f(key):\n    a = random.normal(key)\n    return a + random.uniform(key)\n",
    "module level": "key = random.key(0)\na = random.normal(key)\nb = a + random.uniform(key)\n",
    "a method": (
        "class A:\n"
        "    def f(self, key):\n"
        "        a = random.normal(key)\n"
        "        return a + random.uniform(key)\n"
    ),
    "a method after others": (
        "class A:\n"
        "    '''Doc.'''\n\n"
        "    x: int = 1\n\n"
        "    def other(self):\n"
        "        return 1\n\n"
        "    # a comment\n"
        "    def f(self, key):\n"
        "        a = random.normal(key)\n"
        "        return a + random.uniform(key)\n"
    ),
    "a decorated method": (
        "class A:\n"
        "    @staticmethod\n"
        "    @decorate(1,\n"
        "              2)\n"
        "    def f(key):\n"
        "        a = random.normal(key)\n"
        "        return a + random.uniform(key)\n"
    ),
    "a decorated function": (
        "@decorate\n"
        "# between\n"
        "@decorate\n"
        "def f(key):\n"
        "    return random.normal(key) + random.uniform(key)\n"
    ),
    "a nested function": (
        "def f(x):\n"
        "    def g(key):\n"
        "        a = random.normal(key)\n"
        "        return a + random.uniform(key)\n"
        "    return g\n"
    ),
    "under if": (
        "if x:\n"
        "    pass\n"
        "else:\n"
        "    def f(key):\n"
        "        a = random.normal(key)\n"
        "        return a + random.uniform(key)\n"
    ),
    "under try": (
        "try:\n"
        "    import a\n"
        "except ImportError:\n"
        "    class A:\n"
        "        def f(self, key):\n"
        "            a = random.normal(key)\n"
        "            return a + random.uniform(key)\n"
    ),
    "tabs": (
        "class A:\n"
        "\tdef f(self, key):\n"
        "\t\ta = random.normal(key)\n"
        "\t\treturn a + random.uniform(key)\n"
    ),
    "tabs after spaces": (
        "def f(key):\n"
        "  if key is None:\n"
        "  \treturn 0\n"
        "  a = random.normal(key)\n"
        "  return a + random.uniform(key)\n"
    ),
    "one space": "class A:\n def f(self, key):\n  return random.normal(key), random.uniform(key)\n",
    "a form feed between functions": (
        "def g():\n    pass\n\f\ndef f(key):\n    return random.normal(key), random.uniform(key)\n"
    ),
    "a form feed between methods": (
        "class A:\n"
        "    def g(self):\n"
        "        pass\n"
        "\f\n"
        "    def f(self, key):\n"
        "        return random.normal(key), random.uniform(key)\n"
    ),
    "exotic separators in a string": (
        "SEPARATORS = '\x1c\x1d\x85\u2028\u2029\x0b'\n"
        "def f(key):\n"
        "    s = '\x85\u2028'\n"
        "    return random.normal(key), random.uniform(key)\n"
    ),
    "wide characters in front": (
        "def f(key):\n"
        "    étiquette = '\N{GRINNING FACE}名前'; return random.normal(key), random.uniform(key)\n"
    ),
    "combining characters in front": (
        "def f(key):\n    x = 'e\u0301'; y = random.normal(key), 'e\u0301', random.uniform(key)\n"
    ),
    "unicode names": (
        "def f(key):\n    名前 = random.normal(key)\n    return 名前 + random.uniform(key)\n"
    ),
    "a multi-line string in front": (
        "class A:\n"
        "    def f(self, key):\n"
        '        """One.\n\n'
        "unindented\n"
        '        """\n'
        "        return random.normal(key), random.uniform(key)\n"
    ),
    "a multi-line string on the line": (
        'def f(key):\n    return random.normal(key), """\nend""", random.uniform(key)\n'
    ),
    "an f-string": (
        "def f(key):\n    return f'{random.normal(key)!r:>{3}} {random.uniform(key)}'\n"
    ),
    "several statements on one line": (
        "def f(key): a = random.normal(key); b = random.uniform(key); return a + b\n"
    ),
    "several statements on one line of a module": (
        "key = random.key(0); a = random.normal(key); b = random.uniform(key)\n"
    ),
    "definitions that share a line with others": (
        "x = 1; key = random.key(0)\na = random.normal(key); b = random.uniform(key)\n"
    ),
    "a continued line": (
        "def f(key):\n    return random.normal(key) + \\\n      random.uniform(key)\n"
    ),
    "parentheses": (
        "def f(\n    key,\n):\n    return (\n"
        "        random.normal(key)\n        + random.uniform(key)\n    )\n"
    ),
    "an async function": (
        "async def f(key):\n"
        "    a = await g(random.normal(key))\n"
        "    return a, random.uniform(key)\n"
    ),
    "no newline at the end": "def f(key):\n    return random.normal(key), random.uniform(key)",
    "a comment at the end": (
        "def f(key):\n    return random.normal(key), random.uniform(key)  # end"
    ),
    "blank lines with spaces": (
        "class A:\n\n    def f(self, key):\n   \n        a = random.normal(key)\n \n"
        "        return a, random.uniform(key)\n    \n"
    ),
    "a comment left of a method's body": (
        "class A:\n    def f(self, key):\n        a = random.normal(key)\n# left\n"
        "        return a, random.uniform(key)\n"
    ),
}


def _finding(text: str) -> Finding:
    analysis = analyse(text, "layout.py", codes=frozenset(registry()))
    assert analysis.abandoned == 0
    (found,) = [each for each in analysis.findings if each.code == "RND101"]
    return found


def _place(text: str, of: str) -> tuple[int, int]:
    """Row and column of the only occurrence, as editors count them."""
    before, found, after = text.partition(of)
    assert found
    assert of not in after
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_the_span_is_the_second_draw(layout: str, ending: str) -> None:
    text = HEAD + layout
    found = _finding(text.replace("\n", ending))
    row, column = _place(text, SECOND)
    assert (found.location.start.row, found.location.start.column) == (row, column)
    assert (found.location.end.row, found.location.end.column) == (row, column + len(SECOND))
    first = found.related[0].location.start
    assert (first.row, first.column) == _place(text, "random.normal(key)")


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_a_byte_order_mark_takes_no_column(layout: str) -> None:
    text = HEAD + layout
    report = check_bytes(("\ufeff" + text).encode(), "layout.py", Settings(root=Path.cwd()))
    (found,) = [each for each in report.findings if each.code == "RND101"]
    assert (found.location.start.row, found.location.start.column) == _place(text, SECOND)


def test_a_span_over_several_lines() -> None:
    text = HEAD + "def f(key):\n    a = random.normal(key)\n    return random.uniform(\n  key)\n"
    location = _finding(text).location
    assert (location.start.row, location.start.column) == (4, 12)
    assert (location.end.row, location.end.column) == (5, 7)


def test_a_form_feed_before_an_indentation() -> None:
    """Python reads it, LibCST's parser would not."""
    text = HEAD + "class A:\n\f    def f(self, key):\n        return random.normal(key)\n"
    analysis = analyse(text, "layout.py", codes=frozenset(registry()))
    assert (analysis.functions, analysis.abandoned, analysis.findings) == (1, 0, ())


NEWER = {
    "type parameters": (
        "def f[T](key: T):\n    a = random.normal(key)\n    return a + random.uniform(key)\n"
    ),
    "a generic class": (
        "type Pair[T] = tuple[T, T]\n\n"
        "class A[T]:\n"
        "    def f(self, key):\n"
        "        a = random.normal(key)\n"
        "        return a + random.uniform(key)\n"
    ),
    "beside an ordinary function": (
        "def g[T](x: T): return x\n\n"
        "def f(key):\n    a = random.normal(key)\n    return a + random.uniform(key)\n"
    ),
    "module level": (
        "def g[T](x: T): return x\n"
        "key = random.key(0)\na = random.normal(key)\nb = a + random.uniform(key)\n"
    ),
    "a template string": (
        "def f(key):\n    a = t'{random.normal(key)}'\n    return t'{a!r} {random.uniform(key)}'\n"
    ),
    "template strings in a row": (
        "def f(key):\n    return tr'{random.normal(key)}\\d' t'{random.uniform(key)} isn\\'t'\n"
    ),
    "a draw in the format of a template": (
        "def f(key):\n    a = random.normal(key)\n    return t'{a:{random.uniform(key)}}'\n"
    ),
    "quotes in a formatted string": (
        "def f(key, names):\n    a = random.normal(key)\n"
        "    return f'{f'{names['a']}'} {f'{random.uniform(key)}'}'\n"
    ),
    "exceptions without parentheses": (
        "def f(key):\n    try:\n        a = random.normal(key)\n        raise ValueError\n"
        "    except TypeError, ValueError:\n        return random.uniform(key)\n"
    ),
    "defaults of type parameters": (
        "type Pair[T = int] = tuple[T, T]\n\n"
        "def f[T: int = bool, *Ts = *tuple[int], **P = [int]](key, *args: *Ts):\n"
        "    a = random.normal(key)\n    return a + random.uniform(key)\n"
    ),
    "a return in finally": (
        "def g[T](x: T): return x\n\n"
        "def f(key):\n    try:\n        a = random.normal(key)\n"
        "    finally:\n        return random.uniform(key)\n"
    ),
}


@pytest.mark.parametrize("layout", NEWER.values(), ids=NEWER)
def test_syntax_newer_than_the_running_python(layout: str) -> None:
    """Where `ast` is too old and refuses these, LibCST reads the whole file."""
    text = HEAD + layout
    found = _finding(text)
    assert (found.location.start.row, found.location.start.column) == _place(text, SECOND)
    assert found.location.end.column == _place(text, SECOND)[1] + len(SECOND)


def test_statements_that_share_a_line() -> None:
    text = HEAD + "key = random.key(0); a = random.normal(key); b = random.uniform(key)\n"
    found = _finding(text)
    assert (found.location.start.row, found.location.start.column) == _place(text, SECOND)


def test_columns_count_characters() -> None:
    """`ast` counts bytes."""
    text = HEAD + "def f(key):\n    return 'äß漢', random.normal(key), random.uniform(key)\n"
    found = _finding(text)
    assert (found.location.start.row, found.location.start.column) == _place(text, SECOND)
