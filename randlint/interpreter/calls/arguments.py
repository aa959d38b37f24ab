"""The arguments of one call, and finding in them what the catalogue asks for."""

from __future__ import annotations

import libcst as cst

from randlint.interpreter.domain.arguments import DOUBLE_STAR, STAR, Arguments
from randlint.interpreter.domain.symbols import Unknown, Value
from randlint.interpreter.domain.values import Choice, Record
from randlint.interpreter.language.items import known_items
from randlint.interpreter.machine.core import Interpreter


def evaluate_arguments(machine: Interpreter, node: cst.Call) -> Arguments:
    """Evaluate the arguments of a call, left to right."""
    args: list[Value] = []
    kwargs: dict[str, Value] = {}
    spread: set[Value] = set()
    for argument in node.args:
        value = machine.evaluate(argument.value)
        if type(value) is Choice:
            value = machine.resolve(value)
        if argument.star == "*":
            known = known_items(machine, value)
            if known is None or STAR in kwargs:
                kwargs[STAR] = value
            else:
                args += known
                spread.update(known)
        elif argument.star == "**":
            _spread(kwargs, value)
        elif argument.keyword is not None:
            kwargs[argument.keyword.value] = value
        elif STAR in kwargs:
            kwargs[f"{STAR}{len(kwargs)}"] = value  # its position is unknown
        else:
            args.append(value)
    machine.stack.spread = spread
    return Arguments(args, kwargs)


def _spread(kwargs: dict[str, Value], value: Value) -> None:
    if isinstance(value, Record):
        for name, entry in value.items.items():
            if isinstance(name, str):
                kwargs[name] = entry
            else:
                kwargs[DOUBLE_STAR] = entry
        if value.open:
            kwargs.setdefault(DOUBLE_STAR, Unknown())
    else:
        kwargs[DOUBLE_STAR] = value
