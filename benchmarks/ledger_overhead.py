"""What the key ledger costs: a training step, eager draws, the pytest plugin, `randlint verify`.

    python benchmarks/ledger_overhead.py [--no-plugin]

Each pair is measured side by side, alternating, in one process; the ratio of medians is printed.
The plugin is measured by pytest itself: one test makes the same training steps, in runs that
alternate between plain, `--randlint-ledger`, and the recording of `randlint verify` with a finding
on every line of the step.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp

from randlint_runtime.ledger import key_ledger

WIDTH, BATCH, LAYERS = 512, 256, 4


def step(params: Any, key: Any, batch: Any) -> Any:
    """One gradient step of a multilayer perceptron: noise on the inputs, dropout per layer."""

    def loss(params: Any) -> Any:
        noise_key, *keys = jax.random.split(key, LAYERS + 1)
        x = batch + 0.1 * jax.random.normal(noise_key, batch.shape)
        for w, layer_key in zip(params, keys, strict=True):
            x = jax.nn.relu(x @ w)
            x = jnp.where(jax.random.bernoulli(layer_key, 0.9, x.shape), x / 0.9, 0.0)
        return jnp.mean(x**2)

    value, grads = jax.value_and_grad(loss)(params)
    return jax.tree.map(lambda p, g: p - 1e-3 * g, params, grads), value


def once(function: Callable[[], Any]) -> float:
    """Seconds of wall time."""
    start = time.perf_counter()
    jax.block_until_ready(function())
    return time.perf_counter() - start


def compare(name: str, function: Callable[[], Any], rounds: int) -> None:
    """Medians of wall time, alternating; and the ratio of CPU time, which a busy machine bears."""
    walls: dict[bool, list[float]] = {False: [], True: []}
    cpu = {False: 0.0, True: 0.0}
    for context in (nullcontext, key_ledger):
        with context():
            once(function)  # compile
    for watched in (False, True) * rounds:
        with key_ledger() if watched else nullcontext():
            start = time.process_time()
            walls[watched].append(once(function))
            cpu[watched] += time.process_time() - start
    a, b = statistics.median(walls[False]), statistics.median(walls[True])
    print(f"{name:32} {1e6 * a:10.0f} us {1e6 * b:10.0f} us   ratio {b / a:5.2f}", end="")
    print(f"   CPU {cpu[True] / cpu[False]:5.2f}", flush=True)


TESTS = """
import functools, json, sys
sys.path.insert(0, {folder!r})
import jax, jax.numpy as jnp, ledger_overhead as benchmark, pytest

step = jax.jit(benchmark.step)
keys = iter(list(jax.random.split(jax.random.key(1), 1000)))

@functools.cache
def model():
    return benchmark.model()

def test_training():
    params, batch = model()
    for _ in range(3):
        benchmark.once(lambda: step(params, next(keys), batch))
    times = [benchmark.once(lambda: step(params, next(keys), batch)) for _ in range(30)]
    with open({steps!r}, "a") as file:
        file.write(json.dumps(times) + "\\n")

@pytest.mark.parametrize("number", range(20))
def test_eager(number):
    one, other = jax.random.split(jax.random.key(number))
    x = jax.random.normal(one, (100,)) + jax.random.uniform(other, (100,))
    assert x.shape == (100,)

@pytest.mark.parametrize("width", range(8, 18))
def test_a_program_of_its_own(width):
    @jax.jit
    def loss(w, key):
        return jnp.mean((jax.random.normal(key, (4, width)) @ w) ** 2)
    grad = jax.grad(loss)(jnp.ones((width, 3)), jax.random.key(0))
    assert grad.shape == (width, 3)

@pytest.mark.parametrize("number", range(10))
def test_one_step(number):
    params, batch = model()
    jax.block_until_ready(step(params, jax.random.key(number), batch))
"""
CONFTEST = """
import json, time

started = []

def pytest_runtest_setup():
    started[:] = [time.perf_counter(), time.process_time()]

def pytest_runtest_teardown():
    spent = [time.perf_counter() - started[0], time.process_time() - started[1]]
    with open({whole!r}, "a") as file:
        file.write(json.dumps(spent) + "\\n")
"""
ROUNDS = 5


def plugin() -> None:
    """One test file, run by pytest: plain, under the ledger, and recorded for `randlint verify`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        here = Path(__file__).resolve()
        steps, whole = folder / "steps", folder / "whole"
        tests = TESTS.format(folder=str(here.parent), steps=str(steps))
        (folder / "test_steps.py").write_text(tests)
        (folder / "conftest.py").write_text(CONFTEST.format(whole=str(whole)))
        lines = {str(row): ["RND101", "RND109"] for row in range(1, 200)}
        plan = {"lines": {str(here): lines}, "parameters": {}}
        (folder / "plan.json").write_text(json.dumps(plan))
        choices = {
            "plain": [],
            "plugin": ["--randlint-ledger"],
            "verify": ["--randlint-ledger-report-only", f"--randlint-events={folder}"],
        }
        found: dict[tuple[str, str], list[float]] = {}
        for choice, options in [*choices.items()] * ROUNDS:
            steps.write_text("")
            whole.write_text("")
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
            command += ["-p", "randlint_runtime.pytest_plugin", *options, str(folder)]
            env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
            subprocess.run(command, env=env, check=True, capture_output=True)
            step_times = json.loads(steps.read_text())
            tests_ran = [json.loads(line) for line in whole.read_text().splitlines()]
            wall, cpu = (sum(column) for column in zip(*tests_ran, strict=True))
            found.setdefault(("one step", choice), []).append(statistics.median(step_times))
            found.setdefault(("41 tests", choice), []).append(wall)
            found.setdefault(("41 tests, CPU", choice), []).append(cpu)
        report(found)


def report(found: dict[tuple[str, str], list[float]]) -> None:
    """Medians of the rounds, and the range of the ratios of neighbouring runs."""
    for what in ("one step", "41 tests", "41 tests, CPU"):
        plain = found[what, "plain"]
        for choice in ("plugin", "verify"):
            watched = found[what, choice]
            ratios = sorted(w / p for w, p in zip(watched, plain, strict=True))
            a, b = statistics.median(plain), statistics.median(watched)
            print(f"{what + ', ' + choice:32} {1e6 * a:10.0f} us {1e6 * b:10.0f} us", end="")
            middle = statistics.median(ratios)
            print(f"   ratio {middle:5.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def model() -> tuple[Any, Any]:
    """Weights and a batch."""
    params = [
        jax.random.normal(k, (WIDTH, WIDTH)) / WIDTH**0.5
        for k in jax.random.split(jax.random.key(0), LAYERS)
    ]
    return params, jnp.ones((BATCH, WIDTH))


def main() -> None:
    print(f"jax {jax.__version__}, {jax.default_backend()}")
    print(f"{'':32} {'plain':>13} {'ledger':>13}")
    keys = iter(jax.random.split(jax.random.key(1), 100_000))
    params, batch = model()
    jitted = jax.jit(step)
    compare("training step, jitted", lambda: jitted(params, next(keys), batch), 60)

    def epoch(params: Any, key: Any) -> Any:
        body = lambda p, k: step(p, k, batch)  # noqa: E731
        return jax.lax.scan(body, params, jax.random.split(key, 10))

    jitted_epoch = jax.jit(epoch)
    compare("ten steps in a scan, jitted", lambda: jitted_epoch(params, next(keys)), 15)
    small = jax.jit(lambda k: jax.random.normal(k, (8,)))
    compare("one small jitted draw", lambda: small(next(keys)), 500)
    compare("one eager normal", lambda: jax.random.normal(next(keys)), 500)
    compare("eager split", lambda: jax.random.split(next(keys)), 500)
    many = jax.random.split(jax.random.key(2), 10_000)
    draw = jax.jit(jax.vmap(jax.random.normal))
    lanes = iter(jax.random.split(k, 1)[0] for k in many)
    compare("vmap over 10,000 keys", lambda: draw(jax.random.split(next(lanes), 10_000)), 10)
    opening = []
    for _ in range(200):
        start = time.perf_counter()
        with key_ledger():
            pass
        opening.append(time.perf_counter() - start)
    print(f"opening and closing a ledger: {1e6 * statistics.median(opening):.0f} us")
    if "--no-plugin" not in sys.argv:
        plugin()


if __name__ == "__main__":
    main()
