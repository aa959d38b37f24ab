"""Python loops and comprehensions: what one turn leaves for the next."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Agrees = Callable[[str], None]

FOR = {
    "the same key each turn": """
        def f(key, xs):
            for x in xs:
                g(x, random.normal(key))  # RND102
        """,
    "a key per turn": """
        def f(key, xs):
            for x in xs:
                key, sub = random.split(key)
                g(x, random.normal(sub))
        """,
    "one key of an array per turn": """
        def f(key, xs):
            for k in random.split(key, 10):
                g(random.normal(k))
        """,
    "zip": """
        def f(key, xs):
            for k, x in zip(random.split(key, len(xs)), xs):
                g(x, random.normal(k))
        """,
    "zip, the wrong one": """
        def f(key, xs):
            for k, x in zip(random.split(key, len(xs)), xs):
                g(x, random.normal(k), random.uniform(k))  # RND101
        """,
    "enumerate": """
        def f(key, xs):
            for i, x in enumerate(xs):
                g(x, random.normal(random.fold_in(key, i)))
        """,
    "range": """
        def f(key, n):
            for i in range(n):
                g(random.normal(random.fold_in(key, i)))
        """,
    "fold_in of something constant": """
        def f(key, n):
            for i in range(n):
                g(random.normal(random.fold_in(key, 7)))  # RND102
        """,
    "indexed by the loop variable": """
        def f(key, n):
            keys = random.split(key, n)
            for i in range(n):
                g(random.normal(keys[i]))
        """,
    "indexed by a constant": """
        def f(key, n):
            keys = random.split(key, n)
            for i in range(n):
                g(random.normal(keys[0]))  # RND102
        """,
    "a split in the body, of the same key": """
        def f(key, n):
            for i in range(n):
                sub, _ = random.split(key)  # RND102
                g(random.normal(sub))
        """,
    "only in the first turn": """
        def f(key, xs):
            for x in xs:
                g(random.normal(key))
                break
        """,
    "break in an arm": """
        def f(key, xs):
            for x in xs:
                if x:
                    g(random.normal(key))
                    break
        """,
    "continue in an arm": """
        def f(key, xs):
            for x in xs:
                if x:
                    g(random.normal(key))  # RND102
                    continue
                h(x)
        """,
    "return in the body": """
        def f(key, xs):
            for x in xs:
                if x:
                    return random.normal(key)
            return 0
        """,
    "after the loop": """
        def f(key, xs):
            for x in xs:
                key, sub = random.split(key)
                g(random.normal(sub))
            return random.normal(key)
        """,
    "after the loop, the key of the last turn": """
        def f(key, xs):
            for x in xs:
                key, sub = random.split(key)
                g(random.normal(sub))
            return random.normal(sub)  # RND101
        """,
    "in the else of a loop with break": """
        def f(key, xs):
            for x in xs:
                if x:
                    y = random.normal(key)
                    break
            else:
                y = random.uniform(key)
            return y
        """,
    "known items": """
        def f(key):
            a, b = random.split(key)
            for k in (a, b):
                g(random.normal(k))
        """,
    "known items, one twice": """
        def f(key):
            a, b = random.split(key)
            for k in (a, b, a):
                g(random.normal(k))  # RND102
        """,
    "no items": """
        def f(key):
            for x in ():
                g(random.normal(key))
        """,
    "one item": """
        def f(key):
            for x in (1,):
                g(random.normal(key))
        """,
    "nested loops, one split": """
        def f(key, xs, ys):
            for x in xs:
                key, sub = random.split(key)
                for y in ys:
                    g(random.normal(sub))  # RND102
        """,
    "nested loops": """
        def f(key, xs, ys):
            for x in xs:
                for y in ys:
                    key, sub = random.split(key)
                    g(random.normal(sub))
        """,
    "a list filled in the loop": """
        def f(key, n):
            keys = []
            for i in range(n):
                key, sub = random.split(key)
                keys.append(sub)
            return [random.normal(k) for k in keys]
        """,
}

WHILE = {
    "the same key each turn": """
        def f(key, x):
            while x > 0:
                x -= random.uniform(key)  # RND102
        """,
    "a key per turn": """
        def f(key, x):
            while x > 0:
                key, sub = random.split(key)
                x -= random.uniform(sub)
        """,
    "forever, with break": """
        def f(key):
            while True:
                key, sub = random.split(key)
                if random.bernoulli(sub):
                    break
            return random.normal(key)
        """,
    "in the condition": """
        def f(key):
            while random.bernoulli(key):  # RND102
                g()
        """,
    "never": """
        def f(key):
            while False:
                g(random.normal(key))
        """,
    "else": """
        def f(key, x):
            while x:
                x = g(x)
            else:
                x = random.normal(key)
            return x + random.normal(key)  # RND101
        """,
}

COMPREHENSIONS = {
    "a list": """
        def f(key, xs):
            return [random.normal(key) for x in xs]  # RND102
        """,
    "a list over keys": """
        def f(key):
            return [random.normal(k) for k in random.split(key, 3)]
        """,
    "a dictionary": """
        def f(key, names):
            return {n: random.normal(key) for n in names}  # RND102
        """,
    "a dictionary over zip": """
        def f(key, names):
            return {n: random.normal(k) for n, k in zip(names, random.split(key, len(names)))}
        """,
    "a set": """
        def f(key, xs):
            return {float(random.normal(key)) for x in xs}  # RND102
        """,
    "a generator": """
        def f(key, xs):
            return sum(random.normal(key) for x in xs)  # RND102
        """,
    "a condition": """
        def f(key, xs):
            return [x for x in xs if random.bernoulli(key)]  # RND102
        """,
    "two clauses": """
        def f(key, xs):
            keys = random.split(key, 3)
            return [random.normal(k) + x for k in keys for x in xs]  # RND102
        """,
    "two clauses, a fold": """
        def f(key, xs):
            return [random.normal(random.fold_in(key, i * 9 + j)) for i in xs for j in xs]
        """,
    "the iterable is evaluated once": """
        def f(key, n):
            return [g(x) for x in random.permutation(key, n)]
        """,
    "its variables are its own": """
        def f(key):
            k, other = random.split(key)
            a = [random.normal(k) for k in random.split(other, 3)]
            return a, random.normal(k)
        """,
}


@pytest.mark.parametrize("program", FOR.values(), ids=FOR)
def test_for(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", WHILE.values(), ids=WHILE)
def test_while(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", COMPREHENSIONS.values(), ids=COMPREHENSIONS)
def test_comprehensions(program: str, agrees: Agrees) -> None:
    agrees(program)
