from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from randlint import cache as cache_module
from randlint import diagnosis
from randlint.cache import Cache, content_hash, content_key, open_cache
from randlint.engine import Checker, FileReport
from randlint.findings import (
    Confidence,
    Edit,
    Finding,
    Fix,
    Location,
    Position,
    Related,
    Severity,
)
from randlint.runner import check_files
from randlint.settings import Settings

Run = Callable[..., Any]

ONE, TWO = Position(1, 2), Position(3, 4)
FINDING = Finding(
    "RND101",
    "key-reuse",
    Severity.WARNING,
    Confidence.MEDIUM,
    "mé\udcffssage",
    Location("a.py", ONE, TWO, 7),
    (Related("first", Location("b.py", ONE, TWO)), Related("x", Location("a.py", ONE, TWO))),
    Fix("do", (Edit(ONE, TWO, "new"),), safe=False),
)
REPORT = FileReport("a.py", (FINDING, replace(FINDING, fix=None)), 5, 1, 2)


def test_a_report_comes_back_as_it_was(tmp_path: Path) -> None:
    first = Cache(tmp_path / "c", "print")
    first.put("key", REPORT)
    first.save()
    assert Cache(tmp_path / "c", "print").get("key", "a.py") == REPORT
    assert Cache(tmp_path / "c", "other").get("key", "a.py") is None
    assert Cache(tmp_path / "c", "print").get("nokey", "a.py") is None


def test_keys_depend_on_content_name_and_codes() -> None:
    key = content_key(b"x", "a.py", {"RND101", "RND102"})
    assert key == content_key(b"x", "a.py", ["RND102", "RND101"])
    others = [
        content_key(b"y", "a.py", {"RND101", "RND102"}),
        content_key(b"x", "b.py", {"RND101", "RND102"}),
        content_key(b"x", "a.py", {"RND101"}),
        content_key(b"pyx", "a.", {"RND101", "RND102"}),
    ]
    assert len({key, *others}) == 5


def test_whatever_changes_the_rules_changes_the_key(tmp_path: Path) -> None:
    def key(name: str = "a.py", **changes: object) -> str:
        settings = replace(Settings(root=tmp_path), **changes)  # type: ignore[arg-type]
        path = str(tmp_path / name)
        return content_key(b"x", "a.py", Checker(settings).signature(path))

    keys = [
        key(),
        key(select=()),
        key(select=("RND101",)),
        key(select=("RND101",), ignore=("RND102",)),
        key(extend_select=("RND101",)),
        key(ignore=("RND101",)),
        key(per_file_ignores=(("a.py", ("RND101",)),)),
    ]
    assert len(set(keys)) == len(keys)
    assert key("b.py", per_file_ignores=(("a.py", ("RND101",)),)) == key()


def test_settings_decide_the_file(tmp_path: Path) -> None:
    def used(settings: Settings) -> set[str]:
        cache = open_cache(settings)
        cache.put("key", REPORT)
        cache.save()
        return {path.name for path in (tmp_path / ".randlint_cache").glob("*.json")}

    plain = Settings(root=tmp_path)
    assert len(used(plain)) == 1
    assert len(used(replace(plain, ignore=("RND109",)))) == 1  # codes are part of the key
    assert len(used(replace(plain, models={"a": 1}))) == 2
    assert len(used(replace(plain, min_confidence=Confidence.LOW))) == 3


def test_the_folder_hides_itself_from_git(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "c", "print")
    cache.put("key", REPORT)
    cache.save()
    assert (tmp_path / "c" / ".gitignore").read_text() == "*\n"
    assert not list((tmp_path / "c").glob(".new-*"))


def test_a_changed_dependency_makes_an_entry_stale(tmp_path: Path) -> None:
    other = tmp_path / "b.py"
    other.write_bytes(b"x")
    cache = Cache(tmp_path / "c", "print")
    cache.put("key", replace(REPORT, depends=((str(other), content_hash(b"x")),)))
    cache.save()
    assert Cache(tmp_path / "c", "print").get("key", "a.py") is not None
    other.write_bytes(b"y")
    assert Cache(tmp_path / "c", "print").get("key", "a.py") is None
    other.unlink()
    assert Cache(tmp_path / "c", "print").get("key", "a.py") is None


def entry(**changes: object) -> str:
    good = {"day": 1, "depends": [], "report": {"counts": [0, 0, 0], "findings": []}}
    return json.dumps({"format": 1, "entries": {"key": {**good, **changes}}})


HOSTILE = {
    "empty": "",
    "truncated": entry()[:-5],
    "no json": "cos\nsystem\n(S'true'\ntR.",
    "a list": "[]",
    "a number": "3",
    "another format": '{"format": 99, "entries": {}}',
    "entries no object": '{"format": 1, "entries": [1]}',
    "entry no object": '{"format": 1, "entries": {"key": 1}}',
    "entry empty": '{"format": 1, "entries": {"key": {}}}',
    "day no number": entry(day="x"),
    "day huge": entry(day=1e400),
    "depends no list": entry(depends=3),
    "depends of one": entry(depends=[["a"]]),
    "depends nonsense": entry(depends=[[{}, None]]),
    "depends with NUL": entry(depends=[["a\0b", "x"]]),
    "report null": entry(report=None),
    "counts short": entry(report={"counts": [0], "findings": []}),
    "counts negative": entry(report={"counts": [0, -1, 0], "findings": []}),
    "counts strings": entry(report={"counts": ["0", 0, 0], "findings": []}),
    "finding short": entry(report={"counts": [0, 0, 0], "findings": [[1]]}),
    "finding no list": entry(report={"counts": [0, 0, 0], "findings": [{}]}),
    "severity unknown": entry(
        report={
            "counts": [0, 0, 0],
            "findings": [["RND101", "n", "evil", 3, "m", [None, 1, 1, 1, 2, None], [], None]],
        }
    ),
    "location wrong": entry(
        report={
            "counts": [0, 0, 0],
            "findings": [["RND101", "n", "error", 3, "m", [None, "1", 1, 1, 2, None], [], None]],
        }
    ),
    "nested deeply": "[" * 100_000,
    "huge number": '{"format": 1' + "0" * 5000 + "}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_cache_is_ignored_and_rewritten(tmp_path: Path, reuse: str, name: str) -> None:
    source = tmp_path / "a.py"
    source.write_text(reuse)
    settings = Settings(root=tmp_path)
    cache = open_cache(settings)
    key = content_key(source.read_bytes(), str(source), _codes(settings, str(source)))
    (tmp_path / ".randlint_cache").mkdir()
    cache._path.write_text(HOSTILE[name].replace('"key"', f'"{key}"'))
    for _ in range(2):
        (report,) = check_files([str(source)], settings, cache=open_cache(settings))
        assert [finding.code for finding in report.findings] == ["RND101"]
    assert key in json.loads(cache._path.read_text())["entries"]


def _codes(settings: Settings, filename: str) -> tuple[str, ...]:
    return Checker(settings).signature(filename)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "print.json"
    path.write_bytes(b"\xff\xfe\x00{")
    assert Cache(tmp_path, "print").get("key", "a.py") is None


def test_a_pipe_or_folder_in_place_of_the_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    assert Cache(tmp_path, "pipe").get("key", "a.py") is None
    (tmp_path / "folder.json").mkdir()
    cache = Cache(tmp_path, "folder")
    cache.put("key", REPORT)
    cache.save()


def test_a_link_in_place_of_the_folder_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    os.symlink("precious", tmp_path / "c")
    cache = Cache(tmp_path / "c", "print")
    cache.put("key", REPORT)
    cache.save()
    assert list((tmp_path / "precious").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("a file")
    cache = Cache(tmp_path / "c", "print")
    cache.put("key", REPORT)
    cache.save()
    assert (tmp_path / "c").read_text() == "a file"


def test_two_runs_at_once_keep_what_either_adds(tmp_path: Path) -> None:
    one, two = Cache(tmp_path, "print"), Cache(tmp_path, "print")
    one.put("one", REPORT)
    two.put("two", REPORT)
    one.save()
    two.save()
    after = Cache(tmp_path, "print")
    assert after.get("one", "a.py") == after.get("two", "a.py") == REPORT


def test_entries_nobody_asks_for_are_dropped_after_a_month(tmp_path: Path) -> None:
    cache = Cache(tmp_path, "print")
    cache.put("old", REPORT)
    cache.put("used", REPORT)
    cache._today += 31
    cache.put("new", REPORT)
    assert cache.get("used", "a.py") == REPORT
    cache.save()
    kept = json.loads((tmp_path / "print.json").read_text())["entries"]
    assert sorted(kept) == ["new", "used"]


def test_files_of_other_settings_go_after_a_month(tmp_path: Path) -> None:
    old, fresh = tmp_path / "old.json", tmp_path / "fresh.json"
    old.write_text("{}")
    fresh.write_text("{}")
    os.utime(old, (0, 0))
    cache = Cache(tmp_path, "print")
    cache.put("key", REPORT)
    cache.save()
    assert not old.exists()
    assert fresh.exists()


def test_a_second_run_interprets_nothing(
    tmp_path: Path, reuse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_text(reuse)
    settings = Settings(root=tmp_path)
    first = check_files([str(path)], settings, cache=open_cache(settings))

    def analyse(*arguments: object, **options: object) -> None:
        raise AssertionError("interpreted although the cache knows")

    monkeypatch.setattr(diagnosis, "analyse", analyse)
    assert check_files([str(path)], settings, cache=open_cache(settings)) == first
    path.write_text(reuse + "\n")
    (report,) = check_files([str(path)], settings, cache=open_cache(settings))
    assert "interpreted although" in report.error


def test_errors_are_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.py"
    path.write_text("import jax.random\n")

    def analyse(*arguments: object, **options: object) -> None:
        raise RuntimeError("bug")

    settings = Settings(root=tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(diagnosis, "analyse", analyse)
        (report,) = check_files([str(path)], settings, cache=open_cache(settings))
        assert report.error
    (report,) = check_files([str(path)], settings, cache=open_cache(settings))
    assert not report.error


def test_new_rules_make_a_new_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import shutil

    copy = tmp_path / "randlint"
    shutil.copytree(Path(cache_module.__file__).parent, copy)
    settings = Settings(root=tmp_path)
    monkeypatch.setattr(cache_module, "__file__", str(copy / "cache.py"))
    before = cache_module._fingerprint(settings)
    assert cache_module._fingerprint(settings) == before
    (copy / "catalogue" / "new.toml").write_text("x = 1\n")
    assert cache_module._fingerprint(settings) != before


def test_many_runs_at_once_never_leave_a_broken_file(tmp_path: Path) -> None:
    """Each process adds, saves and reads in a loop; nobody ever reads half a file."""
    processes = [
        multiprocessing.get_context("fork").Process(target=hammer, args=(tmp_path, each))
        for each in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    entries = json.loads((tmp_path / "print.json").read_text())["entries"]
    assert entries
    cache = Cache(tmp_path, "print")
    assert all(cache.get(key, "a.py") == REPORT for key in entries)
    assert not list(tmp_path.glob(".new-*"))


def hammer(folder: Path, who: int) -> None:
    for turn in range(15):
        cache = Cache(folder, "print")
        cache.put(f"{who}-{turn}", REPORT)
        cache.save()
        text = (folder / "print.json").read_text()
        assert json.loads(text)["format"] == 1


def test_runs_in_a_row_over_a_cache_cut_at_any_byte(tmp_path: Path, reuse: str) -> None:
    (tmp_path / "a.py").write_text(reuse)
    names = [str(tmp_path / "a.py")]
    settings = Settings(root=tmp_path)
    expected = check_files(names, settings, cache=open_cache(settings))
    cache = open_cache(settings)
    whole = cache._path.read_bytes()
    for length in range(0, len(whole), 37):
        cache._path.write_bytes(whole[:length])
        assert open_cache(settings).get("nokey", "a.py") is None
    cache._path.write_bytes(whole[: len(whole) // 2])
    assert check_files(names, settings, cache=open_cache(settings)) == expected
    assert cache._path.read_bytes() == whole


def test_a_change_in_a_file_that_a_call_leads_to(randlint: Run, tmp_path: Path) -> None:
    """What `helper.draw` does with its key decides whether `main.py` uses it twice."""
    (tmp_path / "main.py").write_text(
        "import jax\nimport helper\n\nkey = jax.random.key(0)\n"
        "x = helper.draw(key)\ny = jax.random.normal(key)\n"
    )
    helper = tmp_path / "helper.py"
    consuming = "import jax\n\n\ndef draw(key):\n    return jax.random.normal(key)\n"
    harmless = "import jax\n\n\ndef draw(key):\n    return jax.random.key_data(key)\n"
    for text, code in ((consuming, 1), (harmless, 0), (consuming, 1)):
        helper.write_text(text)
        for _ in range(2):
            assert randlint("check", cache=True).code == code
            assert randlint("check", cache=False).code == code


def test_a_dependency_is_read_once_in_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "b.py"
    other.write_bytes(b"x")
    cache = Cache(tmp_path / "c", "print")
    for name in "pqr":
        cache.put(name, replace(REPORT, depends=((str(other), content_hash(b"x")),)))
    read: list[str] = []
    real = cache_module.read_bytes
    monkeypatch.setattr(cache_module, "read_bytes", lambda path: read.append(path) or real(path))
    expected = replace(REPORT, depends=((str(other), content_hash(b"x")),))
    assert [cache.get(name, "a.py") for name in "pqr"] == [expected] * 3
    assert read == [str(other)]
    cache.key(b"y", str(other), ())  # it has been read anyhow, and holds something else
    assert cache.get("p", "a.py") is None


def test_the_coming_of_a_file_that_was_looked_for_makes_an_entry_stale(tmp_path: Path) -> None:
    other = tmp_path / "b.py"
    cache = Cache(tmp_path / "c", "print")
    cache.put("key", replace(REPORT, depends=((str(other), cache_module.MISSING),)))
    cache.save()
    assert Cache(tmp_path / "c", "print").get("key", "a.py") is not None
    other.write_bytes(b"")
    assert Cache(tmp_path / "c", "print").get("key", "a.py") is None
