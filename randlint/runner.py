"""Checking many files: read, look in the cache, interpret here or in a pool of processes.

Reports come back in the order of the files, however many processes there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from randlint.engine import Checker, FileReport
from randlint.settings import Settings
from randlint.source.discovery import reason

if TYPE_CHECKING:
    from concurrent.futures import Future

    from randlint.cache import Cache

_POOL_BYTES = 400_000  # below this much source a pool costs more than it saves
_CHUNK_BYTES = 100_000
_CHUNK_FILES = 200

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class _Task:
    """One file; `key` is filled in by whoever reads the bytes, and empty without a cache."""

    index: int
    filename: str
    size: int


@dataclass(frozen=True, slots=True)
class _Done:
    index: int
    report: FileReport
    key: str


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
    tasks: list[_Task] = []
    for index, filename in enumerate(files):
        known = _from_cache(filename, checker, cache)
        if known is None:
            tasks.append(_Task(index, filename, _size(filename)))
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
        data = _read(filename)
    except (OSError, ValueError):
        return None  # the error is reported where the file is checked
    return cache.get(content_key(data, filename, checker.codes(filename)), filename)


def _processes(jobs: int | None, tasks: Sequence[_Task]) -> int:
    """How many processes to use; 1 means this one."""
    if jobs is None:
        if sum(task.size for task in tasks) < _POOL_BYTES:
            return 1
        jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(jobs or 1, len(tasks)))


def _run(
    tasks: Sequence[_Task], checker: Checker, processes: int, *, keyed: bool
) -> Iterator[_Done]:
    if processes == 1:
        for task in tasks:
            yield _check(task, checker, keyed=keyed)
        return
    from randlint import interpreter  # once, before the processes are forked

    del interpreter
    lost: list[_Task] = []
    yield from _run_pool(tasks, checker, processes, keyed, lost)
    for task in lost:
        yield from _run_alone(task, checker, keyed)


def _run_pool(
    tasks: Sequence[_Task], checker: Checker, processes: int, keyed: bool, lost: list[_Task]
) -> Iterator[_Done]:
    """Give chunks to a pool, the largest files first; tasks of a dead process go to `lost`."""
    pool = ProcessPoolExecutor(processes, initializer=_start, initargs=(checker, keyed))
    try:
        chunks = _chunks(sorted(tasks, key=lambda task: (-task.size, task.index)))
        futures = [(chunk, _submit(pool, chunk)) for chunk in chunks]
        for chunk, future in futures:
            try:
                yield from future.result() if future is not None else _raise_broken()
            except BrokenProcessPool:
                lost.extend(chunk)
    except BaseException:  # Ctrl-C among them: nobody waits for work that nobody wants
        _abort(pool)
        raise
    pool.shutdown()


def _submit(pool: ProcessPoolExecutor, chunk: list[_Task]) -> Future[list[_Done]] | None:
    try:
        return pool.submit(_check_chunk, chunk)
    except BrokenProcessPool:
        return None


def _raise_broken() -> list[_Done]:
    raise BrokenProcessPool


def _run_alone(task: _Task, checker: Checker, keyed: bool) -> Iterator[_Done]:
    """A file that may have killed its process gets one of its own."""
    lost: list[_Task] = []
    yield from _run_pool([task], checker, 1, keyed, lost)
    if lost:
        message = "the process that checked this file was killed (out of memory or a crash)"
        yield _Done(task.index, FileReport(task.filename, error=message), "")


def _abort(pool: ProcessPoolExecutor) -> None:
    import multiprocessing

    pool.shutdown(wait=False, cancel_futures=True)
    for child in multiprocessing.active_children():
        child.terminate()


def _chunks(tasks: Sequence[_Task]) -> Iterator[list[_Task]]:
    """Groups of about equal size: small files travel together."""
    chunk: list[_Task] = []
    size = 0
    for task in tasks:
        chunk.append(task)
        size += task.size
        if size >= _CHUNK_BYTES or len(chunk) >= _CHUNK_FILES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


_worker: tuple[Checker, bool] | None = None


def _start(checker: Checker, keyed: bool) -> None:
    """Prepare a worker process; Ctrl-C is the parent's business."""
    import signal

    global _worker
    _worker = (checker, keyed)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _check_chunk(chunk: list[_Task]) -> list[_Done]:
    assert _worker is not None
    checker, keyed = _worker
    return [_check(task, checker, keyed=keyed) for task in chunk]


def _check(task: _Task, checker: Checker, *, keyed: bool) -> _Done:
    """Check one file; whatever goes wrong is this file's error and nobody else's."""
    from randlint.catalogue.schema import CatalogueError

    filename = task.filename
    try:
        data = _read(filename)
    except (OSError, ValueError) as error:
        return _Done(task.index, FileReport(filename, error=f"cannot be read: {reason(error)}"), "")
    try:
        report = checker.check_bytes(data, filename)
    except CatalogueError:
        raise
    except Exception as error:
        return _Done(task.index, FileReport(filename, error=internal_error(error)), "")
    key = ""
    if keyed:
        from randlint.cache import content_key

        key = content_key(data, filename, checker.codes(filename))
    return _Done(task.index, report, key)


def internal_error(error: Exception) -> str:
    """One line about a failure of randlint's own, with the place that a bug report needs."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f" in {os.path.basename(code.co_filename)}:{trace.tb_lineno}"
        trace = trace.tb_next
    said = f": {error}" if str(error) else ""
    return f"internal error{place}: {type(error).__name__}{said}; please report it"


def _read(filename: str) -> bytes:
    with open(filename, "rb") as file:
        return file.read()


def _size(filename: str) -> int:
    try:
        return os.stat(filename).st_size
    except (OSError, ValueError):
        return 0
