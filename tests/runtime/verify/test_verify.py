"""The joined table: real tests run by a real pytest, findings given by hand."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from randlint_runtime import verify as module
from randlint_runtime.verify import Status, VerifyError, verify

ROOT = Path(__file__).parents[3]
SOURCE = """\
import jax
import jax.numpy as jnp

def reused(key):
    x = jax.random.normal(key)
    return x + jax.random.uniform(key)

def exclusive(key, flag):
    if flag:
        return jax.random.normal(key)
    return jax.random.uniform(key)

def never_called(key):
    return jax.random.normal(key) + jax.random.normal(key)

def loop(key):
    return [jax.random.normal(key) for _ in range(3)]

def lanes(key, xs):
    return jax.vmap(lambda x: x + jax.random.normal(key))(xs)

def loss(a, key):
    return jax.random.gamma(key, a)

@jax.jit
def forward(a, key):
    return jax.random.poisson(key, a)

def helper(key):
    return jax.random.normal(key)

def unannounced(key):
    return helper(key) + helper(key)

def stored(key):
    return key
"""
TESTS = """\
import jax, jax.numpy as jnp, program

def test_reused():
    program.reused(jax.random.key(0))

def test_reused_again():
    jax.jit(program.reused)(jax.random.PRNGKey(0))

def test_exclusive():
    for i in range(4):
        program.exclusive(jax.random.key(i), i % 2 == 0)

def test_loop():
    program.loop(jax.random.key(0))

def test_lanes():
    program.lanes(jax.random.key(0), jnp.ones(3))

def test_gradient():
    jax.eval_shape(jax.jit(jax.grad(program.loss)), 2.0, jax.random.key(0))

def test_forward_only():
    program.forward(2.0, jax.random.key(0))

def test_unannounced():
    program.unannounced(jax.random.key(0))

def test_stored():
    program.stored(jax.random.key(0))
"""


def finding(code, row, column=5):
    return {
        "code": code,
        "name": "name",
        "message": f"message of {code}",
        "filename": "program.py",
        "cell": None,
        "location": {"row": row, "column": column},
        "end_location": {"row": row, "column": column + 1},
        "related": [],
    }


def row_of(text):
    return next(i for i, line in enumerate(SOURCE.splitlines(), 1) if text in line)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("project")
    (folder / "program.py").write_text(SOURCE)
    (folder / "test_program.py").write_text(TESTS)
    findings = [
        finding("RND101", row_of("return x + jax.random.uniform")),
        finding("RND101", row_of("return jax.random.uniform(key)")),
        finding("RND101", row_of("jax.random.normal(key) + jax.random.normal(key)")),
        finding("RND102", row_of("for _ in range(3)")),
        finding("RND104", row_of("lambda x: x + jax.random.normal")),
        finding("RND204", row_of("jax.random.gamma")),
        finding("RND201", row_of("jax.random.poisson")),
        finding("RND900", row_of("return key")),
    ]
    patch = pytest.MonkeyPatch()
    patch.setattr(module, "_lint", lambda paths: findings)
    patch.chdir(folder)
    patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / "runtime"))))
    patch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # compiles several times faster
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    yield verify(["."], command)
    patch.undo()


@pytest.mark.parametrize(
    ("code", "text", "status", "evidence"),
    [
        ("RND101", "return x + jax", Status.CONFIRMED, "`uniform` at program.py:6"),
        ("RND101", "return jax.random.uniform", Status.REFUTED, "used 2 keys, none of them twice"),
        ("RND101", "normal(key) + jax", Status.NOT_EXECUTED, "no test runs this line"),
        ("RND102", "for _ in range(3)", Status.CONFIRMED, "3 times over"),
        ("RND104", "lambda x: x +", Status.CONFIRMED, "gave one key to all lanes"),
        ("RND204", "jax.random.gamma", Status.CONFIRMED, "with respect to `a`"),
        ("RND201", "jax.random.poisson", Status.REFUTED, "no derivative was taken"),
        ("RND900", "return key", Status.UNDECIDED, "ran once; running cannot decide RND900"),
    ],
)
def test_every_finding_is_judged(report, code, text, status, evidence):
    (found,) = [f for f in report.findings if (f.code, f.row) == (code, row_of(text))]
    assert (found.status, evidence in found.evidence) == (status, True), found


def test_tests_are_named(report):
    assert report.findings[0].tests == (
        "test_program.py::test_reused",
        "test_program.py::test_reused_again",
    )


def test_what_no_finding_announced_is_missed(report):
    (missed,) = report.missed
    assert (Path(missed.filename).name, missed.row) == ("program.py", row_of("def helper") + 1)
    assert missed.tests == ("test_program.py::test_unannounced",)


def test_text_and_json(report):
    text = report.to_text()
    assert text.splitlines()[0].startswith("confirmed     program.py:6:5 RND101 `uniform`")
    assert "8 findings: 4 confirmed, 2 refuted, 1 not executed, 1 undecided; 1 missed;" in text
    assert "9 tests ran, pytest returned 0" in text
    data = json.loads(report.to_json())
    assert data["findings"][0]["status"] == "confirmed"
    assert report.exit_code == 1


def test_errors_name_the_remedy(monkeypatch):
    monkeypatch.setattr(module, "_lint", lambda paths: [])
    with pytest.raises(VerifyError, match="write it after --"):
        verify(["."], [])
    with pytest.raises(VerifyError, match="cannot run no-such-program: No such file"):
        verify(["."], ["no-such-program"])


def command_line(folder, *words):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (ROOT, ROOT / "runtime")))}
    env["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
    command = [sys.executable, "-m", "randlint_runtime.verify", *words]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_command_line_says_what_is_missing(tmp_path):
    done = command_line(tmp_path, str(tmp_path))
    assert done.returncode == 2
    assert "randlint verify: error: " in done.stderr
    assert "Traceback" not in done.stderr


PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")


@pytest.mark.parametrize(
    ("paths", "command", "message"),
    [
        ("absent.py", (*PYTEST, "."), "absent.py: cannot be read"),
        (".", (*PYTEST, "absent"), "returned 4 and ran no test under the plugin"),
        (".", (*PYTEST, "."), "returned 5 and ran no test under the plugin"),
        (".", (sys.executable, "-c", "print(1)"), "it must run pytest, on tests that exist"),
    ],
    ids=["no such path", "no such test", "no test", "no pytest"],
)
def test_a_run_without_tests_is_an_error(tmp_path, paths, command, message):
    done = command_line(tmp_path, paths, "--", *command)
    assert done.returncode == 2
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_json_is_all_that_is_printed_though_a_test_fails(tmp_path):
    (tmp_path / "program.py").write_text(SOURCE)
    tests = (
        "import jax, program\ndef test_it():\n    program.reused(jax.random.key(0))\n    assert 0\n"
    )
    (tmp_path / "test_program.py").write_text(tests)
    done = command_line(
        tmp_path, "program.py", "--output-format", "json", "--", *PYTEST, "test_program.py"
    )
    report = json.loads(done.stdout)
    assert (done.returncode, report["tests"], report["pytest_exit_code"]) == (1, 1, 1)
    assert {f["status"] for f in report["findings"] if f["row"] == 6} == {"confirmed"}
    assert "1 failed" in done.stderr
