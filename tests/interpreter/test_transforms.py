"""Traced loops, mapped axes, and functions that jax runs for us."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Agrees = Callable[[str], None]

TRACED_LOOPS = {
    "scan over a closed-over key": """
        def f(key, xs):
            def step(carry, x):
                return carry + random.normal(key), x  # RND103
            return lax.scan(step, 0.0, xs)
        """,
    "scan carries its key": """
        def f(key, xs):
            def step(carry, x):
                key, total = carry
                key, sub = random.split(key)
                return (key, total + random.normal(sub)), x
            return lax.scan(step, (key, 0.0), xs)
        """,
    "scan carries its key unchanged": """
        def f(key, xs):
            def step(carry, x):
                k, total = carry
                return (k, total + random.normal(k)), x  # RND103
            return lax.scan(step, (key, 0.0), xs)[1]
        """,
    "scan over keys": """
        def f(key, n):
            def step(carry, k):
                return carry + random.normal(k), None
            return lax.scan(step, 0.0, random.split(key, n))
        """,
    "scan over keys, and the parent": """
        def f(key, n):
            def step(carry, k):
                return carry + random.normal(k), None
            out = lax.scan(step, 0.0, random.split(key, n))
            return out, random.normal(key)  # RND101
        """,
    "scan folds in its index": """
        def f(key, n):
            def step(carry, i):
                return carry + random.normal(random.fold_in(key, i)), None
            return lax.scan(step, 0.0, jnp.arange(n))
        """,
    "scan of a lambda": """
        def f(key, xs):
            return lax.scan(lambda c, x: (c + random.normal(key), x), 0.0, xs)  # RND103
        """,
    "scan, length only": """
        def f(key):
            def step(key, _):
                key, sub = random.split(key)
                return key, random.normal(sub)
            return jax.lax.scan(step, key, None, length=10)
        """,
    "fori_loop": """
        def f(key, n):
            return lax.fori_loop(0, n, lambda i, x: x + random.normal(key), 0.0)  # RND103
        """,
    "fori_loop with a fold": """
        def f(key, n):
            body = lambda i, x: x + random.normal(random.fold_in(key, i))
            return lax.fori_loop(0, n, body, 0.0)
        """,
    "while_loop body": """
        def f(key):
            def body(x):
                return x + random.normal(key)  # RND103
            return lax.while_loop(lambda x: x < 3, body, 0.0)
        """,
    "while_loop condition": """
        def f(key):
            def going(x):
                return random.bernoulli(key)  # RND103
            return lax.while_loop(going, lambda x: x + 1, 0.0)
        """,
    "while_loop carries its key": """
        def f(key):
            def body(state):
                key, x = state
                key, sub = random.split(key)
                return key, x + random.normal(sub)
            return lax.while_loop(lambda s: s[1] < 3, body, (key, 0.0))
        """,
    "map": """
        def f(key, xs):
            return lax.map(lambda x: x + random.normal(key), xs)  # RND103
        """,
    "map over keys": """
        def f(key):
            return lax.map(lambda k: random.normal(k), random.split(key, 3))
        """,
    "a scan in a scan": """
        def f(key, xs):
            def outer(key, x):
                key, sub = random.split(key)
                def inner(total, y):
                    return total + random.normal(sub), y  # RND103
                return key, lax.scan(inner, 0.0, xs)
            return lax.scan(outer, key, xs)
        """,
}

LANES = {
    "one key stacked for two lanes of a sampler": """
        def f(key):
            return jax.vmap(random.normal)(jnp.stack([key, key]))  # RND104

        def g():
            key = random.key(0)
            x = jax.vmap(lambda k: random.normal(k))(jnp.stack([key, key, key]))  # RND104
            return x
        """,
    "two keys stacked for two lanes of a sampler": """
        def f(key):
            first, second = random.split(key)
            return jax.vmap(random.normal)(jnp.stack([first, second]))

        def g(key, shapes):
            first, second = random.split(key)
            for shape in shapes:
                first, sub = random.split(first)
                second, other = random.split(second)
                yield jax.vmap(random.normal)(jnp.stack([sub, other]))
        """,
    "a closed-over key": """
        def f(key, xs):
            return jax.vmap(lambda x: x + random.normal(key))(xs)  # RND104
        """,
    "mapped keys": """
        def f(key, xs):
            keys = random.split(key, len(xs))
            return jax.vmap(lambda k, x: x + random.normal(k))(keys, xs)
        """,
    "in_axes None": """
        def f(key, xs):
            draw = lambda k, x: x + random.normal(k)  # RND104
            return jax.vmap(draw, in_axes=(None, 0))(key, xs)
        """,
    "mapped keys used twice": """
        def f(key, n):
            keys = random.split(key, n)
            return jax.vmap(random.normal)(keys) + jax.vmap(random.uniform)(keys)  # RND101
        """,
    "a stack of one key": """
        def draw(key):
            return random.normal(key)  # RND104

        def f(key):
            return jax.vmap(draw)(jnp.stack([key, key]))
        """,
    "a stack of one key among others, drawn from in a helper": """
        def draw(key, scale):
            return scale * random.normal(key)

        def f(key, scales):
            a, b = random.split(key)
            return jax.vmap(draw)(jnp.stack([a, b, a]), scales)  # RND101
        """,
    "a stack of keys": """
        def f(key):
            a, b = random.split(key)
            return jax.vmap(random.normal)(jnp.stack([a, b]))
        """,
    "a stack of keys, and one of them": """
        def f(key):
            a, b = random.split(key)
            return jax.vmap(random.normal)(jnp.stack([a, b])).sum() + random.uniform(b)  # RND101
        """,
    "a stack of arrays": """
        def f(key, x, y):
            noisy = lambda k, row: row + random.normal(k)
            return jax.vmap(noisy)(random.split(key), jnp.stack([x, y]))
        """,
    "a list of arrays is no stack": """
        def f(key, x, y):
            noisy = lambda k, rows: rows[0] + rows[1] * random.normal(k)
            return jax.vmap(noisy)(random.split(key), [x, y])
        """,
    "a fold of the lane": """
        def f(key, n):
            draw = lambda i: random.normal(random.fold_in(key, i))
            return jax.vmap(draw)(jnp.arange(n))
        """,
    "a split under vmap": """
        def f(key, n):
            def draw(k):
                a, b = random.split(k)
                return random.normal(a) + random.normal(b)
            return jax.vmap(draw)(random.split(key, n))
        """,
    "a decorated function": """
        @jax.vmap
        def draw(k):
            return random.normal(k) + random.uniform(k)  # RND101

        def f(key):
            return draw(random.split(key, 3))
        """,
}

OTHERS = {
    "jit of a closure": """
        def f(key):
            @jax.jit
            def draw():
                return random.normal(key)
            return draw() + draw()  # RND101
        """,
    "grad draws once": """
        def f(key, x):
            return jax.grad(lambda y: y * random.normal(key))(x)
        """,
    "grad, then a draw": """
        def f(key, x):
            g = jax.grad(lambda y: y * random.normal(key))(x)
            return g + random.normal(key)  # RND101
        """,
    "value_and_grad of a loss": """
        def loss(params, key):
            a, b = random.split(key)
            return params * random.normal(a) + random.normal(b)

        def f(key, params):
            return jax.value_and_grad(loss)(params, key)
        """,
    "cond": """
        def f(key, x):
            return lax.cond(x, random.normal, random.uniform, key)
        """,
    "cond of closures": """
        def f(key, x):
            return lax.cond(x, lambda: random.normal(key), lambda: random.uniform(key))
        """,
    "cond, then a draw": """
        def f(key, x):
            y = lax.cond(x, lambda: random.normal(key), lambda: 0.0)
            return y + random.normal(key)  # RND101
        """,
    "switch": """
        def f(key, i):
            return lax.switch(i, [random.normal, random.uniform, random.gumbel], key)
        """,
    "tree_map": """
        def f(key, tree):
            return jax.tree_util.tree_map(lambda x: x + random.normal(key), tree)  # RND102
        """,
    "tree_map over keys": """
        def f(key, tree, keys):
            return jax.tree.map(lambda x, k: x + random.normal(k), tree, keys)
        """,
    "checkpoint": """
        def f(key, x):
            return jax.checkpoint(lambda k: random.normal(k))(key) + random.normal(key)  # RND101
        """,
    "a constant key under jit": """
        @jax.jit
        def f(x):
            return x + random.normal(random.key(0))  # RND111
        """,
    "a default key": """
        def f(x, key=random.key(0)):  # RND107
            return x + random.normal(key)
        """,
    "a consumed key returned": """
        def f(key):
            x = random.normal(key)
            return x, key  # RND113
        """,
    "an unused key": """
        def f(key):
            a, b = random.split(key)  # RND109
            return random.normal(a)
        """,
    "a seed overwritten": """
        def f(key: random.PRNGKey):
            key = random.key(0)  # RND116
            return random.normal(key)
        """,
}


@pytest.mark.parametrize("program", TRACED_LOOPS.values(), ids=TRACED_LOOPS)
def test_traced_loops(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", LANES.values(), ids=LANES)
def test_lanes(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", OTHERS.values(), ids=OTHERS)
def test_others(program: str, agrees: Agrees) -> None:
    agrees(program)
