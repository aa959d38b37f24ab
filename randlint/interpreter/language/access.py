"""Reading and writing: names, attributes, items, and assignment targets."""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf

import libcst as cst

from randlint.findings import Confidence
from randlint.interpreter.domain.frames import Frame, Trace, segment_of
from randlint.interpreter.domain.identity import key_name
from randlint.interpreter.domain.labels import without_derivative
from randlint.interpreter.domain.symbols import Const, Symbol, Unknown, Value
from randlint.interpreter.domain.values import (
    Choice,
    Class,
    External,
    Instance,
    Key,
    KeyArray,
    Method,
    Record,
    Sampled,
    Sequence,
    Source,
    Super,
    Transformed,
)
from randlint.interpreter.events import KeyEscapedTrace, KeyIndexed, Place
from randlint.interpreter.gradients import network_parameters
from randlint.interpreter.keys import escapes
from randlint.interpreter.keys.unused import NOTED, note_bound, note_read
from randlint.interpreter.language.items import index_of, item_at, middle
from randlint.interpreter.language.mutation import set_entries, set_items
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.labelling import with_labels
from randlint.interpreter.program import resolving, superclasses

# What an array knows without its numbers: no derivative passes here.
_STATIC = frozenset({"shape", "ndim", "dtype", "size", "aval", "sharding", "weak_type"})
# The label of a key that a traced function closes over.
CLOSED_OVER = "closed over"
# Methods of an array that give the same keys in another shape.
_RESHAPING = frozenset({"T", "mT", "at"})


# --- names


def lookup(machine: Interpreter, name: str) -> Value:
    """The value a name has here: local, enclosing, global, builtin."""
    frame: Frame | None = machine.frame
    while frame is not None:
        value = frame.env.get(name)
        if value is not None:
            if frame.pending.parameters or type(value) in NOTED:
                note_read(machine.ledger, frame, name, value)
            if type(value) is Choice:
                value = machine.resolve(value)
            if frame is not machine.frame:
                return _closed_over(machine, frame, value)
            return value
        frame = frame.closure
    return resolving.global_value(machine, name)


def _closed_over(machine: Interpreter, owner: Frame, value: Value) -> Value:
    """A key that a traced function takes from an untraced one is a constant of the trace."""
    traced = machine.frame.trace is Trace.JIT and owner.trace is not Trace.JIT
    if traced and isinstance(value, Key):
        return Key(value.identity, value.made, value.labels | {CLOSED_OVER})
    return value


# --- attributes


def attribute(machine: Interpreter, base: Value, name: str, node: cst.CSTNode) -> Value:
    """`base.name`."""
    match base:
        case External():
            return External(f"{base.name}.{name}")
        case Choice():
            return machine.per_option(base, lambda one: attribute(machine, one, name, node))
        case Instance():
            found = resolving.instance_attribute(machine, base, name, node)
            if not base.labels or (base.symbol, name) in machine.heap:
                return found
            network_parameters.note_field(machine, base, name, found)
            return with_labels(machine, found, base.labels)
        case Class():
            return resolving.class_attribute(machine, base, name)
        case Super():
            return superclasses.super_attribute(machine, base, name, node)
        case Unknown():
            known = network_parameters.as_object(machine, base)
            if known is not None:
                return attribute(machine, known, name, node)
            return _unknown_attribute(machine, base, name)
        case KeyArray() | Key():
            return base if name in _RESHAPING else Method(base, name)
        case Source():
            return base  # `rngs.params` is a stream of keys like `rngs`
        case Sampled():
            return Unknown(None, base.labels)  # one of its parameters
        case Sequence() | Record() | Const() | Transformed():
            return Method(base, name)
        case _:
            return Unknown()


def _unknown_attribute(machine: Interpreter, base: Unknown, name: str) -> Value:
    symbol = base.identity()
    labels = without_derivative(base.labels) if name in _STATIC else base.labels
    stored = machine.heap.get((symbol, name))
    while stored is None and symbol.op == "replaced":
        above = symbol.args[0]
        assert isinstance(above, Symbol)
        symbol, stored = above, machine.heap.get((above, name))
    if stored is not None:
        return machine.resolve(stored)
    version = machine.symbols.versions.get(symbol, 0)
    full = f"{symbol.name}.{name}" if symbol.name else name
    return Unknown(machine.symbols.make("attr", symbol, name, version, name=full), labels)


def store_attribute(
    machine: Interpreter, base: Value, name: str, value: Value, node: cst.CSTNode
) -> None:
    """`base.name = value`."""
    symbol = machine.symbols.of(base)
    if isinstance(base, Instance) and resolving.find_method(machine, base.definition, name):
        machine.symbols.versions[symbol] = (
            machine.symbols.versions.get(symbol, 0) + 1
        )  # a property's setter
    else:
        machine.store(symbol, name, value)
    frame = machine.frame
    outermost = resolving.is_self(machine, base)
    escapes.report_escape(machine, value, node, f"{resolving.describe(base)}.{name}")
    if outermost and escapes.leaks(machine, value):
        function = frame.function.name if frame.function else "module"
        machine.events.emit(
            KeyEscapedTrace(
                machine.place(node), Confidence.HIGH, f"{resolving.describe(base)}.{name}", function
            )
        )


# --- items


# --- assignment


def assign(
    machine: Interpreter, target: cst.CSTNode, value: Value, source: cst.CSTNode | None
) -> None:
    """Bind a target: a name, an attribute, an item, or a pattern of them."""
    match target:
        case cst.Name(value=name):
            bind(machine, name, value, source)
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            _unpack(machine, target, elements, value, source)
        case cst.Attribute():
            base = machine.evaluate(target.value)
            store_attribute(machine, base, target.attr.value, value, target)
        case cst.Subscript():
            _store_item(machine, target, value)
        case cst.StarredElement():
            assign(machine, target.value, value, source)
        case _:
            pass


def bind(machine: Interpreter, name: str, value: Value, source: cst.CSTNode | None = None) -> None:
    """`name = value`, in the frame that owns the name."""
    frame = machine.frame
    if name in frame.outer:
        _bind_outer(machine, name, value, source)
        return
    frame.env[name] = value
    note_bound(machine, frame, name, value, source)


def _bind_outer(machine: Interpreter, name: str, value: Value, source: cst.CSTNode | None) -> None:
    frame = machine.frame
    if source is not None and escapes.leaks(machine, value):
        function = frame.function.name if frame.function else "module"
        machine.events.emit(KeyEscapedTrace(machine.place(source), Confidence.HIGH, name, function))
    owner = frame.closure
    while owner is not None:
        if name in owner.env:
            owner.env[name] = value
            return
        owner = owner.closure
    machine.names.globals[(frame.module.filename, name)] = value


def _unpack(
    machine: Interpreter,
    target: cst.CSTNode,
    elements: SequenceOf[cst.BaseElement],
    value: Value,
    source: cst.CSTNode | None,
) -> None:
    value = machine.resolve(value)
    stars = [i for i, each in enumerate(elements) if isinstance(each, cst.StarredElement)]
    star = stars[0] if stars else None
    _check_count(machine, target, len(elements), star is not None, value, source)
    for position, each in enumerate(elements):
        if position == star:
            piece = middle(machine, value, position, len(elements) - position - 1)
        else:
            back = star is not None and position > star
            piece = item_at(machine, value, position - len(elements) if back else position)
        assign(machine, each.value, piece, source)


def _check_count(
    machine: Interpreter,
    target: cst.CSTNode,
    wanted: int,
    starred: bool,
    value: Value,
    source: cst.CSTNode | None,
) -> None:
    if isinstance(value, Key) and value.identity.root().raw and source is not None:
        escapes.report_taken_apart(machine, value, source, "unpacking")
    if isinstance(value, Choice) and value.options:  # what a split of either of two keys gives
        arrays = [each for _, each in value.options if isinstance(each, KeyArray)]
        if len(arrays) == len(value.options) and len({each.size for each in arrays}) == 1:
            value = arrays[0]
    if not isinstance(value, KeyArray) or value.size is None or value.shaped or source is None:
        return
    if (value.size < wanted - 1) if starred else (value.size != wanted):
        machine.events.emit(
            KeyIndexed(
                machine.place(source),
                Confidence.HIGH,
                key_name(value.identity),
                value.size,
                None,
                wanted,
                Place(value.made.node, segment_of(value.made.node, value.made.frame)),
            )
        )


def _store_item(machine: Interpreter, target: cst.Subscript, value: Value) -> None:
    base = machine.evaluate(target.value)
    if len(target.slice) != 1 or not isinstance(target.slice[0].slice, cst.Index):
        return
    index = machine.resolve(machine.evaluate(target.slice[0].slice.value))
    for _, option in tuple(machine.options(base)):
        _set_item(machine, option, index, value)


def _set_item(machine: Interpreter, base: Value, index: Value, value: Value) -> None:
    match base:
        case Record():
            name = index.value if isinstance(index, Const) else machine.symbols.of(index)
            set_entries(machine, base, {**base.items, name: value}, is_open=base.open)
        case Sequence() if isinstance(index, Const) and isinstance(index.value, int):
            items = list(base.items)
            if -len(items) <= index.value < len(items):
                items[index.value] = value
                set_items(machine, base, items, base.rest)
        case Unknown():
            machine.store(base.identity(), index_of(machine, index), value)
        case _:
            pass


def delete_item(machine: Interpreter, target: cst.Subscript) -> None:
    """`del base[index]`."""
    base = machine.evaluate(target.value)
    if len(target.slice) != 1 or not isinstance(target.slice[0].slice, cst.Index):
        return
    index = machine.resolve(machine.evaluate(target.slice[0].slice.value))
    for _, option in tuple(machine.options(base)):
        match option:
            case Record(items=items):
                name = index.value if isinstance(index, Const) else machine.symbols.of(index)
                left = {each: value for each, value in items.items() if each != name}
                set_entries(machine, option, left, is_open=option.open)
            case Sequence(items=members, rest=None):
                if isinstance(index, Const) and isinstance(index.value, int):
                    at = index.value
                    if -len(members) <= at < len(members):
                        kept = list(members)
                        del kept[at]
                        set_items(machine, option, kept)
            case _:
                pass


def is_builtin(name: str) -> bool:
    """Whether `name` is a builtin of Python."""
    return name in resolving.BUILTINS
