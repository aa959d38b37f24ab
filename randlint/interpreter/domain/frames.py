"""Functions of the program, and frames: one activation of one function each.

A frame holds the variables, and its place on the call stack; a function knows the frame that it
closes over, which is why both stand here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import libcst as cst

from randlint.interpreter.domain.definitions import ClassDefinition, Module
from randlint.interpreter.domain.names import is_test, is_test_class
from randlint.interpreter.domain.paths import EMPTY, Path
from randlint.interpreter.domain.symbols import Inside, Value
from randlint.interpreter.events import Place
from randlint.source.segments import Segment


@dataclass(slots=True, eq=False, repr=False)
class Function(Value):
    """A function of the linted program, with the frame it closes over."""

    node: cst.FunctionDef | cst.Lambda
    module: Module
    segment: Segment
    closure: Frame | None
    name: str
    bound: Value | None = None
    owner: ClassDefinition | None = None
    gathered: Inside | None = field(default=None, init=False)


@dataclass(slots=True, eq=False, repr=False)
class KeyParameter:
    """A parameter that holds a key."""

    name: str
    place: Place
    overrides: bool  # the signature is not this class's own
    certain: bool = False
    values: list[Value] = field(default_factory=list)
    read: bool = False


class Trace(Enum):
    """Why the code of a frame runs under a jax trace."""

    NO = "no"
    JIT = "jit"  # jit and its kin: traced once, run many times
    MODULE = "module"  # a method of a framework's module class
    TRANSFORM = "transform"  # vmap, scan, grad: traced where it is called


class Family(NamedTuple):
    """Turns of one callback: the passes of a scan body, the leaves of a tree_map."""

    token: object
    turn: int
    traced: bool


class Lane(NamedTuple):
    """A mapped axis being run: its token is the label of what differs from lane to lane."""

    token: object
    node: cst.CSTNode
    frame: Frame


class Unmapped(NamedTuple):
    """The label of an argument declared equal in all lanes of the axis `token`."""

    token: object


class Snapshot(NamedTuple):
    """What may differ between two branches."""

    env: dict[str, Value]
    heap: dict[object, Value]
    path: Path


class Outcome(NamedTuple):
    """A value that leaves a frame, and the state in which it does."""

    value: Value
    state: Snapshot


@dataclass(slots=True, eq=False, repr=False)
class Loop:
    """A Python loop being run: where `break` and `continue` lead."""

    breaks: list[Snapshot] = field(default_factory=list)
    continues: list[Snapshot] = field(default_factory=list)


@dataclass(slots=True, eq=False, repr=False)
class Catching:
    """A `try` being run: what its handlers were seen to take, and what passes them."""

    handlers: Sequence[cst.ExceptHandler | cst.ExceptStarHandler]
    caught: dict[int, list[Snapshot]] = field(default_factory=dict)
    passing: list[Snapshot] = field(default_factory=list)


class Caller(NamedTuple):
    """Who called: from which frame, in which expression, in which turn of its loops."""

    frame: Frame
    node: cst.CSTNode
    loops: tuple[tuple[object, int], ...]


@dataclass(slots=True, eq=False, repr=False)
class Exits:
    """Where control leaves to: loops and `try` statements being run, and what was returned."""

    loops: list[Loop] = field(default_factory=list)
    catching: list[Catching] = field(default_factory=list)
    returns: list[Outcome] = field(default_factory=list)


@dataclass(slots=True, eq=False, repr=False)
class Pending:
    """What nobody used yet: it is looked at when the root ends."""

    functions: list[Value] = field(default_factory=list)  # nested ones that nobody called
    classes: list[ClassDefinition] = field(default_factory=list)
    parameters: dict[str, KeyParameter] = field(default_factory=dict)  # nobody read them


@dataclass(slots=True, eq=False, repr=False)
class Frame:
    """One activation. `caller` says who called; `closure` is the defining frame."""

    module: Module
    segment: Segment
    function: Function | None = None
    caller: Caller | None = None
    closure: Frame | None = None
    trace: Trace = Trace.NO
    family: Family | None = None
    depth: int = 0
    env: dict[str, Value] = field(default_factory=dict)
    loops: tuple[tuple[object, int], ...] = ()
    exits: Exits = field(default_factory=Exits)
    outer: set[str] = field(default_factory=set)  # names declared global or nonlocal
    # Only of module frames, whose statements come from many segments.
    origins: dict[cst.CSTNode, Segment] = field(default_factory=dict)
    pending: Pending = field(default_factory=Pending)
    entry_path: Path = EMPTY

    @property
    def parent(self) -> Frame | None:
        """The frame that called."""
        return None if self.caller is None else self.caller.frame

    @property
    def call(self) -> cst.CSTNode | None:
        """The expression that called."""
        return None if self.caller is None else self.caller.node

    def forget(self) -> None:
        """Let go of what may lead back here."""
        self.function = self.caller = self.closure = None
        self.env.clear()
        self.exits.returns.clear()
        self.pending.functions.clear()


class Spot(NamedTuple):
    """A node evaluated in a frame, in some turn of the loops around it."""

    node: cst.CSTNode
    frame: Frame
    loops: tuple[tuple[object, int], ...]


class Meeting(NamedTuple):
    """Where two activations meet: what each was evaluating in the innermost common frame."""

    first: Spot
    second: Spot
    family: Family | None  # set when the two are different turns of one callback


def meet(first: Spot, second: Spot) -> Meeting | None:
    """The innermost frame that owns both spots; None for spots of unrelated stacks.

    Different turns of one traced body count as one frame: what happens there twice is reuse across
    iterations of the body, and belongs on the line inside it.
    """
    above_first, above_second = stack_of(first), stack_of(second)
    common = 0
    family: Family | None = None
    for one, other in zip(above_first, above_second, strict=False):
        if one.frame is not other.frame:
            a, b = one.frame.family, other.frame.family
            if a is None or b is None or a.token is not b.token:
                break
            if a.turn != b.turn:
                family = b
        common += 1
        if one.node is not other.node:
            break
    if common == 0:
        return None
    one, other = above_first[common - 1], above_second[common - 1]
    return Meeting(one, other, family)


def stack_of(spot: Spot) -> list[Spot]:
    """The spots that led here, outermost first."""
    stack = [spot]
    frame = spot.frame
    while frame.caller is not None:
        frame, node, loops = frame.caller
        stack.append(Spot(node, frame, loops))
    stack.reverse()
    return stack


def written_in(frame: Frame | None, outer: Frame) -> bool:
    """Whether all that runs from `outer` down to `frame` is written inside of `outer`."""
    while frame is not None and frame is not outer:
        if frame.closure is None:
            return False
        frame = frame.parent
    return frame is outer


def in_test(frame: Frame | None) -> bool:
    """Whether a frame runs for a test."""
    while frame is not None:
        function = frame.function
        if function is not None and is_test(function.name):
            return True
        if function is not None and function.owner is not None and holds_tests(function.owner):
            return True
        frame = frame.parent
    return False


def holds_tests(definition: ClassDefinition) -> bool:
    """Whether a class holds tests: objects of it live for one test each."""
    bases = (base.rpartition(".")[2] for base in definition.bases)
    return "setUp" in definition.methods or any(map(is_test_class, (definition.name, *bases)))


def segment_of(node: cst.CSTNode, frame: Frame) -> Segment:
    """The segment in which `node`, evaluated in `frame`, was parsed."""
    return frame.origins.get(node, frame.segment)
