"""What a rule says about a place in a file: plain, frozen data that every surface prints.

Rows and columns are 1-based and columns count characters (not bytes), as editors show them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Confidence(IntEnum):
    """How sure the evidence makes us; the default report shows medium and high."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Severity(StrEnum):
    """What an ignored finding costs: wrong numbers, or a habit worth changing."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A 1-based row and column."""

    row: int
    column: int


@dataclass(frozen=True, slots=True)
class Location:
    """A half-open span of characters in one file (`cell` counts notebook cells from 1)."""

    filename: str
    start: Position
    end: Position
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A function that was not checked to its end: it is too large, or we failed (`error`)."""

    location: Location  # of its definition: the row counts
    name: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """The other place of a finding: the first use, the split, the grad site."""

    message: str
    location: Location


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the characters of one span by `content`."""

    start: Position
    end: Position
    content: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that repair a finding; an unsafe one may change what the program computes."""

    message: str
    edits: tuple[Edit, ...]
    safe: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """One diagnostic: what happens at run time, where, and what to write instead."""

    code: str
    name: str
    severity: Severity
    confidence: Confidence
    message: str
    location: Location
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
