"""Names, unpacking, indices, slices and containers of keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Agrees = Callable[[str], None]

NAMES = {
    "two draws": """
        def f(key):
            a = random.normal(key)
            return a + random.normal(key)  # RND101
        """,
    "one draw": """
        def f(key):
            return random.normal(key)
        """,
    "three draws are two findings": """
        def f(key):
            a = random.normal(key)
            b = random.normal(key)  # RND101
            return a + b + random.normal(key)  # RND101
        """,
    "two parameters": """
        def f(key, other):
            return random.normal(key) + random.normal(other)
        """,
    "an alias": """
        def f(key):
            rng = key
            return random.normal(rng) + random.normal(key)  # RND101
        """,
    "an alias of an alias": """
        def f(key):
            a = b = key
            c = b
            return random.normal(a) + random.normal(c)  # RND101
        """,
    "a new key under the old name": """
        def f(key):
            a = random.normal(key)
            key = random.fold_in(jax.random.key(0), 1)
            return a + random.normal(key)
        """,
    "an alias survives its source": """
        def f(key):
            old = key
            key, sub = random.split(key)
            return random.normal(sub) + random.normal(old)  # RND101
        """,
    "a walrus": """
        def f(key):
            a = random.normal(sub := random.fold_in(key, 1))
            return a + random.normal(sub)  # RND101
        """,
    "a walrus that advances": """
        def f(key):
            a = random.normal((ks := random.split(key))[0])
            return a + random.normal(ks[1])
        """,
    "an annotated assignment": """
        def f(key):
            rng: jax.Array = key
            a = random.normal(rng)
            return a + random.normal(key)  # RND101
        """,
    "a deleted name": """
        def f(key):
            k1, k2 = random.split(key)
            del key
            return random.normal(k1) + random.normal(k2)
        """,
    "swapped names": """
        def f(a, b):
            a, b = b, a
            x = random.normal(a) + random.normal(b)
            a, b = b, a
            return x + random.normal(a)  # RND101
        """,
    "nested calls in one expression": """
        def f(key):
            return g(random.normal(key), h(random.uniform(key)))  # RND101
        """,
    "split and draw": """
        def f(key):
            k1, k2 = random.split(key)
            return random.normal(k1) + random.normal(k2)
        """,
    "parent after split": """
        def f(key):
            k1, k2 = random.split(key)
            return random.normal(k1) + random.normal(k2) + random.normal(key)  # RND101
        """,
    "split after draw": """
        def f(key):
            a = random.normal(key)
            k1, k2 = random.split(key)  # RND101
            return a + random.normal(k1) + random.normal(k2)
        """,
    "a key advanced in place": """
        def f(key):
            key, sub = random.split(key)
            a = random.normal(sub)
            key, sub = random.split(key)
            return a + random.normal(sub)
        """,
    "the child of a split equals a fold": """
        def f(key):
            k1, k2 = random.split(key)
            x = random.normal(k1) + random.normal(k2)
            return x + random.normal(random.fold_in(key, 1))  # RND105
        """,
    "folds of different data": """
        def f(key):
            return random.normal(random.fold_in(key, 0)) + random.normal(random.fold_in(key, 1))
        """,
    "folds of equal data": """
        def f(key, i):
            a = random.normal(random.fold_in(key, i))
            return a + random.normal(random.fold_in(key, i))  # RND105
        """,
    "folds of unknown data": """
        def f(key, i, j):
            return random.normal(random.fold_in(key, i)) + random.normal(random.fold_in(key, j))
        """,
    "a declared repetition": """
        def f(key):
            return random.normal(key) + random.normal(random.clone(key))
        """,
    "looking at a key": """
        def f(key):
            print(key, key.shape, key.dtype, random.key_data(key))
            assert key is not None
            return random.normal(key)
        """,
    "no jax randomness": """
        def f(key, table):
            return table[key] + lookup(key) + lookup(key)
        """,
    "attention keys": """
        def f(query, key, value):
            scores = jnp.einsum("qd,kd->qk", query, key)
            return jax.nn.softmax(scores) @ value, jnp.mean(key)
        """,
}

UNPACKING = {
    "a list target": """
        def f(key):
            [a, b] = random.split(key)
            return random.normal(a) + random.normal(b)
        """,
    "a starred target": """
        def f(key):
            first, *rest = random.split(key, 4)
            return random.normal(first) + random.normal(rest[0]) + random.normal(rest[2])
        """,
    "a starred target used twice": """
        def f(key):
            first, *rest = random.split(key, 4)
            x = random.normal(rest[1]) + random.normal(first)
            return x + random.normal(rest[1])  # RND101
        """,
    "a starred target in front": """
        def f(key):
            *rest, last = random.split(key, 3)
            return random.normal(rest[0]) + random.normal(rest[1]) + random.normal(last)
        """,
    "nested targets": """
        def f(key, x):
            (a, b), y = random.split(key), x
            return random.normal(a) + random.normal(b) + y
        """,
    "nested targets used twice": """
        def f(key, x):
            (a, b), y = random.split(key), x
            return random.normal(a) + random.normal(b) + random.normal(a)  # RND101
        """,
    "too many names": """
        def f(key):
            a, b, c = random.split(key)  # RND106
            return random.normal(a) + random.normal(b) + random.normal(c)
        """,
    "too few names": """
        def f(key):
            a, b = random.split(key, 3)  # RND106
            return random.normal(a) + random.normal(b)
        """,
    "an unknown number": """
        def f(key, n):
            a, b = random.split(key, n)
            return random.normal(a) + random.normal(b)
        """,
    "a generator of keys": """
        def f(key):
            a, b = (random.fold_in(key, i) for i in range(2))
            return random.normal(a) + random.normal(b)
        """,
    "a tuple of keys": """
        def f(key):
            pair = tuple(random.split(key))
            a, b = pair
            return random.normal(a) + random.normal(b) + random.normal(pair[0])  # RND101
        """,
}

INDICES = {
    "each once": """
        def f(key):
            keys = random.split(key, 3)
            return random.normal(keys[0]) + random.normal(keys[1]) + random.normal(keys[2])
        """,
    "one twice": """
        def f(key):
            keys = random.split(key, 3)
            return random.normal(keys[1]) + random.normal(keys[1])  # RND101
        """,
    "negative": """
        def f(key):
            keys = random.split(key, 3)
            return random.normal(keys[-1]) + random.normal(keys[2])  # RND101
        """,
    "negative, another element": """
        def f(key):
            keys = random.split(key, 3)
            return random.normal(keys[-1]) + random.normal(keys[0])
        """,
    "past the end": """
        def f(key):
            keys = random.split(key, 3)
            return random.normal(keys[3])  # RND106
        """,
    "symbolic, the same": """
        def f(key, i):
            keys = random.split(key, 3)
            return random.normal(keys[i]) + random.normal(keys[i])  # RND101
        """,
    "symbolic, different": """
        def f(key, i, j):
            keys = random.split(key, 9)
            return random.normal(keys[i]) + random.normal(keys[j]) + random.normal(keys[i + 1])
        """,
    "symbolic, computed alike": """
        def f(key, i):
            keys = random.split(key, 9)
            return random.normal(keys[2 * i]) + random.normal(keys[2 * i])  # RND101
        """,
    "an element, then all": """
        def f(key, x):
            keys = random.split(key, 3)
            a = random.normal(keys[0])
            return a + jax.vmap(random.normal)(keys)  # RND101
        """,
    "slices that do not meet": """
        def f(key):
            keys = random.split(key, 4)
            return jax.vmap(random.normal)(keys[:2]) + jax.vmap(random.normal)(keys[2:])
        """,
    "slices that meet": """
        def f(key):
            keys = random.split(key, 4)
            a = jax.vmap(random.normal)(keys[:3])
            return a[:2] + jax.vmap(random.normal)(keys[2:])  # RND101
        """,
    "an element of a slice": """
        def f(key):
            keys = random.split(key, 4)
            tail = keys[1:]
            return random.normal(tail[0]) + random.normal(keys[1])  # RND101
        """,
    "an element outside a slice": """
        def f(key):
            keys = random.split(key, 4)
            tail = keys[1:]
            return random.normal(tail[0]) + random.normal(keys[0])
        """,
    "the first of split again": """
        def f(key):
            a = random.normal(random.split(key)[0])
            return a + random.normal(random.split(key)[0])  # RND101
        """,
    "elements of a parameter": """
        def f(keys):
            return random.normal(keys[0]) + random.normal(keys[1])
        """,
    "an element of a parameter twice": """
        def f(keys):
            return random.normal(keys[0]) + random.normal(keys[0])  # RND101
        """,
    "a raw key is no array": """
        def f():
            key = random.PRNGKey(0)
            return random.normal(key[0])  # RND110
        """,
}

CONTAINERS = {
    "a list": """
        def f(key):
            keys = [random.fold_in(key, 0), random.fold_in(key, 1)]
            return random.normal(keys[0]) + random.normal(keys[1])
        """,
    "a list used twice": """
        def f(key):
            keys = [random.fold_in(key, 0), random.fold_in(key, 1)]
            return random.normal(keys[0]) + random.normal(keys[0])  # RND101
        """,
    "a tuple of aliases": """
        def f(key):
            pair = (key, key)
            return random.normal(pair[0]) + random.normal(pair[1])  # RND101
        """,
    "a dictionary": """
        def f(key):
            a, b = random.split(key)
            keys = {"a": a, "b": b}
            return random.normal(keys["a"]) + random.normal(keys["b"])
        """,
    "a dictionary used twice": """
        def f(key):
            a, b = random.split(key)
            keys = {"a": a, "b": b}
            return random.normal(keys["a"]) + random.normal(b) + random.normal(a)  # RND101
        """,
    "a dictionary made by a call": """
        def f(key):
            a, b = random.split(key)
            keys = dict(a=a, b=b)
            return random.normal(keys["b"]) + random.normal(b)  # RND101
        """,
    "an entry replaced": """
        def f(key):
            a, b = random.split(key)
            keys = {"a": a}
            x = random.normal(keys["a"])
            keys["a"] = b
            return x + random.normal(keys["a"])
        """,
    "append": """
        def f(key):
            keys = []
            keys.append(key)
            return random.normal(keys[0]) + random.normal(key)  # RND101
        """,
    "an entry of a parameter": """
        def f(rngs):
            return random.normal(rngs["a"]) + random.normal(rngs["b"])
        """,
    "an entry of a parameter twice": """
        def f(rngs):
            return random.normal(rngs["a"]) + random.normal(rngs["a"])  # RND101
        """,
    "zip names the keys": """
        def f(key, xs):
            names = ["a", "b"]
            keys = dict(zip(names, random.split(key)))
            return random.normal(keys["a"]) + random.normal(keys["b"])
        """,
    "an attribute": """
        def f(state):
            return random.normal(state.key) + random.normal(state.key)  # RND101
        """,
    "two attributes": """
        def f(state):
            return random.normal(state.key) + random.normal(state.other_key)
        """,
    "an attribute replaced": """
        def f(state):
            a = random.normal(state.key)
            state.key = random.fold_in(jax.random.key(0), a)
            return a + random.normal(state.key)
        """,
}


@pytest.mark.parametrize("program", NAMES.values(), ids=NAMES)
def test_names(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", UNPACKING.values(), ids=UNPACKING)
def test_unpacking(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", INDICES.values(), ids=INDICES)
def test_indices(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", CONTAINERS.values(), ids=CONTAINERS)
def test_containers(program: str, agrees: Agrees) -> None:
    agrees(program)
