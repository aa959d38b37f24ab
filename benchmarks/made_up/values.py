"""Made-up values: nested, shared, huge, of unknown parts; and notebooks."""

from __future__ import annotations

import json
import random

from made_up.frame import HEAD, draw, module


def nested_containers(dice: random.Random, size: int) -> str:
    """`t = (t, t)` again and again: shared, deep, or both."""
    form = dice.choice(
        ("t = (t, t)", "t = (t,)", "t = [t, key, t]", 't = {"a": t, "b": t}', "t = [*t, *t]")
    )
    first = dice.choice(
        ("t = (key, key)", "t = [key]", 't = {"a": key}', "t = random.split(key, 3)")
    )
    after = dice.choice(("return t", "g(t)", "return jax.tree.map(lambda k: k, t)", "t[0][0]",
        "return random.normal(t)",
                         "for k in t: random.normal(k)", "self.t = t", "return t == t",
                         "print(t)", "a, *b = t"))  # fmt: skip
    return module([first, *([form] * size), after])


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
    return module([*lines * max(1, min(size, 40)), "return random.normal(key), d"])


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
            *(draw(dice, f"k{i}") for i in range(count)),
        ]
    else:
        body = [
            f"ks = [{', '.join(['key'] * count)}]",
            "for k in ks: random.normal(k)",
            "return ks[::-1]",
        ]
    return module(body)


def long_module(dice: random.Random, size: int) -> str:
    """A script of hundreds of assignments, and some draws."""
    lines = ["key = random.key(0)"]
    for i in range(size * 4):
        lines.append(dice.choice((
            f"x{i} = random.normal(key)", f"key, k{i} = random.split(key)",
            f"x{i} = jnp.zeros({i})",
            f"x{i} = x{max(i - 1, 0)} + {i}", f"k{i} = random.fold_in(key, {i})",
            f"def f{i}(key): return random.normal(key)",
            f"x{i} = lambda k: random.normal(k)", f"if x{max(i - 1, 0)}: key = random.key({i})",
        )))  # fmt: skip
    return HEAD + "\n".join(lines) + "\n"


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
    return module([f"return {text}"])


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
    return module(
        [f"return random.normal({before * count}key{after * count})", "return random.normal(key)"]
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
