"""The identity of keys: which abstract key is derived from which, and when two are the same.

An *identity* is an integer that stands for the value of one key (or of one element of raw key
data). Identities are hash-consed: asking twice for "child 0 of key 7" gives the same integer, so
that two keys computed in different ways are equal exactly when their derivations are. With
partitionable Threefry (jax's default) ``split(key, n)[i]`` is ``fold_in(key, i)``; both are child
``i`` here, whatever ``n`` is.

Identities are ordinary int64 numbers, so arrays of keys are NumPy arrays of identities, and
indexing, stacking or reshaping keys is the same operation on identities. Two ranges are tagged:
``word(key, j)`` is word ``j`` of a key's raw data, and ``literal(w)`` is a known 32-bit word.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from randlint_runtime._source import Site

Ids = np.ndarray[Any, np.dtype[np.int64]]

_WORD = 1 << 60  # word tag: _WORD + 8 * key + position
_LITERAL = 1 << 61  # literal tag: _LITERAL + value
_WORDS_PER_KEY = 8


@dataclass(frozen=True, slots=True)
class Derivation:
    """One place where keys were made from ``parent`` (or from a seed, if there is no parent)."""

    operation: str  # "split", "fold_in", "seed"
    detail: str  # "n=2", "data=0", ...
    site: Site
    covers: range | None = None  # which children; None: not known, or not a derivation of children
    equation: int = field(default=0, repr=False)  # tells apart two derivations on one line


class Lineage:
    """Identities and their history, for one program."""

    def __init__(self) -> None:
        self._next = count(1)
        self._known: dict[Hashable, int] = {}
        self._describe: dict[int, str] = {}
        self._ranges: dict[int, list[tuple[int, int, int]]] = {}  # parent -> (start, stop, base)
        self._bases: list[int] = []  # of the ranges of children, in the order of allocation
        self._folded: dict[int, tuple[int, int]] = {}
        self._owners: list[tuple[int, int, int, int]] = []  # (base, size, parent, start)
        self.words: dict[int, tuple[int, ...]] = {}  # key -> its literal words, where known
        self.alternatives: dict[int, tuple[tuple[tuple[int, int], int], ...]] = {}
        self.picks: dict[int, frozenset[int]] = {}  # key at an unknown index -> the candidates
        self.made: dict[int, list[Derivation]] = {}  # key -> where it was made
        self.children: dict[int, list[Derivation]] = {}  # key -> what was derived from it

    # -- making identities

    def watermark(self) -> int:
        """A number that no identity made so far reaches."""
        return next(self._next)

    def fresh(self, size: int, text: str) -> Ids:
        """Identities equal to nothing else."""
        base = self._allocate(size)
        self._describe[base] = text
        return np.arange(base, base + size, dtype=np.int64)

    def cons(self, tag: Hashable, text: str) -> int:
        """The one identity for a hashable description."""
        found = self._known.get(tag)
        if found is None:
            found = self._known[tag] = self._allocate(1)
            self._describe[found] = text
        return found

    def atoms(self, number: int, size: int) -> Ids:
        """One identity per element of a value that is known by its value number only."""
        base = self._known.get(("atoms", number))
        if base is None:
            base = self._known["atoms", number] = self._allocate(size)
        return np.arange(base, base + size, dtype=np.int64)

    def literals(self, values: np.ndarray[Any, Any]) -> Ids:
        """Identities of known 32-bit words."""
        return values.astype(np.uint32).astype(np.int64) + _LITERAL

    def key_of_words(self, impl: str, words: tuple[int, ...]) -> int:
        """The key whose raw data is known."""
        key = self.cons(("data", impl, words), f"key with data {list(words)}")
        self.words[key] = words
        return key

    def child(self, parent: int, index: int) -> int:
        """Child ``index``: ``split(parent, n)[index]`` and ``fold_in(parent, index)``."""
        return int(self.child_range(parent, index, index + 1)[0])

    def child_range(self, parent: int, start: int, stop: int) -> Ids:
        """Children ``start`` to ``stop`` of one parent."""
        ranges = self._ranges.setdefault(parent, [])
        out = np.zeros(stop - start, dtype=np.int64)
        missing = np.ones(stop - start, dtype=bool)
        for low, high, base in ranges:
            first, last = max(low, start), min(high, stop)
            if first < last:
                out[first - start : last - start] = np.arange(base + first - low, base + last - low)
                missing[first - start : last - start] = False
        if missing.any():
            base = self._allocate(stop - start)
            new = np.arange(base, base + stop - start, dtype=np.int64)
            out[missing] = new[missing]
            # Where older ranges overlap, they come first in the list and keep their numbers.
            ranges.append((start, stop, base))
            self._bases.append(base)
            self._owners.append((base, stop - start, parent, start))
        return out

    # -- raw key data

    def unwrap(self, keys: Ids, words_per_key: int) -> Ids:
        """Raw data of keys: shape ``keys.shape + (words_per_key,)``."""
        out: Ids = keys[..., None] * _WORDS_PER_KEY + np.arange(words_per_key) + _WORD
        for where in np.ndindex(keys.shape) if self.words and keys.size <= 4096 else ():
            words = self.words.get(int(keys[where]))
            if words is not None:
                out[where] = np.asarray(words, dtype=np.int64) + _LITERAL
        return out

    def wrap(self, data: Ids, impl: str) -> Ids:
        """Keys from raw data, the inverse of `unwrap`; unrelated words make a key of their own."""
        rows = data.reshape(-1, data.shape[-1])
        tagged = (rows >= _WORD) & (rows < _LITERAL)
        keys = (rows[:, 0] - _WORD) // _WORDS_PER_KEY
        straight = (rows == self._straight(keys, rows.shape[1])).all(axis=1) & tagged.all(axis=1)
        for row in np.flatnonzero(~straight):
            keys[row] = self._wrap_row(tuple(int(w) for w in rows[row]), impl)
        shaped: Ids = keys.reshape(data.shape[:-1])
        return shaped

    def _straight(self, keys: Ids, words_per_key: int) -> Ids:
        straight: Ids = keys[:, None] * _WORDS_PER_KEY + np.arange(words_per_key) + _WORD
        return straight

    def _wrap_row(self, words: tuple[int, ...], impl: str) -> int:
        if all(w >= _LITERAL for w in words):
            return self.key_of_words(impl, tuple(w - _LITERAL for w in words))
        key = (words[0] - _WORD) // _WORDS_PER_KEY
        if words == tuple(self._straight(np.asarray([key], np.int64), len(words))[0].tolist()):
            return key
        chosen = self._common_choice(words)
        if chosen is None:
            return self.cons(("wrap", impl, words), "key wrapped from raw data")
        return self.choose([(c, self._wrap_row(row, impl)) for c, row in chosen])

    def _common_choice(
        self, words: tuple[int, ...]
    ) -> list[tuple[tuple[int, int], tuple[int, ...]]] | None:
        """Words that were all selected by the same condition: the rows to choose among."""
        options = [self.alternatives.get(w) for w in words]
        first = options[0]
        if first is None or any(
            o is None or len(o) != len(first) or o[0][0][0] != first[0][0][0] for o in options
        ):
            # Per-element conditions differ in their last part only: compare what they test.
            return None
        return [
            (first[i][0], tuple(o[i][1] for o in options if o is not None))
            for i in range(len(first))
        ]

    def rename(self, key: int, text: str) -> None:
        """Describe a key better."""
        self._describe[key] = text

    # -- choices made at run time

    def choose(self, options: Iterable[tuple[tuple[int, int], int]]) -> int:
        """A key that is one of several, each under a condition ``(predicate, branch)``."""
        options = tuple(options)
        if len({identity for _, identity in options}) == 1:
            return options[0][1]
        key = self.cons(("choice", options), "key chosen at run time")
        self.alternatives[key] = options
        return key

    def expand(self, key: int) -> list[tuple[frozenset[tuple[int, int]], int]]:
        """Every key that ``key`` may be, with the conditions under which it is."""
        options = self.alternatives.get(key)
        if options is None:
            return [(frozenset(), key)]
        return [
            (conditions | {condition}, base)
            for condition, identity in options
            for conditions, base in self.expand(identity)
        ]

    def pick(self, candidates: Ids, index: Hashable, where: int) -> int:
        """The key at an unknown index: the same candidates and index give the same key."""
        flat = frozenset(int(i) for i in candidates.ravel())
        if len(flat) == 1:
            return next(iter(flat))
        key = self.cons(("pick", flat, index, where), "key at an index known at run time only")
        self.picks[key] = flat
        return key

    # -- history

    def record_made(self, key: int, derivation: Derivation) -> None:
        """Note that ``key`` was made here (twice in different places: a collision)."""
        found = self.made.setdefault(key, [])
        if derivation not in found:
            found.append(derivation)

    def record_child(self, parent: int, derivation: Derivation) -> None:
        """Note that keys were derived from ``parent`` here."""
        found = self.children.setdefault(parent, [])
        if derivation not in found:
            found.append(derivation)

    def parent(self, key: int) -> tuple[int, int] | None:
        """The key that ``key`` is a child of, and which child, if it is one."""
        at = bisect_right(self._bases, key) - 1  # bases grow: identities are allocated in order
        if at >= 0:
            base, size, parent, start = self._owners[at]
            if base <= key < base + size:
                return parent, start + key - base
        return self._folded.get(key)

    def folded(self, parent: int, data: int) -> int:
        """The child made by ``fold_in(parent, data)`` with data known by identity only."""
        key = self.cons(("fold_in", parent, data), f"fold_in of {self.describe(parent)}")
        self._folded[key] = (parent, -1)
        return key

    def describe(self, key: int) -> str:
        """The derivation of a key, in words."""
        if key in self._describe:
            return self._describe[key]
        origin = self.parent(key)
        if origin is not None:
            return f"child {origin[1]} of {self.describe(origin[0])}"
        below = [base for base in self._describe if base <= key]
        return f"{self._describe[max(below)]}" if below else "a key"

    def _allocate(self, size: int) -> int:
        first = next(self._next)
        self._next = count(first + max(size, 1))
        return first


def is_word(ids: Ids) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which identities are words of keys (of raw key data)."""
    return ids >= _WORD
