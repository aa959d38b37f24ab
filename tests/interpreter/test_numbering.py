"""Counters as numbers: what is folded in, or picks one of several, collides by number."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Agrees = Callable[[str], None]

PROGRAMS = {
    "two loops over the same numbers": """
        def f(key, n):
            a = [random.normal(random.fold_in(key, i)) for i in range(n)]
            b = [random.normal(random.fold_in(key, j)) for j in range(n)]  # RND105
            return a, b
        """,
    "two loops over numbers apart": """
        def f(key, n):
            a = [random.normal(random.fold_in(key, i)) for i in range(3)]
            b = [random.normal(random.fold_in(key, j + 3)) for j in range(3)]
            return a, b
        """,
    "a constant past the end of a short range": """
        def f(key):
            a = [random.normal(random.fold_in(key, i)) for i in range(3)]
            return a, random.normal(random.fold_in(key, 3))
        """,
    "a constant inside of a short range": """
        def f(key):
            a = [random.normal(random.fold_in(key, i)) for i in range(3)]
            return a, random.normal(random.fold_in(key, 2))  # RND105
        """,
    "the sum of two counters": """
        def f(key, n):
            total = 0.0
            for i in range(n):
                for j in range(3):
                    total += random.normal(random.fold_in(key, i + j))  # RND102
            return total
        """,
    "two counters in one number": """
        def f(key, n):
            total = 0.0
            for i in range(n):
                for j in range(3):
                    total += random.normal(random.fold_in(key, 3 * i + j))
            return total
        """,
    "one turn of a short loop": """
        def f(key):
            total = 0.0
            for i in range(3):
                if i == 1:
                    total += random.normal(key)
            return total
        """,
    "two turns of a short loop": """
        def f(key):
            total = 0.0
            for i in range(3):
                if i > 0:
                    total += random.normal(key)  # RND102
            return total
        """,
    "a number that the path excludes": """
        def f(key, n):
            total = random.normal(random.fold_in(key, 0))
            for i in range(n):
                if i > 0:
                    total += random.normal(random.fold_in(key, i))
            return total
        """,
    "an element of a split by its number": """
        def f(key):
            total = 0.0
            for k in random.split(key, 3):
                total += random.normal(k)
            return total + random.normal(random.fold_in(key, 2))  # RND105
        """,
    "a number past the end of a split": """
        def f(key):
            total = 0.0
            for k in random.split(key, 3):
                total += random.normal(k)
            return total + random.normal(random.fold_in(key, 3))
        """,
    "a child of whichever key": """
        def f(key, flag):
            if flag:
                key, _ = random.split(key)
            a, b = random.split(key)
            return random.normal(b) + random.normal(random.fold_in(key, 1))  # RND105
        """,
    "derived twice, and used twice": """
        def f(key):
            a = random.fold_in(key, 0)
            total = random.normal(a)
            b = random.fold_in(key, 0)  # RND105
            return total + random.normal(b) + random.uniform(b)  # RND101
        """,
    "items numbered from one": """
        def f(key, xs):
            total = random.normal(random.fold_in(key, 0))
            for i, x in enumerate(xs, start=1):
                total += x * random.normal(random.fold_in(key, i))
            return total
        """,
    "keys by number out of a list": """
        def f(key, n):
            keys = list(random.split(key, 3))
            total = 0.0
            for i in range(3):
                total += random.normal(keys[i])
            return total + random.normal(keys[0])  # RND101
        """,
    "a range with one turn": """
        def f(key, n):
            total = 0.0
            if n == 1:
                for _ in range(n):
                    total += random.normal(key)
            return total
        """,
    "a range with two turns": """
        def f(key, n):
            total = 0.0
            if n == 2:
                for _ in range(n):
                    total += random.normal(key)  # RND102
            return total
        """,
    "a condition that leaves one turn": """
        def f(key, n):
            total = 0.0
            for _ in range(n):
                if not n > 1:
                    total += random.normal(key)
            return total
        """,
    "a condition that no turn meets": """
        def f(key, n):
            total = 0.0
            for _ in range(n):
                if n == 0:
                    total += random.normal(key) + random.uniform(key)
            if n == 0:
                total += random.normal(key) + random.uniform(key)  # RND101
            return total
        """,
    "after a loop nobody knows how often it ran": """
        def f(key, n):
            i = 0
            while i < n:
                i = i + 1
            total = 0.0
            if not n > 1:
                total += random.normal(key) + random.uniform(key)  # RND101
            return total
        """,
    "the turn before the last of an endless loop": """
        def f(key):
            state, i = key, 0
            total = 0.0
            while True:
                i += 1
                if i > 2:
                    break
                state, sub = random.split(state)
                total += random.normal(sub)
            return total + random.normal(random.fold_in(key, 0))  # RND105
        """,
    "no number is between two integers": """
        def f(key, store, n):
            i = 0
            state = key
            while True:
                i += 1
                if i > n:
                    break
                state, sub = random.split(state)
                store(random.normal(sub))
            j = 0
            other = state
            while j < n:
                other, sub = random.split(other)
                store(random.normal(sub))
                j = j + 1
            if n < 1:
                store(random.normal(state))
        """,
    "a loop that returned for more turns has one": """
        def f(key, store, n):
            if n > 1:
                return random.normal(key)
            i = 0
            while True:
                i += 1
                if i > n:
                    break
                store(random.uniform(key))
        """,
    "a range that ends at a counter": """
        def f(key, store, n):
            for i in range(n):
                for j in range(i):
                    store(random.normal(key))  # RND102
        """,
    "a constant that does not end the loop": """
        def f(key, store, n):
            store(random.uniform(key))
            i = 0
            while i < n:
                if i == 2:
                    store(1.0)
                if i == 9:
                    store(random.normal(key))  # RND101
                i += 1
        """,
    "a traced loop over nothing": """
        def draws(key, n):
            def body(i, value):
                return value + random.uniform(random.fold_in(key, i))
            return lax.fori_loop(0, n, body, 0.0)

        def f(key, store):
            for number in (1, 2):
                store(draws(key, 0), number)

        def g(key, store):
            for number in (1, 2):
                store(draws(key, 2), number)  # RND102
        """,
    "the constructor of a base class": """
        class Base:
            def __init__(self, key):
                self.key = key

        class Derived(Base):
            def __init__(self, key):
                super().__init__(key)

        def f(key):
            one = Derived(key)
            return random.normal(one.key) + random.normal(key)  # RND101
        """,
    "a scan that has no turn": """
        def f(key, n):
            def body(carry, step):
                return carry, random.normal(carry)  # RND103

            end, ys = lax.scan(body, key, jnp.arange(n))
            if n == 0:
                return random.uniform(key)
            return random.gumbel(key)  # RND101
        """,
    "a fori_loop that has no turn": """
        def f(key, n):
            def body(i, total):
                return total + random.normal(key)  # RND103

            total = lax.fori_loop(0, n, body, 0.0)
            if n == 0:
                return random.uniform(key)
            return random.gumbel(key)  # RND101
        """,
    "a map that has no turn": """
        def f(key, n):
            ys = lax.map(lambda i: random.normal(key), jnp.arange(n))  # RND103
            if n == 0:
                return random.uniform(key)
            return random.gumbel(key)  # RND101
        """,
    "a turn of some number shows that the range is longer": """
        def f(key, other, n):
            for i in range(n):
                if i == 1:
                    random.laplace(key)
                    random.laplace(other)
                    break
            if n <= 1:
                return random.exponential(key)
            return random.exponential(other)  # RND101
        """,
    "the number after a loop, of a range that may be shorter": """
        def f(key, n):
            for i in range(n):
                if i == 3:
                    return random.laplace(key)
            if n > 2:
                random.exponential(key)
            return random.normal(key)  # RND101
        """,
    "stacked keys, one of them chosen": """
        def f(key, flag):
            a, b, c = random.split(key, 3)
            d = a if flag else b
            return jax.vmap(random.normal)(jnp.stack([c, d]))
        """,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_numbers(agrees: Agrees, program: str) -> None:
    agrees(program)


def test_what_may_be_past_the_end_of_a_split_is_told_at_low() -> None:
    from randlint.diagnosis import analyse
    from randlint.findings import Confidence

    source = """
from jax import random

def f(key, n):
    keys = random.split(key, n)
    return [random.normal(k) for k in keys], random.normal(random.fold_in(key, 2))
"""
    codes = frozenset({"RND105"})
    found = analyse(source, "program.py", codes=codes, at_least=Confidence.LOW).findings
    assert [each.confidence for each in found] == [Confidence.LOW]
