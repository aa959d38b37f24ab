from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from randlint.source.discovery import Discovery, discover, walk


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(*paths: str, text: str = "") -> None:
    for path in paths:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(text)


def find(*paths: str, exclude: tuple[str, ...] = (), force_exclude: bool = False) -> Discovery:
    return discover(paths or (".",), root=Path.cwd(), exclude=exclude, force_exclude=force_exclude)


def test_python_files_in_order_each_once() -> None:
    write("b.py", "a/z.py", "a/y.py", "a.py", "a/notes.txt", "a/x.pyc")
    assert find().files == ("a.py", "a/y.py", "a/z.py", "b.py")
    assert find("b.py", ".", "./a", "a/../b.py").files == ("a.py", "a/y.py", "a/z.py", "b.py")


def test_absolute_paths_are_shown_absolute(tmp_path: Path) -> None:
    write("a.py")
    assert find(str(tmp_path)).files == (str(tmp_path / "a.py"),)


def test_a_named_file_needs_no_suffix() -> None:
    write("script")
    assert find("script").files == ("script",)


def test_hidden_folders_environments_and_caches_are_skipped() -> None:
    write(".git/a.py", ".hidden/a.py", ".b.py", "__pycache__/a.py", "node_modules/a.py", "ok.py")
    write("env/lib/a.py", "env/pyvenv.cfg", "conda/a.py", "conda/conda-meta/history")
    assert find().files == ("ok.py",)


def test_a_named_hidden_folder_or_environment_is_checked() -> None:
    write(".hidden/a.py", "env/a.py", "env/pyvenv.cfg")
    assert find(".hidden", "env").files == (".hidden/a.py", "env/a.py")


def test_gitignore_of_every_level() -> None:
    write("a.py", "gen/a.py", "sub/gen/a.py", "sub/keep_pb2.py", "sub/other_pb2.py")
    write(".gitignore", text="gen/\n*_pb2.py\n# comment\n\n")
    write("sub/.gitignore", text="!keep_pb2.py\n")
    assert find().files == ("a.py", "sub/keep_pb2.py")


def test_gitignore_above_counts_within_a_repository() -> None:
    write("sub/a.py", "sub/b.py", ".git/HEAD")
    write(".gitignore", text="b.py\n")
    assert find("sub").files == ("sub/a.py",)


def test_gitignore_above_does_not_count_without_a_repository() -> None:
    write("sub/a.py", "sub/b.py")
    write(".gitignore", text="b.py\n")
    assert find("sub").files == ("sub/a.py", "sub/b.py")


def test_anchored_patterns() -> None:
    write("build/a.py", "sub/build/a.py", ".gitignore")
    write(".gitignore", text="/build\n")
    assert find().files == ("sub/build/a.py",)


def test_bad_gitignore_lines_are_left_out() -> None:
    write("a.py", "b.py")
    Path(".gitignore").write_bytes(b"\xff\xfe\n!\nb.py\n///\n")
    assert find().files == ("a.py",)


@pytest.mark.parametrize(
    "bad", ["[z-a]", "[", "a[b", "[[:no:]]", "x\\", "!", "!/", "**/[z-a]/", "\0", "(", "+", "{2}"]
)
def test_a_line_that_nothing_can_match_takes_no_other_with_it(bad: str) -> None:
    write("a.py", "b.py", "sub/b.py")
    write(".gitignore", text=f"{bad}\n/b.py\n{bad}\n")
    assert find().files == ("a.py", "sub/b.py")


def test_line_ends_and_marks_of_a_gitignore() -> None:
    write("a.py", "b.py", "c.py", "d\x0ce.py")
    Path(".gitignore").write_bytes(b"\xef\xbb\xbfb.py\r\nc.py   \r\nd\x0ce.py")
    assert find().files == ("a.py",)


def test_a_gitignore_names_files_that_are_no_unicode() -> None:
    write("a.py", os.fsdecode(b"caf\xe9.py"))
    Path(".gitignore").write_bytes(b"caf\xe9.py\n")
    assert find().files == ("a.py",)


def test_what_is_kept_in_a_folder_that_is_not_ignored_itself() -> None:
    write("gen/a.py", "gen/keep.py", "gen/sub/b.py")
    write(".gitignore", text="gen/**\n!gen/keep.py\n")
    assert find().files == ("gen/keep.py",)


def test_in_a_named_folder_that_ignores_everything_all_is_checked() -> None:
    write("env/.gitignore", text="*\n")
    write("env/a.py", "env/sub/b.py", ".git/HEAD")
    assert find("env/sub").files == ("env/sub/b.py",)


def test_two_hundred_thousand_lines() -> None:
    write("a.py", "gen199999/b.py", "x/gen_7_9.py", "x/y.py")
    lines = [f"gen{number}/" for number in range(100_000, 200_000)]
    lines += [f"gen_{number}_*.py" for number in range(100_000)]
    write(".gitignore", text="\n".join(lines))
    started = time.process_time()
    assert find().files == ("a.py", "x/y.py")
    assert find(exclude=tuple(lines)).files == ("a.py", "x/y.py")
    assert time.process_time() - started < 20


def test_exclude_prunes_but_a_named_path_is_checked() -> None:
    write("a.py", "examples/a.py", "examples/deep/b.py")
    assert find(exclude=("examples/",)).files == ("a.py",)
    expected = ("examples/a.py", "examples/deep/b.py")
    assert find("examples", exclude=("examples/",)).files == expected
    assert find("examples/a.py", exclude=("examples/",)).files == ("examples/a.py",)


def test_other_patterns_still_hold_in_a_named_folder() -> None:
    write("examples/a.py", "examples/skip/b.py")
    assert find("examples", exclude=("examples/", "skip/")).files == ("examples/a.py",)


def test_force_exclude_holds_for_named_paths() -> None:
    write("a.py", "examples/a.py")
    found = find("a.py", "examples/a.py", "examples", exclude=("examples/",), force_exclude=True)
    assert found.files == ("a.py",)


def test_missing_paths_are_reported_and_the_rest_found() -> None:
    write("a.py")
    found = find("nosuch", "a.py", "nosuch.py")
    assert found.files == ("a.py",)
    assert [bad.path for bad in found.unreadable] == ["nosuch", "nosuch.py"]
    assert "no such file" in found.unreadable[0].reason


def test_a_path_with_a_nul_is_reported() -> None:
    (bad,) = find("a\0b").unreadable
    assert "null" in bad.reason


def test_a_folder_called_like_a_file() -> None:
    write("x.py/inner.py")
    assert find() == Discovery(("x.py/inner.py",), ())
    assert find("x.py").files == ("x.py/inner.py",)


def test_links_to_folders_are_not_followed() -> None:
    write("a/b.py")
    os.symlink("..", "a/loop")
    os.symlink("a", "again")
    os.symlink("a", "folder.py")
    assert find() == Discovery(("a/b.py",), ())


def test_a_link_that_points_to_itself() -> None:
    write("a.py")
    os.symlink("loop.py", "loop.py")
    found = find()
    assert found.files == ("a.py",)
    assert [(bad.path, "symbolic link" in bad.reason) for bad in found.unreadable] == [
        ("loop.py", True)
    ]


def test_a_pipe_is_not_waited_for() -> None:
    os.mkfifo("pipe.py")
    os.mkfifo(".gitignore")
    os.mkdir("sub")
    os.mkfifo("sub/.gitignore")
    write("sub/a.py")
    assert find() == Discovery(("sub/a.py",), ())
    assert [bad.reason for bad in find("pipe.py").unreadable] == ["neither a file nor a folder"]


def test_a_file_name_that_is_no_unicode() -> None:
    name = os.fsdecode(b"bad\xff.py")
    write(name)
    assert find().files == (name,)


def test_three_hundred_nested_folders() -> None:
    deep = "d/" * 300 + "a.py"
    write(deep)
    assert find().files == (deep,)


def test_fifteen_hundred_nested_folders() -> None:
    here = os.open(".", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    write("a.py")
    os.fchdir(here)
    os.close(here)
    try:
        found = find()
    finally:  # Python 3.11 itself cannot remove it, nor can pytest, in any later run
        subprocess.run(["rm", "-r", "d"], check=True)
    assert found.files == ("d/" * 1500 + "a.py",)


def test_what_is_nested_too_deeply_to_be_named_is_said() -> None:
    here = os.open(".", os.O_RDONLY)
    write("a.py")
    for _ in range(100):
        os.mkdir("d" * 60)
        os.chdir("d" * 60)
    os.fchdir(here)
    os.close(here)
    try:
        found = find()
    finally:
        subprocess.run(["rm", "-r", "d" * 60], check=True)
    assert found.files == ("a.py",)
    assert [bad.reason for bad in found.unreadable] == ["file name too long"]


def test_what_goes_while_it_is_walked(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.py", "b.py", "c/d.py", "e.py")
    walked = walk(["."], root=Path.cwd())
    assert next(walked) == "a.py"
    os.remove("b.py")
    shutil.rmtree("c")
    rest = list(walked)
    assert [each for each in rest if isinstance(each, str)] == ["e.py"]
    assert [bad.path for bad in rest if not isinstance(bad, str)] == ["b.py", "c"]


def test_the_walk_is_in_the_order_of_whole_paths() -> None:
    write("a.py", "a/b.py", "a-b.py", "a0.py", "a/b/c.py", "a/b-c.py", "A.py", "é/x.py", "z.py")
    walked = list(walk(["."], root=Path.cwd()))
    assert len(walked) == 9
    assert walked == sorted(walked)
    assert tuple(walked) == find("a", "a/b", ".", "z.py").files


def test_notebooks_are_found() -> None:
    write("a.ipynb", ".ipynb_checkpoints/a.ipynb", "b.ipynb/c.py")
    assert find().files == ("a.ipynb", "b.ipynb/c.py")


def test_further_files_on_request() -> None:
    write("README.md", "docs/a.md", "docs/gen/b.md", "docs/c.rst", ".hidden.md", "x.py")
    assert find().files == ("x.py",)
    found = discover(["."], root=Path.cwd(), extend_include=["*.md"], exclude=["gen/"])
    assert found.files == ("README.md", "docs/a.md", "x.py")
    found = discover(["."], root=Path.cwd(), extend_include=["/*.md", "docs/**/*.rst"])
    assert found.files == ("README.md", "docs/c.rst", "x.py")
