"""Compile time of every sampler, its gradients and loops of users, ours beside jax's.

    python benchmarks/compile_times.py                         # with the JAX of this Python
    python benchmarks/compile_times.py --jax oldest 0.10.2 newest   # makes environments for them
    python benchmarks/compile_times.py --python a/bin/python b/bin/python   # in these environments
    python benchmarks/compile_times.py --only gamma 'scan:'    # names with one of these words

Ours and jax's are compiled in turn in one process, twice each; the least time counts. A compilation
that takes longer than the limit (60 s) is stopped and is a row of its own: `>60`. The ratio is
ours to jax's, by the clock and in CPU time, which a busy machine disturbs least.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import _environments

WORKER = Path(__file__).with_name("_compile_worker.py")
SIDES = ("ours", "jax")
START = 300.0  # seconds in which a worker has to have imported jax and compiled its first program


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds of one compilation, or why there is no figure."""

    wall: float = float("nan")
    cpu: float = float("nan")
    trouble: str = ""

    def shown(self) -> str:
        if self.trouble:
            return self.trouble if self.hangs() else "error"
        return f"{self.wall:.2f}"

    def hangs(self) -> bool:
        return self.trouble.startswith(">")


class Stopped(Exception):
    """No answer within the limit, or the process is gone."""


class Worker:
    """A process that compiles; killed where it does not answer."""

    def __init__(self, python: Path) -> None:
        environment = {**os.environ, "PYTHONPATH": _environments.paths()}
        environment.pop("JAX_COMPILATION_CACHE_DIR", None)
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  # as long as the process
        self._process = subprocess.Popen(
            [python, WORKER],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        self._answer(START)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def ask(self, line: str, limit: float) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._answer(limit)

    def _answer(self, limit: float) -> Any:
        try:
            line = self._lines.get(timeout=limit)
        except queue.Empty:
            self.stop()
            raise Stopped(f">{limit:g}") from None
        if line:
            return json.loads(line)
        code = self._process.wait()
        self._errors.seek(0)
        last = (self._errors.read().splitlines() or ["nothing said"])[-1]
        raise Stopped(f"the process ended with {code}: {last}")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._errors.close()


@dataclass(frozen=True, slots=True)
class Row:
    """One program in one environment."""

    environment: str
    program: str
    ours: Time
    jax: Time

    def ratio(self) -> float:
        return self.ours.wall / self.jax.wall

    def cpu_ratio(self) -> float:
        return self.ours.cpu / self.jax.cpu


def measure(python: Path, label: str, wanted: list[str], limit: float) -> Iterator[Row]:
    """The rows of one environment, as they come."""
    worker = Worker(python)
    try:
        for name in worker.ask("list", START):
            if wanted and not any(word in name for word in wanted):
                continue
            times: dict[str, Time] = {}
            for side in SIDES * 2:
                if side in times and times[side].trouble:
                    continue
                try:
                    said = worker.ask(f"{side} {name}", limit)
                except Stopped as stop:
                    times[side] = Time(trouble=str(stop))
                    worker = Worker(python)
                else:
                    times[side] = better(times.get(side), said)
            yield Row(label, name, times["ours"], times["jax"])
    finally:
        worker.stop()


def better(known: Time | None, said: dict[str, Any]) -> Time:
    """The least of the times of one program."""
    if "error" in said:
        return Time(trouble=said["error"])
    new = Time(said["wall"], said["cpu"])
    return new if known is None else Time(min(known.wall, new.wall), min(known.cpu, new.cpu))


def as_text(row: Row) -> str:
    return (
        f"{row.program:36}{row.ours.shown():>10}{row.jax.shown():>10}"
        f"{row.ratio():8.2f}{row.cpu_ratio():8.2f}"
    )


def as_tsv(row: Row) -> str:
    figures = (row.ours.shown(), row.jax.shown(), f"{row.ratio():.2f}", f"{row.cpu_ratio():.2f}")
    return "\t".join((row.environment, row.program, *figures))


def summary(rows: list[Row], limit: float) -> Iterator[str]:
    """What the rows of one environment come to."""
    over = [row.program for row in rows if row.ours.hangs()]
    yield f"rows over the limit of {limit:g} s: {len(over)}" + "".join(f"\n  {n}" for n in over)
    failed = [row for row in rows if row.ours.trouble and not row.ours.hangs()]
    yield f"rows that failed: {len(failed)}" + "".join(
        f"\n  {row.program}: {row.ours.trouble}" for row in failed
    )
    known = [row for row in rows if row.ratio() == row.ratio()]
    if known:
        worst = max(known, key=Row.ratio)
        slow = [row for row in known if row.ratio() > 2]
        yield f"over twice jax's time: {len(slow)} of {len(known)}"
        yield f"worst ratio: {worst.ratio():.2f} ({worst.program})"
        ours, theirs = (sum(getattr(row, side).wall for row in known) for side in SIDES)
        yield f"all of them: {ours:.1f} s, jax's {theirs:.1f} s, ratio {ours / theirs:.2f}"


def run(arguments: argparse.Namespace, folder: Path, write: Callable[[str], None]) -> bool:
    """Print everything; whether every program of ours compiled within the limit."""
    tsv = arguments.format == "tsv"
    if tsv:
        write("environment\tprogram\tours s\tjax s\tratio\tratio cpu")
    good = True
    pythons = arguments.python or ([] if arguments.jax else [Path(sys.executable)])
    for environment in _environments.chosen(pythons, arguments.jax, folder):
        if not tsv:
            write(f"\n{environment.describe()}")
            write(f"{'program':36}{'ours s':>10}{'jax s':>10}{'ratio':>8}{'(cpu)':>8}")
        rows = []
        for row in measure(
            environment.python, environment.describe(), arguments.only, arguments.limit
        ):
            rows.append(row)
            write(as_tsv(row) if tsv else as_text(row))
        for line in summary(rows, arguments.limit):
            write("\n".join(f"# {part}" for part in line.splitlines()) if tsv else line)
        good &= bool(rows) and not any(row.ours.trouble for row in rows)
    return good


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--jax", nargs="+", default=[], metavar="VERSION", help="see above")
    where.add_argument("--python", nargs="+", type=Path, default=[], metavar="PATH")
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD")
    parser.add_argument("--limit", type=float, default=60, help="seconds for one compilation")
    parser.add_argument("--format", choices=["text", "tsv"], default="text")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        try:
            good = run(arguments, Path(folder), lambda line: print(line, flush=True))
        except (_environments.NoEnvironmentError, Stopped) as error:
            print(f"compile_times.py: {error}", file=sys.stderr)
            return 2
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
