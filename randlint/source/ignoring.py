"""Many lines of a .gitignore: which of them match a path, without trying them all.

A line is found by how its matches begin or end, so that two hundred thousand lines take hardly
longer than one; regular expressions are made for lines that come that far.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from randlint.source.globs import Glob, expression, parse, problem

__all__ = ["Patterns", "problem"]

_SPECIAL = re.compile(r"[*?\[\]\\]")


class Patterns:
    """Lines written as in a .gitignore, for paths relative to the folder they stand in.

    Paths have slashes, and one at the end where they are folders. `globs` has the pattern of every
    line by its number; comments and empty lines have none.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.globs: dict[int, Glob] = {}
        self._names, self._paths = _Index(), _Index()
        self._expressions: dict[int, re.Pattern[str]] = {}
        self._dropped: frozenset[int] = frozenset()
        for number, line in enumerate(lines):
            glob = parse(line)
            if glob is not None:
                self.globs[number] = glob
                if glob.anchored:
                    self._paths.add(number, f"/{glob.text}")
                else:
                    self._names.add(number, glob.text)

    def __bool__(self) -> bool:
        return bool(self.globs)

    def verdict(self, path: str) -> bool | None:
        """What the last line that matches this very path says: True out, False kept; or None."""
        return self._last(self._matching(path))

    def covers(self, path: str) -> bool | None:
        """As `verdict`, but a line that matches a folder speaks for all that is in it."""
        return self._last(self.covering(path))  # in any order: it asks for the largest

    def covering(self, path: str) -> set[int]:
        """The lines that match a path or a folder above it."""
        found = set(self._matching(path))
        at = path.find("/")
        while 0 <= at < len(path) - 1:
            found.update(self._matching(path[: at + 1]))
            at = path.find("/", at + 1)
        return found

    def without(self, path: str) -> Patterns:
        """The same lines, less those that leave out `path` itself or a folder above it."""
        less = object.__new__(Patterns)
        less.__dict__.update(self.__dict__)
        out = {each for each in self.covering(path) if not self.globs[each].keeps}
        less._dropped = self._dropped.union(out)
        return less

    def _last(self, numbers: Iterable[int]) -> bool | None:
        last = max((each for each in numbers if each not in self._dropped), default=None)
        return None if last is None else not self.globs[last].keeps

    def _matching(self, path: str) -> Iterator[int]:
        is_folder = path.endswith("/")
        whole = path.rstrip("/")
        name = whole[whole.rfind("/") + 1 :]
        for index, subject, marked in (
            (self._names, name, name),
            (self._paths, whole, f"/{whole}"),
        ):
            for number in index.find(marked):
                fits = is_folder or not self.globs[number].folders
                if fits and self._expression(number).fullmatch(subject) is not None:
                    yield number

    def _expression(self, number: int) -> re.Pattern[str]:
        known = self._expressions.get(number)
        if known is None:
            known = self._expressions[number] = expression(self.globs[number])
        return known


class _Index:
    """Lines by the plain characters that whatever they match begins or ends with, or holds.

    Whole paths have a slash before them here, as what `**/a` matches may begin with nothing.
    """

    def __init__(self) -> None:
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._begins: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._ends: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._rest: list[tuple[str, int]] = []
        self._lengths: tuple[set[int], set[int]] = set(), set()

    def add(self, number: int, text: str) -> None:
        first, *rest = _SPECIAL.split(text)
        if not rest:
            self._exact[first].append(number)
            return
        # Between brackets is a choice of characters.
        held = "" if "[" in text else max(first, *rest, key=len)
        if first not in ("", "/"):
            self._begins[first].append((held, number))
            self._lengths[0].add(len(first))
        elif rest[-1]:
            self._ends[rest[-1]].append((held, number))
            self._lengths[1].add(len(rest[-1]))
        else:
            self._rest.append((held, number))

    def find(self, subject: str) -> Iterator[int]:
        """The lines that may match."""
        yield from self._exact.get(subject, ())
        for near in self._near(subject):
            for held, number in near:
                if held in subject:
                    yield number

    def _near(self, subject: str) -> Iterator[Sequence[tuple[str, int]]]:
        begins, ends = self._lengths
        for length in begins:  # in any order
            yield self._begins.get(subject[:length], ())
        for length in ends:  # in any order
            yield self._ends.get(subject[-length:], ())
        yield self._rest
