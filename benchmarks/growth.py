"""Time per line of programs that grow: it should stay flat at 10 and 100 times the size.

    python benchmarks/growth.py [NAME ...] [--sizes 1,10,100]

Every generator makes a program of one shape, of any size. Printed are its lines, the CPU time,
the time per line, and how many functions were given up (a program past the budget is named, which
ends its growth as well). Times are of one run each, after a first one that loads the modules.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from randlint.engine import Checker
from randlint.settings import Settings

HEAD = "import functools\nimport jax\nfrom jax import lax, random\n\n\n"
SMALLEST = 40

Maker = Callable[[int], str]


def _function(*lines: str) -> str:
    return HEAD + "def f(key, x, mode):\n" + "".join(f"    {line}\n" for line in lines)


def _numbered(count: int, text: str) -> list[str]:
    """One piece of a body per number."""
    return [text.replace("#", str(i)).replace("\n", "\n    ") for i in range(count)]


def _repeated(start: str, step: str, end: str = "return t") -> Maker:
    return lambda n: _function(start, *_numbered(n, step), end)


def _calls(n: int, each: int = 20) -> str:
    """Functions that all call others of the file."""
    count, text = max(2, n // each), HEAD
    for i in range(count):
        text += f"def f{i}(key, n):\n"
        for j in range(each):
            text += f"    f{(i * 7 + j * 13 + 1) % count}(random.fold_in(key, {j}), n)\n"
        text += "    return n\n\n\n"
    return text


def _ring(n: int) -> str:
    text = HEAD
    for i in range(n // 3):
        one, other = (i + 1) % (n // 3), (i + 7) % (n // 3)
        text += f"def f{i}(key):\n    a, b = random.split(key)\n"
        text += f"    return f{one}(a) + f{other}(b)\n\n\n"
    return text


def _script(n: int) -> str:
    """Assignments that build on each other, and a function that reads the last."""
    text = HEAD + "key = random.key(0)\na0 = random.normal(key)\n"
    text += "".join(f"a{i} = g(a{i - 1})\n" for i in range(1, n))
    return f"{text}\n\ndef f(key):\n    return random.normal(key) + a{n - 1}\n"


def _attributes(n: int) -> str:
    text = HEAD + "class A:\n    def __init__(self, key):\n"
    text += "".join(f"        self.k{i} = random.fold_in(key, {i})\n" for i in range(n // 3))
    for i in range(n // 3):
        text += f"\n    def m{i}(self):\n        return random.normal(self.k{i})\n"
    return text


def _dictionary(n: int) -> str:
    entries = [f"    'k{i}': random.fold_in(key, {i})," for i in range(n // 2)]
    uses = [f"random.normal(d['k{i}'])" for i in range(n // 2)]
    return _function("d = {", *entries, "}", *uses)


def _children(n: int) -> str:
    return _function(f"ks = random.split(key, {n})", *_numbered(n, "random.normal(ks[#])"))


def _functions(n: int) -> str:
    text = "def f{0}(key):\n    a = random.normal(key)\n    return a, random.uniform(key)\n\n\n"
    return HEAD + "".join(text.format(i) for i in range(n // 5))


GENERATORS: dict[str, Maker] = {
    "shared tuples": _repeated("t = (key, key)", "t = (t, t)"),
    "shared dicts": _repeated("t = {'k': key}", "t = {'a': t, 'b': t}"),
    "deep tuples": _repeated("t = (key,)", "t = (t,)"),
    "sums of tuples": _repeated("t = (key,)", "t = t + t"),
    "partials": _repeated("t = random.normal", "t = functools.partial(t, dtype=x)"),
    "closures": _repeated("t = lambda: key", "t = (lambda g: lambda: g())(t)"),
    "zips": _repeated("t = x", "t = zip(t, t)", "for a in t: g(a)"),
    "items of items": _repeated("t = key", "t = t[0]", "random.normal(t)"),
    "splits": _repeated("t = 0", "key, sub = random.split(key)\nt += random.normal(sub)"),
    "alternatives": lambda n: _function(
        "t = (key,)", *_numbered(n, "t = (t,) if x[#] else (t, t)"), "return t"
    ),
    "a dict of keys": _dictionary,
    "children": _children,
    "reuse": _repeated("t = 0", "t += random.normal(key)"),
    "calls of each other": _calls,
    "a ring of calls": _ring,
    "a script": _script,
    "attributes": _attributes,
    "functions": _functions,
    "branches": _repeated("t = 0", "if x > #:\n    t += random.normal(random.fold_in(key, #))"),
    "cases": _repeated("t = 0", "if mode == #:\n    t += random.normal(key)"),
    "early returns": _repeated("t = 0", "if x > #:\n    return random.normal(key)"),
    "nested returns": _repeated("t = 0", "if a#:\n    if b#:\n        return random.normal(key)"),
    "ternaries": _repeated("t = 0", "t = random.normal(key) if mode == # else t"),
    "tries": _repeated("t = 0", "try:\n    t = g(#)\nexcept A:\n    key, t = random.split(key)"),
    "loops": _repeated("t = 0", "for i in x:\n    t += random.normal(random.fold_in(key, #))"),
}  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[*GENERATORS, []], metavar="NAME")
    parser.add_argument("--sizes", default="1,10,100")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    checker = Checker(Settings(root=Path.cwd()))
    checker.check_bytes(_functions(SMALLEST).encode(), "warm.py")
    print(f"{'program':20} {'lines':>7} {'seconds':>8} {'us/line':>8} {'given up':>8}")
    for name in options.names or GENERATORS:
        for size in sizes:
            text = GENERATORS[name](SMALLEST * size)
            started = time.process_time()
            report = checker.check_bytes(text.encode(), "grown.py")
            seconds, lines = time.process_time() - started, text.count("\n")
            each = seconds / lines * 1e6
            print(
                f"{name:20} {lines:7} {seconds:8.3f} {each:8.0f} {report.abandoned:8}", flush=True
            )


if __name__ == "__main__":
    main()
