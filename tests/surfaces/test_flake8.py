"""The real flake8, in a process of its own, with the plugin found by its entry point."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Spawn = Callable[..., Any]

ROW = re.compile(r"(?P<file>[^:]+):(?P<row>\d+):(?P<column>\d+): (?P<code>\w+) (?P<message>.*)")

INSTALLED = any(
    point.name == "RND" for point in importlib.metadata.entry_points(group="flake8.extension")
)
pytestmark = pytest.mark.skipif(
    not INSTALLED, reason="randlint is on the path but not installed: flake8 cannot find its plugin"
)


@pytest.fixture
def flake8(spawn: Spawn, tmp_path: Path) -> Spawn:
    """Run flake8 in an empty folder and return its exit code, its rows, and its raw output."""

    def run(*arguments: str, stdin: bytes = b"") -> tuple[int, list[tuple[str, ...]], Any]:
        outcome = spawn("flake8", "--isolated", *arguments, cwd=tmp_path, stdin=stdin)
        rows = [match.groups() for match in map(ROW.match, outcome.out.splitlines()) if match]
        return outcome.code, rows, outcome

    return run


def places(rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [(code, row, column) for _, row, column, code, _ in rows if code.startswith("RND")]


def test_the_plugin_is_listed(flake8: Spawn) -> None:
    _, _, outcome = flake8("--version")
    assert "randlint: " in outcome.out


def test_the_same_finding_as_the_command_line(
    flake8: Spawn, spawn: Spawn, tmp_path: Path, reuse: str
) -> None:
    text = "'é漢'\n" + reuse + "\n\ndef more(key):\n    return '漢', draw(key), draw(key)\n"
    (tmp_path / "a.py").write_text(text)
    code, rows, _ = flake8("--select", "RND", "a.py")
    assert code == 1
    ours = spawn("randlint", "check", "--no-cache", "--select", "RND", "a.py", cwd=tmp_path)
    expected = [match.groups() for match in map(ROW.match, ours.out.splitlines()) if match]
    assert rows == expected
    assert ("RND101", "7", "9") in places(rows)


def test_on_by_default(flake8: Spawn, tmp_path: Path, reuse: str) -> None:
    (tmp_path / "a.py").write_text(reuse)
    _, rows, _ = flake8("a.py")
    assert places(rows) == [("RND101", "6", "9")]


@pytest.mark.parametrize(
    ("options", "shown"),
    [
        (["--select", "RND101"], True),
        (["--select", "RND1"], True),
        (["--select", "E,W,RND"], True),
        (["--select", "RND102"], False),
        (["--select", "E"], False),
        (["--ignore", "RND101"], False),
        (["--extend-ignore", "RND"], False),
        (["--per-file-ignores", "a.py:RND101"], False),
    ],
)
def test_flake8_selects(
    flake8: Spawn, tmp_path: Path, reuse: str, options: list[str], shown: bool
) -> None:
    (tmp_path / "a.py").write_text(reuse)
    _, rows, _ = flake8(*options, "a.py")
    assert places(rows) == ([("RND101", "6", "9")] if shown else [])


def test_rules_that_are_off_by_default(flake8: Spawn, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1  # noqa: RND101\n")
    assert places(flake8("a.py")[1]) == []
    assert places(flake8("--extend-select", "RND901", "a.py")[1]) == [("RND901", "1", "16")]
    assert places(flake8("--select", "RND901", "a.py")[1]) == [("RND901", "1", "16")]
    (tmp_path / "pyproject.toml").write_text("[tool.randlint]\nextend-select = ['RND901']\n")
    assert places(flake8("a.py")[1]) == [("RND901", "1", "16")]


def test_our_configuration_counts(flake8: Spawn, tmp_path: Path, reuse: str) -> None:
    (tmp_path / "a.py").write_text(reuse)
    (tmp_path / "pyproject.toml").write_text("[tool.randlint]\nignore = ['RND101']\n")
    assert places(flake8("a.py")[1]) == []
    (tmp_path / "pyproject.toml").write_text("[tool.randlint]\nselct = []\n")
    code, rows, outcome = flake8("a.py")
    assert (code, rows) == (1, [])
    assert outcome.err.count("\n") == 1
    assert "unknown setting `selct`; did you mean `select`?" in outcome.err


@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa: RND101", "# noqa:RND1", "# randlint: ignore[RND101] paired"]
)
def test_suppression(flake8: Spawn, tmp_path: Path, reuse: str, comment: str) -> None:
    (tmp_path / "a.py").write_text(reuse.replace("uniform(key, (3,))", f"uniform(key)  {comment}"))
    assert places(flake8("a.py")[1]) == []


def test_suppression_on_the_last_line_of_a_statement(flake8: Spawn, tmp_path: Path) -> None:
    for comment in ("# noqa: RND101", "# randlint: ignore[RND101] on purpose"):
        (tmp_path / "a.py").write_text(
            "import jax\n\n\ndef f(key):\n    a = jax.random.normal(key)\n    return (\n"
            f"        a + jax.random.normal(key)\n    )  {comment}\n"
        )
        assert places(flake8("a.py")[1]) == []


def test_disable_noqa(flake8: Spawn, tmp_path: Path, reuse: str) -> None:
    (tmp_path / "a.py").write_text(reuse.replace("uniform(key, (3,))", "uniform(key)  # noqa"))
    assert places(flake8("--disable-noqa", "a.py")[1]) == [("RND101", "6", "9")]


def test_stdin(flake8: Spawn, reuse: str) -> None:
    code, rows, _ = flake8("-", stdin=reuse.encode())
    assert code == 1
    assert places(rows) == [("RND101", "6", "9")]
    _, rows, _ = flake8("--stdin-display-name", "x.py", "-", stdin=reuse.encode())
    assert [row[0] for row in rows] == ["x.py"]


@pytest.mark.parametrize(
    "data",
    [b"", b"\xef\xbb\xbfx = 1\n", b"# coding: latin-1\nx = '\xe9'\n", b"x = 1\r\n", b"\x0cx = 1\n"],
)
def test_odd_files(flake8: Spawn, tmp_path: Path, data: bytes, reuse: str) -> None:
    (tmp_path / "a.py").write_bytes(data + b"\n" + reuse.encode())
    _, rows, outcome = flake8("--select", "RND", "a.py")
    row = data.count(b"\n") + 7
    assert places(rows) == [("RND101", str(row), "9")]
    assert outcome.err == ""


def test_a_syntax_error_is_flake8s_own(flake8: Spawn, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f(:\n")
    _, rows, outcome = flake8("a.py")
    assert "E999" in [row[3] for row in rows]
    assert outcome.err == ""


def test_several_processes(flake8: Spawn, tmp_path: Path, reuse: str) -> None:
    for number in range(6):
        (tmp_path / f"{number}.py").write_text(reuse)
    _, rows, _ = flake8("--jobs", "2", ".")
    assert len(places(rows)) == 6
