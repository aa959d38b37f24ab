"""Settings of this package that a traced program depends on.

They live in one `jax.make_user_context`, whose value is part of every jit cache key: a function
traced under one setting is traced again under another, never answered from the cache. The value is
local to the thread.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from randlint_runtime import _jax


@dataclass(frozen=True, slots=True)
class Settings:
    """What the samplers consult while they are traced.

    Attributes:
        conventions: `(place, convention)` pairs, later ones win. A place is `""` (everything),
            a sampler's name, or `"sampler.parameter"`.
        reference: whether `jax.random` stands for the reference samplers in this thread.
    """

    conventions: tuple[tuple[str, str], ...] = ()
    reference: bool = False


_DEFAULT = Settings()
_STATE = _jax.user_context(None)


def current() -> Settings:
    """The settings of this thread."""
    value: Settings | None = _STATE.value
    return _DEFAULT if value is None else value


class _Open(threading.local):
    """The blocks that a thread is in, outermost first; told apart by identity."""

    def __init__(self) -> None:
        self.blocks: list[list[Settings]] = []


_open = _Open()


@contextmanager
def changed(**fields: object) -> Iterator[None]:
    """Replace some settings for the duration of a block.

    Raises:
        RuntimeError: the block is left while one that was entered after it is still open (tasks or
            generators that take turns): each would have run under the other's settings.
    """
    settings = replace(current(), **fields)  # type: ignore[arg-type]
    block, blocks = [settings], _open.blocks
    blocks.append(block)
    try:
        with _set(settings):
            yield
    finally:
        blocks[:] = [each for each in blocks if each is not block]
        left = blocks[-1][0] if blocks else _DEFAULT
        if current() != left:
            _set(left).__enter__()  # for good: the block that would restore it is gone
            raise RuntimeError(
                "blocks of randlint_runtime were left in another order than they were entered; "
                "do not `await` or `yield` inside `conventions.use(...)` or `reference()`"
            )


def _set(settings: Settings) -> Any:
    return _STATE(None if settings == _DEFAULT else settings)
