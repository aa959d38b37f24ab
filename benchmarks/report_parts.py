"""The parts of benchmarks/REPORT.md: what is run for each, and which figures are taken from it."""

from __future__ import annotations

import re
from dataclasses import dataclass

Row = list[str]
NUMBER = r"-?[\d.]+%?|-"


class MissingFigure(Exception):
    """A benchmark did not print what the report takes from it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below the line that matches `heading`, up to the first that does not fit.

    The first of the `columns` is what a row is about and may hold spaces; what stands in the others
    matches `cell`. With `optional` a row may lack the last one; with `rest` the last one is all
    that is left of the line, and the first is a word. `nth` counts lines that match the heading.
    """

    heading: str
    columns: tuple[str, ...]
    cell: str = NUMBER
    optional: bool = False
    rest: bool = False
    nth: int = 1

    def find(self, text: str) -> list[Row]:
        """The rows; raises MissingFigure where there are none."""
        lines = iter(text.splitlines())
        if not all(any(re.match(self.heading, line) for line in lines) for _ in range(self.nth)):
            raise MissingFigure(f"no line begins with {self.heading!r}")
        rows = []
        for line in lines:
            row = self.row(line)
            if row is None:
                break
            rows.append(row)
        if not rows:
            raise MissingFigure(f"no rows below {self.heading!r}")
        return rows

    def row(self, line: str) -> Row | None:
        """The cells of one line, or None where it is not a row of this table."""
        for count in (len(self.columns), len(self.columns) - self.optional):
            split = line.split if self.rest else line.rsplit
            cells = [each.strip() for each in split(None, count - 1)]
            words = cells[1:-1] if self.rest else cells[1:]
            if len(cells) == count and all(re.fullmatch(self.cell, each) for each in words):
                return [*cells, *[""] * (len(self.columns) - count)]
        return None


@dataclass(frozen=True, slots=True)
class Sentence:
    """The first line that holds `pattern`; its groups become the words of `says`."""

    pattern: str
    says: str

    def find(self, text: str) -> str:
        found = re.search(self.pattern, text, re.MULTILINE)
        if found is None:
            raise MissingFigure(f"no line matches {self.pattern!r}")
        return self.says.format(*found.groups())


@dataclass(frozen=True, slots=True)
class Part:
    """One benchmark: its command, what the report says about it, and the figures it takes."""

    title: str
    command: str
    about: str
    tables: tuple[Table, ...]
    sentences: tuple[Sentence, ...] = ()
    codes: tuple[int, ...] = (0,)

    def read(self, text: str) -> dict[str, list[list[Row]] | list[str]]:
        """The figures, as they are kept in report.json; raises MissingFigure."""
        return {
            "tables": [table.find(text) for table in self.tables],
            "sentences": [sentence.find(text) for sentence in self.sentences],
        }


_TIMES = ("task", "wall s", "CPU s", "of libcst (wall)", "of libcst (CPU)")
_RECALL = ("mutants", "flagged", "recall")
_SCALE = ("wall s", "CPU s", "CPU us each", "peak MB", "bytes for one more")

PARTS = {
    "precision": Part(
        "Precision",
        "python benchmarks/precision.py {judged}",
        """Every finding of the default level in the packages of [packages.tsv](packages.tsv), most
of them with their tests and examples, was read and called true, false or debatable; the verdicts
with their reasons are in [verdicts.tsv](verdicts.tsv). Precision is true over all three. Two things
to bear in mind: the rules were improved while these packages were read, so this is a figure on code
that was seen; and a verdict is the opinion of one reader.

What it is on code that nobody has seen was measured once: 17 further packages were drawn by lot
and read when the 49 before them stood at 90 %. 8 of them had 75 findings, 29 of them true, 10
false and 36 debatable: 38.7 %, or 74 % of what is not debatable. Of the debatable ones 28 are of
two kinds and two packages: loops over batches, and seeds repeated for separate checks of a test.
Both kinds were calibrated after that, and the packages are part of the table now.""",
        (Table(r"rule +true", ("rule", "true", "false", "debatable", "unjudged", "precision")),),
        (
            Sentence(r"^(\d+) packages, (\d+) of them", "{} packages, {} of them with findings."),
            Sentence(r"^findings without a verdict: (\d+)", "Findings without a verdict: {}."),
        ),
        codes=(0, 1),
    ),
    "recall": Part(
        "Recall",
        "python benchmarks/mutate.py {wheels} --mutants 2500 --seed 0",
        """One mistake at a time is injected into functions of the packages of
[wheels.tsv](wheels.tsv) in which randlint finds nothing. Recall is the share that is then flagged
at a line of the mistake. What each operator does is in the module's tests
(`tests/surfaces/test_mutate.py`).""",
        (
            Table(r" {26} mutants", ("mistake", *_RECALL)),
            Table(r" {26} mutants", ("package", *_RECALL), nth=2),
        ),
        (
            Sentence(r"^missed: *(.*)$", "Missed, by the reason that was found: {}."),
            Sentence(
                r"^flagged by the unused key alone \(RND109\): (\d+)$",
                "Flagged by the unused key alone (RND109), counted as flagged above: {}.",
            ),
        ),
    ),
    "speed": Part(
        "Speed in one process",
        "python benchmarks/speed.py {wheels} --rounds 3",
        """The same files, one tool after the other in one process, the best of three rounds. Bare
LibCST parsing, on which randlint is built, is the measure.""",
        (
            Table(r"whole set", _TIMES),
            Table(r"one file +median", ("one file", "median wall s", "of import")),
            Table(r"one long file", ("one long file", "lines", "CPU s", "us per line")),
        ),
        (
            Sentence(r"^(\d+) files, (\d+) lines", "{} files, {} lines."),
            Sentence(
                r"^time per line at 10 x over 1 x: ([\d.]+)",
                "Time per line at ten times the length, over that at the length: {}.",
            ),
        ),
    ),
    "processes": Part(
        "Speed of whole runs: one process, two, and the cache",
        "python benchmarks/cached.py {wheels} --rounds 3",
        "As a user starts it: every run is a process of its own, start-up and imports included.",
        (Table(r" +wall s +CPU s", _TIMES),),
    ),
    "linters": Part(
        "Other linters",
        "python benchmarks/linters.py {wheels} --rounds 3",
        """Processes of their own too, each with one thread and no cache. pyflakes, flake8 and ruff
look for other mistakes than randlint; only the cost is compared.""",
        (Table(r"tool +wall s", ("tool", *_TIMES[1:])),),
    ),
    "memory": Part(
        "Memory",
        "python benchmarks/memory.py {wheels}",
        "The peak of one process, without the cache.",
        (Table(r"checked +files", ("checked", "files", "peak MB")),),
    ),
    "scale": Part(
        "Scale",
        "python benchmarks/scale.py --files 100000 --lines 500000",
        "Time and memory as the number of files and of lines grows.",
        (
            Table(r"empty files, 100", ("empty files, 100 a folder", *_SCALE), optional=True),
            Table(r"empty files, all", ("empty files, one folder", *_SCALE), optional=True),
            Table(r"lines of real", ("lines of real modules", *_SCALE), optional=True),
        ),
    ),
    "notebooks": Part(
        "Notebooks",
        "python benchmarks/notebooks.py",
        """The notebooks in the newest source archives of JupyterLab, its tools and two packages:
each is checked, an empty change gives the same bytes back, and `--add-noqa` changes nothing but
code. A failure would be counted.""",
        (
            Table(
                r"package +notebooks",
                ("package", "notebooks", "cells", "seconds", "failed", "findings"),
                rest=True,
            ),
        ),
    ),
    "found": Part(
        "Mistakes in released packages",
        "python benchmarks/found.py",
        """[docs/found.md](../docs/found.md) describes them. In a fresh environment: the release is
the pinned one, its source is as quoted, randlint reports the line, and a script shows what happens.
""",
        (
            Table(
                r"release +script",
                ("release", "script", "code", "version", "quoted", "reported", "shown"),
                cell=r"\S+",
            ),
        ),
        (Sentence(r"^(\d+) of (\d+) mistakes shown", "{} of {} mistakes shown."),),
    ),
}
