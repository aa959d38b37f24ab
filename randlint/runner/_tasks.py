"""One file as a unit of work, in this process or in another one."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass

from randlint.engine import Checker, FileReport
from randlint.failures import internal_error as internal_error
from randlint.files import read_bytes, reason

# Objects made before Python looks for garbage: hundreds of files' worth.
_YOUNG = 3_000_000


@contextlib.contextmanager
def collecting_rarely() -> Iterator[None]:
    """Look for garbage once in many files: nearly all that a file makes is freed by itself."""
    before = gc.get_threshold()
    gc.set_threshold(_YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.freeze()  # what is young now counts as old: nobody need look through it at once
        gc.set_threshold(*before)
        gc.unfreeze()


@dataclass(frozen=True, slots=True)
class Task:
    """One file to check: its place in the run, its name, its size in bytes."""

    index: int
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class Done:
    """A checked file; `key` is what the cache knows its bytes by, empty without a cache."""

    index: int
    report: FileReport
    key: str


def check_task(task: Task, checker: Checker, *, keyed: bool) -> Done:
    """Check one file; whatever goes wrong is this file's error and nobody else's."""
    filename = task.filename
    try:
        data = read_bytes(filename)
    except (OSError, ValueError) as error:
        return Done(task.index, FileReport(filename, error=f"cannot be read: {reason(error)}"), "")
    try:
        report = checker.check_bytes(data, filename)
    except Exception as error:
        if _is_settings_error(error):
            raise
        return Done(task.index, FileReport(filename, error=internal_error(error)), "")
    key = ""
    if keyed and not is_blank(data):
        from randlint.cache import content_key

        key = content_key(data, filename, checker.signature(filename))
    return Done(task.index, report, key)


def is_blank(data: bytes) -> bool:
    """Whether the file holds nothing, so that looking it up costs more than checking it."""
    return not data or data.isspace()


def _is_settings_error(error: Exception) -> bool:
    """Whether the fault is in `[tool.randlint.models]`, and so in every file."""
    from randlint.catalogue.schema import CatalogueError

    return isinstance(error, CatalogueError)
