"""What one test process writes down for `randlint verify`, one JSON object per test."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from randlint_runtime._observe import Announcement, watching_gradients
from randlint_runtime.ledger import KeyUse, Ledger

PLAN = "plan.json"  # {filename: [lines to count]}, written before the tests start
_EVENTS = "events-{pid}.jsonl"
_LINE_TOOL = 4  # a slot of sys.monitoring that no debugger, profiler or coverage tool claims


class Recording:
    """Collects the events of one test."""

    def __init__(self, test: str) -> None:
        self.event: dict[str, Any] = {"test": test, "uses": [], "reuses": [], "shared": []}
        self._gradients: Counter[tuple[Any, str]] = Counter()

    def ledger(self, ledger: Ledger, *, allowed: str | None) -> None:
        """Take in what a ledger found."""
        self.event["uses"] = [{**_use(use), "times": n} for use, n in ledger.lines.items()]
        self.event["shared"] = [_use(use) for use in ledger.shared]
        self.event["reuses"] = [
            {
                "first": _use(reuse.first),
                "second": _use(reuse.second),
                "times": reuse.times,
                "allowed": reuse.allowed if reuse.allowed is not None else allowed,
                "text": str(reuse),
            }
            for reuse in ledger.all_reuses
        ]

    def gradient(self, announcement: Announcement, parameters: tuple[str, ...]) -> None:
        """Take in one derivative through a sampler."""
        use = KeyUse(announcement.sampler, announcement.site)
        for parameter in parameters:
            self._gradients[use, parameter] += 1

    def finish(self, counter: LineCounter, counted: bool) -> dict[str, Any]:
        """The whole event."""
        lines = counter.counts
        self.event["errors"] = sorted(counter.errors)
        self.event["gradients"] = [
            {**_use(use), "parameter": parameter, "times": n}
            for (use, parameter), n in self._gradients.items()
        ]
        self.event["lines"] = [[file, line, n] for (file, line), n in lines.items()]
        self.event["lines_counted"] = counted
        return self.event


def _use(use: KeyUse) -> dict[str, Any]:
    frames = [[os.path.realpath(f.filename), f.line, f.function] for f in use.site.frames]
    return {"sampler": use.sampler, "frames": frames}


@contextmanager
def recording(directory: str, test: str) -> Iterator[Recording]:
    """Record one test; the event is appended when the block is left."""
    folder = Path(directory)
    plan = json.loads((folder / PLAN).read_text()) if (folder / PLAN).exists() else {}
    counter = LineCounter({file: set(lines) for file, lines in plan.items()})
    found = Recording(test)
    try:
        with ExitStack() as stack:
            stack.enter_context(watching_gradients(found.gradient))
            counted = stack.enter_context(counter.counting())
            yield found
    finally:
        event = found.finish(counter, counted)
        with (folder / _EVENTS.format(pid=os.getpid())).open("a") as file:
            file.write(json.dumps(event) + "\n")


def read(directory: Path) -> list[dict[str, Any]]:
    """All events that the processes of a run wrote."""
    return [
        json.loads(line)
        for file in sorted(directory.glob(_EVENTS.format(pid="*")))
        for line in file.read_text().splitlines()
    ]


class LineCounter:
    """Counts how often chosen lines run: by `sys.monitoring`, or `sys.settrace` before 3.12."""

    def __init__(self, wanted: dict[str, set[int]]) -> None:
        self._wanted = wanted
        self._real: dict[str, set[int] | None] = {}
        self.counts: Counter[tuple[str, int]] = Counter()
        self.errors: set[tuple[str, int, str]] = set()

    def _lines(self, filename: str) -> set[int] | None:
        if filename not in self._real:
            self._real[filename] = self._wanted.get(os.path.realpath(filename))
        return self._real[filename]

    def _count(self, filename: str, line: int) -> None:
        self.counts[os.path.realpath(filename), line] += 1

    def _raised(self, filename: str, line: int, kind: str) -> None:
        if line in (self._lines(filename) or ()):
            self.errors.add((os.path.realpath(filename), line, kind))

    @contextmanager
    def counting(self) -> Iterator[bool]:
        """Count during a block; yields False where another tool holds the tracing hook."""
        if not self._wanted:
            yield True
        elif hasattr(sys, "monitoring"):
            with self._monitoring() as works:
                yield works
        elif sys.gettrace() is not None:
            yield False
        else:
            sys.settrace(self._trace)
            threading.settrace(self._trace)
            try:
                yield True
            finally:
                sys.settrace(None)
                threading.settrace(None)  # type: ignore[arg-type, unused-ignore]

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        del event, arg
        return self._trace_lines if self._lines(frame.f_code.co_filename) else None

    def _trace_lines(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "exception":
            self._raised(frame.f_code.co_filename, frame.f_lineno, arg[0].__name__)
        if event == "line" and frame.f_lineno in (self._lines(frame.f_code.co_filename) or ()):
            self._count(frame.f_code.co_filename, frame.f_lineno)
        return self._trace_lines

    @contextmanager
    def _monitoring(self) -> Iterator[bool]:
        monitoring: Any = vars(sys)["monitoring"]
        try:
            monitoring.use_tool_id(_LINE_TOOL, "randlint")
        except ValueError:
            yield False
            return

        def on_line(code: Any, line: int) -> Any:
            wanted = self._lines(code.co_filename)
            if wanted is None or line not in wanted:
                return monitoring.DISABLE
            self._count(code.co_filename, line)
            return None

        def on_raise(code: Any, offset: int, exception: BaseException) -> None:
            if self._lines(code.co_filename):
                row = next((r for a, b, r in code.co_lines() if a <= offset < b and r), 0)
                self._raised(code.co_filename, row, type(exception).__name__)

        kinds = {
            monitoring.events.LINE: on_line,
            monitoring.events.RAISE: on_raise,
            monitoring.events.PY_UNWIND: on_raise,
        }
        for kind, callback in kinds.items():
            monitoring.register_callback(_LINE_TOOL, kind, callback)
        monitoring.set_events(_LINE_TOOL, sum(kinds))
        monitoring.restart_events()
        try:
            yield True
        finally:
            monitoring.set_events(_LINE_TOOL, 0)
            for kind in kinds:
                monitoring.register_callback(_LINE_TOOL, kind, None)
            monitoring.free_tool_id(_LINE_TOOL)
