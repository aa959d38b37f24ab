"""What the cache and a second process save, beside bare LibCST parsing of the same files.

    python benchmarks/cached.py FOLDER [--rounds N]

Each figure is the best of N rounds, taken in turns; every run of randlint is a process of its own,
start-up and imports included. FOLDER holds Python source, for example unpacked wheels; it is left
as it was. The output of all runs must be the same, byte for byte.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import libcst

COMMAND = [sys.executable, "-m", "randlint", "check", "--exit-zero"]


def parse_all(folder: Path) -> None:
    """Bare LibCST parsing, in this process."""
    for path in sorted(folder.rglob("*.py")):
        try:
            libcst.parse_module(path.read_bytes())
        except (libcst.ParserSyntaxError, ValueError):
            continue


def check(folder: Path, config: Path, *options: str) -> bytes:
    """One run; `config` decides where the cache is."""
    command = [*COMMAND, "--config", str(config), *options, str(folder)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def timed(run: Callable[[], object]) -> tuple[float, float, object]:
    """Wall and CPU seconds (with those of children), and what came out."""
    before = os.times()
    started = time.perf_counter()
    result = run()
    wall = time.perf_counter() - started
    after = os.times()
    return wall, sum(after[:4]) - sum(before[:4]), result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    with tempfile.TemporaryDirectory() as temporary:
        config = Path(temporary, "pyproject.toml")
        config.write_text("[tool.randlint]\n")
        runs: dict[str, Callable[[], object]] = {
            "libcst.parse_module": lambda: parse_all(folder),
            "cold, one process": lambda: check(folder, config, "--no-cache", "--jobs", "1"),
            "cold, two processes": lambda: check(folder, config, "--no-cache", "--jobs", "2"),
            "filling the cache": lambda: check(folder, config),
            "warm cache": lambda: check(folder, config),
            "python -c pass": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        }
        best: dict[str, tuple[float, float]] = {}
        outputs = set()
        for _ in range(arguments.rounds):
            for path in Path(temporary).glob(".randlint_cache/*.json"):
                path.unlink()
            for name, run in runs.items():
                wall, cpu, result = timed(run)
                best[name] = min(best.get(name, (wall, cpu)), (wall, cpu))
                outputs |= {result} if isinstance(result, bytes) else set()
    base_wall, base_cpu = best["libcst.parse_module"]
    print(f"{'':<22}{'wall s':>9}{'CPU s':>9}{'of libcst (wall)':>18}{'(CPU)':>8}")
    for name, (wall, cpu) in best.items():
        print(f"{name:<22}{wall:>9.2f}{cpu:>9.2f}{wall / base_wall:>18.3f}{cpu / base_cpu:>8.3f}")
    print(f"different outputs: {len(outputs)}")
    return 0 if len(outputs) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
