"""What samplers, derivatives and `vmap` do, seen where jax does it."""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import jax

from randlint_runtime._jax.undocumented import PRIVATE, UnsupportedJaxError, owner_of, replaced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
    if owner_of("check") is None:
        raise UnsupportedJaxError(f"`{PRIVATE['check'][0]}` is gone")

    def observed_check(check: Any) -> Any:
        def observed(name: str, key: Any, **options: Any) -> Any:
            checked = check(name, key, **options)
            on_key(name, checked[0])
            return checked

        return observed

    def observed_split(split: Any) -> Any:
        def observed(keys: Any, shape: Any) -> Any:
            made = split(keys, shape=shape)
            on_made(made, math.prod(shape))
            return made

        return observed

    def observed_fold_in(fold_in: Any) -> Any:
        def observed(keys: Any, data: Any) -> Any:
            made = fold_in(keys, data)
            on_made(made, 1)
            return made

        return observed

    class ObservedClone:
        """Stands in for the clone primitive where `jax.random.clone` looks it up."""

        def __init__(self, clone: Any) -> None:
            self._clone = clone

        def __getattr__(self, attribute: str) -> Any:
            return getattr(self._clone, attribute)

        def bind(self, key: Any, **params: Any) -> Any:
            on_clone(key)
            return self._clone.bind(key, **params)

    changes = {
        "check": observed_check,
        "split": observed_split,
        "fold in": observed_fold_in,
        "clone": ObservedClone,
    }
    with replaced(changes):
        yield


@contextmanager
def watched_derivatives(around: Callable[[Any, tuple[Any, ...]], Any]) -> Iterator[None]:
    """Enter ``around(f, primals)``, a context manager, whenever a function is differentiated.

    ``f(*primals)`` is what is differentiated, with respect to all of ``primals``; `jax.grad`,
    `jacrev`, `jacfwd`, `vjp`, `jvp`, `linearize` and `hessian` all come through here.
    """

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

    reverse = owner_of("reverse")
    one_by_one = reverse is not None and reverse[1] == "_vjp"
    changes = {"jvp": with_tuple, "reverse": with_primals if one_by_one else with_tuple}
    with replaced(changes):
        yield


@contextmanager
def batched_control_flow(
    on_branches: Callable[[tuple[Any, ...]], tuple[Any, ...]], on_loop: Callable[[Any], Any]
) -> Iterator[None]:
    """Put ``on_branches(branches)`` and ``on_loop(jaxpr)`` in the place of what `vmap` batches.

    Of `cond` only where its predicate has lanes: then every branch runs for all of them.
    """
    found = owner_of("batchers")
    rules: dict[Any, Any] = getattr(*found) if found else {}
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
