"""The labels that values carry: what a derivative of them depends on, and how a key was got."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from randlint.interpreter.domain.labels import (
    BY_DEFAULT,
    HANDED_IN,
)
from randlint.interpreter.domain.symbols import NO_LABELS, Const, Labels, Symbol, Unknown, Value
from randlint.interpreter.domain.values import Instance, Key, KeyArray
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.nesting import NESTS, Kinds, remade


def through_objects(
    machine: Interpreter,
    value: Value,
    leaf: Callable[[Value], Value],
    labelled: Callable[[Labels], Labels] = lambda labels: labels,
    *,
    into: Kinds = NESTS,
) -> Value:
    """`value` with every `leaf` of it changed, what objects hold as well: they become copies.

    Of an object that nobody saw being made only the labels are changed, by `labelled`.
    """
    copies: dict[Symbol, Symbol] = {}
    waiting: list[Symbol] = []

    def changed(each: Value) -> Value:
        match each:
            case Instance(symbolic=True):
                return replace(each, labels=labelled(each.labels))
            case Instance(symbol=symbol):
                if symbol not in copies:
                    copies[symbol] = Symbol("instance", (), symbol.name)
                    waiting.append(symbol)
                return Instance(each.definition, copies[symbol], False, labelled(each.labels))
            case _:
                return leaf(each)

    made = remade(machine, value, changed, into=into)
    while waiting:
        symbol = waiting.pop()
        for name, held in machine.attributes(symbol).items():
            machine.store(copies[symbol], name, remade(machine, held, changed, into=into))
    return made


def relabel(machine: Interpreter, value: Value, change: Callable[[Labels], Labels]) -> Value:
    """`value` with the labels of everything in it changed, objects and what they hold as well."""

    def leaf(each: Value) -> Value:
        match each:
            case Unknown():
                return Unknown(each.identity(), change(each.labels))
            case Const(value=int() | float() | complex()) if not isinstance(each.value, bool):
                more = change(NO_LABELS)  # a number among others: `loss([0.5, 0.5])`
                return Unknown(None, more) if more else each
            case _:
                return each

    return through_objects(machine, value, leaf, change)


def with_labels(machine: Interpreter, value: Value, more: Labels) -> Value:
    """`value`, which from here on depends on `more` too."""
    if not more:
        return value
    if isinstance(value, Const):
        return Unknown(None, more)
    return relabel(machine, value, lambda labels: labels | more)


def by_default(value: Value) -> Value:
    """What stands in for an argument that a call leaves out: a key there is told at the `def`."""
    match value:
        case Key() | KeyArray():
            return replace(value, labels=value.labels | {BY_DEFAULT})
        case _:
            return value


def handed_in(machine: Interpreter, value: Value) -> Value:
    """A key that comes into a trace as an argument: its numbers are no constant there."""

    def leaf(each: Value) -> Value:
        match each:
            case Key():
                return Key(each.identity, each.made, each.labels | {HANDED_IN})
            case KeyArray():
                return replace(each, labels=each.labels | {HANDED_IN})
            case _:
                return each

    return remade(machine, value, leaf, same=True)
