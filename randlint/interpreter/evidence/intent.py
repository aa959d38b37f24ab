"""What says that a repeated key is meant: pairs, comparisons, tests, a value beside its derivative.

`paired` and `compared` are certain enough to say nothing; what `likely` recognises is reported with
low confidence.
"""

from __future__ import annotations

import libcst as cst

from randlint.catalogue import Catalogue, NameSet
from randlint.interpreter.domain.frames import Frame, Spot, in_test
from randlint.interpreter.domain.identity import Conflict, Origin, Use, UseKind, of_a_held_object
from randlint.interpreter.domain.symbols import Symbol
from randlint.interpreter.domain.values import Instance
from randlint.interpreter.events import Relation
from randlint.interpreter.evidence.nearby_statements import alike, holder, says_so
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.ledger import Ledger
from randlint.interpreter.machine.open_derivatives import Derivatives
from randlint.interpreter.machine.symbols import Symbols
from randlint.interpreter.program import inheritance
from randlint.interpreter.program.modules import dotted_tree


def paired(conflict: Conflict) -> bool:
    """`permutation(key, x)` and `permutation(key, y)`: the same choice made for two arrays."""
    first, second = conflict.first, conflict.second
    if first.callee != second.callee or first.values is None or second.values is None:
        return False
    if first.loops != second.loops and first.frame is second.frame:
        # A loop that shuffles every batch the same way; a comprehension shuffles arrays alike.
        return all(isinstance(loop, cst.CompFor) for loop, _ in second.loops[-1:])
    return (
        first.values.array is not second.values.array
        and first.values.deciding == second.values.deciding
    )


def compared(machine: Interpreter, conflict: Conflict) -> bool:
    """The two draws meet as exclusive arms, or they, or one and a sibling, in an assertion."""
    one, other = conflict.first.evaluation, conflict.second.evaluation
    split = UseKind.SPLIT in (conflict.first.kind, conflict.second.kind)
    for left, right, arms in machine.ledger.compared:
        if arms and split:
            continue
        for mine, theirs in ((left, right), (right, left)):
            if other not in mine:
                continue
            if one in theirs:
                return True
            if not arms and any(_sibling(machine.ledger, conflict, each) for each in theirs):
                return True
    return False


def _sibling(ledger: Ledger, conflict: Conflict, evaluation: object) -> bool:
    """Whether another draw comes from the same lineage: who compares them knows what they share."""
    root = conflict.second.identity.root()
    return any(use.identity.root() is root for use in ledger.uses.get(evaluation, []))


def likely(
    machine: Interpreter, conflict: Conflict, relation: Relation, spots: tuple[Spot, Spot]
) -> bool:
    """Whether a repetition is more likely meant, or harmless, than not."""
    uses = (conflict.first, conflict.second)
    return (
        any(_may_not_draw(machine.catalogue, use) for use in uses)
        or _value_and_derivative(machine.derivatives, conflict, spots)
        or (
            in_test(conflict.second.frame)
            and (
                _runs_again(machine.catalogue, conflict, relation, spots)
                or _expected(machine.ledger, conflict)
            )
        )
        or _may_be_a_property(machine, conflict)
        or _of_a_value(machine, conflict, spots)
        or _for_a_target(spots)
        or says_so(conflict, spots)
        or _in_one_turn(machine.symbols, conflict, relation)
        or _for_the_structure(machine.catalogue, conflict, relation)
    )


def _may_not_draw(catalogue: Catalogue, use: Use) -> bool:
    """A method that asks for a key whether or not it draws, where nothing in sight draws."""
    optional = catalogue.names_of(NameSet.OPTIONAL_DRAWS)
    if use.kind is not UseKind.CALL or use.callee not in optional:
        return False
    return not _mentions(use, catalogue.names_of(NameSet.STREAM_WORDS))


def _mentions(use: Use, words: frozenset[str]) -> bool:
    """Whether the code around a use mentions one of some words."""
    text = use.frame.segment.text
    return any(word in text for word in words)


def _value_and_derivative(
    derivatives: Derivatives, conflict: Conflict, spots: tuple[Spot, Spot]
) -> bool:
    """`f(key)` beside `grad(f)(key)`: a function and its derivative are wanted at one sample."""
    if derivatives.differentiating.isdisjoint(spot.node for spot in spots):
        return False
    first, second = conflict.first, conflict.second
    return first.node is second.node or first.callee == second.callee


def _for_a_target(spots: tuple[Spot, Spot]) -> bool:
    """`target = init(key, x)` after `init(key, x)`: a target network starts as its twin."""
    first, second = spots
    if not isinstance(second.node, cst.Call) or not alike(first.node, second.node):
        return False
    parent = holder(second)
    if not isinstance(parent, (cst.Arg, cst.Assign)):
        return False
    named = parent.keyword if isinstance(parent, cst.Arg) else parent.targets[0].target
    return named is not None and "target" in dotted_tree(named)


def _for_the_structure(catalogue: Catalogue, conflict: Conflict, relation: Relation) -> bool:
    """A model seeded to see which sites it has, where nothing says that its draws are used."""
    if relation not in (Relation.STRAIGHT, Relation.DERIVATION):
        return False
    first, second = conflict.first, conflict.second
    handlers = {
        each.name.rpartition(".")[2]
        for each in catalogue.transforms.values()
        if "seed" in each.arguments
    }
    seeds = [use for use in (first, second) if use.callee in handlers]
    if not seeds:
        return False
    if len(seeds) == 2:
        return first.node is not second.node and alike(first.node, second.node)
    return _mentions(seeds[0], catalogue.names_of(NameSet.STRUCTURE_READERS))


# --- tests


def _runs_again(
    catalogue: Catalogue, conflict: Conflict, relation: Relation, spots: tuple[Spot, Spot]
) -> bool:
    """A test that runs one thing twice on one key compares the two runs, or wants any key at all.

    Data drawn twice from one key is another matter: two draws of a test should differ.
    """
    first, second = conflict.first, conflict.second
    sampled = _samples(catalogue, first) and _samples(catalogue, second)
    if relation is Relation.DERIVATION:
        return not sampled
    if relation is Relation.STRAIGHT:
        same = first.callee == second.callee and not sampled
        return same or first.node is second.node or _call_alike(conflict, spots)
    root = second.identity.root()
    written_again = root.constant and root.origin is Origin.SEED and first.made is not second.made
    return not sampled or written_again


def _expected(ledger: Ledger, conflict: Conflict) -> bool:
    """Two draws that assertions compare with something: what is expected, computed again.

    Draws that one side of an assertion is made of together are its data.
    """
    draws = {conflict.first.evaluation, conflict.second.evaluation}
    if any(draws <= left or draws <= right for left, right, _ in ledger.compared):
        return False
    return all(
        any(each in left or each in right for left, right, _ in ledger.compared) for each in draws
    )


def _call_alike(conflict: Conflict, spots: tuple[Spot, Spot]) -> bool:
    """`run(True)` and `run(False)`, where the uses are inside."""
    one, other = spots[0].node, spots[1].node
    if one is conflict.first.node or other is conflict.second.node:
        return False
    return isinstance(one, cst.Call) and isinstance(other, cst.Call) and alike(one.func, other.func)


def _samples(catalogue: Catalogue, use: Use) -> bool:
    """Whether a use draws numbers by itself, or derives keys to draw from."""
    if use.kind is UseKind.SPLIT:
        return True
    return use.kind is UseKind.DRAW and f"jax.random.{use.callee}" in catalogue.functions


def _in_one_turn(symbols: Symbols, conflict: Conflict, relation: Relation) -> bool:
    """`key if n == 1 else fold_in(key, i)`: the loop that consumes the bare key has one turn."""
    if relation not in (Relation.LOOP, Relation.TRACED_LOOP):
        return False
    one = symbols.make("const", int, 1)
    return all(
        any(truth and atom[0] == "eq" and atom[2] is one for atom, truth in use.path)
        for use in (conflict.first, conflict.second)
    )


# --- attributes


def _of_a_value(machine: Interpreter, conflict: Conflict, spots: tuple[Spot, Spot]) -> bool:
    """`self._at(t0)` and `self._at(t1)` of an object that never changes: it is one sample."""
    root = conflict.second.identity.root().symbol
    while root is not None and root.op == "item" and isinstance(root.args[0], Symbol):
        root = root.args[0]
    if root is None or root.op != "attr":
        return False
    for use, spot in zip((conflict.first, conflict.second), spots, strict=True):
        function = spot.frame.function
        receiver = function.bound if function is not None else None
        if use.frame is spot.frame or not isinstance(receiver, Instance):
            return False
        if receiver.symbol is not root.args[0]:
            return False
        if not inheritance.is_immutable(machine, receiver.definition):
            return False
    return True


def _may_be_a_property(machine: Interpreter, conflict: Conflict) -> bool:
    """`self.rng`, inherited from a class that nobody sees: it may be another key each time."""
    symbol = conflict.second.identity.symbol
    if symbol is None or symbol.op != "attr" or conflict.first.identity.symbol is not symbol:
        return False
    if of_a_held_object(conflict.second.identity):
        return conflict.first.kind is UseKind.CALL and conflict.second.kind is UseKind.CALL
    frame: Frame | None = conflict.second.frame
    while frame is not None:
        receiver = frame.function.bound if frame.function is not None else None
        if isinstance(receiver, Instance) and receiver.symbol is symbol.args[0]:
            return inheritance.may_inherit(machine, receiver.definition, str(symbol.args[1]))
        frame = frame.parent
    return False
