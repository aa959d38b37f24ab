"""What all recipes share: lines being written, the keys in scope, and whether they are used up.

A right program takes every key once. With probability `mistakes` a recipe takes any key instead, or
leaves out what keeps turns of a loop apart. `base` is a key of this turn of the loops around that
nobody consumes: a new key is folded out of it with a number that no other call has.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

_SAMPLERS = ("normal", "normal", "uniform", "gumbel", "exponential", "laplace")
_DEEPEST = 3  # blocks inside of blocks

Recipe = Callable[["Writer"], None]


@dataclass
class Scope:
    """The keys that a statement can name: fresh or not; `outer` belong to the turns around."""

    base: str
    fresh: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    outer: list[str] = field(default_factory=list)
    turn: str | None = None  # the number of this turn, where it has one

    def copy(self) -> Scope:
        """The same again, to be changed."""
        return replace(self, fresh=list(self.fresh), used=list(self.used), outer=list(self.outer))


class Writer:
    """Writes one module."""

    def __init__(self, dice: random.Random, recipes: Sequence[Recipe], mistakes: float) -> None:
        self.dice = dice
        self.recipes = recipes
        self.mistakes = mistakes
        self.lines: list[str] = []
        self.globals: list[str] = []  # definitions that stand before everything else
        self.names = 0
        self.numbers = 9
        self.indent = 0
        self.depth = 0
        self.flags: list[str] = []
        self.counts: list[str] = []
        self.modes: list[str] = []
        self.scope = Scope("key")
        self.traced = 0  # inside of a function that jax traces: no mutation
        self.looping = 0  # inside of a Python loop of this function
        self.returns = True  # whether an early return is allowed here

    # --- text

    def add(self, line: str) -> None:
        """One line at the present indentation."""
        self.lines.append("    " * self.indent + line)

    @contextlib.contextmanager
    def indented(self, header: str) -> Iterator[None]:
        """A block below `header`; never empty."""
        self.add(header)
        self.indent += 1
        before = len(self.lines)
        yield
        if len(self.lines) == before:
            self.add("pass")
        self.indent -= 1

    def name(self, stem: str = "k") -> str:
        """A name nobody has."""
        self.names += 1
        return f"{stem}{self.names}"

    def number(self) -> int:
        """A number nobody folds in elsewhere."""
        self.numbers += 1
        return self.numbers

    # --- choices

    def wrong(self) -> bool:
        """Whether to make a mistake here."""
        return self.dice.random() < self.mistakes

    def maybe(self, chance: float) -> bool:
        """True with this probability."""
        return self.dice.random() < chance

    def pick(self, *options: str) -> str:
        """One of several texts."""
        return self.dice.choice(options)

    def flag(self) -> str:
        """An atom that is true or false."""
        options = list(self.flags)
        options += [f"not {each}" for each in self.flags]
        options += [f"{each} > 1" for each in self.counts] + [
            f'{each} == "a"' for each in self.modes
        ]
        return self.dice.choice(options or ["True"])

    # --- keys

    def made(self, name: str) -> None:
        """A new fresh key."""
        self.scope.fresh.append(name)

    def any_key(self) -> str:
        """Some key, used up or not."""
        scope = self.scope
        return self.dice.choice(
            [*scope.fresh, *scope.used, *scope.outer, *([] if scope.fresh else [self.new_key()])]
        )

    def take(self) -> str:
        """The name of a key to use up."""
        scope = self.scope
        if self.wrong():
            taken = self.any_key()
        elif scope.fresh:
            taken = self.dice.choice(scope.fresh)
        else:
            taken = self.new_key()
        if taken in scope.fresh:
            scope.fresh.remove(taken)
            scope.used.append(taken)
        return taken

    def new_key(self) -> str:
        """Derive a key that nobody else has, in this turn of the loops around."""
        name, number = self.name(), self.number()
        turn = self.scope.turn
        if turn is None:
            self.add(f"{name} = random.fold_in({self.scope.base}, {number})")
        elif self.maybe(0.5):
            self.add(f"{name} = random.fold_in({self.scope.base}, {1000 * number} + {turn})")
        else:
            self.add(
                f"{name} = random.fold_in(random.fold_in({self.scope.base}, {number}), {turn})"
            )
        self.made(name)
        return name

    def replaced(self, name: str) -> None:
        """A name holds a fresh key from now on."""
        for names in (self.scope.fresh, self.scope.used, self.scope.outer):
            if name in names:
                names.remove(name)
        self.scope.fresh.append(name)

    def forget(self, name: str) -> None:
        """A name is gone, or holds no key any more."""
        for names in (self.scope.fresh, self.scope.used, self.scope.outer):
            if name in names:
                names.remove(name)

    # --- draws

    def sampler(self) -> str:
        """How to draw."""
        return self.dice.choice(_SAMPLERS)

    def draw(self, key: str) -> str:
        """An expression that draws once from `key`."""
        return f"random.{self.sampler()}({key})"

    def total(self, expression: str) -> None:
        """Add a number to what the function returns."""
        if self.traced or self.maybe(0.5):
            self.add(f"total = total + {expression}")
        else:
            self.add(f"total += {expression}")

    # --- blocks

    def statement(self) -> None:
        """Any recipe."""
        self.dice.choice(self.recipes)(self)

    def block(self, most: int = 3) -> None:
        """A few statements; deep inside only draws."""
        self.depth += 1
        for _ in range(self.dice.randint(1, most)):
            if self.depth > _DEEPEST:
                self.total(self.draw(self.take()))
            else:
                self.statement()
        self.depth -= 1

    @contextlib.contextmanager
    def turn(self, base: str | None = None, number: str | None = None) -> Iterator[None]:
        """The body of a loop: keys from outside are the same in every turn."""
        before = self.scope
        inner = Scope(base or before.base, outer=[*before.fresh, *before.used, *before.outer])
        inner.turn = number if base is None else None
        if base is None and before.turn is not None and number is not None:
            inner.base = self._of_this_turn(before)
        self.scope = inner
        self.looping += 1
        yield
        self.looping -= 1
        self.scope = before
        touched = [each for each in before.fresh if each in inner.used]
        before.used += touched
        before.fresh = [each for each in before.fresh if each not in touched]

    def _of_this_turn(self, scope: Scope) -> str:
        """A base for the loops inside of this turn."""
        name = self.name("base")
        self.add(f"{name} = random.fold_in({scope.base}, {1000 * self.number()} + {scope.turn})")
        return name

    @contextlib.contextmanager
    def arm(self) -> Iterator[Scope]:
        """One of several ways on: yields the scope, which `meet` brings together with others."""
        before = self.scope
        self.scope = before.copy()
        yield self.scope
        self.scope = before

    def meet(self, arms: Sequence[Scope]) -> None:
        """After a branch: what any arm used up is used; names of one arm are gone."""
        scope = self.scope
        gone = [each for each in scope.fresh if any(each not in arm.fresh for arm in arms)]
        scope.fresh = [each for each in scope.fresh if each not in gone]
        scope.used += gone


def sub_writer(writer: Writer, recipes: Sequence[Recipe] | None = None) -> Writer:
    """A writer for another function of the same module."""
    made = Writer(writer.dice, recipes or writer.recipes, writer.mistakes)
    made.names, made.numbers, made.globals = writer.names + 100, writer.numbers, writer.globals
    return made


def library(w: Writer, name: str, text: str) -> str:
    """A helper that many recipes share; written once."""
    if not any(each.startswith(f"def {name}(") for each in w.globals):
        w.globals.append(text.strip("\n"))
    return name
