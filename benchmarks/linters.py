"""How long linters take over the same files, each as the process that a user starts.

    python benchmarks/linters.py FOLDER [--rounds N]

FOLDER holds Python source, for example unpacked wheels. Every tool runs in one process without a
cache, with the options that make it comparable: flake8 and ruff look for what pyflakes finds, and
for nothing else. Tools that are not installed are left out. The tools take turns; the best of N
rounds counts, by CPU time. Beside them stands bare LibCST parsing, also as a process of its own.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from randlint import __version__

PARSE = """
import pathlib, sys, libcst
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    try:
        libcst.parse_module(path.read_bytes())
    except (libcst.ParserSyntaxError, ValueError):
        pass
"""


def commands(folder: Path, config: Path) -> dict[str, list[str]]:
    """What is run for each tool that is installed."""
    run = [sys.executable, "-m"]
    all_commands = {
        "libcst": [sys.executable, "-c", PARSE, str(folder)],
        "ruff": [*run, "ruff", "check", "--isolated", "--no-cache", "--select", "F", "-q"],
        "pyflakes": [*run, "pyflakes"],
        "flake8": [*run, "flake8", "--isolated", "--jobs", "1", "--select", "F"],
        "randlint": [*run, "randlint", "check", "--no-cache", "--jobs", "1", "--config"],
    }
    all_commands["randlint"].append(str(config))
    return {
        name: [*command, str(folder)] if name != "libcst" else command
        for name, command in all_commands.items()
        if importlib.util.find_spec(name) is not None
    }


def timed(command: list[str]) -> tuple[float, float]:
    """Wall seconds, and CPU seconds of the process and its children."""
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "RAYON_NUM_THREADS": "1"},  # ruff's threads
        check=False,
    )
    wall, after = time.perf_counter() - started, os.times()
    if done.returncode not in (0, 1):  # 1: there are findings
        raise RuntimeError(f"{command[2]} ended with {done.returncode}")
    return wall, sum(after[:4]) - sum(before[:4])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    if not folder.is_dir():
        print(f"linters.py: {arguments.folder} is not a folder", file=sys.stderr)
        return 2
    best: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        config = Path(temporary, "pyproject.toml")
        config.write_text("[tool.randlint]\n")
        for _ in range(arguments.rounds):
            for name, command in commands(folder, config).items():
                times = timed(command)
                best[name] = min(best.get(name, times), times, key=lambda pair: pair[1])
    base_wall, base_cpu = best["libcst"]
    print(f"{'tool':<22}{'wall s':>9}{'CPU s':>9}{'of libcst (wall)':>18}{'(CPU)':>8}")
    for name, (wall, cpu) in best.items():
        version = __version__ if name == "randlint" else importlib.metadata.version(name)
        title = f"{name} {version}"
        print(f"{title:<22}{wall:>9.2f}{cpu:>9.2f}{wall / base_wall:>18.3f}{cpu / base_cpu:>8.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
