"""`randlint verify`: run the tests, and say what became of each finding."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from randlint.cli._output import complain

_ERROR = 2


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command; its arguments are those of `randlint_runtime.verify`."""
    commands.add_parser("verify", help="run the tests, and say what became of each finding")


def run(words: Sequence[str]) -> int:
    """Hand over to randlint_runtime in a process of its own: this one never imports jax."""
    import subprocess
    from importlib.util import find_spec

    if find_spec("randlint_runtime") is None:
        complain("verify needs the package randlint-runtime: pip install randlint-runtime")
        return _ERROR
    command = [sys.executable, "-m", "randlint_runtime.verify", *words]
    return subprocess.run(command, check=False).returncode
