"""State on a path, and what two paths that meet have in common.

Both sides of a branch run from one snapshot, each under its condition, and the machine goes on with
what they agree on; where they differ, a value is a choice between paths.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Sequence as SequenceOf
from contextlib import contextmanager
from typing import TypeVar

from randlint.interpreter.domain.frames import Frame, Snapshot
from randlint.interpreter.domain.paths import (
    EMPTY,
    Path,
    all_of,
    common,
    complementary,
    contradict,
    extend,
)
from randlint.interpreter.domain.symbols import UNKNOWN, Const, Symbol, Unknown, Value, union
from randlint.interpreter.domain.values import Choice, Key, labels_of

# More alternatives than this and a variable is simply unknown.
WIDEST_CHOICE = 6
MOST_AT_ONCE = 32  # branches that are merged at once: each is compared with each


class Branching:
    """The state that branches share: the running frame, the heap and the path."""

    def __init__(self) -> None:
        self.frame: Frame = None  # type: ignore[assignment]  # set by the first `enter`
        self.path: Path = EMPTY
        self.heap: dict[object, Value] = {}
        self._names: dict[Symbol, dict[object, None]] = {}  # ever set, on whatever path
        self.excluded: dict[tuple[Path, Path], bool] = {}

    def excludes(self, path: Path) -> bool:
        """Whether the path being run and another contradict each other; asked again and again."""
        pair = (self.path, path)
        known = self.excluded.get(pair)
        if known is None:
            known = self.excluded[pair] = contradict(self.path, path)
        return known

    def labels(self, values: Iterable[Value]) -> frozenset[object]:
        """The union of what the values depend on."""
        return union(
            value.labels if type(value) is Unknown else labels_of(value) for value in values
        )

    def store(self, owner: Symbol, name: object, value: Value) -> None:
        """Note what an attribute or item of an object is from here on."""
        self.heap[(owner, name)] = value
        self._names.setdefault(owner, {})[name] = None

    def attributes(
        self, owner: Symbol, heap: Mapping[object, Value] | None = None
    ) -> dict[object, Value]:
        """What is known of an object's attributes and items, in the order they were first set."""
        held = self.heap if heap is None else heap
        names = self._names.get(owner, {})
        return {name: held[(owner, name)] for name in names if (owner, name) in held}

    def snapshot(self) -> Snapshot:
        """The state now, shared with nobody."""
        return Snapshot(dict(self.frame.env), dict(self.heap), self.path)

    def restore(self, state: Snapshot) -> None:
        """Go on from `state`, which must not be used again elsewhere."""
        self.frame.env = state.env
        self.heap = state.heap
        self.path = state.path

    @contextmanager
    def assuming(self, literals: Path) -> Iterator[None]:
        """Evaluate something under further conditions."""
        before = self.path
        self.path = extend(before, literals)
        try:
            yield
        finally:
            self.path = before

    def join(self, base: Path, states: Iterable[Snapshot | None]) -> bool:
        """Continue with whatever the live states have in common; False when none is alive."""
        alive = [state for state in states if state is not None]
        if not alive:
            return False
        self.restore(self.merge(base, alive))
        return True

    def merge(self, base: Path, states: SequenceOf[Snapshot]) -> Snapshot:
        """The state after one of several branches that left `base`.

        They are merged at once, so that every alternative stands under the whole path it came by.
        """
        if len(states) == 1:
            return states[0]
        if len(states) > MOST_AT_ONCE:
            first = self.merge(base, states[:MOST_AT_ONCE])
            return self.merge(base, [first, *states[MOST_AT_ONCE:]])
        paths = [state.path - base for state in states]
        env = _merge_bindings(self, paths, [state.env for state in states])
        heap = states[0].heap
        if any(state.heap != heap for state in states):
            heap = _merge_bindings(self, paths, [state.heap for state in states])
        return Snapshot(env, heap, common([state.path for state in states]))

    def choice(self, options: list[tuple[Path, Value]]) -> Value:
        """One of the options, each under its path."""
        flat: list[tuple[Path, Value]] = []
        for path, value in options:
            if isinstance(value, Choice):
                flat += [
                    (extend(path, inner), each)
                    for inner, each in value.options
                    if not contradict(path, inner)
                ]
            else:
                flat.append((path, value))
        kept = self._distinct(flat, exact=True)
        if len(kept) > WIDEST_CHOICE:
            kept = self._one_or_else(kept) or self._distinct(kept, exact=False)
        if not kept:
            return UNKNOWN
        if len(kept) == 1:
            return kept[0][1]
        if len(kept) > WIDEST_CHOICE:
            return Unknown(None, self.labels([value for _, value in kept]))
        return Choice(tuple(kept))

    def _one_or_else(self, options: list[tuple[Path, Value]]) -> list[tuple[Path, Value]] | None:
        """A value under one path, and a second one on all others: what early `continue`s leave."""
        paths: list[tuple[Value, list[Path]]] = []
        for path, value in options:
            for known, found in paths:
                if self.same(value, known):
                    found.append(path)
                    break
            else:
                paths.append((value, [path]))
            if len(paths) > 2:
                return None
        for (one, here), (other, _) in (paths, paths[::-1]) if len(paths) == 2 else ():
            if len(here) == 1:
                return [(here[0], one), (frozenset({(all_of(here[0]), False)}), other)]
        return None

    def _distinct(
        self, options: list[tuple[Path, Value]], *, exact: bool
    ) -> list[tuple[Path, Value]]:
        """Options with equal values as one; `exact`: only where no condition is lost by it."""
        kept: list[tuple[Path, Value]] = []
        for path, value in options:
            for position, (known, same) in enumerate(kept):
                if not self.same(value, same):
                    continue
                if not exact or known <= path or path <= known or complementary(known, path):
                    kept[position] = (known & path, same)
                    break
            else:
                kept.append((path, value))
        return kept

    def same(self, one: Value, other: Value) -> bool:
        """Whether two values are certainly the same value."""
        if one is other:
            return True
        match one, other:
            case Unknown(), Unknown():
                return one.symbol is not None and one.symbol is other.symbol
            case Const(), Const():
                return type(one.value) is type(other.value) and one.value == other.value
            case Key(), Key():
                return one.identity is other.identity and one.made is other.made
            case _:
                return False

    def options(self, value: Value) -> Iterator[tuple[Path, Value]]:
        """The alternatives of `value` that the path admits."""
        if not isinstance(value, Choice):
            yield EMPTY, value
            return
        for path, option in value.options:
            if not self.excludes(path):
                yield path, option

    def resolve(self, value: Value) -> Value:
        """`value` without the alternatives that the path rules out.

        Where one is left, its path is the one that was taken.
        """
        if not isinstance(value, Choice):
            return value
        possible = tuple(self.options(value))
        if len(possible) == 1:
            self.path = extend(self.path, possible[0][0])
            return possible[0][1]
        if not possible:
            return UNKNOWN
        return Choice(possible) if len(possible) < len(value.options) else value

    def per_option(self, value: Value, act: Callable[[Value], Value]) -> Value:
        """`act` on every alternative, under its path."""
        value = self.resolve(value)
        if not isinstance(value, Choice):
            return act(value)
        results: list[tuple[Path, Value]] = []
        for path, option in tuple(self.options(value)):
            before = self.path
            self.path = extend(before, path)  # `assuming`, without the cost of a context
            try:
                results.append((path, act(option)))
            finally:
                self.path = before
        return self.choice(results) if results else UNKNOWN


_Name = TypeVar("_Name")


def _merge_bindings(
    machine: Branching, paths: SequenceOf[Path], bindings: SequenceOf[Mapping[_Name, Value]]
) -> dict[_Name, Value]:
    merged: dict[_Name, Value] = {}
    for names in bindings:
        for name in names:
            if name in merged:
                continue
            found = [
                (path, each[name])
                for path, each in zip(paths, bindings, strict=True)
                if name in each
            ]
            first = found[0][1]
            alike = all(value is first for _, value in found)
            merged[name] = first if alike else machine.choice(found)
    return merged
