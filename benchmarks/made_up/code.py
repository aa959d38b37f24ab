"""Made-up code: calls, branches, loops, towers and circles."""

from __future__ import annotations

import random

from made_up.frame import HEAD, draw, module


def calling_each_other(dice: random.Random, size: int) -> str:
    """Many functions, each calling several others."""
    lines, count = [], max(2, size)
    for i in range(count):
        calls = [f"f{dice.randrange(count)}(key, x)" for _ in range(dice.choice((1, 3, 8)))]
        kept = dice.choice(
            ("    key, sub = random.split(key)\n", "", "    x = random.normal(key)\n")
        )
        lines.append(f"def f{i}(key, x):\n{kept}    return {' + '.join(calls)}\n")
    return HEAD + "\n\n".join(lines)


def many_branches(dice: random.Random, size: int) -> str:
    """Thousands of branches, side by side or one in the `else` of the other."""
    test = dice.choice(
        ("names[{}]", "n == {}", "n > {}", "flag", "flag{}", "spec.get({})", "n % {} == 0")
    )
    body = dice.choice(
        (
            "random.normal(key)",
            "key = random.fold_in(key, {})",
            "x = {}",
            "return random.normal(key)",
            "k{} = key",
        )
    )
    word = dice.choice(("if", "elif", "nested", "ternary", "and"))
    if word == "ternary":
        text = "".join(
            f"{body.format(i)} if {test.format(i)} else "
            for i in range(min(size, 80))
            if "=" not in body
        )
        return module([f"x = {text if 'return' not in text else ''}0", "return random.normal(key)"])
    if word == "and":
        joined = dice.choice((" and ", " or ")).join(test.format(i) for i in range(size))
        return module([f"if {joined}:", "    random.normal(key)", "random.normal(key)"])
    if word == "nested":
        lines = [f"{'    ' * i}if {test.format(i)}:" for i in range(min(size, 18))]
        return module([*lines, "    " * len(lines) + body.format(0), "random.normal(key)"])
    lines = []
    for i in range(size):
        lines += [
            f"{'if' if word == 'if' or i == 0 else 'elif'} {test.format(i)}:",
            f"    {body.format(i)}",
        ]
    return module([*lines, "return random.normal(key)"])


def loops_in_loops(dice: random.Random, size: int) -> str:
    """Loops in loops, of every kind, with every way out."""
    lines, depth = [], min(size, 14)
    for i in range(depth):
        header = dice.choice((
            f"for i{i} in range(n):", f"for i{i} in range({dice.randrange(9)}):",
            f"while i{max(i - 1, 0)} < n:", "while True:",
            f"for i{i}, k in enumerate(random.split(key, 4)):", f"for i{i} in names:",
            "while not flag:", "while names:", f"async for i{i} in spec:",
            f"for i{i} in {{**names}}:", "with names as flag:", "try:",
        ))  # fmt: skip
        lines.append("    " * i + header)
        inner = "    " * (i + 1)
        lines.append(
            inner
            + dice.choice(
                (
                    f"i{i} += 1",
                    "names.pop()",
                    "n -= 1",
                    f"i{i} = 0",
                    "random.normal(key)",
                    "key, sub = random.split(key)",
                )
            )
        )
        if dice.random() < 0.3:
            ends = ("break", "continue", "return key", "raise ValueError")
            loop = "for" in header or "while" in header
            lines += [f"{inner}if n > {i}:", f"{inner}    {dice.choice(ends) if loop else 'pass'}"]
    lines.append("    " * depth + draw(dice, "key"))
    for i in reversed(range(depth)):
        if lines and any(line == "    " * i + "try:" for line in lines):
            lines.append(
                "    " * i
                + dice.choice(
                    (
                        "except ValueError: pass",
                        "finally: random.normal(key)",
                        "except* OSError: key = None",
                    )
                )
            )
    head = dice.choice(
        ("def f(key, names, spec, flag, n):", "async def f(key, names, spec, flag, n):")
    )
    return module(["i0 = 0", *lines, "return random.normal(key)"], head)


def counters(dice: random.Random, size: int) -> str:
    """While loops with counters, one after the other."""
    lines = []
    for _ in range(max(1, size)):
        lines.append(f"i = {dice.choice((0, 'n', -1, 'len(names)'))}")
        compare = dice.choice(("<", ">", "!=", "<="))
        lines.append(f"while i {compare} {dice.choice((10, 'n', 'n - i', 'i + 1'))}:")
        change = dice.choice(("+=", "-=", "*=", "//=", "<<="))
        lines.append(f"    i {change} {dice.choice(('1', '2', 'n', 'i'))}")
        numbered = "random.normal(random.fold_in(key, i))"
        uses = ("random.normal(key)", "key, k = random.split(key)", numbered, "if i == 3: break")
        lines.append(f"    {dice.choice(uses)}")
    return module([*lines, "return random.normal(key)"])


def matches(dice: random.Random, size: int) -> str:
    """Match statements with every pattern."""
    patterns = (
        "{i}",
        '"{i}"',
        "[a, *b]",
        '{{"k": a, **b}}',
        "Point(x=0, y=a)",
        "None | {i}",
        "a if a > {i}",
        "(a, (b, c))",
        "key",
        "str() as a",
        "[] | ()",
        "-{i}",
        "{i}.5",
        "x.y",
    )
    lines = [f"match {dice.choice(('n', 'spec', '(key, n)', 'names[0]', 'random.split(key)'))}:"]
    for i in range(max(1, size)):
        lines += [f"    case {dice.choice(patterns).format(i=i)}:", f"        {draw(dice, 'key')}"]
    return module(
        [*lines, "    case _:", "        random.normal(key)", "return random.normal(key)"]
    )


def decorators(dice: random.Random, size: int) -> str:
    """Towers of decorators and of lambdas."""
    names = (
        "jax.jit",
        "jax.vmap",
        "jax.grad",
        "partial(jax.jit, static_argnums=0)",
        "deco",
        "deco(key)",
        "functools.wraps(f)",
        "f",
        "property",
        "staticmethod",
        "lambda g: g",
        "jax.custom_vjp",
        "classmethod",
    )
    if dice.random() < 0.5:
        text = "random.normal(key)"
        for i in range(min(size * 2, 90)):
            text = dice.choice(
                (
                    f"(lambda k{i}=key: {text})({dice.choice(('', 'key', '*names', '**spec'))})",
                    f"(lambda *a, **k: {text})(*names, **spec)",
                    f"jax.jit(lambda: {text})()",
                    f"(lambda: {text})",
                )
            )
        return module([f"return {text}"])
    tower = [f"@{dice.choice(names)}" for _ in range(min(size, 200))]
    return HEAD + "\n".join(
        [
            *tower,
            "def f(key, *args, **kwargs):",
            "    return random.normal(key)",
            "",
            "",
            "def g(key):",
            "    return f(key) + f(key) + jax.vmap(f)(random.split(key))",
            "",
        ]
    )


_CLASS = """
class C{i}({bases}):
    key: random.Key = random.key({i})
    def __init__(self, key):
        super().__init__(key)
        self.key = self.other = key
    @property
    def k(self): return self.k
    def __getattr__(self, name): return self.key
    def __call__(self, *keys): return C{other}(self.key)(self, *keys)
    def draw(self):
        return random.normal(self.key) + super().draw() + self.k.k.k + C{i}(self).draw()
"""


def classes(dice: random.Random, size: int) -> str:
    """Inheritance in circles and in long chains, attributes, `super`, properties."""
    count, lines = max(2, size), []
    for i in range(count):
        bases = dice.choice(
            (
                f"C{(i + 1) % count}",
                f"C{dice.randrange(count)}, C{dice.randrange(count)}",
                f"C{i}",
                "",
                "nn.Module",
                "NamedTuple",
                f"C{i - 1}[int]",
                "object, metaclass=C0",
            )
        )
        lines.append(
            _CLASS.format(i=i, bases=bases, other=dice.randrange(count)).strip("\n") + "\n"
        )
    return (
        HEAD
        + "\n".join(lines)
        + "\n\ndef f(key):\n    return C0(key)(key).draw() + random.normal(C1(key).k)\n"
    )


def arguments(dice: random.Random, size: int) -> str:
    """Starred arguments, odd signatures, walruses, deletes, globals."""
    lines = []
    for i in range(max(1, size)):
        lines.append(dice.choice((
            "g(*names, *random.split(key), **spec, **{'key': key})",
            f"(k{i} := random.normal((key := key)))", "del key, names[0], spec['a'], spec.b, n",
            "global n; n = key", "a = b = c, *d = random.split(key, 3)",
            "(a, [b, *c]), d = names", "*a, = names", "key: random.Key",
            "spec[key][n:flag, ...] = key",
            "names[n] += random.normal(key)", "key @= key", "yield key", "x = yield from g(key)",
            "import jax.random as n", "from jax.random import *",
            "with g(key) as (a, b), h(key) as spec.x: pass",
            "assert random.normal(key), key", "f = f(f, key)", "key = f(key=key)(key)(key)",
            "print(f'{random.normal(key)!r:>{n}}')", "type T = key", "async_ = 1",
            "nonlocal_ = key",
            "for key in key: pass",
            "for spec.key, names[0] in zip(names, names): random.normal(key)", "key = not key",
            "x = key < key < key", "return", "lambda: (yield)", "key.at[n].set(key)",
        )))  # fmt: skip
    return module(
        [*lines, "random.normal(key)"],
        dice.choice(
            (
                "def f(key, /, names, *, spec, flag=random.key(0), n):",
                "def f(key=random.key(1), *names, n=1, flag=0, **spec):",
            )
        ),
    )
