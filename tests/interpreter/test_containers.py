"""Lists and dicts of keys: every change is seen, under every name of the container."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Agrees = Callable[[str], None]

LISTS = {
    "an item is put in front": """
        def f(key):
            a, b = random.split(key)
            keys = [a]
            keys.insert(0, b)
            return random.normal(keys[0]) + random.uniform(a)
        """,
    "an item is put in front, and taken twice": """
        def f(key):
            a, b = random.split(key)
            keys = [a]
            keys.insert(0, b)
            return random.normal(keys[1]) + random.uniform(a)  # RND101
        """,
    "reversed in place": """
        def f(key):
            a, b = random.split(key)
            keys = [a, b]
            keys.reverse()
            return random.normal(keys[0]) + random.uniform(a)
        """,
    "an item that is deleted": """
        def f(key):
            a, b = random.split(key)
            keys = [a, b]
            del keys[0]
            return random.normal(keys[0]) + random.uniform(a)
        """,
    "two names for one list": """
        def f(key):
            a, b = random.split(key)
            keys = []
            same = keys
            keys.append(a)
            same.append(b)
            return random.normal(keys[1]) + random.uniform(same[1])  # RND101
        """,
    "a copy is another list": """
        def f(key):
            a, b = random.split(key)
            keys = [a]
            other = keys.copy()
            other[0] = b
            return random.normal(keys[0]) + random.uniform(other[0])
        """,
    "a list that a function fills": """
        def fill(keys, key):
            keys.append(key)

        def f(key):
            keys = []
            fill(keys, key)
            return random.normal(keys[0]) + random.uniform(key)  # RND101
        """,
    "a loop that empties a list comes to its end": """
        def f(key):
            keys = list(random.split(key, 3))
            total = 0.0
            while keys:
                total += random.normal(keys.pop())
            return total + random.normal(key)  # RND101
        """,
    "extended in place": """
        def f(key):
            a, b = random.split(key)
            keys = [a]
            same = keys
            keys += [b]
            return random.normal(same[1]) + random.uniform(b)  # RND101
        """,
}
DICTS = {
    "an entry that is taken out": """
        def f(key):
            a, b = random.split(key)
            keys = {"a": a, "b": b}
            c = keys.pop("b")
            return sum(random.normal(k) for k in keys.values()) + random.uniform(c)
        """,
    "an entry that stays": """
        def f(key):
            a, b = random.split(key)
            keys = {"a": a, "b": b}
            c = keys.get("b")
            total = sum(random.normal(k) for k in keys.values())
            return total + random.uniform(c)  # RND101
        """,
    "a default is put in once": """
        def f(key):
            a, b = random.split(key)
            keys = {}
            one, other = keys.setdefault("x", a), keys.setdefault("x", b)
            return random.normal(one) + random.uniform(other)  # RND101
        """,
    "a dict inside of a dict": """
        def f(key):
            a, b = random.split(key)
            keys = {"x": {"y": a}}
            keys["x"]["y"] = b
            return random.normal(keys["x"]["y"]) + random.uniform(a)
        """,
    "names and keys side by side": """
        def f(key):
            keys = dict(zip(("a", "b"), random.split(key)))
            return random.normal(keys["a"]) + random.uniform(keys["b"])
        """,
    "names and keys side by side, one twice": """
        def f(key):
            keys = dict(zip(("a", "b"), random.split(key)))
            return random.normal(keys["a"]) + random.uniform(keys["a"])  # RND101
        """,
    "joined with another": """
        def f(key):
            a, b = random.split(key)
            keys = {"a": a} | {"a": b}
            return random.normal(keys["a"]) + random.uniform(a)
        """,
}


@pytest.mark.parametrize("program", LISTS.values(), ids=LISTS)
def test_lists(agrees: Agrees, program: str) -> None:
    agrees(program)


@pytest.mark.parametrize("program", DICTS.values(), ids=DICTS)
def test_dicts(agrees: Agrees, program: str) -> None:
    agrees(program)
