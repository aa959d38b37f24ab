"""Path conditions: under which branches of the program something happens.

A path is a set of literals `(atom, truth)`. An atom is hashable and structural, so the same test on
the same values gives the same atom wherever it stands; that is what makes `if train: ...` and a
later `if not train: ...` exclusive.
"""

from __future__ import annotations

from typing import TypeAlias

from randlint.interpreter.facts import Facts

Atom: TypeAlias = tuple[object, ...]
Literal: TypeAlias = tuple[Atom, bool]
Path: TypeAlias = frozenset[Literal]

EMPTY: Path = frozenset()


def extend(path: Path, literals: Path) -> Path:
    """`path` and all of `literals`."""
    return path | literals if literals else path


def contradict(one: Path, other: Path) -> bool:
    """Whether no execution can satisfy both paths."""
    if not one or not other:
        return False
    if len(other) < len(one):
        one, other = other, one
    here = one - other
    if not here:  # the commonest: what comes later is under more conditions
        return False
    equal: dict[object, object] = {}
    values: set[object] = set()
    for atom, truth in here:
        if (atom, not truth) in other:
            return True
        values.update(atom[1:])
        if truth and atom[0] == "eq":
            equal[atom[1]] = atom[2]
    related = not _LINKS.isdisjoint([atom[0] for atom, _ in here])
    for atom, truth in other:  # the simple cases, without drawing conclusions
        if atom[0] in _LINKS:
            related = True
        elif atom[0] == "eq" and truth and equal.get(atom[1], atom[2]) != atom[2]:
            return True
        elif not related and not values.isdisjoint(atom[1:]):
            related = True
    return related and Facts(one | other).absurd


_LINKS = frozenset({"all", "same"})  # conditions that relate others to each other


def complementary(one: Path, other: Path) -> bool:
    """Whether the paths differ in one test only, which went the one way and the other."""
    if len(one) != len(other):
        return False
    here, there = one - other, other - one
    if len(here) != 1 or len(there) != 1:
        return False
    (atom, truth), (same, opposite) = next(iter(here)), next(iter(there))
    return atom == same and truth is not opposite


def all_of(literals: Path) -> Atom:
    """The atom that is true when every literal is."""
    return ("all", literals)
