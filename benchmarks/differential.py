"""The linter, `provenance` and jax's own key checker on generated programs: do they agree?

    python benchmarks/differential.py [--programs 20000] [--start 0] [--jobs 2] [--kept FOLDER]

Every program (`tests/runtime/differential/generator.py`) is read by the linter, and traced for
every combination of its flags by `provenance` (every fourth also with a raw key) and by jax's
checker.
Disagreements are counted by the class that explains them
(`tests/runtime/differential/differences.py`, with the reasons); what no class explains is printed,
and the exit code is 1.

Nearly all of the time goes into tracing. With `--kept FOLDER` the run-time opinions are kept
there, 500 programs to a file: a run that was stopped goes on where it was, and after a change of
the linter only the linter is asked again. Empty the folder after a change of the runtime or the
generator.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import jax

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "runtime" / "differential"
sys.path.insert(0, str(FOLDER))

import differences  # noqa: E402
import generator  # noqa: E402
import judges  # noqa: E402

_RAW = 4  # every fourth program is judged with a raw key as well
_CHUNK = 500  # programs per task; afterwards jax's caches are emptied, so that memory is bounded


@dataclass
class Tally:
    """What came of some programs."""

    programs: int = 0
    verdicts: Counter[tuple[bool, bool, bool]] = field(default_factory=Counter)
    explained: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    unexplained: list[str] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.programs += other.programs
        self.verdicts += other.verdicts
        self.explained += other.explained
        self.lines += other.lines
        self.unexplained += other.unexplained


def ask(seed: int) -> tuple[judges.Opinions, list[Any]]:
    """All three opinions on one program, and what of them is kept: raw keys, ours, jax, places."""
    source, name = program(seed)
    found = judges.opinions(source, name)
    raw = found.ours if seed % _RAW else judges.opinions_of_raw_keys(source, name)
    return found, [sorted(raw), sorted(found.ours), found.jax, sorted(found.places)]


def ask_linter(seed: int, kept: list[Any]) -> judges.Opinions:
    """The linter's opinion beside those that were kept."""
    source, name = program(seed)
    _, ours, jax_says, places = kept
    known = frozenset((line, kind) for line, kind in ours)
    return judges.Opinions(source, judges.lint(source, name), known, jax_says, frozenset(places))


def program(seed: int) -> tuple[str, str]:
    """The source and the file name of a program."""
    return generator.write(seed, 1 + seed % 9), f"/generated/program_{seed}.py"


def judge(seed: int, found: judges.Opinions, kept: list[Any], tally: Tally) -> None:
    """Compare the three opinions on one program."""
    tally.programs += 1
    tally.verdicts[found.verdicts] += 1
    raw = {(line, kind) for line, kind in kept[0]}
    if raw != found.ours:
        tally.unexplained.append(f"seed {seed}: typed {sorted(found.ours)}, raw {sorted(raw)}")
    if found.verdicts[:2] == (True, True):
        same = {line for line, _ in found.lint} & found.places
        tally.lines["a line in common" if same else "no line in common"] += 1
    if len(set(found.verdicts)) > 1:
        why = differences.difference(found)
        if why is not None:
            tally.explained[why.name] += 1
        else:
            text = f"seed {seed}: linter, provenance, jax = {found.verdicts}\n{found.source}"
            tally.unexplained.append(text)


def chunk(seeds: range, folder: Path | None) -> Tally:
    """Judge some programs."""
    tally = Tally()
    file = folder and folder / f"{seeds.start}-{seeds.stop}.json"
    if file and file.exists():
        for seed, kept in zip(seeds, json.loads(file.read_text()), strict=True):
            judge(seed, ask_linter(seed, kept), kept, tally)
        return tally
    everything = []
    for seed in seeds:
        found, kept = ask(seed)
        everything.append(kept)
        judge(seed, found, kept, tally)
    if file:
        file.write_text(json.dumps(everything))
    jax.clear_caches()
    return tally


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=20_000)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--kept", type=Path, metavar="FOLDER", help="run-time opinions")
    options = parser.parse_args()
    if options.kept is not None:
        options.kept.mkdir(parents=True, exist_ok=True)
    stop = options.start + options.programs
    chunks = [range(a, min(a + _CHUNK, stop)) for a in range(options.start, stop, _CHUNK)]
    started = time.monotonic()
    total = Tally()
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        for done in pool.map(partial(chunk, folder=options.kept), chunks):
            total.add(done)
            text = f"... {total.programs} programs, {time.monotonic() - started:.0f} s"
            print(f"{text}, {len(total.unexplained)} unexplained", file=sys.stderr, flush=True)
    report(total)
    print(f"{time.monotonic() - started:.0f} s")
    return int(bool(total.unexplained))


def report(total: Tally) -> None:
    """Print the table."""
    verdicts = total.verdicts
    right, wrong = verdicts[False, False, False], verdicts[True, True, True]
    print(f"jax {jax.__version__}; {total.programs} programs")
    print(f"all three agree: {right + wrong} ({wrong} wrong programs, {right} right ones)")
    linter = sum(n for v, n in verdicts.items() if v[0] == v[1])
    checker = sum(n for v, n in verdicts.items() if v[1] == v[2])
    print(f"linter and provenance agree: {linter}; provenance and jax's checker: {checker}")
    print(f"where linter and provenance both complain: {dict(total.lines)}")
    for why in differences.DIFFERENCES:
        print(f"intended: {total.explained[why.name]:6} {why.name}: {why.reason}")
    print(f"unexplained: {len(total.unexplained)}")
    for text in total.unexplained[:20]:
        print(text)


if __name__ == "__main__":
    sys.exit(main())
