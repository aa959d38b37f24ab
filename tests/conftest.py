"""Fixtures that every part of the tests may use."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from randlint.cli import main

REPOSITORY = Path(__file__).resolve().parent.parent

REUSE = """\
import jax


def draw(key):
    x = jax.random.normal(key, (3,))
    y = jax.random.uniform(key, (3,))
    return x + y
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of the program left behind."""

    code: int
    out: str
    err: str

    def findings(self) -> list[tuple[str, int, int]]:
        """The (code, row, column) of a JSON report."""
        return [
            (finding["code"], finding["location"]["row"], finding["location"]["column"])
            for finding in json.loads(self.out)
        ]


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Ctrl-C reaches the programs under test also where a script runs the tests with `&`."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def reuse() -> str:
    """A module with one RND101 in row 6, column 9."""
    return REUSE


@pytest.fixture
def shown_block() -> Callable[[Path, str], str]:
    """The fenced block below `<!-- marker -->` on a page."""

    def find(page: Path, marker: str) -> str:
        pattern = rf"<!-- {re.escape(marker)} -->\n```\w*\n(.*?)^```$"
        found = re.search(pattern, page.read_text(), re.DOTALL | re.MULTILINE)
        assert found is not None, f"{page.name} has no block after <!-- {marker} -->"
        return found.group(1)

    return find


@pytest.fixture
def repository() -> Path:
    """The root of this repository."""
    return REPOSITORY


@pytest.fixture
def randlint(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Outcome]:
    """Run the command line in this process, in an empty folder, without the cache."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, cache: bool = False) -> Outcome:
        words = list(arguments)
        if words[:1] == ["check"] and not cache:
            words.append("--no-cache")
        try:
            code = main(words)
        except SystemExit as stop:  # argparse
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


@pytest.fixture
def spawn() -> Callable[..., Outcome]:
    """Run a Python module as its own process: `spawn("randlint", "check", ...)`."""

    def run(
        module: str,
        *arguments: str,
        cwd: Path | None = None,
        stdin: bytes = b"",
        env: dict[str, str] | None = None,
    ) -> Outcome:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=cwd,
            input=stdin,
            env=env,
            capture_output=True,
            timeout=300,
            check=False,
        )
        return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run
