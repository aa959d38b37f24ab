"""What a loop counts: names that it makes from themselves, and the numbers they have in a turn."""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

from randlint.interpreter.domain.symbols import Symbol


class Counter(NamedTuple):
    """A name that a loop makes from itself; by how much it grows, where that is the same always."""

    name: str
    step: int | None
    always: bool  # in every turn
    ends: tuple[cst.BaseExpression, ...] = ()  # of a `while`: what it ends the loop against
    compared: tuple[cst.BaseExpression, ...] = ()  # and what else it is compared with


class Counting(NamedTuple):
    """What counts: the execution of a loop, the first number and the step between two."""

    token: object
    start: int
    step: int


def counter(token: object, turn: int, start: int | None, step: int) -> Symbol:
    """The symbol of a counter in one turn."""
    if start is None:
        return Symbol("count", (token, turn))
    return Symbol("count", (Counting(token, start, step), turn))
