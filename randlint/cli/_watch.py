"""`--watch`: check again whenever a file of the project, or its configuration, changes."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable

from randlint.catalogue.schema import CatalogueError
from randlint.cli._checking import check_once, files_of, settings_of
from randlint.cli._output import CannotPrint, complain, finish, on_terminal, remark, say
from randlint.failures import internal_error
from randlint.settings import SettingsError

_WATCHING = "Watching for changes; Ctrl-C ends."
_PAUSE = 0.5  # seconds between two looks
_SHARE = 10  # looking takes at most about one tenth of the time

Snapshot = dict[str, tuple[int, int]]


def watch(arguments: argparse.Namespace, rounds: int | None = None) -> None:
    """Check, then wait for a change, over and over: `rounds` checks, by default until Ctrl-C."""
    done = 0
    while rounds is None or done < rounds:
        before = snapshot(arguments)
        _clear()
        _round(arguments)
        finish()
        (say if arguments.output_format == "text" else remark)(_WATCHING)
        finish()
        done += 1
        if rounds is None or done < rounds:
            _wait(arguments, before)


def _round(arguments: argparse.Namespace) -> None:
    """One check; whatever goes wrong is said, and the next change may mend it."""
    try:
        check_once(arguments)
    except (SettingsError, CatalogueError) as error:
        complain(str(error))  # somebody is in the middle of editing it
    except (CannotPrint, BrokenPipeError):
        raise  # nobody can be told any more
    except Exception as error:
        complain(internal_error(error))


def snapshot(arguments: argparse.Namespace) -> Snapshot:
    """Time and size of every file that decides what a check finds."""
    taken: Snapshot = {}
    for path in _watched(arguments):
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            taken[path] = (0, 0)  # it is gone, or a link that leads nowhere
            continue
        taken[path] = (status.st_mtime_ns, status.st_size)
    return taken


def _watched(arguments: argparse.Namespace) -> Iterable[str]:
    """The configuration, the baseline and the files; only the former while it is in error."""
    if arguments.baseline is not None:
        yield arguments.baseline
    if arguments.config is not None:
        yield arguments.config
    try:
        settings = settings_of(arguments)
    except (SettingsError, CatalogueError):
        yield "pyproject.toml"
        return
    yield os.path.join(settings.root, "pyproject.toml")
    for found in files_of(arguments, settings):
        yield found if isinstance(found, str) else found.path


def _wait(arguments: argparse.Namespace, before: Snapshot) -> None:
    """Return when something differs from `before`."""
    while True:
        started = time.monotonic()
        if snapshot(arguments) != before:
            return
        time.sleep(max(_PAUSE, _SHARE * (time.monotonic() - started)))


def _clear() -> None:
    """A terminal shows one check at a time."""
    if on_terminal() and os.environ.get("TERM") != "dumb":
        say("\33[2J\33[H", end="")
