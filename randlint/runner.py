"""Checking many files: read, look in the cache, interpret here or in a pool of processes.

Reports come back in the order of the files, however many processes there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from randlint.engine import Checker, FileReport
from randlint.settings import Settings
from randlint.tasks import Done, Task, check_task, is_blank, read

if TYPE_CHECKING:
    from randlint.cache import Cache

_POOL_BYTES = 400_000  # below this much source a pool costs more than it saves

Progress = Callable[[int, int], None]


def check_files(
    files: Sequence[str],
    settings: Settings,
    *,
    jobs: int | None = None,
    cache: Cache | None = None,
    progress: Progress = lambda done, total: None,
) -> list[FileReport]:
    """One report per file, in the order of `files`.

    `jobs` processes are used, by default as many as there are processors and only where the amount
    of source pays for starting them. `progress` is called with (files done, files in all).
    """
    checker = Checker(settings)
    reports: list[FileReport | None] = [None] * len(files)
    tasks: list[Task] = []
    for index, filename in enumerate(files):
        known = _from_cache(filename, checker, cache)
        if known is None:
            tasks.append(Task(index, filename, _size(filename)))
        reports[index] = known
    finished = len(files) - len(tasks)
    for done in _run(tasks, checker, _processes(jobs, tasks), keyed=cache is not None):
        reports[done.index] = done.report
        finished += 1
        progress(finished, len(files))
        if cache is not None and done.key and not done.report.error:
            cache.put(done.key, done.report)
    if cache is not None:
        cache.save()
    return [report for report in reports if report is not None]


def _from_cache(filename: str, checker: Checker, cache: Cache | None) -> FileReport | None:
    if cache is None:
        return None
    from randlint.cache import content_key

    try:
        data = read(filename)
    except (OSError, ValueError):
        return None  # the error is reported where the file is checked
    if is_blank(data):
        return None
    return cache.get(content_key(data, filename, checker.codes(filename)), filename)


def _processes(jobs: int | None, tasks: Sequence[Task]) -> int:
    """How many processes to use; 1 means this one."""
    if jobs is None:
        if sum(task.size for task in tasks) < _POOL_BYTES:
            return 1
        jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(jobs or 1, len(tasks)))


def _run(tasks: Sequence[Task], checker: Checker, processes: int, *, keyed: bool) -> Iterator[Done]:
    """Check every task, here or in a pool."""
    if processes > 1:
        from randlint.pool import run_in_pool

        yield from run_in_pool(tasks, checker, processes, keyed=keyed)
        return
    for task in tasks:
        yield check_task(task, checker, keyed=keyed)


def _size(filename: str) -> int:
    try:
        return os.stat(filename).st_size
    except (OSError, ValueError):
        return 0
