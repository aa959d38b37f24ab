"""`jax.random` as it was when this package was imported.

`reference()` swaps the code of the functions in `jax.random`, so nothing inside this package may
call them by their public name: a sampler that falls back to jax would call itself. The namespace
here holds copies with the original code.
"""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Any

import jax


def _copy(function: types.FunctionType) -> types.FunctionType:
    copy = types.FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    copy.__annotations__ = dict(function.__annotations__)
    copy.__doc__ = function.__doc__
    copy.__module__ = function.__module__
    copy.__qualname__ = function.__qualname__
    return copy


FUNCTIONS: dict[str, types.FunctionType] = {
    name: value
    for name, value in vars(jax.random).items()
    if isinstance(value, types.FunctionType) and not name.startswith("_")
}
"""The live function objects, by public name; what user code holds."""

jax_random = types.SimpleNamespace(**{name: _copy(value) for name, value in FUNCTIONS.items()})
"""Copies of them, immune to `reference()`."""


def _lenient(function: Callable[..., Any]) -> Callable[..., Any]:
    """Leave out keywords that are None and that an older jax does not know."""
    known = inspect.signature(function).parameters

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        given = {k: v for k, v in kwargs.items() if k in known or v is not None}
        return function(*args, **given)

    return call


if not hasattr(jax_random, "key_dtype"):  # public since jax 0.10.1, as are many `out_sharding`
    for _name in FUNCTIONS:
        setattr(jax_random, _name, _lenient(getattr(jax_random, _name)))

    def _key_dtype(impl: Any = None) -> Any:
        """The dtype of keys of an implementation."""
        return jax_random.key(0, impl=impl).dtype

    jax_random.key_dtype = _key_dtype


config: Any = jax.config
"""jax's configuration, whose options its type does not list."""


def original(name: str) -> Callable[..., Any]:
    """Jax's own function of that name, whatever has been patched since."""
    function: Callable[..., Any] = getattr(jax_random, name)
    return function
