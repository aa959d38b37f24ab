"""The operators that are about derivatives through draws; see `_mutations.py`."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from _scopes import Step, Use, children, dotted, last
from _sites import Mutant, Site

_GRADS = frozenset({"grad", "value_and_grad"})


def stop_gradient(site: Site) -> Iterator[Mutant]:
    """`stop_gradient(x)` becomes `x`, where `x` was drawn; or a surrogate lacks it from the start.

    Without a derivative nothing is wrong, so only functions that the module hands to `grad` count.
    Few of those stop a sample. The others get what its author would have to write to learn by the
    score function (reward times log-density of a sample), and forgets the `stop_gradient` of.
    """
    handed = _handed(site)
    if not handed or _has_a_derivative(site.scope.node):
        return
    drawn = {
        name
        for step in site.scope.steps
        if isinstance(step.node, cst.Assign) and _draws(site, step.node.value)
        for name in step.stores
    }
    for use in site.scope.uses:
        if last(use.callee) == "stop_gradient" and use.name in drawn:
            span = site.module.span(use.call)
            edit = (span.start, span.end, use.text)
            yield site.mutant("no stop_gradient", [edit], {span.line}, use.name, kind="RND2")
    yield from _surrogates(site, handed)


# The log-density of a normal distribution around {mean}, from the library and written out; and the
# reward, at once and in a call.
_SURROGATES = (
    "jax.scipy.stats.norm.logpdf(sample_, {mean}) * sample_",
    "-0.5 * (sample_ - {mean}) ** 2 * sample_",
    "jax.numpy.sum(jax.numpy.abs(sample_) * jax.scipy.stats.norm.logpdf(sample_, {mean}))",
    "(-0.5 * ((sample_ - {mean}) / 2.0) ** 2) * jax.numpy.sin(sample_)",
)


def _surrogates(site: Site, handed: Use) -> Iterator[Mutant]:
    module, made = site.module, site.module.spelled("PRNGKey")
    draw = module.spelled("normal")
    if draw is None or made is None or module.names.get("jax") != "jax":
        return
    for number_, (step, value) in enumerate(_losses(site, handed)):
        span, code = module.span(value), module.code(value)
        start = module.span(step.node)
        margin = module.text[module.line_start(start.line) : start.start]
        if margin.strip() or start.line != span.line:
            continue
        sample = f"mean_ = {code}\n{margin}sample_ = mean_ + {draw}({made}(0))\n{margin}"
        form = _SURROGATES[(start.line + number_) % len(_SURROGATES)].format(mean="mean_")
        edits = [(start.start, start.start, sample), (span.start, span.end, form)]
        lines = {start.line, start.line + 1, start.line + 2}
        yield site.mutant("no stop_gradient", edits, lines, code, kind="RND2")


def _draws(site: Site, node: cst.CSTNode) -> bool:
    if isinstance(node, cst.Call):
        callee = dotted(node.func)
        if site.module.draws(callee) or last(callee) in (
            "sample",
            "sample_and_log_prob",
            "rsample",
        ):
            return True
    return any(_draws(site, child) for child in children(node))


def discrete(site: Site) -> Iterator[Mutant]:
    """A function handed to `grad` multiplies its value by a Bernoulli draw of that value."""
    module = site.module
    draw, made = module.spelled("bernoulli"), module.spelled("PRNGKey")
    handed = _handed(site)
    if draw is None or made is None or not handed or _has_a_derivative(site.scope.node):
        return
    for _, value in _losses(site, handed):
        span, code = module.span(value), module.code(value)
        text = f"{code} * {draw}({made}(0), {code})"
        if not isinstance(value, cst.Name | cst.Call):
            text = f"({code}) * {draw}({made}(0), {code})"
        edit = (span.start, span.end, text)
        yield site.mutant("discrete draw", [edit], {span.line}, code, kind="RND2")


def _handed(site: Site) -> Use | None:
    """Where a function is handed to `grad`, by its name."""
    scope, name = site.scope, site.scope.node.name.value
    around = scope.outer.uses if scope.outer is not None else _module_uses(site)
    handed = [u for u in around if u.name == name and u.position == 0 and not scope.in_class]
    return next((u for u in handed if last(u.callee) in _GRADS), None)


def _losses(site: Site, handed: Use) -> Iterator[tuple[Step, cst.BaseExpression]]:
    """The values on one line that a function returns to be differentiated."""
    scope, module = site.scope, site.module
    aux = any(a.keyword is not None and a.keyword.value == "has_aux" for a in handed.call.args)
    for at, step in enumerate(scope.steps):
        value = step.node.value if isinstance(step.node, cst.Return) else None
        if aux and isinstance(value, cst.Tuple) and value.elements:
            value = value.elements[0].value
        elif aux:
            continue
        if value is None or isinstance(value, cst.Tuple | cst.Integer | cst.Float):
            continue
        if not _depends(site, value, at) or "\n" in module.code(value):
            continue
        if not scope.rebound(scope.parameters[0] if scope.parameters else "", -1, at):
            yield step, value


def _has_a_derivative(node: cst.FunctionDef) -> bool:
    """Whether a function's author says what its derivative is: no draw inside is a mistake."""
    return any(
        part.value in ("custom_vjp", "custom_jvp", "custom_gradient")
        for each in node.decorators
        for part in _names(each.decorator)
    )


def _names(node: cst.CSTNode) -> Iterator[cst.Name]:
    if isinstance(node, cst.Name):
        yield node
    for child in children(node):
        yield from _names(child)


def _depends(site: Site, value: cst.CSTNode, at: int) -> bool:
    """Whether a value is computed from what the function gets."""
    params = site.scope.node.params
    star = [params.star_arg] if isinstance(params.star_arg, cst.Param) else []
    moved = set(site.scope.parameters[:1]) | {each.name.value for each in star}
    for step in site.scope.steps[:at]:
        if _mentions(step.node, moved):
            moved |= step.stores
    return _mentions(value, moved)


def _mentions(node: cst.CSTNode, names: set[str]) -> bool:
    if isinstance(node, cst.Name):
        return node.value in names
    return any(_mentions(child, names) for child in children(node))


def _module_uses(site: Site) -> list[Use]:
    """What the calls of the module's other functions get."""
    return [use for scope in site.module.scopes if scope.outer is None for use in scope.uses]
