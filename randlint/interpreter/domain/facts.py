"""What a path says about values: whether its conditions can hold together.

A small decision procedure over the literals of a path. It knows truth, equality to constants, order
with numbers (of integers, where a value counts), equality of two values, and that of several
conditions not all hold. What it cannot follow it takes for possible.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

from randlint.interpreter.domain.symbols import Symbol

# What adds a constant to a value, or takes it away.
_SHIFTS = {"Add": 1, "AddAssign": 1, "Subtract": -1, "SubtractAssign": -1}
Literal: TypeAlias = "tuple[tuple[object, ...], bool]"


class Facts:
    """The consequences of some literals; `absurd` when they cannot hold together."""

    __slots__ = (
        "absurd",
        "denied",
        "known",
        "limits",
        "orders",
        "same",
        "truths",
        "unequal",
        "values",
        "whole",
    )

    def __init__(self, literals: frozenset[Literal]) -> None:
        self.absurd = False
        self.known: dict[tuple[object, ...], bool] = {}
        self.truths: dict[object, bool] = {}
        self.values: dict[object, object] = {}  # what a value equals
        self.unequal: list[tuple[object, object]] = []
        self.limits: dict[object, list[tuple[float, bool, bool]]] = {}
        # Of two values, neither a number: the second is at least the first and so much.
        self.orders: list[tuple[object, object, float, bool]] = []
        self.same: list[tuple[object, object, bool]] = []
        self.denied: list[frozenset[Literal]] = []
        self.whole: set[object] = set()  # integers
        for literal in literals:  # in any order
            self._add(literal)
        if not self.absurd and self._together():
            self.absurd = True

    def _add(self, literal: Literal) -> None:
        atom, truth = literal
        if self.known.setdefault(atom, truth) is not truth:
            self.absurd = True
            return
        match atom:
            case ("true", value):
                self.truths[value] = truth
            case ("eq", value, constant):
                if not truth:
                    self.unequal.append((value, constant))
                elif self.values.setdefault(value, constant) != constant:
                    self.absurd = True
            case ("<", one, other):
                self._order(one, other, truth)
            case ("same", pair) if isinstance(pair, frozenset) and len(pair) == 2:
                one, other = pair  # in any order
                self.same.append((one, other, truth))
            case ("all", parts) if isinstance(parts, frozenset):
                if not truth:
                    self.denied.append(parts)
            case ("whole", value):
                self.whole.add(_without_constant(value)[0])

    def _order(self, one: object, other: object, truth: bool) -> None:
        """`one < other`, or not."""
        low, high = _number(one), _number(other)
        if low is not None and high is None:  # above it / up to it
            other, more = _without_constant(other)
            self.limits.setdefault(other, []).append((low - more, truth, truth))
        elif high is not None and low is None:
            one, more = _without_constant(one)
            self.limits.setdefault(one, []).append((high - more, not truth, truth))
        elif low is None and high is None:
            below, above = (one, other) if truth else (other, one)
            (below, less), (above, more) = _without_constant(below), _without_constant(above)
            self.orders.append((below, above, less - more, truth))
        elif low is not None and high is not None and (low < high) is not truth:
            self.absurd = True

    def _together(self) -> bool:
        """Whether the literals exclude each other."""
        while True:  # every round uses up one of the conditions that are denied
            while self._equalities():
                pass
            for _ in range(len(self.orders) + 1):
                if not self._chains():
                    break
            else:  # a value is above itself, by way of others
                return True
            if self.absurd or self._clash():
                return True
            if not self._conclude():
                return self.absurd

    def _equalities(self) -> bool:
        """What is known of one of two equal values is known of the other; whether that was news."""
        before = len(self.truths) + len(self.values)
        for one, other, truth in self.same:
            for source, target in ((one, other), (other, one)) if truth else ():
                if source in self.truths:
                    self.truths.setdefault(target, self.truths[source])
                if source in self.values:
                    self.values.setdefault(target, self.values[source])
            if truth and self.truths.get(one) is not self.truths.get(other):
                self.absurd = True
            here, there = self.values.get(one), self.values.get(other)
            if here is not None and there is not None and (here == there) is not truth:
                self.absurd = True
        return len(self.truths) + len(self.values) > before

    def _chains(self) -> bool:
        """What is more than another value is more than what that is more than; whether news."""
        news = False
        for below, above, apart, strictly in self.orders:
            lower = [(limit, strict) for limit, up, strict in self.limits.get(below, ()) if up]
            number = _number(self.values.get(below))
            if number is not None:
                lower.append((number, False))
            if lower:
                limit, strict = max(lower)
                limit, strict = limit + apart, strict or strictly
                known = self.limits.setdefault(above, [])
                if not any(up and (each, also) >= (limit, strict) for each, up, also in known):
                    known.append((limit, True, strict))
                    news = True
        return news

    def _clash(self) -> bool:
        for value, constant in self.values.items():
            truth = _truth(constant)
            if truth is not None and self.truths.get(value, truth) is not truth:
                return True
            if value in self.limits and not self._within(value, constant):
                return True
        if any(self.values.get(value, self) == constant for value, constant in self.unequal):
            return True
        for value, truth in self.truths.items():
            if not truth and value in self.limits and not self._admits(value, 0):
                return True
        if any(
            not self.truths.get(value, True) and _number(constant) == 0
            for value, constant in self.unequal
        ):
            return True
        return any(self._empty(value) for value in self.limits)

    def _within(self, value: object, constant: object) -> bool:
        number = _number(constant)
        return number is None or self._admits(value, number)

    def _admits(self, value: object, number: float) -> bool:
        """Whether the limits of a value leave room for a number."""
        for limit, above, strict in self.limits[value]:
            if (number == limit and strict) or (number < limit if above else number > limit):
                return False
        return True

    def _empty(self, value: object) -> bool:
        """Whether no number is within the limits of a value; no integer, where it is one."""
        limits = self.limits[value]
        if value in self.whole:
            limits = [_closed(*each) for each in limits]
        low, high = -math.inf, math.inf
        for limit, above, _ in limits:
            low, high = (max(low, limit), high) if above else (low, min(high, limit))
        if low != high:
            return low > high
        if any(strict for limit, _, strict in limits if limit == low):
            return True
        return any(one == value and _number(other) == low for one, other in self.unequal)

    def _conclude(self) -> bool:
        """Where all but one of some conditions hold that do not all hold, the last one does not."""
        waiting, self.denied = self.denied, []
        before = len(self.known)
        for parts in waiting:
            left: list[Literal] = []
            for part in parts:  # in any order
                holds = self._holds(part)
                if holds is False:
                    break
                if holds is None:
                    left.append(part)
            else:
                if len(left) > 1:
                    self.denied.append(parts)
                elif left:
                    atom, truth = left[0]
                    self._add((atom, not truth))
                else:
                    self.absurd = True
                    return False
        return len(self.known) > before

    def _holds(self, literal: Literal) -> bool | None:
        """Whether a literal holds; None where nobody knows."""
        atom, truth = literal
        known = self.known.get(atom)
        if known is None:
            known = self._derived(atom)
        return None if known is None else known is truth

    def _derived(self, atom: tuple[object, ...]) -> bool | None:
        match atom:
            case ("true", value):
                if value in self.truths:
                    return self.truths[value]
                return _truth(self.values[value]) if value in self.values else None
            case ("eq", value, constant):
                if value in self.values:
                    return self.values[value] == constant
                truth = _truth(constant)
                if truth is not None and self.truths.get(value, truth) is not truth:
                    return False
                if value in self.limits and not self._within(value, constant):
                    return False
                return None
            case ("all", parts) if isinstance(parts, frozenset):
                answers = [self._holds(part) for part in parts]  # in any order
                if False in answers:
                    return False
                return None if None in answers else True
            case _:
                return None


@lru_cache(maxsize=4096)
def subjects(atom: tuple[object, ...]) -> frozenset[object]:
    """The values that a condition speaks about; constants say nothing about each other."""
    match atom:
        case ("all", parts) if isinstance(parts, frozenset):
            return frozenset[object]().union(*(subjects(part) for part, _ in parts))
        case ("same", pair) if isinstance(pair, frozenset):
            return pair
        case ("eq", value, _):
            return frozenset({value, _without_constant(value)[0]})
        case _:
            values = [each for each in atom[1:] if _number(each) is None]
            return frozenset({*values, *(_without_constant(each)[0] for each in values)})


def _closed(limit: float, above: bool, strict: bool) -> tuple[float, bool, bool]:
    """A limit of integers as the outermost integer that it leaves: above 0 is 1 at least."""
    if not math.isfinite(limit):
        return limit, above, strict
    nearest = math.ceil(limit) if above else math.floor(limit)
    if strict and nearest == limit:
        nearest += 1 if above else -1
    return nearest, above, False


def _truth(constant: object) -> bool | None:
    """The truth of a constant's symbol."""
    if isinstance(constant, Symbol) and constant.op == "const":
        return bool(constant.args[1])
    return None


def _without_constant(value: object) -> tuple[object, float]:
    """`x + 1` as `x` and 1: a limit of the one is a limit of the other."""
    more: float = 0
    while isinstance(value, Symbol) and value.op in _SHIFTS:
        one, other = value.args
        number = _number(other)
        if number is None:
            break
        more += _SHIFTS[value.op] * number
        value = one
    return value, more


def _number(value: object) -> float | None:
    if isinstance(value, Symbol) and value.op == "const":
        number = value.args[1]
        if isinstance(number, (int, float)) and not isinstance(number, complex):
            return number
    return None
