"""What a function of the mutated code is made of: steps, splits, and what its calls get."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import libcst as cst

_EXCLUSIVE_CALLS = frozenset({"where", "select", "cond", "switch"})


Block = tuple[tuple[int, str], ...]  # the compound statements around a step, with the arm of each


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of a module's text; `line` (1-based) is where it begins."""

    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Use:
    """A name, or a constant element of one, that a call gets as an argument.

    The name is empty where the argument is a key made from a seed on the spot.
    """

    name: str
    index: int | None
    span: Span
    callee: str
    position: int | str  # of the argument
    call: cst.Call
    around: tuple[cst.Call, ...]  # the calls whose arguments the call is part of, outermost first
    step: int
    sure: bool  # it happens whenever its statement does: no lambda, comprehension, conditional

    @property
    def text(self) -> str:
        return self.name if self.index is None else f"{self.name}[{self.index}]"

    @property
    def order(self) -> tuple[int, int]:
        return self.step, self.span.start


@dataclass(frozen=True, slots=True)
class Step:
    """A simple statement or the header of a compound one."""

    node: cst.CSTNode
    block: Block
    stores: frozenset[str]
    ends: bool  # return, raise, break or continue


@dataclass(frozen=True, slots=True)
class Split:
    """`names = split(parent, number)`; one name without a tuple is a key array."""

    step: int
    names: tuple[str, ...]
    array: bool
    parent: str | None
    number: int | None


@dataclass(frozen=True, slots=True)
class Indexed:
    """`keys[i]`, of which `i` is a name, as an argument of a call."""

    keys: str
    index: str
    use: Use


@dataclass(eq=False, slots=True)
class Scope:
    """A function: its steps in order, what its calls get, its splits and its inner functions."""

    node: cst.FunctionDef
    outer: Scope | None
    in_class: bool
    at: int = -1  # the step of the outer function that defines it
    steps: list[Step] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    indexed: list[Indexed] = field(default_factory=list)
    splits: list[Split] = field(default_factory=list)
    inner: list[Scope] = field(default_factory=list)
    compounds: dict[int, cst.CSTNode] = field(default_factory=dict)

    @property
    def parameters(self) -> list[str]:
        p = self.node.params
        return [each.name.value for each in (*p.posonly_params, *p.params, *p.kwonly_params)]

    def rebound(self, name: str, after: int, before: int) -> bool:
        """Whether a step between two steps stores the name, on whatever path."""
        return any(name in step.stores for step in self.steps[after + 1 : before])

    def stored(self, name: str) -> int:
        return sum(name in step.stores for step in self.steps)

    def follows(self, first: int, second: int) -> bool:
        """Whether some path runs both steps, the first one first; loops run once."""
        a, b = self.steps[first].block, self.steps[second].block
        if first > second:
            return False
        if b[: len(a)] == a:
            return True
        if a[: len(b)] != b:
            return False
        return not any(
            step.ends and len(step.block) > len(b) and a[: len(step.block)] == step.block
            for step in self.steps[first : second + 1]
        )

    def both(self, first: Use, second: Use) -> bool:
        """Whether two uses happen one after the other in one run of the function."""
        if first.order >= second.order or first.call is second.call:
            return False
        if not (first.sure and second.sure and self.follows(first.step, second.step)):
            return False
        shared = [call for call in first.around if any(call is other for other in second.around)]
        return not any(last(dotted(call.func)) in _EXCLUSIVE_CALLS for call in shared)


def dotted(node: cst.BaseExpression) -> str:
    """`a.b.c`; what is no plain chain of names is written `?`."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        return f"{dotted(node.value)}.{node.attr.value}"
    return "?"


def last(callee: str) -> str:
    return callee.rpartition(".")[2]


def number(node: cst.BaseExpression) -> int | None:
    return int(node.value) if isinstance(node, cst.Integer) and node.value.isdigit() else None


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    skipped = ("whitespace", "lpar", "rpar", "comma", "header", "footer", "leading", "trailing")
    names = (each.name for each in dataclasses.fields(kind))
    return tuple(name for name in names if not name.startswith(skipped))


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes in a node, less spaces and comments; the property of LibCST is 20 times slower."""
    for name in _fields(type(node)):
        value = getattr(node, name)
        if isinstance(value, cst.CSTNode):
            yield value
        elif isinstance(value, tuple | list):
            yield from value
