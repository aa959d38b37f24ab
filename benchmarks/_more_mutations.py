"""The operators that are about constants and lanes; see `_mutations.py`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from _places import seeded
from _scopes import Use, dotted, last, number
from _sites import Edit, Mutant, Site

_TRACED = frozenset({"scan", "fori_loop", "while_loop", "vmap", "map"})


def wrong_number(site: Site) -> Iterator[Mutant]:
    """`a, b = split(key)` becomes `a, b = split(key, 3)`."""
    for split in site.scope.splits:
        node = site.scope.steps[split.step].node
        call = node.value if isinstance(node, cst.Assign) else None
        if split.array or not isinstance(call, cst.Call) or len(call.args) > 2:
            continue
        wrong = str(len(split.names) + 1)
        if len(call.args) == 1:
            end = site.module.span(call.args[0].value).end
            edit = (end, end, f", {wrong}")
        elif split.number == len(split.names):
            span = site.module.span(call.args[1].value)
            edit = (span.start, span.end, wrong)
        else:
            continue
        lines = {site.module.span(node).line, site.module.span(call.args[-1]).line}
        yield site.mutant("wrong number of keys", [edit], lines, split.names[0])


def overwritten(site: Site) -> Iterator[Mutant]:
    """A function begins by replacing the key it is given with a constant one."""
    made, body = site.module.spelled("PRNGKey"), site.scope.node.body
    if made is None or not isinstance(body, cst.IndentedBlock):
        return
    first = body.body[0]
    if isinstance(first, cst.SimpleStatementLine) and _is_docstring(first) and len(body.body) > 1:
        first = body.body[1]
    start = site.module.span(first)
    margin = site.module.text[site.module.line_start(start.line) : start.start]
    if margin.strip() or getattr(first, "decorators", ()):
        return
    for name in site.scope.parameters:
        if site.keys.get(name) == -1:
            edit = (start.start, start.start, f"{name} = {made}(0)\n{margin}")
            uses = [use for use in site.of(name) if site.holds(name, -1, use)]
            lines = {start.line, *(1 + use.span.line for use in uses)}  # what draws from it, too
            lines |= {1 + site.module.span(use.call).line for use in uses}
            yield site.mutant("overwritten key", [edit], lines, name)


def _is_docstring(node: cst.SimpleStatementLine) -> bool:
    value = node.body[0].value if isinstance(node.body[0], cst.Expr) else None
    return isinstance(value, cst.SimpleString | cst.ConcatenatedString)


def fold_in(site: Site) -> Iterator[Mutant]:
    """Two `fold_in` of one key get the same number, or the loop's number becomes 0."""
    calls = [
        use
        for use in site.scope.uses
        if use.position == 0 and site.module.random(use.callee) == "fold_in"
        if use.name and use.sure and len(use.call.args) == 2
    ]
    for at, second in enumerate(calls):
        data = second.call.args[1].value
        span = site.module.span(data)
        if number(data) is None:
            if _varies(site, second, data):
                edit = (span.start, span.end, "0")
                yield site.mutant("fold_in constant", [edit], _derived(site, second), second.name)
            continue
        for first in calls[:at]:
            same = first.name == second.name and number(first.call.args[1].value) is not None
            other = site.module.code(first.call.args[1].value)
            if not same or other == site.module.code(data) or not site.scope.both(first, second):
                continue
            if not site.scope.rebound(first.name, first.step - 1, second.step):
                edit = (span.start, span.end, other)
                lines = _derived(site, first) | _derived(site, second)
                yield site.mutant("fold_in constant", [edit], lines, second.name)
                break


def _derived(site: Site, use: Use) -> set[int]:
    """The lines of a `fold_in`, of what draws from its key, and of the loop it runs in."""
    lines = {use.span.line, site.module.span(use.call).line}
    for name in site.scope.steps[use.step].stores:
        for each in (u for u in site.scope.uses if u.name == name):
            if each.step > use.step and not site.scope.rebound(name, use.step, each.step):
                lines |= {each.span.line, site.module.span(each.call).line}
    outer, name = site.scope.outer, site.scope.node.name.value
    for each in outer.uses if outer is not None else ():
        if each.name == name and last(each.callee) in _TRACED:
            lines.add(site.module.span(each.call).line)
    return lines


def _varies(site: Site, use: Use, data: cst.BaseExpression) -> bool:
    """Whether the number is what tells the iterations of a loop over one key apart."""
    scope = site.scope
    if not isinstance(data, cst.Name):
        return False
    for mark, arm in scope.steps[use.step].block:
        loop = scope.compounds[mark]
        inside = [s for s in scope.steps if (mark, arm) in s.block]
        if isinstance(loop, cst.For) and arm == "body":
            mine = data.value in [n.value for n in _names(loop.target)]
            return mine and not any(use.name in s.stores for s in inside)
    if scope.outer is None or data.value not in _carried(site):
        return False
    bound = set(scope.parameters).union(*(s.stores for s in scope.steps))
    handed = [u for u in scope.outer.uses if u.name == scope.node.name.value]
    return use.name not in bound and any(last(u.callee) in _TRACED for u in handed)


def _carried(site: Site) -> set[str]:
    """The parameters of a function, and the names that they are unpacked into."""
    found = set(site.scope.parameters)
    for step in site.scope.steps:
        node = step.node
        source = node.value if isinstance(node, cst.Assign) else None
        if isinstance(source, cst.Name) and source.value in found:
            found |= step.stores
    return found


def _names(node: cst.CSTNode) -> Iterator[cst.Name]:
    if isinstance(node, cst.Name):
        yield node
    elif isinstance(node, cst.Tuple):
        for each in node.elements:
            yield from _names(each.value)


def seeds(site: Site) -> Iterator[Mutant]:
    """Two keys that are drawn from in one way are made from the same seed.

    Both go to samplers of `jax.random`, or both to callables of one name: then both get the same
    numbers. A sampler beside a callee that splits its key, or an `init` beside an `apply`, has
    other numbers though the seeds are equal (`split` and the samplers hash different counters):
    nothing that is computed from them is wrong.
    """
    made = sorted(_seeded_uses(site), key=lambda pair: site.module.span(pair[0]).start)
    for at, (call, use) in enumerate(made):
        for before, earlier in reversed(made[:at]):
            old, new = (each.args[0].value for each in (call, before))
            if not (_is_seed(old) and _is_seed(new)) or site.module.code(old) == site.module.code(
                new
            ):
                continue
            follows = site.scope.both(earlier, use) or site.scope.both(use, earlier)
            names = {each.value for each in _names_in(new)}
            rebound = any(site.scope.rebound(name, earlier.step, use.step) for name in names)
            if follows and not rebound and _drawn_alike(site, earlier, use):
                span = site.module.span(old)
                places = [site.module.span(each).line for each in (call, before)]
                lines = {*places, use.span.line, earlier.span.line}
                lines.add(site.module.span(earlier.call).line)
                edit = (span.start, span.end, site.module.code(new))
                yield site.mutant("equal seeds", [edit], lines, use.name, use=use)
                break


def _drawn_alike(site: Site, one: Use, other: Use) -> bool:
    if site.module.draws(one.callee) and site.module.draws(other.callee):
        return True
    return last(one.callee) == last(other.callee)


def _seeded_uses(site: Site) -> Iterator[tuple[cst.Call, Use]]:
    """The keys made from seeds, each with the first use of it."""
    for use in site.consuming:
        call = _call_at(site, use) if not use.name else None
        if call is not None:
            yield call, use
    for at, step in enumerate(site.scope.steps):
        node = step.node
        if not isinstance(node, cst.Assign) or len(node.targets) != 1:
            continue
        for target, value in _bindings(node.targets[0].target, node.value):
            call = seeded(site.module, value)
            if call is not None:
                uses = [u for u in site.of(target) if site.holds(target, at, u)]
                yield from ((call, use) for use in uses[:1])


def _bindings(
    target: cst.BaseExpression, value: cst.BaseExpression
) -> Iterator[tuple[str, cst.BaseExpression]]:
    """The names that an assignment binds one by one: `a = x`, `a, b = x, y`."""
    if isinstance(target, cst.Name):
        yield target.value, value
    elif isinstance(target, cst.Tuple) and isinstance(value, cst.Tuple):
        for each, part in zip(target.elements, value.elements, strict=False):
            yield from _bindings(each.value, part.value)


def _is_seed(node: cst.BaseExpression) -> bool:
    """Whether an expression is the same number whenever it is evaluated: `0`, `seed + 1`."""
    if isinstance(node, cst.BinaryOperation):
        return _is_seed(node.left) and _is_seed(node.right)
    return isinstance(node, cst.Name | cst.Integer)


def _names_in(node: cst.BaseExpression) -> list[cst.Name]:
    if isinstance(node, cst.BinaryOperation):
        return [*_names_in(node.left), *_names_in(node.right)]
    return [node] if isinstance(node, cst.Name) else []


def _call_at(site: Site, use: Use) -> cst.Call | None:
    for argument in use.call.args:
        call = seeded(site.module, argument.value)
        if call is not None and site.module.span(call) == use.span:
            return call
    return None


def lanes(site: Site) -> Iterator[Mutant]:
    """`vmap(f)(keys, x)` becomes `vmap(lambda a: f(key, a))(x)`.

    Not `in_axes=(None, 0)`: who writes that says that the lanes are to share the key, and common
    random numbers are a method. A key that is closed over was forgotten.
    """
    arrays = {s.names[0]: s for s in site.scope.splits if s.array}
    for use in site.scope.uses:
        split = arrays.get(use.name)
        mapped = _vmap(site, use)
        if split is None or split.parent is None or mapped is None or use.index is not None:
            continue
        held = site.holds(use.name, split.step, use) and site.holds(split.parent, split.step, use)
        plain = all(each.keyword is None and not each.star for each in use.call.args)
        if not held or not plain or not isinstance(use.position, int) or len(use.call.args) < 2:
            continue
        axes = _axes(site, mapped, use.position, len(use.call.args))
        inner = mapped.args[0].value
        if axes is None or site.ignoring.ignores(last(dotted(inner)), use.position):
            continue
        edits = [*axes, *_closed_over(site, mapped, use, split.parent)]
        lines = {use.span.line, site.module.span(mapped).line}
        yield site.mutant("vmap over one key", edits, lines, split.parent, use=use)


def _closed_over(site: Site, mapped: cst.Call, use: Use, key: str) -> Iterator[Edit]:
    """The mapped function takes the key out of the air, and the call hands it over no more."""
    module, inner, position = site.module, mapped.args[0].value, int(use.position)
    names = [f"lane_{at}" for at in range(len(use.call.args))]
    given = [key if at == position else name for at, name in enumerate(names)]
    del names[position]
    start = module.span(inner).start
    yield start, start, f"lambda {', '.join(names)}: ("
    end = module.span(inner).end
    yield end, end, f")({', '.join(given)})"
    args = use.call.args
    if position + 1 < len(args):
        yield use.span.start, module.span(args[position + 1]).start, ""
    else:
        yield module.span(args[position - 1]).end, use.span.end, ""


def _vmap(site: Site, use: Use) -> cst.Call | None:
    """The `vmap(...)` whose result a use is an argument of."""
    function = use.call.func
    if isinstance(function, cst.Name):
        stores = [s for s in site.scope.steps if function.value in s.stores]
        if len(stores) == 1 and isinstance(stores[0].node, cst.Assign):
            function = stores[0].node.value
    if isinstance(function, cst.Call) and dotted(function.func) in ("jax.vmap", "vmap"):
        return function if function.args and not function.args[0].keyword else None
    return None


def _axes(site: Site, mapped: cst.Call, position: int, arguments: int) -> list[Edit] | None:
    """The edits that leave one axis out; None where nothing would be mapped, or nobody knows."""
    named = [a for a in mapped.args if a.keyword is not None and a.keyword.value == "in_axes"]
    given = named[0].value if named else mapped.args[1].value if len(mapped.args) > 1 else None
    if given is None or number(given) == 0:
        return []
    if not isinstance(given, cst.Tuple) or len(given.elements) != arguments:
        return None
    axes = [site.module.code(each.value) for each in given.elements]
    if axes.pop(position) != "0" or all(each == "None" for each in axes):
        return None
    span = site.module.span(given)
    return [(span.start, span.end, f"{', '.join(axes)},")]  # the parentheses stay
