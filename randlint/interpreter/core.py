"""The machine: state of one interpretation, branching, and dispatch on node type.

What expressions, statements and calls mean stands in their own modules and is handed in as tables,
so that imports point one way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Sequence as SequenceOf
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import libcst as cst

from randlint.interpreter.events import Event, Place
from randlint.interpreter.identity import Conflict, KeyIdentity, Made, Use
from randlint.interpreter.paths import EMPTY, Path, complementary, contradict, extend
from randlint.interpreter.state import Family, Frame, Lane, Outcome, Snapshot, Spot, Trace
from randlint.interpreter.values import (
    UNKNOWN,
    Choice,
    Const,
    External,
    Instance,
    Key,
    KeyArray,
    Labels,
    Record,
    Sequence,
    Symbol,
    Transformed,
    Unknown,
    Value,
    labels_of,
)

if TYPE_CHECKING:
    from randlint.catalogue import Catalogue
    from randlint.interpreter.labels import Differentiated
    from randlint.interpreter.modules import ClassDefinition
    from randlint.interpreter.project import Project
    from randlint.interpreter.reading import DerivedName, KeyParameter

Evaluator: TypeAlias = "Callable[[Interpreter, cst.CSTNode], Value]"
Executor: TypeAlias = "Callable[[Interpreter, cst.CSTNode], bool]"
Applier: TypeAlias = (
    "Callable[[Interpreter, Value, SequenceOf[Value], Mapping[str, Value], cst.CSTNode], Value]"
)
Opaque: TypeAlias = (
    "Callable[[Interpreter, str, SequenceOf[Value], Mapping[str, Value], cst.CSTNode], Value]"
)

# One root may take this many steps (statements, calls, loop turns) before it is given up; calls are
# no longer followed after the first half, which ends nearly every run that would go on for long.
BUDGET = 40_000
# How many calls deep the interpreter follows a program.
DEPTH = 7
ACTIVATIONS = 32  # of one function, within one root
# A value that depends on more draws and inputs than this forgets all but its own.
MOST_LABELS = 64
# More alternatives than this and a variable is simply unknown.
WIDEST_CHOICE = 6
RECENT_ENDS = 15


class Evaluation:
    """One evaluation of one call; as a label it says that a value depends on what was drawn."""

    __slots__ = ("draw",)

    def __init__(self, *, draw: bool = False) -> None:
        self.draw = draw  # by a catalogued sampler, not by an unknown callable


class OutOfBudget(Exception):
    """The interpretation of one root takes too long; it is given up."""


class Interpreter:
    """One root's interpretation: frames, heap, path, identities and the events seen so far."""

    def __init__(
        self,
        catalogue: Catalogue,
        expressions: Mapping[type, Evaluator],
        statements: Mapping[type, Executor],
        applier: Applier,
        opaque: Opaque,
        finisher: Callable[[Interpreter, Frame], None],
        budget: int = BUDGET,
        project: Project | None = None,
    ) -> None:
        self.project = project
        self.catalogue = catalogue
        self.expressions = expressions
        self.statements = statements
        self.applier = applier
        self.opaque = opaque
        self.finish = finisher
        self.budget = budget
        self.steps = 0
        self.frames: list[Frame] = []
        self.frame: Frame = None  # type: ignore[assignment]  # set by the first `enter`
        self.path: Path = EMPTY
        self.ended: tuple[Path, ...] = ()  # under which conditions this function is over by now
        self.heap: dict[object, Value] = {}
        self.lanes: tuple[Lane, ...] = ()
        self.evaluation: object = None  # the call being evaluated, one object per evaluation
        self.module_frames: dict[str, Frame] = {}
        self.facts: dict[tuple[object, str], Value | None] = {}
        self.lineages: dict[object, list[ClassDefinition]] = {}
        self.globals: dict[tuple[str, str], Value] = {}
        self.symbols: dict[tuple[object, ...], Symbol] = {}
        self.identities: dict[tuple[object, ...], KeyIdentity] = {}
        self.versions: dict[Symbol, int] = {}
        self.conflicts: list[Conflict] = []
        self.events: list[Event] = []
        self.called: set[cst.CSTNode] = set()  # functions interpreted at a call
        self.activations: dict[cst.CSTNode, int] = {}
        self.silent = 0
        self.spread: set[int] = set()  # ids of the arguments a starred container gave
        self.derivatives: tuple[Differentiated, ...] = ()
        self.due: dict[object, Transformed] = {}  # derivatives made, not called so far
        self.differentiating: set[cst.CSTNode] = set()  # calls that took a derivative
        self.derivations = 0
        self.next_turns: dict[object, int] = {}
        self.compared: list[tuple[Labels, Labels, bool]] = []
        self.uses: dict[object, list[Use]] = {}
        self.shared: set[tuple[object, KeyIdentity]] = set()
        self.derived_names: dict[tuple[cst.CSTNode, str], DerivedName] = {}
        self.key_parameters: dict[tuple[cst.CSTNode, str], KeyParameter] = {}
        self.read: set[KeyIdentity] = set()
        self.entering: tuple[Trace | None, Family | None] | None = None

    # --- dispatch

    def evaluate(self, node: cst.CSTNode) -> Value:
        """The value of an expression."""
        evaluator = self.expressions.get(type(node))
        if evaluator is None:
            return UNKNOWN
        return evaluator(self, node)

    def execute(self, statements: Iterable[cst.CSTNode]) -> bool:
        """Run statements in order; False when control does not fall off their end."""
        for statement in statements:
            self.step()
            executor = self.statements.get(type(statement))
            if executor is not None and not executor(self, statement):
                return False
        return True

    def apply(
        self,
        callee: Value,
        args: SequenceOf[Value],
        kwargs: Mapping[str, Value],
        node: cst.CSTNode,
    ) -> Value:
        """Call a value."""
        return self.applier(self, callee, args, kwargs, node)

    def call_opaquely(
        self,
        name: str,
        args: SequenceOf[Value],
        kwargs: Mapping[str, Value],
        node: cst.CSTNode,
    ) -> Value:
        """Call a function without looking inside."""
        return self.opaque(self, name, args, kwargs, node)

    def step(self, cost: int = 1) -> None:
        """Spend budget.

        Raises:
            OutOfBudget: nothing is left.
        """
        self.steps += cost
        if self.steps > self.budget:
            raise OutOfBudget

    # --- where we are

    def place(self, node: cst.CSTNode, frame: Frame | None = None) -> Place:
        """`node` as a place of the frame that is running (or of `frame`)."""
        return Place(node, (frame or self.frame).segment)

    def spot(self, node: cst.CSTNode) -> Spot:
        """`node` in the running frame, at this turn of its loops."""
        return Spot(node, self.frame, self.frame.loops)

    def made(self, node: cst.CSTNode) -> Made:
        """A derivation by `node`, here and now."""
        self.derivations += 1
        return Made(node, self.frame, self.frame.loops, self.derivations)

    def emit(self, event: Event) -> None:
        """Tell the rules, unless this is only a look ahead."""
        if not self.silent:
            self.events.append(event)

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Look ahead: no use is noted and no event is told."""
        self.silent += 1
        try:
            yield
        finally:
            self.silent -= 1

    # --- symbols

    def symbol(self, op: str, *args: object, name: str = "") -> Symbol:
        """The symbol for `op` on `args`: the same for the same arguments."""
        key = (op, *args)
        found = self.symbols.get(key)
        if found is None:
            found = self.symbols[key] = Symbol(op, args, name)
        return found

    def symbol_of(self, value: Value) -> Symbol:
        """The symbol that stands for `value` in conditions and indices."""
        match value:
            case Unknown():
                return value.identity()
            case Const():
                return self.symbol("const", type(value.value), value.value)
            case Key() | KeyArray():
                return value.identity.symbol or self.symbol("key", value.identity)
            case Instance():
                return value.symbol
            case External():
                return self.symbol("external", value.name)
            case _:
                return self.symbol("object", value)

    def derived(self, op: str, *values: Value) -> Unknown:
        """An unknown value that is a function of `values` alone."""
        symbol = self.symbol(op, *map(self.symbol_of, values))
        return Unknown(symbol, self.labels(values))

    def labels(self, values: Iterable[Value]) -> frozenset[object]:
        """The union of what the values depend on."""
        found: frozenset[object] = frozenset()
        for value in values:
            more = labels_of(value)
            if more:
                found |= more
        return found

    def drawn(self, values: Iterable[Value], evaluation: object) -> Labels:
        """The labels of a draw: what its arguments depend on, and the draw itself."""
        labels = self.labels(values)
        if len(labels) > MOST_LABELS:
            labels = frozenset(each for each in labels if not isinstance(each, Evaluation))
        return labels | {evaluation}

    def compare(self, values: SequenceOf[Value], *, arms: bool = False) -> None:
        """Two draws meet in an assertion, or as arms of which one is taken: not a mistake."""
        if len(values) == 1 and isinstance(values[0], Sequence):
            values = values[0].items
        for value in values:
            if isinstance(value, Record):  # what is expected, name by name
                self.compare(list(value.items.values()))
        for position, value in enumerate(values):
            for other in values[position + 1 :]:
                left, right = labels_of(value), labels_of(other)
                if left - right and right - left:
                    self.compared.append((left - right, right - left, arms))

    # --- branching

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

    def branch(
        self, base: Snapshot, literals: Path, body: Iterable[cst.CSTNode]
    ) -> Snapshot | None:
        """Run `body` from `base` under `literals`; the state at its end, None if it never ends."""
        self.step(len(base.path) // 64)  # copying and comparing long paths takes its time
        if contradict(base.path, literals):
            return None
        self.restore(Snapshot(dict(base.env), dict(base.heap), extend(base.path, literals)))
        if not self.execute(body):
            return None
        return Snapshot(self.frame.env, self.heap, self.path)

    def join(self, base: Path, states: Iterable[Snapshot | None]) -> bool:
        """Continue with whatever the live states have in common; False when none is alive."""
        alive = [state for state in states if state is not None]
        if not alive:
            return False
        merged = alive[0]
        for state in alive[1:]:
            merged = self.merge(base, merged, state)
        self.restore(merged)
        return True

    def merge(self, base: Path, one: Snapshot, other: Snapshot) -> Snapshot:
        """The state after either of two branches that left `base`."""
        here, there = one.path - base, other.path - base
        env = _merge_bindings(self, one.env, here, other.env, there)
        heap = (
            one.heap
            if one.heap == other.heap
            else _merge_bindings(self, one.heap, here, other.heap, there)
        )
        return Snapshot(env, heap, one.path & other.path)

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
            kept = self._distinct(kept, exact=False)
        if not kept:
            return UNKNOWN
        if len(kept) == 1:
            return kept[0][1]
        if len(kept) > WIDEST_CHOICE:
            return Unknown(None, self.labels([value for _, value in kept]))
        return Choice(tuple(kept))

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
            if not contradict(path, self.path):
                yield path, option

    def resolve(self, value: Value) -> Value:
        """`value` without the alternatives that the path rules out."""
        if not isinstance(value, Choice):
            return value
        possible = tuple(self.options(value))
        if len(possible) == 1:
            return possible[0][1]
        if not possible:
            return UNKNOWN
        return Choice(possible) if len(possible) < len(value.options) else value

    def per_option(self, value: Value, act: Callable[[Value], Value]) -> Value:
        """`act` on every alternative, under its path."""
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

    # --- frames

    def forget(self) -> None:
        """Let go of all frames and keys: they hold each other, and somebody would have to search.

        Looking for such circles would cost a tenth of the time of a run.
        """
        for frame in self.frames:
            frame.forget()
        for identity in self.identities.values():
            identity.members.clear()
            identity.uses.clear()

    @contextmanager
    def enter(self, frame: Frame) -> Iterator[None]:
        """Run in `frame`, then come back."""
        before, ended = self.frame, self.ended
        self.frame = frame
        self.frames.append(frame)
        try:
            yield
        finally:
            self.frame, self.ended = before, ended

    def leave(self, value: Value) -> None:
        """Note that the running frame returns `value` in the present state."""
        self.frame.returns.append(Outcome(value, self.snapshot()))
        self.end()

    def end(self) -> None:
        """Note that the function is over on the present path.

        One condition is on the path of whatever follows; of several a join would forget all.
        """
        conditions = self.path - self.frame.entry_path
        if len(conditions) > 1:
            self.ended = (*self.ended[-RECENT_ENDS:], conditions)


_Name = TypeVar("_Name")


def _merge_bindings(
    machine: Interpreter,
    one: Mapping[_Name, Value],
    here: Path,
    other: Mapping[_Name, Value],
    there: Path,
) -> dict[_Name, Value]:
    merged = dict(one)
    for name, value in other.items():
        mine = merged.get(name)
        if mine is None:
            merged[name] = value
        elif mine is not value:
            merged[name] = machine.choice([(here, mine), (there, value)])
    return merged
