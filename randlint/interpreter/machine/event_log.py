"""The events of one interpretation: what the rules will be told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from randlint.interpreter.events import Event


class EventLog:
    """The events of a run, in the order in which they happened."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self.silent = 0  # looks ahead that are going on

    def emit(self, event: Event) -> None:
        """Tell the rules, unless this is only a look ahead."""
        if not self.silent:
            self.told.append(event)

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """Look ahead: no use is noted and no event is told."""
        self.silent += 1
        try:
            yield
        finally:
            self.silent -= 1
