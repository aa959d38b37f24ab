"""Checking many files: read, look in the cache, interpret here or in a pool of processes.

Reports come back in the order of the files, however many processes there are, and a run holds no
more than a few thousand files at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from randlint.engine import Checker, FileReport
from randlint.files import read_bytes
from randlint.findings import Unfinished
from randlint.runner._tasks import Done, Task, check_task, collecting_rarely, is_blank
from randlint.settings import Settings

if TYPE_CHECKING:
    from randlint.cache import Cache

_POOL_BYTES = 400_000  # below this much source a pool costs more than it saves
_WINDOW = 4096  # files that are looked at together

Progress = Callable[[int, int], None]


def _silent(done: int, total: int) -> None:
    """Show no progress."""


@dataclass(slots=True)
class Tally:
    """What a run came to: the reports that say something, and counts over all of them.

    `files` have been checked: those that could not even be read are not among them. `known`
    findings are left out because a baseline has them.
    """

    reports: list[FileReport] = field(default_factory=list)
    files: int = 0
    functions: int = 0
    abandoned: int = 0
    suppressed: int = 0
    known: int = 0
    unfinished: list[Unfinished] = field(default_factory=list)

    def add(self, report: FileReport) -> None:
        """Count a report, and keep it where it has findings or an error."""
        self.files += not report.error or bool(report.findings or report.functions)
        self.functions += report.functions
        self.abandoned += report.abandoned
        self.suppressed += report.suppressed
        self.unfinished += report.unfinished
        if report.findings or report.error or report.failures:
            self.reports.append(report)

    @classmethod
    def of(cls, reports: Iterable[FileReport]) -> Tally:
        """The tally of these reports; they are used up one by one."""
        tally = cls()
        for report in reports:
            tally.add(report)
        return tally


def check_files(
    files: Sequence[str],
    settings: Settings,
    *,
    jobs: int | None = None,
    cache: Cache | None = None,
    progress: Progress = _silent,
) -> list[FileReport]:
    """One report per file, in the order of `files`: the list of what `reports` yields."""
    return list(reports(files, settings, jobs=jobs, cache=cache, progress=progress))


def reports(
    files: Iterable[str],
    settings: Settings,
    *,
    jobs: int | None = None,
    cache: Cache | None = None,
    progress: Progress = _silent,
) -> Iterator[FileReport]:
    """One report per file, in the order of `files`.

    `jobs` processes are used, by default as many as there are processors and only where the amount
    of source pays for starting them. `progress` is called with (files done, files known so far).
    """
    checker = Checker(settings)
    remaining = iter(files)
    done = 0
    while window := list(islice(remaining, _WINDOW)):
        yield from _window(window, checker, jobs, cache, progress, done)
        done += len(window)
    if cache is not None:
        cache.save()


def _window(
    files: Sequence[str],
    checker: Checker,
    jobs: int | None,
    cache: Cache | None,
    progress: Progress,
    before: int,
) -> list[FileReport]:
    """One report per file, from the cache or fresh; `before` files are done already."""
    found: list[FileReport | None] = [None] * len(files)
    tasks: list[Task] = []
    for index, filename in enumerate(files):
        known = _from_cache(filename, checker, cache)
        if known is None:
            tasks.append(Task(index, filename, _size(filename)))
        found[index] = known
    finished, known_files = before + len(files) - len(tasks), before + len(files)
    for done in _run(tasks, checker, _processes(jobs, tasks), keyed=cache is not None):
        found[done.index] = done.report
        finished += 1
        progress(finished, known_files)
        if cache is not None and done.key and not (done.report.error or done.report.failures):
            cache.put(done.key, done.report)
    return [report for report in found if report is not None]


def _from_cache(filename: str, checker: Checker, cache: Cache | None) -> FileReport | None:
    if cache is None:
        return None
    try:
        data = read_bytes(filename)
    except (OSError, ValueError):
        return None  # the error is reported where the file is checked
    if is_blank(data):
        return None
    return cache.get(cache.key(data, filename, checker.signature(filename)), filename)


def _processes(jobs: int | None, tasks: Sequence[Task]) -> int:
    """How many processes to use; 1 means this one."""
    if jobs is None:
        if sum(task.size for task in tasks) < _POOL_BYTES:
            return 1
        jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(jobs or 1, len(tasks)))


def _run(tasks: Sequence[Task], checker: Checker, processes: int, *, keyed: bool) -> Iterator[Done]:
    """Check every task, here or in a pool."""
    left = {task.index: task for task in tasks}
    if processes > 1:
        from randlint.runner._processes import run_in_pool

        try:
            for done in run_in_pool(tasks, checker, processes, keyed=keyed):
                del left[done.index]
                yield done
        except OSError:
            pass  # no more processes are to be had: what is left is checked here
    with collecting_rarely():
        for task in left.values():
            yield check_task(task, checker, keyed=keyed)


def _size(filename: str) -> int:
    try:
        return os.stat(filename).st_size
    except (OSError, ValueError):
        return 0
