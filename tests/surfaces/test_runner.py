from __future__ import annotations

import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from randlint import diagnosis
from randlint.engine import Checker
from randlint.failures import internal_error
from randlint.runner import _files as runner
from randlint.runner import _processes as pool
from randlint.runner import check_files
from randlint.runner._tasks import Task
from randlint.settings import Settings


@pytest.fixture
def files(tmp_path: Path, reuse: str) -> list[str]:
    """Twelve files of different sizes; every third has a finding."""
    paths = []
    for number in range(12):
        path = tmp_path / f"{number:02}.py"
        text = reuse if number % 3 == 0 else "import jax.random\n"
        path.write_text(text + f"# {'x' * 100 * number}\n")
        paths.append(str(path))
    return paths


def test_any_number_of_processes_gives_the_same_in_the_same_order(
    files: list[str], tmp_path: Path
) -> None:
    settings = Settings(root=tmp_path)
    alone = check_files(files, settings, jobs=1)
    assert [report.filename for report in alone] == files
    assert [len(report.findings) for report in alone] == [1, 0, 0] * 4
    assert check_files(files, settings, jobs=3) == alone
    assert check_files(files, settings, jobs=50) == alone
    assert check_files(files, settings) == alone


def start_processes(monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    context = multiprocessing.get_context(method)
    monkeypatch.setattr(
        pool, "ProcessPoolExecutor", partial(ProcessPoolExecutor, mp_context=context)
    )


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_may_be_started_in_any_way(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    """Which way is the default differs between systems, and on Linux since Python 3.14."""
    settings = Settings(root=tmp_path)
    start_processes(monkeypatch, method)
    assert check_files(files, settings, jobs=2) == check_files(files, settings, jobs=1)


def test_progress_counts_every_file(files: list[str], tmp_path: Path) -> None:
    for jobs in (1, 2):
        seen: list[tuple[int, int]] = []
        check_files(
            files,
            Settings(root=tmp_path),
            jobs=jobs,
            progress=lambda done, total, seen=seen: seen.append((done, total)),
        )
        assert seen == [(number, 12) for number in range(1, 13)]


def test_no_files() -> None:
    assert check_files([], Settings(root=Path())) == []


def test_small_work_is_done_here_and_large_work_in_a_pool() -> None:
    small = [Task(number, "a.py", 100) for number in range(100)]
    large = [Task(number, "a.py", 100_000) for number in range(100)]
    assert runner._processes(None, small) == 1
    assert runner._processes(None, large) == len(os.sched_getaffinity(0))
    assert runner._processes(7, small) == 7
    assert runner._processes(7, small[:2]) == 2


def test_chunks_hold_every_task_once_and_keep_small_files_together() -> None:
    tasks = [Task(number, "a.py", 30_000) for number in range(10)]
    tasks += [Task(number, "a.py", 0) for number in range(10, 500)]
    chunks = list(pool._chunks(tasks, 2))
    assert [task for chunk in chunks for task in chunk] == tasks
    assert [len(chunk) for chunk in chunks] == [4, 4, 200, 200, 92]


def test_chunks_get_smaller_towards_the_end() -> None:
    tasks = [Task(number, "a.py", 100_000) for number in range(64)]
    sizes = [len(chunk) for chunk in pool._chunks(tasks, 2)]
    assert sum(sizes) == len(tasks)
    assert sizes == sorted(sizes, reverse=True)
    assert (sizes[0], sizes[-1]) == (15, 1)  # no more than 1.5 MB, no less than 100 kB


def test_a_file_that_vanishes_is_an_error_and_the_others_are_checked(
    files: list[str], tmp_path: Path
) -> None:
    os.unlink(files[1])
    for jobs in (1, 2):
        reports = check_files(files, Settings(root=tmp_path), jobs=jobs)
        assert reports[1].error == "cannot be read: no such file or directory"
        assert [len(report.findings) for report in reports] == [1, 0, 0] * 4


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.symlink_to("/proc/self/mem")  # unreadable even for root: reading it is an I/O error
    if not path.exists():
        pytest.skip("needs /proc")
    (report,) = check_files([str(path)], Settings(root=tmp_path))
    assert report.error.startswith("cannot be read: ")


def fail(kind: str) -> None:
    if kind == "recursion":
        raise RecursionError("deep")
    if kind == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise RuntimeError("a bug")


def sabotage(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Make the interpreter fail on files that ask for it."""
    real = diagnosis.analyse

    def analyse(text: str, filename: str, **options: object) -> diagnosis.Analysis:
        if "x" * 400 in text and "x" * 600 not in text:
            fail(kind)
        return real(text, filename, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(diagnosis, "analyse", analyse)
    start_processes(monkeypatch, "fork")  # the others would import what is patched here afresh


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_bug_of_ours_is_one_line_and_the_others_are_checked(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    sabotage(monkeypatch, "bug")
    reports = check_files(files, Settings(root=tmp_path), jobs=jobs)
    failed = [number for number, report in enumerate(reports) if report.error]
    assert failed == [4, 5]
    assert reports[4].error.startswith("internal error in test_runner.py:")
    assert "RuntimeError: a bug" in reports[4].error
    assert "\n" not in reports[4].error
    assert [len(report.findings) for report in reports] == [1, 0, 0] * 4


def test_what_is_nested_too_deeply_is_given_up_and_counted(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sabotage(monkeypatch, "recursion")
    reports = check_files(files, Settings(root=tmp_path))
    assert [number for number, report in enumerate(reports) if report.abandoned] == [4, 5]
    assert not any(report.error for report in reports)


def test_a_killed_process_costs_only_the_file_that_killed_it(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sabotage(monkeypatch, "kill")
    reports = check_files(files, Settings(root=tmp_path), jobs=2)
    assert [number for number, report in enumerate(reports) if report.error] == [4, 5]
    assert "was killed" in reports[4].error
    assert [report.filename for report in reports] == files
    assert [len(report.findings) for report in reports] == [1, 0, 0] * 4


def test_interrupting_stops_the_processes(
    files: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def progress(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check_files(files, Settings(root=tmp_path), jobs=2, progress=progress)
    for child in multiprocessing.active_children():
        deadline = time.monotonic() + 10
        while _runs(child) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not _runs(child)


def _runs(child: multiprocessing.process.BaseProcess) -> bool:
    """Not `is_alive` alone: the pool's own thread may be the one that sees it end.

    Nor whether the system knows it: it does until somebody has asked how it ended.
    """
    try:
        os.kill(child.pid or 0, 0)
    except ProcessLookupError:
        return False
    return child.is_alive()


def test_internal_errors_without_words() -> None:
    assert internal_error(KeyError()) == "internal error: KeyError; please report it"


def test_codes_are_resolved_per_file(files: list[str], tmp_path: Path) -> None:
    settings = Settings(root=tmp_path, per_file_ignores=(("00.py", ("RND101",)),))
    reports = check_files(files, settings, jobs=2)
    assert [len(report.findings) for report in reports] == [0, 0, 0, *[1, 0, 0] * 3]
    assert "RND101" not in Checker(settings).codes(files[0])
