"""The tests that depend on what is private in jax, with other releases than the installed one.

The oldest jax that is supported, under this Python; and the newest one, under the newest Python
that stands beside this one. Needs a package index; run by .ci/run (`pytest -m network`).
"""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = ("surface", "provenance", "ledger", "conventions", "assertions", "plugin", "verify")
FOLDERS += ("differential", "reference")
TOOLS = ("pytest", "pytest-xdist", "hypothesis", "scipy", "mpmath", "libcst", "pathspec")

pytestmark = pytest.mark.network


def oldest():
    """The first release that runtime/pyproject.toml allows."""
    project = tomllib.loads((ROOT / "runtime" / "pyproject.toml").read_text())["project"]
    (floor,) = (d for d in project["dependencies"] if re.match(r"jax\b", d))
    numbers = floor.removeprefix("jax>=").split(".")
    return ".".join([*numbers, "0"][:3])


def run(*command, **env):
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    done = subprocess.run(
        command, cwd=ROOT, env={**environment, **env}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
    return done.stdout


def newest_python():
    """The newest interpreter among those that are installed side by side, as pyenv does."""

    def version(python):
        return tuple(int(part) for part in re.findall(r"\d+", python.parent.parent.name))

    beside = Path(sys.base_prefix).parent.glob("[0-9]*.[0-9]*/bin/python")
    return str(max(beside, key=version, default=sys.executable))


def tested(folder, interpreter, *jax):
    """Run the tests in a new environment; what pytest said, and the version of jax."""
    run(interpreter, "-m", "venv", str(folder))
    python = str(next(folder.glob("*/python")))
    run(python, "-m", "pip", "install", "-q", *jax, *TOOLS)
    version = run(python, "-c", "import jax; print(jax.__version__)").strip()
    said = run(
        python,
        "-m",
        "pytest",
        "-q",
        "-rs",
        "-p",
        "no:cacheprovider",
        *(str(Path("tests") / "runtime" / name) for name in FOLDERS),
        PYTHONPATH=os.pathsep.join(map(str, (ROOT, ROOT / "runtime"))),
        JAX_DISABLE_MOST_OPTIMIZATIONS="1",
    )
    print(f"jax {version}, {interpreter}: {said[-2000:]}")
    assert " passed" in said
    return version


def test_the_oldest_jax(tmp_path):
    version = oldest()
    pins = (f"jax=={version}", f"jaxlib=={version}")
    assert tested(tmp_path / "venv", sys.executable, *pins) == version


def test_the_newest_jax(tmp_path):
    tested(tmp_path / "venv", newest_python(), "jax")
