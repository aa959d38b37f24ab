"""Events: what the interpreter saw happen. Rules listen to them; nothing else does.

A `Place` is a node together with the segment it was parsed in, which is all a rule needs to point
at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from randlint.catalogue import Gradient
from randlint.findings import Confidence

if TYPE_CHECKING:
    import libcst as cst

    from randlint.source.segments import Segment


@dataclass(frozen=True, slots=True)
class Place:
    """A node of the linted code."""

    node: cst.CSTNode
    segment: Segment


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at `place`."""

    place: Place
    confidence: Confidence


class Relation(Enum):
    """How the second use of a key relates to the first."""

    STRAIGHT = "straight"  # both on one path through one function
    LOOP = "loop"  # the next turn of a Python loop, comprehension or callback
    TRACED_LOOP = "traced_loop"  # the next turn of a traced loop
    DERIVATION = "derivation"  # two expressions derived the same key


@dataclass(frozen=True, slots=True)
class KeyReused(Event):
    """One key was consumed twice; `place` is the second use (or the second derivation)."""

    relation: Relation
    first: Place
    key: str  # how the source calls the key
    callee: str  # what consumes it the second time
    first_callee: str
    after_split: bool  # the first use was a split
    carried: bool = False


@dataclass(frozen=True, slots=True)
class KeySharedAcrossLanes(Event):
    """A mapped function draws from a key that is the same in every lane."""

    key: str
    callee: str
    mapped: Place


@dataclass(frozen=True, slots=True)
class KeySharedAcrossStreams(Event):
    """One call receives one key under several names."""

    key: str
    callee: str


@dataclass(frozen=True, slots=True)
class KeyIndexed(Event):
    """A constant index past the end of a key array, or unpacking into the wrong number."""

    key: str
    size: int
    index: int | None  # None: unpacking
    wanted: int
    made: Place


@dataclass(frozen=True, slots=True)
class DefaultKey(Event):
    """A default argument holds a key."""

    parameter: str


@dataclass(frozen=True, slots=True)
class AttributeKeyKept(Event):
    """A method consumes a key attribute and leaves the consumed key in place."""

    attribute: str
    method: str
    callee: str


@dataclass(frozen=True, slots=True)
class KeyUnused(Event):
    """A derived key was bound to a name that nobody reads."""

    name: str


@dataclass(frozen=True, slots=True)
class RawKeyTakenApart(Event):
    """Indexing, unpacking or arithmetic on one raw key."""

    key: str
    what: str


@dataclass(frozen=True, slots=True)
class ConstantKeyTraced(Event):
    """A traced function draws from a constant or closed-over concrete key."""

    key: str
    callee: str
    function: str
    closed_over: bool


@dataclass(frozen=True, slots=True)
class KeyEscapedTrace(Event):
    """A traced function stores a derived key outside of itself."""

    target: str
    function: str


@dataclass(frozen=True, slots=True)
class ConsumedKeyEscaped(Event):
    """A consumed key is returned or stored."""

    key: str
    target: str  # "return", or the name of the attribute or field
    first: Place
    callee: str


@dataclass(frozen=True, slots=True)
class KeyParameterUnused(Event):
    """Nothing in the function reads its key parameter."""

    parameter: str


@dataclass(frozen=True, slots=True)
class KeyParameterOverwritten(Event):
    """A key parameter is replaced by a constant key before anybody read it."""

    parameter: str


@dataclass(frozen=True, slots=True)
class DrawDifferentiated(Event):
    """A differentiated value parametrises a draw that reaches the result."""

    sampler: str
    parameter: str
    gradient: Gradient
    how: str
    site: Place  # where the derivative is taken
    process: str  # the generative process to write out instead, where there is one


@dataclass(frozen=True, slots=True)
class DrawThresholded(Event):
    """A draw and a differentiated value meet in something piecewise constant."""

    what: str
    site: Place


@dataclass(frozen=True, slots=True)
class DrawHeldFixed(Event):
    """A draw inside a differentiated function that does not depend on what is differentiated."""

    sampler: str
    site: Place


@dataclass(frozen=True, slots=True)
class KeyDifferentiated(Event):
    """A key is among the differentiated arguments; `place` is where the derivative is taken."""

    outcome: str  # "raise", "direction" or "float0"


@dataclass(frozen=True, slots=True)
class SampleNotStopped(Event):
    """A score-function surrogate whose sample still carries a pathwise derivative."""

    site: Place


@dataclass(frozen=True, slots=True)
class SecondDerivativeRaises(Event):
    """Reverse over reverse through a sampler whose rule cannot do that."""

    sampler: str
    parameter: str
    site: Place


@dataclass(frozen=True, slots=True)
class HostRandomUsed(Event):
    """A traced function draws on the host."""

    name: str
    function: str


@dataclass(frozen=True, slots=True)
class HostSeed(Event):
    """A key is made from the clock or from the entropy of the operating system."""

    name: str
