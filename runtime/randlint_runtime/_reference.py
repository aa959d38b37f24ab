"""`reference()`: unmodified programs on the reference samplers.

A name captured before the block (`from jax.random import uniform`, a default argument, a partial)
is a reference to jax's function object, so replacing the module's attributes would miss it. The
function objects stay and their code is exchanged for a few lines that ask which samplers this
thread wants. A function that was jitted before the block holds compiled code; the setting is part
of jax's cache key, so it is traced again inside the block, and the compiled code is found again
after it.
"""

from __future__ import annotations

import inspect
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from randlint_runtime import _context, random
from randlint_runtime._unpatched_jax import FUNCTIONS, original

__all__ = ["reference"]

_lock = threading.Lock()
_entered = 0
_saved: dict[str, tuple[types.CodeType, Any, Any, dict[str, Any]]] = {}

_FILE = "<randlint_runtime.reference: detour>"  # what tracebacks show for these lines
_DETOUR = """
def detour({free}):
    def {name}(*args, **kwargs):
        {free}
        from randlint_runtime._reference import dispatch
        return dispatch({name!r}, args, kwargs)
    return {name}
"""


@contextmanager
def reference() -> Iterator[None]:
    """Run `jax.random` on the reference samplers, in this thread, for the duration of a block.

    The draws are the same bits; the derivatives follow the documented rules, the conventions of
    :mod:`randlint_runtime.conventions` apply, and second derivatives work. It reaches every call of
    a public function of `jax.random`, however the program got hold of it: `jax.random.x`,
    `from jax.random import x`, names captured before the block, functions jitted before it, and
    libraries (initialisers, dropout). Blocks nest; other threads keep jax's samplers. On leaving,
    after an exception too, everything is as it was. It does not reach programs that were compiled
    ahead of time (`lower(...).compile()`), and a block is not to be held across `await` or `yield`.

    >>> import jax
    >>> from randlint_runtime import reference
    >>> def mean_draw(m):
    ...     return jax.random.wald(jax.random.key(0), m, (1000,)).mean()
    >>> with reference():
    ...     slope = jax.grad(mean_draw)(jax.numpy.float32(1.0))
    """
    _enter()
    try:
        with _context.changed(reference=True):
            yield
    finally:
        _leave()


def dispatch(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call the reference sampler, or jax's, as this thread's setting says."""
    if _context.current().reference:
        return getattr(random, name)(*args, **kwargs)
    return original(name)(*args, **kwargs)


def _enter() -> None:
    global _entered
    with _lock:
        if _entered == 0:
            try:
                for name, function in FUNCTIONS.items():
                    _divert(name, function)
            except BaseException:
                _restore_all()
                raise
        _entered += 1


def _leave() -> None:
    global _entered
    with _lock:
        _entered -= 1
        if _entered == 0:
            _restore_all()


def _divert(name: str, function: types.FunctionType) -> None:
    signature = inspect.signature(function)
    code = _detour(name, function.__code__.co_freevars)
    attributes = dict(vars(function))
    _saved[name] = (function.__code__, function.__defaults__, function.__kwdefaults__, attributes)
    function.__defaults__ = None
    function.__kwdefaults__ = None  # type: ignore[assignment]
    function.__code__ = code
    function.__signature__ = signature  # type: ignore[attr-defined]


def _detour(name: str, free: tuple[str, ...]) -> types.CodeType:
    """Code that asks; with the free variables of the code that it replaces, as Python demands.

    A function of `jax.random` has some where another package has wrapped it.
    """
    namespace: dict[str, Any] = {}
    text = _DETOUR.format(name=name, free=", ".join(free) or "_=None")
    exec(compile(text, _FILE, "exec"), namespace)
    code: types.CodeType = namespace["detour"](*free).__code__
    return code


def _restore_all() -> None:
    for name in list(_saved):
        function = FUNCTIONS[name]
        code, defaults, keyword_defaults, attributes = _saved.pop(name)
        function.__code__ = code
        function.__defaults__ = defaults
        function.__kwdefaults__ = keyword_defaults
        vars(function).clear()
        vars(function).update(attributes)
