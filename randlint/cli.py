"""The command line. Exit codes: 0 clean, 1 findings, 2 wrong usage or an error, 130 Ctrl-C."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import gc
import io
import sys
from collections.abc import Sequence

from randlint import __version__
from randlint.output import CannotPrint, abandon, complain, finish, print_lines, say

_CLEAN, _ERROR, _INTERRUPTED = 0, 2, 130

# A process that ends need not look for garbage first: a twentieth of the time of a run.
atexit.register(gc.freeze)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; nothing that goes wrong shows a traceback."""
    try:
        _make_printable()
        code = _run(sys.argv[1:] if arguments is None else list(arguments))
        finish()
        return code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:  # whoever read our output has seen enough, and ruff calls that success
        abandon()
        return _CLEAN
    except Exception as error:
        return _fail(error)


def _run(words: list[str]) -> int:
    if words[:1] == ["verify"]:
        return _verify(words[1:])
    said = io.StringIO()  # argparse prints help, and does not mind where that fails
    try:
        with contextlib.redirect_stdout(said):
            parsed = _parser().parse_args(words)
    except SystemExit as stop:
        say(said.getvalue(), end="")
        return stop.code if isinstance(stop.code, int) else _ERROR
    code: int = parsed.run(parsed)
    return code


def _fail(error: Exception) -> int:
    from randlint.catalogue.schema import CatalogueError
    from randlint.settings import SettingsError
    from randlint.tasks import internal_error

    if isinstance(error, CannotPrint):
        abandon()
    expected = isinstance(error, SettingsError | CatalogueError | CannotPrint)
    complain(str(error) if expected else internal_error(error))
    return _ERROR


def _make_printable() -> None:
    """A terminal that cannot show a character gets its escape, not a UnicodeEncodeError."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _verify(words: Sequence[str]) -> int:
    """Hand over to randlint_runtime in a process of its own: this one never imports jax."""
    import subprocess
    from importlib.util import find_spec

    if find_spec("randlint_runtime") is None:
        complain("verify needs the package randlint-runtime: pip install randlint-runtime")
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
    _add_models(commands)
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
    add("--baseline", metavar="FILE", help="show only findings that this file does not know")
    add("--watch", action="store_true", help="check again whenever a file changes")
    add("--exit-zero", action="store_true", help="exit with 0 even if there are findings")
    fixing = check.add_mutually_exclusive_group()
    fixing.add_argument("--fix", action="store_true", help="apply fixes, and report what is left")
    fixing.add_argument("--diff", action="store_true", help="show what --fix would change")
    fixing.add_argument("--add-noqa", action="store_true", help="add `# noqa: CODE` to findings")
    fixing.add_argument("--write-baseline", metavar="FILE", help="write all findings to this file")
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


def _add_models(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    models = commands.add_parser("models", help="list what of the catalogue applies, and why")
    models.set_defaults(run=_models)
    add = models.add_argument
    add("paths", nargs="*", default=["."], metavar="PATH", help="default: this folder")
    add("--output-format", choices=["text", "json"], default="text")
    add("--config", metavar="FILE", help="a TOML file with a [tool.randlint] table")


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes (1 or more)")
    return number


def _check(arguments: argparse.Namespace) -> int:
    from randlint.checking import check

    return check(arguments)


def _models(arguments: argparse.Namespace) -> int:
    """`randlint models`: which frameworks of the catalogue the project imports, and where."""
    from randlint.reporting import models
    from randlint.settings import load_settings
    from randlint.source.discovery import discover
    from randlint.used_models import overview

    settings = load_settings(arguments.paths, arguments.config)
    found = discover(
        arguments.paths,
        root=settings.root,
        exclude=settings.exclude,
        extend_include=settings.extend_include,
    )
    seen = overview(found.files, settings.models)
    if arguments.output_format == "json":
        say(models.render_json(seen))
    else:
        print_lines(models.render(seen))
    for bad in found.unreadable:
        complain(f"{bad.path}: cannot be read: {bad.reason}")
    return _ERROR if found.unreadable else _CLEAN


def _rule(arguments: argparse.Namespace) -> int:
    """`randlint rule CODE`: the rule's documentation."""
    from randlint.rules import registry
    from randlint.settings import SettingsError, closest

    rules = registry()
    code = arguments.code.upper()
    if code not in rules:
        raise SettingsError(f"unknown rule `{arguments.code}`{closest(code, rules)}")
    from randlint.reporting.rulebook import page

    say(page(rules[code]), end="")
    return _CLEAN


def _rules(arguments: argparse.Namespace) -> int:
    """`randlint rules`: one line per rule."""
    from randlint.reporting.rulebook import table
    from randlint.rules import registry

    print_lines(table(registry().values()))
    return _CLEAN
