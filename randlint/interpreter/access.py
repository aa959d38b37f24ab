"""Reading and writing: names, attributes, items, and assignment targets."""

from __future__ import annotations

import builtins
from collections.abc import Sequence as SequenceOf

import libcst as cst

from randlint.findings import Confidence
from randlint.interpreter import naming
from randlint.interpreter.core import Interpreter
from randlint.interpreter.events import (
    ConsumedKeyEscaped,
    KeyEscapedTrace,
    KeyIndexed,
    Place,
    RawKeyTakenApart,
)
from randlint.interpreter.identity import Index, KeyIdentity, View, key_name
from randlint.interpreter.labels import without_derivative
from randlint.interpreter.ledger import element
from randlint.interpreter.paths import contradict
from randlint.interpreter.reading import note_bound, note_read
from randlint.interpreter.state import Frame, Trace
from randlint.interpreter.values import (
    Choice,
    Class,
    Const,
    External,
    Instance,
    Key,
    KeyArray,
    Method,
    Record,
    Sequence,
    Source,
    Symbol,
    Transformed,
    Unknown,
    Value,
    labels_of,
)

_BUILTINS = frozenset(dir(builtins))
_LEAKING = (Trace.JIT, Trace.TRANSFORM)
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
            note_read(machine, frame, name, value)
            value = machine.resolve(value)
            if frame is not machine.frame:
                return _closed_over(machine, frame, value)
            return value
        frame = frame.closure
    return naming.global_value(machine, name)


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
            return naming.instance_attribute(machine, base, name, node)
        case Class():
            return naming.class_attribute(machine, base, name)
        case Unknown():
            return _unknown_attribute(machine, base, name)
        case KeyArray() | Key():
            return base if name in _RESHAPING else Method(base, name)
        case Source():
            return base  # `rngs.params` is a stream of keys like `rngs`
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
    version = machine.versions.get(symbol, 0)
    full = f"{symbol.name}.{name}" if symbol.name else name
    return Unknown(machine.symbol("attr", symbol, name, version, name=full), labels)


def store_attribute(
    machine: Interpreter, base: Value, name: str, value: Value, node: cst.CSTNode
) -> None:
    """`base.name = value`."""
    symbol = machine.symbol_of(base)
    if isinstance(base, Instance) and naming.find_method(machine, base.definition, name):
        machine.versions[symbol] = machine.versions.get(symbol, 0) + 1  # a property's setter
    else:
        machine.heap[(symbol, name)] = value
    frame = machine.frame
    outermost = naming.is_self(machine, base)
    report_escape(machine, value, node, f"{naming.describe(base)}.{name}")
    if outermost and frame.trace in _LEAKING and _is_new_key(value):
        function = frame.function.name if frame.function else "module"
        machine.emit(
            KeyEscapedTrace(
                machine.place(node), Confidence.HIGH, f"{naming.describe(base)}.{name}", function
            )
        )


def _is_new_key(value: Value) -> bool:
    if isinstance(value, (Key, KeyArray)):
        return value.identity.parent is not None or value.identity.container is not None
    return False


def report_escape(machine: Interpreter, value: Value, node: cst.CSTNode, target: str) -> None:
    """A key that was already consumed is put where later code will find it."""
    match value:
        case Key() | KeyArray() | Unknown():
            identity = _known_identity(machine, value)
            if identity is None:
                return
            for use in identity.uses:
                if (
                    naming.is_evident(use)
                    and not contradict(use.path, machine.path)
                    and _inside(use.frame, machine.frame)
                ):
                    machine.emit(
                        ConsumedKeyEscaped(
                            machine.place(node),
                            Confidence.HIGH if identity.certain else Confidence.LOW,
                            key_name(identity),
                            target,
                            Place(use.node, naming.segment_of(use.node, use.frame)),
                            use.callee,
                        )
                    )
                    return
        case Sequence():
            for item in value.items:
                report_escape(machine, item, node, target)
        case Record():
            for item in value.items.values():
                report_escape(machine, item, node, target)
        case Choice():
            for path, option in tuple(machine.options(value)):
                with machine.assuming(path):
                    report_escape(machine, option, node, target)
        case _:
            pass


def _inside(frame: Frame | None, outer: Frame) -> bool:
    """Whether `frame` runs on behalf of `outer`."""
    while frame is not None:
        if frame is outer:
            return True
        frame = frame.parent
    return False


def _known_identity(machine: Interpreter, value: Key | KeyArray | Unknown) -> KeyIdentity | None:
    if isinstance(value, (Key, KeyArray)):
        return value.identity
    if value.symbol is None:
        return None
    return machine.identities.get(("symbol", value.symbol))


# --- items


def subscript(machine: Interpreter, base: Value, node: cst.Subscript) -> Value:
    """`base[...]`."""
    indices = [_index_value(machine, part.slice) for part in node.slice]
    if isinstance(base, Choice):
        return machine.per_option(base, lambda one: _item(machine, one, indices, node))
    return _item(machine, base, indices, node)


_Slice = tuple[Value | None, Value | None, Value | None]


def _index_value(machine: Interpreter, node: cst.BaseSlice) -> Value | _Slice:
    if isinstance(node, cst.Index):
        return machine.resolve(machine.evaluate(node.value))
    assert isinstance(node, cst.Slice)
    parts = [machine.evaluate(x) if x else None for x in (node.lower, node.upper, node.step)]
    return parts[0], parts[1], parts[2]


def _item(
    machine: Interpreter, base: Value, indices: list[Value | _Slice], node: cst.Subscript
) -> Value:
    only = indices[0] if len(indices) == 1 else None
    match base:
        case KeyArray():
            return _array_item(machine, base, indices, node)
        case Key() if isinstance(only, Const) and (only.value is None or only.value is ...):
            return base  # a new axis, or everything
        case Key() if base.identity.root().raw and isinstance(only, (Const, tuple)):
            machine.emit(
                RawKeyTakenApart(
                    machine.place(node), Confidence.HIGH, key_name(base.identity), "indexing"
                )
            )
            return Unknown()
        case Sequence() if only is not None:
            return _sequence_item(machine, base, only)
        case Instance() if isinstance(only, Const) and isinstance(only.value, int):
            return _field(machine, base, only.value)
        case Record() if isinstance(only, Const):
            return machine.resolve(base.items.get(only.value, Unknown(None, labels_of(base))))
        case Record() if isinstance(only, Value):
            found = base.items.get(machine.symbol_of(only))
            return found if found is not None else Unknown(None, labels_of(base))
        case Unknown():
            return _unknown_item(machine, base, indices)
        case _:
            known = [each for each in indices if isinstance(each, Value)]
            return Unknown(None, labels_of(base) | machine.labels(known))


def _field(machine: Interpreter, base: Instance, position: int) -> Value:
    """A named tuple's item is its field."""
    names = [each.name for each in naming.all_fields(machine, base.definition)]
    if -len(names) <= position < len(names):
        return machine.resolve(machine.heap.get((base.symbol, names[position]), Unknown()))
    return Unknown()


def _sequence_item(machine: Interpreter, base: Sequence, index: Value | _Slice) -> Value:
    if isinstance(index, Const) and isinstance(index.value, int):
        position = int(index.value)
        count = len(base.items)
        if base.rest is None and -count <= position < count:
            return machine.resolve(base.items[position])
        if base.rest is not None and 0 <= position < count:
            return machine.resolve(base.items[position])
        return Unknown(None, labels_of(base))
    if isinstance(index, Value):
        return Unknown(None, labels_of(base) | labels_of(index))
    if isinstance(index, tuple) and base.rest is None:
        bounds = [_constant_int(part) for part in index]
        if None not in [
            bound for bound, part in zip(bounds, index, strict=True) if part is not None
        ]:
            return Sequence(base.items[slice(*bounds)], None, base.mutable)
    return Unknown(None, labels_of(base))


def _constant_int(value: Value | None) -> int | None:
    if isinstance(value, Const) and isinstance(value.value, int):
        return int(value.value)
    return None


def index_of(machine: Interpreter, value: Value) -> Index:
    """A value as an index: an int where it is one, else what symbolises it."""
    if isinstance(value, Const):
        if isinstance(value.value, int) and not isinstance(value.value, bool):
            return value.value
        return ("constant", value.value)
    return machine.symbol_of(value)


def _array_item(
    machine: Interpreter, base: KeyArray, indices: list[Value | _Slice], node: cst.Subscript
) -> Value:
    labels = machine.labels([each for each in indices if isinstance(each, Value)])
    first = indices[0]
    if isinstance(first, tuple) and len(indices) == 1:
        return _array_slice(machine, base, first)
    if len(indices) > 1 or isinstance(first, tuple) or base.shaped:
        parts = tuple(
            index_of(machine, each) if isinstance(each, Value) else _slice_symbol(machine, each)
            for each in indices
        )
        found = element(machine, base, ("item", *parts), labels)
        return KeyArray(found.identity, base.made, None, labels=found.labels, shaped=True)
    if isinstance(first, Const) and first.value is None:
        return base
    index = index_of(machine, first)
    if isinstance(index, int) and base.size is not None:
        if not -base.size <= index < base.size:
            _out_of_bounds(machine, base, index, node)
            return Key(KeyIdentity(base.identity.origin, certain=True), base.made, base.labels)
        if index < 0:
            index += base.size
    return element(machine, base, index, labels)


def _slice_symbol(machine: Interpreter, parts: _Slice) -> tuple[object, ...]:
    return ("slice", *(machine.symbol_of(part) if part else None for part in parts))


def _out_of_bounds(machine: Interpreter, base: KeyArray, index: int, node: cst.CSTNode) -> None:
    assert base.size is not None
    machine.emit(
        KeyIndexed(
            machine.place(node),
            Confidence.HIGH,
            key_name(base.identity),
            base.size,
            index,
            0,
            Place(base.made.node, naming.segment_of(base.made.node, base.made.frame)),
        )
    )


def _array_slice(machine: Interpreter, base: KeyArray, parts: _Slice) -> Value:
    lower, upper, step = parts
    if lower is None and upper is None and step is None:
        return base
    start = 0 if lower is None else _constant_int(lower)
    stop = base.size if upper is None else _constant_int(upper)
    known = step is None and start is not None and (stop is not None or upper is None)
    if known and base.size is not None and not base.shaped:
        first, last, _ = slice(start, stop).indices(base.size)
        return _view(machine, base, base.start + first, max(0, last - first))
    if known and start is not None and start >= 0 and (stop is None or stop >= 0):
        size = None if stop is None else max(0, stop - start)
        return _view(machine, base, base.start + start, size)
    # Bounds nobody knows: assume that what is written differently does not overlap.
    found = element(machine, base, _slice_symbol(machine, parts), frozenset())
    return KeyArray(found.identity, base.made, None, labels=base.labels, shaped=base.shaped)


def _view(machine: Interpreter, array: KeyArray, start: int, size: int | None) -> KeyArray:
    """Elements `start` to `start + size` of the array behind `array`, as an array of its own."""
    base = array.base or array.identity
    found = element(machine, KeyArray(base, array.made), View(start, size), frozenset())
    return KeyArray(
        found.identity,
        array.made,
        size,
        start=start,
        labels=array.labels,
        base=base,
        shaped=array.shaped,
    )


def _unknown_item(machine: Interpreter, base: Unknown, indices: list[Value | _Slice]) -> Value:
    symbol = base.identity()
    parts = tuple(
        index_of(machine, each) if isinstance(each, Value) else _slice_symbol(machine, each)
        for each in indices
    )
    index: Index = parts[0] if len(parts) == 1 else ("item", *parts)
    stored = machine.heap.get((symbol, index))
    if stored is not None:
        return machine.resolve(stored)
    labels = base.labels | machine.labels([x for x in indices if isinstance(x, Value)])
    return Unknown(item_symbol(machine, symbol, index), labels)


def item_symbol(machine: Interpreter, base: Symbol, index: Index) -> Symbol:
    """The symbol of an item of something unknown."""
    shown = index if isinstance(index, int) else "..."
    if isinstance(index, tuple) and len(index) == 2 and index[0] == "constant":
        shown = repr(index[1])
    return machine.symbol("item", base, index, name=f"{base.name}[{shown}]" if base.name else "")


def known_items(machine: Interpreter, value: Value) -> list[Value] | None:
    """The items of a container whose length is known."""
    match machine.resolve(value):
        case Sequence(items=items, rest=None):
            return list(items)
        case KeyArray(size=int(size)) as array if size <= 64 and not array.shaped:
            return [element(machine, array, i, frozenset()) for i in range(size)]
        case Record(items=entries, open=False):
            return [Const(name) for name in entries]
        case _:
            return None


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
    if frame.trace in _LEAKING and _is_new_key(value) and source is not None:
        function = frame.function.name if frame.function else "module"
        machine.emit(KeyEscapedTrace(machine.place(source), Confidence.HIGH, name, function))
    owner = frame.closure
    while owner is not None:
        if name in owner.env:
            owner.env[name] = value
            return
        owner = owner.closure
    machine.globals[(frame.module.filename, name)] = value


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
            piece = _middle(machine, value, position, len(elements) - position - 1)
        else:
            back = star is not None and position > star
            piece = part(machine, value, position - len(elements) if back else position)
        assign(machine, each.value, piece, source)


def part(machine: Interpreter, value: Value, position: int) -> Value:
    """Item `position` of something that is being unpacked."""
    match value:
        case Choice():
            return machine.per_option(value, lambda one: part(machine, one, position))
        case Sequence():
            return _sequence_item(machine, value, Const(position))
        case Instance():
            return _field(machine, value, position)
        case KeyArray() if not value.shaped:
            if position < 0 and value.size is not None:
                position += value.size
            return element(machine, value, position, frozenset())
        case KeyArray():
            found = element(machine, value, position, frozenset())
            return KeyArray(found.identity, value.made, labels=value.labels, shaped=True)
        case Record(open=False) if 0 <= position < len(value.items):
            return Const(list(value.items)[position])
        case Unknown():
            symbol = item_symbol(machine, value.identity(), position)
            stored = machine.heap.get((value.identity(), position))
            return stored if stored is not None else Unknown(symbol, value.labels)
        case _:
            return Unknown(None, labels_of(value))


def _middle(machine: Interpreter, value: Value, before: int, after: int) -> Value:
    match value:
        case Choice():
            return machine.per_option(value, lambda one: _middle(machine, one, before, after))
        case Sequence(rest=None):
            stop = len(value.items) - after
            return Sequence(value.items[before:stop], None, mutable=True)
        case KeyArray() if not value.shaped:
            size = None if value.size is None else value.size - before - after
            if size is None and after:
                return Unknown(None, value.labels)
            return _view(machine, value, value.start + before, size)
        case _:
            return Unknown(None, labels_of(value))


def _check_count(
    machine: Interpreter,
    target: cst.CSTNode,
    wanted: int,
    starred: bool,
    value: Value,
    source: cst.CSTNode | None,
) -> None:
    if isinstance(value, Key) and value.identity.root().raw and source is not None:
        machine.emit(
            RawKeyTakenApart(
                machine.place(source), Confidence.HIGH, key_name(value.identity), "unpacking"
            )
        )
    if not isinstance(value, KeyArray) or value.size is None or value.shaped or source is None:
        return
    if (value.size < wanted - 1) if starred else (value.size != wanted):
        machine.emit(
            KeyIndexed(
                machine.place(source),
                Confidence.HIGH,
                key_name(value.identity),
                value.size,
                None,
                wanted,
                Place(value.made.node, naming.segment_of(value.made.node, value.made.frame)),
            )
        )


def _store_item(machine: Interpreter, target: cst.Subscript, value: Value) -> None:
    base = machine.evaluate(target.value)
    if len(target.slice) != 1 or not isinstance(target.slice[0].slice, cst.Index):
        return
    index = machine.resolve(machine.evaluate(target.slice[0].slice.value))
    match base:
        case Record() if isinstance(index, Const):
            rebind(machine, target.value, Record({**base.items, index.value: value}, base.open))
        case Record():
            name = machine.symbol_of(index)
            rebind(machine, target.value, Record({**base.items, name: value}, base.open))
        case Sequence() if isinstance(index, Const) and isinstance(index.value, int):
            items = list(base.items)
            if -len(items) <= index.value < len(items):
                items[index.value] = value
                rebind(machine, target.value, Sequence(tuple(items), base.rest, base.mutable))
        case Unknown():
            machine.heap[(base.identity(), index_of(machine, index))] = value
        case _:
            pass


def rebind(machine: Interpreter, target: cst.CSTNode, value: Value) -> None:
    """Put a mutated container back where it came from."""
    match target:
        case cst.Name(value=name):
            frame: Frame | None = machine.frame
            while frame is not None:
                if name in frame.env:
                    frame.env[name] = value
                    return
                frame = frame.closure
        case cst.Attribute():
            with_base = machine.evaluate(target.value)
            machine.heap[(machine.symbol_of(with_base), target.attr.value)] = value
        case _:
            pass


def is_builtin(name: str) -> bool:
    """Whether `name` is a builtin of Python."""
    return name in _BUILTINS
