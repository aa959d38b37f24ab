"""What one test process writes down for `randlint verify`, one JSON object per test."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import jax

from randlint_runtime import _jax
from randlint_runtime._observing import observe as _observe
from randlint_runtime._observing.announcements import Announcement
from randlint_runtime._observing.observe import (
    watching_calls,
    watching_gradients,
    watching_keys,
)
from randlint_runtime.ledger import KeyUse, Ledger
from randlint_runtime.verify import _differentiated
from randlint_runtime.verify._lines import LineWatcher
from randlint_runtime.verify._plan import Parameter, Plan

PLAN = "plan.json"  # a `Plan`, written before the tests start
_EVENTS = "events-{pid}.jsonl"
_MOST_CHILDREN = 64  # keys of one split that are told apart
_MOST_KEYS = 1 << 20  # keys of which it is known who made them
_LEAKED = re.compile(r"created on line (.+?):(\d+)(?::\d+)? \(")
_HOST = "RND301"


class Recording:
    """Collects the events of one test."""

    def __init__(self, test: str, plan: Plan) -> None:
        self.event: dict[str, Any] = {"test": test, "uses": [], "reuses": [], "shared": []}
        self.watcher = LineWatcher(plan, self._line, self._given)
        self._plan = plan
        self._gradients: Counter[tuple[Any, str, bool, int]] = Counter()
        self._called: set[KeyUse] = set()
        self._made: dict[KeyUse, dict[int, list[Any]]] = {}
        self._makers: dict[Any, set[KeyUse]] = {}
        self._folded: dict[Any, set[KeyUse]] = {}
        self._parameters: dict[str, list[Any]] = {}
        self._calls: Counter[str] = Counter()
        self._host: dict[tuple[str, int], Counter[str]] = {}
        self._leaks: set[tuple[str, int]] = set()

    # -- listeners

    def _line(self, filename: str, line: int, codes: set[str]) -> None:
        """A watched line is about to run; host draws are of interest under a trace."""
        if _HOST in codes:
            how = _jax.tracing()
            self._host.setdefault((filename, line), Counter())[how] += 1
            if how == "traced":
                _observe.track(_observe.TICK, json.dumps([filename, line]))

    def _given(self, filename: str, parameter: Parameter, value: Any) -> None:
        """A function whose key parameter is watched was called."""
        tag = json.dumps([filename, parameter.name, parameter.first, parameter.last])
        self._calls[tag] += 1
        if _observe.may_be_key(value):
            _observe.track(_observe.GIVEN, tag, value)

    def keys(self, said: Announcement, words: Any) -> None:
        """Take in keys that were made, folded into or given, and ticks."""
        if said.purpose == _observe.TICK:
            filename, line = json.loads(said.tag)
            self._host.setdefault((filename, line), Counter())["ran"] += 1
            return
        rows = words.reshape(-1, words.shape[-1]).tolist()
        keys = [(said.impl, *row) for row in rows]
        if said.purpose == _observe.GIVEN:
            self._parameters.setdefault(said.tag, []).extend(keys)
        elif said.purpose == _observe.FOLDED:
            for key in keys:
                self._folded.setdefault(key, set()).add(KeyUse("fold_in", said.site))
        else:
            self._take_made(KeyUse(said.sampler, said.site), keys, said.count)

    def _take_made(self, maker: KeyUse, keys: list[Any], count: int) -> None:
        children = self._made.setdefault(maker, {}) if self._watches(maker) else None
        for number, key in enumerate(keys):
            child = number % count
            if child < _MOST_CHILDREN:
                if len(self._makers) < _MOST_KEYS:
                    self._makers.setdefault(key, set()).add(maker)
                if children is not None:
                    children.setdefault(child, []).append(key)

    def _watches(self, maker: KeyUse) -> bool:
        frame = maker.site.frame
        return frame is not None and "RND109" in self._plan.lines.get(
            os.path.realpath(frame.filename), {}
        ).get(frame.line, ())

    def call(self, said: Announcement) -> None:
        """Take in the call of a sampler, which may be traced and never run."""
        self._called.add(KeyUse(said.sampler, said.site))

    def gradient(self, said: Announcement, parameters: tuple[str, ...]) -> None:
        """Take in one derivative through a sampler."""
        use = KeyUse(said.sampler, said.site)
        for parameter in parameters:
            self._gradients[use, parameter, said.reference, said.order] += 1

    def leak(self, message: str) -> None:
        """Take in a message about a leaked tracer: it says where the tracer was made."""
        found = _LEAKED.search(message)
        if found is not None:
            self._leaks.add((os.path.realpath(found[1]), int(found[2])))

    # -- the result

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
        self.event["made"] = [
            {**_use(use), "children": [self._used(keys, ledger) for keys in children.values()]}
            for use, children in self._made.items()
        ]
        self.event["given"] = [self._parameter(tag, ledger) for tag in self._calls]

    def _used(self, keys: list[Any], ledger: Ledger) -> list[int]:
        """How many keys there are, how many were used, and how many if only this line made them."""
        used = [k for k in keys if ledger.users(k) or k in self._folded]
        return [len(keys), len(used), sum(len(self._makers.get(k, ())) < 2 for k in used)]

    def _parameter(self, tag: str, ledger: Ledger) -> dict[str, Any]:
        keys = self._parameters.get(tag, [])
        users = dict.fromkeys(
            use for key in keys for use in (*ledger.users(key), *self._folded.get(key, ()))
        )
        return {
            "parameter": json.loads(tag),
            "calls": self._calls[tag],
            "keys": len(keys),
            "users": [_use(use) for use in users],
        }

    def finish(self, counted: bool) -> dict[str, Any]:
        """The whole event."""
        watcher = self.watcher
        self.event["errors"] = sorted(watcher.errors)
        self.event["called"] = [_use(use) for use in self._called]
        self.event["entropy"] = [[*key, n] for key, n in watcher.entropy.items()]
        self.event["leaks"] = sorted(self._leaks)
        self.event["gradients"] = [
            {**_use(use), "parameter": name, "reference": reference, "order": order, "times": n}
            for (use, name, reference, order), n in self._gradients.items()
        ]
        self.event["host"] = [[*place, dict(counts)] for place, counts in self._host.items()]
        self.event["lines"] = [[file, line, n] for (file, line), n in watcher.counts.items()]
        self.event["lines_counted"] = counted
        return self.event


def _use(use: KeyUse) -> dict[str, Any]:
    frames = [[os.path.realpath(f.filename), f.line, f.function] for f in use.site.frames]
    return {"sampler": use.sampler, "frames": frames}


@contextmanager
def recording(directory: str, test: str) -> Iterator[Recording]:
    """Record one test; the event is appended when the block is left."""
    folder = Path(directory)
    plan = Plan.from_json(json.loads((folder / PLAN).read_text()))
    found = Recording(test, plan)
    differentiated = _differentiated.Watcher(plan, found.watcher)
    counted = False
    try:
        with ExitStack() as stack:
            stack.enter_context(watching_gradients(found.gradient))
            stack.enter_context(watching_calls(found.call))
            if plan.codes & {"RND109", "RND115", "RND301"}:
                stack.enter_context(watching_keys(found.keys))
            if "RND112" in plan.codes:
                stack.enter_context(_watched_leaks(found.leak))
            stack.enter_context(differentiated.watching())
            counted = stack.enter_context(found.watcher.watching())
            yield found
    finally:
        event = found.finish(counted)
        event["meetings"] = differentiated.events()
        with (folder / _EVENTS.format(pid=os.getpid())).open("a") as file:
            file.write(json.dumps(event) + "\n")


def read(directory: Path) -> list[dict[str, Any]]:
    """All events that the processes of a run wrote."""
    return [
        json.loads(line)
        for file in sorted(directory.glob(_EVENTS.format(pid="*")))
        for line in file.read_text().splitlines()
    ]


@contextmanager
def _watched_leaks(on_leak: Callable[[str], None]) -> Iterator[None]:
    """Call ``on_leak(message)`` whenever jax finds a tracer outside of the trace that made it."""
    kind: Any = jax.errors.UnexpectedTracerError
    original = kind.__init__

    def observed(self: Any, message: str) -> None:
        on_leak(message)
        original(self, message)

    kind.__init__ = observed
    try:
        yield
    finally:
        kind.__init__ = original
