"""Watching chosen lines while tests run: how often they run, what they raise, what they call.

By `sys.monitoring`, or `sys.settrace` before Python 3.12. Only the functions that a plan names are
followed line by line.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import CodeType, FrameType
from typing import Any

from randlint_runtime.verify._plan import Parameter, Plan

_TOOL = 4  # a slot of sys.monitoring that no debugger, profiler or coverage tool claims
_ENTROPY = {
    "time": {"time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"},
    "posix": {"urandom", "getrandom", "getpid", "times"},
    "nt": {"urandom", "getpid", "times"},
}
_CLOCK_METHODS = {"now", "utcnow", "today"}  # of datetime's classes
_SEEDED = "RND302"

Place = tuple[str, int]


class LineWatcher:
    """Watches the lines of a plan.

    Attributes:
        counts: how often every line ran.
        errors: ``(file, line, kind)`` of every exception that left a line.
        entropy: ``(file, line, function)`` of every clock or entropy source that a line asked.
    """

    def __init__(
        self,
        plan: Plan,
        on_line: Callable[[str, int, set[str]], None],
        on_call: Callable[[str, Parameter, Any], None],
    ) -> None:
        self.counts: Counter[Place] = Counter()
        self.errors: set[tuple[str, int, str]] = set()
        self.entropy: Counter[tuple[str, int, str]] = Counter()
        self._plan = plan
        self._on_line = on_line
        self._on_call = on_call
        self._real: dict[str, str] = {}
        self._paused = False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """See nothing during a block."""
        self._paused = True
        try:
            yield
        finally:
            self._paused = False

    @contextmanager
    def watching(self) -> Iterator[bool]:
        """Watch during a block; yields False where another tool holds the tracing hook."""
        if not self._plan.lines:
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

    # -- what happens

    def _rows(self, code: CodeType) -> dict[int, set[str]] | None:
        return self._plan.lines.get(self._name(code.co_filename))

    def _name(self, filename: str) -> str:
        real = self._real.get(filename)
        if real is None:
            real = self._real[filename] = os.path.realpath(filename)
        return real

    def _entered(self, frame: FrameType) -> None:
        filename = self._name(frame.f_code.co_filename)
        if self._paused:
            return
        for parameter in self._plan.parameters.get(filename, ()):
            names = frame.f_code.co_varnames[: _parameters_of(frame.f_code)]
            if parameter.first == frame.f_code.co_firstlineno and parameter.name in names:
                # What a trace function raises would end up in the program that is watched.
                with suppress(Exception):
                    self._on_call(filename, parameter, frame.f_locals.get(parameter.name))

    def _line(self, frame: FrameType, line: int, codes: set[str]) -> None:
        if self._paused:
            return
        filename = self._name(frame.f_code.co_filename)
        self.counts[filename, line] += 1
        if _SEEDED in codes and sys.getprofile() is None:
            sys.setprofile(self._profiler(frame))
        with suppress(Exception):
            self._on_line(filename, line, codes)

    def _raised(self, code: CodeType, line: int, kind: str) -> None:
        if line in (self._rows(code) or ()):
            self.errors.add((self._name(code.co_filename), line, kind))

    def _profiler(self, watched: FrameType) -> Any:
        """A profile function that looks at what a line calls, until the function returns."""
        rows = self._rows(watched.f_code) or {}
        filename = self._name(watched.f_code.co_filename)

        def profile(frame: FrameType, event: str, arg: Any) -> None:
            if event == "return" and frame is watched:
                sys.setprofile(None)
            elif event == "c_call" and _is_entropy(arg):
                line = watched.f_lineno
                if _SEEDED in rows.get(line, ()):
                    self.entropy[filename, line, _full_name(arg)] += 1

        return profile

    # -- sys.settrace

    def _trace(self, frame: FrameType, event: str, arg: Any) -> Any:
        del event, arg
        if self._rows(frame.f_code) is None:
            return None
        self._entered(frame)
        return self._trace_lines

    def _trace_lines(self, frame: FrameType, event: str, arg: Any) -> Any:
        if event == "exception":
            self._raised(frame.f_code, frame.f_lineno, arg[0].__name__)
        if event == "line":
            codes = (self._rows(frame.f_code) or {}).get(frame.f_lineno)
            if codes is not None:
                self._line(frame, frame.f_lineno, codes)
        return self._trace_lines

    # -- sys.monitoring

    @contextmanager
    def _monitoring(self) -> Iterator[bool]:
        monitoring: Any = vars(sys)["monitoring"]
        try:
            monitoring.use_tool_id(_TOOL, "randlint")
        except ValueError:
            yield False
            return

        def on_start(code: Any, _: int) -> Any:
            if self._name(code.co_filename) not in self._plan.parameters:
                return monitoring.DISABLE
            self._entered(sys._getframe(1))
            return None

        def on_line(code: Any, line: int) -> Any:
            codes = (self._rows(code) or {}).get(line)
            if codes is None:
                return monitoring.DISABLE
            self._line(sys._getframe(1), line, codes)
            return None

        def on_raise(code: Any, offset: int, exception: BaseException) -> None:
            if self._rows(code):
                row = next((r for a, b, r in code.co_lines() if a <= offset < b and r), 0)
                self._raised(code, row, type(exception).__name__)

        events = monitoring.events
        callbacks = {
            events.PY_START: on_start,
            events.LINE: on_line,
            events.RAISE: on_raise,
            events.PY_UNWIND: on_raise,
        }
        for event, callback in callbacks.items():
            monitoring.register_callback(_TOOL, event, callback)
        monitoring.set_events(_TOOL, sum(callbacks))
        monitoring.restart_events()
        try:
            yield True
        finally:
            monitoring.set_events(_TOOL, 0)
            for event in callbacks:
                monitoring.register_callback(_TOOL, event, None)
            monitoring.free_tool_id(_TOOL)


def _parameters_of(code: CodeType) -> int:
    flags = bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)  # *args, **kwargs
    return code.co_argcount + code.co_kwonlyargcount + flags


def _is_entropy(function: Any) -> bool:
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type):
        return owner.__module__ == "datetime" and function.__name__ in _CLOCK_METHODS
    return function.__name__ in _ENTROPY.get(getattr(function, "__module__", None) or "", ())


def _full_name(function: Any) -> str:
    owner = getattr(function, "__self__", None)
    if isinstance(owner, type):
        return f"{owner.__module__}.{owner.__name__}.{function.__name__}"
    module = "os" if function.__module__ in ("posix", "nt") else function.__module__
    return f"{module}.{function.__name__}"
