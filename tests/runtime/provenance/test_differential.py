"""Random programs judged by `provenance` and by jax's own checker: they must agree.

The programs stay where both are meant to agree (the module text of `provenance` lists where not):
every child of a split is taken out once, data folded in is never repeated and never below ten.
"""

import random as python_random

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
from jax import lax, random
from jax.experimental.key_reuse._core import check_key_reuse

from randlint_runtime.provenance import ReuseKind, provenance

STEPS = ("draw", "split", "fold_in", "jit", "cond", "cond_one", "scan", "scan_keys", "while",
         "vmap", "clone", "remat", "helper")  # fmt: skip


def draw(key):
    return random.bits(key).astype(jnp.float32)


def program(seed, length):
    """A function of one key, made of random steps on a growing pool of keys."""
    plan = python_random.Random(seed)
    steps = [(plan.choice(STEPS), plan.random(), 10 + i) for i in range(length)]

    def f(key):
        pool, total = [key], jnp.float32(0)
        for step, choice, number in steps:
            k = pool[int(choice * len(pool))]
            total = total + perform(step, k, number, pool)
        return total

    f.steps = [step for step, _, _ in steps]
    return f


def perform(step, k, number, pool):
    flag = lax.optimization_barrier(jnp.float32(number)) > 0
    if step == "draw":
        return draw(k)
    if step == "split":
        pool.extend(random.split(k))
    elif step == "fold_in":
        pool.append(random.fold_in(k, number))
    elif step == "clone":
        pool.append(random.clone(k))
    elif step == "jit":
        return jax.jit(draw)(k)
    elif step == "helper":
        left, right = jax.jit(random.split)(k)
        pool.append(right)
        return draw(left)
    elif step == "cond":
        return lax.cond(flag, draw, random.uniform, k)
    elif step == "cond_one":
        return lax.cond(flag, draw, lambda k: jnp.float32(0), k)
    elif step == "scan":
        body = lambda k, _: (lambda a, b: (a, draw(b)))(*random.split(k))  # noqa: E731
        last, out = lax.scan(body, k, length=3)
        pool.append(last)
        return out.sum()
    elif step == "scan_keys":
        return lax.map(draw, random.split(k, 4)).sum()
    elif step == "while":

        def body(carry):
            a, b = random.split(carry[0])
            return a, carry[1] + random.uniform(b)

        return lax.while_loop(lambda c: c[1] < 3, body, (k, jnp.float32(0)))[1]
    elif step == "vmap":
        return jax.vmap(draw)(random.split(k, 3)).sum()
    elif step == "remat":
        return jax.checkpoint(draw)(k)
    return jnp.float32(0)


def jax_complains(f):
    try:
        check_key_reuse(f, random.key(0))
    except jax.errors.KeyReuseError:
        return True
    return False


def we_complain(f, key):
    report = provenance(f, key)
    return any(r.kind is not ReuseKind.LANES for r in report.reuses)


@hypothesis.settings(max_examples=60, deadline=None, derandomize=True)
@hypothesis.given(st.integers(0, 10**6), st.integers(1, 5))
def test_same_verdict(seed, length):
    f = program(seed, length)
    verdict = jax_complains(f)
    assert we_complain(f, random.key(0)) == verdict, f.steps
    assert we_complain(f, random.PRNGKey(0)) == verdict, f.steps
