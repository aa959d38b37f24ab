"""Which Python and JAX are supported: pages and metadata say the same, and the tests run there.

The last test needs a package index; it is run by .ci/run (`pytest -m network`). The ordinary run
has the JAX that pip chooses for the running Python.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
QUICK = ("assertions", "conventions", "differential", "ledger", "plugin", "provenance")
QUICK += ("reference", "surface", "threefry", "verify")
EXACT = ("random",)  # compares the last bits of draws, which XLA's optimisations have a part in


@pytest.fixture
def benchmarks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmarks can be imported."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))


def project(repository: Path, *folders: str) -> dict[str, Any]:
    file = repository.joinpath(*folders, "pyproject.toml")
    return tomllib.loads(file.read_text())["project"]


def floor(requirements: list[str], name: str) -> str:
    (wanted,) = (each for each in requirements if re.match(rf"{name}\b", each))
    found = re.fullmatch(rf"{name}>=([\d.]+)", wanted)  # no upper bound, nothing left out
    assert found is not None, wanted
    return found[1]


@pytest.mark.parametrize("folders", [(), ("runtime",)])
def test_python_has_a_floor_and_no_ceiling(repository: Path, folders: tuple[str, ...]) -> None:
    told = project(repository, *folders)
    assert told["requires-python"] == ">=3.11"
    named = [re.search(r":: 3\.(\d+)$", each) for each in told["classifiers"]]
    minors = [int(each[1]) for each in named if each is not None]
    assert minors == list(range(11, max(minors) + 1))
    assert max(minors) >= 14


def test_the_tools_check_for_the_oldest_python(repository: Path) -> None:
    tools = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]
    assert tools["mypy"]["python_version"] == "3.11"
    assert tools["ruff"]["target-version"] == "py311"


def test_every_page_names_the_floors_of_the_metadata(repository: Path) -> None:
    python = project(repository)["requires-python"].removeprefix(">=")
    jax = floor(project(repository, "runtime")["dependencies"], "jax")
    assert floor(project(repository)["optional-dependencies"]["dev"], "jax") == jax
    told: dict[str, set[str]] = {"Python": set(), "JAX": set()}
    for name in ("README.md", "runtime/README.md", "docs/versions.md"):
        page = (repository / name).read_text()
        for what, number in re.findall(
            r"(Python|JAX) ((?:0|3)[.\d]*\d)(?= (?:or|and) newer)", page
        ):
            told[what].add(number)
        assert re.search(rf"Python {re.escape(python)} (or|and) newer", page), name
        assert re.search(rf"JAX {re.escape(jax)} (or|and) newer", page), name
    assert told == {"Python": {python}, "JAX": {jax}}


def test_both_halves_are_one_project(repository: Path) -> None:
    linter, runtime = project(repository), project(repository, "runtime")
    assert linter["urls"].keys() == runtime["urls"].keys()
    for label in ("Homepage", "Changelog", "Issues"):
        assert linter["urls"][label] == runtime["urls"][label]
    for half in (linter, runtime):
        page = half["urls"]["Documentation"].partition("/blob/main/")[2]
        assert (repository / page).is_file()
    assert (repository / "LICENSE").read_bytes() == (repository / "runtime/LICENSE").read_bytes()
    assert (repository / "randlint/py.typed").is_file()
    assert (repository / "runtime/randlint_runtime/py.typed").is_file()


@pytest.mark.usefixtures("benchmarks")
def test_pythons_are_found_newest_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import _environments

    said = {"3.98": "echo 3 98 1", "3.99": "exit 127", "3.10": "echo 3 10 2", "3.11": "echo 3 11 0"}
    for name, line in said.items():
        (tmp_path / f"python{name}").write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / f"python{name}").chmod(0o755)
    (tmp_path / "python3.97-config").write_text("#!/bin/sh\necho 3 97 0\n")
    monkeypatch.setenv("PATH", f"{tmp_path}:/nowhere")
    found = _environments.interpreters()
    assert found[0] == tmp_path / "python3.98"
    assert Path(sys.executable).resolve() in found
    assert {path.name for path in found if path.parent == tmp_path} == {"python3.98", "python3.11"}


@pytest.mark.network
@pytest.mark.usefixtures("benchmarks")
@pytest.mark.parametrize("release", ["oldest", "newest"])
def test_the_runtime_under_another_jax(release: str, tmp_path: Path) -> None:
    """The newest under the newest Python of this machine, beside the default one."""
    import _environments
    import matrix

    environment = _environments.make(tmp_path, release)
    print(environment.describe())
    if release == "oldest":
        assert environment.jax == _environments.oldest_jax()
    passed = 0
    for folders, flag in ((QUICK, "1"), (EXACT, "0")):
        tests = [f"tests/runtime/{folder}" for folder in folders]
        place = tmp_path / f"run-{flag}"
        place.mkdir()
        quick = {"JAX_DISABLE_MOST_OPTIMIZATIONS": flag}
        result = matrix.run(environment, tests, place, limit=900, jobs=2, **quick)
        print("\n".join(matrix.table([(f"{environment.describe()}: {tests}", result)])))
        assert result.trouble == "", result.said
        assert result.failed == ()
        passed += result.passed
    assert passed > 600
