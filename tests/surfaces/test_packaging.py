"""Installed from scratch, as users get it. Needs a package index; run by .ci/run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
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


def environment(folder: Path, *requirements: str) -> Path:
    """The Python of a new virtual environment that has these packages."""
    run(sys.executable, "-m", "venv", str(folder), cwd=folder.parent)
    python = next(path for path in folder.glob("*/python*") if path.stem == "python")
    run(str(python), "-m", "pip", "install", "-q", *requirements, cwd=folder.parent)
    return python


@pytest.fixture(scope="module")
def dist(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sdists of both halves, and the wheels built of what is in the sdists."""
    folder = tmp_path_factory.mktemp("dist")
    python = environment(folder / "tools", "build", "twine")
    for half in (clone, clone / "runtime"):
        run(str(python), "-m", "build", "-o", str(folder), str(half), cwd=folder)
    files = sorted(map(str, [*folder.glob("*.tar.gz"), *folder.glob("*.whl")]))
    assert len(files) == 4
    said = run(str(python), "-m", "twine", "--no-color", "check", "--strict", *files, cwd=folder)
    assert said.count("PASSED") == 4
    return folder


@dataclass(frozen=True)
class Wheel:
    names: list[str]
    metadata: str

    def field(self, name: str) -> list[str]:
        return re.findall(rf"^{name}: (.*)$", self.metadata, re.MULTILINE)


def read(dist: Path, name: str) -> Wheel:
    (path,) = dist.glob(f"{name}-*.whl")
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        (metadata,) = (each for each in names if each.endswith(".dist-info/METADATA"))
        return Wheel(names, archive.read(metadata).decode())


def test_the_wheel_holds_the_package_and_nothing_else(dist: Path) -> None:
    wheel = read(dist, "randlint")
    assert {name.split("/")[0].split("-")[0] for name in wheel.names} == {"randlint"}
    assert {"randlint/py.typed", "randlint/catalogue/samplers.toml"} <= set(wheel.names)
    assert any(name.startswith("randlint/catalogue/frameworks/") for name in wheel.names)
    needed = [each for each in wheel.field("Requires-Dist") if ";" not in each]
    assert sorted(re.findall(r"^\w+", "\n".join(needed), re.MULTILINE)) == ["libcst"]


def test_the_wheel_of_the_runtime(dist: Path) -> None:
    wheel = read(dist, "randlint_runtime")
    roots = {name.split("/")[0].split("-")[0] for name in wheel.names}
    assert roots == {"randlint_runtime"}
    assert "randlint_runtime/py.typed" in wheel.names
    assert any(name.endswith("/licenses/LICENSE") for name in wheel.names)


@pytest.mark.parametrize("name", ["randlint", "randlint_runtime"])
def test_what_a_package_index_is_told(dist: Path, name: str) -> None:
    wheel = read(dist, name)
    assert wheel.field("Requires-Python") == [">=3.11"]
    urls = dict(each.split(", ") for each in wheel.field("Project-URL"))
    assert set(urls) == {"Homepage", "Documentation", "Changelog", "Issues"}
    assert wheel.metadata.partition("\n\n")[2].startswith("# randlint")  # the page of its own


@pytest.fixture(scope="module")
def installed(dist: Path) -> Path:
    """The Python of an environment with the built wheels and what their extras name."""
    wheels = {path.name.split("-")[0]: str(path) for path in dist.glob("*.whl")}
    python = environment(dist / "fresh", *wheels.values())
    for name, extra in {"randlint": "dev", "randlint_runtime": "test"}.items():
        run(str(python), "-m", "pip", "install", "-q", f"{wheels[name]}[{extra}]", cwd=dist)
    where = "import randlint, randlint_runtime as r; print(randlint.__file__, r.__file__)"
    for path in run(str(python), "-c", where, cwd=dist).split():
        assert Path(path).is_relative_to(dist / "fresh")
    return python


@pytest.fixture
def user(tmp_path: Path, clone: Path, shown_block: Callable[[Path, str], str]) -> Path:
    """A folder with the README's model and its test."""
    for name in ("model.py", "test_model.py"):
        (tmp_path / name).write_text(shown_block(clone / "README.md", name))
    return tmp_path


def test_the_installed_linter(installed: Path, user: Path) -> None:
    program = str(installed.with_name("randlint"))
    assert "model.py:6:12: RND101 " in run(program, "check", "model.py", cwd=user, code=1)
    assert "No findings" in run(program, "check", "test_model.py", cwd=user)


def test_the_installed_flake8_plugin(installed: Path, user: Path) -> None:
    flake8 = (str(installed), "-m", "flake8")
    assert re.search(r"\brandlint: \d", run(*flake8, "--version", cwd=user))
    said = run(*flake8, "--select", "RND", "model.py", "test_model.py", cwd=user, code=1)
    assert [line.split(" ")[:2] for line in said.splitlines()] == [["model.py:6:12:", "RND101"]]


def test_the_installed_pytest_plugin(installed: Path, user: Path) -> None:
    pytest = (str(installed), "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_model.py")
    assert "1 passed" in run(*pytest, cwd=user)
    said = run(*pytest, "--randlint-ledger", cwd=user, code=1)
    assert "model.py:6" in said and "model.py:5" in said and "1 failed" in said


def test_the_installed_verify(
    installed: Path, user: Path, clone: Path, shown_block: Callable[[Path, str], str]
) -> None:
    marker = "output of: randlint verify model.py -- python -m pytest -q test_model.py"
    program = str(installed.with_name("randlint"))
    words = ("verify", "model.py", "--", str(installed), "-m", "pytest", "-q", "test_model.py")
    said = run(program, *words, cwd=user, code=1)
    assert said.endswith(shown_block(clone / "README.md", f"end of the {marker}"))


def test_both_halves_show_their_types(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "uses.py").write_text(
        "import randlint\nfrom randlint_runtime import random\n\n"
        "reveal_type(randlint.__version__)\nreveal_type(random.normal)\n"
    )
    said = run(str(installed), "-m", "mypy", "uses.py", cwd=tmp_path)
    version, sampler = re.findall(r'Revealed type is "(.*)"', said)
    assert version in ("str", "builtins.str")
    assert sampler.startswith("def (key: ")  # without the markers, mypy sees `Any`


@pytest.mark.parametrize(
    ("sdist", "tests"),
    [("randlint", "tests/catalogue"), ("randlint_runtime", "tests/runtime/conventions")],
)
def test_an_sdist_runs_its_tests(
    dist: Path, installed: Path, tmp_path: Path, sdist: str, tests: str
) -> None:
    (archive,) = dist.glob(f"{sdist}-*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    (folder,) = tmp_path.iterdir()
    pytest = (str(installed), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", "2")
    assert " passed" in run(*pytest, tests, cwd=folder)
    # All of them can be read: what they import and open is there.
    said = run(*pytest, "-n", "0", "--collect-only", cwd=folder)
    assert int(re.findall(r"(\d+)(?:/\d+)? tests collected", said)[-1]) > 1000


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
