"""Keys that leave a function consumed, or leave a trace."""

from __future__ import annotations

import libcst as cst

from randlint.findings import Confidence
from randlint.interpreter.domain.frames import Frame, Trace, in_test, segment_of
from randlint.interpreter.domain.identity import KeyIdentity, is_evident, key_name
from randlint.interpreter.domain.paths import contradict
from randlint.interpreter.domain.symbols import Unknown, Value
from randlint.interpreter.domain.values import Key, KeyArray, labels_of
from randlint.interpreter.events import ConsumedKeyEscaped, Place, RawKeyTakenApart
from randlint.interpreter.machine.core import Interpreter
from randlint.interpreter.machine.ledger import Ledger
from randlint.interpreter.machine.nesting import leaves

_LEAKING = (Trace.JIT, Trace.TRANSFORM)


def is_new_key(value: Value) -> bool:
    """Whether a value is a key derived by the program (not one it was given)."""
    if isinstance(value, (Key, KeyArray)):
        return value.identity.parent is not None or value.identity.container is not None
    return False


def leaks(machine: Interpreter, value: Value) -> bool:
    """Whether a key is a tracer that outlives its trace if it is stored outside of it.

    Under `vmap` alone only what differs from lane to lane is one.
    """
    frame = machine.frame
    if frame.trace not in _LEAKING or not is_new_key(value):
        return False
    if frame.trace is Trace.JIT or not machine.stack.lanes or _in_traced_loop(frame):
        return True
    return any(lane.token in labels_of(value) for lane in machine.stack.lanes)


def _in_traced_loop(frame: Frame | None) -> bool:
    while frame is not None:
        if frame.family is not None and frame.family.traced:
            return True
        frame = frame.parent
    return False


def report_taken_apart(machine: Interpreter, key: Key, node: cst.CSTNode, what: str) -> None:
    """A raw key is indexed, unpacked or calculated with; a test does so to look at the words."""
    confidence = Confidence.LOW if in_test(machine.frame) else Confidence.HIGH
    machine.events.emit(
        RawKeyTakenApart(machine.place(node), confidence, key_name(key.identity), what)
    )


def report_escape(machine: Interpreter, value: Value, node: cst.CSTNode, target: str) -> None:
    """A key that was already consumed is put where later code will find it."""
    for each in leaves(machine, value):
        if isinstance(each, (Key, KeyArray, Unknown)):
            _report_escape(machine, each, node, target)


def _report_escape(
    machine: Interpreter, value: Key | KeyArray | Unknown, node: cst.CSTNode, target: str
) -> None:
    identity = _known_identity(machine.ledger, value)
    for use in identity.uses if identity is not None else ():
        if (
            is_evident(use)
            and not contradict(use.path, machine.path)
            and _inside(use.frame, machine.frame)
        ):
            assert identity is not None
            machine.events.emit(
                ConsumedKeyEscaped(
                    machine.place(node),
                    Confidence.HIGH if identity.certain else Confidence.LOW,
                    key_name(identity),
                    target,
                    Place(use.node, segment_of(use.node, use.frame)),
                    use.callee,
                )
            )
            return


def _inside(frame: Frame | None, outer: Frame) -> bool:
    """Whether `frame` runs on behalf of `outer`."""
    while frame is not None:
        if frame is outer:
            return True
        frame = frame.parent
    return False


def _known_identity(ledger: Ledger, value: Key | KeyArray | Unknown) -> KeyIdentity | None:
    if isinstance(value, (Key, KeyArray)):
        return value.identity
    if value.symbol is None:
        return None
    return ledger.identities.get(("symbol", value.symbol))
