"""Notebooks and pages from the command line: names, formats, fixes, requests."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def code(source: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": 1,
        "metadata": {},
        "outputs": [{"output_type": "stream", "name": "stdout", "text": ["maxval=s"]}],
        "source": source.splitlines(keepends=True),
    }


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook with a RND101 in cell 3 and a RND203 in cell 4, which has a fix."""
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": ["# Title"]},
        code("%matplotlib inline\nimport jax\nkey = jax.random.key(0)\nx = jax.random.normal(key)"),
        code("# again\ny = jax.random.normal(key)"),
        code("def f(s, k):\n    return jax.random.uniform(k, maxval=s)\ng = jax.grad(f)(1.0, 2)"),
    ]
    document = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path = tmp_path / "nb.ipynb"
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


def test_text_names_the_cells_and_shows_their_rows(randlint: Run, notebook: Path) -> None:
    outcome = randlint("check")
    assert (outcome.code, outcome.err) == (1, "")
    lines = outcome.out.splitlines()
    assert lines[0].startswith("nb.ipynb:cell 3:2:5: RND101 ")
    assert lines[1:] != []
    assert lines[1] == "  |"
    assert lines[2] == "2 | y = jax.random.normal(key)"
    assert lines[3] == "  |     ^^^^^^^^^^^^^^^^^^^^^^"
    assert lines[4] == "  = nb.ipynb:cell 2:4:5"
    assert lines[5] == "4 | x = jax.random.normal(key)"
    assert lines[6] == "  |     ---------------------- first consumed here"
    assert lines[7].startswith("nb.ipynb:cell 4:2:12: RND203 ")


def test_json_has_a_cell(randlint: Run, notebook: Path) -> None:
    first, second = json.loads(randlint("check", "--output-format", "json").out)
    assert (first["cell"], first["location"]) == (3, {"row": 2, "column": 5})
    (related,) = first["related"]
    assert (related["cell"], related["location"]) == (2, {"row": 4, "column": 5})
    assert second["fix"]["edits"][0]["location"] == {"row": 2, "column": 12}


def test_services_get_rows_of_the_file(randlint: Run, notebook: Path) -> None:
    lines = notebook.read_text().splitlines()
    first, _ = randlint("check", "--output-format", "github").out.splitlines()
    row = lines.index('    "y = jax.random.normal(key)"') + 1
    place = f"::error file=nb.ipynb,line={row},col=10,endLine={row},endColumn=32,"
    assert first.startswith(place + "title=randlint (RND101)::cell 3:2:5: RND101 ")
    sarif = json.loads(randlint("check", "--output-format", "sarif").out)
    (location,) = sarif["runs"][0]["results"][0]["locations"]
    region = location["physicalLocation"]["region"]
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (row, 10, 32)
    assert location["logicalLocations"] == [{"name": "cell 3", "kind": "module"}]


def test_fix_and_diff(randlint: Run, notebook: Path) -> None:
    before = notebook.read_text()
    shown = randlint("check", "--diff")
    assert [line for line in shown.out.splitlines() if line[:1] in "-+"][2:] == [
        '-    "    return jax.random.uniform(k, maxval=s)\\n",',
        '+    "    return s * jax.random.uniform(k)\\n",',
    ]
    assert notebook.read_text() == before
    outcome = randlint("check", "--fix")
    assert "Fixed 1 finding in 1 file." in outcome.out
    after = before.replace("jax.random.uniform(k, maxval=s)", "s * jax.random.uniform(k)")
    assert notebook.read_text() == after


def test_a_notebook_from_standard_input(spawn: Run, notebook: Path, tmp_path: Path) -> None:
    data = notebook.read_bytes()
    command = ["randlint", "check", "-", "--stdin-filename", "x.ipynb"]
    outcome = spawn(*command, cwd=tmp_path, stdin=data)
    assert outcome.out.startswith("x.ipynb:cell 3:2:5: RND101 ")
    assert "y = jax.random.normal(key)" in outcome.out


def test_the_cache_remembers_cells(randlint: Run, notebook: Path) -> None:
    first = randlint("check", cache=True)
    assert randlint("check", cache=True) == first


PAGE = """\
# Title

```python
import jax
key = jax.random.key(0)
x = jax.random.normal(key)
```

Again:

```python
y = jax.random.normal(key)
```
"""


def test_pages_are_checked_on_request(randlint: Run, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(PAGE)
    assert randlint("check").out == "No findings (0 files checked).\n"
    asked = randlint("check", "--extend-include", "*.md")
    assert asked.out.startswith("README.md:12:5: RND101 ")
    assert "12 | y = jax.random.normal(key)" in asked.out
    assert randlint("check", "README.md").out == asked.out
    (tmp_path / "pyproject.toml").write_text("[tool.randlint]\nextend-include = ['*.md']\n")
    assert randlint("check").out == asked.out


def test_broken_notebooks_are_one_line_and_the_rest_is_checked(
    randlint: Run, notebook: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.ipynb").write_text('{"nbformat": 4, "cells": [')
    (tmp_path / "b.ipynb").write_text('{"nbformat": 2, "worksheets": []}')
    outcome = randlint("check", "--output-format", "json")
    places = [(each["code"], each["filename"]) for each in json.loads(outcome.out)]
    assert places == [
        ("RND900", "a.ipynb"),
        ("RND900", "b.ipynb"),
        ("RND101", "nb.ipynb"),
        ("RND203", "nb.ipynb"),
    ]
    assert outcome.err == ""


@pytest.mark.network
def test_notebooks_of_public_packages_pass_through(repository: Path) -> None:
    script = repository / "benchmarks" / "notebooks.py"
    command = [sys.executable, str(script), "nbformat", "nbconvert", "tinygp"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=550)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len([line for line in done.stdout.splitlines() if "-" in line.split()[0]]) == 3
