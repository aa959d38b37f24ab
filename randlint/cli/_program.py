"""The command line. Exit codes: 0 clean, 1 findings, 2 wrong usage or an error, 130 Ctrl-C."""

from __future__ import annotations

import argparse
import atexit
import contextlib
import gc
import io
import sys
from collections.abc import Sequence
from importlib import import_module

from randlint import __version__
from randlint.cli._output import CannotPrint, abandon, complain, finish, say

COMMANDS = ("check", "rule", "rules", "models", "verify")
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
        from randlint.cli import verify

        return verify.run(words[1:])
    said = io.StringIO()  # argparse prints help, and does not mind where that fails
    try:
        with contextlib.redirect_stdout(said):
            parsed = _parser(words[:1]).parse_args(words)
    except SystemExit as stop:
        say(said.getvalue(), end="")
        return stop.code if isinstance(stop.code, int) else _ERROR
    code: int = parsed.run(parsed)
    return code


def _fail(error: Exception) -> int:
    from randlint.catalogue.schema import CatalogueError
    from randlint.failures import internal_error
    from randlint.settings import SettingsError

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


def _parser(asked: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The parser of all commands, or of the one that was asked for."""
    parser = argparse.ArgumentParser(
        prog="randlint",
        description="Find mistakes with randomness in JAX programs, before the program runs.",
        epilog="Exit codes: 0 no findings, 1 findings, 2 wrong usage or an error, 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"randlint {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name in asked if set(asked) & set(COMMANDS) else COMMANDS:
        import_module(f"randlint.cli.{name}").add(commands)
    return parser
