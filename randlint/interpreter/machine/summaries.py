"""What is to be told of the function that is a root, and how to ask for another's summary."""

from __future__ import annotations

from collections.abc import Callable

from randlint.interpreter.domain.frames import Function
from randlint.interpreter.domain.summary import Summary
from randlint.interpreter.domain.symbols import Value


class Summaries:
    """The summary that a run makes, and those it makes use of."""

    def __init__(self, of: Callable[[Function], Summary | None]) -> None:
        self.of = of
        self.subject: Function | None = None  # the root, where a summary of it is wanted
        self.given: dict[str, Value] = {}  # its parameters
        self.summary: Summary | None = None

    def is_subject(self, function: Function) -> bool:
        """Whether it is the function of which a summary is wanted."""
        return self.subject is not None and function.node is self.subject.node
