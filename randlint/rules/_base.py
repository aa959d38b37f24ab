"""What a rule is: documentation, and a function from an event to reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from randlint.findings import Confidence, Severity

if TYPE_CHECKING:
    from randlint.interpreter.events import Place


@dataclass(frozen=True, slots=True)
class Replacement:
    """What to write instead of the expression a report is about."""

    message: str
    content: str
    safe: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What a rule says about a place; the engine turns it into a finding."""

    place: Place
    message: str
    confidence: Confidence
    related: tuple[tuple[str, Place], ...] = ()
    fix: Replacement | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `doc` is the docstring of its module: the page, and what `randlint rule` prints.

    `check` is called for every event that is an instance of one of `listens`.
    """

    code: str
    name: str
    summary: str
    doc: str
    default: bool = True
    severity: Severity = Severity.ERROR
    listens: tuple[type, ...] = ()
    check: Callable[[Any], Iterator[Report]] = lambda event: iter(())


def named(key: str) -> str:
    """How a message speaks of a key: by its name in the source where it has one."""
    return f"`{key}`" if key != "the key" else key
