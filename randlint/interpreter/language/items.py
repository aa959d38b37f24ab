"""Items: indexing, slicing and unpacking of containers and key arrays."""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf

import libcst as cst

from randlint.findings import Confidence
from randlint.interpreter.domain.frames import segment_of
from randlint.interpreter.domain.identity import Index, KeyIdentity, View, key_name
from randlint.interpreter.domain.symbols import Const, Symbol, Unknown, Value, named
from randlint.interpreter.domain.values import (
    Choice,
    Instance,
    Key,
    KeyArray,
    Record,
    Sequence,
    labels_of,
)
from randlint.interpreter.events import KeyIndexed, Place
from randlint.interpreter.keys import escapes
from randlint.interpreter.keys.consuming import element
from randlint.interpreter.machine import numbering
from randlint.interpreter.machine.budget import LONG
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.symbols import Symbols
from randlint.interpreter.program import resolving

LONGEST_SUM = 4096  # items of a sequence that is made of others


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
            escapes.report_taken_apart(machine, base, node, "indexing")
            return Unknown()
        case Sequence() if only is not None:
            return _sequence_item(machine, base, only)
        case Instance() if isinstance(only, Const) and isinstance(only.value, int):
            return _field(machine, base, only.value)
        case Record() if isinstance(only, Const):
            found = base.items.get(only.value)
            return machine.resolve(Unknown(None, labels_of(base)) if found is None else found)
        case Record() if isinstance(only, Value):
            found = base.items.get(machine.symbols.of(only))
            return found if found is not None else Unknown(None, labels_of(base))
        case Unknown():
            return _unknown_item(machine, base, indices)
        case _:
            known = [each for each in indices if isinstance(each, Value)]
            return Unknown(None, labels_of(base) | machine.labels(known))


def _field(machine: Interpreter, base: Instance, position: int) -> Value:
    """A named tuple's item is its field."""
    names = [each.name for each in resolving.all_fields(machine, base.definition)]
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
        number = numbering.number_of(machine, index)
        if number is not None:
            return _sequence_item(machine, base, Const(number))
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
    number = numbering.number_of(machine, value)
    if number is not None:
        return number
    if isinstance(value, Const):
        return ("constant", value.value)
    return machine.symbols.of(value)


def _array_item(
    machine: Interpreter, base: KeyArray, indices: list[Value | _Slice], node: cst.Subscript
) -> Value:
    labels = machine.labels([each for each in indices if isinstance(each, Value)])
    first = indices[0]
    if isinstance(first, tuple) and len(indices) == 1:
        return _array_slice(machine, base, first)
    if len(indices) > 1 or isinstance(first, tuple) or base.shaped:
        parts = tuple(
            index_of(machine, each)
            if isinstance(each, Value)
            else _slice_symbol(machine.symbols, each)
            for each in indices
        )
        found = element(machine, base, ("item", *parts), labels)
        return KeyArray(found.identity, base.made, None, labels=found.labels, shaped=True)
    if isinstance(first, Const) and first.value is None:
        return base
    index = index_of(machine, first)
    if isinstance(index, int) and base.size is not None:
        inside = -base.size <= index < base.size
        if not inside and not isinstance(first, Const):
            return element(
                machine, base, machine.symbols.of(first), labels
            )  # no turn may get there
        if not inside:
            _out_of_bounds(machine, base, index, node)
            return Key(KeyIdentity(base.identity.origin, certain=True), base.made, base.labels)
        if index < 0:
            index += base.size
    return element(machine, base, index, labels)


def _slice_symbol(symbols: Symbols, parts: _Slice) -> tuple[object, ...]:
    return ("slice", *(symbols.of(part) if part else None for part in parts))


def _out_of_bounds(machine: Interpreter, base: KeyArray, index: int, node: cst.CSTNode) -> None:
    assert base.size is not None
    machine.events.emit(
        KeyIndexed(
            machine.place(node),
            Confidence.HIGH,
            key_name(base.identity),
            base.size,
            index,
            0,
            Place(base.made.node, segment_of(base.made.node, base.made.frame)),
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
    found = element(machine, base, _slice_symbol(machine.symbols, parts), frozenset())
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
        index_of(machine, each) if isinstance(each, Value) else _slice_symbol(machine.symbols, each)
        for each in indices
    )
    index: Index = parts[0] if len(parts) == 1 else ("item", *parts)
    stored = machine.heap.get((symbol, index))
    if stored is not None:
        return machine.resolve(stored)
    labels = base.labels | machine.labels([x for x in indices if isinstance(x, Value)])
    return Unknown(item_symbol(machine.symbols, symbol, index), labels)


def item_symbol(symbols: Symbols, base: Symbol, index: Index) -> Symbol:
    """The symbol of an item of something unknown."""
    shown = index if isinstance(index, int) else "..."
    if isinstance(index, tuple) and len(index) == 2 and index[0] == "constant":
        shown = repr(index[1])
    return symbols.make("item", base, index, name=f"{base.name}[{shown}]" if base.name else "")


def joined(machine: Interpreter, items: SequenceOf[Value], mutable: bool) -> Sequence:
    """A sequence made of others: `t = t + t` in thirty lines would be a thousand million items."""
    machine.budget.step(len(items) // LONG)
    if len(items) <= LONGEST_SUM:
        return Sequence(tuple(items), None, mutable)
    rest = Unknown(None, machine.labels(items[LONGEST_SUM:]))
    return Sequence(tuple(items[:LONGEST_SUM]), rest, mutable)


def known_items(machine: Interpreter, value: Value) -> list[Value] | None:
    """The items of a container whose length is known."""
    match machine.resolve(value):
        case Sequence(items=items, rest=None):
            return list(items)
        case KeyArray(size=int(size)) as array if size <= 64 and not array.shaped:
            return [element(machine, array, i, frozenset()) for i in range(size)]
        case Record(items=entries, open=False):
            return list(map(named, entries))
        case _:
            return None


def item_at(machine: Interpreter, value: Value, position: int) -> Value:
    """Item `position` of something that is being unpacked."""
    match value:
        case Choice():
            return machine.per_option(value, lambda one: item_at(machine, one, position))
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
            return named(list(value.items)[position])
        case Unknown():
            symbol = item_symbol(machine.symbols, value.identity(), position)
            stored = machine.heap.get((value.identity(), position))
            return stored if stored is not None else Unknown(symbol, value.labels)
        case _:
            return Unknown(None, labels_of(value))


def middle(machine: Interpreter, value: Value, before: int, after: int) -> Value:
    """What a starred target takes: everything but `before` and `after` items."""
    match value:
        case Choice():
            return machine.per_option(value, lambda one: middle(machine, one, before, after))
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
