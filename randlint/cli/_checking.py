"""`randlint check`: settings, files, reports, and what is done with them."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from randlint.cli._output import (
    complain,
    finish,
    print_bytes,
    print_findings,
    print_statistics,
    remark,
    say,
)
from randlint.engine import Checker, FileReport
from randlint.files import read_stdin, reason
from randlint.runner import Tally, reports
from randlint.settings import Settings, SettingsError, load_settings, read_confidence
from randlint.source.discovery import Unreadable, walk

if TYPE_CHECKING:
    from randlint.cli._fix import Change

_STDIN = "-"
_CLEAN, _FOUND, _ERROR = 0, 1, 2


def check_once(arguments: argparse.Namespace) -> int:
    """One pass over everything."""
    started = time.perf_counter()
    from_stdin = _STDIN in arguments.paths
    settings = settings_of(arguments)
    given: dict[str, bytes] = {}
    if from_stdin:
        name = arguments.stdin_filename or "<stdin>"
        given = {name: _read_stdin()}
        tally = Tally.of([Checker(settings).check_bytes(given[name], name)])
    else:
        tally = _check_paths(arguments, settings)
    if arguments.write_baseline is not None:
        return _write_baseline(arguments, tally, given)
    if arguments.baseline is not None:
        from randlint.cli import _baseline as baseline

        tally = baseline.without_known(tally, baseline.load(arguments.baseline), given)
    if arguments.fix or arguments.diff or arguments.add_noqa:
        return _change(arguments, settings, tally, given, started)
    _print(arguments, tally, given, started)
    found = any(report.findings for report in tally.reports)
    return _exit_code(tally.reports, found, arguments)


def settings_of(arguments: argparse.Namespace) -> Settings:
    """The settings of a run: those of the file, and what the command line says on top."""
    named = arguments.paths
    if _STDIN in named:
        named = [arguments.stdin_filename or _STDIN]
    level = arguments.min_confidence
    return load_settings(named, arguments.config).overridden(
        select=_codes(arguments.select),
        ignore=_codes(arguments.ignore),
        extend_select=_codes(arguments.extend_select) or (),
        extend_include=arguments.extend_include or (),
        min_confidence=None if level is None else read_confidence(level, "--min-confidence"),
    )


def files_of(arguments: argparse.Namespace, settings: Settings) -> Iterator[str | Unreadable]:
    """The files of a run, in order."""
    return walk(
        arguments.paths,
        root=settings.root,
        exclude=settings.exclude,
        force_exclude=arguments.force_exclude,
        extend_include=settings.extend_include,
    )


def _read_stdin() -> bytes:
    try:
        return read_stdin()
    except OSError as error:
        raise SettingsError(f"standard input cannot be read: {reason(error)}") from None


def refuse_what_makes_no_sense(arguments: argparse.Namespace) -> None:
    """Refuse options that contradict each other.

    Raises:
        SettingsError: naming the option and the remedy.
    """
    from_stdin = _STDIN in arguments.paths
    if from_stdin and len(arguments.paths) > 1:
        raise SettingsError("`-` reads standard input and cannot be combined with other paths")
    if arguments.stdin_filename is not None and not from_stdin:
        raise SettingsError("--stdin-filename needs `-` as the path")
    if arguments.unsafe_fixes and not (arguments.fix or arguments.diff):
        raise SettingsError("--unsafe-fixes needs --fix or --diff")
    if arguments.baseline is not None:
        for option in ("fix", "diff", "write_baseline"):
            if getattr(arguments, option):
                name = option.replace("_", "-")
                raise SettingsError(f"--baseline cannot be combined with --{name}")
    if arguments.watch:
        if from_stdin:
            raise SettingsError("--watch cannot read standard input; name files or folders")
        for option in ("fix", "diff", "add_noqa", "write_baseline"):
            if getattr(arguments, option):
                name = option.replace("_", "-")
                raise SettingsError(f"--watch only looks; it cannot be combined with --{name}")


def _codes(given: list[str] | None) -> list[str] | None:
    """`--select RND101,RND102 --select RND103` is one list of three."""
    if given is None:
        return None
    return [code for part in given for code in part.split(",") if code.strip()]


def _check_paths(arguments: argparse.Namespace, settings: Settings) -> Tally:
    """Check every file found; every path that could not be read is an error, at the end."""
    from randlint.reporting.progress import ProgressBar

    unreadable: list[Unreadable] = []

    def readable() -> Iterator[str]:
        for found in files_of(arguments, settings):
            if isinstance(found, str):
                yield found
            else:
                unreadable.append(found)

    cache = None
    if not arguments.no_cache:
        from randlint.cache import open_cache

        cache = open_cache(settings)
    with ProgressBar(sys.stderr) as progress:
        tally = Tally.of(
            reports(readable(), settings, jobs=arguments.jobs, cache=cache, progress=progress)
        )
    for bad in unreadable:
        tally.add(FileReport(bad.path, error=f"cannot be read: {bad.reason}"))
    return tally


def _print(
    arguments: argparse.Namespace, tally: Tally, given: dict[str, bytes], started: float
) -> None:
    print_findings(tally, given, arguments.output_format)
    if arguments.statistics:
        print_statistics(tally, time.perf_counter() - started, arguments.output_format)


def _exit_code(found: Sequence[FileReport], any_left: bool, arguments: argparse.Namespace) -> int:
    """What went wrong is said last, and counts more than what was found."""
    for report in found:
        if report.error:
            complain(f"{report.filename}: {report.error}")
        elif report.failures:
            complain(_failed(report))
    if any(report.error or report.failures for report in found):
        return _ERROR
    return _FOUND if any_left and not arguments.exit_zero else _CLEAN


def _failed(report: FileReport) -> str:
    """One line about the functions of a file in which randlint itself failed."""
    first, *others = report.failures
    more = f", nor {len(others)} others," if others else ""
    return (
        f"{report.filename}:{first.location.start.row}: {first.error} "
        f"({first.name}{more} could not be checked; the rest of the file was)"
    )


def _write_baseline(arguments: argparse.Namespace, tally: Tally, given: dict[str, bytes]) -> int:
    """Write down what is found, so that later runs show only what is new."""
    from randlint.cli import _baseline as baseline
    from randlint.reporting.escaping import printable

    count = baseline.write(arguments.write_baseline, tally.reports, given)
    findings = f"{count} finding{'' if count == 1 else 's'}"
    remark(f"Wrote {findings} to {printable(arguments.write_baseline)}.")
    return _exit_code(tally.reports, False, arguments)


def _change(
    arguments: argparse.Namespace,
    settings: Settings,
    tally: Tally,
    given: dict[str, bytes],
    started: float,
) -> int:
    """`--diff` shows what the fixes change; `--fix` and `--add-noqa` write and report what is left.

    What came from standard input goes, changed, to standard output, and the report to standard
    error.
    """
    from randlint.cli import _fix

    before = tally.reports
    after, changes = _changed(arguments, settings, before, given)
    if arguments.diff:
        _fix.print_diff(changes)
        finish()
        remark(f"Would fix {_fix.counted(changes)}.")
        return _exit_code(after, bool(changes), arguments)
    if not given:
        after, changes = _fix.write_changes(before, after, changes)
    for data in given.values():
        print_bytes(changes[0].after if changes else data)
        finish()
    with contextlib.redirect_stdout(sys.stderr) if given else contextlib.nullcontext():
        fixed = {change.filename: change.after for change in changes} if given else {}
        tally.reports = after
        _print(arguments, tally, given | fixed, started)
        if changes and arguments.output_format == "text":
            done = "Silenced" if arguments.add_noqa else "Fixed"
            say(f"{done} {_fix.counted(changes)}.")
    return _exit_code(after, any(report.findings for report in after), arguments)


def _changed(
    arguments: argparse.Namespace,
    settings: Settings,
    before: list[FileReport],
    given: dict[str, bytes],
) -> tuple[list[FileReport], list[Change]]:
    from randlint.cli import _fix

    if arguments.add_noqa:
        from randlint.cli._add_noqa import silence_reports

        return silence_reports(before, settings, given)
    return _fix.fix_reports(before, settings, unsafe=arguments.unsafe_fixes, given=given)
