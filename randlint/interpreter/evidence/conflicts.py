"""From pairs of uses to events: how two uses of one key relate, and how sure we are of it."""

from __future__ import annotations

from typing import NamedTuple

import libcst as cst

from randlint.findings import Confidence
from randlint.interpreter.domain.frames import Frame, Spot, in_test, meet, segment_of
from randlint.interpreter.domain.identity import (
    Conflict,
    KeyIdentity,
    Origin,
    Use,
    UseKind,
    is_evident,
    key_name,
    named_like_one,
)
from randlint.interpreter.events import KeyReused, Place, Relation
from randlint.interpreter.evidence import intent
from randlint.interpreter.evidence.nearby_statements import alike, other_child
from randlint.interpreter.evidence.visibility import out_of_sight
from randlint.interpreter.machine.core import Interpreter


class _Found(NamedTuple):
    relation: Relation
    first: Spot
    second: Spot


_RECENT = 50  # calls of a test that are compared with one more


def report_conflicts(machine: Interpreter) -> None:
    """Emit one event per place and key, the earliest first use each.

    What is weak evidence beside the first use may be strong beside the turn before.
    """
    seen: set[tuple[object, KeyIdentity]] = set()
    told: list[tuple[KeyIdentity, Spot]] = []
    for earliest in machine.ledger.conflicts:
        judged = _judge(machine, earliest)
        if (judged is None or judged[2] is Confidence.LOW) and earliest.again is not None:
            turns = _judge(machine, Conflict(earliest.again, earliest.second))
            if turns is not None and (judged is None or turns[2] > judged[2]):
                judged = turns
        if judged is None:
            continue
        conflict, found, confidence = judged
        once = (found.second.node, conflict.second.identity)
        if once in seen:
            continue
        seen.add(once)
        tested = in_test(conflict.second.frame) and conflict.second.kind is UseKind.CALL
        if tested and confidence > Confidence.LOW:
            if _told(told, conflict, found):
                confidence = Confidence.LOW
            told.append((conflict.second.identity, found.second))
        machine.events.told.append(_event(conflict, found, confidence))


def _judge(machine: Interpreter, conflict: Conflict) -> tuple[Conflict, _Found, Confidence] | None:
    """How two uses relate and how sure it is that they are a mistake; None where it is none."""
    if intent.paired(conflict) or intent.compared(machine, conflict):
        return None
    confidence = _confidence(machine, conflict)
    found = _relate(conflict) if confidence is not None else None
    if found is None or confidence is None:
        return None
    spots = (found.first, found.second)
    if other_child(conflict, spots):
        return None
    if out_of_sight(conflict, found.relation, spots) or intent.likely(
        machine, conflict, found.relation, spots
    ):
        confidence = Confidence.LOW
    return conflict, found, confidence


def _told(told: list[tuple[KeyIdentity, Spot]], conflict: Conflict, found: _Found) -> bool:
    """Whether a test makes a call again, word for word, about which something was said before."""
    return any(
        identity is conflict.second.identity and alike(spot.node, found.second.node)
        for identity, spot in told[-_RECENT:]
    )


def _event(conflict: Conflict, found: _Found, confidence: Confidence) -> KeyReused:
    return KeyReused(
        place=_place(found.second),
        confidence=confidence,
        relation=found.relation,
        first=_place(found.first),
        key=key_name(conflict.second.identity),
        callee=conflict.second.callee,
        first_callee=conflict.first.callee,
        after_split=conflict.first.kind is UseKind.SPLIT,
    )


def _place(spot: Spot) -> Place:
    return Place(spot.node, segment_of(spot.node, spot.frame))


def _spot(use: Use) -> Spot:
    return Spot(use.node, use.frame, use.loops)


def _relate(conflict: Conflict) -> _Found | None:
    first, second = _spot(conflict.first), _spot(conflict.second)
    meeting = meet(first, second)
    if meeting is None:
        return None
    one, other = meeting.first, meeting.second
    derivation = _two_derivations(conflict, one)
    if derivation is not None:
        return derivation if derivation.second is not derivation.first else None
    if isinstance(other.node, (cst.FunctionDef, cst.Lambda)):
        other = second  # a closure nobody was seen to call: point at what it does
    if isinstance(one.node, (cst.FunctionDef, cst.Lambda)):
        one = first
    if meeting.family is not None:
        relation = Relation.TRACED_LOOP if meeting.family.traced else Relation.LOOP
        return _Found(relation, one, other)
    if _other_turn(one, other):
        return _Found(Relation.LOOP, one, other)
    if one.node is other.node and conflict.first.evaluation is conflict.second.evaluation:
        return None
    return _Found(Relation.STRAIGHT, one, other)


def _other_turn(one: Spot, other: Spot) -> bool:
    turns = dict(one.loops)
    return any(loop in turns and turns[loop] != turn for loop, turn in other.loops)


def _tests_a_callee(conflict: Conflict, frame: Frame) -> bool:
    """Whether a test hands equal seeds, written out, to what it calls: to compare two runs."""
    handed_over = conflict.first.frame is not frame and conflict.second.frame is not frame
    return handed_over and in_test(frame)


def _two_derivations(conflict: Conflict, meeting: Spot) -> _Found | None:
    """Two expressions that derived the same key; `first is second` says: not a finding at all."""
    a, b = conflict.first.made, conflict.second.made
    if a is None or b is None or a is b:
        return None
    if b.order < a.order:
        a, b = b, a
    first, second = Spot(*a[:3]), Spot(*b[:3])
    if a.node is b.node and a.frame is b.frame:
        return None
    root = conflict.second.identity.root()
    if root.origin is Origin.SEED and conflict.second.identity is root and a.frame is not b.frame:
        # The same seed in two functions is how programs are made reproducible.
        return _Found(Relation.DERIVATION, first, first)
    if root.constant and not all(map(is_evident, (conflict.first, conflict.second))):
        return _Found(Relation.DERIVATION, first, first)
    if root.origin is Origin.SEED and _tests_a_callee(conflict, b.frame):
        return _Found(Relation.DERIVATION, first, first)
    where = meet(first, second)
    if where is None or where.first.node is where.second.node:
        return None
    return _Found(Relation.DERIVATION, where.first, where.second)


def _confidence(machine: Interpreter, conflict: Conflict) -> Confidence | None:
    identity = conflict.second.identity
    uses = (conflict.first, conflict.second)
    if conflict.first.identity is not identity and any(use.identity.perhaps for use in uses):
        return Confidence.LOW
    if _certain(identity) or _certain(conflict.first.identity):
        if any(use.guessed for use in uses):
            return Confidence.LOW
        assumed = any(use.kind is UseKind.CALL for use in uses)
        return Confidence.MEDIUM if assumed else Confidence.HIGH
    if all(use.place for use in uses) and any(map(named_like_one, uses)):
        return Confidence.MEDIUM
    return None


def _certain(identity: KeyIdentity) -> bool:
    found: KeyIdentity | None = identity
    while found is not None:
        if found.certain:
            return True
        found = found.container
    return any(member.certain for member in identity.members.all)
