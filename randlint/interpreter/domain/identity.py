"""Key identities, and the ledger of their uses.

Two keys are one identity when they hold the same numbers at run time: an alias, a parameter, the
child `split(k, n)[i]` and `fold_in(k, i)`. The ledger notes every use and finds the pairs that no
path condition keeps apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, TypeAlias

import libcst as cst

from randlint.interpreter.domain.cases import Cases
from randlint.interpreter.domain.frames import Frame
from randlint.interpreter.domain.names import keylike
from randlint.interpreter.domain.paths import Path, contradict
from randlint.interpreter.domain.symbols import Symbol
from randlint.interpreter.events import Place


class Made(NamedTuple):
    """The expression that derived a key, where it was evaluated, and how early in the run."""

    node: cst.CSTNode
    frame: Frame
    loops: tuple[tuple[object, int], ...]
    order: int


class Origin(Enum):
    """Where a key comes from at the root of its lineage."""

    SEED = "seed"  # key(0), PRNGKey(seed)
    INPUT = "input"  # a parameter, an attribute: somebody else made it
    DERIVED = "derived"  # split or fold_in
    FRESH = "fresh"  # a key source handed it out


class Each(NamedTuple):
    """The index of `for k in keys` or of a mapped axis: every element, one after the other."""

    token: object
    turn: int
    start: int = 0
    size: int | None = None


Index: TypeAlias = "int | Symbol | Each | tuple[object, ...] | None"


class View(NamedTuple):
    """The index of a slice: elements `start` to `start + size` of an array."""

    start: int
    size: int | None


_SEVERAL = (Each, View)


class UseKind(Enum):
    """What used the key up."""

    DRAW = "draw"
    SPLIT = "split"
    CALL = "call"  # an unknown callable
    KNOWN_CALL = "known_call"  # a catalogued consumer that is not a sampler


@dataclass(slots=True, eq=False, repr=False)
class Use:
    """One consumption: the call, the activation it happened in, and under which path."""

    node: cst.CSTNode
    frame: Frame
    loops: tuple[tuple[object, int], ...]
    path: Path
    kind: UseKind
    made: Made | None
    identity: KeyIdentity
    callee: str
    values: Picked | None  # what a sampler picks from, where that is an array
    place: bool  # handed over where keys go: a key-like keyword, an init/apply/sample-like call
    evaluation: object
    order: int = 0
    guessed: bool = False  # by a function of the program that is too deep to be looked into
    ended: tuple[Path, ...] = ()  # conditions under which the function would be over by then


class Picked(NamedTuple):
    """The array that a sampler picks from, and the parameters that decide which entries."""

    array: Symbol
    deciding: tuple[Symbol, ...]


class Seed(NamedTuple):
    """How a key was made that has no parent."""

    made: Made  # where it was first
    constant: bool  # from a literal
    raw: bool  # as mere words


@dataclass(slots=True, eq=False, repr=False)
class Members:
    """The known elements and slices of a key array: of thousands few concern a further one."""

    all: list[KeyIdentity] = field(default_factory=list)
    _single: dict[Index, list[tuple[int, KeyIdentity]]] = field(default_factory=dict)
    _several: list[tuple[int, KeyIdentity]] = field(default_factory=list)

    def add(self, member: KeyIdentity) -> None:
        """Note an element of the array, or a slice; it has its index."""
        numbered = len(self.all), member
        self.all.append(member)
        if isinstance(member.index, _SEVERAL):
            self._several.append(numbered)
        else:
            self._single.setdefault(member.index, []).append(numbered)

    def siblings(self, member: KeyIdentity) -> Iterable[KeyIdentity]:
        """Those that can name an element that `member` names, itself among them."""
        if isinstance(member.index, _SEVERAL):
            return self.all
        found = (*self._single.get(member.index, ()), *self._several)
        return [each for _, each in sorted(found, key=_order)]

    def clear(self) -> None:
        """Let go of all."""
        self.all.clear()
        self._single.clear()
        self._several.clear()


@dataclass(slots=True, eq=False, repr=False)
class KeyIdentity:
    """One key (or key array) at run time."""

    origin: Origin
    parent: KeyIdentity | None = None
    index: Index = None
    container: KeyIdentity | None = None
    symbol: Symbol | None = None
    certain: bool = False
    seed: Seed | None = None
    splits: int = 0
    reported: bool = False
    cases: Cases[Use] = field(default_factory=Cases)  # the uses, by their path and their call
    members: Members = field(default_factory=Members)
    children: list[KeyIdentity] = field(default_factory=list)  # folded out of it by a number
    array: tuple[KeyIdentity, int | None] | None = None  # what it was first split into
    perhaps: bool = False  # an element of its container, if that is long enough
    start: KeyIdentity | None = None  # of the lineage, where somebody has asked

    @property
    def uses(self) -> SequenceOf[Use]:
        """All uses, the first one first."""
        return self.cases.uses

    @property
    def constant(self) -> bool:
        """Whether it was made from a literal seed."""
        return self.seed is not None and self.seed.constant

    @property
    def raw(self) -> bool:
        """Whether it was made as mere words, not as a typed key."""
        return self.seed is not None and self.seed.raw

    def root(self) -> KeyIdentity:
        """The start of the lineage."""
        found, passed = self, [self]
        while (above := found.start or found.parent or found.container) is not None:
            found = above
            passed.append(found)
        for each in passed[:-1]:
            each.start = found
        return found

    def use(self, use: Use) -> None:
        """Note a use."""
        self.cases.add(use, use.path, use.node)

    def adopt(self, child: KeyIdentity) -> None:
        """`fold_in(key, i)` is an element of `split(key, n)`, if i < n."""
        if self.array is None or child.container is not None or not isinstance(child.index, int):
            return
        array, size = self.array
        if child.index >= 0 and (size is None or child.index < size):
            child.container = array
            child.perhaps = size is None and child.index > 0
            array.members.add(child)

    def forget(self) -> None:
        """Let go of what may lead back here."""
        self.children.clear()
        self.array = None
        self.members.clear()
        self.cases.clear()
        self.start = None


@dataclass(slots=True, eq=False, repr=False)
class DerivedName:
    """A name to which some expression binds a derived key."""

    name: str
    place: Place
    function: cst.CSTNode
    identities: list[KeyIdentity] = field(default_factory=list)


def _order(numbered: tuple[int, KeyIdentity]) -> int:
    return numbered[0]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two uses of one identity that no path condition excludes; `second` happened later."""

    first: Use
    second: Use
    again: Use | None = None  # the same call in an earlier turn, where `first` is another


def overlap(one: Index, other: Index) -> bool:
    """Whether two indices into one key array can name the same element, as far as we know."""
    if isinstance(one, View) or isinstance(other, View):
        return _view_overlaps(one, other) if isinstance(one, View) else overlap(other, one)
    if isinstance(one, Each) and isinstance(other, Each):
        if one.token == other.token:
            return one.turn == other.turn
        return overlap(View(one.start, one.size), View(other.start, other.size))
    if isinstance(one, Each):
        return _covers(one, other)
    if isinstance(other, Each):
        return _covers(other, one)
    return one == other


def _view_overlaps(view: View, other: Index) -> bool:
    stop = None if view.size is None else view.start + view.size
    if isinstance(other, int):
        return other >= view.start and (stop is None or other < stop)
    if isinstance(other, Each):
        other = View(other.start, other.size)
    if not isinstance(other, View):
        return False
    last = None if other.size is None else other.start + other.size
    return (stop is None or other.start < stop) and (last is None or view.start < last)


def _covers(each: Each, index: Index) -> bool:
    if isinstance(index, int):
        if index < 0:
            return each.size is None  # counted from an end nobody knows
        return index >= each.start and (each.size is None or index < each.start + each.size)
    return not isinstance(index, tuple)


def clashes(identity: KeyIdentity, use: Use, spend: Callable[[int], None]) -> list[Conflict]:
    """The earlier uses that `use` repeats: of the key itself, its array, or its elements.

    `spend` is told how many literals of paths and members of arrays were looked at.
    """
    found: list[Conflict] = []
    related = _related(identity)
    spend(len(related))
    for other in related:
        possible = other.cases.possible(use.path)
        spend(len(possible) * len(use.path))
        derived_twice = False
        for earlier in possible:
            if derived_twice and earlier.made is not use.made:
                continue
            if _one_execution(earlier, use) and earlier.identity is not identity:
                continue
            if not contradict(earlier.path, use.path) and not _over(earlier, use):
                found.append(Conflict(earlier, use, _earlier_turn(other, earlier, use)))
                if earlier.made is use.made or other is not identity:
                    break
                derived_twice = True  # that is told where it happens: was this one used before?
    return found


def _earlier_turn(identity: KeyIdentity, first: Use, use: Use) -> Use | None:
    """The latest use before by the same call, unless that is the first."""
    if first.node is use.node:
        return None
    for earlier in reversed(identity.cases.by_call.get(use.node, ())):
        if not _one_execution(earlier, use):
            possible = not contradict(earlier.path, use.path) and not _over(earlier, use)
            return earlier if possible else None
    return None


def _over(earlier: Use, use: Use) -> bool:
    """Whether what both uses need ended the function before the later one."""
    together = earlier.path | use.path if use.ended else use.path
    return any(conditions <= together for conditions in use.ended)


def _one_execution(earlier: Use, use: Use) -> bool:
    """Whether the same call, in the same turn, is one event seen twice (two possible callees)."""
    return earlier.node is use.node and earlier.frame is use.frame and earlier.loops == use.loops


def _related(identity: KeyIdentity) -> list[KeyIdentity]:
    related = [identity, *_below(identity)]
    above: KeyIdentity | None = identity.container
    below = identity
    while above is not None:
        related.append(above)
        related += [
            sibling
            for sibling in above.members.siblings(below)
            if sibling is not below and overlap(sibling.index, below.index)
        ]
        below = above
        above = above.container
    return related


def _below(identity: KeyIdentity) -> list[KeyIdentity]:
    found: list[KeyIdentity] = []
    waiting = identity.members.all[::-1]
    while waiting:
        found.append(waiting.pop())
        waiting += reversed(found[-1].members.all)
    return found


def key_name(identity: KeyIdentity) -> str:
    """How to call a key in a message: by the name of the nearest named ancestor."""
    found: KeyIdentity | None = identity
    while found is not None:
        if found.symbol is not None and found.symbol.name:
            return found.symbol.name
        found = found.container
    return "the key"


def of_a_held_object(identity: KeyIdentity) -> bool:
    """`self.module.rngs`: an attribute of an object whose class nobody sees; maybe a property."""
    symbol = identity.symbol
    return symbol is not None and symbol.op == "attr" == getattr(symbol.args[0], "op", "")


def is_evident(use: Use) -> bool:
    """Whether a use is known to consume, or hands the key over where keys go."""
    if use.kind is not UseKind.CALL:
        return True
    return use.place and (use.identity.certain or named_like_one(use))


def named_like_one(use: Use) -> bool:
    """Whether a key's name corroborates that it is one: in a file that has to do with keys."""
    return keylike(key_name(use.identity)) and use.frame.module.uses_randomness()
