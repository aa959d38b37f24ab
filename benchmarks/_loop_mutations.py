"""The operators that are about loops, traced or not; see `_mutations.py`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from _consumers import consumes
from _places import Module, single_split
from _scopes import Block, Scope, Split, Use, children, dotted, last
from _sites import Mutant, Site


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
        uses = [u for u in site.consuming if u.name in subs and _every_turn(scope, u, step.block)]
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


def _every_turn(scope: Scope, use: Use, block: Block) -> bool:
    """Whether a use runs in each turn of the loop whose body is `block`, if only in loops there."""
    inner = scope.steps[use.step].block
    if inner[: len(block)] != block:
        return False
    rest = ((scope.compounds[mark], arm) for mark, arm in inner[len(block) :])
    return all(isinstance(node, cst.For) and arm == "body" for node, arm in rest)


_LOOPS = frozenset({"scan", "fori_loop", "while_loop"})


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
            since = _made(site, arrays, node.iter, key)
            for use in _in_body(site, mark, site.of(variable)):
                bound = _bound_in_body(site, mark, {key, variable})
                if not bound and not site.scope.rebound(key, since, use.step):
                    edit = (use.span.start, use.span.end, key)
                    yield site.mutant("loop over keys", [edit], {use.span.line}, key, use=use)


def _in_body(site: Site, mark: int, uses: list[Use]) -> list[Use]:
    """Those of some uses that stand directly in the body of a loop."""
    steps = site.scope.steps
    return [use for use in uses if steps[use.step].block[-1:] == ((mark, "body"),)]


def _bound_in_body(site: Site, mark: int, names: set[str]) -> bool:
    return any((mark, "body") in s.block and names & s.stores for s in site.scope.steps)


def _made(site: Site, arrays: dict[str, Split], source: cst.BaseExpression, key: str) -> int:
    """The step that splits the array from the key: the loop's own header, or one before it."""
    steps = [at for at, step in enumerate(site.scope.steps) if step.node is source]
    named = [each.step for each in arrays.values() if each.parent == key and each.step < steps[0]]
    return max(named, default=steps[0])


def element_of_a_turn(site: Site) -> Iterator[Mutant]:
    """`for i in range(n): f(keys[i])`: `keys[i]` becomes `keys[0]`."""
    arrays = {s.names[0] for s in site.scope.splits if s.array}
    for each in site.scope.indexed:
        use = each.use
        if each.keys not in arrays or not consumes(site.module, use, site.ignoring):
            continue
        loops = [
            node
            for mark, node in site.scope.compounds.items()
            if isinstance(node, cst.For) and each.index in _names(node.target)
            if use.sure and _in_body(site, mark, [use])
            if not _bound_in_body(site, mark, {each.keys, each.index})
        ]
        comps = [
            node
            for node in _comprehensions(site.scope.steps[use.step].node)
            if each.index in _names(node.for_in.target) and node.for_in.inner_for_in is None
            if _within(site.module, node.elt, use) and not _lazy(site.module, node.elt, use)
        ]
        if loops or comps:
            edit = (use.span.start, use.span.end, f"{each.keys}[0]")
            yield site.mutant("loop over keys", [edit], {use.span.line}, each.keys, use=use)


def _names(target: cst.BaseExpression) -> set[str]:
    """The names that the target of a loop binds."""
    if isinstance(target, cst.Name):
        return {target.value}
    if isinstance(target, cst.Tuple):
        return {name for each in target.elements for name in _names(each.value)}
    return set()


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


_LOOKED_INTO = (cst.BaseExpression, cst.Arg, cst.Element, cst.DictElement)


def _lazy(module: Module, node: cst.CSTNode, use: Use) -> bool:
    """Whether the use stands where it may never run."""
    if isinstance(node, cst.Lambda | cst.IfExp | cst.BooleanOperation) and _within(
        module, node, use
    ):
        return True
    return any(
        _lazy(module, child, use) for child in children(node) if isinstance(child, _LOOKED_INTO)
    )


def _comprehensions(node: cst.CSTNode) -> Iterator[cst.ListComp | cst.SetComp | cst.GeneratorExp]:
    stack: list[cst.CSTNode] = [node]
    while stack:
        each = stack.pop()
        if isinstance(each, cst.ListComp | cst.SetComp | cst.GeneratorExp):
            yield each
        if not isinstance(each, cst.FunctionDef | cst.ClassDef):
            stack.extend(children(each))
