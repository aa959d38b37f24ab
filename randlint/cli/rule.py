"""`randlint rule CODE`: the documentation of one rule."""

from __future__ import annotations

import argparse

from randlint.cli._output import say


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command and its arguments."""
    rule = commands.add_parser("rule", help="explain one rule")
    rule.add_argument("code", metavar="CODE", help="the code of a rule, such as RND101")
    rule.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the page of the rule; the exit code."""
    from randlint.rules import registry
    from randlint.settings import SettingsError, closest

    rules = registry()
    code = arguments.code.upper()
    if code not in rules:
        raise SettingsError(f"unknown rule `{arguments.code}`{closest(code, rules)}")
    from randlint.reporting.rulebook import page

    say(page(rules[code]), end="")
    return 0
