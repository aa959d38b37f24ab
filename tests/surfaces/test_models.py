"""`randlint models`, and the user's own models in `[tool.randlint.models]`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from randlint import catalogue
from randlint.catalogue import framework_names
from randlint.settings import SettingsError, load_settings

Run = Callable[..., Any]
FRAMEWORKS = Path(catalogue.__file__).parent / "frameworks"

MODEL = """\
import os
import haiku as hk
from mylib import rng


def f(x):
    key = hk.next_rng_key()
    return hk.dropout(hk.next_rng_key(), 0.5, x), rng.next_key(key)


class Net(hk.Module):
    pass
"""
OWN = '[tool.randlint.models.functions]\n"mylib.rng.next_key" = { effect = "fresh" }\n'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "a.py").write_text("import numpy\n")
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "other.py").write_text("from haiku import Module\nfrom .haiku import x\n")
    return tmp_path


def test_which_framework_and_why(randlint: Run, project: Path) -> None:
    outcome = randlint("models")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "haiku: model.py:2:1 has `import haiku as hk`, and 1 more file",
        "  haiku.dropout: function, consume; model.py:8:12",
        "  haiku.next_rng_key: function, fresh; model.py:7:11 and 1 more",
        "  haiku.Module: traced_bases, methods of its subclasses are traced; model.py:11:11",
        "1 framework of the catalogue imported (3 files read); jax itself always applies.",
    ]


def test_the_projects_own_models_are_listed_used_or_not(randlint: Run, project: Path) -> None:
    unused = '"mylib.noise" = { key = { name = "rng" } }\n[tool.randlint.models.methods]\n'
    unused += 'draw = { effect = "consume" }\n'
    (project / "pyproject.toml").write_text(OWN + unused)
    lines = randlint("models").out.splitlines()
    assert lines[-5:-1] == [
        "[tool.randlint.models]: the project's own",
        "  mylib.noise: function, sample; not named by any file",
        "  mylib.rng.next_key: function, fresh; model.py:8:51",
        "  draw: method, consume; a method of any object",
    ]


def test_json(randlint: Run, project: Path) -> None:
    (project / "broken.py").write_text("x = = 1")
    document = json.loads(randlint("models", "--output-format", "json").out)
    assert (document["files"], document["unreadable"]) == (4, ["broken.py"])
    (haiku,) = document["applied"]
    assert haiku["name"] == "haiku"
    assert [each["filename"] for each in haiku["imports"]] == ["model.py", "other.py"]
    assert haiku["imports"][0]["text"] == "import haiku as hk"
    (entry,) = (each for each in haiku["entries"] if each["name"] == "haiku.dropout")
    place = {"filename": "model.py", "cell": None, "location": {"row": 8, "column": 12}}
    assert entry == {
        "name": "haiku.dropout",
        "kind": "function",
        "says": "consume",
        "uses": [place],
    }


def test_notebooks_count_by_cells(randlint: Run, tmp_path: Path) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": MODEL}
    text = {"cell_type": "markdown", "metadata": {}, "source": ""}
    document = {"nbformat": 4, "metadata": {}, "cells": [text, cell]}
    (tmp_path / "a.ipynb").write_text(json.dumps(document))
    assert randlint("models").out.startswith("haiku: a.ipynb:cell 2:2:1 has `import haiku")


def test_nothing_to_list(randlint: Run, tmp_path: Path) -> None:
    said = "0 frameworks of the catalogue imported (0 files read); jax itself always applies.\n"
    assert randlint("models").out == said
    outcome = randlint("models", "nosuch")
    assert outcome.code == 2
    assert outcome.err == "randlint: error: nosuch: cannot be read: no such file or directory\n"


def test_an_own_helper_counts_in_a_file_that_never_names_jax(randlint: Run, tmp_path: Path) -> None:
    text = "from mylib import noise, make\nkey = make(3)\na = noise(key)\nb = noise(key)\n"
    (tmp_path / "a.py").write_text(text)
    assert randlint("check").code == 0
    (tmp_path / "pyproject.toml").write_text(
        "[tool.randlint.models.functions]\n"
        '"mylib.make" = { effect = "create" }\n'
        '"mylib.noise" = { effect = "sample", key = { name = "rng", position = 0 } }\n'
    )
    assert randlint("check", "--output-format", "json").findings() == [("RND101", 4, 5)]


@pytest.mark.parametrize("name", framework_names())
def test_models_take_whatever_a_framework_file_says(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = (FRAMEWORKS / f"{name}.toml").read_text()
    document = tomllib.loads(text)
    prefixed = text.replace("\n[", "\n[tool.randlint.models.")
    if prefixed.startswith("["):
        prefixed = "[tool.randlint.models." + prefixed[1:]
    (tmp_path / "pyproject.toml").write_text(f"[tool.randlint.models]\n{prefixed}")
    assert load_settings(["."]).models == document


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("functons = {}", 'models: unknown field "functons"; did you mean "functions"?'),
        ("functions = 3", "models.functions: must be a table, not 3"),
        (
            "[tool.randlint.models.functions]\n'm.f' = { efect = 'sample' }",
            'did you mean "effect"?',
        ),
        ("[tool.randlint.models.functions]\n'm.f' = { key = 3 }", "m.f.key: must be a table"),
        (
            "[tool.randlint.models.functions]\n'm f' = { effect = 'sample' }",
            '"m f" is not a dotted Python name',
        ),
        (
            "[tool.randlint.models.functions]\n'm.f' = { key = { name = 'k', position = -1 } }",
            "m.f.key.position: must be at least 0",
        ),
        (
            "[tool.randlint.models.transforms.'m.t']\nkind = 'jti'",
            'kind: unknown value "jti"; did you mean "jit"?',
        ),
        ("[tool.randlint.models.transforms.'m.t']\nkind = 'jit'", '"function" is missing'),
        ("sources = 'm.s'", "models.sources: must be a list"),
        ("[tool.randlint.models.aliases]\n'm.*' = 'n.x'", 'both names must end in ".*"'),
    ],
)
def test_mistakes_are_one_line_with_file_key_and_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[tool.randlint.models]\n{text}\n")
    with pytest.raises(SettingsError) as caught:
        load_settings(["."])
    assert str(caught.value).startswith(f"{path}: tool.randlint.models")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
