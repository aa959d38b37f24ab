"""Methods, constructors, attributes and recursion."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Agrees = Callable[[str], None]

CLASSES = {
    "what subclasses have to define": """
        import abc

        class Sampler:
            def draw(self, key: jax.Array):
                '''A draw.'''
                raise NotImplementedError

            @abc.abstractmethod
            def step(self, key): ...

            def skip(self, key):
                return None

            def f(self, key):
                first, second = random.split(key)
                x = self.draw(first)
                return x + self.step(first) + self.skip(second)  # RND101

            def g(self, key, count):
                sub = random.split(key)[0]
                return [self.step(sub) for _ in range(count)]  # RND102

            def h(self, key):
                first, second = random.split(key)
                self.skip(first)
                return self.draw(first) + self.step(second)
        """,
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


@pytest.mark.parametrize("program", CLASSES.values(), ids=CLASSES)
def test_classes(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", RECURSION.values(), ids=RECURSION)
def test_recursion(program: str, agrees: Agrees) -> None:
    agrees(program)
