"""Where output goes: a full disk, a closed stream, a reader who leaves. One line, and no harm."""

from __future__ import annotations

import errno
import io
import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures.process import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

import pytest

from randlint import files
from randlint.cli import _baseline as baseline
from randlint.cli import main

Run = Callable[..., Any]
FULL = "randlint: error: standard output cannot be written: no space left on device\n"
ALL = """\
import jax


def f(x, key):
    return jax.random.uniform(key, maxval=x)


def g(x, key):
    return jax.grad(f)(x, key)
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "randlint", *arguments]


@pytest.fixture
def project(tmp_path: Path, reuse: str) -> Path:
    (tmp_path / "a.py").write_text(reuse)
    (tmp_path / "b.py").write_text(ALL)
    return tmp_path


SPEAKING = [
    ("check",),
    ("check", "--statistics"),
    *[("check", "--output-format", each) for each in ("json", "sarif", "github")],
    ("check", "--diff", "--unsafe-fixes"),
    ("check", "--watch"),
    ("check", "-"),
    ("check", "--fix", "-"),
    ("rules",),
    ("rule", "RND101"),
    ("models",),
    ("models", "--output-format", "json"),
    ("--version",),
    ("--help",),
    ("check", "--help"),
]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("buffered", [True, False])
@pytest.mark.parametrize("arguments", SPEAKING, ids=" ".join)
def test_a_full_disk_is_one_line(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    buffered: bool,
) -> None:
    monkeypatch.chdir(project)
    with (
        io.TextIOWrapper(io.BytesIO(b"x = 1\n")) as given,
        open("/dev/full", "wb", buffering=-1 if buffered else 0) as raw,
        io.TextIOWrapper(raw, write_through=not buffered) as full,
    ):
        monkeypatch.setattr(sys, "stdin", given)
        monkeypatch.setattr(sys, "stdout", full)
        assert main(arguments) == 2
    assert capsys.readouterr() == ("", FULL)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [("check",), ("--version",)])
def test_python_has_nothing_to_add(project: Path, arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command(*arguments), cwd=project, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr.decode()) == (2, FULL)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [("check", "no.py"), ("check", "--selct"), ("rule", "X")])
def test_what_cannot_be_said_on_standard_error_keeps_its_exit_code(
    project: Path, arguments: tuple[str, ...]
) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            command(*arguments), cwd=project, stdout=subprocess.PIPE, stderr=full, check=False
        )
    assert done.returncode == 2
    assert b"Traceback" not in done.stdout


def leave(project: Path, *arguments: str) -> tuple[int, bytes]:
    """Read one line of the output and go."""
    with subprocess.Popen(
        command("check", "--no-cache", "--jobs", "1", *arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=project,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
        return process.wait(60), said


@pytest.mark.parametrize("output_format", ["text", "json", "github"])
def test_a_reader_who_leaves_is_no_error(project: Path, reuse: str, output_format: str) -> None:
    for number in range(300):
        (project / f"{number}.py").write_text(reuse)
    assert leave(project, "--output-format", output_format) == (0, b"")


def test_a_watch_whose_reader_leaves_ends(project: Path, reuse: str) -> None:
    for number in range(300):
        (project / f"{number}.py").write_text(reuse)
    assert leave(project, "--watch") == (0, b"")


@pytest.mark.parametrize(
    ("closed", "code", "out", "err"),
    [
        ("<&-", 1, "2 findings in 2 files (2 files checked).", ""),
        (">&-", 2, "", "randlint: error: standard output cannot be written: it is closed\n"),
        ("2>&-", 1, "2 findings in 2 files (2 files checked).", ""),
        ("no.py 2>&-", 2, "2 findings in 2 files (2 files checked).", ""),
        ("<&- >&- 2>&-", 2, "", ""),
        ("- <&-", 2, "", "randlint: error: standard input cannot be read: bad file descriptor\n"),
    ],
)
def test_closed_streams(project: Path, closed: str, code: int, out: str, err: str) -> None:
    paths = "" if closed.startswith("- ") else "a.py b.py"
    line = f'"{sys.executable}" -m randlint check {paths} {closed}'
    done = subprocess.run(
        line, shell=True, cwd=project, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (code, err)
    assert out in done.stdout
    assert "randlint: error" not in done.stdout


def test_standard_input_that_does_not_end(randlint: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files.read_stdin, "__defaults__", (1_000_000,))
    with open("/dev/zero", encoding="utf-8") as zeros:
        monkeypatch.setattr(sys, "stdin", zeros)
        outcome = randlint("check", "-")
    assert (outcome.code, outcome.out) == (2, "")
    assert (
        outcome.err == "randlint: error: standard input cannot be read: larger than 0 megabytes\n"
    )


def test_a_folder_that_is_deleted_under_ones_feet(project: Path) -> None:
    script = (
        "cd gone; rmdir ../gone; exec \"$0\" -c 'from randlint.cli import main; exit(main())' check"
    )
    (project / "gone").mkdir()
    done = subprocess.run(
        ["sh", "-c", script, sys.executable],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "randlint: error: the working directory cannot be found: no such file or directory; "
        "change to one that is there\n"
    )


# --- files that are written


def no_large_files() -> None:
    """A disk with room for a few bytes: whatever is written beyond them fails."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--write-baseline", "known.json"], 2, "known.json: cannot be written: file too large"),
        (["--fix", "--unsafe-fixes"], 2, "b.py: cannot be written: file too large"),
        (["--add-noqa"], 2, "a.py: cannot be written: file too large"),
        ([], 1, ""),  # nobody misses the cache
    ],
)
def test_no_room_for_what_is_written(
    project: Path, reuse: str, arguments: list[str], code: int, said: str
) -> None:
    done = subprocess.run(
        command("check", *arguments),
        cwd=project,
        capture_output=True,
        text=True,
        preexec_fn=no_large_files,
        check=False,
    )
    assert done.returncode == code
    assert (said in done.stderr) if said else (done.stderr == "")
    assert "internal" not in done.stderr
    assert ((project / "a.py").read_text(), (project / "b.py").read_text()) == (reuse, ALL)
    left = {path.name for path in project.iterdir()} - {".randlint_cache"}
    assert left == {"a.py", "b.py"}
    cached = {path.name for path in (project / ".randlint_cache").glob("*")}
    assert cached <= {".gitignore"}


@pytest.mark.parametrize("name", ["pipe", "folder", "full"])
def test_a_baseline_takes_the_place_of_files_only(randlint: Run, project: Path, name: str) -> None:
    os.mkfifo(project / "pipe")
    (project / "folder").mkdir()
    (project / "full").symlink_to("/dev/full")
    outcome = randlint("check", "--write-baseline", name)
    assert outcome.code == 2
    why = "is a directory" if name == "folder" else "neither a file nor a folder"
    assert outcome.err == f"randlint: error: {name}: cannot be written: {why}\n"
    assert (project / "full").is_symlink()


def test_no_process_is_to_be_had(
    randlint: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object, **options: object) -> NoReturn:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(ProcessPoolExecutor, "submit", refuse)
    outcome = randlint("check", "--jobs", "2")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.splitlines()[-2] == "2 findings in 2 files (2 files checked)."
    monkeypatch.setattr(ProcessPoolExecutor, "__init__", refuse)
    assert randlint("check", "--jobs", "2").out == outcome.out


# --- how many files were checked


def summary(outcome: Any) -> str:
    (line,) = [line for line in outcome.out.splitlines() if "checked)" in line]
    return str(line)


def test_files_that_cannot_be_read_were_not_checked(randlint: Run, project: Path) -> None:
    os.symlink("nowhere", project / "c.py")
    (project / "d.py").write_bytes(b"\xff")
    (project / "e.ipynb").write_text("{")
    (project / "f.py").write_text("")
    outcome = randlint("check", "--statistics", ".", "no.py")
    assert summary(outcome) == "4 findings in 4 files (5 files checked)."
    assert "5 files checked in " in outcome.out
    again = randlint("check", ".", "no.py", cache=True)
    assert (
        summary(randlint("check", ".", "no.py", cache=True)) == summary(again) == summary(outcome)
    )


def test_a_file_that_cannot_be_changed_was_checked(
    randlint: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> NoReturn:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("randlint.cli._fix.replace_file", refuse)
    for option in ("--fix", "--add-noqa"):
        outcome = (
            randlint("check", option, "--unsafe-fixes", "b.py")
            if option == "--fix"
            else (randlint("check", option, "b.py"))
        )
        assert outcome.code == 2
        assert summary(outcome) == "1 finding in 1 file (1 file checked)."
        assert outcome.err == "randlint: error: b.py: cannot be written: no space left on device\n"


def test_a_baseline_hides_no_file(randlint: Run, project: Path) -> None:
    randlint("check", "--write-baseline", "known.json")
    assert baseline.load(str(project / "known.json")).known.total() == 2
    assert json.loads((project / "known.json").read_text())["version"] == 1
    outcome = randlint("check", "--baseline", "known.json", ".", "no.py")
    assert summary(outcome) == "No findings (2 files checked)."
