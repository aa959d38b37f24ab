"""The mistakes that `mutate.py` injects: one generator of mutants per kind of mistake.

Every operator chooses places where the changed program is wrong whatever a linter thinks of it: the
two uses are calls that get the key itself as an argument and happen in one run of one function, and
no step between them rebinds the name. An operator whose mutants turn out harmless when read is
narrowed; none is ever fitted to what randlint finds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import libcst as cst
from _places import (
    Ignoring,
    Module,
    Scope,
    Split,
    Use,
    children,
    consumes,
    dotted,
    last,
    single_split,
)

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


def sibling(site: Site) -> Iterator[Mutant]:
    """`a, b = split(key)`: a use of `b` becomes `a`, or one of `a` becomes `b`."""
    for split in site.scope.splits:
        if split.array or len(set(split.names)) < 2:
            continue
        uses = [
            use
            for name in split.names
            for use in site.of(name)
            if site.holds(name, split.step, use)
        ]
        yield from _nearest(site, "sibling", sorted(uses, key=lambda u: u.order), split.step)


def _nearest(site: Site, operator: str, uses: list[Use], since: int) -> Iterator[Mutant]:
    """Each use takes over the key of the ones before it that are another's, three at most."""
    for at, second in enumerate(uses):
        taken = {second.text}
        for first in reversed(uses[:at]):
            if first.text in taken or len(taken) > 3 or not site.scope.both(first, second):
                continue
            if not site.scope.rebound(first.name, since, second.step):
                taken.add(first.text)
                yield site.instead(operator, first, second)
                if not site.scope.rebound(second.name, since, second.step):
                    yield site.earlier(operator, first, second)


def parent(site: Site) -> Iterator[Mutant]:
    """`a, b = split(key)`: a later use of `a` becomes `key`."""
    for split in site.scope.splits:
        old = split.parent
        if old is None or old in split.names or site.scope.steps[split.step].ends:
            continue
        for use in site.consuming:
            whose = use.name in split.names and split.array == (use.index is not None)
            if not whose or not site.holds(use.name, split.step, use):
                continue
            if site.holds(old, split.step, use):
                line = site.module.span(site.scope.steps[split.step].node).line
                edit = (use.span.start, use.span.end, old)
                yield site.mutant("parent", [edit], {line, use.span.line}, old, use=use)


def same_element(site: Site) -> Iterator[Mutant]:
    """`keys[1]` becomes `keys[0]`, and both are used."""
    for split in site.scope.splits:
        if not split.array:
            continue
        uses = [
            use
            for use in site.consuming
            if use.index is not None and use.name == split.names[0]
            if site.holds(use.name, split.step, use)
        ]
        yield from _nearest(site, "same element", uses, split.step)


def two_callees(site: Site) -> Iterator[Mutant]:
    """A call gets the key that another call, of another split, has consumed."""
    siblings = [frozenset((*s.names, s.parent)) for s in site.scope.splits]
    uses = [u for u in site.consuming if u.name in site.keys and u.index is None]
    for at, second in enumerate(uses):
        for first in reversed(uses[:at]):
            related = any({first.name, second.name} <= group for group in siblings)
            if first.name == second.name or related or not site.scope.both(first, second):
                continue
            since = max(
                (
                    s.step
                    for s in site.scope.splits
                    if first.name in s.names and s.step < first.step
                ),
                default=-1,
            )
            if (since < 0) != (site.keys[first.name] < 0) or not site.holds(
                first.name, since, second
            ):
                continue
            if not site.scope.rebound(first.name, since, second.step):
                yield site.instead("two callees", first, second)
                break


def hoist(site: Site) -> Iterator[Mutant]:
    """`key, sub = split(key)` moves out of the loop that draws from `sub`."""
    module, scope = site.module, site.scope
    for split in scope.splits:
        step = scope.steps[split.step]
        if split.array or split.parent not in split.names or not step.block:
            continue
        loop = scope.compounds[step.block[-1][0]]
        if not isinstance(loop, cst.For | cst.While) or step.block[-1][1] != "body":
            continue
        inside = [s for s in scope.steps if s.block[: len(step.block)] == step.block]
        once = any(s.ends and s.block == step.block for s in inside)
        subs = [name for name in split.names if name != split.parent]
        uses = [
            u for u in site.consuming if u.name in subs and scope.steps[u.step].block == step.block
        ]
        uses = [u for u in uses if sum(u.name in s.stores for s in inside) == 1]
        line, end = module.span(step.node).line, module.last_line(step.node)
        whole = module.text[module.line_start(line) : module.line_start(end + 1)]
        alone = whole.strip() == module.code(step.node)
        if (
            once
            or not uses
            or not alone
            or len({s.node for s in inside if s.block == step.block}) < 2
        ):
            continue
        at = module.span(loop).line
        head = module.text[module.line_start(at) : module.span(loop).start]
        if head.strip():
            continue
        moved = f"{head}{module.code(step.node)}\n"
        edits = [
            (module.line_start(at), module.line_start(at), moved),
            (module.line_start(line), module.line_start(end + 1), ""),
        ]
        added = end - line + 1
        lines = {u.span.line + (added if u.span.line < line else 0) for u in uses}
        yield site.mutant(
            "re-split out of the loop", edits, lines | {at}, uses[0].name, use=uses[0]
        )


def forget(site: Site) -> Iterator[Mutant]:
    """`key, sub = split(key)` becomes `sub = key`, and both are used."""
    for split in site.scope.splits:
        if split.array or len(split.names) != 2 or split.parent not in split.names:
            continue
        key = split.parent
        assert key is not None
        sub = next((name for name in split.names if name != key), key)
        firsts = [u for u in site.of(sub) if site.holds(sub, split.step, u)]
        seconds = [u for u in site.of(key) if site.holds(key, split.step, u)]
        pairs = [
            tuple(sorted((a, b), key=lambda u: u.order))
            for a in firsts
            for b in seconds
            if site.scope.both(a, b) or site.scope.both(b, a)
        ]
        if pairs:
            span = site.module.span(site.scope.steps[split.step].node)
            first, second = min(pairs, key=lambda pair: pair[1].order)
            lines = {span.line, first.span.line, second.span.line}
            lines.add(site.module.span(first.call).line)
            edit = (span.start, span.end, f"{sub} = {key}")
            yield site.mutant("forgotten split", [edit], lines, key, use=second)


def kept_parent(site: Site) -> Iterator[Mutant]:
    """`key, sub = split(key)` becomes `_, sub = split(key)`, and `key` is used."""
    for split in site.scope.splits:
        node, key = site.scope.steps[split.step].node, split.parent
        if split.array or key is None or split.names.count(key) != 1:
            continue
        later = [u for u in site.of(key) if site.holds(key, split.step, u)]
        if later and isinstance(node, cst.Assign):
            target = node.targets[0].target
            assert isinstance(target, cst.Tuple | cst.List)
            span = site.module.span(target.elements[split.names.index(key)].value)
            lines = {site.module.span(node).line, later[0].span.line}
            edit = (span.start, span.end, "_")
            yield site.mutant("parent kept", [edit], lines, key, use=later[0])


def closure(site: Site) -> Iterator[Mutant]:
    """The body of a traced loop draws from the enclosing function's key."""
    outer = site.scope.outer
    if outer is None or not site.scope.outer:
        return
    around = Site(site.module, outer, site.ignoring)
    name = site.scope.node.name.value
    loops = [u for u in outer.uses if u.name == name and last(u.callee) in _LOOPS and u.sure]
    own = {n for n in site.keys if n in site.scope.parameters or site.keys[n] >= 0}
    bound = set(site.scope.parameters).union(*(s.stores for s in site.scope.steps))
    for loop in loops[:1]:
        held = [
            (key, since)
            for key, since in around.keys.items()
            if key not in bound and outer.stored(key) == (since >= 0)
            if since < site.scope.at and around.holds(key, since, loop)
        ]
        for use in site.consuming:
            if held and use.name in own and use.index is None:
                key = max(held, key=lambda pair: pair[1])[0]  # made last
                edit = (use.span.start, use.span.end, key)
                lines = {use.span.line, site.module.span(loop.call).line}
                yield site.mutant("closed-over key", [edit], lines, key, use=use)


_LOOPS = frozenset({"scan", "fori_loop", "while_loop"})


def loop_variable(site: Site) -> Iterator[Mutant]:
    """`for k in split(key, n)`: `k` in the body becomes `key`."""
    arrays = {s.names[0]: s for s in site.scope.splits if s.array}
    for mark, node in site.scope.compounds.items():
        if not isinstance(node, cst.For) or not isinstance(node.target, cst.Name | cst.Tuple):
            continue
        for variable, source in _pairs(node.target, node.iter):
            key = _parent(site, arrays, source)
            if key is None or key == variable:
                continue
            body = [
                u
                for u in site.of(variable)
                if site.scope.steps[u.step].block[-1:] == ((mark, "body"),)
            ]
            stores = [s for s in site.scope.steps if key in s.stores or variable in s.stores]
            if len(stores) > 1 + (site.keys.get(key, -1) >= 0):
                continue
            for use in body:
                edit = (use.span.start, use.span.end, key)
                yield site.mutant("loop over keys", [edit], {use.span.line}, key, use=use)


def _pairs(
    target: cst.BaseExpression, source: cst.BaseExpression
) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The names that a `for` binds, each with what it runs over."""
    if isinstance(target, cst.Name):
        yield target.value, source
    elif isinstance(target, cst.Tuple) and isinstance(source, cst.Call):
        names = [each.value for each in target.elements]
        over = [each.value for each in source.args]
        callee = dotted(source.func)
        if callee == "enumerate" and len(names) == 2 and over:
            yield from _pairs(names[1], over[0])
        elif callee == "zip" and len(names) == len(over):
            for name, each in zip(names, over, strict=True):
                yield from _pairs(name, each)


def _parent(site: Site, arrays: dict[str, Split], source: cst.BaseExpression) -> str | None:
    """The key that a key array was split from."""
    call = single_split(site.module, source)
    if call is not None and call.args and isinstance(call.args[0].value, cst.Name):
        return call.args[0].value.value
    if isinstance(source, cst.Name) and source.value in arrays:
        split = arrays[source.value]
        return split.parent if split.parent not in split.names else None
    return None


def comprehension(site: Site) -> Iterator[Mutant]:
    """`[f(k) for k in split(key, n)]`: `k` becomes `key`."""
    arrays = {s.names[0]: s for s in site.scope.splits if s.array}
    for use in site.scope.uses:
        if use.index is not None or not consumes(site.module, use, site.ignoring):
            continue
        for comp in _comprehensions(site.scope.steps[use.step].node):
            if comp.for_in.inner_for_in is not None or not _within(site.module, comp.elt, use):
                continue
            for variable, source in _pairs(comp.for_in.target, comp.for_in.iter):
                key = _parent(site, arrays, source)
                if variable == use.name and key not in (None, variable):
                    assert key is not None
                    if _lazy(site.module, comp.elt, use):
                        continue
                    edit = (use.span.start, use.span.end, key)
                    yield site.mutant("loop over keys", [edit], {use.span.line}, key, use=use)


def _within(module: Module, node: cst.CSTNode, use: Use) -> bool:
    span = module.span(node)
    return span.start <= use.span.start and use.span.end <= span.end


def _lazy(module: Module, node: cst.CSTNode, use: Use) -> bool:
    """Whether the use stands where it may never run."""
    if isinstance(node, cst.Lambda | cst.IfExp | cst.BooleanOperation) and _within(
        module, node, use
    ):
        return True
    return any(
        _lazy(module, child, use) for child in children(node) if isinstance(child, _LOOKED_INTO)
    )


_LOOKED_INTO = (cst.BaseExpression, cst.Arg, cst.Element, cst.DictElement)


def _comprehensions(node: cst.CSTNode) -> Iterator[cst.ListComp | cst.SetComp | cst.GeneratorExp]:
    stack: list[cst.CSTNode] = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, cst.ListComp | cst.SetComp | cst.GeneratorExp):
            yield each
        if not isinstance(each, cst.FunctionDef | cst.ClassDef):
            stack.extend(children(each))


def past_the_end(site: Site) -> Iterator[Mutant]:
    """`keys[1]` of two keys becomes `keys[2]`."""
    for split in site.scope.splits:
        if not split.array or split.number is None:
            continue
        for use in site.scope.uses:
            mine = use.name == split.names[0] and use.index is not None
            if mine and site.holds(use.name, split.step, use):
                edit = (use.span.start, use.span.end, f"{use.name}[{split.number}]")
                yield site.mutant("past the end", [edit], {use.span.line}, use.name, use=use)


def default_key(site: Site) -> Iterator[Mutant]:
    """A required key parameter gets a constant key as its default."""
    made = site.module.spelled("PRNGKey")
    params = site.scope.node.params
    if made is None:
        return
    for group in (params.params, params.kwonly_params):
        for at, param in enumerate(group):
            name = param.name.value
            rest = group[at + 1 :] if group is params.params else ()
            if param.default is not None or any(each.default is None for each in rest):
                continue
            if site.keys.get(name) == -1:
                span = site.module.span(param)
                end = (
                    site.module.span(param.annotation.annotation).end
                    if param.annotation
                    else (site.module.span(param.name).end)
                )
                text = f" = {made}(0)" if param.annotation else f"={made}(0)"
                yield site.mutant("default key", [(end, end, text)], {span.line}, name)
