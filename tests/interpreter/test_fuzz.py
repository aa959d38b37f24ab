"""The short form of `benchmarks/fuzz.py`: mutants of fixtures, examples and our own source, and
made-up sources.
"""

from __future__ import annotations

import runpy
import time
from pathlib import Path
from typing import Any

import pytest

INPUTS = 100


@pytest.fixture(scope="module")
def fuzz() -> dict[str, Any]:
    """The names of the script."""
    root = Path(__file__).resolve().parent.parent.parent
    return runpy.run_path(str(root / "benchmarks" / "fuzz.py"), run_name="fuzz")


@pytest.fixture
def sources(fuzz: dict[str, Any], repository: Path) -> list[Path]:
    """Real files, small enough for many inputs."""
    folders = ("examples", "tests/fixtures", "randlint")
    found = [path for folder in folders for path in fuzz["sources_in"](repository / folder)]
    return [path for path in found if path.stat().st_size < 8000]


def test_mutants_are_checked_without_an_exception(
    fuzz: dict[str, Any], sources: list[Path]
) -> None:
    results = fuzz["_check_some"](sources, 1, range(INPUTS))
    bad = [result for result in results if result.kind not in ("checked", "unreadable")]
    assert bad == []
    kinds = [result.kind for result in results]
    assert kinds.count("checked") > INPUTS // 5, "the mutations leave hardly any Python"
    assert kinds.count("unreadable") > INPUTS // 20, "the mutations hardly change anything"
    assert any(result.findings for result in results)


def test_the_same_number_is_the_same_input(fuzz: dict[str, Any], sources: list[Path]) -> None:
    assert [fuzz["mutant"](sources, 3, index) for index in range(20)] == [
        fuzz["mutant"](sources, 3, index) for index in range(20)
    ]
    assert fuzz["mutant"](sources, 3, 0) != fuzz["mutant"](sources, 4, 0)


def test_a_crash_and_a_hang_are_noticed(
    fuzz: dict[str, Any], sources: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*arguments: object) -> None:
        raise ZeroDivisionError

    def hang(*arguments: object) -> None:
        while True:
            pass

    check, results = fuzz["check"], []
    for replacement in (crash, hang):
        monkeypatch.setattr("randlint.engine.Checker.check_bytes", replacement)
        fuzz["_check_some"](sources, 1, [])  # installs the alarm
        results.append(check(sources, 1, 0, 0.05))
    assert [result.kind for result in results] == ["exception", "too slow"]
    assert "ZeroDivisionError" in results[0].detail


def test_made_up_sources_of_every_kind_are_checked(fuzz: dict[str, Any]) -> None:
    kinds = fuzz["made_up"].KINDS
    results = fuzz["_check_some"]([], 2, range(100))
    assert [result for result in results if result.kind not in ("checked", "unreadable")] == []
    assert {result.path for result in results} == set(kinds)
    assert [result.kind for result in results].count("checked") > 80


def test_a_process_that_does_not_answer_is_ended_and_told_of(
    fuzz: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf(*arguments: object) -> None:
        while True:
            time.sleep(60)

    monkeypatch.setitem(fuzz, "PATIENCE", 0.5)
    monkeypatch.setitem(fuzz, "check", deaf)
    (result,) = fuzz["run"]([], 0, [1], 1)
    assert (result.index, result.kind) == (1, "hang")
