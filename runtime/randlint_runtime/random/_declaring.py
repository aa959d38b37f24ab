"""Declaring a sampler: jax's signature, a docstring, and the kernel that makes its draws."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial, wraps
from typing import Any, NamedTuple, ParamSpec

import jax

from randlint_runtime.random import _approximate, _base

_FURTHER: Mapping[str, Any] = {
    "convention": None,
    "out_sharding": None,
    "method": "exact",
    "rule": None,
}
_COMMON = frozenset({"key", "shape", "dtype", *_FURTHER})
_RULES = ("default", "implicit")
_P = ParamSpec("_P")


def sampler(
    kernel: Callable[..., jax.Array],
    *,
    kind: type = float,
    broadcast: bool | None = False,
    integral: bool = False,
    static: Mapping[str, Any] | None = None,
    at_once: Callable[..., jax.Array | None] | None = None,
) -> Callable[[Callable[_P, jax.Array]], Callable[_P, jax.Array]]:
    """Declare a sampler of nothing but parameters, whose draws `kernel` makes.

    What is decorated is jax's sampler: its signature and its docstring are the sampler's, and its
    body, a call of jax's own, is what is asked (abstractly) about arguments that are not plain.
    All of its parameters but those that many have (`key`, `shape`, `dtype`, `convention`, ...) are
    handed to the kernel, in their order. Where there is a `method`, all but `"exact"` are jax's
    matter; where there is a `rule`, the kernel is told which.

    Args:
        kernel, kind, broadcast, integral, static: as for `_base.call`.
        at_once: called with all arguments in the order of the signature before anything else is
            done; what it returns is the draw, unless that is None.
    """
    options = _Options(kernel, kind, broadcast, integral, static, at_once)
    return lambda own: _declared(own, options)


class _Options(NamedTuple):
    """What a declaration says beside the signature; see `sampler`."""

    kernel: Callable[..., jax.Array]
    kind: type
    broadcast: bool | None
    integral: bool
    static: Mapping[str, Any] | None
    at_once: Callable[..., jax.Array | None] | None


def _declared(own: Callable[_P, jax.Array], options: _Options) -> Callable[_P, jax.Array]:
    bind = _binder(own)
    kernel, kind, broadcast, integral, static, at_once = options
    places = {name: at for at, name in enumerate(inspect.signature(own).parameters)}
    key, shape, dtype = (places[name] for name in ("key", "shape", "dtype"))
    parameters = tuple((name, at) for name, at in places.items() if name not in _COMMON)
    # Past the end of what was given stands what a sampler without such an argument has.
    further = {name: places.get(name, at) for at, name in enumerate(_FURTHER, len(places))}
    convention, sharding, method, rule = further.values()

    @wraps(own)
    def drawn(*args: _P.args, **kwargs: _P.kwargs) -> jax.Array:
        given = bind(args, kwargs)
        if given is None:
            return own(*args, **kwargs)  # which says what is wrong
        handed = {name: given[at] for name, at in parameters}
        if given[method] != "exact":
            return _approximate.draw(
                *(own.__name__, given[method], given[key], handed, given[shape], given[dtype]),
                out_sharding=given[sharding],
                convention=given[convention],
                rule=given[rule] or _RULES[0],
            )
        if at_once is not None and (draw := at_once(*given[: len(places)])) is not None:
            return draw
        return _base.call(  # by its name: what observes draws stands in its place
            own.__name__,
            kernel,
            given[key],
            handed,
            shape=given[shape],
            dtype=given[dtype],
            kind=kind,
            broadcast=broadcast,
            check=partial(own, *args, **kwargs),
            convention=given[convention],
            out_sharding=given[sharding],
            static=static if given[rule] is None else {"rule": _known(given[rule])},
            integral=integral,
        )

    return drawn


def _known(rule: str) -> str:
    if rule not in _RULES:
        raise ValueError(f"rule must be one of {', '.join(map(repr, _RULES))}, got {rule!r}")
    return rule


_Bound = Sequence[Any] | None
_MISSING = object()


def _binder(own: Callable[..., object]) -> Callable[[tuple[Any, ...], Mapping[str, Any]], _Bound]:
    """What puts arguments into the order of a signature; None for those that do not fit.

    Behind them stand the values of `_FURTHER`.

    `inspect.Signature.bind` does the same in ten times the time, which is that of a whole draw.
    """
    signature = list(inspect.signature(own).parameters.values())
    places = {each.name: at for at, each in enumerate(signature)}
    positional = sum(each.kind is not each.KEYWORD_ONLY for each in signature)
    needed = max(at for at, each in enumerate(signature) if each.default is each.empty) + 1
    defaults = tuple(_MISSING if each.default is each.empty else each.default for each in signature)
    defaults += tuple(_FURTHER.values())

    def bind(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> _Bound:
        count = len(args)
        given: Sequence[Any] = args + defaults[count:]
        if kwargs:
            given = list(given)
            for name, value in kwargs.items():
                at = places.get(name, -1)
                if at < count:
                    return None
                given[at] = value
        if count > positional or (count < needed and any(each is _MISSING for each in given)):
            return None
        return given

    return bind
