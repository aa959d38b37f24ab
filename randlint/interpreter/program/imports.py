"""What an imported name stands for: a function, class or value of another module of the project."""

from __future__ import annotations

from randlint.interpreter.domain.symbols import Unknown, Value
from randlint.interpreter.domain.values import Class, External
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.program import resolving

# Other names for other names: `f = a.f`, in one module after the other.
_LONGEST_CHAIN = 8


def value_of(machine: Interpreter, dotted: str, depth: int = 0) -> Value | None:
    """What a dotted name of the project stands for; None for libraries and unknown names."""
    project = machine.names.project
    if project is None or depth > _LONGEST_CHAIN:
        return None
    asked = (machine.frame.module.filename, dotted)
    if asked in project.foreign:
        return None
    found = resolving.defined_in(machine, machine.frame.module, dotted)
    if found is None:
        project.foreign.add(asked)
        return None
    module, rest = found
    first, *attributes = rest.split(".")
    with machine.enter(resolving.module_frame(machine.names, module)):
        value = resolving.global_value(machine, first)
        if isinstance(value, External):
            return value_of(machine, ".".join([value.name, *attributes]), depth + 1)
    for name in attributes:
        if not isinstance(value, Class):
            return None
        value = resolving.class_attribute(machine, value, name)
    return None if isinstance(value, (Unknown, External)) else value
