"""What an interpretation found out: uses of keys, reuses, draws, comparisons."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from randlint_runtime._observing.conditions import Conditions, contradict

if TYPE_CHECKING:
    from randlint_runtime._source import Site
    from randlint_runtime.provenance._lineage import Derivation, Ids, Lineage
    from randlint_runtime.provenance._values import Taint

_MOST_LANES = 1 << 20  # keys of one use that are followed one by one


@dataclass(frozen=True, slots=True)
class Use:
    """One consumption: `index` counts them, `what` names the sampler, `keys` how many keys."""

    index: int
    what: str
    site: Site
    keys: int
    loops: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundReuse:
    """Two uses of one key, or one suspicious derivation (see `provenance.Reuse`)."""

    kind: str
    first: Use
    second: Use
    key: str
    made: tuple[Derivation, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundIndex:
    """An index past the end of a key array."""

    site: Site
    index: tuple[int, ...]
    shape: tuple[int, ...]


@dataclass(slots=True)
class Crossing:
    """A comparison or rounding in which a draw and a differentiated input meet."""

    operation: str
    site: Site
    taint: Taint
    effects: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class FoundDraw:
    """One call of a sampler, with the taint of every parameter."""

    sampler: str
    site: Site
    parameters: tuple[tuple[str, Taint], ...]
    reference: bool = False


class Record:
    """Collects the findings of one interpretation."""

    def __init__(self, lineage: Lineage) -> None:
        self.lineage = lineage
        self.uses: list[Use] = []
        self.reuses: list[FoundReuse] = []
        self.indices: list[FoundIndex] = []
        self.crossings: list[Crossing] = []
        self.draws: list[FoundDraw] = []
        self.symbolic_children: dict[int, list[int]] = {}
        self.stacked: set[int] = set()  # keys that were put twice into one array
        self._used: dict[int, list[tuple[Use, Conditions]]] = {}
        self._picked: dict[int, tuple[Use, Conditions]] = {}
        self._blamed: set[int] = set()
        self._seen: set[Any] = set()

    # -- uses

    def use(self, what: str, site: Site, keys: Ids, loops: tuple[int, ...]) -> Use:
        """Start a new use."""
        use = Use(len(self.uses), what, site, int(keys.size), loops)
        self.uses.append(use)
        return use

    def consume(self, use: Use, keys: Ids, conditions: Conditions) -> None:
        """Use up every key of an array, and report those used before."""
        flat = np.unique(keys)[:_MOST_LANES]
        for key in flat.tolist():
            for extra, base in self.lineage.expand(key):
                self._consume_one(use, base, conditions | extra)
        self._check_picks(use, {int(k) for k in flat.tolist()}, conditions)

    def used(self, key: int) -> list[tuple[Use, Conditions]]:
        """The uses of one key."""
        return self._used.get(key, [])

    def _consume_one(self, use: Use, key: int, conditions: Conditions) -> None:
        earlier = self._used.setdefault(key, [])
        for first, under in earlier:
            if first is not use and not contradict(under, conditions):
                self._report_pair(first, use, key)
                return
        if all(first is not use for first, _ in earlier):
            earlier.append((use, conditions))
        if key in self.lineage.picks:
            self._picked[key] = (use, conditions)

    def _check_picks(self, use: Use, keys: set[int], conditions: Conditions) -> None:
        """A whole array and one of its keys at an unknown index: certainly a reuse."""
        for pick, (first, under) in list(self._picked.items()):
            candidates = self.lineage.picks[pick]
            if first is not use and candidates <= keys and not contradict(under, conditions):
                self._report("reuse", first, use, pick)
        for key in keys & self.lineage.picks.keys():
            candidates = self.lineage.picks[key]
            used = [self._used.get(c) for c in candidates]
            if all(used) and used[0]:
                first, under = used[0][0]
                if first is not use and not contradict(under, conditions):
                    self._report("reuse", first, use, key)

    # -- reports

    def _report_pair(self, first: Use, second: Use, key: int) -> None:
        made = self._derivations(key)
        if first.site == second.site and first.loops and first.loops == second.loops:
            kind = "loop"
        elif len(made) > 1 and any(d.operation != "split" for d in made):
            kind = "collision"
        else:
            kind = "reuse"
        self._report(kind, first, second, key, made if kind == "collision" else ())

    def _report(
        self, kind: str, first: Use, second: Use, key: int, made: tuple[Derivation, ...] = ()
    ) -> None:
        if self._descends_from_blamed(key):
            self._blamed.add(key)
            return
        self._blamed.add(key)
        signature = (kind, first.site, second.site, first.what, second.what)
        if signature not in self._seen:
            self._seen.add(signature)
            text = self.lineage.describe(key)
            self.reuses.append(FoundReuse(kind, first, second, text, made))

    def _descends_from_blamed(self, key: int) -> bool:
        parent = self.lineage.parent(key)
        while parent is not None:
            if parent[0] in self._blamed:
                return True
            parent = self.lineage.parent(parent[0])
        return False

    def _derivations(self, key: int) -> tuple[Derivation, ...]:
        made = list(self.lineage.made.get(key, ()))
        origin = self.lineage.parent(key)
        if origin is not None:
            parent, index = origin
            for derivation in self.lineage.children.get(parent, ()):
                if derivation.covers is not None and index in derivation.covers:
                    made.append(derivation)
        return tuple(dict.fromkeys(made))

    def lanes(self, use: Use, keys: Ids, *, shared: bool) -> None:
        """Note lanes that share a key: an unbatched key under vmap, or copies of one key."""
        if shared:
            self._report_lane(use, int(keys.flat[0]) if keys.size else 0)
            return
        if keys.ndim == 0 or keys.size > _MOST_LANES:
            return
        distinct = _without_copies(keys)
        unique, counts = np.unique(distinct, return_counts=True)
        if (counts > 1).any() or any(int(k) in self.stacked for k in unique.tolist()):
            repeated = unique[counts > 1].tolist() or [
                k for k in unique.tolist() if k in self.stacked
            ]
            self._report("reuse", use, use, int(repeated[0]))
        elif distinct.size < keys.size:
            self._report_lane(use, int(keys.flat[0]))

    def _report_lane(self, use: Use, key: int) -> None:
        signature = ("lanes", use.site, use.what)
        if signature not in self._seen:
            self._seen.add(signature)
            self.reuses.append(FoundReuse("lanes", use, use, self.lineage.describe(key)))

    def index(self, site: Site, index: tuple[int, ...], shape: tuple[int, ...]) -> None:
        """Note an index past the end of a key array."""
        found = FoundIndex(site, index, shape)
        if found not in self.indices:
            self.indices.append(found)

    def finish(self) -> None:
        """Report what can be known only at the end: `fold_in` of unknown data beside `split`."""
        for parent, children in self.symbolic_children.items():
            splits = [d for d in self.lineage.children.get(parent, ()) if d.operation == "split"]
            folded = [u for c in children for u in self._used.get(c, ())]
            if not splits or not folded or parent in self._blamed:
                continue
            most = max(len(d.covers) for d in splits if d.covers is not None)
            drawn = [
                u
                for c in self.lineage.child_range(parent, 0, min(most, 64)).tolist()
                for u in self._used.get(c, ())
            ]
            if drawn:
                first, second = sorted((drawn[0][0], folded[0][0]), key=lambda use: use.index)
                made = tuple(self.lineage.children[parent])
                self._report("collision", first, second, children[0], made)

    # -- derivatives

    def draw(self, draw: FoundDraw) -> None:
        """Note one call of a sampler; a line that is interpreted again adds to what it was."""
        for place, known in enumerate(self.draws):
            if known.sampler == draw.sampler and known.site == draw.site:
                before = dict(known.parameters)
                merged = tuple((n, t | before.get(n, t)) for n, t in draw.parameters)
                self.draws[place] = replace(draw, parameters=merged)
                return
        self.draws.append(draw)

    def crossing(self, operation: str, site: Site, taint: Taint) -> int:
        """Note a comparison; returns its number."""
        for number, known in enumerate(self.crossings):
            if known.site == site and known.operation == operation and known.taint == taint:
                return number
        self.crossings.append(Crossing(operation, site, taint))
        return len(self.crossings) - 1

    def crossings_used(self, marks: frozenset[int], effect: str) -> None:
        """Note what became of comparisons: ``"zero"`` or ``"branch"``."""
        for mark in marks:
            self.crossings[mark].effects.add(effect)


def _without_copies(keys: Ids) -> Ids:
    """One slice of every axis along which an array of keys is constant."""
    for axis in range(keys.ndim):
        head = np.take(keys, [0], axis=axis) if keys.shape[axis] else keys
        if keys.shape[axis] > 1 and (keys == head).all():
            keys = head
    return keys
