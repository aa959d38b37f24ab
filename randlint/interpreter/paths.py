"""Path conditions: under which branches of the program something happens.

A path is a set of literals `(atom, truth)`. An atom is hashable and structural, so the same test on
the same values gives the same atom wherever it stands; that is what makes `if train: ...` and a
later `if not train: ...` exclusive.
"""

from __future__ import annotations

from typing import TypeAlias

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
    if one <= other:  # the commonest: what comes later is under more conditions
        return False
    equal: dict[object, set[object]] = {}
    for literal in one:  # in any order
        if literal in other:
            continue
        atom, truth = literal
        if (atom, not truth) in other:
            return True
        if truth:
            if atom[0] == "eq":
                equal.setdefault(atom[1], set()).add(atom[2])
        elif atom[0] == "all" and atom[1] <= other:  # type: ignore[operator]  # a path by construction
            return True
    if _denied(other, one):
        return True
    if not equal:
        return False
    return any(
        truth and atom[0] == "eq" and not equal.get(atom[1], set()) <= {atom[2]}
        for atom, truth in other
    )


def _denied(path: Path, other: Path) -> bool:
    """Whether `path` says of several conditions that they do not all hold, and `other` has all."""
    return any(not truth and atom[0] == "all" and atom[1] <= other for atom, truth in path)  # type: ignore[operator]


def complementary(one: Path, other: Path) -> bool:
    """Whether the paths differ in one test only, which went the one way and the other."""
    if len(one) != len(other):
        return False
    here, there = one - other, other - one
    if len(here) != 1 or len(there) != 1:
        return False
    return there == {(atom, not truth) for atom, truth in here}


def all_of(literals: Path) -> Atom:
    """The atom that is true when every literal is."""
    return ("all", literals)
