"""Mutated real files and made-up ones: whatever is thrown at randlint, it answers, and soon.

    python benchmarks/fuzz.py FOLDER [--inputs N] [--seed S] [--index I] [--jobs J] [--kept KEPT]

FOLDER holds Python source, for example unpacked wheels. Every other input is one file of it after
one to four random mutations: lines, tokens and names deleted, repeated, swapped or replaced, text
cut off, characters and bytes put in. The others are made up (`made_up.py`): containers nested and
shared, functions that call each other, thousands of entries or branches, loops in loops, towers of
lambdas and decorators, classes in circles, odd encodings, notebooks. Each goes through the whole
engine with every rule on, in a process of its own that is ended when it hangs. An exception, an
internal error, or more than 10 seconds of CPU time is a failure; a file that is no longer Python is
a finding (RND900), not a failure. Failing inputs are written to KEPT. Input I of seed S is the same
wherever FOLDER is the same, and `--index I` prints it and shows what becomes of it.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import multiprocessing
import os
import queue
import random
import signal
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent))

import made_up
from mutants import mutant, sources_in

from randlint.engine import Checker
from randlint.rules import registry
from randlint.settings import Settings

LIMIT = 10.0  # seconds of CPU time for one input
PATIENCE = 120.0  # seconds after which a process that does not answer is ended
# Forked where that can be done, as before Python 3.14: a worker then needs no import of its own.
CONTEXT = multiprocessing.get_context(
    "fork" if "fork" in multiprocessing.get_all_start_methods() else None
)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one input."""

    index: int
    path: str
    kind: str  # "checked", "unreadable", "exception", "too slow" or "hang"
    seconds: float
    functions: int = 0
    abandoned: int = 0
    findings: int = 0
    detail: str = ""


class TooSlow(BaseException):
    """The time of one input is up; no `except Exception` stops it."""


class Input(NamedTuple):
    """What is thrown at randlint."""

    origin: str  # the file it comes from, or the kind that it is
    filename: str
    data: bytes


def input_of(sources: Sequence[Path], seed: int, index: int) -> Input:
    """Input `index`: a mutant where it is even, made up where it is odd."""
    if index % 2 or not sources:
        return Input(*made_up.made_up(random.Random(f"{seed}/{index}")))
    path, data = mutant(sources, seed, index)
    return Input(str(path), "mutant.py", data)


# --- running


def check(sources: Sequence[Path], seed: int, index: int, limit: float = LIMIT) -> Result:
    """Run the engine on one input and say what became of it."""
    given = input_of(sources, seed, index)
    checker = Checker(replace(Settings(root=Path.cwd()), select=tuple(registry())))
    result = Result(index, given.origin, "checked", 0.0)
    started = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        report = checker.check_bytes(given.data, given.filename)
    except TooSlow:
        signal.setitimer(signal.ITIMER_PROF, 0)
        return replace(result, kind="too slow", seconds=limit, detail=traceback.format_exc())
    except Exception:
        signal.setitimer(signal.ITIMER_PROF, 0)
        return replace(result, kind="exception", detail=traceback.format_exc())
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    codes = [finding.code for finding in report.findings]
    wrong = [report.error] if report.error else [str(each) for each in report.failures]
    if wrong:
        return replace(result, kind="exception", detail="\n".join(wrong))
    return replace(
        result,
        kind="unreadable" if "RND900" in codes else "checked",
        seconds=time.process_time() - started,
        functions=report.functions,
        abandoned=report.abandoned,
        findings=len(codes),
    )


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def _check_some(sources: Sequence[Path], seed: int, indices: Sequence[int]) -> list[Result]:
    signal.signal(signal.SIGPROF, _too_slow)
    return [check(sources, seed, index) for index in indices]


def _answer(sources: Sequence[Path], seed: int, questions: Connection) -> None:
    """What a worker does: check the inputs whose numbers it is sent."""
    signal.signal(signal.SIGPROF, _too_slow)
    with contextlib.suppress(EOFError):
        while True:
            questions.send(check(sources, seed, questions.recv()))


class _Worker:
    """A process that checks inputs; where it hangs, it is ended and another one begins."""

    def __init__(self, sources: Sequence[Path], seed: int) -> None:
        self.sources, self.seed = sources, seed
        self._start()

    def _start(self) -> None:
        self.questions, theirs = CONTEXT.Pipe()
        work = (self.sources, self.seed, theirs)
        self.process = CONTEXT.Process(target=_answer, args=work, daemon=True)
        self.process.start()
        theirs.close()

    def ask(self, index: int) -> Result:
        """What becomes of an input, or that nothing does."""
        self.questions.send(index)
        detail = f"no answer within {PATIENCE:.0f} seconds"
        try:
            if self.questions.poll(PATIENCE):
                return self.questions.recv()
        except (EOFError, ConnectionError):
            self.process.join()
            detail = f"the process has ended by itself, exit status {self.process.exitcode}"
        self.process.kill()
        self.process.join()
        self._start()
        origin = input_of(self.sources, self.seed, index).origin
        return Result(index, origin, "hang", 0.0, detail=detail)


def run(sources: Sequence[Path], seed: int, indices: Sequence[int], jobs: int) -> Iterator[Result]:
    """All inputs, in order."""
    if jobs == 1:
        worker = _Worker(sources, seed)
        yield from map(worker.ask, indices)
        return
    idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
    for _ in range(jobs):
        idle.put(_Worker(sources, seed))

    def ask(index: int) -> Result:
        worker = idle.get()
        try:
            return worker.ask(index)
        finally:
            idle.put(worker)

    with ThreadPoolExecutor(jobs) as threads:
        yield from threads.map(ask, indices)


def main() -> int:
    """Run and print the counts; 1 when an input failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--index", type=int, help="print this input and check it alone")
    parser.add_argument("--start", type=int, default=0, help="the first input")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--kept", type=Path, help="where failing inputs are written")
    options = parser.parse_args()
    sources = sources_in(options.folder)
    if not sources:
        parser.error(f"{options.folder}: no Python file that mentions randomness")
    if options.index is not None:
        given = input_of(sources, options.seed, options.index)
        sys.stdout.buffer.write(given.data)
        (result,) = _check_some(sources, options.seed, [options.index])
        print(f"--- from {given.origin}: {result}\n{result.detail}", file=sys.stderr)
        return 0
    started = time.perf_counter()
    print(f"seed {options.seed}, inputs {options.start} to {options.start + options.inputs - 1}")
    results = []
    indices = range(options.start, options.start + options.inputs)
    for result in run(sources, options.seed, indices, options.jobs):
        results.append(result)
        if result.detail:
            print(
                f"input {result.index} ({result.path}): {result.kind}\n{result.detail}", flush=True
            )
            _keep(options.kept, input_of(sources, options.seed, result.index), options.seed, result)
        if len(results) % 1000 == 0:
            print(f"... {len(results)} inputs", file=sys.stderr, flush=True)
    return _summarise(results, len(sources), time.perf_counter() - started)


def _keep(folder: Path | None, given: Input, seed: int, result: Result) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{seed}_{result.index}_{given.filename}").write_bytes(given.data)


def _summarise(results: Sequence[Result], files: int, seconds: float) -> int:
    kinds = collections.Counter(result.kind for result in results)
    print(f"{len(results)} inputs from {files} files and made up, in {seconds:.0f} s")
    for kind in ("checked", "unreadable", "exception", "too slow", "hang"):
        print(f"  {kind:10} {kinds[kind]:7}")
    print(f"  findings   {sum(result.findings for result in results):7}")
    functions = sum(result.functions for result in results)
    print(f"  functions  {functions:7}, abandoned {sum(each.abandoned for each in results)}")
    slowest = sorted(results, key=lambda result: -result.seconds)[:5]
    for result in slowest:
        print(f"  slowest: input {result.index}, {result.seconds:.2f} s CPU, {result.path}")
    return 1 if kinds["exception"] or kinds["too slow"] or kinds["hang"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
