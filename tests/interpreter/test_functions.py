"""Calls into the same module, closures and lambdas."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Agrees = Callable[[str], None]

CALLS = {
    "a helper that draws": """
        def draw(key):
            return random.normal(key)

        def f(key):
            return draw(key) + draw(key)  # RND101
        """,
    "a helper that only splits": """
        def pieces(key):
            return random.split(key, 3)

        def f(key):
            a, b, c = pieces(key)
            return random.normal(a) + random.normal(b) + random.normal(c)
        """,
    "a helper that only splits, and its parent": """
        def pieces(key):
            return random.split(key, 3)

        def f(key):
            a, b, c = pieces(key)
            x = random.normal(a) + random.normal(b) + random.normal(c)
            return x + random.normal(key)  # RND101
        """,
    "a helper that returns its key": """
        def same(key):
            return key

        def f(key):
            return random.normal(same(key)) + random.normal(key)  # RND101
        """,
    "a helper that returns the next key": """
        def draw(key):
            key, sub = random.split(key)
            return key, random.normal(sub)

        def f(key):
            key, x = draw(key)
            key, y = draw(key)
            return x + y
        """,
    "the next key thrown away": """
        def draw(key):
            key, sub = random.split(key)
            return key, random.normal(sub)

        def f(key):
            _, x = draw(key)
            _, y = draw(key)  # RND101
            return x + y
        """,
    "a helper that folds in the step": """
        def noise(key, step):
            return random.normal(random.fold_in(key, step))

        def f(key):
            return noise(key, 0) + noise(key, 1)
        """,
    "a helper that folds in the step, twice the same": """
        def noise(key, step):
            return random.normal(random.fold_in(key, step))

        def f(key):
            return noise(key, 0) + noise(key, 0)  # RND105
        """,
    "a helper that folds in the loop's step": """
        def noise(key, step):
            return random.normal(random.fold_in(key, step))

        def f(key, n):
            return [noise(key, i) for i in range(n)]
        """,
    "a helper that ignores the key": """
        def shape_of(key, x):
            return x.shape

        def f(key, x):
            return shape_of(key, x), random.normal(key)
        """,
    "a helper that draws for one mode only": """
        def augment(key, x, train):
            if train:
                return x + random.normal(key)
            return x

        def f(key, x):
            return augment(key, x, False) + random.normal(key)
        """,
    "a helper that draws for that mode": """
        def augment(key, x, train):
            if train:
                return x + random.normal(key)
            return x

        def f(key, x):
            return augment(key, x, train=True) + random.normal(key)  # RND101
        """,
    "a default argument": """
        def augment(key, x, train=False):
            return x + random.normal(key) if train else x

        def f(key, x):
            return augment(key, x) + random.normal(key)
        """,
    "keywords": """
        def draw(scale, *, key):
            return scale * random.normal(key)

        def f(key):
            return draw(1, key=key) + draw(2, key=key)  # RND101
        """,
    "starred arguments": """
        def draw(*keys):
            return random.normal(keys[0]) + random.normal(keys[1])

        def f(key):
            return draw(*random.split(key))
        """,
    "keyword arguments collected": """
        def draw(**rngs):
            return random.normal(rngs["a"]) + random.normal(rngs["b"])

        def f(key):
            a, b = random.split(key)
            return draw(a=a, b=b)
        """,
    "an unknown function consumes": """
        def f(key: jax.Array):
            x = random.normal(key)
            return somewhere(x, key)  # RND101
        """,
    "two unknown functions": """
        def f():
            key = random.key(0)
            return somewhere(key) + elsewhere(key)  # RND101
        """,
    "defined later in the file": """
        def f(key):
            return draw(key) + draw(key)  # RND101

        def draw(key):
            return random.normal(key)
        """,
    "a decorated helper": """
        @jax.jit
        def draw(key):
            return random.normal(key)

        def f(key):
            return draw(key) + draw(key)  # RND101
        """,
    "partial": """
        def draw(scale, key):
            return scale * random.normal(key)

        def f(key):
            small = functools.partial(draw, 0.1)
            return small(key) + small(key)  # RND101
        """,
    "partial of a key": """
        def draw(key, scale):
            return scale * random.normal(key)

        def f(key):
            fixed = functools.partial(draw, key)
            return fixed(1.0) + fixed(2.0)  # RND101
        """,
    "partial, two keys": """
        def draw(scale, key):
            return scale * random.normal(key)

        def f(key):
            small = functools.partial(draw, 0.1)
            a, b = random.split(key)
            return small(a) + small(b)
        """,
    "a function in a dictionary": """
        SAMPLERS = {"normal": random.normal, "uniform": random.uniform}

        def f(key, name):
            return SAMPLERS[name](key) + SAMPLERS["normal"](key)  # RND101
        """,
    "imports inside the function": """
        def f(key):
            from jax.random import gumbel
            import jax.random as jr
            return gumbel(key) + jr.normal(key)  # RND101
        """,
    "a name that hides a module": """
        def f(random, key):
            return random.normal(key) + random.normal(key)
        """,
}

ROOTS = {
    "a jitted helper by name": """
        def _draw(key, n):
            return random.normal(key, (n,))

        draw = jax.jit(_draw, static_argnums=1)

        def f(key):
            return draw(key, 3) + draw(key, 4)  # RND101
        """,
    "a helper of a helper": """
        def draw(key):
            return random.normal(key)

        def noisy(key):
            return draw(key)

        def f(key):
            return noisy(key) + noisy(key)  # RND101
        """,
    "a class of this module": """
        class Layer:
            def __init__(self, key):
                self.w = random.normal(key)

        def f(key):
            return Layer(key), Layer(key)  # RND101
        """,
    "a class of this module in a loop": """
        class Layer:
            def __init__(self, key):
                self.w = random.normal(key)

        def f(key, n):
            return [Layer(key) for i in range(n)]  # RND102
        """,
    "module level, short names": """
        def draw(k):
            return random.normal(k)

        k1, _ = random.split(random.key(0))
        a = draw(k1)
        b = draw(k1)  # RND101
        """,
    "a key of another name": """
        def draw(k):
            return random.normal(k)

        def f(k):
            return draw(k) + draw(k)  # RND101
        """,
}

REDEFINED = {
    "a name defined twice": """
        def f(key):
            return random.normal(key) + random.normal(key)  # RND101

        def f(key):
            return random.uniform(key)
        """,
    "in the arms of a condition": """
        if FAST:
            def f(key):
                return random.normal(key) + random.normal(key)  # RND101
        else:
            def f(key):
                return random.uniform(key) + random.uniform(key)  # RND101
        """,
}


@pytest.mark.parametrize("program", REDEFINED.values(), ids=REDEFINED)
def test_functions_whose_name_is_taken_again(program: str, agrees: Agrees) -> None:
    agrees(program)


CLOSURES = {
    "a closure called twice": """
        def f(key):
            def draw():
                return random.normal(key)
            return draw() + draw()  # RND101
        """,
    "a closure called once": """
        def f(key):
            def draw():
                return random.normal(key)
            return draw()
        """,
    "a closure and its maker": """
        def f(key):
            def draw():
                return random.normal(key)
            return random.uniform(key) + draw()  # RND101
        """,
    "a closure that sees the latest key": """
        def f(key):
            def draw():
                return random.normal(key)
            x = draw()
            key = random.key(7)
            return x + draw()
        """,
    "nonlocal": """
        def f(key):
            def draw():
                nonlocal key
                key, sub = random.split(key)
                return random.normal(sub)
            return draw() + draw()
        """,
    "nonlocal forgotten": """
        def f(key):
            def draw():
                new, sub = random.split(key)
                return random.normal(sub), new
            return draw(), draw()  # RND101
        """,
    "a lambda called twice": """
        def f(key):
            draw = lambda scale: scale * random.normal(key)
            return draw(1) + draw(2)  # RND101
        """,
    "a lambda with its own key": """
        def f(key):
            draw = lambda k: random.normal(k)
            a, b = random.split(key)
            return draw(a) + draw(b)
        """,
    "a lambda's default": """
        def f(key):
            draw = lambda k=key: random.normal(k)
            return draw() + random.normal(key)  # RND101
        """,
    "a function that returns a function": """
        def make(key):
            def draw(x):
                return x + random.normal(key)
            return draw

        def f(key):
            g = make(key)
            return g(1) + random.normal(key)  # RND101
        """,
    "a function that is handed a function": """
        def twice(draw, key):
            a, b = random.split(key)
            return draw(a) + draw(b)

        def f(key):
            return twice(random.normal, key)
        """,
    "a function that applies one key twice": """
        def twice(draw, key):
            return draw(key) + draw(key)  # RND101

        def f(key):
            return twice(random.normal, key)
        """,
}


@pytest.mark.parametrize("program", CALLS.values(), ids=CALLS)
def test_calls(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", ROOTS.values(), ids=ROOTS)
def test_roots_that_draw_through_others(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", CLOSURES.values(), ids=CLOSURES)
def test_closures_and_lambdas(program: str, agrees: Agrees) -> None:
    agrees(program)
