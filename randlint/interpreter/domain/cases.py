"""Uses of one key told apart by an equality on their path, so that not all need be compared.

Under `mode == 1` nothing that happened under `mode == 2` matters; of four thousand such branches
a further one is compared with itself, and not with all.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from randlint.interpreter.domain.paths import Path

_FEW = 32  # of which all are compared
_SUBJECTS = 8  # of equalities that are kept apart

_Use = TypeVar("_Use")
_Numbered = tuple[int, _Use]


@dataclass(slots=True, eq=False, repr=False)
class _Subject(Generic[_Use]):
    """What an equality is about: the uses under each of its values, and those under none."""

    by_value: dict[object, list[_Numbered[_Use]]] = field(default_factory=dict)
    others: list[_Numbered[_Use]] = field(default_factory=list)


@dataclass(slots=True, eq=False, repr=False)
class Cases(Generic[_Use]):
    """All uses of a key, in order."""

    uses: list[_Use] = field(default_factory=list)
    by_call: dict[object, list[_Use]] = field(default_factory=dict)
    subjects: dict[object, _Subject[_Use]] = field(default_factory=dict)

    def add(self, use: _Use, path: Path, call: object) -> None:
        """Note a use by a call that happens on a path."""
        equal = dict(_equalities(path))
        for subject in equal:
            if subject not in self.subjects and len(self.subjects) < _SUBJECTS:
                self.subjects[subject] = _Subject(others=list(enumerate(self.uses)))
        numbered = len(self.uses), use
        for subject, known in self.subjects.items():
            if subject in equal:
                known.by_value.setdefault(equal[subject], []).append(numbered)
            else:
                known.others.append(numbered)
        self.uses.append(use)
        self.by_call.setdefault(call, []).append(use)

    def possible(self, path: Path) -> Sequence[_Use]:
        """The uses, in order, without some of those that cannot happen on a path."""
        if len(self.uses) <= _FEW:
            return self.uses
        several = [
            (self.subjects[subject].by_value.get(value, []), self.subjects[subject].others)
            for subject, value in _equalities(path)
            if subject in self.subjects
        ]
        if not several:
            return self.uses
        same, others = min(several, key=lambda each: len(each[0]) + len(each[1]))
        return [use for _, use in sorted((*same, *others), key=lambda each: each[0])]

    def clear(self) -> None:
        """Let go of all."""
        self.uses.clear()
        self.by_call.clear()
        self.subjects.clear()


def _equalities(path: Path) -> Iterator[tuple[object, object]]:
    for atom, truth in path:  # in any order: each finds all that the path can meet
        if truth and atom[0] == "eq":
            yield atom[1], atom[2]
