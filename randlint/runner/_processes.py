"""A pool of processes that outlives whatever a file does to one of them."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

from randlint import diagnosis  # noqa: F401  (imported once, before the processes are forked)
from randlint.engine import Checker, FileReport
from randlint.runner._tasks import Done, Task, check_task, collecting_rarely

_LEAST_BYTES, _MOST_BYTES = 100_000, 1_500_000
_CHUNK_FILES = 200


def run_in_pool(
    tasks: Sequence[Task], checker: Checker, processes: int, *, keyed: bool
) -> Iterator[Done]:
    """Check every task, in no particular order.

    Where a process dies (out of memory, a crash in native code), its files are checked again, each
    in a process of its own, so that only the file that kills its process is lost.
    """
    lost: list[Task] = []
    yield from _run(tasks, checker, processes, keyed, lost)
    for task in lost:
        yield from _run_alone(task, checker, keyed)


def _run(
    tasks: Sequence[Task], checker: Checker, processes: int, keyed: bool, lost: list[Task]
) -> Iterator[Done]:
    """Give chunks to a pool, in order; tasks of a dead process go to `lost`."""
    pool = ProcessPoolExecutor(processes, initializer=_start, initargs=(checker, keyed))
    try:
        futures = [(chunk, _submit(pool, chunk)) for chunk in _chunks(tasks, processes)]
        for chunk, future in futures:
            try:
                yield from future.result() if future is not None else _raise_broken()
            except BrokenProcessPool:
                lost.extend(chunk)
    except BaseException:  # Ctrl-C among them: nobody waits for work that nobody wants
        _abort(pool)
        raise
    pool.shutdown()


def _submit(pool: ProcessPoolExecutor, chunk: list[Task]) -> Future[list[Done]] | None:
    try:
        return pool.submit(_check_chunk, chunk)
    except BrokenProcessPool:
        return None


def _raise_broken() -> list[Done]:
    raise BrokenProcessPool


def _run_alone(task: Task, checker: Checker, keyed: bool) -> Iterator[Done]:
    """A file that may have killed its process gets one of its own."""
    lost: list[Task] = []
    yield from _run([task], checker, 1, keyed, lost)
    if lost:
        message = "the process that checked this file was killed (out of memory or a crash)"
        yield Done(task.index, FileReport(task.filename, error=message), "")


def _abort(pool: ProcessPoolExecutor) -> None:
    pool.shutdown(wait=False, cancel_futures=True)
    for child in multiprocessing.active_children():
        child.terminate()


def _chunks(tasks: Sequence[Task], processes: int) -> Iterator[list[Task]]:
    """Groups of neighbours, which import each other: large ones first, smaller towards the end.

    A process that has read a package goes on with it, and all processes end at about one time.
    """
    left = sum(task.size for task in tasks)
    chunk: list[Task] = []
    size = 0
    for task in tasks:
        chunk.append(task)
        size += task.size
        enough = min(max(left // (2 * processes), _LEAST_BYTES), _MOST_BYTES)
        if size >= enough or len(chunk) >= _CHUNK_FILES:
            yield chunk
            left -= size
            chunk, size = [], 0
    if chunk:
        yield chunk


_worker: tuple[Checker, bool] | None = None


def _start(checker: Checker, keyed: bool) -> None:
    """Prepare a worker process; Ctrl-C is the parent's business."""
    global _worker
    _worker = (checker, keyed)
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _check_chunk(chunk: list[Task]) -> list[Done]:
    assert _worker is not None
    checker, keyed = _worker
    with collecting_rarely():
        return [check_task(task, checker, keyed=keyed) for task in chunk]
