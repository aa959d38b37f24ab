"""CONTRIBUTING.md is carried out to the letter in a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FENCE = re.compile(
    r"^<!-- (?P<kind>file|console)(?:: (?P<path>\S+))? -->\n(?P<fence>`{3,})\w*\n"
    r"(?P<text>.*?)^(?P=fence)\n",
    re.DOTALL | re.MULTILINE,
)


@pytest.fixture
def copy(tmp_path: Path, repository: Path) -> Path:
    """The parts of the repository that a rule and a framework touch."""
    skip = shutil.ignore_patterns("__pycache__")
    shutil.copytree(repository / "randlint", tmp_path / "randlint", ignore=skip)
    shutil.copytree(repository / "tests" / "fixtures", tmp_path / "tests" / "fixtures", ignore=skip)
    return tmp_path


def steps(page: str) -> list[tuple[str, str | None, str]]:
    return [(match["kind"], match["path"], match["text"]) for match in FENCE.finditer(page)]


def console(folder: Path, text: str) -> str:
    """Run the commands of a console block, and write down what a terminal would show."""
    shown = []
    for line in text.splitlines():
        if not line.startswith("$ "):
            continue
        program, *arguments = line.removeprefix("$ ").split()
        done = subprocess.run(
            [sys.executable, "-m", program, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            check=False,
        )
        shown.append(f"{line}\n{done.stdout.decode()}")
    return "".join(shown)


def test_the_transcript(copy: Path, repository: Path) -> None:
    page = (repository / "CONTRIBUTING.md").read_text()
    written = steps(page)
    assert [kind for kind, _, _ in written] == [
        "file",
        "file",
        "console",
        "file",
        "file",
        "console",
    ]
    for kind, path, text in written:
        if kind == "file":
            assert path is not None
            assert not (copy / path).exists(), f"{path} is not a new file"
            (copy / path).write_text(text)
        else:
            assert console(copy, text) == text


def test_the_framework_file_makes_the_difference(copy: Path, repository: Path) -> None:
    page = (repository / "CONTRIBUTING.md").read_text()
    (program,) = (text for _, path, text in steps(page) if path == "toy.py")
    (copy / "toy.py").write_text(program)
    assert "RND101" in console(copy, "$ randlint check toy.py\n")


def test_each_walk_is_under_a_page(repository: Path) -> None:
    page = (repository / "CONTRIBUTING.md").read_text()
    walks = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    assert [walk.partition("\n")[0] for walk in walks if walk.startswith("Adding")] == [
        "Adding a rule",
        "Adding a framework",
        "Adding a criterion of evidence",
        "Adding a form of loop, or another transform",
        "Adding a sampler",
        "Adding a command",
    ]
    assert all(len(walk.splitlines()) < 70 for walk in walks)


def test_the_files_to_read_are_there(repository: Path) -> None:
    page = (repository / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`((?:randlint|runtime|tests|benchmarks)/[\w/.]+)`", page))
    assert len(named) > 10
    made = {path for _, path, _ in steps(page) if path is not None}
    assert [path for path in sorted(named - made) if not (repository / path).exists()] == []
