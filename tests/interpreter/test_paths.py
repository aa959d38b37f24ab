"""Path conditions: when two places can happen in one execution."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from randlint.interpreter.paths import (
    EMPTY,
    Atom,
    Path,
    all_of,
    complementary,
    contradict,
    extend,
)

NAMES = ("a", "b", "c")
VALUES = (0, 1, 2)
ATOMS: list[Atom] = [("true", name) for name in NAMES]
ATOMS += [("eq", name, value) for name in NAMES for value in VALUES]


def _world(path: Path) -> bool:
    """Whether some execution satisfies a path: every name is a truth and one of the values."""
    for truths in itertools.product((False, True), repeat=len(NAMES)):
        for values in itertools.product((*VALUES, "another"), repeat=len(NAMES)):
            true = dict(zip(NAMES, truths, strict=True))
            equal = dict(zip(NAMES, values, strict=True))
            if all(
                (true[atom[1]] if atom[0] == "true" else equal[atom[1]] == atom[2]) is truth  # type: ignore[index]
                for atom, truth in path
            ):
                return True
    return False


literals = st.tuples(st.sampled_from(ATOMS), st.booleans())
any_paths = st.frozensets(literals, max_size=6)
paths = any_paths.filter(_world)


def test_a_test_and_its_negation() -> None:
    train: Atom = ("true", "train")
    assert contradict(frozenset({(train, True)}), frozenset({(train, False)}))
    assert not contradict(frozenset({(train, True)}), frozenset({(train, True)}))


def test_equal_to_two_values() -> None:
    one, two = ("eq", "mode", 1), ("eq", "mode", 2)
    assert contradict(frozenset({(one, True)}), frozenset({(two, True)}))
    assert not contradict(frozenset({(one, False)}), frozenset({(two, False)}))
    assert not contradict(frozenset({(one, True)}), frozenset({(two, False)}))
    assert not contradict(frozenset({(one, True)}), frozenset({(("eq", "other", 2), True)}))


def test_nothing_contradicts_no_condition() -> None:
    assert not contradict(EMPTY, frozenset({(("true", "a"), True)}))
    assert not contradict(EMPTY, EMPTY)


def test_a_conjunction_and_its_negation() -> None:
    both = frozenset({(("true", "a"), True), (("true", "b"), True)})
    atom = all_of(both)
    assert contradict(both | {(atom, True)}, frozenset({(atom, False)}))
    assert atom == all_of(frozenset(both))


def test_long_paths_forget_nothing() -> None:
    path = EMPTY
    for number in range(1000):
        path = extend(path, frozenset({(("true", number), False)}))
    for number in (0, 500, 999):
        assert contradict(path, frozenset({(("true", number), True)}))


def test_complementary_paths_differ_in_one_test() -> None:
    a: Atom = ("true", "a")
    rest = frozenset({(("true", "b"), True)})
    assert complementary(rest | {(a, True)}, rest | {(a, False)})
    assert not complementary(rest | {(a, True)}, frozenset({(a, False)}))
    assert not complementary(rest, rest)
    assert not complementary(rest | {(a, True)}, rest | {(("true", "c"), False)})


@given(paths, paths)
def test_a_contradiction_is_mutual(one: Path, other: Path) -> None:
    assert contradict(one, other) == contradict(other, one)


@given(paths)
def test_no_path_contradicts_itself(path: Path) -> None:
    assert not contradict(path, path)


@given(paths, paths)
def test_a_contradiction_is_one(one: Path, other: Path) -> None:
    """What is called contradictory is so: no execution satisfies both."""
    if contradict(one, other):
        assert not _world(one | other)


@given(paths, paths)
def test_a_contradiction_is_seen(one: Path, other: Path) -> None:
    """These literals are simple enough for `contradict` to be exact."""
    if not _world(one | other):
        assert contradict(one, other)


@given(paths, paths, any_paths)
def test_more_conditions_contradict_more(one: Path, other: Path, more: Path) -> None:
    if contradict(one, other) and _world(extend(one, more)):
        assert contradict(extend(one, more), other)


@given(any_paths, any_paths, any_paths)
def test_extending_adds_up(path: Path, one: Path, other: Path) -> None:
    assert path <= extend(path, one)
    assert one <= extend(path, one)
    assert extend(path, EMPTY) == path
    assert extend(extend(path, one), other) == extend(extend(path, other), one)


@given(any_paths, any_paths)
def test_complementary_is_mutual(one: Path, other: Path) -> None:
    assert complementary(one, other) == complementary(other, one)
