"""Which calls matter: those that are followed into their code, and those that only look."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import libcst as cst

from randlint.interpreter.calls import effects
from randlint.interpreter.domain.frames import Function
from randlint.interpreter.domain.symbols import Value
from randlint.interpreter.domain.values import Instance, carries_key, holds_function
from randlint.interpreter.evidence.callee_names import compares
from randlint.interpreter.language import containers
from randlint.interpreter.machine.core import Interpreter
from randlint.source.nodes import children, walk


def matters(machine: Interpreter, function: Function, arguments: Iterable[Value]) -> bool:
    """Whether a call can do anything to keys, or give back what does."""
    given = list(arguments)
    # Inside of `apply`, what a function reads is not all in its arguments.
    if machine.derivatives.ambient or any(map(carries_key, given)) or _may_draw(machine, function):
        return True
    if function.module is not machine.frame.module and _may_hold(function, given):
        return True
    return any(map(holds_function, given)) and _makes_functions(function)


def _may_hold(function: Function, given: Iterable[Value]) -> bool:
    """Whether a function of another file gets a state in which there may be a key.

    What the methods of an object do to its own keys is told where the class is.
    """
    return function.segment.drawing and any(isinstance(each, Instance) for each in given)


def _may_draw(machine: Interpreter, function: Function) -> bool:
    """Whether a call that hands over no key can matter all the same."""
    module, segment = function.module, function.segment
    if machine.derivatives.open or machine.stack.lanes:
        return module.concerns(segment) or machine.frame.function is None
    if module is not machine.frame.module:
        return False
    if machine.frame.function is None:  # a root is called from outside any function
        return True
    if function.closure is not None or function.bound is not None:
        return module.concerns(segment)
    return module.matters(segment)


def _makes_functions(function: Function) -> bool:
    """Whether a function gives back a function that it defines, bare or in a tuple or object."""
    names: set[str] = set()
    returned: list[cst.CSTNode] = []
    waiting = list(children(function.node.body))
    while waiting:
        node = waiting.pop()
        if isinstance(node, cst.FunctionDef):
            names.add(node.name.value)
        elif isinstance(node, cst.Return):
            returned.append(node)
        elif not isinstance(node, cst.BaseExpression):
            waiting += children(node)
    inside = (each for node in returned for each in walk(node))
    return any(
        isinstance(each, cst.Lambda) or (isinstance(each, cst.Name) and each.value in names)
        for each in inside
    )


@cache
def _has_no_other_part(dotted: str) -> bool:
    """Whether neither the name of a callee nor this package says more about it."""
    name = effects.short(dotted)
    return not compares(name) and name != "replace" and dotted not in containers.HOST


def only_looks(machine: Interpreter, dotted: str) -> bool:
    """What most calls of a numerical program are: `jnp.sum(x)`, `len(x)`."""
    if machine.derivatives.open or machine.derivatives.ambient:
        return False
    return machine.catalogue.only_inspects(dotted) and _has_no_other_part(dotted)
