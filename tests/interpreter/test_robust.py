"""Generated programs of any shape: no exception, an end, the same answer twice.

The programs mix every construct with a handful of names, so that most of them are nonsense as
programs and all of them are Python.
"""

from __future__ import annotations

import ast
import textwrap

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from randlint.diagnosis import Analysis, analyse
from randlint.rules import registry

NAMES = ("key", "rng", "k", "x", "keys", "self", "draw", "f")
HEAD = "import functools\nimport jax\nimport jax.numpy as jnp\nfrom jax import lax, random\n"
NUMBERS = ("0", "1", "2", "-1", "7", "10**9", "1.5", "None", "True", "'a'", "n")
# In these forms `@` is an expression, `$` a name, `#` a number and `%` a block.
EXPRESSIONS = (
    "random.normal(@)", "random.uniform(@, shape=(#,))", "random.split(@)", "random.split(@, #)",
    "random.fold_in(@, @)", "random.key(#)", "random.PRNGKey(@)", "random.clone(@)", "@[#]",
    "@[#:#]", "@[@]", "@[::-1]", "@.key", "@.key.shape", "@.split()", "[@, @]", "(@, *@)",
    "{'a': @, **@}", "dict(a=@, b=@)", "zip(@, @)", "enumerate(@)", "range(#)", "list(@)",
    "(@ if @ else @)", "(@ and @)", "(@ or not @)", "(@ == @)", "(@ < # < @)", "(@ is None)",
    "(@ in @)", "(@ + @)", "-@", "@(@)", "@(@, key=@)", "@(*@, **@)", "$(@, @)", "(lambda $: @)",
    "(lambda $, *a, k=@, **b: @)", "[@ for $ in @]", "{@: @ for $ in @ if @}",
    "sum(@ for $ in @ for $ in @)", "($ := @)", "jax.jit(@)", "jax.jit(@)(@)", "jax.vmap(@)(@, @)",
    "jax.vmap(@, in_axes=(0, None))(@, @)", "jax.grad(@)(@, @)", "jax.value_and_grad(@, #)(@)",
    "lax.scan(@, @, @)", "lax.cond(@, @, @, @)", "lax.fori_loop(#, @, @, @)", "lax.map(@, @)",
    "lax.while_loop(@, @, @)", "lax.switch(@, [@, @], @)", "jax.tree.map(@, @, @)",
    "functools.partial(@, @)", "functools.partial(@, key=@)(@)", "jnp.where(@, @, @)",
    "random.bernoulli(@, @)", "random.categorical(@, @)", "A(@)", "A(@).$", "super().$(@)",
    "(await @)", "(yield @)", "f'{$} {$!r:>{$}}'", "...",
)  # fmt: skip
SIMPLE = (
    "$ = @", "$, $ = @", "$, *$ = @", "($, [$, $]), $ = @", "$[#] = @", "$[@] = @", "$.key = @",
    "$ += @", "$: 'jax.Array' = @", "@", "del $", "global $", "return @", "return", "raise @",
    "assert @, @", "pass", "import jax.random as $", "from jax.random import normal as $",
    "$ = $ = @", "break", "continue", "$.append(@)", "$[#:] = @", "$.$.$ = @",
)  # fmt: skip
BLOCKS = (
    "if @:\n%", "if @:\n%else:\n%", "if @:\n%elif @:\n%else:\n%", "for $ in @:\n%",
    "for $, $ in @:\n%else:\n%", "while @:\n%", "while True:\n%", "try:\n%except A as $:\n%",
    "try:\n%except A:\n%else:\n%finally:\n%", "try:\n%finally:\n%", "with @ as $:\n%",
    "with @, @ as ($, $):\n%", "def $($, $=@, *, k=@):\n%", "async def $($):\n%",
    "def $(a, /, *b, **c):\n%", "class A:\n%",
    "class A($):\n    x: int = @\n    def __init__(self, $):\n        self.key = @\n",
    "match @:\n    case 1:\n        @\n    case [$, *_]:\n        $ = @\n    case _:\n        0\n",
    "match @:\n    case 'a' | 'b' if @:\n        $ = @\n    case A(x=k):\n        return k\n",
)  # fmt: skip


class Writer:
    """Writes statements by drawing forms and filling their holes, to a bounded depth."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def pick(self, options: tuple[str, ...]) -> str:
        return options[self.draw(st.integers(0, len(options) - 1))]

    def expression(self, depth: int) -> str:
        if depth <= 0 or not self.draw(st.integers(0, 2)):
            return self.pick(NAMES)
        return self.fill(self.pick(EXPRESSIONS), depth - 1)

    def fill(self, form: str, depth: int) -> str:
        text = ""
        for letter in form:
            match letter:
                case "@":
                    text += self.expression(depth)
                case "$":
                    text += self.pick(NAMES)
                case "#":
                    text += self.pick(NUMBERS)
                case _:
                    text += letter
        return text

    def statement(self, depth: int) -> str:
        if depth <= 0 or self.draw(st.integers(0, 2)):
            return self.fill(self.pick(SIMPLE), 2)
        head, *rest = self.fill(self.pick(BLOCKS), 2).split("%")
        return (head + "".join(self.block(depth - 1) + each for each in rest)).rstrip("\n")

    def block(self, depth: int, indent: str = "    ") -> str:
        count = self.draw(st.integers(1, 4))
        body = "\n".join(self.statement(depth) for _ in range(count))
        return textwrap.indent(body, indent) + "\n"


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


@st.composite
def _programs(draw: st.DrawFn) -> str:
    """A module of functions, methods and statements."""
    writer = Writer(draw)
    text = HEAD
    for _ in range(draw(st.integers(1, 3))):
        match draw(st.integers(0, 3)):
            case 0:
                text += writer.block(2, "")
            case 1:
                text += "class A:\n    def f(self, key, x):\n" + writer.block(2, " " * 8)
            case _:
                text += "def f(key, x, n=0):\n" + writer.block(3)
    return text


programs = _programs().filter(_is_python)
ordinary = settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _analyse(text: str) -> Analysis:
    return analyse(text, "generated.py", codes=frozenset(registry()))


@ordinary
@given(programs)
def test_any_program_gets_an_answer(text: str) -> None:
    """The same answer twice, in the text, and the same three lines further down."""
    analysis = _analyse(text)
    assert _analyse(text) == analysis
    lines = text.split("\n")
    for finding in analysis.findings:
        for place in (finding.location, *(related.location for related in finding.related)):
            assert place.start < place.end
            assert 1 <= place.start.row <= place.end.row <= len(lines)
            assert place.end.column <= len(lines[place.end.row - 1]) + 1
    moved = _analyse("# one\n\n# two\n" + text)
    assert [(each.code, each.location.start.row - 3) for each in moved.findings] == [
        (each.code, each.location.start.row) for each in analysis.findings
    ]
