"""What jaxprs consist of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from randlint_runtime._jax.undocumented import UnsupportedJaxError, needed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Params(dict[str, Any]):
    """The parameters of an equation; asking for one that jax has renamed says so."""

    def __init__(self, eqn: Any) -> None:
        super().__init__(eqn.params)
        self._primitive = eqn.primitive.name

    def __missing__(self, name: str) -> Any:
        raise UnsupportedJaxError(f"the primitive `{self._primitive}` has no parameter `{name}`")


def scan_sizes(params: Params) -> tuple[int, int]:
    """How many operands of a `scan` are constants, and how many the carry."""
    if "ft_in" in params:  # jax 0.12: a tree of (constants, carry, rows)
        constants, carry, _ = params["ft_in"].unpack()
        return len(constants), len(carry)
    return params["num_consts"], params["num_carry"]


def called(eqn: Any) -> Any | None:
    """The jaxpr that an equation calls once with its operands, if it is one of that kind."""
    for name in ("jaxpr", "call_jaxpr", "fun_jaxpr"):
        inner = eqn.params.get(name)
        if inner is not None and hasattr(opened(inner), "eqns"):
            return inner
    return None


def opened(jaxpr: Any) -> Any:
    """A jaxpr without its constants' values; itself, where jax keeps them in one (from 0.12)."""
    return getattr(jaxpr, "jaxpr", jaxpr)


def constants(jaxpr: Any) -> list[Any]:
    """The values of a jaxpr's `constvars`; none where it has no values for them."""
    return list(getattr(jaxpr, "consts", ()))


def rewritten(value: Any, change: Callable[[Any], Any]) -> Any:
    """A jaxpr, or a parameter of an equation, with ``change(eqn)`` for every equation in it.

    The same object, where nothing changes.
    """
    if isinstance(value, (tuple, list)):
        parts = [rewritten(part, change) for part in value]
        same = all(new is old for new, old in zip(parts, value, strict=True))
        return value if same or type(value) not in (tuple, list) else type(value)(parts)
    inner = opened(value)
    if not hasattr(inner, "eqns"):
        return value
    if inner is not value:
        changed = rewritten(inner, change)
        return value if changed is inner else value.replace(jaxpr=changed)
    equations = [_rewritten_equation(change(eqn), change) for eqn in value.eqns]
    if all(new is old for new, old in zip(equations, value.eqns, strict=True)):
        return value
    return value.replace(eqns=equations)


def _rewritten_equation(eqn: Any, change: Callable[[Any], Any]) -> Any:
    params = {name: rewritten(value, change) for name, value in eqn.params.items()}
    same = all(params[name] is value for name, value in eqn.params.items())
    return eqn if same else eqn.replace(params=params)


def evaluated(jaxpr: Any, values: Any, *args: Any) -> list[Any]:
    """What a closed jaxpr gives with other ``values`` in the place of its constants."""
    return list(needed("eval_jaxpr")(opened(jaxpr), values, *args))


def func_source(jaxpr: Any) -> str | None:
    """``"name at file:line"`` of the Python function that a jaxpr was traced from, if recorded."""
    info = getattr(opened(jaxpr), "debug_info", None)
    source = getattr(info, "func_src_info", None)
    return source if isinstance(source, str) else None


def frames(eqn: Any) -> Iterator[tuple[str, int, str]]:
    """The Python stack at which an equation was traced, innermost first: file, line, function."""
    traceback = getattr(getattr(eqn, "source_info", None), "traceback", None)
    for frame in traceback.frames if traceback is not None else ():
        yield frame.file_name, frame.line_num, frame.function_name


def vmaps_of(eqn: Any) -> int:
    """How many vmapped axes an equation was traced under, by its name stack."""
    return count_vmaps(eqn.source_info.name_stack)


def count_vmaps(name_stack: Any) -> int:
    return str(name_stack).count("vmap(")
