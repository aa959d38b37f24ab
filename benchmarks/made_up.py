"""Made-up sources for `fuzz.py`: what no real file does, each the extreme of one kind.

A kind is a function of dice and a size; it gives the text of a module, or the bytes of a notebook.
Sizes are drawn so that most inputs are small and a few are huge.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable

HEAD = "import jax\nimport jax.numpy as jnp\nfrom jax import lax, random\n\n\n"
Kind = Callable[[random.Random, int], str]
_DRAWS = ("random.normal({})", "random.uniform({})", "random.split({})[0]", "noise({})")


def _module(body: list[str], head: str = "def f(key, names, spec, flag, n):") -> str:
    return HEAD + "\n".join([head, *(f"    {line}" for line in body)]) + "\n"


def _draw(dice: random.Random, key: str) -> str:
    return dice.choice(_DRAWS).format(key)


def nested_containers(dice: random.Random, size: int) -> str:
    """`t = (t, t)` again and again: shared, deep, or both."""
    form = dice.choice(
        ("t = (t, t)", "t = (t,)", "t = [t, key, t]", 't = {"a": t, "b": t}', "t = [*t, *t]")
    )
    first = dice.choice(
        ("t = (key, key)", "t = [key]", 't = {"a": key}', "t = random.split(key, 3)")
    )
    after = dice.choice(("return t", "g(t)", "return jax.tree.map(lambda k: k, t)", "t[0][0]", "return random.normal(t)",
                         "for k in t: random.normal(k)", "self.t = t", "return t == t", "print(t)", "a, *b = t"))  # fmt: skip
    return _module([first, *([form] * size), after])


def symbolic_displays(dice: random.Random, size: int) -> str:
    """Displays and comprehensions of what nobody knows, walked and indexed by name."""
    display = dice.choice((
        "{**{t: 1 for t in names}}", "[*names, *spec]", "{t: key for t in names}", "{*names}",
        "{**spec, **names}", "(*names, key)", "[t for t in names]", "dict(zip(names, spec))",
        "{**{}, **{n: key}}", "list(map(str, names))",
    ))  # fmt: skip
    other = dice.choice(("spec", "names", "range(n)", "spec.items()", "enumerate(names)", "()"))
    use = dice.choice(
        (
            "spec[a]",
            "d[a]",
            "random.normal(d[a])",
            "d[b] = key",
            "d.pop(a)",
            "d[a][b]",
            "d[a:b]",
            "d[a, b]",
        )
    )
    lines = [f"d = {display}", f"for a, b in zip({display}, {other}):", f"    {use}"]
    return _module([*lines * max(1, min(size, 40)), "return random.normal(key), d"])


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


def many_entries(dice: random.Random, size: int) -> str:
    """Dicts, lists and key arrays with thousands of entries."""
    form, count = dice.randrange(6), size * 10
    if form == 0:
        entries = ", ".join(f'"k{i}": random.fold_in(key, {i})' for i in range(count))
        body = [f"d = {{{entries}}}", "return [random.normal(k) for k in d.values()]"]
    elif form == 1:
        body = [
            "d = {}",
            *(f'd["k{i}"] = random.fold_in(key, {i})' for i in range(count)),
            "return d",
        ]
    elif form == 2:
        body = [
            f"ks = random.split(key, {count})",
            *(f"random.normal(ks[{i}])" for i in range(count)),
        ]
    elif form == 3:
        body = [
            "ks = []",
            *(f"ks.append(random.fold_in(key, {i}))" for i in range(count)),
            "return ks",
        ]
    elif form == 4:
        names = ", ".join(f"k{i}" for i in range(count))
        body = [
            f"({names}) = random.split(key, {count})",
            *(_draw(dice, f"k{i}") for i in range(count)),
        ]
    else:
        body = [
            f"ks = [{', '.join(['key'] * count)}]",
            "for k in ks: random.normal(k)",
            "return ks[::-1]",
        ]
    return _module(body)


def long_module(dice: random.Random, size: int) -> str:
    """A script of hundreds of assignments, and some draws."""
    lines = ["key = random.key(0)"]
    for i in range(size * 4):
        lines.append(dice.choice((
            f"x{i} = random.normal(key)", f"key, k{i} = random.split(key)", f"x{i} = jnp.zeros({i})",
            f"x{i} = x{max(i - 1, 0)} + {i}", f"k{i} = random.fold_in(key, {i})", f"def f{i}(key): return random.normal(key)",
            f"x{i} = lambda k: random.normal(k)", f"if x{max(i - 1, 0)}: key = random.key({i})",
        )))  # fmt: skip
    return HEAD + "\n".join(lines) + "\n"


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
        return _module(
            [f"x = {text if 'return' not in text else ''}0", "return random.normal(key)"]
        )
    if word == "and":
        joined = dice.choice((" and ", " or ")).join(test.format(i) for i in range(size))
        return _module([f"if {joined}:", "    random.normal(key)", "random.normal(key)"])
    if word == "nested":
        lines = [f"{'    ' * i}if {test.format(i)}:" for i in range(min(size, 18))]
        return _module([*lines, "    " * len(lines) + body.format(0), "random.normal(key)"])
    lines = []
    for i in range(size):
        lines += [
            f"{'if' if word == 'if' or i == 0 else 'elif'} {test.format(i)}:",
            f"    {body.format(i)}",
        ]
    return _module([*lines, "return random.normal(key)"])


def loops_in_loops(dice: random.Random, size: int) -> str:
    """Loops in loops, of every kind, with every way out."""
    lines, depth = [], min(size, 14)
    for i in range(depth):
        header = dice.choice((
            f"for i{i} in range(n):", f"for i{i} in range({dice.randrange(9)}):", f"while i{max(i - 1, 0)} < n:", "while True:",
            f"for i{i}, k in enumerate(random.split(key, 4)):", f"for i{i} in names:", "while not flag:", "while names:", f"async for i{i} in spec:",
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
            lines += [
                f"{inner}if n > {i}:",
                f"{inner}    {dice.choice(('break', 'continue', 'return key', 'raise ValueError')) if 'for' in header or 'while' in header else 'pass'}",
            ]
    lines.append("    " * depth + _draw(dice, "key"))
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
    return _module(["i0 = 0", *lines, "return random.normal(key)"], head)


def counters(dice: random.Random, size: int) -> str:
    """While loops with counters, one after the other."""
    lines = []
    for i in range(max(1, size)):
        lines += [
            f"i = {dice.choice((0, 'n', -1, 'len(names)'))}",
            f"while i {dice.choice(('<', '>', '!=', '<='))} {dice.choice((10, 'n', 'n - i', 'i + 1'))}:",
        ]
        lines += [
            f"    i {dice.choice(('+=', '-=', '*=', '//=', '<<='))} {dice.choice(('1', '2', 'n', 'i'))}"
        ]
        lines += [
            f"    {dice.choice(('random.normal(key)', 'key, k = random.split(key)', f'random.normal(random.fold_in(key, i))', 'if i == 3: break'))}"
        ]
    return _module([*lines, "return random.normal(key)"])


def comprehensions(dice: random.Random, size: int) -> str:
    """Comprehensions in comprehensions."""
    text = "random.normal(key)"
    for i in range(min(size, 25)):
        source = dice.choice(
            (
                "range(n)",
                "names",
                "random.split(key, 3)",
                "spec.items()",
                "range(3)",
                f"[{text}]"[:4000] if len(text) < 2000 else "names",
            )
        )
        text = dice.choice(
            (
                f"[{text} for i{i} in {source}]",
                f"({text} for i{i} in {source} if i{i})",
                f"{{i{i}: {text} for i{i} in {source}}}",
                f"sum([{text} for i{i} in {source} for j in i{i}])",
            )
        )
        if len(text) > 20_000:
            break
    return _module([f"return {text}"])


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
        lines += [f"    case {dice.choice(patterns).format(i=i)}:", f"        {_draw(dice, 'key')}"]
    return _module(
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
        return _module([f"return {text}"])
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
        lines.append(f"class C{i}({bases}):\n    key: random.Key = random.key({i})\n    def __init__(self, key):\n        super().__init__(key)\n        self.key = self.other = key\n"
                     f"    @property\n    def k(self): return self.k\n    def __getattr__(self, name): return self.key\n    def __call__(self, *keys): return C{dice.randrange(count)}(self.key)(self, *keys)\n"
                     f"    def draw(self): return random.normal(self.key) + super().draw() + self.k.k.k + C{i}(self).draw()\n")  # fmt: skip
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
            "g(*names, *random.split(key), **spec, **{'key': key})", f"(k{i} := random.normal((key := key)))", "del key, names[0], spec['a'], spec.b, n",
            "global n; n = key", "a = b = c, *d = random.split(key, 3)", "(a, [b, *c]), d = names", "*a, = names", "key: random.Key", "spec[key][n:flag, ...] = key",
            "names[n] += random.normal(key)", "key @= key", "yield key", "x = yield from g(key)", "import jax.random as n", "from jax.random import *", "with g(key) as (a, b), h(key) as spec.x: pass",
            "assert random.normal(key), key", "f = f(f, key)", "key = f(key=key)(key)(key)", "print(f'{random.normal(key)!r:>{n}}')", "type T = key", "async_ = 1", "nonlocal_ = key",
            "for key in key: pass", "for spec.key, names[0] in zip(names, names): random.normal(key)", "key = not key", "x = key < key < key", "return", "lambda: (yield)", "key.at[n].set(key)",
        )))  # fmt: skip
    return _module(
        [*lines, "random.normal(key)"],
        dice.choice(
            (
                "def f(key, /, names, *, spec, flag=random.key(0), n):",
                "def f(key=random.key(1), *names, n=1, flag=0, **spec):",
            )
        ),
    )


def notebook(dice: random.Random, size: int) -> str:
    """Notebooks with magics, broken cells and odd metadata."""
    sources = (
        "%timeit -n 5 f(x)",
        "timeit -n 5 -r 5 f(x)",
        "%%bash\nls",
        "!ls {x}",
        "x = !ls",
        "random.normal(key)",
        "key = random.key(0)",
        "?f",
        "f??",
        "%%time\nrandom.normal(key)",
        "def f(:",
        "for i in range(3):\n    random.normal(key)",
        "%%javascript\nlet x",
        "",
        "\\",
        "import jax\nfrom jax import random",
        ",f key",
        ";f key",
        "/f key",
        "%run x.py",
        "cd ..",
        "await g(key)",
    )
    cells: list[object] = []
    for _ in range(max(1, size)):
        source: object = "\n".join(dice.choice(sources) for _ in range(dice.randint(1, 4)))
        if dice.random() < 0.5:
            source = str(source).splitlines(keepends=True)
        if dice.random() < 0.02:
            source = dice.choice((None, 3, [None], {}, [[]]))
        cells.append(
            {
                "cell_type": dice.choice(("code", "code", "code", "markdown", "raw")),
                "source": source,
                "metadata": {},
                "outputs": [],
            }
        )
    return json.dumps(
        {"cells": cells, "metadata": {}, "nbformat": dice.choice((3, 4, 4)), "nbformat_minor": 5}
    )


def deep_expressions(dice: random.Random, size: int) -> str:
    """Parentheses, operators, calls, attributes and subscripts, one inside of the other."""
    count = min(size * 2, 600)
    before, after = dice.choice(
        (
            ("(", ")"),
            ("-", ""),
            ("not ", ""),
            ("f(", ")"),
            ("[", "]"),
            ("key + ", ""),
            ("", ".x"),
            ("", "[0]"),
            ("", "(key)"),
            ("{1: ", "}"),
            ("await ", ""),
            ("key if flag else ", ""),
            ("lambda: ", ""),
        )
    )
    return _module(
        [f"return random.normal({before * count}key{after * count})", "return random.normal(key)"]
    )


KINDS: dict[str, Kind] = {
    each.__name__: each
    for each in (
        nested_containers, symbolic_displays, calling_each_other, many_entries, long_module,
        many_branches, loops_in_loops, counters, comprehensions, matches, decorators, classes,
        arguments, notebook, deep_expressions,
    )
}  # fmt: skip
_ENDINGS = ("\n", "\n", "\n", "\r\n", "\r")
_ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "latin-1", "utf-16", "cp1252", "shift_jis")


def made_up(dice: random.Random) -> tuple[str, str, bytes]:
    """A kind's name, a file name, and the bytes of one input."""
    name = dice.choice(sorted(KINDS))
    size = int(2 ** dice.uniform(0, dice.choice((4, 6, 8.6))))
    text = KINDS[name](dice, size)
    if name == "notebook":
        return name, "made_up.ipynb", text.encode()
    if dice.random() < 0.1:
        encoding = dice.choice(_ENCODINGS)
        declared = encoding if dice.random() < 0.7 else dice.choice(("none", "utf-7", "rot13", ""))
        text = f"# -*- coding: {declared} -*-\n# é\n{text}".replace("\n", dice.choice(_ENDINGS))
        return name, "made_up.py", text.encode(encoding, "replace")
    return name, "made_up.py", text.encode()
