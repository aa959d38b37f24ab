"""Random numbers of the host: drawn by Python, and under a trace drawn once for ever."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from randlint.catalogue import NameSet
from randlint.findings import Confidence
from randlint.interpreter.domain.frames import Trace
from randlint.interpreter.domain.labels import Label, in_order
from randlint.interpreter.domain.symbols import Labels, Unknown, Value
from randlint.interpreter.domain.values import HostGenerator, labels_of
from randlint.interpreter.events import HostRandomUsed, HostSeed, Place
from randlint.interpreter.machine.core import Interpreter


@dataclass(frozen=True, slots=True, eq=False)
class Entropy(Label):
    """The label of what depends on the clock or on the entropy of the operating system."""

    place: Place
    name: str
    traced: bool


def call_host(
    machine: Interpreter, name: str, arguments: Labels, node: cst.CSTNode
) -> Value | None:
    """A function of the host that draws, makes a generator or reads a clock; else None."""
    catalogue = machine.catalogue
    labels = arguments
    if catalogue.listed(NameSet.HOST_ENTROPY, name) or name.endswith("SystemRandom"):
        traced = machine.frame.trace is not Trace.NO
        labels |= {Entropy(machine.place(node), name, traced)}
    if name in catalogue.names_of(NameSet.HOST_READERS):
        _note_read_bytes(machine, labels)
    if name in catalogue.names_of(NameSet.HOST_GENERATORS):
        return HostGenerator(name, labels)
    if catalogue.listed(NameSet.HOST_DRAWS, name):
        note_host_draw(machine, name, node)
        return Unknown(None, labels)
    return Unknown(None, labels) if labels != arguments else None


def note_host_draw(machine: Interpreter, name: str, node: cst.CSTNode) -> None:
    """A number is drawn on the host, here and now."""
    frame = machine.frame
    if frame.trace is Trace.NO:
        return
    function = frame.function.name if frame.function else "module"
    machine.events.emit(HostRandomUsed(machine.place(node), Confidence.HIGH, name, function))


def _note_read_bytes(machine: Interpreter, labels: Labels) -> None:
    """Random bytes that were drawn under a trace become numbers."""
    for label in in_order(labels, Entropy):
        if label.traced and machine.frame.trace is not Trace.NO:
            function = machine.frame.function.name if machine.frame.function else "module"
            machine.events.emit(HostRandomUsed(label.place, Confidence.HIGH, label.name, function))


def note_seed(machine: Interpreter, seed: Value | None, node: cst.CSTNode) -> None:
    """A key is made from `seed`."""
    if seed is None:
        return
    for label in in_order(labels_of(seed), Entropy):
        machine.events.emit(HostSeed(machine.place(node), Confidence.HIGH, label.name))
        if label.traced and not machine.catalogue.listed(NameSet.HOST_DRAWS, label.name):
            function = machine.frame.function.name if machine.frame.function else "module"
            machine.events.emit(HostRandomUsed(label.place, Confidence.HIGH, label.name, function))
        return
