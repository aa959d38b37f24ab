"""The Pythons of this machine, and environments in which one release of JAX is installed.

Used by compile_times.py, matrix.py and the tests that run under other versions. An environment has
what the runtime's tests need; the packages themselves are read from the clone (`paths`).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("pytest", "pytest-xdist", "hypothesis", "scipy", "mpmath", "libcst", "pathspec")
NEWEST = "newest"  # the release that pip chooses under the newest Python
OLDEST = "oldest"  # the floor of runtime/pyproject.toml
_INSTALLED = "import jax, jaxlib, sys; print(jax.__version__, jaxlib.__version__)"


class NoEnvironmentError(RuntimeError):
    """No Python of this machine gets the wanted release of JAX."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A Python in which JAX is installed."""

    python: Path
    jax: str
    version: str  # of the interpreter

    def describe(self) -> str:
        return f"jax {self.jax}, Python {self.version}"


def paths() -> str:
    """What PYTHONPATH has to be for both halves to be read from this clone."""
    return os.pathsep.join(map(str, (ROOT, ROOT / "runtime")))


def oldest_jax() -> str:
    """The first release that runtime/pyproject.toml allows."""
    text = (ROOT / "runtime" / "pyproject.toml").read_text()
    (floor,) = re.findall(r'^ +"jax>=([\d.]+)"', text, re.MULTILINE)
    return ".".join([*floor.split("."), "0", "0"][:3])


def interpreters() -> list[Path]:
    """The Pythons that this project supports, newest first: beside this one, on PATH, pyenv's."""
    running = Path(sys.executable).resolve()
    found = {_version(running): running}
    for python in [*_on_path(), *_of_pyenv()]:
        version = _version(python)
        if version >= (3, 11):
            found.setdefault(version, python)
    return [found[version] for version in sorted(found, reverse=True)]


def _on_path() -> list[Path]:
    named = re.compile(r"python3\.\d+")
    folders = [Path(entry) for entry in os.environ.get("PATH", "").split(os.pathsep) if entry]
    return [
        python
        for folder in folders
        if folder.is_dir()
        for python in sorted(folder.iterdir())
        if named.fullmatch(python.name)
    ]


def _of_pyenv() -> list[Path]:
    if shutil.which("pyenv") is None:
        return []
    root = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=False).stdout
    return sorted(Path(root.strip()).glob("versions/*/bin/python")) if root.strip() else []


def _version(python: Path) -> tuple[int, ...]:
    """The numbers of an interpreter that has what an environment needs; nothing for others."""
    ask = "import sys, venv, ensurepip; print(*sys.version_info[:3])"
    try:
        done = subprocess.run(
            [python, "-c", ask], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    # A pyenv shim of a version that is switched off says so and fails.
    return tuple(map(int, done.stdout.split())) if done.returncode == 0 else ()


def existing(python: Path) -> Environment:
    """An environment that is there already; an error where it has no JAX."""
    jax = _jax_of(python)
    if jax is None:
        raise NoEnvironmentError(f"{python} cannot import jax: install it there")
    return Environment(python, jax, _dotted(python))


def make(folder: Path, jax: str) -> Environment:
    """An environment with this release of JAX (or `newest`, or `oldest`) in an empty folder.

    The running Python is tried first, for the newest release the newest one.
    """
    wanted = oldest_jax() if jax == OLDEST else jax
    order = interpreters()
    if wanted != NEWEST:
        running = Path(sys.executable).resolve()
        order.sort(key=lambda python: python != running)
    requirement = "jax" if wanted == NEWEST else f"jax=={wanted}"
    refused = []
    for python in order:
        place = folder / f"jax-{wanted}-{_dotted(python)}"
        said = _install(python, place, requirement, wanted)
        if said is None:
            return existing(_python_in(place))
        refused.append(f"Python {_dotted(python)}: {said}")
        shutil.rmtree(place, ignore_errors=True)
    raise NoEnvironmentError(f"no environment for {requirement}:\n" + "\n".join(refused))


def chosen(pythons: Sequence[Path], releases: Sequence[str], folder: Path) -> Iterator[Environment]:
    """The environments that these options ask for, made as they are needed."""
    for python in pythons:
        yield existing(python)
    for release in () if pythons else releases:
        yield make(folder, release)


def _install(python: Path, place: Path, requirement: str, jax: str) -> str | None:
    """Make the environment; what pip said where it refused."""
    subprocess.run([python, "-m", "venv", place], check=True)
    pip = [_python_in(place), "-m", "pip", "install", "-q"]
    # The first jaxlib that a release of jax allows is older than the one it was released with.
    both = [requirement] if jax == NEWEST else [requirement, f"jaxlib=={jax}"]
    done = subprocess.run([*pip, *both, *TOOLS], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else (done.stderr.strip() or done.stdout).splitlines()[-1]


def _python_in(place: Path) -> Path:
    return next(path for path in place.glob("*/python*") if path.stem == "python")


def _jax_of(python: Path) -> str | None:
    done = subprocess.run([python, "-c", _INSTALLED], capture_output=True, text=True, check=False)
    return done.stdout.split()[0] if done.returncode == 0 else None


def _dotted(python: Path) -> str:
    return ".".join(map(str, _version(python)))
