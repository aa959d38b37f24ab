"""What a module defines: functions, classes and statements, of which trees are made on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import libcst as cst

from randlint.catalogue import framework_names
from randlint.source.nodes import names_in
from randlint.source.segments import Segment


@dataclass(slots=True, eq=False, repr=False)
class Definition:
    """A function or a statement, translated on demand."""

    name: str
    segment: Segment
    parsed: cst.CSTNode | None = None

    @property
    def node(self) -> cst.CSTNode:
        """The definition's tree."""
        return self.segment.body[0] if self.parsed is None else self.parsed


@dataclass(slots=True, eq=False, repr=False)
class Field:
    """An annotated assignment in a class body: what a dataclass makes an argument of."""

    name: str
    annotation: str
    has_default: bool


@dataclass(slots=True, eq=False, repr=False)
class ClassDefinition:
    """A class: its bases and decorators by dotted name, its methods and fields."""

    name: str
    module: Module
    segment: Segment
    bases: tuple[str, ...]
    decorators: tuple[str, ...]
    methods: Mapping[str, Definition]
    fields: tuple[Field, ...]
    statements: tuple[Definition, ...] = ()


@dataclass(slots=True, eq=False, repr=False)
class Module:
    """One linted file: definitions by name, imports by name, and the statements to run."""

    filename: str
    name: str
    imports: dict[str, str] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    functions: dict[str, Definition] = field(default_factory=dict)
    classes: dict[str, ClassDefinition] = field(default_factory=dict)
    assignments: dict[str, Definition] = field(default_factory=dict)
    statements: list[Definition] = field(default_factory=list)
    drawing: set[str] = field(default_factory=set)  # local names of random modules and functions
    redefined: list[Definition] = field(default_factory=list)  # functions whose name is taken again
    segments: list[Segment] = field(default_factory=list)
    # What functions do to keys, by line and name: a `Summary`; None for what none can tell.
    summaries: dict[tuple[int, str], object] = field(default_factory=dict)
    _draws: frozenset[str] | None = None
    _randomness: bool | None = None

    def uses_randomness(self) -> bool:
        """Whether the file has to do with keys at all: only there a name is a hint.

        It draws or derives, imports something to do so, or a library whose objects do.
        """
        if self._randomness is None:
            definitions = [*self.functions.values(), *self.assignments.values(), *self.statements]
            for owner in self.classes.values():
                definitions += [*owner.methods.values(), *owner.statements]
            segments = [each.segment for each in (*definitions, *self.redefined)]
            self._randomness = (
                any(dotted.startswith("jax.random") for dotted in self.imports.values())
                or not self.roots().isdisjoint(framework_names())
                or any(each.drawing for each in segments)
            )
        return self._randomness

    def concerns(self, segment: Segment) -> bool:
        """Whether a piece of this module can have to do with randomness."""
        return segment.relevant or self.reaches_draws(segment)

    def matters(self, segment: Segment) -> bool:
        """Whether a piece of this module can draw, or hands keys about."""
        if segment.drawing or self.reaches_draws(segment):
            return True
        return segment.relevant and segment.hands_keys

    def reaches_draws(self, segment: Segment) -> bool:
        """Whether the text names something of this module that can draw."""
        if self._draws is None:
            self._draws = self._drawing_names()
        return bool(self._draws) and not self._draws.isdisjoint(segment.words)

    def _drawing_names(self) -> frozenset[str]:
        """Names of this module's functions, classes and globals that can draw.

        What mentions one of them can draw too, through it: the set is closed under that.
        """
        named = [*self.functions.items(), *self.assignments.items()]
        for owner in self.classes.values():
            for name, method in owner.methods.items():
                # Whoever constructs or calls an object of the class names the class.
                special = name.startswith("__") or name == "setup"
                named.append((owner.name if special else name, method))
        # Several may have one name: `setup` of many classes.
        names = {name for name, _ in named}
        mentioned_by: dict[str, set[str]] = {}
        for name, each in named:
            for word in each.segment.words & names:  # in any order
                mentioned_by.setdefault(word, set()).add(name)
        found = {name for name, each in named if each.segment.drawing}
        waiting = sorted(found)
        while waiting:
            new = mentioned_by.get(waiting.pop(), set()) - found
            found |= new
            waiting += sorted(new)
        return frozenset(found)

    def made_of(self, name: str) -> list[str]:
        """The assigned globals that a global is made of, and what they are: the innermost first."""
        found: list[str] = []
        seen = {name}
        waiting = [(name, False)]
        while waiting:
            current, ready = waiting.pop()
            if ready:
                found.append(current)
            elif current in self.assignments:
                waiting.append((current, True))
                new = names_in(self.assignments[current].node) - seen
                seen |= new
                waiting += [(each, False) for each in sorted(new)]
        return found[:-1]

    def defines(self, name: str) -> bool:
        """Whether a global of that name is made here, not imported."""
        return name in self.functions or name in self.classes or name in self.assignments

    def roots(self) -> frozenset[str]:
        """The top-level packages the module imports."""
        names = [*self.imports.values(), *self.stars]
        return frozenset(name.partition(".")[0] for name in names)
