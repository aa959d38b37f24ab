"""One primitive by which samplers announce that they use a key, eagerly and inside traces.

While observation is on, every public sampler binds ``observe`` on its key (and, for provenance, on
its parameters). The primitive returns nothing and changes nothing; what happens to it is up to who
looks: the ledger lets it call back with the key's bits when the program runs, provenance finds it
in the jaxpr and reads its parameters' names.

It has a batching rule that keeps lanes together (one callback for a whole vmapped array), and a
partial-evaluation rule that keeps it out of the recomputation of `jax.checkpoint`, so that
rematerialised draws are not taken for reuse.
"""

from __future__ import annotations

import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from randlint_runtime import _jax
from randlint_runtime._observing import lanes as _lanes
from randlint_runtime._observing.announcements import Announcement
from randlint_runtime._source import (
    Site,
    is_random_file,
    is_user_file,
    sampler_of_stack,
    site_of_stack,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LEDGER, PROVENANCE, GRADIENTS = "ledger", "provenance", "gradients"
# What `watching_keys` sees: keys as they are made, folded into, or handed to a function; and ticks.
KEYS = "keys"
MADE, FOLDED, GIVEN, TICK = "made", "folded", "given", "tick"
_TRACKED = frozenset({MADE, FOLDED, GIVEN, TICK})
# Looking at a key, or deriving one by fold_in, does not use it up.
NOT_CONSUMING = frozenset({"fold_in", "key_data", "key_impl", "clone"})


_token = _jax.TraceToken()
_lock = threading.RLock()
_gradient_listeners: list[Any] = []  # called with (announcement, parameter names) while tracing
_listeners: list[Any] = []  # called with (announcement, key words) when a program runs
_key_listeners: list[Any] = []  # likewise, for announcements that are tracked
_call_listeners: list[Any] = []  # called with the announcement when a sampler is called or traced
_patch: list[ExitStack] = []  # the installed patch, if any
_users = 0


@contextmanager
def watching(listener: Callable[[Announcement, Any], None]) -> Iterator[None]:
    """Call ``listener`` for every key that any thread uses, with the key's words (uint32)."""
    with _listening(_listeners, listener):
        yield
        jax.effects_barrier()


@contextmanager
def watching_gradients(listener: Callable[[Announcement, tuple[str, ...]], None]) -> Iterator[None]:
    """Call ``listener`` whenever a sampler is differentiated, with the parameters concerned."""
    with _listening(_gradient_listeners, listener):
        yield


@contextmanager
def watching_keys(listener: Callable[[Announcement, Any], None]) -> Iterator[None]:
    """Call ``listener`` for keys that `split` and `fold_in` make (`MADE`), that are folded into
    (`FOLDED`), and for what `track` announces, when the program runs: with the words (uint32).
    """
    with _listening(_key_listeners, listener):
        yield
        jax.effects_barrier()


@contextmanager
def watching_calls(listener: Callable[[Announcement], None]) -> Iterator[None]:
    """Call ``listener`` whenever a sampler is called, be it to run or to be traced only."""
    with _listening(_call_listeners, listener):
        yield


def track(purpose: str, tag: str, key: Any = None) -> None:
    """Announce a key that a function was given (`GIVEN`), or that a line is passed (`TICK`)."""
    words = np.zeros((1,), np.uint32) if key is None else key
    impl = "" if key is None else _impl_of(key)
    if key is not None and _is_typed(key):
        words = _jax.key_words(key)
    said = Announcement(purpose, "", Site(()), impl, tag=tag)
    observe_p.bind(jnp.asarray(words), announcement=said)


def may_be_key(value: Any) -> bool:
    """Whether a value is a typed key array, or looks like raw key data."""
    if not isinstance(value, (jax.Array, np.ndarray)):
        return False
    return _is_typed(value) or (
        str(value.dtype) == "uint32" and bool(value.shape) and value.shape[-1] in (2, 4)
    )


@contextmanager
def _listening(listeners: list[Any], listener: Any) -> Iterator[None]:
    with _lock:
        _install()
        listeners.append(listener)
        _token.set_everywhere(_wanted())
    try:
        yield
    finally:
        with _lock:
            listeners.remove(listener)
            _token.set_everywhere(_wanted())
            _uninstall()


def _wanted() -> tuple[str, ...]:
    keys = (KEYS,) if _key_listeners else ()
    if _gradient_listeners:
        return (GRADIENTS, *keys)
    return ((LEDGER,) if _listeners else ()) + keys


@contextmanager
def annotating() -> Iterator[None]:
    """Let samplers leave an ``observe`` equation with their parameters in what is traced here."""
    with _lock:
        _install()
    try:
        with _token.here((PROVENANCE,)):
            yield
    finally:
        with _lock:
            _uninstall()


def _on_reference_call(sampler: str, key: Any, parameters: Mapping[str, Any]) -> None:
    """A sampler of this package was called; one that another sampler calls says nothing."""
    if not _token.value:
        return
    inner = frame = sys._getframe(2)  # _on_reference_call <- the observer <- the sampler
    while frame is not None and is_random_file(frame.f_code.co_filename):
        inner, frame = frame, frame.f_back  # type: ignore[assignment]
    _, nested = sampler_of_stack(inner)
    if not nested:
        announce(sampler, key, site_of_stack(inner), parameters, reference=True)


def announce(
    sampler: str,
    key: Any,
    site: Site,
    parameters: Mapping[str, Any],
    *,
    reference: bool = False,
) -> None:
    """Bind the primitive, if the calling thread's token asks for it."""
    for purpose in _token.value:
        if purpose == KEYS:
            continue
        key = jnp.asarray(key)
        typed, impl = _is_typed(key), _impl_of(key)
        kept = {}
        if purpose != LEDGER:
            kept = {n: v for n, v in parameters.items() if _is_numeric(v) and v is not key}
        operand = _jax.key_words(key) if typed and purpose != PROVENANCE else key
        said = Announcement(
            purpose, sampler, site, impl, tuple(kept), reference, _jax.lacks_lanes(key)
        )
        if purpose != PROVENANCE:
            for listener in tuple(_call_listeners):
                listener(said)
        observe_p.bind(operand, *(jnp.asarray(v) for v in kept.values()), announcement=said)


def _on_key(name: str, key: Any) -> None:
    if name == "fold_in" and KEYS in _token.value:
        _announce_tracked(FOLDED, name, key, sys._getframe(2))
    if name in NOT_CONSUMING or not _token.value:
        return
    frame = sys._getframe(2)  # _on_key <- observed_check <- the sampler
    _, nested = sampler_of_stack(frame)
    if not nested:
        parameters = {n: v for n, v in frame.f_locals.items() if n not in ("key", "keys")}
        announce(name, key, site_of_stack(frame), parameters)


def _on_clone(key: Any) -> None:
    if _token.value and PROVENANCE not in _token.value:
        announce("clone", key, site_of_stack(sys._getframe(2)), {})


def _on_made(keys: Any, count: int) -> None:
    """Announce keys that were made, except those that a sampler makes for itself."""
    if KEYS not in _token.value:
        return
    name, frame = "", sys._getframe(2)  # _on_made <- observed <- jax's random module
    while frame is not None and not is_user_file(frame.f_code.co_filename):
        if is_random_file(frame.f_code.co_filename):
            name = frame.f_code.co_name
        frame = frame.f_back  # type: ignore[assignment]
    if name in ("split", "fold_in"):
        _announce_tracked(MADE, name, keys, frame, count)


def _announce_tracked(purpose: str, name: str, key: Any, frame: Any, count: int = 1) -> None:
    said = Announcement(purpose, name, site_of_stack(frame), _impl_of(key), count=count)
    observe_p.bind(_jax.key_words(key), announcement=said)


def _install() -> None:
    global _users
    if _users == 0:
        patch = ExitStack()
        patch.enter_context(_jax.patched_samplers(_on_key, _on_clone, _on_made))
        patch.enter_context(_observed_reference())
        patch.enter_context(_lanes.labelling())
        _patch.append(patch)
    _users += 1


def _uninstall() -> None:
    global _users
    _users -= 1
    if _users == 0:
        _patch.pop().close()


@contextmanager
def _observed_reference() -> Iterator[None]:
    """Make the samplers of `randlint_runtime.random` announce their keys as jax's do."""
    from randlint_runtime.random import _base, _keys

    modules: Any = _base, _keys
    base, keys = modules
    call, threefry = base.call, keys.threefry

    def observed_call(name: str, kernel: Any, key: Any, parameters: Any, **options: Any) -> Any:
        _on_reference_call(name, key, parameters)
        return call(name, kernel, key, parameters, **options)

    class ObservedThreefry:
        """Stands in for the generator where the public `split` looks it up."""

        def __getattr__(self, name: str) -> Any:
            return getattr(threefry, name)

        def split(self, key: Any, num: Any) -> Any:
            _on_reference_call("split", key, {})
            return threefry.split(key, num)

    base.call, keys.threefry = observed_call, ObservedThreefry()
    try:
        yield
    finally:
        base.call, keys.threefry = call, threefry


def _is_typed(key: Any) -> bool:
    return _jax.is_key_dtype(key.dtype)


def _impl_of(key: Any) -> str:
    return str(jax.random.key_impl(key) if _is_typed(key) else _jax.default_impl())


def _is_numeric(value: Any) -> bool:
    """Whether an argument is an array or a float; ints are shapes, axes and counts."""
    if isinstance(value, (jax.Array, np.ndarray, np.generic)):
        return not _is_typed(value) and value.dtype.kind not in "OSUMmV"
    return isinstance(value, (float, complex))


# -- the primitive ---------------------------------------------------------------------------------


def _deliver(announcement: Announcement, *operands: Any) -> None:
    if announcement.purpose != PROVENANCE:
        words = np.asarray(operands[0])
        listeners = _key_listeners if announcement.purpose in _TRACKED else _listeners
        for listener in tuple(listeners):
            listener(announcement, words)


def _execute(*operands: Any, announcement: Announcement) -> list[Any]:
    _deliver(announcement, *operands)
    return []


def _lower(*operands: Any, announcement: Announcement) -> list[Any]:
    if announcement.purpose != PROVENANCE:
        jax.debug.callback(partial(_deliver, announcement), operands[0])
    return []


def _batch(operands: Any, dims: Any, *, announcement: Announcement) -> Any:
    moved = [
        x if dim is None else jnp.moveaxis(x, dim, 0) for x, dim in zip(operands, dims, strict=True)
    ]
    return observe_p.bind(*moved, announcement=announcement), []


def _differentiate(primals: Any, tangents: Any, *, announcement: Announcement) -> Any:
    names = tuple(
        name
        for name, dot in zip(announcement.parameters, tangents[1:], strict=True)
        if not _jax.is_zero(dot)
    )
    if names:
        announcement = replace(announcement, order=announcement.order + 1)
        for listener in tuple(_gradient_listeners):
            listener(announcement, names)
    return observe_p.bind(*primals, announcement=announcement), []


observe_p: Any = _jax.new_primitive(
    "randlint_observe", _jax.Rules(_execute, _lower, _batch, _differentiate)
)
