"""How much one root may cost: steps, and of these how many for calls that are followed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import libcst as cst

# One root may take this many steps (statements, calls, loop turns) before it is given up; half of
# them may be spent on following calls, which ends nearly every run that would go on for long.
BUDGET = 40_000
VISITS = 16  # parts of a nested value that are looked at for one step
LONG = 512  # items of a sequence that are copied for one step


class OutOfBudget(Exception):
    """The interpretation of one root takes too long; it is given up."""


class Budget:
    """The steps of one root: `limit` of them, `allowance` for calls of other functions."""

    def __init__(self, limit: int = BUDGET) -> None:
        self.limit = limit
        self.steps = 0
        self.allowance = limit // 2  # steps of other functions that calls may be followed for
        self.followed = 0  # of these, taken by now
        self.cut_short = False  # a call was not followed for want of them
        self.visited = 0
        self.activations: dict[cst.CSTNode, int] = {}  # of each function
        self._since: int | None = None  # when the call began that is being followed

    def step(self, cost: int = 1) -> None:
        """Spend some of it.

        Raises:
            OutOfBudget: nothing is left.
        """
        self.steps += cost
        if self.steps > self.limit:
            raise OutOfBudget

    def visit(self) -> None:
        """Look at one part of a nested value; some of them are a step."""
        self.visited += 1
        if not self.visited % VISITS:
            self.step()

    def allow(self, steps: int) -> None:
        """Let calls of other functions take no more than so many."""
        self.allowance = min(self.allowance, steps)

    def activate(self, function: cst.CSTNode) -> int:
        """Count one more activation of a function; how many there were."""
        times = self.activations[function] = self.activations.get(function, 0) + 1
        return times

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
        enough = self.followed + now <= self.allowance and self.steps <= self.limit // 2
        self.cut_short |= not enough
        return enough
