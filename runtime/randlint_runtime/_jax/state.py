"""Settings, what runs now, and keys."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

import jax
import numpy as np

from randlint_runtime._jax.jaxprs import count_vmaps
from randlint_runtime._jax.undocumented import needed, owner_of


def user_context(default: Any) -> Any:
    """A value local to threads: programs traced under different ones are different programs."""
    return needed("user context")(default)


class TraceToken:
    """A tuple of names in jit's cache key."""

    def __init__(self) -> None:
        self._context = user_context(())

    @property
    def value(self) -> tuple[str, ...]:
        """The token of the calling thread."""
        value: tuple[str, ...] | None = self._context.value
        return value or ()

    def set_everywhere(self, value: tuple[str, ...]) -> None:
        """Change the token for every thread that has none of its own."""
        context = self._context
        holder = context if hasattr(context, "set_global") else context._obj
        holder.set_global(value)

    def here(self, value: tuple[str, ...]) -> AbstractContextManager[Any]:
        """Change the token of the calling thread for the time of a block."""
        changed: AbstractContextManager[Any] = self._context(value)
        return changed


def without_jax_checks() -> AbstractContextManager[Any]:
    """Turn jax's own key checker off during a block, where somebody has turned it on."""
    later: Any = getattr(jax, "enable_key_reuse_checks", None)
    flag: Any = getattr(jax, "debug_key_reuse", later)
    return nullcontext() if flag is None else flag(False)  # type: ignore[no-any-return]


def partitionable_threefry() -> bool:
    """Whether ``split(key, n)[i]`` is ``fold_in(key, i)`` (the default since jax 0.5)."""
    return bool(getattr(jax.config, "jax_threefry_partitionable", True))


def default_impl() -> str:
    """The generator that raw keys are taken to belong to."""
    config: Any = jax.config
    return str(config.jax_default_prng_impl)


def varying_axes(x: jax.Array) -> frozenset[Any]:
    """The manual mesh axes over which an array varies."""
    kind = jax.typeof(x)
    manual = getattr(kind, "mat", None)  # where jax 0.10 keeps it; `vma` before
    axes: frozenset[Any] = manual.varying if manual is not None else kind.vma
    return axes


def vary(x: jax.Array, axes: tuple[Any, ...]) -> jax.Array:
    """The same array, declared to vary over more manual mesh axes."""
    lax: Any = jax.lax
    old = not hasattr(lax, "pcast")  # before jax 0.8
    varying: jax.Array = lax.pvary(x, axes) if old else lax.pcast(x, axes, to="varying")
    return varying


def is_tracer(value: Any) -> bool:
    """Whether a value stands for one that a program will have."""
    return isinstance(value, needed("Tracer"))


def lacks_lanes(key: Any) -> bool:
    """Whether a key is used under more vmaps, in the current trace, than it has lanes for."""
    vmaps = count_vmaps(needed("name stack")())
    while vmaps and type(key).__name__ in ("BatchTracer", "JVPTracer", "LinearizeTracer"):
        vmaps -= type(key).__name__ == "BatchTracer"
        key = getattr(key, "val", getattr(key, "primal", None))
    return vmaps > 0


def tracing() -> str:
    """What Python code that runs now is for: ``"traced"`` into a program, ``"vmapped"``, or run."""
    zero = np.float32(0)
    if is_tracer(jax.lax.add(zero, zero)):
        return "traced"
    return "vmapped" if count_vmaps(needed("name stack")()) else "run"


def is_staged() -> bool:
    """Whether what runs now becomes part of a program; quick where it does not."""
    clean = _clean()
    return not (clean is not None and clean()) and tracing() == "traced"


@cache
def _clean() -> Any:
    found = owner_of("clean")
    return getattr(*found) if found else None


def key_words(key: Any) -> Any:
    """The raw words of a typed key, without passing through an observed function."""
    return needed("key data")(key)


def is_key_dtype(dtype: Any) -> bool:
    """Whether a dtype is that of typed keys."""
    types: Any = jax.dtypes
    return bool(types.issubdtype(dtype, types.prng_key))


def impl_of(aval: Any) -> str:
    """The name of a key array's generator, e.g. ``"threefry2x32"``."""
    return str(getattr(getattr(aval.dtype, "_impl", None), "name", aval.dtype))
