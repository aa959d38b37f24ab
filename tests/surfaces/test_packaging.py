"""Installed from scratch, as users get it. Needs a package index; run by .ci/run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.network


def run(*command: str, cwd: Path, code: int = 0, **env: str) -> str:
    """Run a command without this process's import path; its output, on success or not."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**clean, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=900,
        check=False,
    )
    said = done.stdout.decode(errors="replace")
    assert done.returncode == code, f"{command} ended with {done.returncode}:\n{said}"
    return said


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of its own with the files of this one as they are now."""
    source = Path(__file__).resolve().parents[2]
    target = tmp_path_factory.mktemp("clone") / "randlint"
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=source)
    for name in filter(None, listed.split("\0")):
        if (source / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((source / name).read_bytes())
            (target / name).chmod((source / name).stat().st_mode)
    commit(target)
    return target


def commit(folder: Path) -> None:
    run("git", "init", "-q", cwd=folder)
    run("git", "add", "-A", cwd=folder)
    name = ["-c", "user.name=test", "-c", "user.email=test@example.invalid"]
    run("git", *name, "commit", "-q", "--no-verify", "-m", "as it is", cwd=folder)


def test_the_readmes_main_command(clone: Path, shown_block: Callable[[Path, str], str]) -> None:
    command = shown_block(clone / "README.md", "main command")
    said = run("bash", "-c", command, cwd=clone, code=1)
    found = set(re.findall(r"^examples/rnd(\d+)_\w+\.py:\d+:\d+: RND(\d+) ", said, re.MULTILINE))
    assert {own for own, _ in found} == {p.name[3:6] for p in (clone / "examples").glob("rnd*.py")}
    assert all(own == code for own, code in found)


def test_the_wheel_holds_the_package_and_nothing_else(clone: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path)]
    run(*pip, str(clone), cwd=tmp_path)
    (wheel,) = tmp_path.glob("randlint-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        requires = re.findall(
            r"^Requires-Dist: (\w+)[^;\n]*$", archive.read(metadata).decode(), re.MULTILINE
        )
    assert {name.split("/")[0].split("-")[0] for name in names} == {"randlint"}
    assert {"randlint/py.typed", "randlint/catalogue/samplers.toml"} <= set(names)
    assert any(name.startswith("randlint/catalogue/frameworks/") for name in names)
    assert sorted(requires) == ["libcst"]


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A small repository that wants to try the hook."""
    (tmp_path / "README").write_text("nothing in Python\n")
    commit(tmp_path)
    return tmp_path


def try_hook(clone: Path, scratch: Path, code: int) -> str:
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(clone), "randlint"]
    home = str(clone.parent / "pre-commit")
    return run(*command, "--all-files", "--verbose", cwd=scratch, code=code, PRE_COMMIT_HOME=home)


def test_pre_commit_without_python_files(clone: Path, scratch: Path) -> None:
    assert "(no files to check)Skipped" in try_hook(clone, scratch, 0)


def test_pre_commit_with_a_mistake_and_after_its_repair(
    clone: Path, scratch: Path, reuse: str
) -> None:
    (scratch / "a.py").write_text(reuse)
    (scratch / "clean.py").write_text("x = 1\n")
    run("git", "add", "-A", cwd=scratch)
    said = try_hook(clone, scratch, 1)
    assert "Failed" in said
    assert "a.py:6:9: RND101 " in said
    (scratch / "a.py").write_text(reuse.replace("uniform(key", "uniform(jax.random.clone(key)"))
    run("git", "add", "-A", cwd=scratch)
    assert "Passed" in try_hook(clone, scratch, 0)


def test_pre_commit_respects_exclude(clone: Path, scratch: Path, reuse: str) -> None:
    (scratch / "gen").mkdir()
    (scratch / "gen" / "a.py").write_text(reuse)
    (scratch / "pyproject.toml").write_text("[tool.randlint]\nexclude = ['gen/']\n")
    run("git", "add", "-A", cwd=scratch)
    assert "Passed" in try_hook(clone, scratch, 0)
