"""How fast randlint is, beside what it is built on, on the same files in one run.

    python benchmarks/speed.py FOLDER [--rounds N]

FOLDER holds Python source, for example unpacked wheels. Everything runs in one process and one
after the other; the figures of one run are comparable, those of two runs are not. Three tables:
wall and CPU seconds for the whole set, the wall time of one file of about 200 lines in a process of
its own, and the time per line of one file at 1 and 10 times the length.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import os
import platform
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst
from pyflakes.checker import Checker as Pyflakes

from randlint import __version__
from randlint.engine import Checker
from randlint.runner._tasks import collecting_rarely
from randlint.settings import Settings

WANTED_LINES = 200
BASE_LINES = 3000


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the set."""

    path: Path
    data: bytes

    @property
    def lines(self) -> int:
        return self.data.count(b"\n") + 1


Tool = Callable[[Source], object]


def read(folder: Path) -> list[Source]:
    """Every file that Python and LibCST can both parse, so that all tools do the same work."""
    sources = []
    for path in sorted(folder.rglob("*.py")):
        source = Source(path, path.read_bytes())
        try:
            ast.parse(source.data)
        except (SyntaxError, ValueError):
            continue
        sources.append(source)
    return sources


def tools() -> dict[str, Tool]:
    checker = Checker(Settings(root=Path.cwd()))
    return {
        "ast.parse": lambda source: ast.parse(source.data),
        "pyflakes": lambda source: Pyflakes(ast.parse(source.data), str(source.path)),
        "libcst.parse_module": lambda source: libcst.parse_module(source.data),
        "randlint": lambda source: checker.check_bytes(source.data, str(source.path)),
    }


def measure(tool: Tool, sources: Sequence[Source], *, rarely: bool = False) -> tuple[float, float]:
    """Wall and CPU seconds of one tool over all files; `rarely` collects garbage as a run does."""
    wall, cpu = time.perf_counter(), time.process_time()
    with collecting_rarely() if rarely else contextlib.nullcontext():
        for source in sources:
            tool(source)
    return time.perf_counter() - wall, time.process_time() - cpu


def whole_set(sources: Sequence[Source], rounds: int) -> None:
    """The best of several rounds, the tools taking turns, against bare LibCST parsing."""
    best: dict[str, tuple[float, float]] = {}
    for _ in range(rounds):
        for name, tool in tools().items():
            times = measure(tool, sources, rarely=name == "randlint")
            best[name] = min(best.get(name, times), times, key=lambda pair: pair[1])
    print(f"\n{'whole set':<22}{'wall s':>9}{'CPU s':>9}{'of libcst (wall)':>18}{'(CPU)':>8}")
    wall, cpu = best["libcst.parse_module"]
    for name, (own_wall, own_cpu) in best.items():
        row = f"{name:<22}{own_wall:>9.2f}{own_cpu:>9.2f}{own_wall / wall:>18.2f}"
        print(f"{row}{own_cpu / cpu:>8.2f}")


def one_file(sources: Sequence[Source], rounds: int) -> None:
    """A file of about 200 lines that is really interpreted, in a process of its own."""
    interpreted = [source for source in sources if b"jax.random." in source.data]
    if not interpreted:
        print("\none file: no file mentions `jax.random.`")
        return
    chosen = min(interpreted, key=lambda source: abs(source.lines - WANTED_LINES))
    commands = {
        "python -c 'import libcst'": ["-c", "import libcst"],
        f"randlint check ({chosen.lines} lines)": [
            *("-m", "randlint", "check", "--no-cache", "--exit-zero", str(chosen.path))
        ],
    }
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(max(5, 3 * rounds)):
        for name, arguments in commands.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
            taken[name].append(time.perf_counter() - started)
    print(f"\n{'one file':<34}{'median wall s':>14}{'of import':>11}")
    first = statistics.median(taken["python -c 'import libcst'"])
    for name, times in taken.items():
        median = statistics.median(times)
        print(f"{name:<34}{median:>14.3f}{median / first:>11.2f}")


def long_module(sources: Sequence[Source]) -> str:
    """Real modules that use `jax.random`, one below the other, some thousand lines."""
    parts: list[str] = []
    for source in sources:
        if b"jax.random." in source.data and b"from __future__" not in source.data:
            parts.append(source.data.decode())
            if sum(part.count("\n") for part in parts) >= BASE_LINES:
                break
    return "\n".join(parts) + "\n"


def copies(text: str, count: int) -> bytes:
    """The module several times over, each time with its own names for what it defines."""
    defined = {
        node.name
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    }
    names = re.compile(rf"\b({'|'.join(sorted(defined))})\b")
    parts = [names.sub(rf"\g<1>_{number}", text) for number in range(count)]
    return "".join(parts).encode()


def linearity(sources: Sequence[Source], rounds: int) -> None:
    """Time per line of one long file made of real modules, and of ten times as much."""
    text = long_module(sources)
    if not text.strip():
        return
    randlint = tools()["randlint"]
    print(f"\n{'one long file':<22}{'lines':>9}{'CPU s':>9}{'us per line':>13}")
    per_line = []
    for count in (1, 10):
        source = Source(Path("long.py"), copies(text, count))
        cpu = min(measure(randlint, [source])[1] for _ in range(max(2, rounds)))
        per_line.append(cpu / source.lines)
        row = f"{f'{count} x':<22}{source.lines:>9}{cpu:>9.2f}{1e6 * per_line[-1]:>13.1f}"
        print(row)
    print(f"time per line at 10 x over 1 x: {per_line[1] / per_line[0]:.2f}")


def many_files(count: int) -> None:
    """Wall time and peak memory for a great number of empty files."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            Path(folder, f"{number}.py").touch()
        command = [sys.executable, "-m", "randlint", "check", "--no-cache", folder]
        started = time.perf_counter()
        with contextlib.suppress(subprocess.CalledProcessError):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - started
    print(f"\n{count} empty files: {seconds:.2f} s, {1e6 * seconds / count:.0f} us per file")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--empty-files", type=int, default=10_000)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    sources = read(arguments.folder)
    if not sources:
        print(f"speed.py: no Python files below {arguments.folder}", file=sys.stderr)
        return 2
    lines = sum(source.lines for source in sources)
    print(f"{len(sources)} files, {lines} lines; one process, best of {arguments.rounds} (by CPU)")
    print(f"randlint {__version__}, libcst {libcst.LIBCST_VERSION}", end=", ")
    print(f"Python {platform.python_version()}, {os.cpu_count()} processors")
    with contextlib.redirect_stderr(io.StringIO()):
        measure(tools()["randlint"], sources[:20])  # imports and tables are not the subject
    whole_set(sources, arguments.rounds)
    one_file(sources, arguments.rounds)
    linearity(sources, arguments.rounds)
    many_files(arguments.empty_files)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\npeak memory of this process, all tools together: {peak:.0f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
