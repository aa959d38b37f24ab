"""The command line. Exit codes: 0 clean, 1 findings, 2 wrong usage or an error, 130 Ctrl-C."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from randlint import __version__

if TYPE_CHECKING:
    from randlint.engine import FileReport
    from randlint.findings import Finding
    from randlint.settings import Settings

_CLEAN, _FOUND, _ERROR, _INTERRUPTED = 0, 1, 2, 130
_STDIN = "-"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; nothing that goes wrong shows a traceback."""
    try:
        _make_printable()
        words = sys.argv[1:] if arguments is None else list(arguments)
        if words[:1] == ["verify"]:
            return _verify(words[1:])
        parsed = _parser().parse_args(words)
        code: int = parsed.run(parsed)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _ERROR
    except Exception as error:
        return _fail(error)


def _fail(error: Exception) -> int:
    from randlint.catalogue.schema import CatalogueError
    from randlint.settings import SettingsError
    from randlint.tasks import internal_error

    expected = isinstance(error, SettingsError | CatalogueError)
    _complain(str(error) if expected else internal_error(error))
    return _ERROR


def _complain(message: str) -> None:
    from randlint.reporting.escaping import printable

    print(f"randlint: error: {printable(message)}", file=sys.stderr)


def _make_printable() -> None:
    """A terminal that cannot show a character gets its escape, not a UnicodeEncodeError."""
    import io

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _verify(words: Sequence[str]) -> int:
    """Hand over to randlint_runtime in a process of its own: this one never imports jax."""
    import subprocess
    from importlib.util import find_spec

    if find_spec("randlint_runtime") is None:
        _complain("verify needs the package randlint-runtime: pip install randlint-runtime")
        return _ERROR
    command = [sys.executable, "-m", "randlint_runtime.verify", *words]
    return subprocess.run(command, check=False).returncode


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="randlint",
        description="Find mistakes with randomness in JAX programs, before the program runs.",
        epilog="Exit codes: 0 no findings, 1 findings, 2 wrong usage or an error, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"randlint {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_check(commands)
    rule = commands.add_parser("rule", help="explain one rule")
    rule.add_argument("code", metavar="CODE", help="the code of a rule, such as RND101")
    rule.set_defaults(run=_rule)
    rules = commands.add_parser("rules", help="list the rules")
    rules.set_defaults(run=_rules)
    commands.add_parser("verify", help="run the tests, and say what became of each finding")
    return parser


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser("check", help="check files and folders")
    check.set_defaults(run=_check)
    add = check.add_argument
    add("paths", nargs="*", default=["."], metavar="PATH", help="default: this folder; - for stdin")
    add("--select", metavar="CODES", action="append", help="check only these codes or prefixes")
    add("--ignore", metavar="CODES", action="append", help="leave these out")
    add("--extend-select", metavar="CODES", action="append", help="check these as well")
    add(
        "--extend-include",
        metavar="PATTERN",
        action="append",
        help="check these files as well, such as '*.md' for the code blocks of pages",
    )
    add("--output-format", choices=["text", "json", "sarif", "github"], default="text")
    add("--min-confidence", metavar="LEVEL", help="low, medium (the default) or high")
    add("--statistics", action="store_true", help="count findings, files and functions")
    add("--exit-zero", action="store_true", help="exit with 0 even if there are findings")
    fixing = check.add_mutually_exclusive_group()
    fixing.add_argument("--fix", action="store_true", help="apply fixes, and report what is left")
    fixing.add_argument("--diff", action="store_true", help="show what --fix would change")
    add("--unsafe-fixes", action="store_true", help="also those that may change results")
    add("--no-cache", action="store_true", help="neither read nor write .randlint_cache")
    add("--jobs", type=_positive, metavar="N", help="processes; default: what the work is worth")
    add("--stdin-filename", metavar="NAME", help="the name to show for what `-` reads")
    add("--config", metavar="FILE", help="a TOML file with a [tool.randlint] table")
    add(
        "--force-exclude",
        action="store_true",
        help="apply `exclude` to paths named here as well, for tools that name every file",
    )


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes (1 or more)")
    return number


def _check(arguments: argparse.Namespace) -> int:
    """`randlint check`: settings, files, reports, output."""
    import time

    from randlint.settings import SettingsError, load_settings

    started = time.perf_counter()
    from_stdin = _STDIN in arguments.paths
    if from_stdin and len(arguments.paths) > 1:
        raise SettingsError("`-` reads standard input and cannot be combined with other paths")
    if arguments.stdin_filename is not None and not from_stdin:
        raise SettingsError("--stdin-filename needs `-` as the path")
    if arguments.unsafe_fixes and not (arguments.fix or arguments.diff):
        raise SettingsError("--unsafe-fixes needs --fix or --diff")
    named = [arguments.stdin_filename or _STDIN] if from_stdin else arguments.paths
    settings = _overridden(load_settings(named, arguments.config), arguments)
    if from_stdin:
        reports, given = _check_stdin(arguments.stdin_filename or "<stdin>", settings)
    else:
        reports, given = _check_paths(arguments, settings), {}
    if arguments.fix or arguments.diff:
        return _fix(arguments, settings, reports, given, started)
    _print_reports(arguments, reports, given, started)
    return _exit_code(reports, any(report.findings for report in reports), arguments)


def _fix(
    arguments: argparse.Namespace,
    settings: Settings,
    before: list[FileReport],
    given: dict[str, bytes],
    started: float,
) -> int:
    """`--diff` shows what the fixes change; `--fix` writes it and reports what is left.

    What came from standard input goes, fixed, to standard output, and the report to standard error.
    """
    import contextlib

    from randlint import fix_run

    after, changes = fix_run.fix_reports(
        before, settings, unsafe=arguments.unsafe_fixes, given=given
    )
    if arguments.diff:
        fix_run.print_diff(changes)
        print(f"Would fix {fix_run.counted(changes)}.", file=sys.stderr)
        return _exit_code(after, bool(changes), arguments)
    if not given:
        after, changes = fix_run.write_changes(before, after, changes)
    for data in given.values():
        fix_run.write_bytes(changes[0].after if changes else data)
    with contextlib.redirect_stdout(sys.stderr) if given else contextlib.nullcontext():
        fixed = {change.filename: change.after for change in changes} if given else {}
        _print_reports(arguments, after, given | fixed, started)
        if changes and arguments.output_format == "text":
            print(f"Fixed {fix_run.counted(changes)}.")
    return _exit_code(after, any(report.findings for report in after), arguments)


def _print_reports(
    arguments: argparse.Namespace,
    reports: Sequence[FileReport],
    given: dict[str, bytes],
    started: float,
) -> None:
    import time

    findings = [finding for report in reports for finding in report.findings]
    _print_findings(findings, reports, given, arguments.output_format)
    if arguments.statistics:
        _print_statistics(reports, time.perf_counter() - started, arguments.output_format)


def _exit_code(reports: Sequence[FileReport], found: bool, arguments: argparse.Namespace) -> int:
    """What went wrong is said last, and counts more than what was found."""
    for report in reports:
        if report.error:
            _complain(f"{report.filename}: {report.error}")
    if any(report.error for report in reports):
        return _ERROR
    return _FOUND if found and not arguments.exit_zero else _CLEAN


def _overridden(settings: Settings, arguments: argparse.Namespace) -> Settings:
    from randlint.settings import read_confidence

    level = arguments.min_confidence
    return settings.overridden(
        select=_codes(arguments.select),
        ignore=_codes(arguments.ignore),
        extend_select=_codes(arguments.extend_select) or (),
        extend_include=arguments.extend_include or (),
        min_confidence=None if level is None else read_confidence(level, "--min-confidence"),
    )


def _codes(given: list[str] | None) -> list[str] | None:
    """`--select RND101,RND102 --select RND103` is one list of three."""
    if given is None:
        return None
    return [code for part in given for code in part.split(",") if code.strip()]


def _check_stdin(filename: str, settings: Settings) -> tuple[list[FileReport], dict[str, bytes]]:
    from randlint.engine import Checker

    data = sys.stdin.buffer.read()
    return [Checker(settings).check_bytes(data, filename)], {filename: data}


def _check_paths(arguments: argparse.Namespace, settings: Settings) -> list[FileReport]:
    """Reports on every file found, and one for every path that could not be read."""
    from randlint.engine import FileReport
    from randlint.reporting.progress import ProgressBar
    from randlint.runner import check_files
    from randlint.source.discovery import discover

    found = discover(
        arguments.paths,
        root=settings.root,
        exclude=settings.exclude,
        force_exclude=arguments.force_exclude,
        extend_include=settings.extend_include,
    )
    cache = None
    if not arguments.no_cache and found.files:
        from randlint.cache import open_cache

        cache = open_cache(settings)
    with ProgressBar(sys.stderr) as progress:
        reports = check_files(
            found.files, settings, jobs=arguments.jobs, cache=cache, progress=progress
        )
    failed = [
        FileReport(bad.path, error=f"cannot be read: {bad.reason}") for bad in found.unreadable
    ]
    return [*reports, *failed]


def _print_findings(
    findings: Sequence[Finding],
    reports: Sequence[FileReport],
    given: dict[str, bytes],
    output_format: str,
) -> None:
    from randlint.reporting.sources import Sources

    if output_format == "json":
        from randlint.reporting import json

        print(json.render(findings))
    elif output_format == "sarif":
        from randlint.reporting import sarif

        print(sarif.render(findings, Sources(given)))
    elif output_format == "github":
        from randlint.reporting import github

        _print_lines(github.render(findings, Sources(given)))
    else:
        from randlint.reporting import text

        _print_lines(text.render(findings, Sources(given), colour=_wants_colour()))
        print(text.summary(findings, sum(not report.error for report in reports)))
        _print_lines(text.fixable(findings))


def _print_lines(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def _print_statistics(reports: Sequence[FileReport], seconds: float, output_format: str) -> None:
    """After the findings; beside a machine-readable document, on standard error."""
    from randlint.reporting import statistics

    stream = sys.stdout if output_format == "text" else sys.stderr
    for line in statistics.render(reports, seconds):
        print(line, file=stream)


def _wants_colour() -> bool:
    """Colour is for terminals only, and never against NO_COLOR (no-color.org)."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def _rule(arguments: argparse.Namespace) -> int:
    """`randlint rule CODE`: the rule's documentation."""
    from randlint.rules import registry
    from randlint.settings import SettingsError, closest

    rules = registry()
    code = arguments.code.upper()
    if code not in rules:
        raise SettingsError(f"unknown rule `{arguments.code}`{closest(code, rules)}")
    from randlint.reporting.rulebook import page

    print(page(rules[code]), end="")
    return _CLEAN


def _rules(arguments: argparse.Namespace) -> int:
    """`randlint rules`: one line per rule."""
    from randlint.reporting.rulebook import table
    from randlint.rules import registry

    _print_lines(table(registry().values()))
    return _CLEAN
