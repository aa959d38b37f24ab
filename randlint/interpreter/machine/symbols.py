"""Symbols: one for each way in which an unknown value comes about."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from randlint.interpreter.domain.counting import Counter
from randlint.interpreter.domain.symbols import Const, Symbol, Unknown, Value
from randlint.interpreter.domain.values import External, Instance, Key, KeyArray


class Symbols:
    """The symbols of one root, and what is known of some: counters of loops, outcomes of tests."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Symbol] = {}
        self.tests: dict[Symbol, object] = {}  # of values that are outcomes of tests
        self.versions: dict[Symbol, int] = {}
        self.counters: dict[cst.CSTNode, Mapping[str, Counter]] = {}  # by loop
        self.next_turns: dict[object, int] = {}

    def make(self, op: str, *args: object, name: str = "") -> Symbol:
        """The symbol for `op` on `args`: the same for the same arguments."""
        key = (op, *args)
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = Symbol(op, args, name)
        return found

    def of(self, value: Value) -> Symbol:
        """The symbol that stands for `value` in conditions and indices."""
        match value:
            case Unknown():
                return value.identity()
            case Const():
                return self.make("const", type(value.value), value.value)
            case Key() | KeyArray():
                return value.identity.symbol or self.make("key", value.identity)
            case Instance():
                return value.symbol
            case External():
                return self.make("external", value.name)
            case _:
                return self.make("object", value)
