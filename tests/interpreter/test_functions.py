"""Calls into the same module, closures, lambdas, methods, constructors, recursion."""

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
    "a key of another name": """
        def draw(k):
            return random.normal(k)

        def f(k):
            return draw(k) + draw(k)  # RND101
        """,
}

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

CLASSES = {
    "a method that draws twice": """
        class A:
            def f(self, key):
                return random.normal(key) + random.normal(key)  # RND101
        """,
    "a method that calls a method": """
        class A:
            def draw(self, key):
                return random.normal(key)

            def f(self, key):
                return self.draw(key) + self.draw(key)  # RND101
        """,
    "a method of a base class": """
        class Base:
            def draw(self, key):
                return random.normal(key)

        class A(Base):
            def f(self, key):
                return self.draw(key) + self.draw(key)  # RND101
        """,
    "an overriding method": """
        class Base:
            def draw(self, key):
                return random.normal(key)

        class A(Base):
            def draw(self, key):
                return 0

            def f(self, key):
                return self.draw(key) + random.normal(key)
        """,
    "super": """
        class Base:
            def draw(self, key):
                return random.normal(key)

        class A(Base):
            def draw(self, key):
                return super().draw(key) + random.normal(key)  # RND101
        """,
    "a static method": """
        class A:
            @staticmethod
            def draw(key):
                return random.normal(key)

            def f(self, key):
                return A.draw(key) + self.draw(key)  # RND101
        """,
    "a class method": """
        class A:
            @classmethod
            def draw(cls, key):
                return random.normal(key)

            def f(self, key):
                a, b = random.split(key)
                return A.draw(a) + self.draw(b)
        """,
    "a property": """
        class A:
            @property
            def noise(self):
                self.key, sub = random.split(self.key)
                return random.normal(sub)
        """,
    "an attribute that stays": """
        class A:
            def __init__(self, seed):
                self.key = random.key(seed)

            def draw(self):
                return random.normal(self.key)  # RND108
        """,
    "an attribute that advances": """
        class A:
            def __init__(self, seed):
                self.key = random.key(seed)

            def draw(self):
                self.key, sub = random.split(self.key)
                return random.normal(sub)
        """,
    "a constructor keeps a key": """
        class A:
            def __init__(self, key):
                self.key = key

        def f(key):
            a = A(key)
            return random.normal(a.key) + random.normal(key)  # RND101
        """,
    "a constructor uses a key": """
        class A:
            def __init__(self, key):
                self.w = random.normal(key)

        def f(key):
            return A(key), random.normal(key)  # RND101
        """,
    "constructors with keys of their own": """
        class A:
            def __init__(self, key):
                self.w = random.normal(key)

        def f(key):
            a, b = random.split(key)
            return A(a), A(b)
        """,
    "a dataclass": """
        @dataclass
        class State:
            key: jax.Array
            x: float

        def f(key):
            state = State(key, 1.0)
            return random.normal(state.key) + random.normal(key)  # RND101
        """,
    "a dataclass by keyword": """
        @dataclass
        class State:
            x: float
            key: jax.Array = None

        def f(key):
            a, b = random.split(key)
            state = State(1.0, key=a)
            return random.normal(state.key) + random.normal(b)
        """,
    "a class inside a function": """
        def f(key):
            class A:
                def draw(self, k):
                    return random.normal(k)
            a = A()
            return a.draw(key) + a.draw(key)  # RND101
        """,
}

RECURSION = {
    "itself": """
        def f(key, n):
            if n == 0:
                return random.normal(key)
            key, sub = random.split(key)
            return random.normal(sub) + f(key, n - 1)
        """,
    "itself, with the same key": """
        def f(key, n):
            if n == 0:
                return 0
            return random.normal(key) + f(key, n - 1)  # RND101
        """,
    "each other": """
        def even(key, n):
            a, b = random.split(key)
            return random.normal(a) + odd(b, n - 1)

        def odd(key, n):
            a, b = random.split(key)
            return random.normal(a) + even(b, n - 1)
        """,
    "a class of itself": """
        class A:
            def __init__(self, key, n):
                a, b = random.split(key)
                self.w = random.normal(a)
                self.next = A(b, n - 1) if n else None
        """,
    "a closure of itself": """
        def f(key):
            def walk(k, n):
                a, b = random.split(k)
                return walk(a, n) + random.normal(b)
            return walk(key, 3)
        """,
}


@pytest.mark.parametrize("program", CALLS.values(), ids=CALLS)
def test_calls(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.xfail(reason="a function that names no sampler itself is not always run as a root")
@pytest.mark.parametrize("program", ROOTS.values(), ids=ROOTS)
def test_roots_that_draw_through_others(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", CLOSURES.values(), ids=CLOSURES)
def test_closures_and_lambdas(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", CLASSES.values(), ids=CLASSES)
def test_classes(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", RECURSION.values(), ids=RECURSION)
def test_recursion(program: str, agrees: Agrees) -> None:
    agrees(program)
