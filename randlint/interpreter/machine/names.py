"""What names of the program were found to stand for, so that nobody asks twice."""

from __future__ import annotations

from typing import Protocol

from randlint.interpreter.domain.definitions import ClassDefinition, Module
from randlint.interpreter.domain.frames import Frame
from randlint.interpreter.domain.symbols import Value


class Project(Protocol):
    """What an interpretation asks the project that a file belongs to."""

    depends: dict[str, str]
    missing: dict[str, dict[str, str]]
    foreign: set[tuple[str, str]]

    def find(self, dotted: str, importer: str) -> tuple[Module, str] | None:
        """The module that a dotted name leads to, and what of the name is left."""
        ...


class Names:
    """Globals and frames of modules, and what is known of classes."""

    def __init__(self, project: Project | None = None) -> None:
        self.project = project
        self.module_frames: dict[str, Frame] = {}
        self.globals: dict[tuple[str, str], Value] = {}
        self.resolving = 0  # globals, one for the other
        self.facts: dict[tuple[object, str], Value | None] = {}
        self.lineages: dict[object, list[ClassDefinition]] = {}
