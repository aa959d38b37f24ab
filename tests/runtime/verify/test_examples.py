"""`verify` on this repository's examples: what the linter says of them happens."""

import os
import sys
from pathlib import Path

import pytest

from randlint_runtime.verify import Status, verify

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"
# Each test does with an example what its author would, twice where the mistake shows in repetition.
DRIVER = """
import sys, types
import jax, jax.numpy as jnp, pytest

sys.path.insert(0, {examples!r})
sys.modules.setdefault("jaxtyping", types.SimpleNamespace(PRNGKeyArray=jax.Array))
KEY = jax.random.key(0)
trace = jax.eval_shape  # derivatives are taken while tracing; samplers are slow to compile

def load(name):
    return __import__(name)

def test_101():
    load("rnd101_key_reuse").augment(KEY, jnp.zeros((4, 4)))

def test_102():
    load("rnd102_key_reuse_in_loop").train(0.0, [jnp.ones(3)] * 3, lambda p, b: p + b.sum())

def test_103():
    load("rnd103_key_reuse_in_traced_loop").random_walk(KEY, jnp.zeros(2))

def test_104():
    load("rnd104_key_shared_across_lanes").act(KEY, jnp.zeros((3, 2)))

def test_105():
    load("rnd105_colliding_derivation").step_noise(KEY, 3, jnp.arange(5.0))

def test_106():
    load("rnd106_key_array_index").init(KEY, (2, 3, 4))

def test_107():
    sample_prior = load("rnd107_default_argument_key").sample_prior
    sample_prior((2,)), sample_prior((2,))

def test_108():
    agent = load("rnd108_stale_attribute_key").Agent(0, 1.0)
    agent.act(jnp.zeros(2)), agent.act(jnp.zeros(2))

def test_109():
    params = dict(w=jnp.eye(2), b=jnp.zeros(2))
    load("rnd109_unused_derived_key").forward(KEY, params, jnp.ones((1, 2)))

def test_110():
    with pytest.raises(TypeError):
        load("rnd110_raw_key_as_key_array").init((2, 2))

def test_111():
    dropout = load("rnd111_constant_key_under_trace").dropout
    dropout(jnp.ones(3)), dropout(jnp.ones(3))

def test_112():
    sampler = load("rnd112_key_escapes_trace").Sampler(0)
    sampler.sample(jnp.zeros(2))
    with pytest.raises(jax.errors.UnexpectedTracerError):
        sampler.sample(jnp.zeros(3))

def test_113():
    state = load("rnd113_consumed_key_escapes").reset(KEY)
    jax.random.normal(state.key)

def test_114():
    class Model:
        def init(self, keys, batch):
            return jax.random.normal(keys["params"]), jax.random.bernoulli(keys["dropout"])
    load("rnd114_key_shared_across_streams").init(Model(), 0, None)

def test_115():
    load("rnd115_unused_key_parameter").sample(KEY, jnp.ones(3))

def test_116():
    simulate = load("rnd116_overwritten_key_parameter").simulate
    simulate(jax.random.key(1), 3), simulate(jax.random.key(2), 3)

def test_201():
    costs = jnp.arange(3.0)
    load("rnd201_gradient_of_discrete_draw").update(jnp.zeros(3), KEY, costs)

def test_202():
    load("rnd202_gradient_of_thresholded_draw").update(0.3, KEY, jnp.ones(4), jnp.zeros(4))

def test_203():
    trace(load("rnd203_gradient_through_parameter").update, 0.3, KEY, jnp.ones(4), jnp.zeros(4))

def test_204():
    trace(load("rnd204_gradient_implicit").update, jnp.ones(3), KEY, jnp.ones(3) / 3)

def test_205():
    with pytest.raises(TypeError):
        load("rnd205_gradient_of_key").update(jnp.ones(3), 0)

def test_207():
    load("rnd207_score_without_stop_gradient").update(0.5, KEY, lambda a: a**2)

def test_208():
    trace(load("rnd208_biased_pathwise_gradient").update, 1.0, KEY, 1.0)

def test_209():
    with pytest.raises(ValueError):
        trace(load("rnd209_no_second_derivative").curvature, 2.0, KEY)

def test_301():
    step = load("rnd301_host_rng_under_trace").step
    step(jnp.zeros(3)), step(jnp.zeros(3))

def test_302():
    load("rnd302_entropy_seeded_key").initial_weights()
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    folder = tmp_path_factory.mktemp("driver")
    (folder / "test_examples_driver.py").write_text(DRIVER.format(examples=str(EXAMPLES)))
    patch = pytest.MonkeyPatch()
    patch.chdir(ROOT)
    patch.setenv("PYTHONPATH", os.pathsep.join(map(str, (ROOT, ROOT / "runtime"))))
    patch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")  # compiles several times faster
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-c", os.devnull, "--rootdir", str(folder), str(folder)]
    yield verify(["examples"], command)
    patch.undo()


def test_the_driver_runs(report):
    assert report.pytest_exit_code == 0
    assert report.tests == DRIVER.count("def test_")


def test_every_finding_is_confirmed(report):
    print(report.to_text())
    for found in report.findings:
        assert found.status is Status.CONFIRMED, found


def test_every_rule_that_runs_has_an_example(report):
    found = {f.code for f in report.findings}
    shown = {f"RND{path.name[3:6]}" for path in EXAMPLES.glob("rnd*.py")}
    assert found == shown
    assert found >= {f"RND{n}" for n in (*range(101, 117), 301, 302)}


def test_nothing_is_missed(report):
    assert report.missed == ()
