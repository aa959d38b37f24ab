"""Where in the user's program something happened: frames, sites, and which files are not his."""

from __future__ import annotations

import os
import sysconfig
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax

from randlint_runtime import _jax

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

_MOST_FRAMES = 20


@dataclass(frozen=True, slots=True)
class Frame:
    """One line of a stack: `filename` as Python knows it, 1-based `line`, function name."""

    filename: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{_short(self.filename)}:{self.line} (in {self.function})"


@dataclass(frozen=True, slots=True)
class Site:
    """A place in the user's program: its own line first, then the callers, innermost first.

    `shared` says that the sampler itself was handed to a transformation (``jax.jit(normal)``), of
    which jax keeps one trace: the place is that of the first call, also for later ones.
    """

    frames: tuple[Frame, ...]
    shared: bool = False

    @property
    def own(self) -> Frame | None:
        """The innermost line outside installed packages, or else the innermost line."""
        own = (f for f in self.frames if not is_installed_file(f.filename))
        return next(own, self.frame)

    @property
    def frame(self) -> Frame | None:
        """The innermost line outside jax and this package, or None if there is no such line."""
        return self.frames[0] if self.frames else None

    def __str__(self) -> str:
        if self.frame is None:
            return "an unknown line"
        text = str(self.own)
        if self.own != self.frame:
            text += f", through {self.frame}"
        return f"{text}, where it was traced first" if self.shared else text


def site_of_stack(frame: FrameType | None) -> Site:
    """The site of a running Python stack, starting at `frame` and going outwards."""
    found: list[Frame] = []
    shared = False
    while frame is not None and len(found) < _MOST_FRAMES:
        code = frame.f_code
        shared = shared or (not found and code.co_filename.endswith(_TRACING))
        if is_user_file(code.co_filename):
            found.append(Frame(code.co_filename, frame.f_lineno or 0, _name(code)))
        frame = frame.f_back
    return Site(tuple(found), shared)


def site_of_equation(eqn: Any) -> Site:
    """The site at which an equation of a jaxpr was traced."""
    return Site(tuple(_user_frames(_jax.frames(eqn)))[:_MOST_FRAMES])


def sampler_of_equation(eqn: Any) -> str | None:
    """The public sampler inside which an equation was traced, e.g. ``"normal"``, if any."""
    name = None
    for filename, _, function in _jax.frames(eqn):
        if is_random_file(filename):
            name = function.rsplit(".", 1)[-1]
        elif is_user_file(filename):
            return name
    return name


def sampler_of_stack(frame: FrameType | None) -> tuple[str, bool]:
    """The sampler that `frame` runs, and whether another sampler called it."""
    name = frame.f_code.co_name if frame else ""
    outer = frame.f_back if frame else None
    while outer is not None:
        filename = outer.f_code.co_filename
        if is_random_file(filename):
            return name, True
        if is_user_file(filename):
            return name, False
        outer = outer.f_back
    return name, False


@lru_cache(maxsize=4096)
def is_user_file(filename: str) -> bool:
    """Whether a file belongs neither to jax, nor to this package, nor to the standard library."""
    if filename.startswith(_NOT_USER):
        return False
    return not filename.startswith(_STDLIB) or "site-packages" in filename


@lru_cache(maxsize=4096)
def is_installed_file(filename: str) -> bool:
    """Whether a file belongs to an installed package."""
    return "site-packages" in filename or "dist-packages" in filename


@lru_cache(maxsize=4096)
def is_random_file(filename: str) -> bool:
    """Whether a file implements samplers: jax's random modules, or this package's."""
    return filename.startswith(_RANDOM)


def is_random_function(source: str | None) -> bool:
    """Whether a traced function belongs to a random module."""
    if not source:
        return False
    _, _, place = source.partition(" at ")
    return is_random_file(place)


def function_of(filename: str, source: str | None) -> str | None:
    """The name of a traced function , if it stands in ``filename``."""
    name, _, place = (source or "").partition(" at ")
    return name if place.startswith(filename + ":") else None


def _user_frames(frames: Iterable[tuple[str, int, str]]) -> Iterator[Frame]:
    for filename, line, function in frames:
        if is_user_file(filename):
            yield Frame(filename, line, function.rsplit(".<locals>.", 1)[-1])


def _name(code: Any) -> str:
    name: str = getattr(code, "co_qualname", code.co_name)
    return name.rsplit(".<locals>.", 1)[-1]


def _short(filename: str) -> str:
    _, packages, inside = filename.rpartition("-packages" + os.sep)
    if packages:
        return inside
    relative = os.path.relpath(filename) if Path(filename).is_absolute() else filename
    return filename if relative.startswith("..") else relative


_HERE = str(Path(__file__).parent) + os.sep
_JAX = str(Path(jax.__file__).parent) + os.sep
_STDLIB = sysconfig.get_paths()["stdlib"] + os.sep
_DETOUR = "<randlint_runtime"  # the code that `reference()` puts into jax's functions
_NOT_USER = (_JAX, str(Path(_JAX).parent / "jaxlib") + os.sep, _HERE, "<frozen", _DETOUR)
# Where jax traces a function whose trace it keeps.
_TRACING = tuple(_JAX + os.path.join(*file.split("/")) for file in _jax.TRACING_FILES)
_RANDOM = (
    *(_JAX + os.path.join(*file.split("/")) for file in _jax.RANDOM_FILES),
    _HERE + os.path.join("random", ""),
    _HERE + "threefry.py",
    _HERE + "_counters.py",
)
THREEFRY_FILE = _HERE + "threefry.py"
