"""`super()`: what the classes behind the one that asks make of a name."""

from __future__ import annotations

import libcst as cst

from randlint.interpreter.domain.symbols import Unknown, Value
from randlint.interpreter.domain.values import Method, Super
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.program.resolving import bind_method, lineage, method_function


def super_attribute(machine: Interpreter, base: Super, name: str, node: cst.CSTNode) -> Value:
    """`super().name`: what the classes behind the one that asks make of it."""
    receiver = base.receiver
    line = lineage(machine, receiver.definition)
    behind = line[line.index(base.owner) + 1 :] if base.owner in line else []
    for owner in behind:
        method = owner.methods.get(name)
        if method is not None:
            function = method_function(machine, owner, method, None)
            return bind_method(machine, function, receiver, node)
    return Method(Unknown(machine.symbols.make("super", receiver.symbol)), name)
