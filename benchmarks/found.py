"""Whether the mistakes of docs/found.md are there, are reported and happen at run time.

    python benchmarks/found.py [NAME...] [--python INTERPRETER]

Makes a fresh virtual environment with the releases that benchmarks/found/requirements.txt pins, or
takes INTERPRETER, whose environment has them. For each row of benchmarks/found/mistakes.tsv (or for
those named): the release is the pinned one, its source reads as the page quotes it, `randlint
check` reports the code on the line, and benchmarks/found/NAME.py, which runs the code concerned,
ends without an error. The exit code is 1 if one of these does not hold. randlint runs in the
interpreter of this process and reads the files; the scripts see nothing of it.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
FOLDER = HERE / "found"
PAGE = HERE.parent / "docs" / "found.md"
QUOTE = re.compile(r"^<!-- (\S+):(\d+)-(\d+) -->\n```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)
COLUMNS = ("script", "package", "version", "path", "line", "code", "source")
WHERE = "import sysconfig; print(sysconfig.get_path('purelib'))"
VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"


class Mistake(NamedTuple):
    """One line of a public package, and the script that shows what it does."""

    script: str
    package: str
    version: str
    path: str
    line: int
    code: str
    source: str


class Quote(NamedTuple):
    """Lines of a public package as the page shows them, without their common indentation."""

    path: str
    first: int
    last: int
    text: str

    def holds(self, source: str) -> bool:
        """Whether these are the lines of a file."""
        lines = source.splitlines(keepends=True)[self.first - 1 : self.last]
        return textwrap.dedent("".join(lines)) == self.text


class Checked(NamedTuple):
    """What was looked at, in the order of the columns; `said` is what the script printed."""

    version: bool
    quoted: bool
    reported: bool
    shown: bool
    said: str


def read(path: Path = FOLDER / "mistakes.tsv") -> list[Mistake]:
    """The rows; raises ValueError naming the one that is wrong."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(header) != COLUMNS:
        raise ValueError(f"{path}:1: the columns must be {', '.join(COLUMNS)}")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(COLUMNS) or not row[4].isdigit():
            raise ValueError(f"{path}:{number}: not a mistake: {row}")
    return [Mistake(*row[:4], int(row[4]), *row[5:]) for row in rows]


def read_quotes(page: str) -> list[Quote]:
    """The blocks of the page that say where they are from."""
    found = (match.groups() for match in QUOTE.finditer(page))
    return [Quote(path, int(first), int(last), text) for path, first, last, text in found]


def make_environment(folder: Path) -> Path:
    """A virtual environment with the pinned releases; its interpreter."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "-q", "--no-input"]
    subprocess.run([*pip, "-r", str(FOLDER / "requirements.txt")], check=True)
    subprocess.run([*pip, "--no-deps", "-r", str(FOLDER / "alone.txt")], check=True)
    return python


def ask(python: Path, *arguments: str) -> str:
    """What a one-line program prints; empty where it fails."""
    command = [str(python), "-c", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def reported(file: Path, mistake: Mistake) -> bool:
    """Whether `randlint check` of that file has the code on that line."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "pyproject.toml")
        config.write_text("[tool.randlint]\n")
        command = [sys.executable, "-m", "randlint", "check", "--no-cache", "--exit-zero"]
        command += ["--config", str(config), "--output-format", "json", str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(f"found.py: {done.stderr.strip()}", file=sys.stderr)
        return False
    found = {(each["location"]["row"], each["code"]) for each in json.loads(done.stdout)}
    return (mistake.line, mistake.code) in found


def run(python: Path, mistake: Mistake) -> subprocess.CompletedProcess[str]:
    """The script, in a process and a folder of its own."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [str(python), "-W", "ignore", str(FOLDER / f"{mistake.script}.py")],
            cwd=folder,
            env={**kept, "JAX_PLATFORMS": "cpu"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )


def check(python: Path, mistakes: list[Mistake]) -> Iterator[Checked]:
    """Look at one mistake after the other."""
    packages = Path(ask(python, WHERE))
    quotes = read_quotes(PAGE.read_text(encoding="utf-8"))
    for mistake in mistakes:
        file = packages / mistake.path
        source = file.read_text(encoding="utf-8") if file.is_file() else ""
        ended = run(python, mistake)
        yield Checked(
            ask(python, VERSION, mistake.package) == mistake.version,
            all(quote.holds(source) for quote in quotes if quote.path == mistake.path),
            bool(source) and reported(file, mistake),
            ended.returncode == 0,
            ended.stdout,
        )


def show(python: Path, mistakes: list[Mistake]) -> bool:
    """Print what each script says and a table; whether everything holds."""
    rows = []
    for mistake, checked in zip(mistakes, check(python, mistakes), strict=True):
        print(f"--- {mistake.script}\n{checked.said}", flush=True)
        rows.append((mistake, checked))
    print(f"{'release':<20}{'script':<28}{'code':<8}", end="")
    print("".join(f"{name:>10}" for name in Checked._fields[:-1]))
    for mistake, checked in rows:
        release = f"{mistake.package} {mistake.version}"
        marks = "".join(f"{'yes' if each else 'NO':>10}" for each in checked[:-1])
        print(f"{release:<20}{mistake.script:<28}{mistake.code:<8}{marks}")
    good = sum(all(checked[:-1]) for _, checked in rows)
    print(f"{good} of {len(rows)} mistakes shown")
    return good == len(rows)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="scripts to run, without .py")
    parser.add_argument("--python", type=Path, help="an interpreter that has the releases")
    arguments = parser.parse_args()
    mistakes = read()
    unknown = set(arguments.names) - {each.script for each in mistakes}
    if unknown:
        print(f"found.py: no mistake is called {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    wanted = [each for each in mistakes if not arguments.names or each.script in arguments.names]
    if arguments.python is not None:
        return 0 if show(arguments.python, wanted) else 1
    with tempfile.TemporaryDirectory() as folder:
        return 0 if show(make_environment(Path(folder)), wanted) else 1


if __name__ == "__main__":
    sys.exit(main())
