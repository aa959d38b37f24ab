"""The tests that depend on what is private in jax, with the oldest jax that is supported.

Needs a package index; run by .ci/run (`pytest -m network`). The ordinary run has the newest jax.
"""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FOLDERS = ("provenance", "ledger", "assertions", "plugin", "verify", "differential", "reference")
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


def test_the_oldest_jax(tmp_path):
    run(sys.executable, "-m", "venv", str(tmp_path / "venv"))
    python = str(next((tmp_path / "venv").glob("*/python")))
    version = oldest()
    run(python, "-m", "pip", "install", "-q", f"jax=={version}", f"jaxlib=={version}", *TOOLS)
    said = run(python, "-c", "import jax; print(jax.__version__)")
    assert said.strip() == version
    tests = [str(Path("tests") / "runtime" / name) for name in FOLDERS]
    said = run(
        python,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        *tests,
        PYTHONPATH=os.pathsep.join(map(str, (ROOT, ROOT / "runtime"))),
        JAX_DISABLE_MOST_OPTIMIZATIONS="1",
    )
    print(said[-400:])
    assert " passed" in said
