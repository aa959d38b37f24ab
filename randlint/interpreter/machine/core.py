"""The machine: state of one interpretation, and dispatch on node type.

What expressions, statements and calls mean stands in their own modules and is handed in as tables,
so that imports point one way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Sequence as SequenceOf
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias

import libcst as cst

from randlint.interpreter.domain.frames import (
    Family,
    Frame,
    Function,
    Lane,
    Outcome,
    Snapshot,
    Spot,
    Trace,
)
from randlint.interpreter.domain.identity import Conflict, KeyIdentity, Made, Use
from randlint.interpreter.domain.labels import Evaluation
from randlint.interpreter.domain.paths import Path, contradict, extend
from randlint.interpreter.domain.symbols import UNKNOWN, Const, Labels, Symbol, Unknown, Value
from randlint.interpreter.domain.values import (
    External,
    Instance,
    Key,
    KeyArray,
    Record,
    Sequence,
    Transformed,
    labels_of,
)
from randlint.interpreter.events import Event, Place
from randlint.interpreter.machine.branching import Branching

if TYPE_CHECKING:
    from randlint.catalogue import Catalogue
    from randlint.interpreter.domain.counting import Counter
    from randlint.interpreter.domain.definitions import ClassDefinition
    from randlint.interpreter.domain.frames import KeyParameter
    from randlint.interpreter.domain.identity import DerivedName
    from randlint.interpreter.domain.labels import Differentiated
    from randlint.interpreter.domain.summary import Summary
    from randlint.interpreter.program.project import Project

Evaluator: TypeAlias = "Callable[[Interpreter, cst.CSTNode], Value]"
Executor: TypeAlias = "Callable[[Interpreter, cst.CSTNode], bool]"
Applier: TypeAlias = (
    "Callable[[Interpreter, Value, SequenceOf[Value], Mapping[str, Value], cst.CSTNode], Value]"
)
Opaque: TypeAlias = (
    "Callable[[Interpreter, str, SequenceOf[Value], Mapping[str, Value], cst.CSTNode], Value]"
)

# One root may take this many steps (statements, calls, loop turns) before it is given up; half of
# them may be spent on following calls, which ends nearly every run that would go on for long.
BUDGET = 40_000
VISITS = 16  # parts of a nested value that are looked at for one step
LONG = 512  # items of a sequence that are copied for one step
# How many calls deep the interpreter follows a program.
DEPTH = 7
ACTIVATIONS = 32  # of one function, within one root
# A value that depends on more draws and inputs than this forgets all but its own.
MOST_LABELS = 64
RECENT_ENDS = 15


class OutOfBudget(Exception):
    """The interpretation of one root takes too long; it is given up."""


class Interpreter(Branching):
    """One root's interpretation: frames, heap, path, identities and the events seen so far."""

    def __init__(
        self,
        catalogue: Catalogue,
        expressions: Mapping[type, Evaluator],
        statements: Mapping[type, Executor],
        applier: Applier,
        opaque: Opaque,
        finisher: Callable[[Interpreter, Frame, Value], None],
        budget: int = BUDGET,
        project: Project | None = None,
    ) -> None:
        super().__init__()
        self.project = project
        self.catalogue = catalogue
        self.expressions = expressions
        self.statements = statements
        self.applier = applier
        self.opaque = opaque
        self.finish = finisher
        self.budget = budget
        self.steps = 0
        self.allowance = budget // 2  # steps of other functions that calls may be followed for
        self.followed = 0  # of these, taken by now
        self.cut_short = False  # a call was not followed for want of them
        self._since: int | None = None  # when the call began that is being followed
        self.visited = 0
        self.frames: list[Frame] = []
        self.running = 0  # how many of them have not returned
        self.ended: tuple[Path, ...] = ()  # under which conditions this function is over by now
        self.lanes: tuple[Lane, ...] = ()
        self.evaluation: object = None  # the call being evaluated, one object per evaluation
        self.module_frames: dict[str, Frame] = {}
        self.facts: dict[tuple[object, str], Value | None] = {}
        self.generators: dict[tuple[object, str], bool] = {}  # names that are no keys, by segment
        self.lineages: dict[object, list[ClassDefinition]] = {}
        self.resolving = 0  # globals, one for the other
        self.globals: dict[tuple[str, str], Value] = {}
        self.symbols: dict[tuple[object, ...], Symbol] = {}
        self.identities: dict[tuple[object, ...], KeyIdentity] = {}
        self.counters: dict[cst.CSTNode, Mapping[str, Counter]] = {}  # by loop
        self.tests: dict[Symbol, object] = {}  # of values that are outcomes of tests
        self.versions: dict[Symbol, int] = {}
        self.conflicts: list[Conflict] = []
        self.events: list[Event] = []
        self.called: set[cst.CSTNode] = set()  # functions interpreted at a call
        self.activations: dict[cst.CSTNode, int] = {}
        self.silent = 0
        self.guessing = False  # about a call that is too deep to be followed
        self.repeating = 0  # loops in their second turn
        self.spread: set[Value] = set()  # the arguments that a starred container gave
        self.derivatives: tuple[Differentiated, ...] = ()
        self.ambient: Labels = frozenset()  # of the parameters that layers read out of the air
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
        self.summary_of: Callable[[Function], Summary | None] = lambda _: None
        self.subject: Function | None = None  # the root, where a summary of it is wanted
        self.given: dict[str, Value] = {}  # its parameters
        self.summary: Summary | None = None

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

    def visit(self) -> None:
        """Look at one part of a nested value; some of them are a step."""
        self.visited += 1
        if not self.visited % VISITS:
            self.step()

    def step(self, cost: int = 1) -> None:
        """Spend budget.

        Raises:
            OutOfBudget: nothing is left.
        """
        self.steps += cost
        if self.steps > self.budget:
            raise OutOfBudget

    @contextmanager
    def following(self) -> Iterator[None]:
        """Count the steps of a function that is followed, and of those that it calls."""
        if self._since is not None:
            yield
            return
        self._since = self.steps
        try:
            yield
        finally:
            self.followed += self.steps - self._since
            self._since = None

    def may_follow(self) -> bool:
        """Whether there are steps left for one more call of another function."""
        now = 0 if self._since is None else self.steps - self._since
        enough = self.followed + now <= self.allowance and self.steps <= self.budget // 2
        self.cut_short |= not enough
        return enough

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

    def turns(self) -> Iterator[int]:
        """The turns of a loop whose length nobody knows.

        Two show what one turn does to the next. Inside of a second turn one is enough: what a loop
        does to itself was seen in the first. So it is where the first has nothing to do with keys.
        """
        before = self._keys_so_far()
        yield 0
        if not self.repeating and (self.derivatives or self._keys_so_far() != before):
            self.repeating += 1
            try:
                yield 1
            finally:
                self.repeating -= 1

    def _keys_so_far(self) -> tuple[int, ...]:
        """What grows whenever a key is made, derived or used up, or something is told of one."""
        return self.derivations, len(self.identities), len(self.uses), len(self.events)

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

    def drawn(self, values: Iterable[Value], evaluation: object) -> Labels:
        """The labels of a draw: what its arguments depend on, and the draw itself."""
        labels = self.labels(values)
        if len(labels) > MOST_LABELS:
            labels = frozenset(each for each in labels if not isinstance(each, Evaluation))
        return labels | {evaluation}

    def compare(self, values: SequenceOf[Value], *, arms: bool = False) -> None:
        """Two draws meet in an assertion, or as arms of which one is taken: not a mistake."""
        waiting, seen = [(values, arms)], set[int]()
        while waiting:
            values, arms = waiting.pop()
            if len(values) == 1 and isinstance(values[0], Sequence):
                values = values[0].items
            self.step(len(values) ** 2 // LONG)
            for value in values:  # what is expected, name by name
                if isinstance(value, Record) and id(value) not in seen:
                    seen.add(id(value))
                    waiting.append((list(value.items.values()), False))
            for position, value in enumerate(values):
                for other in values[position + 1 :]:
                    left, right = labels_of(value), labels_of(other)
                    if left - right and right - left:
                        self.compared.append((left - right, right - left, arms))

    # --- branching

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

    # --- frames

    def forget(self) -> None:
        """Let go of all frames and keys: they hold each other, and somebody would have to search.

        Looking for such circles would cost a tenth of the time of a run.
        """
        for frame in self.frames:
            frame.forget()
        self.excluded.clear()
        for identity in self.identities.values():
            identity.forget()

    @contextmanager
    def enter(self, frame: Frame) -> Iterator[None]:
        """Run in `frame`, then come back."""
        before, ended = self.frame, self.ended
        self.frame = frame
        self.frames.append(frame)
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
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
