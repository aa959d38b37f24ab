"""Draws under `vmap` from a key that is the same in every lane."""

from __future__ import annotations

from randlint.findings import Confidence
from randlint.interpreter.domain.frames import (
    Frame,
    Lane,
    Spot,
    Unmapped,
    in_test,
    stack_of,
    written_in,
)
from randlint.interpreter.domain.identity import (
    KeyIdentity,
    Origin,
    Use,
    UseKind,
    key_name,
    named_like_one,
    of_a_held_object,
)
from randlint.interpreter.domain.symbols import Labels
from randlint.interpreter.events import KeySharedAcrossLanes, Place
from randlint.interpreter.machine.core import Interpreter


def check_lanes(machine: Interpreter, use: Use, labels: Labels) -> None:
    """Tell when a use inside a mapped function consumes a key that does not differ by lane."""
    if not machine.stack.lanes or use.kind is UseKind.SPLIT:
        return  # splitting one key in all lanes is fine as long as nobody draws from the result
    if use.kind is UseKind.CALL and not _handed_over(use):
        return
    for lane in machine.stack.lanes:
        if lane.token not in labels:
            _report(machine, use, lane, Unmapped(lane.token) in labels)
            return


def _handed_over(use: Use) -> bool:
    return use.place and (use.identity.certain or named_like_one(use))


def _declared(use: Use, lane: Lane, source: KeyIdentity) -> bool:
    """Whether a key that was declared equal in all lanes is likely meant to be.

    A callable that nobody knows may not draw at all; a whole random program run on one declared key
    is a use of common random numbers.
    """
    entered = _entered(use.frame, lane.frame)
    by_a_callee = entered is not None and entered is not use.frame
    return use.kind is UseKind.CALL or source is not use.identity or by_a_callee


def _report(machine: Interpreter, use: Use, lane: Lane, declared: bool) -> None:
    source, spot = _first_shared(use, lane)
    if (lane.token, source) in machine.ledger.shared:
        return
    machine.ledger.shared.add((lane.token, source))
    drawn = use.kind is UseKind.DRAW
    confidence = Confidence.HIGH if drawn else Confidence.MEDIUM
    if declared and _declared(use, lane, source):
        confidence = Confidence.LOW
    literal = use.identity.root().constant  # written there: wanted for shapes, or for statistics
    if use.kind is UseKind.CALL and (literal or of_a_held_object(use.identity)):
        confidence = Confidence.LOW
    if _handed_out(use.identity.root()):
        confidence = Confidence.LOW  # a stream may have been split, one for each lane
    if not (drawn or use.frame.parent is lane.frame or written_in(use.frame, lane.frame)):
        confidence = Confidence.LOW  # of a callee's callee nobody knows whether it draws at all
    if in_test(use.frame):
        confidence = Confidence.LOW  # a test of a mapped function wants any numbers at all
    machine.events.emit(
        KeySharedAcrossLanes(
            _in_mapped_function(spot, lane),
            confidence,
            key_name(source),
            use.callee,
            _mapping(use, lane),
        )
    )


def _handed_out(root: KeyIdentity) -> bool:
    """Whether a key was asked for, of a stream or of a call that nobody can look into."""
    asked = root.symbol is not None and root.symbol.op == "value"
    return asked or root.origin is Origin.FRESH


def _first_shared(use: Use, lane: Lane) -> tuple[KeyIdentity, Spot]:
    """The split inside the mapped function from which the drawn key comes, if there is one."""
    identity, spot = use.identity, Spot(use.node, use.frame, use.loops)
    above = identity.parent
    mapped = _entered(use.frame, lane.frame)
    while above is not None:
        for earlier in above.uses:
            inside = _entered(earlier.frame, lane.frame)
            if earlier.kind is UseKind.SPLIT and inside and mapped and inside.call is mapped.call:
                identity, spot = above, Spot(earlier.node, earlier.frame, earlier.loops)
                break
        above = above.parent
    return identity, spot


def _entered(frame: Frame | None, outer: Frame) -> Frame | None:
    """The frame by which what runs in `frame` was entered from `outer`."""
    while frame is not None:
        if frame.parent is outer:
            return frame
        frame = frame.parent
    return None


def _mapping(use: Use, lane: Lane) -> Place:
    """Where the axis was mapped; of a decorated root that nobody called, its own definition."""
    outer = lane.frame
    segment = outer.origins.get(lane.node)
    if segment is None and outer.function is None:
        frame: Frame | None = use.frame
        while frame is not None:
            if frame.parent is outer:
                segment = frame.segment
            frame = frame.parent
    return Place(lane.node, segment or outer.segment)


def _in_mapped_function(spot: Spot, lane: Lane) -> Place:
    """What the mapped function itself does, not what the helpers it calls do."""
    for each in stack_of(spot):
        if each.frame.parent is lane.frame and each.frame.call is lane.node:
            return Place(each.node, each.frame.segment)
    return Place(spot.node, spot.frame.origins.get(spot.node, spot.frame.segment))
