"""Files are opened in one place: no pipe is waited for, no device is read, wherever one stands."""

from __future__ import annotations

import ast
import errno
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pytest

import randlint as package
from randlint import files, flake8_plugin
from randlint.cache import Cache
from randlint.engine import FileReport
from randlint.runner import check_files
from randlint.settings import Settings
from randlint.source.contents import MISSING, content_hash

Run = Callable[..., Any]
ROOT = Path(package.__file__).parent


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Whoever waits for a pipe is woken, and has failed."""

    def wake(number: int, frame: FrameType | None) -> NoReturn:
        raise AssertionError("somebody waits for a pipe, or reads a device")

    before = signal.signal(signal.SIGALRM, wake)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def put(path: Path, kind: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")


KINDS = pytest.mark.parametrize("kind", ["pipe", "device"])


@KINDS
def test_reading(tmp_path: Path, kind: str) -> None:
    put(tmp_path / "x", kind)
    with pytest.raises(files.NotAFile, match="neither a file nor a folder"):
        files.read_bytes(tmp_path / "x")
    (tmp_path / "plain").write_bytes(b"\0a\r\n")
    assert files.read_bytes(str(tmp_path / "plain")) == b"\0a\r\n"
    with pytest.raises(IsADirectoryError):
        files.read_bytes(tmp_path)
    with pytest.raises(FileNotFoundError):
        files.read_bytes(tmp_path / "none")
    with pytest.raises(ValueError, match="null"):
        files.read_bytes("a\0b")


def test_what_was_a_file_a_moment_ago(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").write_text("x = 1\n")
    os.mkfifo(tmp_path / "pipe")
    real = os.stat(tmp_path / "a.py")
    monkeypatch.setattr("randlint.files.os.stat", lambda path: real)
    with pytest.raises(files.NotAFile):
        files.read_bytes(tmp_path / "pipe")


def test_no_more_is_read_than_fits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(100_000))
    assert files.read_bytes(path, 100_000) == bytes(100_000)
    with pytest.raises(OSError, match="larger than") as caught:
        files.read_bytes(path, 99_999)
    assert caught.value.errno == errno.EFBIG
    real = os.fstat
    monkeypatch.setattr(  # a file that grows, or tells no size
        "randlint.files.os.fstat",
        lambda number: os.stat_result([*real(number)[:6], 0, *real(number)[7:]]),
    )
    assert files.read_bytes(path, 100_000) == bytes(100_000)
    with pytest.raises(OSError, match="larger than"):
        files.read_bytes(path, 99_999)


def test_a_file_without_a_size() -> None:
    if not os.path.exists("/proc/self/status"):
        pytest.skip("needs /proc")
    assert files.read_bytes("/proc/self/status").startswith(b"Name:")


CALLS = "import jax\nimport mod\n\n\ndef f(key):\n    mod.draw(key)\n    return mod.draw(key)\n"


@KINDS
@pytest.mark.parametrize(
    "place",
    ["mod.py", "mod/__init__.py", "src/mod.py", ".gitignore", "sub/.gitignore", "sub/x.ipynb"],
)
def test_beside_what_is_checked(
    randlint: Run, tmp_path: Path, reuse: str, place: str, kind: str
) -> None:
    put(tmp_path / place, kind)
    (tmp_path / "a.py").write_text(CALLS)
    (tmp_path / "b.py").write_text(reuse)
    for cache in (False, True, True):
        outcome = randlint("check", ".", cache=cache)
        assert outcome.err == ""
        assert "b.py:6:9: RND101" in outcome.out
    outcome = randlint("models", ".")
    assert (outcome.code, outcome.err) == (0, "")


@KINDS
def test_a_package_that_standard_input_is_said_to_be_in(
    spawn: Run, tmp_path: Path, reuse: str, kind: str
) -> None:
    put(tmp_path / "p" / "__init__.py", kind)
    put(tmp_path / "p" / "mod.py", kind)
    put(tmp_path / "p" / "x.py", kind)
    source = "from p import mod\n" + reuse
    arguments = ("check", "-", "--stdin-filename", "p/x.py", "--no-cache")
    outcome = spawn("randlint", *arguments, cwd=tmp_path, stdin=source.encode())
    assert (outcome.code, outcome.err) == (1, "")
    assert "p/x.py:7:9: RND101" in outcome.out


@KINDS
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--config", "x"), "x: cannot be read: neither a file nor a folder"),
        (("--baseline", "x"), "x: not a baseline of randlint: cannot be read: neither a file nor"),
        (("x",), "x: cannot be read: neither a file nor a folder"),
    ],
)
def test_named_on_the_command_line(
    randlint: Run, tmp_path: Path, reuse: str, options: tuple[str, ...], said: str, kind: str
) -> None:
    put(tmp_path / "x", kind)
    (tmp_path / "a.py").write_text(reuse)
    outcome = randlint("check", "a.py", *options)
    assert outcome.code == 2
    assert outcome.err.startswith(f"randlint: error: {said}")
    assert outcome.err.count("\n") == 1


@KINDS
def test_as_the_configuration(randlint: Run, tmp_path: Path, reuse: str, kind: str) -> None:
    put(tmp_path / "pyproject.toml", kind)
    (tmp_path / "a.py").write_text(reuse)
    for command in ("check", "models"):
        outcome = randlint(command, "a.py")
        assert (outcome.code, outcome.out) == (2, "")
        assert "pyproject.toml: cannot be read: neither a file nor a folder;" in outcome.err
        assert outcome.err.count("\n") == 1
    options = type("Options", (), {"filenames": ["a.py"], "select": [], "extend_select": []})()
    with pytest.raises(SystemExit, match="neither a file nor a folder"):
        flake8_plugin.Plugin.parse_options(options)


@KINDS
def test_in_the_place_of_the_cache(tmp_path: Path, reuse: str, kind: str) -> None:
    put(tmp_path / "print.json", kind)
    cache = Cache(tmp_path, "print")
    assert cache.get("key", "a.py") is None
    cache.put("key", FileReport("a.py"))
    cache.save()
    put(tmp_path / "mod.py", kind)
    path = str(tmp_path / "mod.py")
    cache.put("key", FileReport("a.py", depends=((path, content_hash(b"")),)))
    assert cache.get("key", "a.py") is None
    cache.put("key", FileReport("a.py", depends=((path, MISSING),)))
    assert cache.get("key", "a.py") is not None


@KINDS
def test_in_the_place_of_a_file_that_was_walked(tmp_path: Path, kind: str) -> None:
    names = [str(tmp_path / name) for name in ("a.py", "b.ipynb", "c.md")]
    for name in names:
        put(Path(name), kind)
    for report in check_files(names, Settings(root=tmp_path)):
        assert report.error == "cannot be read: neither a file nor a folder"


@KINDS
def test_in_the_place_of_what_is_shown_or_fixed(
    randlint: Run, tmp_path: Path, reuse: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """The report goes by what was checked, though nobody can look at it any more."""
    path = tmp_path / "a.py"
    real = files.read_bytes
    path.write_text(reuse)

    def read_and_replace(name: str) -> bytes:
        data = real(name)
        path.unlink()
        put(path, kind)
        return data

    monkeypatch.setattr("randlint.runner._tasks.read_bytes", read_and_replace)
    outcome = randlint("check", "a.py")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.startswith("a.py:6:9: RND101")
    for option in ("--add-noqa", "--fix"):
        path.unlink()
        path.write_text(reuse)
        outcome = randlint("check", "a.py", option)
        assert outcome.code == (2 if option == "--add-noqa" else 1)
        assert "Traceback" not in outcome.err
        assert not path.is_file()


# --- one place


OPENING = frozenset({"open", "read_text", "read_bytes", "write_text", "write_bytes", "fdopen"})
MODULES = frozenset({"tempfile", "linecache", "fileinput", "mmap", "codecs.open", "tokenize.open"})


def opened(tree: ast.AST) -> Iterator[int]:
    """Rows of a module where a file may be opened without `randlint.files`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="open")):
                yield node.lineno
            case ast.Call(func=ast.Attribute(attr=attr)) if attr in OPENING:
                yield node.lineno
            case ast.Import(names=names) if any(each.name in MODULES for each in names):
                yield node.lineno
            case ast.ImportFrom(module=str(module)) if module in MODULES:
                yield node.lineno


def printing(tree: ast.AST) -> Iterator[int]:
    """Rows of a module that print without `randlint.cli._output`."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="print")):
                yield node.lineno
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="stdout" | "stderr"))):
                yield node.lineno


@pytest.mark.parametrize(("find", "home"), [(opened, "files.py"), (printing, "cli/_output.py")])
def test_nobody_else_opens_a_file_or_prints(
    find: Callable[[ast.AST], Iterator[int]], home: str
) -> None:
    found = {
        f"{path.relative_to(ROOT)}:{row}"
        for path in ROOT.rglob("*.py")
        if path != ROOT / home
        for row in find(ast.parse(path.read_text()))
    }
    assert found == set()
    assert any(find(ast.parse((ROOT / home).read_text())))


@pytest.mark.parametrize(
    "line",
    ["open(p)", "p.open()", "p.read_text()", "io.open(p)", "os.open(p, 0)", "import linecache"],
)
def test_an_open_file_would_be_seen(line: str) -> None:
    assert list(opened(ast.parse(line))) == [1]


def test_what_is_printed_would_be_seen() -> None:
    assert list(printing(ast.parse("print(1)\nsys.stdout.write(1)\nsys.stderr.flush()"))) == [
        1,
        2,
        3,
    ]
