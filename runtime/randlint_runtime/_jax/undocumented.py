"""The names of jax that are taken without jax documenting them, newest places first.

The canary (`tests/runtime/surface`) reads the tables of this file without importing it.
"""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import jax

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# The first is the oldest that is supported: older ones lack `jax.make_user_context`.
TESTED = ("0.7.2", "0.8.3", "0.9.2", "0.10.2", "0.12.0.1")
# Where each name stands.
PRIVATE: dict[str, tuple[str, ...]] = {
    # Every public sampler passes its key through this function. Patching it is what makes the
    # ledger see `from jax.random import normal` captured long before.
    "check": ("jax._src.random.core._check_prng_key", "jax._src.random._check_prng_key"),
    "key data": ("jax._src.random.core._key_data", "jax._src.random._key_data"),
    "clone": ("jax._src.random.core.random_clone_p", "jax._src.random.random_clone_p"),
    # How `randlint verify` sees which keys a line makes.
    "split": ("jax._src.random.core.prng.random_split", "jax._src.random.prng.random_split"),
    "fold in": ("jax._src.random.core.prng.random_fold_in", "jax._src.random.prng.random_fold_in"),
    # All of jax's derivatives pass through these two; before 0.10 reverse mode through `_vjp`.
    "jvp": ("jax._src.api._jvp",),
    "reverse": ("jax._src.api._vjp", "jax._src.interpreters.ad.linearize"),
    # The rules by which `vmap` batches `cond` and `while_loop`.
    "batchers": ("jax._src.interpreters.batching.fancy_primitive_batchers",),
    "clean": ("jax._src.core.trace_state_clean",),
    # A value in jit's cache key; its `set_global` is public from 0.10.1.
    "user context": ("jax.make_user_context",),
    # What the primitive `observe` is made of.
    "Primitive": ("jax.extend.core.Primitive",),
    "batching": ("jax.interpreters.batching.primitive_batchers",),
    "jvps": ("jax.interpreters.ad.primitive_jvps",),
    "Zero": ("jax.interpreters.ad.Zero",),
    "partial": ("jax.interpreters.partial_eval.partial_eval_jaxpr_custom_rules",),
    "lowering": ("jax.interpreters.mlir.register_lowering",),
    "lower_fun": ("jax.interpreters.mlir.lower_fun",),
    "name stack": ("jax.extend.source_info_util.current_name_stack",),
    "Tracer": ("jax.core.Tracer",),
    "eval_jaxpr": ("jax.core.eval_jaxpr",),
}
# Parameters of primitives that are read here and by the interpreter of jaxprs; "a|b": either.
PARAMETERS: dict[str, tuple[str, ...]] = {
    "broadcast_in_dim": ("shape", "broadcast_dimensions"),
    "concatenate": ("dimension",),
    "cond": ("branches",),
    "custom_jvp_call": ("call_jaxpr",),
    "custom_vjp_call": ("call_jaxpr|fun_jaxpr",),
    "dynamic_slice": ("slice_sizes",),
    "gather": ("dimension_numbers", "slice_sizes"),
    "iota": ("dimension",),
    "jit": ("jaxpr", "name"),
    "random_split": ("shape",),
    "remat2": ("jaxpr", "differentiated", "policy"),
    "rev": ("dimensions",),
    "scan": ("jaxpr", "length", "reverse", "ft_in|num_consts", "ft_in|num_carry"),
    "scatter": ("dimension_numbers", "mode"),
    "slice": ("start_indices", "limit_indices", "strides"),
    "split": ("axis", "sizes"),
    "transpose": ("permutation",),
    "while": ("cond_jaxpr", "body_jaxpr", "cond_nconsts", "body_nconsts"),
}
# Files of jax that implement samplers, and those where it traces a function whose trace it keeps.
RANDOM_FILES = ("_src/random/", "_src/random.py", "_src/prng.py")
TRACING_FILES = (
    "_src/pjit.py",
    "_src/ad_checkpoint.py",
    "_src/lax/control_flow/conditionals.py",
)


class UnsupportedJaxError(RuntimeError):
    """The installed jax lacks a private name that this package needs."""

    def __init__(self, missing: str) -> None:
        super().__init__(
            f"randlint_runtime cannot work with jax {jax.__version__}: {missing};"
            f" it is tested with jax {', '.join(TESTED)}"
        )


def owner_of(name: str) -> tuple[Any, str] | None:
    """The module (or object) and attribute that stand for a name of `PRIVATE`, or None."""
    for path in PRIVATE[name]:
        *modules, attribute = path.split(".")
        owner: Any = None
        for depth in range(len(modules), 0, -1):
            try:
                owner = importlib.import_module(".".join(modules[:depth]))
            except ImportError:
                continue
            for part in modules[depth:]:
                owner = getattr(owner, part, None)
            break
        if hasattr(owner, attribute):
            return owner, attribute
    return None


@cache
def needed(name: str) -> Any:
    """What a name of `PRIVATE` that is never replaced stands for."""
    found = owner_of(name)
    if found is None:
        raise UnsupportedJaxError(f"`{PRIVATE[name][0]}` is gone")
    return getattr(*found)


@contextmanager
def replaced(changes: Mapping[str, Callable[[Any], Any]]) -> Iterator[None]:
    """Put ``changes[name](old)`` in the place of names of `PRIVATE`, those that exist."""
    found = [(owner, make) for name, make in changes.items() if (owner := owner_of(name))]
    saved = [(*owner, getattr(*owner), make) for owner, make in found]
    for place, attribute, old, make in saved:
        setattr(place, attribute, make(old))
    try:
        yield
    finally:
        for place, attribute, old, _ in saved:
            setattr(place, attribute, old)
