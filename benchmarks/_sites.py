"""A mutant, and a function seen as a place to make some."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from _consumers import Ignoring, consumes
from _places import Module
from _scopes import Scope, Use, last

Edit = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: what to replace in the text, and the lines (of the new text) it is made on.

    The lines are those that are edited and those of the two uses that the edit brings into
    conflict. `about` is the name of the key, `kind` the group of rules that speak of the mistake,
    and `inside` the lines of the outermost function, as they were.
    """

    operator: str
    edits: tuple[Edit, ...]
    lines: frozenset[int]
    about: str
    kind: str
    inside: tuple[int, int]
    use: Use | None = None

    def apply(self, text: str) -> str:
        for start, end, new in sorted(self.edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text


class Site:
    """One function of a module, with what its operators ask for again and again."""

    def __init__(self, module: Module, scope: Scope, ignoring: Ignoring) -> None:
        self.module, self.scope, self.ignoring = module, scope, ignoring

    @cached_property
    def consuming(self) -> list[Use]:
        """What surely consumes: a name or a constant element."""
        uses = [u for u in self.scope.uses if u.sure and consumes(self.module, u, self.ignoring)]
        return sorted(uses, key=lambda use: use.order)

    def of(self, name: str, index: int | None = None) -> list[Use]:
        return [use for use in self.consuming if (use.name, use.index) == (name, index)]

    @cached_property
    def keys(self) -> dict[str, int]:
        """Names that surely are one key, with the step (-1: the call) that first binds them."""
        found: dict[str, int] = {}
        for split in self.scope.splits:
            for name in () if split.array else split.names:
                found.setdefault(name, split.step)
        for name in self.scope.parameters:
            direct = (self.module.random(u.callee) for u in self.of(name) if u.position == 0)
            if any(each is not None for each in direct):
                found[name] = -1
        return found

    def shared(self, name: str) -> bool:
        """Whether the function as it is uses the key twice: on purpose, for it is correct.

        A test that draws from a key what a sampler should have drawn from it is the usual case.
        Who uses that key once more makes no mistake about keys.
        """
        uses = [
            use
            for use in self.scope.uses
            if name and (use.name, use.index) == (name, None) and use.sure
            # `variant(sampler)(key)`: whatever a call gives, it is called with the key
            if last(use.callee) == "?" or consumes(self.module, use, self.ignoring)
        ]
        uses.sort(key=lambda use: use.order)
        return any(
            self.scope.both(one, other) and not self.scope.rebound(name, one.step, other.step)
            for at, one in enumerate(uses)
            for other in uses[at + 1 :]
            if name not in self.scope.steps[one.step].stores
        )

    def holds(self, name: str, since: int, use: Use) -> bool:
        """Whether at a use a name still is what a step bound."""
        if use.step <= since:
            return False
        since_block = self.scope.steps[since].block if since >= 0 else ()
        block = self.scope.steps[use.step].block
        return block[: len(since_block)] == since_block and not self.scope.rebound(
            name, since, use.step
        )

    def mutant(
        self,
        operator: str,
        edits: list[Edit],
        lines: set[int],
        about: str = "",
        *,
        kind: str = "RND1",
        use: Use | None = None,
    ) -> Mutant:
        outermost = self.scope
        while outermost.outer is not None:
            outermost = outermost.outer
        if use is not None:
            lines = lines | {self.module.span(use.call).line}
        inside = self.module.span(outermost.node).line, self.module.last_line(outermost.node)
        start = min([inside[0], *(self.module.span(d).line for d in outermost.node.decorators)])
        return Mutant(
            operator, tuple(edits), frozenset(lines), about, kind, (start, inside[1]), use
        )

    def instead(self, operator: str, first: Use, second: Use) -> Mutant:
        """The later use gets what the earlier one had."""
        edit = (second.span.start, second.span.end, first.text)
        lines = {first.span.line, self.module.span(first.call).line, second.span.line}
        return self.mutant(operator, [edit], lines, first.name, use=second)

    def earlier(self, operator: str, first: Use, second: Use) -> Mutant:
        """The earlier use gets what the later one has."""
        edit = (first.span.start, first.span.end, second.text)
        lines = {first.span.line, second.span.line, self.module.span(second.call).line}
        return self.mutant(operator, [edit], lines, second.name, use=first)
