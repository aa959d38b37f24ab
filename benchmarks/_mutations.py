"""The mistakes that `mutate.py` injects: one generator of mutants per kind of mistake.

Every operator chooses places where the changed program is wrong whatever a linter thinks of it: the
two uses are calls that get the key itself as an argument and happen in one run of one function, and
no step between them rebinds the name. An operator whose mutants turn out harmless when read is
narrowed; none is ever fitted to what randlint finds.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from _scopes import Split, Use
from _sites import Mutant, Site


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


def forget(site: Site) -> Iterator[Mutant]:
    """`key, sub = split(key)` becomes `sub = key`, and the key is used twice.

    Namely by another call; by the same call in the next turn of the loop; or by whoever gets the
    key back that the function returns.
    """
    for split in site.scope.splits:
        if split.array or len(split.names) != 2 or split.parent not in split.names:
            continue
        key = split.parent
        assert key is not None
        sub = next((name for name in split.names if name != key), key)
        span = site.module.span(site.scope.steps[split.step].node)
        again = _used_again(site, split, key, sub)
        if again is not None:
            node = site.scope.steps[split.step].node
            blank = "\n" * (site.module.last_line(node) - span.line)  # what follows keeps its line
            edit = (span.start, span.end, f"{sub} = {key}{blank}")
            use, lines = again
            yield site.mutant("forgotten split", [edit], {span.line, *lines}, key, use=use)


def _used_again(site: Site, split: Split, key: str, sub: str) -> tuple[Use, set[int]] | None:
    """The use that would repeat another if both names were one key, and the lines of both."""
    firsts = [u for u in site.of(sub) if site.holds(sub, split.step, u)]
    seconds = [u for u in site.of(key) if site.holds(key, split.step, u)]
    pairs = [
        tuple(sorted((a, b), key=lambda u: u.order))
        for a in firsts
        for b in seconds
        if site.scope.both(a, b) or site.scope.both(b, a)
    ]
    if pairs:
        first, second = min(pairs, key=lambda pair: pair[1].order)
        return second, {first.span.line, second.span.line, site.module.span(first.call).line}
    scope, block = site.scope, site.scope.steps[split.step].block
    for use in firsts:
        line = use.span.line
        loop = scope.compounds[block[-1][0]] if block and block[-1][1] == "body" else None
        inside = [s for s in scope.steps if block and s.block[: len(block)] == block]
        ends = any(s.ends for s in inside)
        once = not ends and sum(key in s.stores for s in inside) == 1
        if once and isinstance(loop, cst.For | cst.While) and scope.steps[use.step].block == block:
            return use, {line, site.module.span(loop).line}
        for at, step in enumerate(scope.steps):
            back = step.node if isinstance(step.node, cst.Return) else None
            if back is None or at < use.step or not scope.follows(use.step, at):
                continue
            if key in returned(back.value) and not scope.rebound(key, split.step, at):
                return use, {line, site.module.span(back).line}
    return None


def returned(value: cst.CSTNode | None) -> set[str]:
    """The names among the parts of what is returned."""
    if isinstance(value, cst.Name):
        return {value.value}
    if isinstance(value, cst.Tuple | cst.List):
        return {name for each in value.elements for name in returned(each.value)}
    return set()


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
