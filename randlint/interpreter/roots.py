"""What of a file is run for itself, with a symbol for everything that comes from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from randlint.catalogue import Catalogue, for_roots, with_models
from randlint.findings import Location, Position
from randlint.interpreter.domain.definitions import ClassDefinition, Definition, Module
from randlint.interpreter.domain.frames import Frame, Trace
from randlint.interpreter.domain.names import called_once
from randlint.interpreter.domain.symbols import Symbol, Unknown, Value
from randlint.interpreter.domain.values import Class, Instance, innermost
from randlint.interpreter.end_of_root import finish_module
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.program import inheritance, resolving
from randlint.interpreter.program.signatures import bound_to, parameter_symbol


@dataclass(slots=True)
class Root:
    """A piece of code that is run for itself: a function, a method, the module's own code."""

    module: Module
    catalogue: Catalogue
    definition: Definition | None = None
    owner: ClassDefinition | None = None

    def matters(self) -> bool:
        """Whether the code of the root can draw, derive, or hand on a key by itself."""
        assert self.definition is not None
        segment = self.definition.segment
        traces = self.owner is not None and called_once(self.definition.name)
        # A constructor that wraps a method for tracing matters although it draws nothing itself.
        if traces and segment.may_trace:
            return True
        return self.module.matters(segment)

    def where(self) -> tuple[int, str]:
        """What summaries are known by."""
        assert self.definition is not None
        return self.definition.segment.first, self.definition.name

    def location(self, filename: str) -> Location:
        """Where it begins."""
        start = Position(1 if self.definition is None else self.definition.segment.first, 1)
        return Location(filename, start, start)

    def lines(self) -> int:
        """How long it is."""
        if self.definition is None:
            return len(self.module.statements)
        return self.definition.segment.last - self.definition.segment.first + 1

    def shown(self) -> str:
        """What a user calls it."""
        if self.definition is None:
            return "the module's own code"
        if not self.definition.name:
            return "the body of a class"
        name = self.definition.name
        return f"`{name}`" if self.owner is None else f"`{self.owner.name}.{name}`"

    def interpret(self, machine: Interpreter) -> None:
        """Run it with a symbol for every parameter."""
        frame = resolving.module_frame(machine.names, self.module)
        with machine.enter(frame):
            if self.definition is None:
                self._run_module(machine, frame)
            elif not isinstance(self.definition.node, cst.FunctionDef):
                frame.segment = self.definition.segment  # a statement in a class body
                machine.execute([self.definition.node])
            elif self.owner is None:
                value = resolving.define_global(machine, self.module, self.definition)
                _call_root(machine, value)
            else:
                _call_method_root(machine, self.owner, self.definition)

    def _run_module(self, machine: Interpreter, frame: Frame) -> None:
        for statement in self.module.statements:
            segment = statement.segment
            if not (segment.may_trace or self.module.reaches_draws(segment)):
                continue
            frame.segment = segment
            if not machine.execute(segment.body):
                return
        finish_module(machine, frame)


def catalogue_of(module: Module, models: Mapping[str, object] | None) -> Catalogue:
    """The catalogue as far as it concerns a module, with the user's own models."""
    catalogue = for_roots(module.roots())
    return with_models(catalogue, models) if models else catalogue


def roots_of(module: Module, catalogue: Catalogue) -> Iterator[Root]:
    """The roots of a module that can matter."""
    if any(statement.segment.may_trace for statement in module.statements):
        yield Root(module, catalogue)
    for owner in module.classes.values():
        for definition in owner.statements:
            if definition.segment.relevant:
                yield Root(module, catalogue, definition)
    yield from _callables(module, catalogue)


def _callables(module: Module, catalogue: Catalogue) -> Iterator[Root]:
    """Functions and methods that mention randomness, or something of this file that draws."""
    functions = [*module.functions.values(), *module.redefined]
    candidates = [Root(module, catalogue, each) for each in functions]
    for owner in module.classes.values():
        candidates += [Root(module, catalogue, each, owner) for each in owner.methods.values()]
    yield from (root for root in candidates if root.matters())


def _call_root(machine: Interpreter, value: Value, trace: Trace | None = None) -> None:
    """Call a root with a symbol for every parameter."""
    function = innermost(value)
    if function is None:
        return
    skip = 1 if function.bound is not None else 0
    parameters = function.node.params
    positional = [*parameters.posonly_params, *parameters.params][skip:]
    args = [parameter_symbol(machine, function, each) for each in positional]
    kwargs: dict[str, Value] = {
        each.name.value: parameter_symbol(machine, function, each)
        for each in parameters.kwonly_params
    }
    kwargs["*"] = Unknown()
    machine.stack.entering = (trace, None) if trace is not None else None
    machine.summaries.subject = function
    machine.apply(value, args, kwargs, function.node)


def _call_method_root(machine: Interpreter, owner: ClassDefinition, method: Definition) -> None:
    value = resolving.method_function(machine, owner, method, None)
    function = innermost(value)
    if function is None:
        return
    kind = resolving.method_kind(function)
    if kind == "staticmethod":
        _call_root(machine, value)
        return
    if kind == "classmethod":
        _call_root(machine, bound_to(value, Class(owner)))
        return
    symbol = Symbol("param", (), "self")
    instance = Instance(owner, symbol, symbolic=True)
    trace = Trace.MODULE if inheritance.runs_traced(machine, owner, method.name) else None
    _call_root(machine, bound_to(value, instance), trace)
