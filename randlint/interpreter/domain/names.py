"""What a name alone suggests: of a key, of a test, of a method that runs once per object."""

from __future__ import annotations

import re
from functools import cache

_KEYLIKE = re.compile(r"(?:^|_|\.)(?:p?rng|(?:sub)?key)s?\d*(?:_|$|\[)|prng_?key", re.IGNORECASE)


CALLED_ONCE = ("__init__", "setup", "__post_init__", "__new__", "build")


@cache
def keylike(name: str) -> bool:
    """Whether a name looks like a PRNG key's; never evidence on its own."""
    return _KEYLIKE.search(name) is not None


# A class that holds tests, by its name or by a base's.
_TEST_CLASS = re.compile(r"^_*Tests?(?=[A-Z_0-9]|$)|Tests?(?:Case|Base)?$")


@cache
def is_test(name: str) -> bool:
    """Whether a function is one that a test runner calls."""
    return name.lstrip("_").startswith("test")


@cache
def is_test_class(name: str) -> bool:
    """Whether a class is one that a test runner looks into."""
    return _TEST_CLASS.search(name) is not None


def called_once(name: str) -> bool:
    """Whether a method runs once per object, so that what it consumes cannot repeat."""
    return name in CALLED_ONCE
