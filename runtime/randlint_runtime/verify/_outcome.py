"""What can become of a finding, and what the judges are given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from randlint_runtime.verify._plan import span_of

Events = list[dict[str, Any]]


class Status(StrEnum):
    """What became of a finding."""

    CONFIRMED = "confirmed"  # the event was seen on its line
    REFUTED = "refuted"  # the line ran, the event did not happen
    NOT_EXECUTED = "not executed"  # the line did not run (or only once, where twice is needed)
    UNDECIDED = "undecided"  # the line ran, but what ran does not decide it


@dataclass(frozen=True, slots=True)
class Outcome:
    """A verdict: its reason, and the tests that show it."""

    status: Status
    evidence: str
    tests: tuple[str, ...] = ()


NOT_RUN = Outcome(Status.NOT_EXECUTED, "no test runs this line")


@dataclass(frozen=True, slots=True)
class Span:
    """The lines that a finding speaks about."""

    filename: str
    rows: range

    @classmethod
    def of(cls, finding: dict[str, Any]) -> Span:
        """The lines of a finding itself."""
        return cls(*span_of(finding))

    def has(self, filename: str, line: int) -> bool:
        """Whether a place is among the lines."""
        return filename == self.filename and line in self.rows

    def meets(self, frames: Iterable[Any]) -> bool:
        """Whether a stack passes through the lines."""
        return any(self.has(file, line) for file, line, _ in frames)

    def times_run(self, events: Events) -> int:
        """How often the line of these that ran most often ran."""
        rows: dict[int, int] = {}
        for event in events:
            for file, line, n in event["lines"]:
                if self.has(file, line):
                    rows[line] = rows.get(line, 0) + n
        return max(rows.values(), default=0)


def confirmed(found: dict[str, list[str]]) -> Outcome:
    """Confirmed by the first of several texts, each with the tests it was seen in."""
    text = next(iter(found))
    return Outcome(Status.CONFIRMED, text, tuple(dict.fromkeys(found[text])))


def times(n: int, what: str = "ran") -> str:
    """``"ran once"``, ``"ran 3 times"``."""
    return f"{what} once" if n == 1 else f"{what} {n} times"
