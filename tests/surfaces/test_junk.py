"""Whatever stands in a file that randlint reads: the error that is documented for it, or none."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from randlint import settings as settings_module
from randlint.cache import Cache
from randlint.cli import _baseline as baseline
from randlint.cli._add_noqa import silence_reports
from randlint.cli._output import print_findings
from randlint.engine import Checker, FileReport
from randlint.findings import Confidence, Edit, Finding, Fix, Location, Position, Related, Severity
from randlint.reporting.escaping import printable
from randlint.runner import Tally
from randlint.settings import CodeSelector, Settings, SettingsError, load_settings
from randlint.source.discovery import discover

JUNK = settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def mutated(original: bytes) -> st.SearchStrategy[bytes]:
    """The original with pieces cut out, doubled, swapped for others or for junk."""
    edit = st.tuples(
        st.integers(0, len(original)),
        st.integers(0, 12),
        st.binary(max_size=6)
        | st.sampled_from([b"[" * 20, b"{", b"}", b'"', b"\n", b"\0", b"\xff"]),
    )

    def apply(edits: list[tuple[int, int, bytes]]) -> bytes:
        data = original
        for at, length, new in edits:
            data = data[:at] + new + data[at + length :]
        return data

    return st.binary(max_size=40) | st.lists(edit, max_size=4).map(apply)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["RND101", "fresh", "a.b", "[z-a]", 10**30, -1, 1e308, "\ud800"])
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner)
)


def places(value: object, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value inside of a document."""
    yield path
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        yield from places(inner, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def disturbed(document: object) -> st.SearchStrategy[Any]:
    """The document with one value, anywhere in it, in the place of another."""
    return st.builds(
        lambda path, new: replaced(document, path, new),
        st.sampled_from(list(places(document))),
        VALUES,
    )


# --- settings

PYPROJECT = b"""\
[tool.randlint]
select = ["RND1", "RND203"]
extend-select = ["RND110"]
exclude = ["gen/", "*_[a-z].py"]
extend-include = ["*.md"]
min-confidence = "low"
follow-installed = true
per-file-ignores = {"tests/" = ["RND1"]}
[tool.randlint.models]
annotations = ["m.Key"]
[tool.randlint.models.functions]
"m.next_key" = { effect = "fresh" }
"m.noise" = { effect = "consume", key = { name = "key", position = 0 } }
[tool.randlint.models.transforms]
"m.map" = { kind = "vmap", function = { name = "f", position = 0 } }
"""


def settings_or_none(load: Callable[[], Settings]) -> Settings | None:
    try:
        return load()
    except SettingsError as error:
        assert "\n" not in printable(str(error))
        return None


def test_the_settings_are_right_to_begin_with(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(PYPROJECT)
    assert load_settings([str(tmp_path)]).min_confidence is Confidence.LOW


@given(data=mutated(PYPROJECT))
@example(data=b"[tool.randlint]\nselect = " + b"[" * 100_000)
@example(data=b"[tool.randlint]\n" + b"a." * 50_000 + b"b = 1")
@example(data=b"[tool.randlint." + b"'a' . " * 50_000 + b"b]")
@example(data=b"[tool.randlint]\nselect = 1" + b"0" * 5000)
@example(data=b"\xef\xbb\xbf[tool.randlint]\nselect = []")
@example(data=b"[tool.randlint]\n'\\u0000' = 1")
@JUNK
def test_settings(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "pyproject.toml").write_bytes(data)
    for config in (None, str(tmp_path / "pyproject.toml")):
        found = settings_or_none(lambda config=config: load_settings([str(tmp_path)], config))
        if found is not None:
            CodeSelector(found).codes("tests/a.py")


TABLE = {
    "select": ["RND1"],
    "exclude": ["gen/"],
    "per-file-ignores": {"tests/": ["RND1"]},
    "min-confidence": "low",
    "models": {
        "annotations": ["m.Key"],
        "functions": {"m.noise": {"effect": "consume", "key": {"name": "key", "position": 0}}},
        "transforms": {"m.map": {"kind": "vmap", "function": {"name": "f", "position": 0}}},
        "methods": {"noise": {"effect": "fresh"}},
        "aliases": {"m.a": "m.b"},
    },
}


@given(table=disturbed(TABLE), other=st.dates() | st.datetimes() | st.times())
@JUNK
def test_settings_of_wrong_types(
    tmp_path: Path, table: Any, other: datetime.date | datetime.time
) -> None:
    if isinstance(table, dict):
        for wrong in (table, {**table, "models": {"functions": {"m.f": other}}}):
            found = settings_or_none(
                lambda wrong=wrong: settings_module._read(tmp_path / "x.toml", wrong)
            )
            if found is not None:
                data = b"import m\nfrom jax import random\nm.noise(m.next_key())\n"
                Checker(found).check_bytes(data, "tests/a.py")


# --- what earlier runs left behind


def finding(filename: str) -> Finding:
    here = Location(filename, Position(2, 1), Position(2, 4), 1)
    fix = Fix("say so", (Edit(Position(1, 1), Position(1, 2), "a"),), False)
    related = (Related("there", Location("b.py", Position(1, 1), Position(1, 3))),)
    return Finding("RND101", "n", Severity.ERROR, Confidence.HIGH, "message", here, related, fix)


def cache_document(folder: Path) -> Any:
    cache = Cache(folder, "good")
    cache.put("key", FileReport("a.py", (finding("a.py"),), 1, 2, 3, depends=(("/x", "y"),)))
    cache.save()
    return json.loads((folder / "good.json").read_text())


def read_cache(folder: Path, data: bytes) -> None:
    (folder / "print.json").write_bytes(data)
    cache = Cache(folder, "print")
    report = cache.get("key", "a.py")
    cache.put("other", FileReport("b.py"))
    cache.save()
    again = Cache(folder, "print")
    assert again.get("other", "b.py") == FileReport("b.py")
    assert again.get("key", "a.py") == report
    if report is not None:
        show(report)


def show(report: FileReport, data: bytes = b"") -> None:
    """Whatever a report holds, every format can say it."""
    tally = Tally.of([report])
    for output_format in ("text", "json", "sarif", "github"):
        print_findings(tally, {report.filename: data}, output_format)


@given(data=st.data())
@JUNK
def test_a_cache(tmp_path: Path, data: st.DataObject) -> None:
    document = cache_document(tmp_path)
    document["entries"]["key"]["depends"] = data.draw(st.just([]) | st.just([["/none", ""]]))
    read_cache(tmp_path, json.dumps(data.draw(disturbed(document))).encode())
    read_cache(tmp_path, data.draw(mutated(json.dumps(document).encode())))


BASELINE = {
    "version": 1,
    "findings": [{"path": "a.py", "code": "RND101", "scope": "f", "line": "x = 1", "count": 2}],
}


@given(data=mutated(json.dumps(BASELINE).encode()), document=disturbed(BASELINE))
@example(data=b"[" * 100_000, document={})
@example(data=b'{"version": 1' + b"0" * 5000 + b"}", document={})
@JUNK
def test_a_baseline(tmp_path: Path, data: bytes, document: Any) -> None:
    path = tmp_path / "known.json"
    for each in (data, json.dumps(document).encode()):
        path.write_bytes(each)
        try:
            known = baseline.load(str(path))
        except SettingsError as error:
            assert str(error).startswith(f"{path}: not a baseline of randlint: ")
            assert "--write-baseline" in str(error)
        else:
            tally = Tally.of([FileReport("a.py", (finding("a.py"),))])
            baseline.without_known(tally, known, {"a.py": b"x = 1\n"})


# --- what is checked, and what says what is

LINES = [b"gen/", b"!keep.py", b"*.py[co]", b"/a.py", b"**/x/**", b"\\#a", b"[z-a]"]


@given(data=mutated(b"\n".join(LINES)))
@JUNK
def test_a_gitignore(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x").mkdir(exist_ok=True)
    (tmp_path / "x" / "a.py").touch()
    (tmp_path / ".gitignore").write_bytes(data)
    found = discover([str(tmp_path)], root=tmp_path)
    assert found.unreadable == ()
    assert set(found.files) <= {str(tmp_path / "x" / "a.py")}


SOURCE = b"""\
import jax
def f(key):  # noqa
    x = jax.random.normal(key)  # noqa: RND101, E501
    return x + jax.random.normal(key)  # randlint: ignore[RND101] why
# randlint: ignore-file[RND110]
"""
NOTEBOOK = json.dumps(
    {
        "nbformat": 4,
        "metadata": {"kernelspec": {"language": "python"}},
        "cells": [
            {"cell_type": "markdown", "source": ["# a"]},
            {"cell_type": "code", "source": ["import jax\n", "k = jax.random.key(0)"]},
            {"cell_type": "code", "source": "jax.random.normal(k)  # noqa: RND101"},
            {"cell_type": "code", "source": ["%time jax.random.normal(k)"]},
        ],
    }
).encode()
PAGE = b"# Title\n\n```python\n" + SOURCE + b"```\n\n.. code-block:: python\n\n    x = 1\n"


def check_and_show(name: str, data: bytes) -> None:
    base = Settings(root=Path.cwd(), min_confidence=Confidence.LOW, select=("RND",))
    report = Checker(base).check_bytes(data, name)
    assert report.error == ""
    show(report, data)
    after, _ = silence_reports([report], base, {name: data})
    assert not any("internal" in each.error for each in after)


@pytest.mark.parametrize(
    ("name", "original"),
    [("a.py", SOURCE), ("a.ipynb", NOTEBOOK), ("a.md", PAGE), ("a.rst", PAGE)],
)
@given(data=st.data())
@JUNK
def test_what_is_checked(name: str, original: bytes, data: st.DataObject) -> None:
    check_and_show(name, data.draw(mutated(original)))


COMMENTS = st.lists(
    st.sampled_from(
        [
            *("#", " ", "noqa", ":", "RND101", ",", "randlint:", "ignore", "[", "]", "-file", "\\"),
            *(
                "\n",
                "'",
                '"""',
                "RND",
                "RND9",
                "rnd101",
                "E501",
                "NOQA",
                "\x0c",
                "\u2028",
                "\u00e9",
            ),
            *("x = jax.random.normal(key)", "key = jax.random.key(0)\n", "(", ")", "\t"),
        ]
    ),
    max_size=20,
).map("".join)


@given(text=COMMENTS)
@JUNK
def test_comments(text: str) -> None:
    check_and_show("a.py", f"import jax\nkey = jax.random.key(1)\n{text}\n".encode())


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b', "nbformat": 4}',
        NOTEBOOK.replace(b'"# a"', b"[" * 900 + b"]" * 900),
        b"\xef\xbb\xbf" + NOTEBOOK,
        b"\0" + NOTEBOOK,
        NOTEBOOK.decode().encode("utf-16"),
        NOTEBOOK.replace(b"import jax", b"import jax\\u0000"),
        NOTEBOOK.replace(b"import jax", b"'\\ud800'; import jax"),
        NOTEBOOK.replace(b'"nbformat": 4', b'"nbformat": 4' + b"0" * 5000),
        NOTEBOOK.replace(b'"nbformat": 4', b'"nbformat": 1e400'),
        NOTEBOOK.replace(b"# noqa: RND101", b"+ " + b"(" * 300),
        NOTEBOOK.replace(b"# noqa: RND101", b"+ " + b"-" * 5000 + b"1"),
    ],
    ids=range(13),
)
def test_notebooks_that_go_too_far(data: bytes) -> None:
    check_and_show("a.ipynb", data)


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
@pytest.mark.parametrize("output_format", ["text", "json", "sarif", "github"])
def test_names_that_a_terminal_cannot_show(
    spawn: Callable[..., Any], tmp_path: Path, reuse: str, encoding: str, output_format: str
) -> None:
    names = [
        b"caf\xe9.py",
        b"a\nb.py",
        b"\x1b[31m.py",
        b"x%25 y:1,2::z.py",
        "\u202e\u00fc.py".encode(),
    ]
    for name in names:
        (tmp_path / os.fsdecode(name)).write_text(reuse)
    os.symlink("nowhere", tmp_path / os.fsdecode(b"gone\xff\n.py"))
    outcome = spawn(
        "randlint",
        *("check", "--no-cache", "--output-format", output_format),
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert outcome.code == 2
    gone = "gone\\udcff\\x0a.py"
    assert outcome.err == f"randlint: error: {gone}: cannot be read: no such file or directory\n"
    assert "\x1b" not in outcome.out
    if output_format in ("json", "sarif"):
        json.loads(outcome.out)
    else:
        assert sum("RND101" in line for line in outcome.out.splitlines()) == len(names)
