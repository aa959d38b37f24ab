"""The machine: what one interpretation knows, in parts, and dispatch on node type.

What expressions, statements and calls mean stands in the rooms above and is handed in, as a
`Meaning`, so that imports point one way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Sequence as SequenceOf
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import libcst as cst

from randlint.catalogue import Catalogue
from randlint.interpreter.domain.frames import Frame, Function, Outcome, Snapshot, Spot
from randlint.interpreter.domain.identity import Made
from randlint.interpreter.domain.paths import Path, contradict, extend
from randlint.interpreter.domain.summary import Summary
from randlint.interpreter.domain.symbols import UNKNOWN, Labels, Unknown, Value
from randlint.interpreter.domain.values import Record, Sequence, labels_of
from randlint.interpreter.events import Place
from randlint.interpreter.machine.branching import Branching
from randlint.interpreter.machine.budget import LONG, Budget
from randlint.interpreter.machine.event_log import EventLog
from randlint.interpreter.machine.ledger import Ledger
from randlint.interpreter.machine.names import Names, Project
from randlint.interpreter.machine.open_derivatives import Derivatives
from randlint.interpreter.machine.stack import Stack
from randlint.interpreter.machine.summaries import Summaries
from randlint.interpreter.machine.symbols import Symbols

Evaluator: TypeAlias = "Callable[[Interpreter, cst.CSTNode], Value]"
Executor: TypeAlias = "Callable[[Interpreter, cst.CSTNode], bool]"
Applier: TypeAlias = (
    "Callable[[Interpreter, Value, SequenceOf[Value], Mapping[str, Value], cst.CSTNode], Value]"
)
Opaque: TypeAlias = (
    "Callable[[Interpreter, str, SequenceOf[Value], Mapping[str, Value], cst.CSTNode], Value]"
)

# How many calls deep the interpreter follows a program.
DEPTH = 7
ACTIVATIONS = 32  # of one function, within one root


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the program's code means: by type of node, by value called, at the end of a root."""

    expressions: Mapping[type, Evaluator]
    statements: Mapping[type, Executor]
    apply: Applier
    call_opaquely: Opaque
    finish: Callable[[Interpreter, Frame, Value], None]


class Interpreter(Branching):
    """One root's interpretation: the state that branches share, and parts with verbs of their own.

    `budget` is what it may cost; `ledger` the keys and their uses; `derivatives` those being taken;
    `names` what names stand for; `symbols` stand for unknown values; `stack` the calls running;
    `summaries` what is known of functions; `events` what rules are told.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        meaning: Meaning,
        *,
        project: Project | None = None,
        summary_of: Callable[[Function], Summary | None] = lambda _: None,
    ) -> None:
        super().__init__()
        self.catalogue = catalogue
        self.meaning = meaning
        self.budget = Budget()
        self.ledger = Ledger()
        self.derivatives = Derivatives()
        self.names = Names(project)
        self.symbols = Symbols()
        self.stack = Stack()
        self.summaries = Summaries(summary_of)
        self.events = EventLog()

    # --- dispatch

    def evaluate(self, node: cst.CSTNode) -> Value:
        """The value of an expression."""
        evaluator = self.meaning.expressions.get(type(node))
        if evaluator is None:
            return UNKNOWN
        return evaluator(self, node)

    def execute(self, statements: Iterable[cst.CSTNode]) -> bool:
        """Run statements in order; False when control does not fall off their end."""
        for statement in statements:
            self.budget.step()
            executor = self.meaning.statements.get(type(statement))
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
        return self.meaning.apply(self, callee, args, kwargs, node)

    def call_opaquely(
        self,
        name: str,
        args: SequenceOf[Value],
        kwargs: Mapping[str, Value],
        node: cst.CSTNode,
    ) -> Value:
        """Call a function without looking inside."""
        return self.meaning.call_opaquely(self, name, args, kwargs, node)

    # --- where we are

    def place(self, node: cst.CSTNode, frame: Frame | None = None) -> Place:
        """`node` as a place of the frame that is running (or of `frame`)."""
        return Place(node, (frame or self.frame).segment)

    def spot(self, node: cst.CSTNode) -> Spot:
        """`node` in the running frame, at this turn of its loops."""
        return Spot(node, self.frame, self.frame.loops)

    def made(self, node: cst.CSTNode) -> Made:
        """A derivation by `node`, here and now."""
        return self.ledger.made(node, self.frame)

    def turns(self) -> Iterator[int]:
        """The turns of a loop whose length nobody knows.

        Two show what one turn does to the next. Inside of a second turn one is enough: what a loop
        does to itself was seen in the first. So it is where the first has nothing to do with keys.
        """
        before = self._keys_so_far()
        yield 0
        if not self.stack.repeating and (self.derivatives.open or self._keys_so_far() != before):
            self.stack.repeating += 1
            try:
                yield 1
            finally:
                self.stack.repeating -= 1

    def _keys_so_far(self) -> tuple[int, ...]:
        """What grows whenever something is done to a key, or told of one."""
        return *self.ledger.size(), len(self.events.told)

    # --- values

    def derived(self, op: str, *values: Value) -> Unknown:
        """An unknown value that is a function of `values` alone."""
        symbol = self.symbols.make(op, *map(self.symbols.of, values))
        return Unknown(symbol, self.labels(values))

    def drawn(self, values: Iterable[Value], evaluation: object) -> Labels:
        """The labels of a draw: what its arguments depend on, and the draw itself."""
        return self.ledger.drawn(self.labels(values), evaluation)

    def compare(self, values: SequenceOf[Value], *, arms: bool = False) -> None:
        """Two draws meet in an assertion, or as arms of which one is taken: not a mistake."""
        waiting, seen = [(values, arms)], set[int]()
        while waiting:
            values, arms = waiting.pop()
            if len(values) == 1 and isinstance(values[0], Sequence):
                values = values[0].items
            self.budget.step(len(values) ** 2 // LONG)
            for value in values:  # what is expected, name by name
                if isinstance(value, Record) and id(value) not in seen:
                    seen.add(id(value))
                    waiting.append((list(value.items.values()), False))
            for position, value in enumerate(values):
                for other in values[position + 1 :]:
                    left, right = labels_of(value), labels_of(other)
                    if left - right and right - left:
                        self.ledger.compared.append((left - right, right - left, arms))

    # --- branching

    def branch(
        self, base: Snapshot, literals: Path, body: Iterable[cst.CSTNode]
    ) -> Snapshot | None:
        """Run `body` from `base` under `literals`; the state at its end, None if it never ends."""
        self.budget.step(len(base.path) // 64)  # copying and comparing long paths takes its time
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
        self.stack.forget()
        self.excluded.clear()
        self.ledger.forget()

    @contextmanager
    def enter(self, frame: Frame) -> Iterator[None]:
        """Run in `frame`, then come back."""
        stack = self.stack
        before, ended = self.frame, stack.ended
        self.frame = frame
        stack.frames.append(frame)
        stack.running += 1
        try:
            yield
        finally:
            stack.running -= 1
            self.frame, stack.ended = before, ended

    def leave(self, value: Value) -> None:
        """Note that the running frame returns `value` in the present state."""
        self.frame.exits.returns.append(Outcome(value, self.snapshot()))
        self.end()

    def end(self) -> None:
        """Note that the function is over on the present path."""
        self.stack.end(self.path - self.frame.entry_path)
