"""What one run of a program did with its keys: every use, and what became of consumed keys."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, NamedTuple

FILENAME = "/generated/program.py"
_LARGEST = 3000  # uses in one run
_DEEPEST = 6  # containers inside of containers that are searched for keys

Lines = frozenset[int]


class Key:
    """A key as its derivation: equal derivations are equal numbers."""

    __slots__ = ("made", "value")

    def __init__(self, value: tuple[Any, ...], made: Lines) -> None:
        self.value = value
        self.made = made

    shape = ()

    def reshape(self, *shape: Any) -> Key:
        """The same key."""
        return self


class Use(NamedTuple):
    """One consumption: what did it, from which lines, in which lanes of mapped axes."""

    kind: str  # "draw" or "split"
    lines: Lines
    made: Lines
    lanes: tuple[tuple[int, int], ...]

    def places(self) -> Lines:
        """Every line that has to do with this use: the stack, and where the key was derived."""
        return self.lines | self.made


class Repetition(NamedTuple):
    """One key used twice in one run."""

    first: Use
    second: Use
    value: tuple[Any, ...]


class TooLong(BaseException):
    """A run that does not come to an end."""


@dataclass
class Recording:
    """All that happened in one run."""

    uses: dict[tuple[Any, ...], list[Use]] = field(default_factory=dict)
    order: list[tuple[tuple[Any, ...], Use]] = field(default_factory=list)
    lanes: tuple[tuple[int, int], ...] = ()
    maps: int = 0
    clones: int = 0
    indices: set[int] = field(default_factory=set)  # lines that index or unpack wrongly
    escapes: set[int] = field(default_factory=set)  # lines that hand a consumed key on
    kept: set[int] = field(default_factory=set)  # lines in a method that consume what it keeps
    oracle: int = 0  # answers of what no flag decides

    def use(self, key: Key, kind: str) -> None:
        """Note a consumption by the line that is running."""
        if len(self.order) > _LARGEST:
            raise TooLong
        use = Use(kind, lines_here(), key.made, self.lanes)
        self.uses.setdefault(key.value, []).append(use)
        self.order.append((key.value, use))

    def repetitions(self) -> Iterator[Repetition]:
        """The pairs of uses of one key."""
        for value, uses in self.uses.items():
            for position, second in enumerate(uses):
                for first in uses[:position]:
                    yield Repetition(first, second, value)

    def consumed(self, value: Any, depth: int = 0) -> bool:
        """Whether a value is, or contains, a key that was used before."""
        if isinstance(value, Key):
            return value.value in self.uses
        if depth > _DEEPEST:
            return False
        if isinstance(value, (list, tuple)):
            return any(self.consumed(each, depth + 1) for each in value)
        if isinstance(value, dict):
            return any(self.consumed(each, depth + 1) for each in value.values())
        held = getattr(value, "held_keys", None)
        return held is not None and any(self.consumed(each, depth + 1) for each in held)


def is_split_by_lanes(first: Use, second: Use) -> bool:
    """Whether two lanes of one mapped axis split a key: no number is drawn twice by that."""
    maps = [tuple(number for number, _ in each.lanes) for each in (first, second)]
    apart = maps[0] == maps[1] and first.lanes != second.lanes
    return apart and first.kind == second.kind == "split"


def lines_here() -> Lines:
    """The lines of the program that are running now, callers included."""
    return lines_of(sys._getframe(1))


def lines_of(frame: FrameType | None) -> Lines:
    """The lines of the program in a frame and in those that called it."""
    found = []
    while frame is not None:
        if frame.f_code.co_filename == FILENAME:
            found.append(frame.f_lineno)
        frame = frame.f_back
    return frozenset(found)
