"""`--fix`, `--diff` and `--unsafe-fixes`: what is written, what is left alone, what is said."""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from randlint.catalogue import load
from randlint.edits import apply_edits
from randlint.engine import Checker
from randlint.findings import Edit, Finding, Fix, Position
from randlint.fixing import fix_bytes
from randlint.rules._rewriting import SIGNATURES
from randlint.settings import Settings
from randlint.source.decode import position

Run = Callable[..., Any]

HEADER = """\
import jax
from jax.random import double_sided_maxwell, lognormal, pareto, rayleigh, uniform, weibull_min


"""
BAD = f"""{HEADER}def f(x, key):
    return jax.random.uniform(key, maxval=x)


def g(x, key):
    return jax.grad(f)(x, key)
"""
GOOD = BAD.replace("jax.random.uniform(key, maxval=x)", "x * jax.random.uniform(key)")
END = "\n\n\ndef d(a, b, key):\n    return jax.grad(f, (0, 1))(a, b, key)\n"
UNSAFE = BAD.replace("maxval=x", "minval=abs(x), maxval=2")


def checker() -> Checker:
    return Checker(Settings(root=Path.cwd(), select=("RND203",)))


def fixed(text: str, *, unsafe: bool = True) -> str:
    outcome = fix_bytes(text.encode(), "a.py", checker(), unsafe=unsafe)
    assert outcome.error == ""
    return outcome.data.decode()


def in_loss(expression: str) -> str:
    """A module whose loss returns the expression, differentiated in `a` and `b`."""
    return f"{HEADER}def f(a, b, key):\n    return {expression}{END}"


def expression_in(text: str) -> str:
    start = text.index("    return ") + len("    return ")
    return text[start : text.index(END)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("uniform(key, minval=a, maxval=b)", "a + (b - a) * uniform(key)"),
        ("uniform(key, maxval=b)", "b * uniform(key)"),
        ("uniform(key, minval=0, maxval=b)", "b * uniform(key)"),
        ("uniform(key, minval=a)", "a + (1.0 - a) * uniform(key)"),
        ("uniform(key, (3,), float, a, b)", "a + (b - a) * uniform(key, (3,), float)"),
        ("uniform(maxval=b, key=key, shape=(3,))", "b * uniform(key=key, shape=(3,))"),
        ("uniform(key, (3,), maxval=b,)", "b * uniform(key, (3,),)"),
        ("-uniform(key, maxval=b) ** 2", "-(b * uniform(key)) ** 2"),
        ("uniform(key, maxval=b).sum()", "(b * uniform(key)).sum()"),
        ("a / uniform(key, maxval=b)", "a / (b * uniform(key))"),
        ("(uniform(key, maxval=b))", "(b * uniform(key))"),
        ("((uniform)(key, maxval=b))", "((uniform)(key, maxval=b))"),
        ("abs(uniform(key, maxval=b))", "abs(b * uniform(key))"),
        ("sum([*uniform(key, (3,), maxval=b)])", "sum([*(b * uniform(key, (3,)))])"),
        ("uniform(key, minval=-b, maxval=b)", "(-b) + (b - (-b)) * uniform(key)"),
        ("uniform(key, maxval=a + b)", "(a + b) * uniform(key)"),
        ("uniform(key, maxval=(a + b))", "(a + b) * uniform(key)"),
        ("uniform(key, maxval=a if a > 0 else b)", "(a if a > 0 else b) * uniform(key)"),
        ("uniform(key, maxval=uniform(key, maxval=b))", "(b * uniform(key)) * uniform(key)"),
        ("uniform(key, **{'maxval': b})", "uniform(key, **{'maxval': b})"),
        ("weibull_min(key, b, 2.0)", "b * weibull_min(key, 1.0, 2.0)"),
        ("weibull_min(key, a + b, 2.0, (3,))", "(a + b) * weibull_min(key, 1.0, 2.0, (3,))"),
        ("weibull_min(key, 2.0, b)", "weibull_min(key, 2.0, b)"),
        ("rayleigh(key, scale=b)", "b * rayleigh(key, scale=1.0)"),
        (
            "double_sided_maxwell(key, a, b, (3,))",
            "a + b * double_sided_maxwell(key, 0.0, 1.0, (3,))",
        ),
        ("pareto(key, b)", "pareto(key, b)"),
        ("lognormal(key, b)", "lognormal(key, b)"),
    ],
)
def test_the_rewriting(before: str, after: str) -> None:
    assert expression_in(fixed(in_loss(before))) == after


def test_layout_and_comments_stay() -> None:
    before = "uniform(\n        key,  # of this step\n        (3,),\n        maxval=b,\n    ) + 1"
    after = "(b * uniform(\n        key,  # of this step\n        (3,),\n    )) + 1"
    assert expression_in(fixed(in_loss(before))) == after


def test_a_call_whose_fix_would_lose_a_comment_is_left_alone() -> None:
    text = in_loss(
        "uniform(\n        key,\n        minval=a,  # the floor\n        maxval=b,\n    )"
    )
    assert fixed(text) == text


def test_scalars_of_a_process_draw_the_same() -> None:
    """`double_sided_maxwell` gives arrays another shape, which is why its fix is unsafe."""
    jax = pytest.importorskip("jax")
    before = in_loss("double_sided_maxwell(key, a, b, (3,)).sum()")
    results = []
    for text in (before, fixed(before)):
        space: dict[str, Any] = {}
        exec(compile(text, "a.py", "exec"), space)
        results.append(jax.value_and_grad(space["f"], (0, 1))(0.3, 1.7, jax.random.key(3)))
    assert fixed(before) != before
    assert jax.tree.all(jax.tree.map(lambda x, y: abs(x - y) < 1e-5, *results))


_KEYWORDS = {
    "uniform": ("key=key", "shape=(3,)", "minval=a", "maxval=b"),
    "weibull_min": ("key=key", "scale=b", "concentration=2.0", "shape=(3,)"),
    "rayleigh": ("key=key", "scale=b", "shape=(3,)"),
    "double_sided_maxwell": ("key=key", "loc=a", "scale=b", "shape=(3,)"),
}
_LAYOUTS = (
    "{}({})",
    "{}(  # drawn here\n        {}\n    )",
    "jax.numpy.tanh({}({})) ** 2",
    "(\n        1.0\n        - {}({})\n    )",
)


@pytest.mark.parametrize("sampler", SIGNATURES)
def test_every_order_of_keywords_in_every_layout(sampler: str) -> None:
    """All are rewritten and none is reported again; some are run, for the value and both slopes."""
    jax = pytest.importorskip("jax")
    orders = list(itertools.permutations(_KEYWORDS[sampler]))
    for number, (layout, order) in enumerate(itertools.product(_LAYOUTS, orders)):
        head = ("", "jax.random.")[number % 2]
        call = layout.format(head + sampler, ", ".join(order))
        before = in_loss(f"({call}).sum() + 0 * a")
        after = fixed(before)
        assert after != before
        assert not checker().check_bytes(after.encode(), "a.py").findings
        if number % 37:
            continue
        results = []
        for text in (before, after):
            space: dict[str, Any] = {}
            exec(compile(text, "a.py", "exec"), space)
            results.append(jax.value_and_grad(space["f"], (0, 1))(0.3, 1.7, jax.random.key(3)))
        assert jax.tree.all(jax.tree.map(lambda x, y: abs(x - y) < 1e-5, *results)), call


def test_the_signatures_are_those_of_jax() -> None:
    jax = pytest.importorskip("jax")
    for sampler, names in SIGNATURES.items():
        assert (
            tuple(inspect.signature(getattr(jax.random, sampler)).parameters)[: len(names)] == names
        )
    with_process = {name for name, each in load().functions.items() if each.process}
    assert {f"jax.random.{name}" for name in SIGNATURES} == with_process


@pytest.mark.parametrize(
    "program",
    [
        """
draw = partial(uniform, minval=-1.0)
d = jax.grad(lambda x: draw(jax.random.key(0), maxval=x))(2.0)
""",
        """
uniform = partial(jax.random.uniform, minval=-1.0)
d = jax.grad(lambda x: uniform(jax.random.key(0), maxval=x))(2.0)
""",
        """
r = SimpleNamespace()
r.uniform = partial(jax.random.uniform, minval=-1.0)
d = jax.grad(lambda x: r.uniform(jax.random.key(0), maxval=x))(2.0)
""",
    ],
    ids=["partial", "partial of the same name", "attribute"],
)
def test_bound_arguments_out_of_sight_are_not_rewritten(program: str) -> None:
    text = f"from functools import partial\nfrom types import SimpleNamespace\n{HEADER}{program}"
    assert fixed(text) == text


@pytest.mark.parametrize(
    ("expression", "safe"),
    [
        ("uniform(key, minval=a, maxval=b)", True),
        ("uniform(key, minval=a[0] - 1, maxval=-b.high)", True),
        ("uniform(key, maxval=jax.numpy.exp(b))", True),
        ("uniform(key, minval=jax.numpy.exp(a), maxval=b)", False),  # evaluated twice
        ("uniform(jax.random.key(0), maxval=jax.numpy.exp(b))", False),  # in another order
        ("uniform(key, (), float, maxval=b)", False),  # the bounds are not cast any more
        ("weibull_min(key, b, 2.0)", True),
        ("rayleigh(key, b)", False),  # an array of scales draws an array
        ("double_sided_maxwell(key, a, b)", False),
    ],
)
def test_which_fixes_are_safe(expression: str, safe: bool) -> None:
    report = checker().check_bytes(in_loss(expression).encode(), "a.py")
    assert {finding.fix.safe for finding in report.findings if finding.fix} == {safe}
    if not safe:
        assert fixed(in_loss(expression), unsafe=False) == in_loss(expression)
        assert fixed(in_loss(expression)) != in_loss(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "uniform(key, SHAPE, minval=a, maxval=b)",
        "uniform(key, SHAPE, maxval=b) ** 2 / (1 + a ** 2)",
        "-uniform(key, SHAPE, minval=-b, maxval=b) + 0 * a",
        "1 - uniform(key, SHAPE, float, a - 1, a + b)",
        "uniform(key, minval=a, shape=SHAPE) @ b * uniform(key, SHAPE, maxval=b + 1)",
        "weibull_min(key, b, 2.0, SHAPE) + 0 * a",
        "rayleigh(key, b, SHAPE) + 0 * a",
    ],
)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)], ids=str)
def test_the_rewritten_code_draws_the_same(expression: str, shape: tuple[int, ...]) -> None:
    """Value and both derivatives, by running both programs."""
    jax = pytest.importorskip("jax")
    import jax.numpy as jnp

    if not shape:
        expression = expression.replace(" @ b", " * b")
    elif "@" in expression and len(shape) == 2:
        shape = (3, 3)
    parameter = shape[-1:]  # arrays broadcast against the shape
    results = []
    before = in_loss(expression)
    for text in (before, fixed(before)):
        space: dict[str, Any] = {"SHAPE": shape}
        exec(compile(text, "a.py", "exec"), space)
        f = space["f"]
        a = jnp.linspace(-0.7, 0.4, 3)[: 3 if parameter else 1].reshape(parameter)
        b = jnp.linspace(0.9, 2.1, 3)[: 3 if parameter else 1].reshape(parameter)
        key = jax.random.key(3)
        results.append(
            [
                f(a, b, key),
                *jax.grad(lambda a, b, key, f=f: jnp.sum(f(a, b, key)), (0, 1))(a, b, key),
            ]
        )
    assert fixed(before) != before
    for old, new in zip(*results, strict=True):
        assert old.shape == new.shape
        assert old.dtype == new.dtype
        assert jnp.allclose(old, new, rtol=1e-6, atol=1e-6)


def test_the_finding_is_gone(randlint: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    before = randlint("check")
    assert before.code == 1
    assert before.out.endswith("\n1 fixable with `--fix` (`--diff` shows how).\n")
    outcome = randlint("check", "--fix")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "No findings (1 file checked).\nFixed 1 finding in 1 file.\n"
    assert (tmp_path / "a.py").read_text() == GOOD
    again = randlint("check", "--fix")
    assert (again.code, again.out) == (0, "No findings (1 file checked).\n")


def test_what_is_left_is_reported(randlint: Run, tmp_path: Path, reuse: str) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "b.py").write_text(reuse)
    outcome = randlint("check", "--fix", "--output-format", "json")
    assert outcome.code == 1
    assert outcome.findings() == [("RND101", 6, 9)]
    assert (tmp_path / "b.py").read_text() == reuse
    assert randlint("check", "--fix", "--exit-zero").code == 0


def test_the_cache_does_not_bring_a_finding_back(randlint: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    assert [randlint("check", cache=True).code for _ in range(2)] == [1, 1]
    assert randlint("check", "--fix", cache=True).code == 0
    assert randlint("check", cache=True).code == 0


def test_unsafe_fixes_are_asked_for(randlint: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(UNSAFE)
    outcome = randlint("check", "--fix")
    assert outcome.code == 1
    assert "0 fixable with `--fix` (`--diff` shows how), 1 more with `--unsafe" in outcome.out
    assert (tmp_path / "a.py").read_text() == UNSAFE
    assert randlint("check", "--diff").code == 0
    assert randlint("check", "--fix", "--unsafe-fixes").code == 0
    assert "abs(x) + (2 - abs(x)) * jax.random.uniform(key)" in (tmp_path / "a.py").read_text()


def test_a_suppressed_finding_is_not_fixed(randlint: Run, tmp_path: Path) -> None:
    text = BAD.replace("maxval=x)", "maxval=x)  # noqa: RND203")
    (tmp_path / "a.py").write_text(text)
    assert randlint("check", "--fix").code == 0
    assert (tmp_path / "a.py").read_text() == text


def test_diff(randlint: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    outcome = randlint("check", "--diff")
    assert outcome.code == 1
    assert outcome.err == "Would fix 1 finding in 1 file.\n"
    assert outcome.out.splitlines()[:2] == ["--- a.py", "+++ a.py"]
    assert "-    return jax.random.uniform(key, maxval=x)\n" in outcome.out
    assert "+    return x * jax.random.uniform(key)\n" in outcome.out
    assert (tmp_path / "a.py").read_text() == BAD
    assert randlint("check", "--diff", "--exit-zero").code == 0
    (tmp_path / "a.py").write_text(GOOD)
    assert (randlint("check", "--diff").code, randlint("check", "--diff").out) == (0, "")


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("final", ["\n", ""], ids=["newline", "no newline"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1", "shift_jis"])
def test_every_other_byte_stays_and_patch_agrees(
    spawn: Run, tmp_path: Path, end: str, final: str, encoding: str
) -> None:
    sign = {"latin-1": "é", "shift_jis": "\u8868"}.get(
        encoding, "\u2028漢"
    )  # 0x5C as a second byte
    cookie = "" if encoding == "utf-8-sig" else f"# coding: {encoding}\n"
    before = f"{cookie}{BAD.rstrip()}  # {sign}{final}".replace("\n", end).encode(encoding)
    after = f"{cookie}{GOOD.rstrip()}  # {sign}{final}".replace("\n", end).encode(encoding)
    (tmp_path / "a.py").write_bytes(before)
    command = ["randlint", "check", "--no-cache", "a.py"]
    diff = subprocess.run(
        [sys.executable, "-m", *command, "--diff"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    ).stdout
    patched = tmp_path / "patched"
    patched.mkdir()
    (patched / "a.py").write_bytes(before)
    subprocess.run(["git", "apply", "-p0", "-"], input=diff, cwd=patched, check=True)
    assert (patched / "a.py").read_bytes() == after
    assert spawn(*command, "--fix", cwd=tmp_path).code == 0
    assert (tmp_path / "a.py").read_bytes() == after


def test_an_ambiguous_encoding_is_not_touched(randlint: Run, tmp_path: Path) -> None:
    """In UTF-7 a letter may be written in several ways."""
    data = ("# coding: utf-7\n" + BAD).encode() + b"# +AGE-\n"
    (tmp_path / "a.py").write_bytes(data)
    outcome = randlint("check", "--fix")
    assert outcome.code == 2
    assert outcome.err == "randlint: error: a.py: cannot be fixed: its encoding is ambiguous\n"
    assert (tmp_path / "a.py").read_bytes() == data


def test_mode_and_links_stay(randlint: Run, tmp_path: Path) -> None:
    target = tmp_path / "real" / "a.py"
    target.parent.mkdir()
    target.write_text(BAD)
    target.chmod(0o751)
    (tmp_path / "link.py").symlink_to(target)
    assert randlint("check", "--fix", "link.py").code == 0
    assert (tmp_path / "link.py").is_symlink()
    assert target.read_text() == GOOD
    assert stat.S_IMODE(target.stat().st_mode) == 0o751
    assert [path.name for path in target.parent.iterdir()] == ["a.py"]


def test_a_file_that_cannot_be_written_is_one_line(
    randlint: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a.py").write_text(BAD)
    (tmp_path / "b.py").write_text("import jax\n")
    monkeypatch.setattr("randlint.files.os.replace", refuse)
    outcome = randlint("check", "--fix")
    assert outcome.code == 2
    assert outcome.err == "randlint: error: a.py: cannot be written: no space left on device\n"
    assert outcome.out.startswith("a.py:6:12: RND203 ")
    assert "Fixed" not in outcome.out
    assert (tmp_path / "a.py").read_text() == BAD
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.py", "b.py"]


def test_a_fix_that_breaks_the_file_is_not_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    edit = Edit(Position(1, 1), Position(1, 7), "import(")
    real = Checker.check_bytes

    def check(self: Checker, data: bytes, filename: str) -> Any:
        report = real(self, data, filename)
        (finding,) = report.findings
        broken = _with_fix(finding, Fix("break it", (edit,)))
        return type(report)(filename, (broken,))

    monkeypatch.setattr(Checker, "check_bytes", check)
    outcome = fix_bytes(BAD.encode(), "a.py", checker(), unsafe=False)
    assert (outcome.data, outcome.applied) == (BAD.encode(), 0)
    assert "a fix breaks the file" in outcome.error


def _with_fix(finding: Finding, fix: Fix) -> Finding:
    from dataclasses import replace

    return replace(finding, fix=fix)


def test_stdin(spawn: Run, tmp_path: Path) -> None:
    outcome = spawn("randlint", "check", "-", "--fix", cwd=tmp_path, stdin=BAD.encode())
    assert (outcome.code, outcome.out) == (0, GOOD)
    assert outcome.err.endswith("Fixed 1 finding in 1 file.\n")
    left = spawn("randlint", "check", "-", "--fix", cwd=tmp_path, stdin=UNSAFE.encode())
    assert (left.code, left.out) == (1, UNSAFE)
    assert "<stdin>:6:12: RND203" in left.err
    diff = spawn("randlint", "check", "-", "--diff", cwd=tmp_path, stdin=BAD.encode())
    assert diff.code == 1
    assert "+    return x * jax" in diff.out
    broken = spawn("randlint", "check", "-", "--fix", cwd=tmp_path, stdin=b"def (\r\n")
    assert (broken.code, broken.out) == (1, "def (\r\n")


def test_json_carries_the_fix(randlint: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(BAD)
    (finding,) = json.loads(randlint("check", "--output-format", "json").out)
    assert finding["fix"] == {
        "message": "Write the generative process out",
        "safe": True,
        "edits": [
            {
                "content": "x * jax.random.uniform(key)",
                "location": {"row": 6, "column": 12},
                "end_location": {"row": 6, "column": 45},
            }
        ],
    }


def test_wrong_usage(randlint: Run) -> None:
    assert "--unsafe-fixes needs --fix or --diff" in randlint("check", "--unsafe-fixes").err
    assert randlint("check", "--fix", "--diff").code == 2


BOUNDS = st.sampled_from(["a", "b", "-a", "a + b", "a if a > b else b", "0", "g(a)", "2 * b"])
AROUND = st.sampled_from(["{}", "-{}", "{} ** 2", "1 - {}", "[{}]", "g({})", "({})", "{}.sum()"])
BREAKS = st.sampled_from(["", " ", "\n        "])
NOISE = st.text(alphabet=st.sampled_from("é漢\u2028\x0c #'x\t"), max_size=6)


@settings(max_examples=60, deadline=None)
@given(
    low=st.none() | BOUNDS,
    high=BOUNDS,
    around=AROUND,
    gap=BREAKS,
    comment=NOISE,
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.booleans(),
)
def test_only_the_call_changes(
    low: str | None, high: str, around: str, gap: str, comment: str, end: str, mark: bool
) -> None:
    """Before and after the statement every byte is the same, and the result parses."""
    bounds = f"minval={low},{gap}maxval={high}" if low else f"maxval={high}"
    call = around.format(f"uniform({gap}key,{gap}(3,),{gap}{bounds})")
    head = f"{HEADER}# {comment}\ndef f(a, b, key):\n    "
    tail = f"  # {comment}{END}# {comment}"
    before = f"{head}return {call}{tail}".replace("\n", end)
    data = (b"\xef\xbb\xbf" if mark else b"") + before.encode()
    outcome = fix_bytes(data, "a.py", checker(), unsafe=True)
    assert outcome.error == ""
    assert outcome.data.startswith(b"\xef\xbb\xbf") == mark
    after = outcome.data.removeprefix(b"\xef\xbb\xbf").decode()
    ast.parse(after)
    assert after.startswith(head.replace("\n", end))
    assert after.endswith(tail.replace("\n", end))
    assert [finding.fix for finding in outcome.report.findings] in ([], [None])


@settings(max_examples=200)
@given(
    lines=st.lists(st.text(alphabet=st.sampled_from("ab\u2028\x0cé"), max_size=5), max_size=6),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    cuts=st.lists(st.integers(0, 40), max_size=6),
    content=st.sampled_from(["", "x", "x\ny"]),
)
def test_edits_replace_exactly_their_spans(
    lines: list[str], end: str, cuts: list[int], content: str
) -> None:
    """Against slicing, for texts whose lines all end alike."""
    text = end.join(lines)
    points = sorted({cut for cut in cuts if cut <= len(text) and text[cut - 1 : cut + 1] != "\r\n"})
    spans = list(zip(points[::2], points[1::2], strict=False))
    edits = [
        Edit(Position(*position(text, start)), Position(*position(text, stop)), content)
        for start, stop in spans
    ]
    expected = text
    for start, stop in reversed(spans):
        newline = end if end in text else "\n"
        expected = expected[:start] + content.replace("\n", newline) + expected[stop:]
    assert apply_edits(text, [*edits, *edits]) == expected


def test_overlapping_edits_are_refused() -> None:
    first = Edit(Position(1, 1), Position(1, 3), "x")
    second = Edit(Position(1, 2), Position(1, 4), "y")
    with pytest.raises(ValueError, match="overlap at 1:2"):
        apply_edits("abcd", [first, second])
    with pytest.raises(ValueError, match="row 3"):
        apply_edits("abcd", [Edit(Position(3, 1), Position(3, 1), "x")])
