"""Random programs as source text: what they do with keys, in the words that people use.

A program is a function `program(key, first, second)` with two Python flags. It grows a pool of keys
by splitting, folding, indexing, cloning and naming them, and draws: directly, in helpers, in
branches, loops, comprehensions, scans, while loops, under vmap, jit and checkpoint. Keys are mostly
taken from those that are not used up yet, so that about half of the programs are right.
"""

from __future__ import annotations

import random as python_random

HEAD = """\
import jax
import jax.numpy as jnp
from jax import lax, random


def noise(key):
    return random.normal(key)


def pair(key):
    left, right = random.split(key)
    return random.normal(left) + random.uniform(right)


def advance(key):
    key, sub = random.split(key)
    return key, random.normal(sub)


def numbered(key, number):
    return random.uniform(random.fold_in(key, number))


def both(first, second):
    return random.normal(first) * random.uniform(second)


def element(keys, index):
    return random.normal(keys[index])


"""
_SAMPLERS = (
    "random.normal({})",
    "random.uniform({})",
    "noise({})",
    "pair({})",
    "random.gumbel({})",
)


class _Writer:
    """Writes one program; `fresh` are keys not used up, `used` the others, `arrays` key arrays."""

    def __init__(self, seed: int, steps: int) -> None:
        self.random = python_random.Random(seed)
        self.lines: list[str] = []
        self.fresh = ["key"]
        self.used: list[str] = []
        self.arrays: list[tuple[str, int]] = []
        self.names = 0
        self.mistakes = self.random.choice((0.0, 0.05, 0.2, 0.5))
        self.indent = 1
        for _ in range(steps):
            getattr(self, self.random.choice(_STEPS))()

    # -- the pool

    def name(self) -> str:
        self.names += 1
        return f"k{self.names}"

    def add(self, line: str) -> None:
        self.lines.append("    " * self.indent + line)

    def total(self, expression: str) -> None:
        self.add(f"total = total + {expression}")

    def take(self, consume: bool = True) -> str:
        """A key: a fresh one as a rule; it is used up unless `consume` is false."""
        wrong = self.random.random() < self.mistakes
        pool = self.used if self.used and (wrong or not self.fresh) else self.fresh
        if not pool or (pool is self.used and not wrong):
            source = self.used[-1] if self.used else "key"
            made = self.name()  # there are always more keys: clones, in a right program
            self.add(f"{made} = random.clone({source})")
            self.fresh.append(made)
            pool = self.fresh
        key = self.random.choice(pool)
        if consume and pool is self.fresh:
            self.fresh.remove(key)
            self.used.append(key)
        return key

    def draw(self) -> str:
        return self.random.choice(_SAMPLERS)

    # -- steps

    def use(self) -> None:
        self.total(self.draw().format(self.take()))

    def split(self) -> None:
        key, a, b = self.take(), self.name(), self.name()
        self.add(f"{a}, {b} = random.split({key})")
        self.fresh += [a, b]

    def resplit(self) -> None:
        key, sub = self.take(), self.name()
        self.add(f"{key}, {sub} = random.split({key})")
        if key in self.used:
            self.used.remove(key)
        if key not in self.fresh:
            self.fresh.append(key)
        self.total(self.draw().format(sub))
        self.used.append(sub)

    def split_array(self) -> None:
        key, name, count = self.take(), self.name(), self.random.choice((2, 3, 4))
        self.add(f"{name} = random.split({key}, {count})")
        self.arrays.append((name, count))

    def elements(self) -> None:
        if not self.arrays:
            self.split_array()
        name, count = self.arrays.pop(self.random.randrange(len(self.arrays)))
        last = count if self.random.random() < self.mistakes else count - 1
        chosen = [self.random.randint(0, last) for _ in range(2)]
        if self.random.random() >= self.mistakes:
            chosen = sorted(self.random.sample(range(count), 2))
        if self.random.random() < 0.3:
            chosen = [i - count if i < count else i for i in chosen]
        for index in chosen:
            form = self.random.choice(("random.normal({0}[{1}])", "element({0}, {1})"))
            self.total(form.format(name, index))

    def named_element(self) -> None:
        if not self.arrays:
            self.split_array()
        name, count = self.arrays.pop(self.random.randrange(len(self.arrays)))
        made = self.name()
        self.add(f"{made} = {name}[{self.random.randrange(count)}]")
        self.fresh.append(made)

    def fold(self) -> None:
        key, made = self.take(consume=False), self.name()
        small = self.random.random() < self.mistakes
        data = self.random.randrange(3) if small else 10 + self.names
        self.add(f"{made} = random.fold_in({key}, {data})")
        self.fresh.append(made)

    def numbered(self) -> None:
        key = self.take(consume=False)
        small = self.random.random() < self.mistakes
        self.total(f"numbered({key}, {self.random.randrange(3) if small else 100 + self.names})")
        self.names += 1

    def clone(self) -> None:
        key, made = self.take(consume=False), self.name()
        self.add(f"{made} = random.clone({key})")
        self.fresh.append(made)

    def alias(self) -> None:
        key, made = self.take(consume=False), self.name()
        self.add(f"{made} = {key}")
        if key in self.fresh:
            self.fresh.remove(key)  # one of the two names is enough
            self.used.append(key)
            self.fresh.append(made)

    def container(self) -> None:
        key, name, a, b = self.take(), self.name(), self.name(), self.name()
        self.add(f"{a}, {b} = random.split({key})")
        self.add(f"{name} = {{'a': {a}, 'b': ({b}, 1.0)}}")
        self.total(f"random.normal({name}['a'])")
        twice = self.random.random() < self.mistakes
        self.total(f"random.uniform({name}['a'])" if twice else f"noise({name}['b'][0])")

    def advance(self) -> None:
        key, made = self.take(), self.name()
        self.add(f"{made}, value = advance({key})")
        self.total("value")
        self.fresh.append(made)

    def two_keys(self) -> None:
        self.total(f"both({self.take()}, {self.take()})")

    def branch(self) -> None:
        """`if` on a flag: either arm may use one key, or both may."""
        key, flag = self.take(), self.random.choice(("first", "second", "not first"))
        self.add(f"if {flag}:")
        self.add(f"    total = total + {self.draw().format(key)}")
        if self.random.random() < 0.6:
            self.add("else:")
            self.add(f"    total = total - {self.draw().format(key)}")

    def opposite_branches(self) -> None:
        """Two `if` statements that exclude each other."""
        key, flag = self.take(), self.random.choice(("first", "second"))
        self.add(f"if {flag}:")
        self.add(f"    total = total + {self.draw().format(key)}")
        self.add(f"if not {flag}:")
        self.add(f"    total = total - {self.draw().format(key)}")

    def conditional(self) -> None:
        key, flag = self.take(), self.random.choice(("first", "second"))
        self.total(f"({self.draw().format(key)} if {flag} else {self.draw().format(key)})")

    def loop(self) -> None:
        wrong = self.random.random() < self.mistakes
        key, index = self.take(), self.name()
        if wrong:
            self.add(f"for {index} in range(3):")
            self.add(f"    total = total + {self.draw().format(key)}")
            return
        form = self.random.randrange(4)
        if form == 0:
            sub = self.name()
            self.add(f"for {index} in range(3):")
            self.add(f"    {key}, {sub} = random.split({key})")
            self.add(f"    total = total + {self.draw().format(sub)}")
            self.used.remove(key) if key in self.used else None
            self.fresh.append(key)
        elif form == 1:
            self.add(f"for {index} in random.split({key}, 3):")
            self.add(f"    total = total + {self.draw().format(index)}")
        elif form == 2:
            self.add(f"for {index} in range(3):")
            self.add(f"    total = total + random.normal(random.fold_in({key}, {index}))")
        else:
            self.add(f"for {index}, value in enumerate((1.0, 2.0)):")
            self.add(f"    total = total + value * numbered({key}, {index})")

    def comprehension(self) -> None:
        wrong = self.random.random() < self.mistakes
        key, index = self.take(), self.name()
        if wrong:
            self.total(f"sum([{self.draw().format(key)} for {index} in range(2)])")
        else:
            self.total(f"sum([{self.draw().format(index)} for {index} in random.split({key}, 2)])")

    def cond(self) -> None:
        key = self.take()
        test = "jnp.sum(total) > 0"
        other = self.random.choice(("random.uniform", "lambda k: 0.0", "noise"))
        self.total(f"lax.cond({test}, random.normal, {other}, {key})")

    def scan(self) -> None:
        wrong = self.random.random() < self.mistakes
        key, body = self.take(), self.name()
        self.add(f"def {body}(carry, step):")
        if wrong:
            form = self.random.randrange(3)
            use = (f"random.normal({key})", "random.normal(carry)", f"noise({key})")[form]
            self.add(f"    return carry, {use}")
        else:
            self.add("    carry, sub = random.split(carry)")
            self.add(f"    return carry, {self.draw().format('sub')}")
        start = key
        if wrong and form != 1:
            start = "0.0"
        last = self.name()
        self.add(f"{last}, values = lax.scan({body}, {start}, jnp.arange(4))")
        self.total("values.sum()")
        if not wrong:
            self.fresh.append(last)

    def fori(self) -> None:
        wrong = self.random.random() < self.mistakes
        key, body = self.take(), self.name()
        use = f"random.normal({key})" if wrong else f"random.normal(random.fold_in({key}, i))"
        self.add(f"def {body}(i, value):")
        self.add(f"    return value + {use}")
        self.total(f"lax.fori_loop(0, 4, {body}, 0.0)")

    def while_loop(self) -> None:
        wrong = self.random.random() < self.mistakes
        key, body = self.take(), self.name()
        self.add(f"def {body}(carry):")
        if wrong:
            self.add("    return carry[0], carry[1] + random.uniform(carry[0])")
        else:
            self.add("    following, sub = random.split(carry[0])")
            self.add("    return following, carry[1] + random.uniform(sub)")
        self.total(f"lax.while_loop(lambda c: c[1] < 3.0, {body}, ({key}, 0.0))[1]")

    def mapped(self) -> None:
        key = self.take()
        form = self.random.choice(
            (
                "jax.vmap(noise)(random.split({}, 3)).sum()",
                "jax.vmap(random.normal)(random.split({}, 3)).sum()",
                "lax.map(noise, random.split({}, 3)).sum()",
            )
        )
        self.total(form.format(key))

    def compiled(self) -> None:
        form = self.random.choice(
            ("jax.jit(noise)({})", "jax.jit(pair)({})", "jax.checkpoint(noise)({})")
        )
        self.total(form.format(self.take()))

    def starred(self) -> None:
        key, first, rest = self.take(), self.name(), self.name()
        self.add(f"{first}, *{rest} = random.split({key}, 3)")
        self.fresh.append(first)
        for index in (0, 0) if self.random.random() < self.mistakes else (0, 1):
            self.total(self.draw().format(f"{rest}[{index}]"))

    def sliced(self) -> None:
        key, keys, rest = self.take(), self.name(), self.name()
        self.add(f"{keys} = random.split({key}, 4)")
        self.add(f"{rest} = {keys}[1:]")
        first = 1 if self.random.random() < self.mistakes else 0
        self.total(f"random.normal({keys}[{first}])")
        self.total(f"element({rest}, {self.random.randrange(2)})")

    def indexed_loop(self) -> None:
        key, keys, index = self.take(), self.name(), self.name()
        self.add(f"{keys} = random.split({key}, 3)")
        self.add(f"for {index} in range(3):")
        chosen = "0" if self.random.random() < self.mistakes else index
        self.add(f"    total = total + random.normal({keys}[{chosen}])")

    def dynamic_index(self) -> None:
        key, keys, body = self.take(), self.name(), self.name()
        self.add(f"{keys} = random.split({key}, 4)")
        self.add(f"def {body}(i, value):")
        self.add(f"    return value + random.normal({keys}[i])")
        self.total(f"lax.fori_loop(0, 4, {body}, 0.0)")

    def stacked(self) -> None:
        first, second = self.take(), self.take()
        self.total(f"jax.vmap(noise)(jnp.stack([{first}, {second}])).sum()")

    def closure(self) -> None:
        """A nested function that draws from a key of the function around, called once or twice."""
        key, name = self.take(), self.name()
        self.add(f"def {name}(scale):")
        self.add(f"    return scale * {self.draw().format(key)}")
        self.total(f"{name}(2.0)")
        if self.random.random() < self.mistakes:
            self.total(f"{name}(3.0)")

    def early_return(self) -> None:
        key, flag = self.take(), self.random.choice(("first", "second"))
        self.add(f"if {flag}:")
        self.add(f"    return total + {self.draw().format(key)}")
        self.used.remove(key)
        self.fresh.append(key)  # after the return nobody has used it


_STEPS = (
    "use", "use", "split", "split", "resplit", "split_array", "elements", "named_element", "fold",
    "numbered", "clone", "alias", "container", "advance", "two_keys", "branch",
    "opposite_branches", "conditional", "loop", "comprehension", "cond", "scan", "fori",
    "while_loop", "mapped", "compiled", "early_return", "starred",
    "sliced", "indexed_loop", "dynamic_index", "stacked", "closure",
)  # fmt: skip


def write(seed: int, steps: int) -> str:
    """The source of one module with a function `program`."""
    body = _Writer(seed, steps).lines
    lines = ["def program(key, first, second):", "    total = 0.0", *body, "    return total"]
    return HEAD + "\n".join(lines) + "\n"
