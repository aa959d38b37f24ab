"""A progress bar on a terminal, for runs of more than a second."""

from __future__ import annotations

import contextlib
import time
from types import TracebackType
from typing import TextIO

_DELAY = 1.0  # seconds before anything is shown
_STEP = 0.1  # seconds between two pictures
_CELLS = 30


class ProgressBar:
    """Use as a context manager and call with (done, total); it leaves the line empty behind it."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._enabled = stream is not None and stream.isatty()
        self._next = time.monotonic() + _DELAY
        self._drawn = 0  # characters on the line

    def __call__(self, done: int, total: int) -> None:
        """Draw the bar when it is time to."""
        now = time.monotonic()
        if not self._enabled or now < self._next:
            return
        self._next = now + _STEP
        filled = _CELLS * done // max(total, 1)
        bar = "#" * filled + "-" * (_CELLS - filled)
        picture = f"[{bar}] {done}/{total} files"
        self._write(f"\r{picture}")
        self._drawn = len(picture)

    def __enter__(self) -> ProgressBar:
        """Start counting the delay."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clear the line, also when the run is cut short."""
        if self._drawn:
            self._write(f"\r{' ' * self._drawn}\r")  # also right on a dumb terminal

    def _write(self, text: str) -> None:
        """A bar that cannot be drawn is no reason to stop."""
        if self._stream is not None:
            with contextlib.suppress(OSError):
                self._stream.write(text)
                self._stream.flush()
