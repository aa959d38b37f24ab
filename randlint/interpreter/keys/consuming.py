"""Deriving and consuming keys.

The facts about collisions are measured (DESIGN 9): `split(k, n)[i]` equals `fold_in(k, i)`, so both
give one identity here; a second `split` of one key gives identities of its own, because the reuse
of the parent is already reported and should not be reported again for every child.
"""

from __future__ import annotations

import libcst as cst

from randlint.findings import Confidence
from randlint.interpreter.domain.identity import (
    Each,
    Index,
    KeyIdentity,
    Made,
    Origin,
    Picked,
    Seed,
    Use,
    UseKind,
    clashes,
    key_name,
)
from randlint.interpreter.domain.names import keylike
from randlint.interpreter.domain.symbols import Const, Labels, Symbol, Unknown, Value
from randlint.interpreter.domain.values import Choice, Key, KeyArray, Sequence
from randlint.interpreter.events import KeySharedAcrossStreams
from randlint.interpreter.evidence.callee_names import generates
from randlint.interpreter.keys.lanes import check_lanes
from randlint.interpreter.machine import numbering
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.ledger import Ledger
from randlint.interpreter.machine.nesting import leaves

# Literals of paths, or members of arrays, that are compared for one step.
COMPARED = 1000
# Symbols of these kinds can name a key that somebody else made.
_INPUTS = frozenset({"param", "attr", "item", "free", "carry", "lane"})


def create(machine: Interpreter, node: cst.CSTNode, seed: Value | None, raw: bool) -> Value:
    """A key made from a seed: equal seeds give equal keys."""
    if isinstance(seed, Choice):
        return machine.per_option(seed, lambda option: create(machine, node, option, raw))
    constant = isinstance(seed, Const)
    symbol = machine.symbols.of(seed) if seed is not None else Symbol("value")
    identity = _identity(machine.ledger, ("seed", symbol), Origin.SEED)
    identity.certain = True
    first = identity.seed.made if identity.seed is not None else machine.made(node)
    identity.seed = Seed(first, constant, raw)
    labels = machine.labels([seed]) if seed is not None else frozenset()
    return Key(identity, machine.made(node), labels)


def fresh(machine: Interpreter, node: cst.CSTNode, labels: Labels = frozenset()) -> Key:
    """A key that equals no other."""
    return Key(KeyIdentity(Origin.FRESH, certain=True), machine.made(node), labels)


def identity_of(ledger: Ledger, value: Value) -> KeyIdentity | None:
    """The key identity behind a value; unknown values get one when they are used as keys."""
    match value:
        case Key() | KeyArray():
            return value.identity
        case Unknown():
            return _identity_of_symbol(ledger, value.identity())
        case _:
            return None


def certain_key(ledger: Ledger, value: Unknown) -> bool:
    """Whether an unknown value has turned out to be a key."""
    if value.symbol is None:
        return False
    identity = ledger.identities.get(("symbol", value.symbol))
    return value.symbol.declared is True or (identity is not None and identity.certain)


def _identity_of_symbol(ledger: Ledger, symbol: Symbol) -> KeyIdentity:
    identity = _own_identity(ledger, symbol)
    inner = identity
    while symbol.op == "item" and inner.container is None:  # `keys[0][1]`, as deep as it is written
        base, index = symbol.args
        assert isinstance(base, Symbol)
        inner.index = index  # type: ignore[assignment]  # an Index by construction
        inner.container = _own_identity(ledger, base)
        inner.container.members.add(inner)
        symbol, inner = base, inner.container
    return identity


def _own_identity(ledger: Ledger, symbol: Symbol) -> KeyIdentity:
    identity = _identity(ledger, ("symbol", symbol), Origin.INPUT)
    if identity.symbol is None:
        identity.symbol = symbol
        identity.certain |= symbol.declared is True
    return identity


def _identity(ledger: Ledger, key: tuple[object, ...], origin: Origin) -> KeyIdentity:
    found = ledger.identities.get(key)
    if found is None:
        found = ledger.identities[key] = KeyIdentity(origin)
    return found


def split(
    machine: Interpreter, node: cst.CSTNode, key: Value, count: Value | None, callee: str
) -> Value:
    """`split(key, count)`: consumes `key`, gives an array of derived keys."""
    if isinstance(key, Choice):
        return machine.per_option(key, lambda one: split(machine, node, one, count, callee))
    parent = identity_of(machine.ledger, key)
    size, shaped = _split_size(count)
    if parent is None:
        consume(machine, key, node, UseKind.SPLIT, callee)
        identity = KeyIdentity(Origin.FRESH, certain=True)
        labels = machine.labels([key])
        return KeyArray(identity, machine.made(node), size, labels=labels, shaped=shaped)
    here = ("split", parent, node, machine.frame, machine.frame.loops)
    known = machine.ledger.identities.get(here)
    if known is not None and not machine.events.silent:  # of two ways on which it is the same key
        consume(machine, key, node, UseKind.SPLIT, callee)
        labels = machine.drawn([key, *([count] if count else [])], machine.ledger.evaluation)
        return KeyArray(known, machine.made(node), size, labels=labels, shaped=shaped)
    generation = parent.splits if _split_before(machine, parent) else 0
    consume(machine, key, node, UseKind.SPLIT, callee)
    parent.splits += 1
    identity = KeyIdentity(Origin.DERIVED, parent=parent, index=("split", generation), certain=True)
    machine.ledger.identities[here] = identity
    if generation == 0 and parent.array is None and not shaped:
        parent.array = identity, size
        machine.budget.step(len(parent.children) // COMPARED)
        for child in parent.children:
            parent.adopt(child)
    labels = machine.drawn([key, *([count] if count else [])], machine.ledger.evaluation)
    return KeyArray(identity, machine.made(node), size, labels=labels, shaped=shaped)


def _split_before(machine: Interpreter, parent: KeyIdentity) -> bool:
    """Whether a key was split on a way that leads here: in the other arm makes no difference.

    What another turn of this loop did was before: whose paths exclude each other is not certain
    after some turns.
    """
    here = dict(machine.frame.loops)
    return any(
        use.kind is UseKind.SPLIT
        and (
            not machine.excludes(use.path)
            or any(here.get(loop, turn) != turn for loop, turn in use.loops)
        )
        for use in parent.uses
    )


def _split_size(count: Value | None) -> tuple[int | None, bool]:
    match count:
        case None:
            return 2, False
        case Const(value=int(size)) if size is not True and size is not False:
            return size, False
        case Sequence(items=(Const(value=int(size)),), rest=None):
            return size, False
        case Sequence():
            return None, True
        case _:
            return None, False


def fold_in(machine: Interpreter, node: cst.CSTNode, key: Value, data: Value | None) -> Value:
    """`fold_in(key, data)`: a key of its own for every data; `key` stays usable."""
    if isinstance(key, Choice):
        return machine.per_option(key, lambda one: fold_in(machine, node, one, data))
    if isinstance(data, Choice):
        return machine.per_option(data, lambda one: fold_in(machine, node, key, one))
    parent = identity_of(machine.ledger, key)
    if parent is None or data is None:
        return fresh(machine, node, machine.labels([key]))
    parent.certain = True
    number = numbering.number_of(machine, data)
    index: Index = machine.symbols.of(data) if number is None else number
    if isinstance(data, Const) and isinstance(data.value, int):
        index = int(data.value)
    identity = _child(machine.ledger, parent, index)
    return Key(identity, machine.made(node), machine.labels([key, data]))


def _child(ledger: Ledger, parent: KeyIdentity, index: Index) -> KeyIdentity:
    identity = _identity(ledger, ("child", parent, index), Origin.DERIVED)
    if identity.parent is None:
        identity.parent, identity.index, identity.certain = parent, index, True
        if isinstance(index, int):
            parent.children.append(identity)
            parent.adopt(identity)
    return identity


def element(machine: Interpreter, array: KeyArray, index: Index, labels: Labels) -> Key:
    """The key at `index` (counted from the start of `array`, which may itself be a slice)."""
    whole = array.base or array.identity
    if isinstance(index, int) and index >= 0:
        index += array.start
    elif isinstance(index, Each) and (array.start or array.size is not None):
        index = Each(index.token, index.turn, array.start, array.size)
    if whole.parent is not None and whole.index == ("split", 0) and isinstance(index, int):
        identity = _child(machine.ledger, whole.parent, index)
    else:
        identity = _identity(machine.ledger, ("element", whole, index), Origin.DERIVED)
        identity.index, identity.certain, identity.parent = index, True, whole.parent
    if identity.container is None:
        identity.container = whole
        whole.members.add(identity)
    return Key(identity, array.made, array.labels | labels)


def consume(
    machine: Interpreter,
    value: Value,
    node: cst.CSTNode,
    kind: UseKind,
    callee: str,
    place: bool = True,
    values: Picked | None = None,
) -> None:
    """Note that the call `node` uses up every key inside `value`."""
    for each in leaves(machine, value):
        match each:
            case Key() | KeyArray():
                use = _new_use(machine, each.identity, node, kind, callee, place, each.made)
                use.values = values
                _use(machine, use, each.labels)
            case Unknown():
                _consume_unknown(machine, each, node, kind, callee, place, values)
            case _:
                pass


def _consume_unknown(
    machine: Interpreter,
    value: Unknown,
    node: cst.CSTNode,
    kind: UseKind,
    callee: str,
    place: bool,
    values: Picked | None,
) -> None:
    symbol = value.symbol
    if symbol is None or symbol.op not in _INPUTS or symbol.declared is False:
        if kind is UseKind.CALL:
            return
        symbol = value.identity()
    if kind is UseKind.CALL and _is_generator(machine, symbol):
        return
    identity = _identity_of_symbol(machine.ledger, symbol)
    if kind is not UseKind.CALL:
        identity.certain = True
    use = _new_use(machine, identity, node, kind, callee, place, None)
    use.values = values
    _use(machine, use, value.labels)


def _is_generator(machine: Interpreter, symbol: Symbol) -> bool:
    """Whether the code around calls methods on a parameter that only a NumPy generator has."""
    if not symbol.name or not keylike(symbol.name):
        return False
    function = machine.frame.function
    owner = function.owner if function is not None else None
    segment = machine.frame.segment if owner is None else owner.segment
    asked = (segment, symbol.name)
    known = machine.ledger.generators.get(asked)
    if known is None:
        text = segment.text
        known = f"{symbol.name}." in text and generates(symbol.name, text)
        machine.ledger.generators[asked] = known
    return known


def _new_use(
    machine: Interpreter,
    identity: KeyIdentity,
    node: cst.CSTNode,
    kind: UseKind,
    callee: str,
    place: bool,
    made: Made | None,
) -> Use:
    frame = machine.frame
    return Use(
        node=node,
        frame=frame,
        loops=frame.loops,
        path=machine.path,
        kind=kind,
        made=made,
        identity=identity,
        callee=callee,
        values=None,
        place=place,
        evaluation=machine.ledger.evaluation,
        order=machine.budget.steps,
        guessed=machine.stack.guessing,
        ended=machine.stack.ended,
    )


def _use(machine: Interpreter, use: Use, labels: Labels) -> None:
    if machine.events.silent:
        return
    identity = use.identity
    check_lanes(machine, use, labels)
    for conflict in clashes(
        identity, use, lambda compared: machine.budget.step(compared // COMPARED)
    ):
        first = conflict.first
        if first.node is use.node and first.frame is use.frame and first.loops == use.loops:
            if identity.certain and first.evaluation is use.evaluation:
                machine.events.emit(
                    KeySharedAcrossStreams(
                        machine.place(use.node), Confidence.MEDIUM, key_name(identity), use.callee
                    )
                )
            return
        machine.ledger.conflicts.append(conflict)
    identity.use(use)
    machine.ledger.uses.setdefault(use.evaluation, []).append(use)
