"""The linter on generated programs, held against what happens when they are run.

    python benchmarks/executed.py [--programs 10000] [--seed 0] [--jobs 2] [--only I]
                                  [--families loops,while] [--shrink N]

Every program (`benchmarks/executable/`) is run on a pretended jax with all combinations of its
flags and small numbers. A finding of the default level that no run confirms is a false alarm; two
uses of one key in one run, of which no finding speaks even at the low level, are missed, unless a
class of `executable/limits.py` says why.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from executable import judge as judging
from executable import limits, program, shrink

_CHUNK = 50


@dataclass
class Tally:
    """What came of some programs."""

    programs: int = 0
    runs: int = 0
    findings: int = 0
    repetitions: int = 0
    wrong: int = 0  # programs in which a key is repeated
    abandoned: int = 0
    false_alarms: list[tuple[int, str]] = field(default_factory=list)
    missed: list[tuple[int, str]] = field(default_factory=list)
    errors: list[tuple[int, str]] = field(default_factory=list)
    classes: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.programs += other.programs
        self.runs += other.runs
        self.findings += other.findings
        self.repetitions += other.repetitions
        self.wrong += other.wrong
        self.abandoned += other.abandoned
        self.false_alarms += other.false_alarms
        self.missed += other.missed
        self.errors += other.errors
        self.classes += other.classes
        self.failures += other.failures


def check_some(seed: int, families: Sequence[str], indices: Sequence[int]) -> Tally:
    """Judge the programs with these numbers."""
    total = Tally()
    for index in indices:
        source = program.write(f"{seed}/{index}", families)
        try:
            verdict = judging.judge(source)
        except Exception:
            total.errors.append((index, traceback.format_exc()))
            continue
        if verdict.error:
            total.errors.append((index, verdict.error))
        total.programs += 1
        total.runs += verdict.truth.runs
        total.findings += len(verdict.said)
        total.repetitions += len(verdict.truth.repetitions)
        total.wrong += bool(verdict.truth.repetitions)
        total.abandoned += bool(verdict.abandoned)
        total.failures.update(list(verdict.truth.errors))
        total.false_alarms += [
            (index, f"{each.code} line {each.line}: {source.splitlines()[each.line - 1].strip()}")
            for each in verdict.false_alarms()
        ]
        for each in verdict.missed():
            if each.limit:
                total.classes[each.limit] += 1
            else:
                total.missed.append((index, f"{sorted(each.first)} and {sorted(each.second)}"))
    return total


def main() -> int:
    """Run and print the counts; 1 when something disagrees."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", type=int, help="print this program and what is said of it")
    parser.add_argument("--families", default=",".join(program.FAMILIES))
    parser.add_argument("--shrink", type=int, default=0, help="make so many disagreements small")
    options = parser.parse_args()
    families = options.families.split(",")
    if options.only is not None:
        return _show(program.write(f"{options.seed}/{options.only}", families))
    started = time.perf_counter()
    end = options.start + options.programs
    chunks = [range(at, min(at + _CHUNK, end)) for at in range(options.start, end, _CHUNK)]
    total = Tally()
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for tally in pool.map(partial(check_some, options.seed, families), chunks):
            total.add(tally)
    _summarise(total, time.perf_counter() - started)
    for kind, found in (("false", total.false_alarms), ("missed", total.missed)):
        _shrink(kind, found, options.seed, families, options.shrink)
    return 1 if total.false_alarms or total.missed or total.errors else 0


def _shrink(
    kind: str, found: Sequence[tuple[int, str]], seed: int, families: Sequence[str], most: int
) -> None:
    seen: set[str] = set()
    for index in dict.fromkeys(number for number, _ in found):
        if len(seen) >= most:
            return
        small = shrink.smallest(program.write(f"{seed}/{index}", families), kind)
        shape = shrink.shape(small)
        if shape in seen:
            continue
        seen.add(shape)
        print(f"--- {kind}, program {index}\n{shrink.annotated(small)}")


def _show(source: str) -> int:
    print(shrink.annotated(source))
    return 0


def _summarise(total: Tally, seconds: float) -> None:
    print(f"{total.programs} programs in {seconds:.0f} s, {total.runs} runs")
    print(f"  repeat a key {total.wrong:7}")
    print(f"  findings     {total.findings:7}, repetitions {total.repetitions}")
    programs = len({index for index, _ in total.false_alarms})
    print(f"  false alarms {len(total.false_alarms):7} in {programs} programs")
    print(f"  missed       {len(total.missed):7} in {len({i for i, _ in total.missed})} programs")
    print(f"  abandoned    {total.abandoned:7}, errors {len(total.errors)}")
    print(f"  programs that failed at run time: {dict(total.failures.most_common(8))}")
    for each in limits.LIMITS:
        number = total.classes[each.name]
        print(f"  not told on purpose {number:4}: {each.name}: {each.reason}")
    for index, text in total.errors[:3]:
        print(f"error in {index}: {text}")
    for kind in ("false_alarms", "missed"):
        for index, text in getattr(total, kind)[:30]:
            print(f"{kind} {index}: {text}")


if __name__ == "__main__":
    raise SystemExit(main())
