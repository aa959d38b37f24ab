"""Which files can hold findings at all, decided on bytes before anything is decoded or parsed."""

from __future__ import annotations

import re
from functools import cache

from randlint.catalogue import framework_names

# Somebody draws or seeds ...
_DRAWS = re.compile(rb"random|key|rng|seed|secrets|uuid|urandom|time", re.IGNORECASE)


@cache
def _libraries() -> re.Pattern[bytes]:
    """... and jax, or a library of the catalogue that is built on it, is named in the file."""
    return re.compile("|".join(["jax", *framework_names()]).encode())


def may_matter(data: bytes) -> bool:
    """Whether a file can have findings; False means nobody needs to read it."""
    return _libraries().search(data) is not None and _DRAWS.search(data) is not None
