"""The ledger: the keys that a program uses while it runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import numpy as np

from randlint_runtime._observing.announcements import Announcement
from randlint_runtime._observing.conditions import Conditions, contradict
from randlint_runtime._observing.observe import watching
from randlint_runtime._source import Site
from randlint_runtime.ledger import _exchange

_MOST_USES_KEPT = 8  # uses of one key that a report lists


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One consumption of one key: the sampler's name and the line of its call.

    `process` names the process if it is another one (see `key_ledger`).
    """

    sampler: str
    site: Site
    process: str = ""

    def __str__(self) -> str:
        text = f"`{self.sampler}` at {self.site}"
        return f"{text}, process {self.process}," if self.process else text


@dataclass(frozen=True, slots=True)
class LedgerReuse:
    """One pair of lines that used equal keys.

    Attributes:
        first: the earlier use.
        second: the later one; the same line as `first` where a line repeats itself.
        times: how many keys were used by both.
        example: the data of one such key, as words.
        allowed: the reason given to `Ledger.allow`, if the later use was inside such a block.
    """

    first: KeyUse
    second: KeyUse
    times: int
    example: tuple[int, ...]
    allowed: str | None = None

    def __str__(self) -> str:
        key = "[" + " ".join(map(str, self.example)) + "]"
        if self.first == self.second:
            text = f"{self.first} used equal keys {self.times + 1} times over (such as {key})"
        elif self.first.sampler == self.second.sampler and (callers := self._callers()):
            keys = "a key" if self.times == 1 else f"{self.times} keys"
            text = f"{self.first} used {keys} again (such as {key}), called at {callers}"
        else:
            keys = "a key" if self.times == 1 else f"{self.times} keys"
            text = f"{self.second} used {keys} again that {self.first} had used (such as {key})"
        return f"{text} [allowed: {self.allowed}]" if self.allowed is not None else text

    def _callers(self) -> str:
        """Where the ways to one line part, if both uses are on one line."""
        first, second = self.first.site.frames, self.second.site.frames
        if first[:1] != second[:1] or self.first.process:
            return ""
        parted = (pair for pair in zip(first, second, strict=False) if pair[0] != pair[1])
        return " and then at ".join(map(str, next(parted, ())))


_Once = tuple[KeyUse, Conditions]  # a key that was used once: one object for all keys of a call


@dataclass(slots=True)
class _Entry:
    uses: list[KeyUse] = field(default_factory=list)
    under: list[Conditions] = field(default_factory=list)  # for each use
    clones: int = 0

    def first(self, under: Conditions) -> KeyUse | None:
        """The first use that could happen beside one under some conditions."""
        if not under:
            return self.uses[0] if self.uses else None
        pairs = zip(self.uses, self.under, strict=True)
        return next((use for use, other in pairs if not contradict(other, under)), None)


class Ledger:
    """The record of one `key_ledger` block. Safe to read while the block is open."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[Any, _Entry | _Once] = {}
        self._reuses: dict[tuple[KeyUse, KeyUse, str | None], tuple[int, tuple[int, ...]]] = {}
        self._allowed: list[str] = []
        self._interned: dict[tuple[str, Site], KeyUse] = {}
        self._counts: dict[KeyUse, int] = {}
        self._shared: dict[KeyUse, int] = {}
        self._before: dict[Announcement, np.ndarray[Any, Any]] = {}  # of loops with lanes

    @property
    def uses(self) -> int:
        """How many keys were used, counting repetitions."""
        with self._lock:
            return sum(self._counts.values())

    @property
    def lines(self) -> dict[KeyUse, int]:
        """Every sampler call that used keys, and how many."""
        with self._lock:
            return dict(self._counts)

    @property
    def shared(self) -> dict[KeyUse, int]:
        """Sampler calls that gave every lane of a vmapped function one key, and how often.

        Seen where the call itself is traced under `vmap`; calls in a function that is jitted inside
        are not.
        """
        with self._lock:
            return dict(self._shared)

    @property
    def reuses(self) -> tuple[LedgerReuse, ...]:
        """Every pair of lines that used equal keys, without the allowed ones."""
        return tuple(r for r in self.all_reuses if r.allowed is None)

    @property
    def all_reuses(self) -> tuple[LedgerReuse, ...]:
        """Every pair of lines that used equal keys, in the order in which they were found."""
        with self._lock:
            return tuple(
                LedgerReuse(first, second, times, example, allowed)
                for (first, second, allowed), (times, example) in self._reuses.items()
            )

    def users(self, key: tuple[Any, ...]) -> tuple[KeyUse, ...]:
        """The first uses (8 at most) of a key, given as ``(generator, *words)``."""
        with self._lock:
            entry = self._entries.get(key)
            if isinstance(entry, tuple):
                return (entry[0],)
            return tuple(entry.uses) if entry is not None else ()

    @contextmanager
    def allow(self, reason: str) -> Iterator[None]:
        """Allow reuse inside a block: it is recorded with `reason` and not reported.

        Raises:
            ValueError: the reason is empty.

        """
        if not reason.strip():
            raise ValueError("allow() needs a reason, for the reader of the report")
        jax.effects_barrier()
        self._allowed.append(reason)
        try:
            yield
            jax.effects_barrier()
        finally:
            self._allowed.remove(reason)

    def forget(self) -> None:
        """Forget which keys were used: what follows is a run of its own. Findings are kept."""
        jax.effects_barrier()
        with self._lock:
            self._entries.clear()
            self._before.clear()

    def report(self) -> str:
        """The reuses in words, one per line; one line saying so if there are none."""
        found = self.reuses
        if not found:
            return f"{self.uses} uses of keys, none repeated"
        return "\n".join([f"{self.uses} uses of keys, repeated:", *(f"  {r}" for r in found)])

    def record(self, announcement: Announcement, words: np.ndarray[Any, Any]) -> None:
        """Take in the keys of one consumption: uint32 words, one key per last axis."""
        rows = words.reshape(-1, words.shape[-1]) if words.ndim else words.reshape(1, 1)
        with self._lock:
            if announcement.under and len(rows) > 1:  # vmap gives all branches keys for all lanes
                rows = np.unique(rows, axis=0)
            elif announcement.looped:
                rows = self._without_lanes_that_are_done(announcement, rows)
            use = self._use(announcement)
            keys = [(announcement.impl, *row) for row in rows.tolist()]
            if announcement.sampler == "clone":
                for key in keys:
                    self._entry(key).clones += 1
                return
            self._counts[use] = self._counts.get(use, 0) + len(keys)
            if announcement.shared:
                self._shared[use] = self._shared.get(use, 0) + len(keys)
            once, entries = (use, announcement.under), self._entries
            for key in keys:
                if key in entries:
                    self._use_key(key, use, announcement.under)
                else:
                    entries[key] = once

    def _without_lanes_that_are_done(
        self, announcement: Announcement, rows: np.ndarray[Any, Any]
    ) -> np.ndarray[Any, Any]:
        """The keys of a vmapped loop's pass, less those that stay while others go on."""
        before = self._before.get(announcement)
        self._before[announcement] = rows
        if before is None or before.shape != rows.shape:
            return rows
        moved = (rows != before).any(axis=1)
        return rows[moved] if moved.any() else rows

    def _use(self, announcement: Announcement) -> KeyUse:
        tag = (announcement.sampler, announcement.site)
        return self._interned.setdefault(tag, KeyUse(*tag))

    def _entry(self, key: Any) -> _Entry:
        """The full record of a key."""
        known = self._entries.get(key)
        if isinstance(known, _Entry):
            return known
        made = self._entries[key] = _Entry([known[0]], [known[1]]) if known else _Entry()
        return made

    def _use_key(self, key: Any, use: KeyUse, under: Conditions) -> None:
        entry = self._entry(key)
        first = entry.first(under)
        if first is not None and entry.clones:
            entry.clones -= 1
        elif first is not None:
            allowed = self._allowed[-1] if self._allowed else None
            pair = (first, use, allowed)
            times, example = self._reuses.get(pair, (0, key[1:]))
            self._reuses[pair] = (times + 1, example)
        if len(entry.uses) < _MOST_USES_KEPT:
            entry.uses.append(use)
            entry.under.append(under)

    def compare(self, folder: Path) -> None:
        """Write down this process's keys, and report those that other processes used as well."""
        used = {}
        with self._lock:
            for key, entry in self._entries.items():
                if isinstance(entry, tuple):
                    used[key] = (entry[0].sampler, entry[0].site)
                elif entry.uses and not entry.clones:
                    used[key] = (entry.uses[0].sampler, entry.uses[0].site)
        own = _exchange.write(folder, used)
        for process, theirs in _exchange.others(folder, own):
            with self._lock:
                for key in used.keys() & theirs.keys():
                    pair = (KeyUse(*theirs[key], process), KeyUse(*used[key]), None)
                    times, example = self._reuses.get(pair, (0, key[1:]))
                    self._reuses[pair] = (times + 1, example)


@contextmanager
def key_ledger(
    *,
    report: Callable[[str], object] | None = None,
    folder: str | os.PathLike[str] | None = None,
) -> Iterator[Ledger]:
    """Record every key used in a block, by any thread. Ledgers may be nested.

    Args:
        report: called with the report, as text, when the block is left, be it by an exception:
            ``key_ledger(report=print)``.
        folder: a directory for the processes of one job, empty at its start. Each leaves its keys
            there, and keys that two processes used are reported by the one that is done later:
            so equal seeds are found. Whatever all processes draw alike on purpose (the first
            weights, say) belongs outside of the block, or in ``jax.random.clone``.

    Returns:
        The `Ledger`; it is complete when the block is left (running programs are waited for).

    """
    ledger = Ledger()
    try:
        with watching(ledger.record):
            yield ledger
    finally:
        if folder is not None:
            ledger.compare(Path(folder))
        if report is not None:
            report(ledger.report())
