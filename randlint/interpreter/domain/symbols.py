"""The base of all values: what is unknown has a symbol, and every value labels and, maybe, parts.

`labels` say what a value depends on. The kinds of values that say more are in `values`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import libcst as cst

from randlint.interpreter.domain.definitions import Module

Labels: TypeAlias = frozenset[object]
NO_LABELS: Labels = frozenset()


class Symbol:
    """The identity of a value nobody knows: equal symbols are equal values at run time.

    `op` and `args` say how it came about (`("attr", (self, "key"))`), so that `self.key` read twice
    is one symbol, while two calls of an unknown function are two.
    """

    __slots__ = ("annotated", "args", "declared", "name", "op")

    def __init__(self, op: str, args: tuple[object, ...] = (), name: str = "") -> None:
        self.op = op
        self.args = args
        self.name = name
        self.declared: bool | None = None  # annotated as a key / as something else / not at all
        self.annotated: tuple[cst.BaseExpression | str, Module] | None = None  # as what, and where

    def __repr__(self) -> str:
        """Without `args`, which lead to all it was made of, nodes without layout as well."""
        return f"<{self.op} {self.name}>"


@dataclass(slots=True, eq=False, repr=False)
class Value:
    """Anything an expression can evaluate to."""

    def __repr__(self) -> str:
        """Only the kind: what is inside may be huge, and nodes without layout cannot be shown."""
        return f"<{type(self).__name__}>"


@dataclass(slots=True, eq=False, repr=False)
class Unknown(Value):
    """A value about which only its symbol and its labels are known."""

    symbol: Symbol | None = None
    labels: Labels = NO_LABELS

    def identity(self) -> Symbol:
        """The symbol, made on demand: most unknown values are never asked for one."""
        if self.symbol is None:
            self.symbol = Symbol("value")
        return self.symbol


UNKNOWN = Unknown(Symbol("anything"))


@dataclass(slots=True, eq=False, repr=False)
class Const(Value):
    """A literal: int, float, str, bool, None, Ellipsis, bytes."""

    value: Any


def named(name: object) -> Value:
    """The key of a dict as a value: where nobody knows it, a symbol stands for it."""
    return Unknown(name) if isinstance(name, Symbol) else Const(name)


NONE = Const(None)


TRUE = Const(True)


FALSE = Const(False)


class Inside(NamedTuple):
    """What is known of all that a container holds, to any depth."""

    labels: Labels
    key: bool  # something that has, or may have, to do with keys
    function: bool  # a function of the program


def union(several: Iterable[Labels]) -> Labels:
    """All labels of several sets: one set is made, however many there are."""
    found = [labels for labels in several if labels]
    if len(found) < 2:
        return found[0] if found else NO_LABELS
    return NO_LABELS.union(*found)
