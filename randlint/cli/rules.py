"""`randlint rules`: one line per rule."""

from __future__ import annotations

import argparse

from randlint.cli._output import print_lines


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command and its arguments."""
    rules = commands.add_parser("rules", help="list the rules")
    rules.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the table; the exit code."""
    from randlint.reporting.rulebook import table
    from randlint.rules import registry

    print_lines(table(registry().values()))
    return 0
