"""benchmarks/matrix.py and benchmarks/compile_times.py: what becomes of failures and of hangs."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
Load = Callable[[str], ModuleType]

REPORT = """\
<testsuites><testsuite>
<testcase classname="a" name="one" time="1"/>
<testcase classname="a" name="two" time="1"><failure message="assert 1 == 2&#10;more">...</failure></testcase>
<testcase classname="a" name="three" time="1"><error message="KeyError: 'num_consts'">...</error></testcase>
<testcase classname="" name="b"><error message="collection failure">b.py:1: in b
E   ImportError: gone</error></testcase>
<testcase classname="a" name="four" time="0"><skipped message="needs a | device">...</skipped></testcase>
<testcase classname="a" name="five" time="0"><skipped message="needs a | device">...</skipped></testcase>
</testsuite></testsuites>
"""  # noqa: E501
# Answers as the worker does; compiling `hangs` with ours never ends.
WORKER = """\
import json, sys, time
print(json.dumps("ready"), flush=True)
for line in sys.stdin:
    side, _, name = line.strip().partition(" ")
    if (side, name) == ("ours", "hangs"):
        time.sleep(600)
    if (side, name) == ("ours", "dies"):
        sys.exit("Fatal: no way on")
    known = {"list": ["quick", "hangs", "fails", "dies", "last"]}
    answer = known.get(side, {"wall": 0.5 if side == "ours" else 0.25, "cpu": 0.25})
    if name == "fails":
        answer = {"error": "KeyError: 'num_consts'"}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    """Import a module of the benchmarks."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


def test_a_report_is_counted(load: Load, tmp_path: Path) -> None:
    matrix = load("matrix")
    (tmp_path / "report.xml").write_text(REPORT)
    result = matrix.read(tmp_path / "report.xml", 90.0)
    assert (result.passed, dict(result.skipped)) == (1, {"needs a | device": 2})
    assert result.failed == (
        "a::two: assert 1 == 2",
        "a::three: KeyError: 'num_consts'",
        "::b: ImportError: gone",
    )
    assert not result.good()
    lines = list(matrix.table([("jax 1", result), ("jax 2", matrix.Result(trouble="stopped"))]))
    assert lines[2:4] == ["| jax 1 | 1 | 3 | 2 | 1.5 |", "| jax 2 | stopped | | | 0.0 |"]
    assert "jax 1: 2 skipped: needs a | device" in lines
    assert "jax 1: failed: a::two: assert 1 == 2" in lines


def test_tests_that_do_not_end_are_stopped(load: Load, tmp_path: Path) -> None:
    matrix, environments = load("matrix"), load("_environments")
    (tmp_path / "test_it.py").write_text(
        "import time\n\ndef test_good():\n    pass\n\ndef test_sleeps():\n    time.sleep(600)\n"
    )
    here = environments.Environment(Path(sys.executable), "none", "3")
    quick = ("-k", "good", "-p", "no:randlint_runtime.pytest_plugin")
    result = matrix.run(here, [str(tmp_path)], tmp_path, options=quick)
    assert result.good() and result.passed == 1, result
    stopped = matrix.run(here, [str(tmp_path)], tmp_path, limit=5.0)
    assert stopped.trouble.startswith("stopped after 5 s at ")
    assert not stopped.good()


def test_a_hang_is_a_row(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = load("compile_times")
    (tmp_path / "worker.py").write_text(WORKER)
    monkeypatch.setattr(times, "WORKER", tmp_path / "worker.py")
    rows = list(times.measure(Path(sys.executable), "here", [], 1.0))
    assert [times.as_text(row).split() for row in rows] == [
        ["quick", "0.50", "0.25", "2.00", "1.00"],
        ["hangs", ">1", "0.25", "nan", "nan"],
        ["fails", "error", "error", "nan", "nan"],
        ["dies", "error", "0.25", "nan", "nan"],
        ["last", "0.50", "0.25", "2.00", "1.00"],
    ]
    said = "\n".join(times.summary(rows, 1.0)).splitlines()
    assert said[:5] == [
        "rows over the limit of 1 s: 1",
        "  hangs",
        "rows that failed: 2",
        "  fails: KeyError: 'num_consts'",
        "  dies: the process ended with 1: Fatal: no way on",
    ]
    assert said[-1] == "all of them: 1.0 s, jax's 0.5 s, ratio 2.00"
    (tmp_path / "worker.py").write_text("import no_such_module")
    with pytest.raises(times.Stopped, match="No module named 'no_such_module'"):
        list(times.measure(Path(sys.executable), "here", [], 1.0))


def test_some_programs_of_all(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times = load("compile_times")
    (tmp_path / "worker.py").write_text(WORKER)
    monkeypatch.setattr(times, "WORKER", tmp_path / "worker.py")
    only = [row.program for row in times.measure(Path(sys.executable), "here", ["las"], 1.0)]
    assert only == ["last"]


def test_every_sampler_and_derivative_has_its_programs(load: Load) -> None:
    pytest.importorskip("jax")
    compiled = load("_compile_programs")
    names = compiled.programs()
    for row in compiled.samplers():
        short = row.name.removeprefix("jax.random.")
        assert {f"{short} (1000,)", f"{short} ()"} <= names.keys() or short in names
        for parameter in row.parameters.values():
            wanted = {f"{how} {short} {parameter.name}" for how in ("grad", "vmap grad")}
            smooth = parameter.gradient in compiled.SMOOTH
            assert (wanted <= names.keys()) == smooth, (short, parameter.name)


def test_the_programs_are_the_same_for_both(load: Load) -> None:
    """Ours and jax's have the same results' shapes: tried where tracing is quick."""
    jax = pytest.importorskip("jax")
    ours = pytest.importorskip("randlint_runtime.random")
    names = load("_compile_programs").programs()
    quick = ("uniform (1000,)", "multinomial (1000,)", "grad uniform maxval", "categorical ()")
    for name in (*quick, "vmap grad weibull_min scale", "grad vmap lognormal sigma"):
        program = names[name]
        shapes = [
            jax.eval_shape(program.make(module), *program.arguments())
            for module in (ours, jax.random)
        ]
        assert shapes[0] == shapes[1], name
