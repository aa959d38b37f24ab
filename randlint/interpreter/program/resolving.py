"""What names and attributes refer to beyond the running frame: globals, methods, `self`."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from functools import lru_cache

import libcst as cst

from randlint.catalogue import Catalogue
from randlint.interpreter.domain.definitions import ClassDefinition, Definition, Field, Module
from randlint.interpreter.domain.frames import Frame, Function
from randlint.interpreter.domain.names import CALLED_ONCE
from randlint.interpreter.domain.symbols import UNKNOWN, Symbol, Unknown, Value
from randlint.interpreter.domain.values import (
    Class,
    External,
    HostGenerator,
    Instance,
    Key,
    KeyArray,
    Partial,
    Source,
    Transformed,
)
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.names import Names
from randlint.interpreter.program.annotations import says_key
from randlint.interpreter.program.modules import dotted_tree
from randlint.interpreter.program.signatures import bind_arguments, bound_to, define
from randlint.source.nodes import children

BUILTINS = frozenset(dir(builtins))
# Values of attributes that are worth knowing when nobody saw them being set.
_FACTS = (Transformed, Function, Partial, Source, Key, KeyArray, External, HostGenerator)
# Re-exports of re-exports: `from .a import f` in one `__init__` after the other.
_LONGEST_CHAIN = 8
NAMELESS = "the object"
_DEEP = 20  # globals that are being looked up for one another


def module_frame(names: Names, module: Module) -> Frame:
    """The frame of a module's own statements; there is one per module and run."""
    frame = names.module_frames.get(module.filename)
    if frame is None:
        segment = module.statements[0].segment if module.statements else None
        frame = Frame(module, segment)  # type: ignore[arg-type]  # an empty module runs nothing
        names.module_frames[module.filename] = frame
    return frame


def global_value(machine: Interpreter, name: str) -> Value:
    """The value of a global or builtin name in the running module."""
    module = machine.frame.module
    running = machine.names.module_frames.get(module.filename)
    if running is not None:
        value = running.env.get(name)
        if value is not None:
            return machine.resolve(value)
    cached = machine.names.globals.get((module.filename, name))
    if cached is not None:
        return cached
    machine.names.globals[(module.filename, name)] = UNKNOWN  # ends circular definitions
    machine.names.resolving += 1
    if machine.names.resolving % _DEEP == 0:  # a long script would be deeper than Python recurses
        for each in module.made_of(name):
            machine.budget.step()
            global_value(machine, each)
    value = _global(machine, module, name)
    machine.names.resolving -= 1
    machine.names.globals[(module.filename, name)] = value
    return value


def _global(machine: Interpreter, module: Module, name: str) -> Value:
    function = module.functions.get(name)
    if function is not None:
        return define_global(machine, module, function)
    definition = module.classes.get(name)
    if definition is not None:
        return Class(definition)
    assignment = module.assignments.get(name)
    if assignment is not None:
        return _run_assignment(machine, module, assignment)
    dotted = module.imports.get(name)
    if dotted is not None:
        return External(dotted)
    if name in BUILTINS:
        return External(f"builtins.{name}")
    for star in module.stars:
        dotted = f"{star}.{name}"
        if _documented(machine.catalogue, dotted):
            return External(dotted)
        if not name.startswith("_") and defined_in(machine, module, dotted) is not None:
            return External(dotted)
    return Unknown(machine.symbols.make("free", module.filename, name, name=name))


def _documented(catalogue: Catalogue, dotted: str) -> bool:
    name = catalogue.resolve(dotted)
    return name in catalogue.functions or name in catalogue.transforms


def defined_in(machine: Interpreter, module: Module, dotted: str) -> tuple[Module, str] | None:
    """The module that defines what a dotted name means in another, and its name there.

    Re-exports are followed; what the catalogue knows is left to it.
    """
    return _defined_in(machine, module, dotted, set())


def _defined_in(
    machine: Interpreter, module: Module, dotted: str, seen: set[tuple[str, str]]
) -> tuple[Module, str] | None:
    if machine.names.project is None or machine.catalogue.knows(dotted):
        return None
    found = machine.names.project.find(dotted, module.filename)
    if found is None or not found[1]:
        return None
    module, name = found
    if (module.filename, name) in seen or len(seen) > _LONGEST_CHAIN:
        return None
    seen.add((module.filename, name))
    head, dot, rest = name.partition(".")
    if module.defines(head):
        return module, name
    target = module.imports.get(head)
    if target is not None:
        return _defined_in(machine, module, target + dot + rest, seen)
    if not head.startswith("_"):
        for star in module.stars:
            above = _defined_in(machine, module, f"{star}.{name}", seen)
            if above is not None:
                return above
    return None


def define_global(machine: Interpreter, module: Module, definition: Definition) -> Value:
    """A module's function with its decorators applied."""
    node = definition.node
    assert isinstance(node, cst.FunctionDef)
    frame = Frame(module, definition.segment)
    with machine.enter(frame):
        return define(machine, node, module, definition.segment, None)


def _run_assignment(machine: Interpreter, module: Module, definition: Definition) -> Value:
    """Run the last statement that binds a global, quietly: the module's own run reports it."""
    frame = Frame(module, definition.segment)
    before, machine.path = machine.path, frozenset()
    machine.events.silent += 1
    try:
        with machine.enter(frame):
            machine.execute([definition.node])
    finally:
        machine.events.silent -= 1
        machine.path = before
    return frame.env.get(definition.name, UNKNOWN)


# --- classes


def lineage(machine: Interpreter, definition: ClassDefinition) -> list[ClassDefinition]:
    """The class and those of its bases that the project defines, nearest first."""
    known = machine.names.lineages.get(definition)
    if known is not None:
        return known
    found = machine.names.lineages[definition] = []
    waiting = [definition]
    while waiting:
        current = waiting.pop(0)
        if current in found:
            continue
        found.append(current)
        for base in current.bases:
            above = class_named(machine, current.module, base)
            if above is not None:
                waiting.append(above)
    return found


def external_bases(machine: Interpreter, definition: ClassDefinition) -> list[str]:
    """The documented names of the library classes that a class derives from."""
    names: list[str] = []
    for current in lineage(machine, definition):
        for base in (*current.bases, *current.decorators):
            if class_named(machine, current.module, base) is not None:
                continue
            names.append(machine.catalogue.resolve(_dotted(current.module, base)))
    return names


def _dotted(module: Module, name: str) -> str:
    head, dot, rest = name.partition(".")
    return module.imports.get(head, head) + dot + rest


def class_named(machine: Interpreter, module: Module, name: str) -> ClassDefinition | None:
    """The class of the project that a name of a module means, imported or not."""
    if name in module.classes:
        return module.classes[name]
    dotted = _dotted(module, name)
    found = defined_in(machine, module, dotted) if dotted else None
    return found[0].classes.get(found[1]) if found is not None else None


def find_method(
    machine: Interpreter, definition: ClassDefinition, name: str
) -> tuple[ClassDefinition, Definition] | None:
    """The method `name` as the class inherits it."""
    for current in lineage(machine, definition):
        method = current.methods.get(name)
        if method is not None:
            return current, method
    return None


def all_fields(machine: Interpreter, definition: ClassDefinition) -> list[Field]:
    """The annotated fields of a class and its bases, in the order of a generated `__init__`."""
    found: dict[str, Field] = {}
    for current in reversed(lineage(machine, definition)):
        for each in current.fields:
            found[each.name] = each
    return list(found.values())


def class_attribute(machine: Interpreter, base: Class, name: str) -> Value:
    """`C.name`."""
    found = find_method(machine, base.definition, name)
    if found is None:
        symbol = machine.symbols.make(
            "attr", machine.symbols.make("object", base.definition), name, name=name
        )
        return Unknown(symbol)
    owner, method = found
    function = method_function(machine, owner, method, base.closure)
    if isinstance(function, Function) and _decorated(function, "classmethod"):
        return bound_to(function, base)
    return function


def method_function(
    machine: Interpreter, owner: ClassDefinition, method: Definition, closure: Frame | None
) -> Value:
    """A method as a function, decorators applied."""
    node = method.node
    assert isinstance(node, cst.FunctionDef)
    frame = Frame(owner.module, method.segment, closure=closure)
    with machine.enter(frame):
        return define(machine, node, owner.module, method.segment, closure, owner)


def _decorated(function: Function, name: str) -> bool:
    if not isinstance(function.node, cst.FunctionDef):
        return False
    return any(
        isinstance(each.decorator, (cst.Name, cst.Attribute)) and _last(each.decorator) == name
        for each in function.node.decorators
    )


def _last(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Name):
        return node.value
    return node.attr.value if isinstance(node, cst.Attribute) else ""


def instance_attribute(machine: Interpreter, base: Instance, name: str, node: cst.CSTNode) -> Value:
    """`self.name`: what was stored, a method, or an attribute nobody saw being set."""
    stored = machine.heap.get((base.symbol, name))
    if stored is not None:
        return machine.resolve(stored)
    found = find_method(machine, base.definition, name)
    if found is not None:
        owner, method = found
        function = method_function(machine, owner, method, None)
        return bind_method(machine, function, base, node)
    return _unseen_attribute(machine, base, name)


def bind_method(
    machine: Interpreter, function: Value, receiver: Instance, node: cst.CSTNode
) -> Value:
    """A method looked up on an object: bound, or called where it is a property."""
    inner = function
    while isinstance(inner, (Transformed, Partial)):
        inner = inner.function
    if not isinstance(inner, Function) or _decorated(inner, "staticmethod"):
        return function
    bound = bound_to(function, receiver)
    if _decorated(inner, "property") or _decorated(inner, "cached_property"):
        return machine.apply(bound, [], {}, node)
    return bound


def _unseen_attribute(machine: Interpreter, base: Instance, name: str) -> Value:
    known = _fact(machine, base, name)
    if known is not None and not isinstance(known, (Key, KeyArray)):
        return known
    version = machine.symbols.versions.get(base.symbol, 0)
    owner = base.symbol
    while owner.op == "replaced" and isinstance(owner.args[0], Symbol):
        owner = owner.args[0]  # `self._replace(...)` keeps what it does not mention
        stored = machine.heap.get((owner, name))
        if stored is not None:
            return machine.resolve(stored)
    symbol = machine.symbols.make("attr", owner, name, version, name=f"self.{name}")
    if symbol.declared is None:
        declared = True if known is not None else _declared(machine, base.definition, name)
        symbol.declared = declared
    return Unknown(symbol)


def _declared(machine: Interpreter, definition: ClassDefinition, name: str) -> bool | None:
    for current in lineage(machine, definition):
        for each in current.fields:
            if each.name == name:
                return says_key(machine.catalogue, current.module, each.annotation)
    return None


def _fact(machine: Interpreter, base: Instance, name: str) -> Value | None:
    """What the constructor puts into an attribute, where that is a function, a key or a source."""
    where = (base.definition, name)
    if where in machine.names.facts:
        return machine.names.facts[where]
    machine.names.facts[where] = None
    for maker in CALLED_ONCE:
        found = find_method(machine, base.definition, maker)
        if found is None or f"self.{name}" not in found[1].segment.text:
            continue
        for value in _assigned(machine, base, name, *found):
            if isinstance(value, _FACTS):
                machine.names.facts[where] = value
                return value
    return None


def _assigned(
    machine: Interpreter, base: Instance, name: str, owner: ClassDefinition, method: Definition
) -> list[Value]:
    """Evaluate the right sides of `self.name = ...` in a constructor, quietly."""
    function = method.node
    assert isinstance(function, cst.FunctionDef)
    sources = _assignments(function.body).get(f"self.{name}", [])
    maker = Function(function, owner.module, method.segment, None, method.name, base, owner)
    frame = Frame(owner.module, method.segment, maker)
    machine.events.silent += 1
    try:
        with machine.enter(frame):
            frame.env = bind_arguments(machine, maker, [], {}, symbolic=True)
            return [machine.resolve(machine.evaluate(source)) for source in sources]
    finally:
        machine.events.silent -= 1


@lru_cache(maxsize=8)  # a constructor of thousands of attributes is asked for each of them
def _assignments(body: cst.CSTNode) -> Mapping[str, list[cst.BaseExpression]]:
    """The right sides of assignments to names and attributes, by what they are assigned to."""
    found: dict[str, list[cst.BaseExpression]] = {}
    waiting: list[cst.CSTNode] = [body]
    while waiting:
        current = waiting.pop()
        if isinstance(current, cst.Assign):
            for target in current.targets:
                found.setdefault(dotted_tree(target.target), []).append(current.value)
        elif isinstance(current, (cst.BaseSuite, cst.BaseStatement)):
            waiting += children(current)
    return found


def is_self(machine: Interpreter, value: Value) -> bool:
    """Whether `value` is the object whose method is running (as a root)."""
    return isinstance(value, Instance) and value.symbolic


def describe(value: Value) -> str:
    """A short name of a value for messages."""
    match value:
        case Instance(symbolic=True):
            return "self"
        case Instance(definition=definition):
            return definition.name
        case Unknown(symbol=symbol) if symbol is not None and symbol.name:
            return symbol.name
        case External(name=name):
            return name
        case _:
            return NAMELESS


def method_kind(function: Function) -> str:
    """`staticmethod`, `classmethod` or `method`."""
    for kind in ("staticmethod", "classmethod"):
        if _decorated(function, kind):
            return kind
    return "method"
