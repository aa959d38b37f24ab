"""Path conditions: under which branches of the program something happens.

A path is a set of literals `(atom, truth)`. An atom is hashable and structural, so the same test on
the same values gives the same atom wherever it stands; that is what makes `if train: ...` and a
later `if not train: ...` exclusive.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TypeAlias

from randlint.interpreter.domain.facts import Facts, subjects

Atom: TypeAlias = tuple[object, ...]
Literal: TypeAlias = tuple[Atom, bool]
Path: TypeAlias = frozenset[Literal]

EMPTY: Path = frozenset()
WHOLE = "whole"  # of an atom: a value is an integer
_PLAIN = ("true", "eq")  # atoms: a value is true, or equals a constant
_FEW = 3  # paths, or tests of one, that are told apart one by one
_MOST = 12  # literals that are compared with each other: on long paths nothing is concluded


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


def common(paths: Sequence[Path]) -> Path:
    """What holds on every path: what they share, and which conditions were never all true.

    One of them says so after `if not (a or b): return`, and it is known on the others, where `a` or
    `b` was tested. Or none says so: `a` on one path, `b` and not `a` on the other, and a branch
    that returned where neither was.
    """
    shared = frozenset.intersection(*paths)
    if len(paths) > _FEW or len(shared) > _MOST:
        return shared
    own = [path - shared for path in paths]
    if len(shared) + sum(map(len, own)) > _MOST:
        return shared
    found = frozenset(
        (atom, truth)
        for atom, truth in frozenset[Literal]().union(*own)
        if atom[0] == "all"
        and not truth
        and all((atom, truth) in path or _denies(path, atom) for path in paths)
    )
    return shared | (found or _left_out(own))


def _left_out(paths: Sequence[Path]) -> Path:
    """Which conditions hold together on none of a few short paths, one taken of each."""
    tests = [[each for each in path if each[0][0] in _PLAIN] for path in paths]  # in any order
    if not all(0 < len(each) <= _FEW for each in tests):
        return EMPTY
    denied = {frozenset((atom, not truth) for atom, truth in each) for each in product(*tests)}
    return frozenset(
        (all_of(each), False) for each in denied if len(each) > 1 and not Facts(each).absurd
    )


def _denies(path: Path, conditions: Atom) -> bool:
    """Whether not all of the conditions can hold on the path."""
    parts = conditions[1]
    return isinstance(parts, frozenset) and contradict(path, parts)


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
