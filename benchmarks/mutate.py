"""How many injected mistakes randlint flags: one mistake at a time, in correct public code.

    python benchmarks/mutate.py FOLDER... [--mutants N] [--seed S] [--misses FILE] [--read FILE]
    python benchmarks/mutate.py FOLDER... --sample OPERATOR [--mutants N]

Each FOLDER is one package, unpacked, or holds one folder per package. Functions in which randlint
finds nothing at the default level are changed by one operator of `_mutations.py` at one place; the
file is checked again under its own name. A mutant is flagged when a finding of the default level
that was not there before has its place, or one of its related places, on a line of the mistake:
one that was edited, or that holds one of the two uses that the edit brought into conflict. For
mistakes about derivatives the finding must be one of RND2xx.

Places are read with LibCST by rules that share nothing with randlint's interpreter. What is chosen
depends on the seed and the sources alone: operators take turns, and within an operator packages do,
so that no package decides the figure. `--misses` writes what was not flagged, with a guess why;
the guess is made by planting two draws from one key at the same place and checking once more.
"""

from __future__ import annotations

import argparse
import ast
import csv
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import _gradient_mutations as gradients
import _loop_mutations as loops
import _more_mutations as more
import _mutations as basic
import libcst as cst
from _consumers import Ignoring
from _places import Module
from _sites import Mutant, Site

from randlint.engine import Checker
from randlint.findings import Confidence, Finding
from randlint.settings import Settings

OPERATORS: tuple[Callable[[Site], Iterator[Mutant]], ...] = (
    basic.sibling,
    basic.parent,
    basic.same_element,
    basic.two_callees,
    loops.hoist,
    basic.forget,
    basic.kept_parent,
    loops.closure,
    loops.loop_variable,
    loops.comprehension,
    loops.element_of_a_turn,
    basic.past_the_end,
    basic.default_key,
    more.wrong_number,
    more.overwritten,
    more.fold_in,
    more.seeds,
    more.lanes,
    gradients.stop_gradient,
    gradients.discrete,
)
_HINTS = (b"split(", b"fold_in(", b"PRNGKey", b"random.key", b"stop_gradient", b"grad(")
COLUMNS = ("package", "path", "line", "operator", "reason", "key", "before", "after")


@dataclass(frozen=True, slots=True)
class Planted:
    """A mutant and where it goes."""

    package: str
    root: Path
    path: Path
    mutant: Mutant


@dataclass(frozen=True, slots=True)
class Outcome:
    """A mutant, checked; `reason` guesses why one was missed."""

    planted: Planted
    codes: tuple[str, ...]
    reason: str = ""

    @property
    def flagged(self) -> bool:
        return bool(self.codes)


def packages(folders: Iterable[Path]) -> Iterator[Path]:
    """The folders themselves, or the folders in them where they hold no Python files."""
    for folder in folders:
        inner = sorted(each for each in folder.iterdir() if each.is_dir())
        loose = any(folder.glob("*.py")) or any(each.suffix == ".dist-info" for each in inner)
        yield from (folder,) if loose else inner


def mutants_of(text: str, ignoring: Ignoring) -> Iterator[Mutant]:
    """Every mutant of one module, in a fixed order; nothing where LibCST cannot read it."""
    try:
        module = Module(text)
    except cst.ParserSyntaxError:
        return
    for scope in module.scopes:
        site = Site(module, scope, ignoring)
        for operator in OPERATORS:
            yield from (each for each in operator(site) if not site.shared(each.about))


def plant(root: Path) -> Iterator[Planted]:
    """Every mutant of one package."""
    sources: dict[Path, str] = {}
    for path in sorted(root.rglob("*.py")):
        try:
            sources[path] = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
    ignoring = Ignoring(sources.values())
    for path, text in sources.items():
        data = text.encode()
        if b"jax" in data and any(hint in data for hint in _HINTS):
            for mutant in mutants_of(text, ignoring):
                yield Planted(root.name, root, path, mutant)


def in_turn(planted: Iterable[Planted], seed: int) -> Iterator[Planted]:
    """All mutants, drawn so that operators take turns, and in each operator the packages."""
    buckets: dict[str, dict[str, list[Planted]]] = defaultdict(lambda: defaultdict(list))
    for each in planted:
        buckets[each.mutant.operator][each.package].append(each)
    draw = random.Random(seed)
    turns: dict[str, Iterator[Planted]] = {}
    for operator in sorted(buckets):
        queues = [buckets[operator][package] for package in sorted(buckets[operator])]
        for queue in queues:
            draw.shuffle(queue)
        draw.shuffle(queues)
        turns[operator] = _round_robin([iter(queue) for queue in queues])
    yield from _round_robin(list(turns.values()))


def _round_robin(queues: list[Iterator[Planted]]) -> Iterator[Planted]:
    while queues:
        for queue in list(queues):
            try:
                yield next(queue)
            except StopIteration:
                queues.remove(queue)


class Judge:
    """Checks files before and after; one checker per package, kept from mutant to mutant."""

    def __init__(self) -> None:
        self._checkers: dict[tuple[Path, Confidence], Checker] = {}
        self._before: dict[Path, tuple[Finding, ...]] = {}

    def check(self, planted: Planted, text: str, level: Confidence) -> tuple[Finding, ...]:
        key = planted.root, level
        if key not in self._checkers:
            self._checkers[key] = Checker(Settings(root=planted.root, min_confidence=level))
        return self._checkers[key].check_bytes(text.encode(), str(planted.path)).findings

    def before(self, planted: Planted) -> tuple[Finding, ...]:
        """The findings of a file as it is, of any confidence."""
        if planted.path not in self._before:
            text = _read(planted.path)
            self._before[planted.path] = self.check(planted, text, Confidence.LOW)
        return self._before[planted.path]

    def correct(self, planted: Planted) -> bool:
        """Whether nothing was told of the function before, and the mutant still is Python."""
        first, last = planted.mutant.inside
        told = [each for each in self.before(planted) if each.confidence >= Confidence.MEDIUM]
        if any(first <= row <= last for each in told for row in _rows(each)):
            return False
        try:
            ast.parse(planted.mutant.apply(_read(planted.path)))
        except SyntaxError:
            return False
        return True

    def judge(self, planted: Planted) -> Outcome:
        text = planted.mutant.apply(_read(planted.path))
        found = self._new(planted, self.check(planted, text, Confidence.MEDIUM))
        if found:
            return Outcome(planted, tuple(sorted({each.code for each in found})))
        return Outcome(planted, (), self._reason(planted, text))

    def _new(self, planted: Planted, findings: Iterable[Finding]) -> list[Finding]:
        """The findings on lines of the mistake that were not there before."""
        known = {(each.code, each.message, each.location.start) for each in self.before(planted)}
        return [
            each
            for each in findings
            if each.code.startswith(planted.mutant.kind)
            and (each.code, each.message, each.location.start) not in known
            and planted.mutant.lines & set(_rows(each))
        ]

    def _reason(self, planted: Planted, text: str) -> str:
        """A guess why nothing was found."""
        mutant = planted.mutant
        if self._new(planted, self.check(planted, text, Confidence.LOW)):
            return "only at low confidence"
        everything = replace(
            Settings(root=planted.root, min_confidence=Confidence.LOW), extend_select=("RND",)
        )
        report = Checker(everything).check_bytes(text.encode(), str(planted.path))
        if self._new(planted, report.findings):
            return "only by a rule that is off"
        if report.abandoned:
            return "abandoned"
        if mutant.kind == "RND2":
            return "derivative not seen"
        if self._probe(planted, text, "_jax.random.PRNGKey(7)") is False:
            return "function not interpreted"
        if mutant.about and self._probe(planted, text, mutant.about) is False:
            return "the key is not known to be one"
        callee = mutant.use.callee if mutant.use else ""
        return f"use not counted: {callee}" if callee else "other"

    def _probe(self, planted: Planted, text: str, key: str) -> bool | None:
        """Whether two draws from a key are found when they stand before the mistake's last line."""
        at = max(planted.mutant.lines)
        draw = "_jax.random.normal(_p)"
        lines = text.split("\n")
        for row in range(at, 0, -1):
            old = lines[row - 1]
            indent = old[: len(old) - len(old.lstrip())]
            probe = f"{indent}import jax as _jax; _p = {key}; " + "; ".join([draw, draw])
            tried = "\n".join([*lines[: row - 1], probe, *lines[row - 1 :]])
            try:
                ast.parse(tried)
            except SyntaxError:
                continue
            found = self.check(planted, tried, Confidence.LOW)
            return any(each.location.start.row == row for each in found)
        return None


def _rows(finding: Finding) -> Iterator[int]:
    yield finding.location.start.row
    for each in finding.related:
        if each.location.filename == finding.location.filename:
            yield each.location.start.row


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def run(folders: Iterable[Path], *, seed: int, count: int, only: str = "") -> list[Outcome]:
    """Judge at most `count` mutants of correct functions."""
    planted = [each for root in packages(folders) for each in plant(root)]
    available = Counter(each.mutant.operator for each in planted)
    print("places:", ", ".join(f"{n} {each}" for each, n in sorted(available.items())), flush=True)
    judge = Judge()
    done: list[Outcome] = []
    for each in in_turn((p for p in planted if only in ("", p.mutant.operator)), seed):
        if len(done) == count:
            break
        if judge.correct(each):
            done.append(judge.judge(each))
            if len(done) % 100 == 0:
                print(f"{len(done)} mutants", file=sys.stderr, flush=True)
    return done


def changed(planted: Planted) -> tuple[str, str]:
    """The first line that the edits touch, before and after."""
    text = _read(planted.path)
    start = max(edit[0] for edit in planted.mutant.edits)
    row = text.count("\n", 0, start)
    new = planted.mutant.apply(text).split("\n")
    return text.split("\n")[row].strip(), new[min(row, len(new) - 1)].strip()


def table(outcomes: list[Outcome], column: Callable[[Outcome], str]) -> str:
    """Mutants, flagged and recall per value of a column, and over all."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for each in outcomes:
        groups[column(each)].append(each.flagged)
    groups = dict(sorted(groups.items()))
    groups["all"] = [each.flagged for each in outcomes]
    rows = [f"{'':26}{'mutants':>8}{'flagged':>9}{'recall':>8}"]
    rows += [
        f"{name:26}{len(group):8}{sum(group):9}{sum(group) / max(1, len(group)):8.1%}"
        for name, group in groups.items()
    ]
    return "\n".join(rows)


def write_misses(outcomes: Iterable[Outcome], path: Path) -> None:
    """One tab-separated row per mutant that was not flagged."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(
            file, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, escapechar="\\"
        )
        writer.writerow(COLUMNS)
        for each in outcomes:
            if not each.flagged:
                planted, mutant = each.planted, each.planted.mutant
                place = planted.path.relative_to(planted.root)
                line = max(mutant.lines)
                about = mutant.about.replace("\t", " ")
                row = (planted.package, place, line, mutant.operator, each.reason, about)
                writer.writerow((*row, *changed(planted)))


def show(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """Mutants for reading: the function's lines around the mistake."""
    for each in outcomes:
        planted, mutant = each.planted, each.planted.mutant
        lines = mutant.apply(_read(planted.path)).split("\n")
        verdict = ", ".join(each.codes) or f"MISSED: {each.reason}"
        yield (f"--- {planted.path}:{max(mutant.lines)} {mutant.operator} ({verdict})")
        for row in range(max(1, min(mutant.lines) - 3), max(mutant.lines) + 3):
            if row <= len(lines):
                yield (f"{'>' if row in mutant.lines else ' '} {row:5} {lines[row - 1]}")


def main(arguments: list[str] | None = None) -> int:
    """Run the benchmark; 2 where a folder does not exist."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--mutants", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--misses", type=Path)
    parser.add_argument("--read", type=Path, help="write every mutant to this file, for reading")
    parser.add_argument("--sample", default="", metavar="OPERATOR")
    chosen = parser.parse_args(arguments)
    for folder in chosen.folders:
        if not folder.is_dir():
            print(f"{folder}: not a folder; give the folder of unpacked packages", file=sys.stderr)
            return 2
    started = time.perf_counter()
    outcomes = run(chosen.folders, seed=chosen.seed, count=chosen.mutants, only=chosen.sample)
    if chosen.read is not None:
        chosen.read.write_text("\n".join(show(outcomes)), encoding="utf-8")
    if chosen.sample:
        print("\n".join(show(outcomes)))
    else:
        print(table(outcomes, lambda each: each.planted.mutant.operator))
        print(table(outcomes, lambda each: each.planted.package))
        reasons = Counter(each.reason.partition(":")[0] for each in outcomes if not each.flagged)
        print("missed:", ", ".join(f"{n} {reason}" for reason, n in reasons.most_common()))
        alone = sum(each.codes == ("RND109",) for each in outcomes)
        print(f"flagged by the unused key alone (RND109): {alone}")
    if chosen.misses is not None:
        write_misses(outcomes, chosen.misses)
    print(f"{time.perf_counter() - started:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
