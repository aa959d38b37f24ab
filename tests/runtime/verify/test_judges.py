"""What running says of the rules beyond equal keys: each confirmed, refuted and left open.

The findings are given by hand, so that false ones can be among them.
"""

import os
import sys
from pathlib import Path

import pytest

import randlint_runtime.verify as module
from randlint_runtime.verify import Status, verify

ROOT = Path(__file__).parents[3]

# The end of a line says which rule a finding there claims, the judgement expected, and its reason.
SOURCE = """\
import random
import time
import jax
import jax.numpy as jnp
import numpy as np
from jax import random as jr

def unused_child(key):
    a, b = jr.split(key)  #! RND109 confirmed: key 1 that it makes was never used
    return jr.normal(a)

@jax.jit
def unused_child_in_jit(key):
    a, _, b = jr.split(key, 3)  #! RND109 confirmed: ran 2 times
    return jr.normal(a)

def folded_child(key):
    _, b = jr.split(key)  #! RND109 refuted: used 1 of 1 times
    return jr.normal(jr.fold_in(b, 1))

def child_used_in_a_scan(key):
    a, b = jr.split(key)  #! RND109 refuted: used 1 of 1 times
    return jr.normal(a) + jax.lax.scan(lambda c, k: (c, jr.normal(k)), 0, jr.split(b, 3))[1].sum()

def unused_fold(key):
    sub = jr.fold_in(key, 1)  #! RND109 confirmed: the key that it makes
    return jr.normal(key)

def confused_child(key):
    a, b = jr.split(key)  #! RND109 undecided: other lines made equal keys
    return jr.normal(a)

def other_child(key):
    return jr.normal(jr.split(key)[1])

def never_split(key):
    a, b = jr.split(key)  #! RND109 not executed: no test
    return jr.normal(a)

def ignores(key, x):  #! RND115 confirmed: called 2 times
    return x

@jax.jit
def ignores_in_jit(key, x):  #! RND115 confirmed: was never used in it
    return x

def uses(key, x):  #! RND115 refuted: `normal` used `key`
    return x + jax.jit(jr.normal)(key)

def no_key(key, x):  #! RND115 undecided: never with a key
    return x

def loss_compared(p, key):
    return jnp.where(jr.uniform(key) < p, 1.0, 0.0)  #! RND202 confirmed: `lt` compared

def loss_compared_in_jit(p, key, threshold):
    u = jr.uniform(key)
    return p * jnp.where(u < threshold, 1.0, 0.0)  #! RND202 refuted: no draw met

def compared_only(p, key):
    return jnp.where(jr.uniform(key) < p, 1.0, 0.0)  #! RND202 refuted: not differentiated

def score(mean, key):
    x = mean + jr.normal(key)
    return -0.5 * (x - mean) ** 2 * jax.lax.stop_gradient(x)  #! RND207 confirmed: still moves

def right_score(mean, key):
    x = jax.lax.stop_gradient(mean + jr.normal(key))
    return -0.5 * (x - mean) ** 2 * x  #! RND207 refuted: does not move

def count(rate, key):
    return jr.poisson(key, rate).astype(float)  #! RND201 confirmed: exactly 0

def not_discrete(a, key):
    return jr.gamma(key, a)  #! RND201 refuted: where the rule is implicit

def curved(a, key):
    return jr.gamma(key, a)  #! RND209 not executed: once only

def hessian(a, key):
    return jr.gamma(key, a)  #! RND209 refuted: without an error

@jax.jit
def host_twice(x):
    return x + np.random.normal()  #! RND301 confirmed: ran 3 times

@jax.jit
def host_once(x):
    return x + random.random()  #! RND301 not executed: not repeatedly

def host_outside(x):
    return x + np.random.normal()  #! RND301 refuted: never while

def host_lanes(x):
    return x + np.random.normal()  #! RND301 confirmed: all lanes

def host_scan(c, x):
    return c + random.random(), x  #! RND301 confirmed: ran 4 times

def clock_seed():
    return jr.key(int(time.perf_counter()))  #! RND302 confirmed: `time.perf_counter`

def system_seed():
    return jr.key(random.SystemRandom().randrange(9))  #! RND302 confirmed: `os.urandom`

def given_seed():
    return jr.key(int(float("3")))  #! RND302 refuted: asked no clock

def fine_gradient(key, x):
    return jax.grad(lambda x: x)(x)  #! RND205 refuted: raised nothing

def shape_only(key):
    return jr.normal(key) + jr.normal(key)  #! RND101 not executed: to be traced only

def begins_above(seed):
    one = jr.uniform(key=jr.key(seed))
    other = jr.normal(
        key=jr.key(seed),  #! RND105 confirmed: `normal` at program.py
        shape=(2,),
    )
    return one + other

def no_leak(key):
    return jr.split(key)  #! RND112 undecided: nothing that leaked
"""
TESTS = """\
import jax, jax.numpy as jnp
from jax import random as jr
from program import *

KEY = jr.key(0)

def test_children():
    for i, f in enumerate([unused_child, folded_child, child_used_in_a_scan, unused_fold]):
        f(jr.key(10 + i))
    confused_child(jr.key(20)), other_child(jr.key(20))

def test_children_in_jit():
    unused_child_in_jit(jr.key(1)), unused_child_in_jit(jr.key(2))

def test_parameters():
    ignores(KEY, 1.0), ignores(jr.PRNGKey(3), 1.0), no_key(None, 1.0), uses(jr.PRNGKey(4), 1.0)
    ignores_in_jit(jr.key(5), 1.0)
    jr.normal(jr.key(5))

def test_comparisons():
    jax.grad(loss_compared)(0.5, KEY), compared_only(0.5, KEY)
    f = jax.jit(jax.value_and_grad(loss_compared_in_jit), static_argnums=2)
    f(0.5, KEY, 0.3)

def test_scores():
    jax.grad(score)(0.5, KEY), jax.jit(jax.grad(right_score))(0.5, KEY)

def test_rules():
    for f in (jax.grad(count), jax.grad(not_discrete), jax.grad(curved), jax.hessian(hessian)):
        jax.eval_shape(f, 3.0, KEY)  # derivatives are taken while tracing

def test_host():
    host_once(1.0), host_outside(1.0), host_twice(1.0)
    jax.vmap(host_lanes)(jnp.ones(3))
    jax.lax.scan(host_scan, 0.0, jnp.ones(4))

def test_host_again():
    host_twice(2.0), host_twice(3.0)

def test_seeds():
    clock_seed(), system_seed(), given_seed()

def test_errors():
    fine_gradient(KEY, 1.0), no_leak(KEY)

def test_equal_keys():
    jax.eval_shape(shape_only, KEY), begins_above(77)
"""


def claims():
    for row, line in enumerate(SOURCE.splitlines(), 1):
        code, _, claim = line.partition("  #! ")
        if claim:
            rule, _, expected = claim.partition(" ")
            status, _, evidence = expected.partition(": ")
            yield rule, row, code, Status(status), evidence


def finding(rule, row, code):
    column = code.index("(key") + 1 if rule == "RND115" else len(code) - len(code.lstrip())
    name = "b" if " b = " in code else "sub"
    location = {"row": row, "column": column + 1}
    # The grad site of RND209 is of no interest where the derivative is taken in a test.
    related = [{"message": "", "filename": "program.py", "location": location}]
    return {
        "code": rule,
        "message": f"the derived key `{name}`",
        "filename": "program.py",
        "cell": None,
        "location": location,
        "end_location": {"row": row, "column": len(code)},
        "related": related if rule == "RND209" else [],
    }


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("judges")
    (folder / "program.py").write_text(SOURCE)
    (folder / "test_program.py").write_text(TESTS)
    patch = pytest.MonkeyPatch()
    patch.setattr(module, "_lint", lambda paths: [finding(*claim[:3]) for claim in claims()])
    patch.chdir(folder)
    patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / "runtime"))))
    patch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # compiles several times faster
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    yield verify(["."], command)
    patch.undo()


def test_the_tests_pass(report):
    assert report.pytest_exit_code == 0


@pytest.mark.parametrize(
    ("rule", "row", "status", "evidence"),
    [pytest.param(r, row, s, e, id=f"{r}-{row}-{s}") for r, row, _, s, e in claims()],
)
def test_every_claim_is_judged(report, rule, row, status, evidence):
    (found,) = [f for f in report.findings if (f.code, f.row) == (rule, row)]
    assert (found.status, evidence in found.evidence) == (status, True), found
