"""Recipes for functions: helpers of the module, nested ones, closures, generators, recursion."""

from __future__ import annotations

from executable.closures import (
    closure,
    handing_out,
    numbered_closure,
    of_the_module,
    over_functions,
    returned_function,
)
from executable.writer import Writer, library, sub_writer


def helper(w: Writer) -> None:
    """A function of the module, written by the same recipes, called once or twice."""
    name, inner = w.name("helper"), sub_writer(w)
    inner.flags, inner.counts = ["flag"], ["n"]
    inner.depth = 2
    inner.indent = 1
    inner.add("total = 0.0")
    inner.block(3)
    inner.add("return total")
    w.globals.append("\n".join([f"def {name}(key, flag, n):", *inner.lines]))
    w.numbers, w.names = inner.numbers, inner.names
    for _ in range(w.dice.randint(1, 2)):
        flag = w.pick(*(w.flags or ["True"]), "True", "False")
        count = w.pick(*(w.counts or ["2"]), "0", "1", "3")
        w.total(f"{name}({w.take()}, {flag}, {count})")


def noise(w: Writer) -> None:
    name = library(w, "noise", "def noise(key):\n    return random.normal(key)")
    w.total(f"{name}({w.take()})")


def both(w: Writer) -> None:
    library(
        w,
        "both",
        """
def both(key_one, key_two):
    return random.normal(key_one) * random.uniform(key_two)
""",
    )
    one = w.take()
    other = one if w.wrong() else w.take()
    w.total(w.pick(f"both({one}, {other})", f"both(key_two={one}, key_one={other})"))


def advance(w: Writer) -> None:
    library(
        w,
        "advance",
        """
def advance(key):
    key, sub = random.split(key)
    return key, random.normal(sub)
""",
    )
    state, value = w.name("state"), w.name("v")
    key = w.take()
    w.add(f"{state}, {value} = advance({key})")
    w.total(value)
    w.made(state)


def advance_in_loop(w: Writer) -> None:
    library(
        w,
        "advance",
        """
def advance(key):
    key, sub = random.split(key)
    return key, random.normal(sub)
""",
    )
    state, value = w.name("state"), w.name("v")
    w.add(f"{state} = {w.take()}")
    with w.indented(f"for _ in range({w.pick('3', *w.counts)}):"):
        target = "_" if w.wrong() else state
        w.add(f"{target}, {value} = advance({state})")
        w.total(value)
    w.made(state)


def child(w: Writer) -> None:
    """A helper that returns a key."""
    library(w, "child", "def child(key, number):\n    return random.fold_in(key, number)")
    key = w.take()
    numbers = [1, 1] if w.wrong() else [1, 2]
    for number in numbers:
        w.total(w.draw(f"child({key}, {number})"))


def split_by_helper(w: Writer) -> None:
    library(w, "three", "def three(key):\n    return random.split(key, 3)")
    a, b, c = w.name(), w.name(), w.name()
    key = w.take()
    w.add(f"{a}, {b}, {c} = three({key})")
    for each in (a, b, c):
        w.made(each)


def one_or_other(w: Writer) -> None:
    """A helper with two ways out."""
    library(
        w,
        "choose",
        """
def choose(key, flag):
    if flag:
        return random.normal(key)
    return random.uniform(key)
""",
    )
    w.total(f"choose({w.take()}, {w.pick(*(w.flags or ['True']))})")


def only_sometimes(w: Writer) -> None:
    """A helper that leaves its key alone under a flag."""
    library(
        w,
        "perhaps",
        """
def perhaps(key, flag):
    if not flag:
        return 0.0
    return random.normal(key)
""",
    )
    key, flag = w.take(), w.pick(*(w.flags or ["True"]))
    w.total(f"perhaps({key}, {flag})")
    with w.indented(f"if {flag if w.wrong() else f'not {flag}'}:"):
        w.total(w.draw(key))


def with_defaults(w: Writer) -> None:
    library(
        w,
        "scaled",
        """
def scaled(key, scale=1.0, flag=False):
    value = scale * random.normal(key)
    if flag:
        value = value + random.uniform(key)
    return value
""",
    )
    flag = w.pick(*(w.flags or ["False"])) if w.wrong() else "False"
    w.total(
        w.pick(
            f"scaled({w.take()}, 2.0, {flag})",
            f"scaled({w.take()}, flag={flag})",
            f"scaled({w.take()})",
        )
    )


def star_args(w: Writer) -> None:
    library(
        w,
        "all_of",
        """
def all_of(*keys):
    return sum([random.normal(k) for k in keys])
""",
    )
    one = w.take()
    other = one if w.wrong() else w.take()
    form = w.dice.randrange(3)
    if form == 0:
        w.total(f"all_of({one}, {other})")
    elif form == 1:
        w.total(f"all_of(*[{one}, {other}])")
    else:
        w.total(f"all_of(*random.split({one}, 3))")


def star_kwargs(w: Writer) -> None:
    library(
        w,
        "named",
        """
def named(**keys):
    others = [random.uniform(k) for name, k in keys.items() if name != "key_one"]
    return random.normal(keys["key_one"]) + sum(others)
""",
    )
    one = w.take()
    other = one if w.wrong() else w.take()
    w.total(
        w.pick(
            f"named(key_one={one}, key_two={other})",
            f'named(**{{"key_one": {one}, "key_two": {other}}})',
        )
    )


def generator(w: Writer) -> None:
    """Keys that a generator hands out."""
    form = w.dice.randrange(3)
    key = w.take()
    if form == 0:
        library(
            w,
            "stream",
            """
def stream(key, n):
    for i in range(n):
        yield random.fold_in(key, i)
""",
        )
        with w.indented(f"for member in stream({key}, {w.pick('3', *w.counts)}):"):
            w.total(w.draw("member"))
            if w.wrong():
                w.total(w.draw("member"))
    elif form == 1:
        library(
            w,
            "endless_stream",
            """
def endless_stream(key):
    while True:
        key, sub = random.split(key)
        yield sub
""",
        )
        name, a, b = w.name("it"), w.name(), w.name()
        w.add(f"{name} = endless_stream({key})")
        w.add(f"{a} = next({name})")
        w.add(f"{b} = next({name})")
        w.made(a)
        w.made(b)
    else:
        library(
            w,
            "draws",
            """
def draws(key, n):
    for _ in range(n):
        key, sub = random.split(key)
        yield random.normal(sub)
""",
        )
        w.total(f"sum(draws({key}, {w.pick('2', *w.counts)}))")


def recursion(w: Writer) -> None:
    if w.maybe(0.5):
        library(
            w,
            "descend",
            """
def descend(key, n):
    if n == 0:
        return 0.0
    key, sub = random.split(key)
    return random.normal(sub) + descend(key, n - 1)
""",
        )
        w.total(f"descend({w.take()}, {w.pick('2', *w.counts)})")
    else:
        library(
            w,
            "branch_out",
            """
def branch_out(key, n):
    if n <= 0:
        return random.normal(key)
    left, right = random.split(key)
    return branch_out(left, n - 1) + branch_out(right, n - 1)
""",
        )
        w.total(f"branch_out({w.take()}, {w.pick('2', *w.counts)})")


def decorated(w: Writer) -> None:
    library(
        w,
        "twice",
        """
def twice(function):
    def inner(key):
        one, other = random.split(key)
        return function(one) + function(other)

    return inner


@twice
def doubled(key):
    return random.normal(key)
""",
    )
    w.total(f"doubled({w.take()})")


def partial(w: Writer) -> None:
    library(w, "shifted", "def shifted(key, scale):\n    return scale + random.normal(key)")
    name, key = w.name("f"), w.take()
    form = w.dice.randrange(3)
    if form == 0:
        w.add(f"{name} = partial(shifted, scale=2.0)")
        w.total(f"{name}({key})")
        w.total(f"{name}({key if w.wrong() else w.take()})")
    elif form == 1:
        w.add(f"{name} = partial(shifted, {key})")
        w.total(f"{name}(1.0)")
        if w.wrong():
            w.total(f"{name}(2.0)")
    else:
        w.add(f"{name} = lambda k, s=1.0: s * {w.draw('k')}")
        w.total(f"{name}({key})")
        w.total(f"{name}({key if w.wrong() else w.take()}, 2.0)")


RECIPES = (
    helper, helper, noise, both, advance, advance_in_loop, child, split_by_helper, one_or_other,
    only_sometimes, with_defaults, star_args, star_kwargs, generator, recursion, decorated, partial,
    closure, numbered_closure, handing_out, returned_function, over_functions, of_the_module,
)  # fmt: skip
