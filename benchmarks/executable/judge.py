"""What the linter says of a program, held against what executions confirm."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from executable import limits
from executable.recording import FILENAME, Lines
from executable.truth import Truth, truth_of
from randlint.engine import Checker
from randlint.findings import Confidence
from randlint.settings import Settings

_OF_KEYS = ("RND101", "RND102", "RND103", "RND104", "RND105")
CODES = (*_OF_KEYS, "RND106", "RND108", "RND113")


@dataclass(frozen=True)
class Said:
    """One finding."""

    line: int
    code: str
    default: bool
    message: str


class Missed(NamedTuple):
    """Lines of two uses of one key, and the limit that explains the silence; `""` for none."""

    first: Lines
    second: Lines
    limit: str


def _order(pair: tuple[Lines, Lines]) -> tuple[list[int], list[int]]:
    return sorted(pair[0]), sorted(pair[1])


@dataclass(frozen=True)
class Verdict:
    """Both sides of one program."""

    source: str
    truth: Truth
    said: tuple[Said, ...]
    abandoned: int
    error: str

    def false_alarms(self) -> list[Said]:
        """Findings of the default level that no execution confirms.

        A program that fails shows little of what it would do. Nor do handlers: the pretended jax
        never fails where jax may.
        """
        found = [each for each in self.said if each.default and not self._confirmed(each)]
        if not found or self.truth.errors:
            return []
        handlers = _handlers(self.source)
        return [each for each in found if each.line not in handlers]

    def missed(self) -> list[Missed]:
        """Repetitions that no finding speaks of.

        What a repeated key is split into repeats as well: that is not told a second time.
        """
        lines = {each.line for each in self.said}
        for name, (body, span) in self.truth.named_functions().items():
            texts = (self.truth.source[line - 1] for line in lines)
            if "yield" in body and any(f"{name}(" in text for text in texts):
                lines = lines | span  # told where the generator is made
        told = {
            each.value for each in self.truth.shared if not lines.isdisjoint(each.first.places())
        }
        untold = []
        for each in self.truth.repetitions | self.truth.of_empty:
            if lines.isdisjoint(each.first.places() | each.second.places()):
                untold.append(each)
            else:
                told.add(each.value)
        found = {
            Missed(each.first.places(), each.second.places(), limits.limit(each, self.truth))
            for each in untold
            if told.isdisjoint(_ancestors(each.value))
        }
        classes: dict[tuple[Lines, Lines], set[str]] = {}
        for each in found:
            classes.setdefault((each.first, each.second), set()).add(each.limit)
        # A pair of lines has a reason where every repetition of it has one.
        return [
            Missed(first, second, "" if "" in names else min(names))
            for (first, second), names in sorted(classes.items(), key=lambda each: _order(each[0]))
        ]

    def _is_shared(self, line: int) -> bool:
        """Whether all lanes split one key here, and draw from what they get."""
        drawn = {parent for each in self.truth.repetitions for parent in _ancestors(each.value)}
        return any(line in each.first.lines and each.value in drawn for each in self.truth.shared)

    def _makes_a_generator(self, line: int) -> bool:
        """Whether a line makes a generator that repeats a key, once it is asked for an item."""
        text = self.truth.source[line - 1]
        return any(
            f"{name}(" in text and "yield" in body and not span.isdisjoint(self.truth.repeated)
            for name, (body, span) in self.truth.named_functions().items()
        )

    def _confirmed(self, finding: Said) -> bool:
        if finding.code == "RND104" and self._is_shared(finding.line):
            return True
        if finding.code in _OF_KEYS:
            return finding.line in self.truth.repeated or self._makes_a_generator(finding.line)
        if finding.code == "RND106":
            return finding.line in self.truth.indices
        if finding.code == "RND108":
            return finding.line in self.truth.kept
        return finding.line in self.truth.escapes


def _handlers(source: str) -> set[int]:
    """The lines of all exception handlers."""
    return {
        line
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ExceptHandler)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


def _ancestors(value: tuple[Any, ...]) -> set[tuple[Any, ...]]:
    """The keys that a key was derived from."""
    found = set()
    while value[0] in ("child", "clone"):
        value = value[1]
        found.add(value)
    return found


@cache
def _checker() -> Checker:
    settings = Settings(root=Path("/"), select=CODES, min_confidence=Confidence.LOW)
    return Checker(settings)


def lint(source: str) -> tuple[tuple[Said, ...], int, str]:
    """The findings of every confidence, how much was given up, and an error of the linter."""
    report = _checker().check_bytes(source.encode(), FILENAME)
    said = tuple(
        Said(
            each.location.start.row,
            each.code,
            each.confidence >= Confidence.MEDIUM,
            each.message,
        )
        for each in report.findings
    )
    return said, report.abandoned, report.error


def judge(source: str) -> Verdict:
    """Run it, read it, compare."""
    said, abandoned, error = lint(source)
    return Verdict(source, truth_of(source), said, abandoned, error)
