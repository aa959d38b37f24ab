"""`--watch`: a check for every change, no more, and a clean end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from randlint.cli import _watch as watching
from randlint.cli._program import _parser

Run = Callable[..., Any]


@pytest.fixture
def rounds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[..., list[str]]:
    """What the rounds of a watched check print, with something done before every look but one."""
    monkeypatch.chdir(tmp_path)

    def run(*changes: Callable[[], object], options: tuple[str, ...] = ()) -> list[str]:
        pending: Iterator[Callable[[], object]] = iter(changes)
        monkeypatch.setattr(time, "sleep", lambda seconds: next(pending)())
        arguments = _parser().parse_args(["check", "--watch", "--no-cache", *options])
        watching.watch(arguments, rounds=len(changes) + 1)
        captured = capsys.readouterr()
        assert captured.err.count("Traceback") == 0
        parts = (captured.out + captured.err).split("Watching for changes; Ctrl-C ends.\n")
        return [part.partition(":")[0].partition(" (")[0] for part in parts]

    return run


def test_every_kind_of_change_is_seen(
    rounds: Callable[..., list[str]], tmp_path: Path, reuse: str
) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    shown = rounds(
        lambda: path.write_text(reuse),
        path.unlink,
        lambda: (tmp_path / "b.py").write_text(reuse),
        lambda: (tmp_path / "pyproject.toml").write_text("[tool.randlint]\nignore = ['RND101']\n"),
        lambda: (tmp_path / "a.ipynb").write_text("{"),
    )
    assert shown[:6] == ["No findings", "a.py", "No findings", "b.py", "No findings", "a.ipynb"]


def test_what_is_no_change_is_no_reason_to_check(
    rounds: Callable[..., list[str]], tmp_path: Path, reuse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    looks: list[int] = []

    def wait_twice_and_change() -> None:
        looks.append(1)
        (tmp_path / "note.txt").write_text("not Python")
        watching.time.sleep = change  # the next look finds nothing new and waits again

    def change(seconds: float) -> None:
        looks.append(2)
        path.write_text(reuse)

    assert rounds(wait_twice_and_change)[:2] == ["No findings", "a.py"]
    assert looks == [1, 2]


def test_a_wrong_configuration_is_said_and_the_watch_goes_on(
    rounds: Callable[..., list[str]], tmp_path: Path
) -> None:
    path = tmp_path / "pyproject.toml"
    shown = rounds(
        lambda: path.write_text("[tool.randlint]\nselct = []\n"),
        lambda: path.write_text("[tool.randlint]\nselect = []\n"),
    )
    assert shown[0] == "No findings"
    assert shown[2] == "No findings"
    assert shown[-1] == "randlint"


ROUND = "Watching for changes; Ctrl-C ends.\n"


def test_nothing_that_comes_along_ends_it(
    tmp_path: Path,
    reuse: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config, ignore = tmp_path / "pyproject.toml", tmp_path / ".gitignore"

    def configure(text: str) -> Callable[[], object]:
        return lambda: config.write_text(f"[tool.randlint]\n{text}\n")

    def put_pipe(path: Path) -> None:
        path.unlink(missing_ok=True)
        os.mkfifo(path)

    path = tmp_path / "a.py"
    path.write_text(reuse)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.py").write_text(reuse)
    known = tmp_path / "known.json"
    known.write_text('{"version": 1, "findings": []}')
    good = "2 findings in 2 files (2 files checked)."
    one = "1 finding in 1 file (1 file checked)."
    pattern = "is no pattern"
    unreadable = "neither a file nor a folder"
    changes: list[tuple[Callable[[], object], str]] = [
        (lambda: ignore.write_text("[z-a]\n[\nsub/\n"), one),
        (lambda: put_pipe(ignore), good),
        (configure("exclude = ['[z-a]']"), pattern),
        (configure("extend-include = ['[']"), pattern),
        (configure("per-file-ignores = {'[z-a]' = ['RND1']}"), pattern),
        (configure("exclude = ['sub', '" + "a*" * 40 + "b']"), one),
        (configure("exclude = " + "[" * 5000), "not valid TOML"),
        (lambda: put_pipe(config), unreadable),
        (lambda: (config.unlink(), config.symlink_to("/dev/zero")), unreadable),
        (config.unlink, good),
        (lambda: known.write_text("["), "not a baseline"),
        (lambda: put_pipe(known), "not a baseline"),
        (lambda: (known.unlink(), known.write_text('{"version": 1, "findings": []}')), good),
        (lambda: (tmp_path / "c.ipynb").write_text("[" * 100_000), "3 findings in 3 files"),
        (lambda: put_pipe(tmp_path / "c.ipynb"), good),
        (lambda: os.symlink("loop.py", tmp_path / "loop.py"), "loop.py: cannot be read"),
        ((tmp_path / "loop.py").unlink, good),
        (lambda: (path.unlink(), path.mkdir()), one),
        (lambda: (path.rmdir(), path.write_bytes(b"\0\xff")), good),
        (lambda: shutil.rmtree(tmp_path / "sub"), one),
    ]
    monkeypatch.chdir(tmp_path)
    pending = iter([change for change, _ in changes])
    monkeypatch.setattr(time, "sleep", lambda seconds: next(pending)())
    words = ["check", "--watch", "--no-cache", "--baseline", "known.json"]
    said: list[str] = []
    monkeypatch.setattr(watching, "_clear", lambda: said.append("".join(capsys.readouterr())))
    watching.watch(_parser().parse_args(words), rounds=len(changes) + 1)
    said.append("".join(capsys.readouterr()))
    assert all(each.count(ROUND) == 1 for each in said[1:])
    assert good in said[1]
    assert [expected in each for (_, expected), each in zip(changes, said[2:], strict=True)] == [
        True
    ] * len(changes)
    assert "internal error" not in "".join(said)


def test_a_failure_of_ours_is_told_and_the_watch_goes_on(
    rounds: Callable[..., list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = watching.check_once
    calls = iter([None, ZeroDivisionError("oops"), None])

    def fail_once(arguments: Any) -> int:
        error = next(calls)
        if error is not None:
            raise error
        return real(arguments)

    monkeypatch.setattr(watching, "check_once", fail_once)
    path = tmp_path / "a.py"
    path.write_text("x = 1\n")
    shown = rounds(lambda: path.write_text("x = 12\n"), lambda: path.write_text("x = 123\n"))
    assert shown[:3] == ["No findings", "", "No findings"]
    assert shown[-1] == "randlint"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-"], "--watch cannot read standard input; name files or folders"),
        (["--fix"], "--watch only looks; it cannot be combined with --fix"),
        (["--add-noqa"], "it cannot be combined with --add-noqa"),
        (["--write-baseline", "b"], "it cannot be combined with --write-baseline"),
    ],
)
def test_what_cannot_be_watched(randlint: Run, options: list[str], said: str) -> None:
    outcome = randlint("check", "--watch", *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert said in outcome.err


def test_control_c_ends_it(tmp_path: Path, reuse: str) -> None:
    (tmp_path / "a.py").write_text(reuse)
    process = subprocess.Popen(
        [sys.executable, "-m", "randlint", "check", "--watch", "--no-cache"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    while not process.stdout.readline().startswith(b"Watching"):
        pass
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, b"")
