"""Path conditions: under which branches of the program something happens.

A path is a set of literals `(atom, truth)`. An atom is hashable and structural, so the same test on
the same values gives the same atom wherever it stands; that is what makes `if train: ...` and a
later `if not train: ...` exclusive.
"""

from __future__ import annotations

from typing import TypeAlias

from randlint.interpreter.facts import Facts, subjects

Atom: TypeAlias = tuple[object, ...]
Literal: TypeAlias = tuple[Atom, bool]
Path: TypeAlias = frozenset[Literal]

EMPTY: Path = frozenset()
WHOLE = "whole"  # of an atom: a value is an integer


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
    for atom, truth in here:  # in any order
        if (atom, not truth) in other:
            return True
        if truth and atom[0] == "eq":
            equal[atom[1]] = atom[2]
    if equal and any(  # the simple case, without drawing conclusions
        truth and atom[0] == "eq" and equal.get(atom[1], atom[2]) != atom[2]
        for atom, truth in other
    ):
        return True
    related = _related(here, other)
    return len(related) > len(here) and Facts(related).absurd


def _related(here: Path, other: Path) -> Path:
    """`here`, and of `other` what speaks about the same values, or about values of those."""
    values = frozenset[object]().union(*(subjects(atom) for atom, _ in here))
    found, left = here, other
    while True:
        met = frozenset(each for each in left if not values.isdisjoint(subjects(each[0])))
        if not met:
            return found
        found, left = found | met, left - met
        values = values.union(*(subjects(atom) for atom, _ in met))


def complementary(one: Path, other: Path) -> bool:
    """Whether the paths differ in one test only, which went the one way and the other."""
    here, there = _tests(one - other), _tests(other - one)
    if len(here) != 1 or len(there) != 1:
        return False
    return there == {(atom, not truth) for atom, truth in here}


def _tests(path: Path) -> Path:
    """What was tested; that a value is an integer is known without."""
    return frozenset(each for each in path if each[0][0] != WHOLE)


def all_of(literals: Path) -> Atom:
    """The atom that is true when every literal is."""
    return ("all", literals)
