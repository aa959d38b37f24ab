"""`randlint check`: what it may be told; what it does stands in `_checking`."""

from __future__ import annotations

import argparse


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command and its arguments."""
    check = commands.add_parser("check", help="check files and folders")
    check.set_defaults(run=run)
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


def _positive(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes (1 or more)")
    return number


def run(arguments: argparse.Namespace) -> int:
    """Check files, and print, write or change what is asked for."""
    from randlint.cli import _checking

    _checking.refuse_what_makes_no_sense(arguments)
    if arguments.watch:
        from randlint.cli._watch import watch

        watch(arguments)
    return _checking.check_once(arguments)
