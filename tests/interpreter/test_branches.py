"""Branches: exclusive arms, correlated conditions, early exits, exceptions."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Agrees = Callable[[str], None]

ARMS = {
    "either arm": """
        def f(key, x):
            if x:
                return random.normal(key)
            else:
                return random.uniform(key)
        """,
    "an arm, then after it": """
        def f(key, x):
            y = 0
            if x:
                y = random.normal(key)
            return y + random.uniform(key)  # RND101
        """,
    "twice in one arm": """
        def f(key, x):
            if x:
                return random.normal(key) + random.normal(key)  # RND101
            return 0
        """,
    "elif": """
        def f(key, x):
            if x == 1:
                return random.normal(key)
            elif x == 2:
                return random.uniform(key)
            elif x == 3:
                return random.gumbel(key)
            return random.laplace(key)
        """,
    "before and in an arm": """
        def f(key, x):
            y = random.normal(key)
            if x:
                y += random.uniform(key)  # RND101
            return y
        """,
    "an early return": """
        def f(key, x):
            if x:
                return random.normal(key)
            return random.uniform(key)
        """,
    "an early raise": """
        def f(key, x):
            if x:
                raise ValueError(random.normal(key))
            return random.uniform(key)
        """,
    "a ternary": """
        def f(key, x):
            return random.normal(key) if x else random.uniform(key)
        """,
    "a ternary and more": """
        def f(key, x):
            y = random.normal(key) if x else 0
            return y + random.normal(key)  # RND101
        """,
    "short circuit or": """
        def f(key, x):
            return x or random.normal(key)
        """,
    "both sides of and": """
        def f(key, x):
            return random.normal(key) > 0 and random.uniform(key) > 0  # RND101
        """,
    "match": """
        def f(key, x):
            match x:
                case "a":
                    return random.normal(key)
                case "b":
                    y = random.uniform(key)
                case _:
                    y = random.gumbel(key)
            return y
        """,
    "match, then after it": """
        def f(key, x):
            match x:
                case "a":
                    y = random.normal(key)
                case _:
                    y = 0
            return y + random.normal(key)  # RND101
        """,
    "a constant condition": """
        def f(key):
            if False:
                return random.normal(key)
            return random.uniform(key)
        """,
    "a key bound in both arms": """
        def f(key, x):
            a, b = random.split(key)
            k = a if x else b
            return random.normal(k)
        """,
    "a key bound in both arms, used again": """
        def f(key, x):
            a, b = random.split(key)
            if x:
                k = a
            else:
                k = b
            return random.normal(k) + random.normal(k)  # RND101
        """,
    "a key advanced in one arm": """
        def f(key, x):
            if x:
                key, sub = random.split(key)
                y = random.normal(sub)
            else:
                y = 0
            return y + random.normal(key)
        """,
    "a key used and replaced in one arm": """
        def f(key, x):
            if x:
                y = random.normal(key)
                key = random.key(1)
            else:
                y = 0
            return y + random.normal(key)
        """,
}

CORRELATED = {
    "a branch that ended where neither was": """
        def f(key, a, b):
            y = random.normal(key)
            if a:
                y += 1
            elif b:
                y += 2
            else:
                raise ValueError
            if not a and not b:
                y += random.normal(key)
            if a and b:
                y += random.gumbel(key)  # RND101
            return y
        """,
    "modes, and an error for others": """
        def f(key, mode):
            y = random.normal(key)
            if mode == "a":
                y += 1
            elif mode == "b":
                y += 2
            else:
                raise ValueError(mode)
            if mode == "a":
                y += 1
            elif mode == "b":
                y += 2
            else:
                y += random.normal(key)
            return y
        """,
    "one of two, said in one branch and tested in the other": """
        def f(key, a, b, c):
            y = random.normal(key)
            if not (b and not a):
                if not (a and c):
                    if not (a or b):
                        return y
            else:
                y += 1
            if a:
                return y + random.uniform(key)  # RND101
            elif b:
                return y
            return y + random.gumbel(key)
        """,
    "a flag and its negation": """
        def f(key, train):
            y = 0
            if train:
                y += random.normal(key)
            if not train:
                y += random.normal(key)
            return y
        """,
    "a flag twice": """
        def f(key, train):
            y = 0
            if train:
                y += random.normal(key)
            if train:
                y += random.normal(key)  # RND101
            return y
        """,
    "equal to different constants": """
        def f(key, mode):
            y = 0
            if mode == "a":
                y = random.normal(key)
            if mode == "b":
                y = random.uniform(key)
            return y
        """,
    "equal to the same constant": """
        def f(key, mode):
            y = 0
            if mode == "a":
                y = random.normal(key)
            if "a" == mode:
                y += random.uniform(key)  # RND101
            return y
        """,
    "equal and not equal": """
        def f(key, mode):
            y = 0
            if mode == "a":
                y = random.normal(key)
            if mode != "a":
                y = random.uniform(key)
            return y
        """,
    "is None and is not None": """
        def f(key, x=None):
            y = 0
            if x is None:
                y = random.normal(key)
            if x is not None:
                y = random.normal(key) + x
            return y
        """,
    "less and not less": """
        def f(key, n):
            y = 0
            if n < 3:
                y = random.normal(key)
            if n >= 3:
                y = random.uniform(key)
            return y
        """,
    "a call's result kept in a name": """
        def f(key, x):
            flag = is_even(x)
            y = random.normal(key) if flag else 0
            return y if flag else random.uniform(key)
        """,
    "two calls may differ": """
        def f(key, x):
            y = 0
            if coin():
                y = random.normal(key)
            if not coin():
                y = random.uniform(key)  # RND101
            return y
        """,
    "a conjunction and a negated part": """
        def f(key, a, b):
            y = 0
            if a and b:
                y = random.normal(key)
            if not a:
                y = random.uniform(key)
            return y
        """,
    "a disjunction and a part": """
        def f(key, a, b):
            y = 0
            if a or b:
                y = random.normal(key)
            if a:
                y += random.uniform(key)  # RND101
            return y
        """,
    "neither of a disjunction": """
        def f(key, a, b):
            y = 0
            if a or b:
                y = random.normal(key)
            if not a and not b:
                y += random.uniform(key)
            return y
        """,
    "a flag set in one arm": """
        def f(key, x):
            done = False
            if x > 0:
                y = random.normal(key)
                done = True
            if not done:
                y = random.uniform(key)
            return y
        """,
    "a flag changed in between": """
        def f(key, train):
            y = 0
            if train:
                y = random.normal(key)
            train = not_really(train)
            if not train:
                y += random.normal(key)  # RND101
            return y
        """,
    "an assertion": """
        def f(key, train):
            if train:
                y = random.normal(key)
            assert not train
            return random.uniform(key)
        """,
}

GUARDS_AND_RETURNS = {
    "match with a guard": """
        def f(key, x):
            match x:
                case "a" if random.bernoulli(key):
                    return 0
            return random.normal(key)  # RND101
        """,
    "exclusive after a nested return": """
        def f(key, a, b):
            if a:
                if b:
                    return random.normal(key)
                y = 1
            else:
                y = random.uniform(key)
            if a:
                y += random.gumbel(key)
            return y
        """,
}

EXCEPTIONS = {
    "try and handler": """
        def f(key):
            try:
                return risky(random.normal(key))
            except ValueError:
                return random.uniform(key)
        """,
    "two handlers": """
        def f(key):
            try:
                y = risky()
            except ValueError:
                y = random.normal(key)
            except KeyError:
                y = random.uniform(key)
            return y
        """,
    "a handler, then after it": """
        def f(key):
            try:
                y = risky()
            except ValueError:
                y = random.normal(key)
            return y + random.uniform(key)  # RND101
        """,
    "body and else": """
        def f(key):
            try:
                y = risky(random.normal(key))
            except ValueError:
                y = 0
            else:
                y += random.normal(key)  # RND101
            return y
        """,
    "body and finally": """
        def f(key):
            try:
                y = risky(random.normal(key))
            finally:
                log(random.normal(key))  # RND101
            return y
        """,
    "with": """
        def f(key):
            with context() as c:
                y = random.normal(key)
            return y + random.normal(key)  # RND101
        """,
    "with, once": """
        def f(key):
            with context(), other() as c:
                key, sub = random.split(key)
                y = random.normal(sub)
            return y + random.normal(key)
        """,
}


@pytest.mark.parametrize("program", ARMS.values(), ids=ARMS)
def test_arms(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", CORRELATED.values(), ids=CORRELATED)
def test_correlated_conditions(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", EXCEPTIONS.values(), ids=EXCEPTIONS)
def test_exceptions_and_contexts(program: str, agrees: Agrees) -> None:
    agrees(program)


@pytest.mark.parametrize("program", GUARDS_AND_RETURNS.values(), ids=GUARDS_AND_RETURNS)
def test_guards_and_returns(program: str, agrees: Agrees) -> None:
    agrees(program)
