"""Settings of this package that a traced program depends on.

They live in one `jax.make_user_context`, whose value is part of every jit cache key: a function
traced under one setting is traced again under another, never answered from the cache. The value is
local to the thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import jax


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
_STATE = jax.make_user_context(None)


def current() -> Settings:
    """The settings of this thread."""
    value: Settings | None = _STATE.value
    return _DEFAULT if value is None else value


@contextmanager
def changed(**fields: object) -> Iterator[None]:
    """Replace some settings for the duration of a block."""
    settings = replace(current(), **fields)  # type: ignore[arg-type]
    with _STATE(None if settings == _DEFAULT else settings):
        yield
