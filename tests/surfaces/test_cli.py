from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from randlint import __version__, diagnosis
from randlint.cli import rules
from randlint.rules import registry

Run = Callable[..., "Outcome"]


class Outcome:
    """For type checkers: what the `randlint` fixture returns (see conftest)."""

    code: int
    out: str
    err: str

    def findings(self) -> list[tuple[str, int, int]]:
        raise NotImplementedError


@pytest.fixture
def bad(tmp_path: Path, reuse: str) -> str:
    """The name of a file with one finding, in the current folder."""
    (tmp_path / "bad.py").write_text(reuse)
    return "bad.py"


def test_clean_and_findings(randlint: Run, tmp_path: Path, bad: str) -> None:
    (tmp_path / "good.py").write_text("import jax\n")
    good = randlint("check", "good.py")
    assert (good.code, good.out, good.err) == (0, "No findings (1 file checked).\n", "")
    both = randlint("check")
    assert both.code == 1
    assert both.err == ""
    assert both.out.startswith("bad.py:6:9: RND101 ")
    assert both.out.endswith("\n1 finding in 1 file (2 files checked).\n")


def test_the_source_is_shown_and_underlined(randlint: Run, bad: str) -> None:
    lines = randlint("check", bad).out.splitlines()
    assert lines[1] == "  |"
    assert lines[2] == "5 |     x = jax.random.normal(key, (3,))"
    assert lines[3].startswith("  |         ------------")
    assert lines[4] == "6 |     y = jax.random.uniform(key, (3,))"
    assert lines[5].strip(" |") == "^" * len("jax.random.uniform(key, (3,))")


def test_exit_zero_covers_findings_only(randlint: Run, bad: str) -> None:
    assert randlint("check", "--exit-zero", bad).code == 0
    assert randlint("check", "--exit-zero", bad, "nosuch.py").code == 2


def test_selection(randlint: Run, bad: str) -> None:
    assert randlint("check", "--ignore", "RND101", bad).code == 0
    assert randlint("check", "--select", "RND102,RND109", bad).code == 0
    assert randlint("check", "--select", "RND102", "--select", "rnd101", bad).code == 1
    assert randlint("check", "--select", "RND102", "--extend-select", "RND101", bad).code == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "--select", "RND998"], "--select: unknown rule `RND998`; did you mean `RND9"),
        (["check", "--ignore", "nonsense"], "--ignore: unknown rule `nonsense`"),
        (["check", "--min-confidence", "hgh"], "`hgh` is no confidence; did you mean `high`?"),
        (["check", "--config", "no.toml"], "no.toml: cannot be read: no such file"),
        (["check", "-", "a.py"], "cannot be combined"),
        (["check", "--stdin-filename", "a.py"], "needs `-`"),
        (["rule", "RND998"], "unknown rule `RND998`; did you mean `RND9"),
    ],
)
def test_wrong_usage_is_one_line(randlint: Run, arguments: list[str], said: str) -> None:
    outcome = randlint(*arguments)
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.startswith("randlint: error: ")
    assert said in outcome.err
    assert outcome.err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["chekc"],
        ["rule"],
        ["check", "--jobs", "0"],
        ["check", "--jobs", "x"],
        ["check", "--frobnicate"],
        ["check", "--output-format", "xml"],
    ],
)
def test_argparse_errors_exit_with_2(randlint: Run, arguments: list[str]) -> None:
    outcome = randlint(*arguments)
    assert outcome.code == 2
    assert "usage: randlint" in outcome.err


def test_a_wrong_configuration_is_one_line(randlint: Run, tmp_path: Path, bad: str) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.randlint]\nselct = []\n")
    outcome = randlint("check", bad)
    assert outcome.code == 2
    assert "pyproject.toml: unknown setting `selct`; did you mean `select`?\n" in outcome.err


def test_configuration_is_found_and_applied(randlint: Run, tmp_path: Path, bad: str) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.randlint]\nignore = ['RND101']\n")
    assert randlint("check", bad).code == 0
    (tmp_path / "pyproject.toml").write_text("[tool.randlint]\nexclude = ['bad.py']\n")
    assert randlint("check").code == 0
    assert randlint("check", bad).code == 1
    assert randlint("check", "--force-exclude", bad).code == 0


def test_missing_paths_do_not_stop_the_others(randlint: Run, bad: str) -> None:
    outcome = randlint("check", "nosuch.py", bad, "no/folder")
    assert outcome.code == 2
    assert "RND101" in outcome.out
    assert outcome.err.splitlines() == [
        "randlint: error: nosuch.py: cannot be read: no such file or directory",
        "randlint: error: no/folder: cannot be read: no such file or directory",
    ]


def test_json(randlint: Run, bad: str) -> None:
    outcome = randlint("check", "--output-format", "json", bad)
    assert outcome.code == 1
    assert outcome.findings() == [("RND101", 6, 9)]
    (finding,) = json.loads(outcome.out)
    assert finding["filename"] == "bad.py"
    assert finding["confidence"] in {"high", "medium"}
    assert finding["related"][0]["location"] == {"row": 5, "column": 9}
    assert randlint("check", "--output-format", "json", "--ignore", "RND", bad).out == "[]\n"


def test_other_formats(randlint: Run, bad: str) -> None:
    sarif = json.loads(randlint("check", "--output-format", "sarif", bad).out)
    assert sarif["runs"][0]["results"][0]["ruleId"] == "RND101"
    github = randlint("check", "--output-format", "github", bad)
    assert github.out.startswith("::error file=bad.py,line=6,col=9,")
    assert github.out.count("\n") == 1


def test_statistics_keep_out_of_documents(randlint: Run, bad: str) -> None:
    text = randlint("check", "--statistics", bad)
    assert "\n1  RND101  key-reuse\n1 files checked in " in text.out
    document = randlint("check", "--statistics", "--output-format", "json", bad)
    assert document.findings() == [("RND101", 6, 9)]
    assert "1  RND101  key-reuse\n" in document.err


def test_rule_explains_one(randlint: Run) -> None:
    outcome = randlint("rule", "rnd101")
    assert outcome.code == 0
    assert outcome.out.startswith("# RND101 key-reuse\n\nerror, on by default\n\n")
    assert registry()["RND101"].doc.strip() in outcome.out
    assert "off by default: `--extend-select RND114`" in randlint("rule", "RND114").out


def test_rules_lists_all(randlint: Run) -> None:
    lines = randlint("rules").out.splitlines()
    assert [line.split()[0] for line in lines] == sorted(registry())
    assert any(line.startswith("RND114 ") and " off " in line for line in lines)


def test_version_and_help(randlint: Run) -> None:
    assert randlint("--version").out == f"randlint {__version__}\n"
    assert "Exit codes: 0" in randlint("--help").out
    for option in ("--select", "--exit-zero", "--stdin-filename", "--statistics", "--jobs"):
        assert option in randlint("check", "--help").out


def test_stdin(spawn: Run, tmp_path: Path, reuse: str) -> None:
    outcome = spawn("randlint", "check", "-", cwd=tmp_path, stdin=reuse.encode())
    assert outcome.code == 1
    assert outcome.out.startswith("<stdin>:6:9: RND101 ")
    assert "6 |     y = jax.random.uniform(key, (3,))" in outcome.out
    named = spawn(
        "randlint", "check", "--stdin-filename", "src/x.py", "-", cwd=tmp_path, stdin=reuse.encode()
    )
    assert named.out.startswith("src/x.py:6:9: RND101 ")
    assert not list(tmp_path.iterdir())


def test_stdin_is_bytes(spawn: Run, tmp_path: Path) -> None:
    outcome = spawn("randlint", "check", "-", cwd=tmp_path, stdin=b"x = '\xff'\n")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.startswith("<stdin>:1:6: RND900 ")


def test_stdin_uses_the_configuration_of_its_file_name(
    spawn: Run, tmp_path: Path, reuse: str
) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/pyproject.toml").write_text("[tool.randlint]\nignore = ['RND101']\n")
    command = ["randlint", "check", "-", "--stdin-filename", "src/a.py"]
    assert spawn(*command, cwd=tmp_path, stdin=reuse.encode()).code == 0


def test_the_cache_is_used_and_can_be_refused(randlint: Run, tmp_path: Path, bad: str) -> None:
    first = randlint("check", bad)
    assert not (tmp_path / ".randlint_cache").exists()
    assert randlint("check", bad, cache=True) == first
    assert (tmp_path / ".randlint_cache").is_dir()
    assert randlint("check", bad, cache=True) == first
    assert randlint("check", "--statistics", cache=True).out.startswith(first.out)


def test_an_unexpected_failure_is_one_line(
    randlint: Run, bad: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def analyse(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(diagnosis, "analyse", analyse)
    outcome = randlint("check", bad)
    assert outcome.code == 2
    assert outcome.err.startswith("randlint: error: bad.py: internal error in test_cli.py:")
    assert outcome.err.count("\n") == 1


def test_a_failure_outside_of_files_is_one_line(
    randlint: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(arguments: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr(rules, "run", explode)
    outcome = randlint("rules")
    assert outcome.code == 2
    assert "ZeroDivisionError: oops; please report it" in outcome.err


def test_interrupt(randlint: Run, bad: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def analyse(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(diagnosis, "analyse", analyse)
    outcome = randlint("check", bad)
    assert (outcome.code, outcome.out, outcome.err) == (130, "", "")


INTERRUPTED = """\
import os, signal, sys, time, types
from randlint.cli import main

def read(size):
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)

sys.stdin = types.SimpleNamespace(buffer=types.SimpleNamespace(read=read))
sys.exit(main(["check", "-"]))
"""


def test_interrupt_by_a_signal(tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=50, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_reader_that_leaves_early_causes_no_noise(tmp_path: Path, reuse: str) -> None:
    for number in range(300):
        (tmp_path / f"{number}.py").write_text(reuse)
    process = subprocess.Popen(
        [sys.executable, "-m", "randlint", "check", "--no-cache", "--jobs", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.wait(60)


def test_modules_of_the_project_do_not_stand_for_those_of_python(
    tmp_path: Path, reuse: str
) -> None:
    (tmp_path / "math").mkdir()
    for name in ("math/__init__.py", "random.py", "ast.py", "tomllib.py"):
        (tmp_path / name).write_text("raise RuntimeError('imported')\n")
    (tmp_path / "draws.py").write_text(reuse)
    command = [sys.executable, "-m", "randlint", "check", "--no-cache"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
    assert "draws.py" in done.stdout


def on_a_terminal(folder: Path, env: dict[str, str]) -> str:
    """What the program writes when its standard output is a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "randlint", "check", "--no-cache"],
        stdout=follower,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=env,
    )
    os.close(follower)
    written = b""
    while True:
        try:
            part = os.read(leader, 4096)
        except OSError:  # how a terminal says that the other side is gone
            break
        if not part:
            break
        written += part
    os.close(leader)
    process.wait(60)
    return written.decode()


def test_colour_on_a_terminal_only(tmp_path: Path, bad: str, reuse: str) -> None:
    (tmp_path / "bad.py").write_text(reuse)
    plain = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    assert "\33[31mRND101" in on_a_terminal(tmp_path, {**plain, "TERM": "xterm"})
    for quiet in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}):
        written = on_a_terminal(tmp_path, {**plain, **quiet})
        assert "RND101" in written
        assert "\33" not in written


def test_file_names_never_reach_the_terminal_raw(randlint: Run, tmp_path: Path, reuse: str) -> None:
    (tmp_path / "a\33[2J.py").write_text(reuse)
    outcome = randlint("check", ".", "no\33[2Jsuch.py")
    assert "a\\x1b[2J.py:6:9" in outcome.out
    assert "no\\x1b[2Jsuch.py" in outcome.err
    assert "\33" not in outcome.out + outcome.err


def test_a_terminal_without_unicode(spawn: Run, tmp_path: Path, reuse: str) -> None:
    (tmp_path / "é.py").write_text(reuse.replace("(3,))\n    return", "(3,))  # é漢\n    return"))
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    outcome = spawn("randlint", "check", "--no-cache", cwd=tmp_path, env=env)
    assert (outcome.code, outcome.err) == (1, "")
    assert "\\xe9.py:6:9" in outcome.out


@pytest.fixture
def imported(tmp_path: Path) -> set[str]:
    """The modules in memory after a run over a file that has nothing to do with randomness."""
    (tmp_path / "a.py").write_text("x = 1\n")
    code = (
        "import sys; from randlint.cli import main; main(['check', 'a.py', '--no-cache']); "
        "print(' '.join(sys.modules))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    return set(done.stdout.decode().splitlines()[-1].split())


def test_nothing_is_imported_that_the_run_does_not_need(imported: set[str]) -> None:
    assert not {"jax", "tempfile", "concurrent.futures.process", "multiprocessing"} & imported


def test_libcst_is_imported_for_files_that_matter_only(imported: set[str]) -> None:
    assert "libcst" not in imported
