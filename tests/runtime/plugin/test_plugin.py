"""The pytest plugin, run by pytest in a directory of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import randlint_runtime

ROOT = Path(__file__).parents[3]
TESTS = """
import jax, pytest, unittest

def test_good():
    one, other = jax.random.split(jax.random.key(0))
    jax.random.normal(one); jax.random.normal(other)

def test_bad():
    key = jax.random.key(0)
    jax.random.normal(key)
    jax.random.uniform(key)

@pytest.mark.randlint_allow_reuse(reason="paired draws")
def test_allowed():
    key = jax.random.key(0)
    jax.random.normal(key); jax.random.normal(key)

@pytest.mark.parametrize("i", range(3))
def test_compiled(i):
    assert drawn(jax.random.key(i)) is not None

@jax.jit
def drawn(key):
    return jax.random.normal(key)

def test_fails_by_itself():
    key = jax.random.key(0)
    jax.random.normal(key); jax.random.normal(key)
    assert 1 == 2

class Old(unittest.TestCase):
    def test_bad_unittest(self):
        for _ in range(2):
            jax.random.normal(jax.random.key(3))

@pytest.fixture
def drawn_before():
    return jax.random.normal(jax.random.key(0))

def test_fixtures_are_not_counted(drawn_before):
    jax.random.normal(jax.random.key(0))

def test_the_fixture(key_ledger):
    jax.random.normal(jax.random.key(0))
    assert key_ledger.uses == 1
"""


def run(tmp_path, *arguments, tests=TESTS):
    (tmp_path / "test_it.py").write_text(tests)
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "runtime"))),
        "PYTEST_ADDOPTS": "",
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",  # compiles several times faster
    }
    command = [sys.executable, "-m", "pytest", "-p", "randlint_runtime.pytest_plugin"]
    command += ["-p", "no:cacheprovider", "-q", *arguments]
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_ledger(tmp_path, workers):
    code, text = run(tmp_path, "--randlint-ledger", *workers)
    assert code == 1
    assert "3 failed, 7 passed" in text
    for name in ("test_bad", "test_fails_by_itself", "test_bad_unittest"):
        assert f"FAILED test_it.py::{name}" in text or f"Old::{name}" in text
    assert "assert 1 == 2" in text
    assert "this test used a jax PRNG key twice:" in text
    summary = text[text.index("randlint: keys used twice") :]
    assert "`uniform` at test_it.py:11 (in test_bad) used a key again that `normal` at" in summary
    assert "in test_it.py::test_bad" in summary
    assert "allowed in test_it.py::test_allowed: paired draws" in summary
    assert "16 keys used in 10 tests, 3 pairs of lines repeat one" in summary


def test_report_only(tmp_path):
    code, text = run(tmp_path, "--randlint-ledger-report-only", "-k", "bad or good")
    assert code == 0
    assert "3 passed" in text
    assert "2 pairs of lines repeat one" in text


def test_nothing_happens_without_options(tmp_path):
    code, text = run(tmp_path, "-k", "not by_itself")
    assert code == 0
    assert "randlint:" not in text


def test_a_marker_without_a_reason_is_refused(tmp_path):
    tests = "import pytest\n@pytest.mark.randlint_allow_reuse\ndef test_x(): pass\n"
    code, text = run(tmp_path, tests=tests)
    assert code == 4
    assert "test_it.py::test_x: randlint_allow_reuse needs a reason" in text
    assert "Traceback" not in text


def test_pytest_does_not_import_jax_for_the_plugin(tmp_path):
    tests = "import sys\ndef test_x(): assert 'jax' not in sys.modules\n"
    code, text = run(tmp_path, "--strict-markers", tests=tests)
    assert (code, "1 passed" in text) == (0, True)


EXAMPLES = """
import jax
from hypothesis import given, settings, strategies as st

@settings(max_examples=4, deadline=None)
@given(st.integers(0, 100))
def test_every_example_takes_the_same_key(number):
    jax.random.normal(jax.random.key(0))

class TestIt:
    @settings(max_examples=4, deadline=None)
    @given(st.integers(0, 100))
    def test_an_example_that_uses_a_key_twice(self, number):
        jax.random.normal(jax.random.key(0))
        jax.random.uniform(jax.random.key(0))
"""


def test_examples_of_hypothesis_are_runs_of_their_own(tmp_path):
    code, text = run(tmp_path, "--randlint-ledger", "-p", "no:xdist", tests=EXAMPLES)
    assert code == 1
    assert "1 failed, 1 passed" in text
    assert "`uniform` at test_it.py:15 (in " in text
    assert "test_every_example_takes_the_same_key" not in text


GRADIENTS = """
import jax

def test_error():
    jax.grad(lambda a: jax.random.gamma(jax.random.key(0), a))(2.0)

def test_clean():
    jax.grad(lambda a: a * jax.random.gamma(jax.random.key(0), 2.0))(2.0)

def test_reference(reference_samplers):
    assert jax.random.normal(jax.random.key(0)).shape == ()
"""


def test_gradients(tmp_path):
    if not hasattr(randlint_runtime, "reference"):
        pytest.skip("randlint_runtime.reference() does not exist yet")
    code, text = run(tmp_path, "--randlint-gradients=error", tests=GRADIENTS)
    assert code == 1
    assert "1 failed, 2 passed" in text
    assert "GradientSemanticsError" in text
