"""How memory and time grow with the number of files and with the amount of source.

    python benchmarks/scale.py [--files 100000] [--lines 500000] [--source FOLDER]

Each row is a process of its own (`randlint check --no-cache --jobs 1`). Empty files stand in
folders of a hundred, as in a project, and once all in one folder, whose listing has to be sorted.
The long set is real modules from FOLDER that mention jax, over and over, in files of their own;
without FOLDER it is randlint's own source. The last column is what one more file, or one more line,
costs in memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PER_FOLDER = 100
# The peak of the process itself: what `wait4` reports includes the process it was forked from.
RUN = """
import sys
from randlint.cli import main
code = main(sys.argv[1:])
with open("/proc/self/status") as status:
    print(*(line.split()[1] for line in status if line.startswith("VmHWM")), file=sys.stderr)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One run: how much it was given, wall seconds, CPU seconds, peak memory in kB."""

    size: int
    wall: float
    cpu: float
    peak: int


def measured(folder: str, size: int) -> Row:
    """Check a folder in a process of its own."""
    command = [sys.executable, "-c", RUN, "check", "--no-cache", "--jobs", "1", "--exit-zero"]
    command += ["--output-format", "github", folder]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    peak = int(process.stderr.read().split()[-1])
    _, _, used = os.wait4(process.pid, 0)
    return Row(size, time.perf_counter() - started, used.ru_utime + used.ru_stime, peak)


def empty_files(count: int, per_folder: int) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            inner = Path(folder, f"{number // per_folder:06}")
            if number % per_folder == 0:
                inner.mkdir()
            (inner / f"{number:06}.py").touch()
        return measured(folder, count)


def long_set(wanted: int, sources: list[str]) -> Row:
    """Real modules, over and over, until there are as many lines as wanted."""
    with tempfile.TemporaryDirectory() as folder:
        lines = number = 0
        while lines < wanted:
            text = sources[number % len(sources)]
            Path(folder, f"{number:06}.py").write_text(text)
            lines += text.count("\n")
            number += 1
        return measured(folder, lines)


def table(title: str, unit: str, run: Callable[[int], Row], sizes: list[int]) -> None:
    """Rows of growing size, and what one more of them costs."""
    print(f"\n{title:<34}{'wall s':>9}{'CPU s':>9}{f'us/{unit}':>11}{'peak MB':>9}{f'B/{unit}':>9}")
    previous: Row | None = None
    for size in sizes:
        row = run(size)
        line = f"{row.size:>34}{row.wall:>9.2f}{row.cpu:>9.2f}{1e6 * row.cpu / row.size:>11.1f}"
        line += f"{row.peak / 1024:>9.1f}"
        if previous is not None:
            line += f"{1024 * (row.peak - previous.peak) / (row.size - previous.size):>9.1f}"
        print(line, flush=True)
        previous = row


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=500_000)
    parser.add_argument("--source", type=Path, default=Path(__file__).parents[1] / "randlint")
    arguments = parser.parse_args()
    sources = [path.read_text(errors="replace") for path in sorted(arguments.source.rglob("*.py"))]
    sources = [text for text in sources if "jax" in text and text.isascii()]
    if not sources:
        print(f"scale.py: no module below {arguments.source} mentions jax", file=sys.stderr)
        return 2
    files = [arguments.files // 10, arguments.files // 2, arguments.files]
    table("empty files, 100 in a folder", "file", lambda n: empty_files(n, PER_FOLDER), files)
    table("empty files, all in one folder", "file", lambda n: empty_files(n, n), files)
    lines = [arguments.lines // 10, arguments.lines // 2, arguments.lines]
    table("lines of real modules", "line", lambda n: long_set(n, sources), lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
