"""What the key ledger costs: a training step, eager draws, opening and closing.

    python benchmarks/ledger_overhead.py

Each pair is measured side by side, alternating, in one process; the ratio of medians is printed.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import nullcontext
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
    start = time.perf_counter()
    jax.block_until_ready(function())
    return time.perf_counter() - start


def compare(name: str, function: Callable[[], Any], rounds: int) -> None:
    plain, watched = [], []
    for context in (nullcontext, key_ledger):
        with context():
            once(function)  # compile
    for _ in range(rounds):
        plain.append(once(function))
        with key_ledger():
            watched.append(once(function))
    a, b = statistics.median(plain), statistics.median(watched)
    print(f"{name:32} {1e6 * a:10.0f} us {1e6 * b:10.0f} us   ratio {b / a:5.2f}")


def main() -> None:
    print(f"jax {jax.__version__}, {jax.default_backend()}")
    print(f"{'':32} {'plain':>13} {'ledger':>13}")
    keys = iter(jax.random.split(jax.random.key(1), 100_000))
    params = [
        jax.random.normal(k, (WIDTH, WIDTH)) / WIDTH**0.5
        for k in jax.random.split(jax.random.key(0), LAYERS)
    ]
    batch = jnp.ones((BATCH, WIDTH))
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


if __name__ == "__main__":
    main()
