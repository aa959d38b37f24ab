"""What was not checked to its end is said, and a failure of ours costs one function."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from randlint.engine import Checker
from randlint.interpreter import roots
from randlint.settings import Settings

HEAD = "import jax\nfrom jax import random\n\n\n"
REUSE = "def {0}(key):\n    return random.normal(key) + random.normal(key)\n\n\n"
DECORATED = "@jax.jit\n" * 5000 + "def long(key):\n    return random.normal(key)\n"


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interpreter fails in every function called `bad`."""
    interpret = roots.Root.interpret

    def interpreting(self: roots.Root, machine: Any) -> None:
        if self.definition is not None and self.definition.name.startswith("bad"):
            raise ZeroDivisionError("oops")
        interpret(self, machine)

    monkeypatch.setattr(roots.Root, "interpret", interpreting)


def _write(text: str, name: str = "a.py") -> str:
    Path(name).write_text(HEAD + text)
    return name


def test_what_is_too_large_is_said_in_one_line(randlint: Any, tmp_path: Path) -> None:
    name = _write(DECORATED)
    outcome = randlint("check", name)
    assert outcome.code == 0
    first, second = outcome.out.splitlines()
    assert first == "No findings (1 file checked, not all to the end)."
    assert second.startswith("Too large to be checked to the end")
    assert second.endswith(": a.py:5 `long`.")
    cached = [randlint("check", name, cache=True) for _ in range(2)]
    assert cached == [outcome, outcome]


def test_documents_for_programs_stay_as_they_are(randlint: Any, tmp_path: Path) -> None:
    outcome = randlint("check", _write(DECORATED), "--output-format", "json")
    assert (outcome.code, json.loads(outcome.out)) == (0, [])
    assert outcome.err.startswith("randlint: Too large to be checked to the end")
    assert outcome.err.count("\n") == 1


def test_a_failure_costs_one_function(randlint: Any, tmp_path: Path, failing: None) -> None:
    name = _write(REUSE.format("bad") + REUSE.format("good") + REUSE.format("bad_too"))
    outcome = randlint("check", name, "--statistics")
    assert outcome.code == 2
    assert "a.py:10:33: RND101" in outcome.out
    assert "1 finding in 1 file (1 file checked, not all to the end)." in outcome.out
    assert "2 functions not checked (internal error)" in outcome.out
    (line,) = outcome.err.splitlines()
    assert line.startswith("randlint: error: a.py:5: internal error in test_unfinished.py:")
    assert "ZeroDivisionError: oops; please report it" in line
    assert line.endswith("(`bad`, nor 1 others, could not be checked; the rest of the file was)")


def test_a_failure_is_not_kept_for_later(randlint: Any, tmp_path: Path, failing: None) -> None:
    name = _write(REUSE.format("bad"))
    assert [randlint("check", name, cache=True).code for _ in range(2)] == [2, 2]


def test_flake8_shows_the_failure_and_the_rest(failing: None) -> None:
    import ast

    from randlint.flake8_plugin import Plugin

    text = HEAD + REUSE.format("bad") + REUSE.format("good")
    found = list(Plugin(ast.parse(text), "a.py", text.splitlines(keepends=True)).run())
    assert [(row, said.split()[0]) for row, _, said, _ in found] == [(5, "RND900"), (10, "RND101")]


def test_a_file_that_would_not_fit_into_memory_is_named(randlint: Any, tmp_path: Path) -> None:
    unit = "".join(REUSE.format(f"f{i}") for i in range(100))
    name = _write(unit * 600, "huge.py")
    outcome = randlint("check", name)
    assert outcome.code == 0
    size = Path(name).stat().st_size / 1e6
    assert size > 3
    wanted = f"huge.py:1 ({size:.1f} MB, at most 3.0 MB: split it, or `exclude` it)."
    assert wanted in outcome.out


def test_as_large_a_file_without_randomness_is_nobodys_business(tmp_path: Path) -> None:
    report = Checker(Settings(root=tmp_path)).check_bytes(b"x = [1, 2]\n" * 400_000, "data.py")
    assert (report.findings, report.unfinished, report.error) == ((), (), "")


def test_a_whole_run_survives_a_failure(tmp_path: Path) -> None:
    """In a process of its own: exit code, both streams."""
    (tmp_path / "long.py").write_text(HEAD + DECORATED)
    done = subprocess.run(
        [sys.executable, "-m", "randlint", "check", "--no-cache", "long.py"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "`long`" in done.stdout
