"""Everything this package takes from jax that jax does not document, in one place.

Tested with jax 0.10.2 (the newest at the time of writing) and 0.10.0 (the oldest that is
supported: `tests/runtime/provenance/test_oldest_jax.py`); provenance, ledger, plugin and `verify`
also passed their tests with 0.8.0. What is used, and what happens where a jax version lacks it:

- ``jax._src.random.core._check_prng_key(name, key, allow_batched=...)`` (``jax._src.random`` before
  0.9): the one function through which every public sampler passes its key. Patching it is what
  makes the ledger see `from jax.random import normal` captured long before. Without it:
  :class:`UnsupportedJaxError`.
- ``prng.random_split`` and ``prng.random_fold_in``, which that module calls: how `randlint verify`
  sees which keys a line makes.
- ``jax._src.api._jvp`` and ``jax._src.interpreters.ad.linearize`` (``jax._src.api._vjp`` before
  0.10), through which all of jax's derivatives pass: how `randlint verify` sees what is
  differentiated. Without them: rules about comparisons stay undecided.
- ``random_clone_p`` in the same module: how `jax.random.clone` is seen. Without it: clones are not
  seen, and an intended reuse must be allowed explicitly.
- ``jax.make_user_context`` (public from 0.8): a part of jit's cache key, so that a program compiled
  without observation is compiled again with it. Its ``set_global`` is public from 0.10.1, before
  that a method of its ``_obj``. Without it: jax's caches are cleared when observation starts and
  ends.
- ``batching.fancy_primitive_batchers`` and the parameter names of the rules for `cond` and
  `while_loop`: how branches and loops with lanes are known. Without them: an exclusive branch
  under vmap, and a lane that is done before others, count as uses.
- ``jax._src.core.trace_state_clean``: a quick answer to whether anything is being traced. Without
  it: small draws of constant keys may differ from jax's in the last bit, as XLA folds them.
- the class name ``BatchTracer`` and its ``val``: whether a key has lanes. Without them: no lanes.
- ``jaxpr.debug_info``, ``eqn.source_info``: source lines. Without them: "an unknown line".
"""

from __future__ import annotations

import importlib
import math
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import jax
import jax.extend
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class UnsupportedJaxError(RuntimeError):
    """The installed jax lacks a private function that observation needs."""


def random_module() -> Any:
    """The module of jax whose functions are the public samplers."""
    for name in ("jax._src.random.core", "jax._src.random"):
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if hasattr(module, "_check_prng_key"):
            return module
    raise UnsupportedJaxError(
        f"randlint_runtime cannot observe samplers of jax {jax.__version__}: `_check_prng_key` is"
        " gone; install a jax version listed in randlint_runtime/_private_jax.py"
    )


@contextmanager
def patched_samplers(
    on_key: Callable[[str, Any], None],
    on_clone: Callable[[Any], None],
    on_made: Callable[[Any, int], None],
) -> Iterator[None]:
    """Call ``on_key(sampler, typed_key)`` whenever a public sampler is given a key.

    ``on_key`` runs inside the sampler's check: its caller's caller is the sampler's own frame.
    ``on_made(keys, count)`` is called with the typed keys that a split or `fold_in` has made, of
    which every parent has ``count``.
    """
    module = random_module()
    prng = module.prng
    split, fold_in = prng.random_split, prng.random_fold_in
    check, clone = module._check_prng_key, getattr(module, "random_clone_p", None)

    def observed_check(name: str, key: Any, **options: Any) -> Any:
        checked = check(name, key, **options)
        on_key(name, checked[0])
        return checked

    def observed_split(keys: Any, shape: Any) -> Any:
        made = split(keys, shape=shape)
        on_made(made, math.prod(shape))
        return made

    def observed_fold_in(keys: Any, data: Any) -> Any:
        made = fold_in(keys, data)
        on_made(made, 1)
        return made

    class ObservedClone:
        """Stands in for the clone primitive where `jax.random.clone` looks it up."""

        def __getattr__(self, attribute: str) -> Any:
            return getattr(clone, attribute)

        def bind(self, key: Any, **params: Any) -> Any:
            on_clone(key)
            return clone.bind(key, **params)  # type: ignore[union-attr]

    module._check_prng_key = observed_check
    prng.random_split, prng.random_fold_in = observed_split, observed_fold_in
    if clone is not None:
        module.random_clone_p = ObservedClone()
    try:
        yield
    finally:
        module._check_prng_key = check
        prng.random_split, prng.random_fold_in = split, fold_in
        if clone is not None:
            module.random_clone_p = clone


@contextmanager
def watched_derivatives(around: Callable[[Any, tuple[Any, ...]], Any]) -> Iterator[None]:
    """Enter ``around(f, primals)``, a context manager, whenever a function is differentiated.

    ``f(*primals)`` is what is differentiated, with respect to all of ``primals``; `jax.grad`,
    `jacrev`, `jacfwd`, `vjp`, `jvp`, `linearize` and `hessian` all come through here.
    """
    api = importlib.import_module("jax._src.api")
    ad = importlib.import_module("jax._src.interpreters.ad")

    def unwrapped(f: Any) -> Any:
        return getattr(f, "call_wrapped", f)

    def with_primals(original: Any) -> Any:
        def observed(f: Any, *primals: Any, **options: Any) -> Any:
            with around(unwrapped(f), primals):
                return original(f, *primals, **options)

        return observed

    def with_tuple(original: Any) -> Any:
        def observed(f: Any, primals: Any, *rest: Any, **options: Any) -> Any:
            given = primals.unflatten() if hasattr(primals, "unflatten") else primals
            with around(unwrapped(f), tuple(given)):
                return original(f, primals, *rest, **options)

        return observed

    # Before 0.10 reverse mode goes through `_vjp`, which takes the primals one by one.
    places = [(api, "_jvp", with_tuple)]
    old = hasattr(api, "_vjp")
    places.append((api, "_vjp", with_primals) if old else (ad, "linearize", with_tuple))
    saved = [(place, name, getattr(place, name, None)) for place, name, _ in places]
    for (place, name, original), (_, _, wrap) in zip(saved, places, strict=True):
        if original is not None:
            setattr(place, name, wrap(original))
    try:
        yield
    finally:
        for place, name, original in saved:
            if original is not None:
                setattr(place, name, original)


@contextmanager
def batched_control_flow(
    on_branches: Callable[[tuple[Any, ...]], tuple[Any, ...]], on_loop: Callable[[Any], Any]
) -> Iterator[None]:
    """Put ``on_branches(branches)`` and ``on_loop(jaxpr)`` in the place of what `vmap` batches.

    Of `cond` only where its predicate has lanes: then every branch runs for all of them.
    """
    rules: dict[Any, Any] = getattr(
        importlib.import_module("jax._src.interpreters.batching"), "fancy_primitive_batchers", {}
    )
    cond: Any = rules.get(jax.lax.cond_p)
    loop: Any = rules.get(jax.lax.while_p)

    def batch_cond(axis: Any, args: Any, dims: Any, **params: Any) -> Any:
        if dims[0] is not None and "branches" in params:
            params["branches"] = on_branches(tuple(params["branches"]))
        return cond(axis, args, dims, **params)

    def batch_loop(axis: Any, args: Any, dims: Any, **params: Any) -> Any:
        for name in ("cond_jaxpr", "body_jaxpr"):
            if name in params:
                params[name] = on_loop(params[name])
        return loop(axis, args, dims, **params)

    saved = {jax.lax.cond_p: (cond, batch_cond), jax.lax.while_p: (loop, batch_loop)}
    rules.update({p: new for p, (old, new) in saved.items() if old is not None})
    try:
        yield
    finally:
        rules.update({p: old for p, (old, _) in saved.items() if old is not None})


@contextmanager
def watched_leaks(on_leak: Callable[[str], None]) -> Iterator[None]:
    """Call ``on_leak(message)`` whenever jax finds a tracer outside of the trace that made it."""
    kind: Any = jax.errors.UnexpectedTracerError
    original = kind.__init__

    def observed(self: Any, message: str) -> None:
        on_leak(message)
        original(self, message)

    kind.__init__ = observed
    try:
        yield
    finally:
        kind.__init__ = original


class TraceToken:
    """A value in jit's cache key: programs traced under different tokens are different programs."""

    def __init__(self) -> None:
        make = getattr(jax, "make_user_context", None)
        self._context = make(()) if make is not None else None
        self._fallback: tuple[str, ...] = ()

    @property
    def value(self) -> tuple[str, ...]:
        """The token of the calling thread."""
        value = self._fallback if self._context is None else self._context.value
        return value or ()

    def set_everywhere(self, value: tuple[str, ...]) -> None:
        """Change the token for every thread that has none of its own."""
        if self._context is not None:
            holder = self._context
            if not hasattr(holder, "set_global"):
                holder = holder._obj
            holder.set_global(value)
        elif value != self._fallback:
            self._fallback = value
            jax.clear_caches()  # type: ignore[no-untyped-call]

    @contextmanager
    def here(self, value: tuple[str, ...]) -> Iterator[None]:
        """Change the token of the calling thread for the time of a block."""
        if self._context is not None:
            with self._context(value):
                yield
            return
        before = self._fallback
        self.set_everywhere(value)
        try:
            yield
        finally:
            self.set_everywhere(before)


def without_jax_checks() -> AbstractContextManager[Any]:
    """Turn jax's own key checker off during a block, where somebody has turned it on."""
    later: Any = getattr(jax, "enable_key_reuse_checks", None)
    flag: Any = getattr(jax, "debug_key_reuse", later)
    return nullcontext() if flag is None else flag(False)  # type: ignore[no-any-return]


def func_source(jaxpr: Any) -> str | None:
    """``"name at file:line"`` of the Python function that a jaxpr was traced from, if recorded."""
    info = getattr(jaxpr, "debug_info", None)
    source = getattr(info, "func_src_info", None)
    return source if isinstance(source, str) else None


def partitionable_threefry() -> bool:
    """Whether ``split(key, n)[i]`` is ``fold_in(key, i)`` (the default since jax 0.5)."""
    return bool(getattr(jax.config, "jax_threefry_partitionable", True))


def key_words(key: Any) -> Any:
    """The raw words of a typed key, without passing through an observed function."""
    return random_module()._key_data(key)


def lacks_lanes(key: Any) -> bool:
    """Whether a key is used under more vmaps, in the current trace, than it has lanes for."""
    stack = str(jax.extend.source_info_util.current_name_stack())
    vmaps = stack.count("vmap(")
    while vmaps and type(key).__name__ in ("BatchTracer", "JVPTracer", "LinearizeTracer"):
        vmaps -= type(key).__name__ == "BatchTracer"
        key = getattr(key, "val", getattr(key, "primal", None))
    return vmaps > 0


def tracing() -> str:
    """What Python code that runs now is for: ``"traced"`` into a program, ``"vmapped"``, or run."""
    zero = np.float32(0)
    if isinstance(jax.lax.add(zero, zero), jax.core.Tracer):
        return "traced"
    stack = str(jax.extend.source_info_util.current_name_stack())
    return "vmapped" if "vmap(" in stack else "run"


_clean: Callable[[], bool] = getattr(
    importlib.import_module("jax._src.core"), "trace_state_clean", lambda: True
)


def is_staged() -> bool:
    """Whether what runs now becomes part of a program; quick where it does not."""
    return not _clean() and tracing() == "traced"


def is_key_dtype(dtype: Any) -> bool:
    """Whether a dtype is that of typed keys."""
    types: Any = jax.dtypes
    return bool(types.issubdtype(dtype, types.prng_key))


def default_impl() -> str:
    """The generator that raw keys are taken to belong to."""
    config: Any = jax.config
    return str(config.jax_default_prng_impl)


def wait_for_effects() -> None:
    """Wait until everything dispatched so far has called back."""
    barrier: Any = jax.effects_barrier
    barrier()
