"""Path conditions: when two places can happen in one execution."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from randlint.interpreter.domain.paths import (
    EMPTY,
    Atom,
    Path,
    all_of,
    common,
    complementary,
    contradict,
    extend,
)

NAMES = ("a", "b", "c")
VALUES = (0, 1, 2)
ATOMS: list[Atom] = [("true", name) for name in NAMES]
ATOMS += [("eq", name, value) for name in NAMES for value in VALUES]


World = tuple[dict[object, bool], dict[object, object]]


def _worlds() -> Iterator[World]:
    """Every execution: every name is a truth and one of the values."""
    for truths in itertools.product((False, True), repeat=len(NAMES)):
        for values in itertools.product((*VALUES, "another"), repeat=len(NAMES)):
            yield dict(zip(NAMES, truths, strict=True)), dict(zip(NAMES, values, strict=True))


def _holds(path: Path, world: World) -> bool:
    true, equal = world
    for atom, truth in path:
        if atom[0] == "all":
            assert isinstance(atom[1], frozenset)
            here = _holds(atom[1], world)
        else:
            here = true[atom[1]] if atom[0] == "true" else equal[atom[1]] == atom[2]
        if here is not truth:
            return False
    return True


def _world(path: Path) -> bool:
    """Whether some execution satisfies a path."""
    return any(_holds(path, world) for world in _worlds())


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


denials = st.frozensets(literals, min_size=2, max_size=3).map(lambda each: (all_of(each), False))
with_denials = st.builds(frozenset.union, any_paths, st.frozensets(denials, max_size=2))


@given(st.lists(with_denials, min_size=1, max_size=4))
def test_what_paths_have_in_common_holds_on_each(several: list[Path]) -> None:
    shared = common(several)
    assert frozenset.intersection(*several) <= shared
    for world in _worlds():
        if any(_holds(path, world) for path in several):
            assert _holds(shared, world)


def test_one_of_two_conditions_holds_on_both_paths() -> None:
    a, b = ("true", "a"), ("true", "b")
    neither = frozenset({(a, False), (b, False)})
    arms = [frozenset({(a, True)}), frozenset({(a, False), (b, True)})]
    assert contradict(common(arms), neither)
    said = [frozenset({(all_of(neither), False), (("eq", "c", 1), True)}), frozenset({(a, True)})]
    assert contradict(common(said), neither)
    assert common([frozenset({(a, True)}), frozenset({(a, False)})]) == EMPTY
