"""Patterns of a .gitignore: what git makes of them, in time that grows with the input alone."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from randlint.source.globs import expression, parse, problem
from randlint.source.ignoring import Patterns

FOLDERS = [
    "".join(f"{name}/" for name in names)
    for depth in (0, 1, 2, 3)
    for names in itertools.product(("a", "ab", "-9", "a.b")[: 5 - depth], repeat=depth)
]
FILES = ("b", "aab", "b.b", "]", "a b", "A", "9", "!", "*")
PATHS = [folder + name for folder in FOLDERS for name in ("", *FILES)][1:]
PIECES = (
    *("a", "b", "ab", ".b", "*", "*", "**", "***", "?", "/", "/", "/**/", "**/", "/**", "-", "]"),
    *("[ab]", "[!a]", "[^b-z]", "[a-]", "[]-a]", "[]]", "[!]]", "[a-c-e]", "[--9]", "[[:alpha:]]"),
    *("[![:digit:].]", "[z-a]", "[az-a]", "[!z-a]", "[", "[a", "[[:no:]]", "[[:]", "[[:a]", "[/a]"),
    *("\\a", "\\*", "\\[", "\\", "\\/", "[\\]]", "[\\a-b]", " ", "\\ ", "!", "#", "\r", "A", "9"),
)
LINE = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("git") is None:
        pytest.skip("needs git")
    folder = tmp_path_factory.mktemp("git")
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for each in FOLDERS:  # git asks the disk whether a path is a folder
        (folder / each).mkdir(exist_ok=True)
    return folder


def ignored_by_git(repository: Path, lines: list[str]) -> list[str]:
    (repository / ".gitignore").write_text("\n".join(lines) + "\n", newline="")
    done = subprocess.run(
        ["git", "-c", "core.excludesFile=", "check-ignore", "--no-index", "--stdin", "-z"],
        cwd=repository,
        input="\0".join(path.rstrip("/") for path in PATHS).encode(),
        capture_output=True,
        check=False,
        env={**os.environ, "GIT_CONFIG_NOSYSTEM": "1"},
    )
    assert done.stderr == b""
    return done.stdout.decode().rstrip("\0").split("\0") if done.stdout else []


def ignored(patterns: Patterns, path: str) -> bool:
    """As a walk asks: of every folder on the way, and never below one that is left out."""
    above = [path[: at + 1] for at, each in enumerate(path[:-1]) if each == "/"]
    return any(patterns.verdict(each) is True for each in (*above, path))


# Before 2.40, git compared unrelated addresses to know whether `**` stands at the beginning.
UNSURE = re.compile(r"[^/*]\*\*")


@given(lines=st.lists(LINE.filter(lambda line: not UNSURE.search(line)), min_size=1, max_size=4))
@example(lines=["a/", "!a/b"])
@example(lines=["**", "!*/", "!b"])
@example(lines=["foo//", "//a", "a//b", "///"])
@example(lines=["aa", "[a-[\\]]"])
@example(lines=["[b-a]", "![!b-a]/b"])
@example(lines=["**\\/a"])
@example(lines=["a\\/**/b", "!a\\/**\\/a b"])
@example(lines=["ab\\/a\\/", "b/**\\/**\\/a"])
@settings(deadline=None, max_examples=400)
def test_git_says_the_same(git: Path, lines: list[str]) -> None:
    patterns = Patterns("\n".join(lines).split("\n"))
    ours = [path.rstrip("/") for path in PATHS if ignored(patterns, path)]
    assert ours == ignored_by_git(git, lines)


PLAIN = st.lists(
    st.sampled_from(("a", "b", ".b", "*", "?", "/", "/**/", "[ab]", "[a-c]")),
    min_size=1,
    max_size=6,
)


# What pathspec reads in another way than git.
OTHERWISE = re.compile(r"//|\*\*\*|\*\*/\*\*|^/\*\*|/\*\*/?$")


@given(pieces=PLAIN)
@settings(deadline=None, max_examples=500)
def test_pathspec_says_the_same_of_one_line(pieces: list[str]) -> None:
    line = "".join(pieces)
    if OTHERWISE.search(line):
        return
    spec, patterns = GitIgnoreSpec.from_lines([line]), Patterns([line])
    expected = [path for path in PATHS if spec.match_file(path)]
    assert [path for path in PATHS if patterns.covers(path)] == expected


@given(line=LINE, number=st.integers(0, 3))
@settings(deadline=None, max_examples=300)
def test_the_index_loses_no_line(line: str, number: int) -> None:
    lines = ["", "#", "q*", line][-number - 1 :]
    glob = parse(line)
    patterns = Patterns(lines)
    for path in PATHS:
        whole = path.rstrip("/")
        subject = whole if glob is not None and glob.anchored else whole.rpartition("/")[2]
        matches = (
            glob is not None
            and (path.endswith("/") or not glob.folders)
            and expression(glob).fullmatch(subject) is not None
        )
        assert (len(lines) - 1 in patterns.covering(path)) >= matches
        assert (patterns.verdict(path) is not None) == matches


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[z-a]", "the range `z-a` is the wrong way round"),
        ("src/*[az-b].py", "the range `z-b` is the wrong way round"),
        ("data[1", "a `[` without its `]`"),
        ("[", "a `[` without its `]`"),
        ("[[:lettre:]]", "there is no class `[:lettre:]`"),
        ("gen\\", "a backslash at the end"),
        ("gen\\/", "a backslash at the end"),
        ("[\\", "a backslash at the end"),
        ("[a-", "a `[` without its `]`"),
    ],
)
def test_what_matches_nothing_has_a_reason(line: str, said: str) -> None:
    assert problem(line) == said


@pytest.mark.parametrize(
    "line",
    ["", "#[", "!", "/", "a", "*", "[a-z]", "[]]", "[!]]", "[a-]", "a]", "\\[", "[[:alnum:]]"],
)
def test_what_may_match_has_none(line: str) -> None:
    assert problem(line) == ""


@given(text=st.text(max_size=12))
@settings(deadline=None, max_examples=300)
def test_any_text_is_a_line(text: str) -> None:
    problem(text)
    Patterns([text]).covers("a/b c/\u00e9.py")


@pytest.mark.parametrize(
    "line",
    [
        "a*" * 30 + "b",
        "*a" * 2000 + "*b",
        "**/a*/" * 30 + "b",
        "?*" * 100 + "b",
        "[ab]*" * 100 + "[c]",
        "*/" * 100 + "b*b",
        "**/*a*/**/" * 20 + "b",
        "\\a*" * 100 + "\\b",
    ],
)
def test_no_pattern_takes_long(line: str) -> None:
    patterns = Patterns([line])
    started = time.process_time()
    for path in ("a" * 250, "a/" * 300 + "a", ("a" * 200 + "/") * 15, "aA" * 120 + "/a"):
        assert patterns.covers(path) is None
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    "form",
    [
        "gen{}/",
        "/src/gen{}.py",
        "gen{}_*.py",
        "*_gen{}.py",
        "*gen{}*",
        "gen{}/**",
        "src/**/gen{}/*.py",
        "/src/gen{}*/x.py",
        "!gen{}[0-9]",
    ],
)
def test_many_lines_cost_their_reading(form: str) -> None:
    started = time.process_time()
    patterns = Patterns(form.format(number) for number in range(50_000))
    read = time.process_time() - started
    assert read < 5
    started = time.process_time()
    for number in range(100):
        assert patterns.verdict(f"src/package{number}/x.py") is None
    assert time.process_time() - started < 5


def test_the_last_line_counts_among_many() -> None:
    lines = [f"{'!' if number % 2 else ''}*{number % 10}.py" for number in range(10_000)]
    patterns = Patterns(lines)
    assert [patterns.verdict(f"a/x{number}.py") for number in range(4)] == [
        True,
        False,
        True,
        False,
    ]
