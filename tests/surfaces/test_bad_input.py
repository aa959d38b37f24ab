"""Input that is wrong or extreme: one clear line for it, and the other files are still checked."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

GOOD = "good.py"  # holds one finding, which every case must still report


@dataclass(frozen=True, slots=True)
class Case:
    """A file, and the code and row of the one finding that it gets (`None`: no finding)."""

    data: bytes
    code: str | None
    row: int = 1


def nested(depth: int) -> bytes:
    """Functions within functions: Python gives up at a hundred levels of indentation."""
    return b"".join(b" " * level + b"def f():\n" for level in range(depth)) + b" " * depth + b"1\n"


REUSE = b"import jax\nkey = jax.random.key(0)\nx = jax.random.normal(key)\n"
USE = b"y = jax.random.normal(key)\n"

CASES = {
    "empty": Case(b"", None),
    "not UTF-8": Case(b"import jax\nx = '\xe9\xff'\n", "RND900", 2),
    "declared latin-1": Case(b"# coding: latin-1\nx = '\xe9'\n" + REUSE + USE, "RND101", 6),
    "unknown encoding": Case(b"# coding: klingon\n", "RND900"),
    "UTF-16": Case("x = 1\n".encode("utf-16"), "RND900"),
    "byte order mark": Case(b"\xef\xbb\xbf" + REUSE + USE, "RND101", 4),
    "CRLF": Case((REUSE + USE).replace(b"\n", b"\r\n"), "RND101", 4),
    "lone CR": Case((REUSE + USE).replace(b"\n", b"\r"), "RND101", 4),
    "mixed line ends": Case(b"# a\r# b\r\n# c\n" + REUSE + USE, "RND101", 7),
    "form feed": Case(b"\x0c\n" + REUSE + b"\x0c" + USE, "RND101", 5),
    "form feed inside": Case(REUSE + b"z = 1 \x0c + 1; " + USE, "RND101", 4),
    "NUL": Case(b"import jax\nx = '\0'\n", "RND900", 2),
    "NUL in a comment": Case(b"# \0\n", "RND900"),
    "syntax error": Case(b"import jax\ndef f(:\n", "RND900", 2),
    "syntax error without randomness": Case(b"x = = 1\n", "RND900"),
    "unclosed bracket": Case(b"import jax\nx = jax.random.normal(\n", "RND900", 2),
    "unclosed string": Case(b'import jax\nx = """jax.random\n', "RND900", 2),
    "bad indentation": Case(b"import jax\nif x:\n    y\n  z\n", "RND900", 4),
    "tabs and spaces": Case(b"import jax\nif x:\n        y\n\tz\n", "RND900", 4),
    "Python 2": Case(b"import jax\nprint jax.random\n", "RND900", 2),
    "a binary": Case(bytes(range(256)), "RND900", 3),
    "no final line end": Case(REUSE + USE.rstrip(), "RND101", 4),
    "only a backslash": Case(b"\\", "RND900"),
    "500 nested functions": Case(b"import jax.random\n" + nested(500), "RND900", 102),
    "500 nested brackets": Case(b"import jax\nx = " + b"(" * 500 + b")" * 500, "RND900", 2),
}
HARMLESS = {
    "500 chained attributes": b"import jax.random\nx = a" + b".b" * 500 + b"\n",
    "500 chained calls": b"import jax.random\nx = a" + b"(1)" * 500 + b"\n",
    "500 unary signs": b"import jax.random\nx = " + b"-" * 500 + b"1\n",
    "500 elifs": b"import jax.random\nif a: pass\n" + b"elif b: pass\n" * 500,
    "500 elifs in a function": b"import jax.random\ndef f(key):\n  if a: pass\n"
    + b"  elif b: pass\n" * 500,
    "2000 added": b"import jax.random\nx = " + b" + ".join([b"a"] * 2000) + b"\n",
    "90 nested lists": b"import jax.random\nx = " + b"[" * 90 + b"]" * 90 + b"\n",
    "a line of a megabyte": b"import jax.random\nx = '" + b"a" * 1_000_000 + b"'\n",
}


def found(outcome: Any) -> dict[str, list[tuple[str, int]]]:
    by_file: dict[str, list[tuple[str, int]]] = {}
    for finding in json.loads(outcome.out):
        place = (finding["code"], finding["location"]["row"])
        by_file.setdefault(finding["filename"], []).append(place)
    return by_file


@pytest.fixture
def check(randlint: Run, tmp_path: Path, reuse: str) -> Run:
    (tmp_path / GOOD).write_text(reuse)

    def run(*arguments: str) -> Any:
        return randlint("check", "--output-format", "json", *arguments)

    return run


@pytest.mark.parametrize("name", CASES)
def test_one_finding_at_its_place_and_the_rest_is_checked(
    check: Run, tmp_path: Path, name: str
) -> None:
    case = CASES[name]
    (tmp_path / "bad.py").write_bytes(case.data)
    outcome = check()
    assert outcome.code == 1
    assert outcome.err == ""
    by_file = found(outcome)
    assert by_file.pop(GOOD) == [("RND101", 6)]
    assert by_file == ({} if case.code is None else {"bad.py": [(case.code, case.row)]})


@pytest.mark.parametrize("name", CASES)
def test_messages_are_one_line_and_name_no_internals(
    randlint: Run, tmp_path: Path, name: str
) -> None:
    (tmp_path / "bad.py").write_bytes(CASES[name].data)
    outcome = randlint("check")
    assert outcome.err == ""
    assert "Traceback" not in outcome.out
    assert all(line.isprintable() for line in outcome.out.splitlines())


@pytest.mark.parametrize("name", HARMLESS)
def test_extreme_but_right(check: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / "bad.py").write_bytes(HARMLESS[name])
    outcome = check()
    assert (outcome.code, outcome.err) == (1, "")
    assert found(outcome) == {GOOD: [("RND101", 6)]}


def test_fifty_thousand_lines(check: Run, tmp_path: Path, reuse: str) -> None:
    function = "def f{0}(key):\n    a = jax.random.normal(key)\n    return a + g(a)\n\n\n"
    text = "import jax\n" + "".join(map(function.format, range(10_000)))
    assert text.count("\n") > 50_000
    last = "def last(key):\n    a = jax.random.normal(key)\n    b = jax.random.normal(key)\n"
    (tmp_path / "bad.py").write_text(text + last)
    outcome = check()
    assert (outcome.code, outcome.err) == (1, "")
    assert found(outcome) == {GOOD: [("RND101", 6)], "bad.py": [("RND101", 50_004)]}


def test_what_the_file_system_has_in_store(check: Run, tmp_path: Path, reuse: str) -> None:
    (tmp_path / "x.py").mkdir()
    (tmp_path / "x.py" / "inner.py").write_text(reuse)
    os.symlink(".", tmp_path / "loop")
    os.symlink("self.py", tmp_path / "self.py")
    os.symlink("nowhere.py", tmp_path / "dangling.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_text(reuse)
    outcome = check(".", "missing.py", "pipe.py")
    assert outcome.code == 2
    assert outcome.err.splitlines() == [
        "randlint: error: dangling.py: cannot be read: no such file or directory",
        "randlint: error: self.py: cannot be read: too many levels of symbolic links",
        "randlint: error: missing.py: cannot be read: no such file or directory",
        "randlint: error: pipe.py: cannot be read: neither a file nor a folder",
    ]
    assert sorted(found(outcome)) == sorted([GOOD, "x.py/inner.py", "caf\udce9.py"])


def test_an_unreadable_file(check: Run, tmp_path: Path) -> None:
    mem = Path("/proc/self/mem")
    if not mem.exists():
        pytest.skip("needs /proc, where a file is unreadable even for root")
    os.symlink(mem, tmp_path / "bad.py")
    outcome = check()
    assert outcome.code == 2
    assert outcome.err.startswith("randlint: error: bad.py: cannot be read: ")
    assert outcome.err.count("\n") == 1
    assert found(outcome) == {GOOD: [("RND101", 6)]}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_and_folder(check: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.py").touch(0o000)
    (tmp_path / "folder").mkdir(0o000)
    outcome = check()
    (tmp_path / "folder").chmod(0o700)
    assert outcome.err.splitlines() == [
        "randlint: error: bad.py: cannot be read: permission denied",
        "randlint: error: folder: cannot be read: permission denied",
    ]


def test_a_folder_whose_name_nobody_can_write(
    check: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working directory is deeper than any path may be."""
    for _ in range(60):
        os.mkdir("e" * 100)
        os.chdir("e" * 100)
    Path("a.py").write_text("x = 1\n")
    try:
        outcome = check()
    finally:
        os.chdir(tmp_path)
        subprocess.run(["rm", "-r", "e" * 100], check=True)
    assert (outcome.code, outcome.out) == (2, "[]\n")
    assert outcome.err == "randlint: error: .: cannot be read: file name too long\n"


def test_many_modules_above_one_another(check: Run, tmp_path: Path, reuse: str) -> None:
    for _ in range(600):
        os.mkdir("d")
        os.chdir("d")
        Path("__init__.py").touch()
    Path("a.py").write_text(f"from .. import x\nfrom . import mod\n{reuse}")
    os.chdir(tmp_path)
    try:
        outcome = check()
    finally:
        subprocess.run(["rm", "-r", "d"], check=True)
    assert (outcome.code, outcome.err) == (1, "")
    assert found(outcome) == {GOOD: [("RND101", 6)], "d/" * 600 + "a.py": [("RND101", 8)]}


def test_many_empty_files(check: Run, tmp_path: Path) -> None:
    for number in range(2000):
        (tmp_path / f"{number}.py").touch()
    outcome = check()
    assert found(outcome) == {GOOD: [("RND101", 6)]}
