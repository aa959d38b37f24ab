"""`--write-baseline` and `--baseline`: what was there stays hidden, what is new is shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from randlint.cli import _baseline as baseline
from randlint.engine import Checker
from randlint.runner import Tally
from randlint.settings import Settings, SettingsError

Run = Callable[..., Any]


@pytest.fixture
def project(randlint: Run, tmp_path: Path, reuse: str) -> Path:
    """A folder with one finding in a package, and a baseline that knows it."""
    (tmp_path / "pkg").mkdir()
    path = tmp_path / "pkg" / "a.py"
    path.write_text(reuse)
    outcome = randlint("check", "--write-baseline", "base.json")
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == "Wrote 1 finding to base.json.\n"
    return path


def test_the_file_is_sorted_and_readable(project: Path, tmp_path: Path) -> None:
    (entry,) = json.loads((tmp_path / "base.json").read_text())["findings"]
    assert entry == {
        "path": "pkg/a.py",
        "code": "RND101",
        "scope": "draw",
        "line": "y = jax.random.uniform(key, (3,))",
        "count": 1,
    }


def test_known_findings_are_hidden(randlint: Run, project: Path) -> None:
    outcome = randlint("check", "--baseline", "base.json", "--statistics")
    assert outcome.code == 0
    assert outcome.out.startswith("No findings (1 file checked).\n")
    assert "\n1 findings known to the baseline\n" in outcome.out


def test_they_survive_what_happens_around_them(randlint: Run, project: Path, reuse: str) -> None:
    body = reuse.split("\n\n\n", 1)[1]
    indented = body.replace("    x", "\tx").replace("    y", "\ty").replace("    r", "\tr")
    project.write_text(f'"""New."""\n\nimport os\nimport jax\n\nA = 1\n\n\n@os\n{indented}')
    assert randlint("check", "--baseline", "base.json").code == 0
    project.write_text(reuse.replace("\n", "\r\n"))
    assert randlint("check", "--baseline", "base.json").code == 0


def test_they_do_not_depend_on_the_current_folder(
    randlint: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.parent)
    assert randlint("check", "--baseline", "../base.json", "a.py").code == 0
    assert randlint("check", "--baseline", "../base.json", str(project)).code == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("def draw", "def other"),
        lambda text: text.replace("y = jax.random.uniform", "z = y = jax.random.uniform"),
        lambda text: text + "    jax.random.uniform(key)\n",
        lambda text: text.replace("    print", "    y = jax.random.uniform(key, (3,))\n    print"),
    ],
)
def test_what_is_new_is_shown(
    randlint: Run, project: Path, reuse: str, change: Callable[[str], str]
) -> None:
    changed = change(reuse.replace("return x + y", "print(x)"))
    project.write_text(changed)
    assert randlint("check", "--baseline", "base.json").code == 1


def test_another_file_is_new(randlint: Run, project: Path, reuse: str) -> None:
    project.with_name("b.py").write_text(reuse)
    outcome = randlint("check", "--baseline", "base.json", "--output-format", "json")
    assert [each["filename"] for each in json.loads(outcome.out)] == ["pkg/b.py"]


def test_equal_findings_are_counted(randlint: Run, project: Path, reuse: str) -> None:
    again = "    y = jax.random.uniform(key, (3,))\n"
    project.write_text(reuse.replace("    return", 2 * again + "    return"))
    outcome = randlint("check", "--baseline", "base.json", "--output-format", "json")
    assert [row for _, row, _ in outcome.findings()] == [7, 8]
    randlint("check", "--write-baseline", "base.json")
    assert randlint("check", "--baseline", "base.json").code == 0


def test_only_new_findings_are_silenced_by_comments(
    randlint: Run, project: Path, reuse: str
) -> None:
    project.write_text(reuse + "\n\n" + reuse.replace("draw", "other"))
    assert randlint("check", "--baseline", "base.json", "--add-noqa").code in (0, 1)
    assert project.read_text().count("# noqa: RND101") == 1


def test_notebooks_and_broken_files(randlint: Run, tmp_path: Path, reuse: str) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": reuse}
    text = {"cell_type": "markdown", "metadata": {}, "source": "x"}
    notebook = tmp_path / "nb.ipynb"
    notebook.write_text(json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell]}))
    (tmp_path / "broken.py").write_text("x = = 1\n")
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "bytes.py").write_bytes(b"x = '\xff'\n")
    assert randlint("check").code == 1
    assert randlint("check", "--write-baseline", "base.json").code == 0
    assert randlint("check", "--baseline", "base.json").code == 0
    notebook.write_text(json.dumps({"nbformat": 4, "metadata": {}, "cells": [text, cell]}))
    assert randlint("check", "--baseline", "base.json").code == 0
    other = {**cell, "source": reuse.replace("draw", "other")}
    notebook.write_text(json.dumps({"nbformat": 4, "metadata": {}, "cells": [cell, other]}))
    assert randlint("check", "--baseline", "base.json").code == 1


ENTRY = {"path": "a.py", "code": "RND101", "scope": "", "line": "x", "count": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON"),
        ("", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no list of `findings`"),
        ('{"version": 1}', "no list of `findings`"),
        ('{"version": 2, "findings": []}', "its `version` is not 1"),
        ('{"version": 1, "findings": [3]}', "finding 1 lacks a field or has a wrong one"),
        ('{"version": 1, "findings": [{}]}', "finding 1 lacks a field or has a wrong one"),
        (json.dumps({"version": 1, "findings": [ENTRY, {**ENTRY, "count": "1"}]}), "finding 2 "),
        (json.dumps({"version": 1, "findings": [{**ENTRY, "line": None}]}), "finding 1 "),
    ],
)
def test_a_corrupt_baseline_is_one_line(
    randlint: Run, tmp_path: Path, reuse: str, text: str, said: str
) -> None:
    (tmp_path / "a.py").write_text(reuse)
    (tmp_path / "base.json").write_text(text)
    outcome = randlint("check", "--baseline", "base.json")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("randlint: error: base.json: not a baseline of randlint: ")
    assert said in outcome.err
    assert outcome.err.endswith("write one with --write-baseline base.json\n")
    assert outcome.err.count("\n") == 1


def test_files_that_are_not_there(randlint: Run, tmp_path: Path, reuse: str) -> None:
    (tmp_path / "a.py").write_text(reuse)
    outcome = randlint("check", "--baseline", "no.json")
    assert outcome.code == 2
    assert "no.json: not a baseline of randlint: cannot be read: no such file" in outcome.err
    outcome = randlint("check", "--write-baseline", "no/base.json")
    assert outcome.code == 2
    assert "no/base.json: cannot be written: no such file or directory\n" in outcome.err


@pytest.mark.parametrize("option", ["--fix", "--diff"])
def test_it_is_not_combined_with_fixes(randlint: Run, project: Path, option: str) -> None:
    outcome = randlint("check", "--baseline", "base.json", option)
    assert outcome.code == 2
    assert f"--baseline cannot be combined with {option}\n" in outcome.err


PARTS = st.sampled_from(
    [
        "import jax\n",
        "def f(key):\n    x = jax.random.normal(key)\n    y = jax.random.normal(key)\n",
        "class C:\n  def f(self, key):\n    a = jax.random.normal(key)\n    b = g(key)\n",
        "\n\n",
        "A = 1\n",
        "# comment\n",
    ]
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(PARTS, max_size=6), st.lists(st.sampled_from(["\n", "# x\n", "B = 2\n"])))
def test_a_file_pushed_down_has_nothing_new(
    tmp_path: Path, parts: list[str], above: list[str]
) -> None:
    checker = Checker(Settings(root=tmp_path))
    name, base = str(tmp_path / "a.py"), str(tmp_path / "base.json")
    before = ("import jax\n" + "".join(parts)).encode()
    baseline.write(base, [checker.check_bytes(before, name)], {name: before})
    after = "".join(above).encode() + before
    tally = Tally.of([checker.check_bytes(after, name)])
    left = baseline.without_known(tally, baseline.load(base), {name: after})
    assert left.reports == []
    assert left.known == sum(len(report.findings) for report in tally.reports)
    with pytest.raises(SettingsError):
        baseline.load(str(tmp_path))
