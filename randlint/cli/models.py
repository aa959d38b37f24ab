"""`randlint models`: which frameworks of the catalogue the project imports, and where."""

from __future__ import annotations

import argparse

from randlint.cli._output import complain, print_lines, say

_CLEAN, _ERROR = 0, 2


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command and its arguments."""
    models = commands.add_parser("models", help="list what of the catalogue applies, and why")
    models.set_defaults(run=run)
    add = models.add_argument
    add("paths", nargs="*", default=["."], metavar="PATH", help="default: this folder")
    add("--output-format", choices=["text", "json"], default="text")
    add("--config", metavar="FILE", help="a TOML file with a [tool.randlint] table")


def run(arguments: argparse.Namespace) -> int:
    """Print what applies and why; the exit code."""
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
