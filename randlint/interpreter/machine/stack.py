"""The calls that are running, and how they run."""

from __future__ import annotations

import libcst as cst

from randlint.interpreter.domain.frames import Family, Frame, Lane, Trace
from randlint.interpreter.domain.paths import Path
from randlint.interpreter.domain.symbols import Value

RECENT_ENDS = 15


class Stack:
    """Frames of a run, and what is on the way from a caller to the function it calls."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []  # all there ever were
        self.running = 0  # how many of them have not returned
        self.ended: tuple[Path, ...] = ()  # under which conditions this function is over by now
        self.lanes: tuple[Lane, ...] = ()
        self.entering: tuple[Trace | None, Family | None] | None = None
        self.spread: set[Value] = set()  # the arguments that a starred container gave
        self.called: set[cst.CSTNode] = set()  # functions interpreted at a call
        self.guessing = False  # about a call that is too deep to be followed
        self.repeating = 0  # loops in their second turn

    def end(self, conditions: Path) -> None:
        """Note that the running function is over under conditions.

        One condition is on the path of whatever follows; of several a join would forget all.
        """
        if len(conditions) > 1:
            self.ended = (*self.ended[-RECENT_ENDS:], conditions)

    def forget(self) -> None:
        """Let go of all frames: they hold each other."""
        for frame in self.frames:
            frame.forget()
