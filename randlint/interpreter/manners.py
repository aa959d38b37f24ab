"""What the name of an unknown callee suggests: the only evidence there is about some calls.

Nearly every answer is remembered: the same names are asked about again and again.
"""

from __future__ import annotations

import re
from functools import cache

# Callees that look, print, check or collect.
_LOOKS = re.compile(
    r"^_*(?:is|has|not|check|assert|validate|print|log|debug|info|warn|warning|error|repr|str|len"
    r"|format|isinstance|hash|id|type|append|appendleft|add|put|insert|extend|setdefault|write"
    r"|dump|save|shape|dtype|block_until_ready|ensure|verify|tabulate|summarise|summarize|sort|sorted|nlargest|nsmallest|groupby)(?:_|$)"
    r"|^_*assert[A-Z]|eval_shape|make_jaxpr|xla_computation|^bind(?:_partial)?$|_info$|_aval$",
)
_KEEPS = re.compile(
    r"(?:State|Carry|Info|Params|Config|Data|Batch|Result|Results|Output|Transition|Tuple|Args"
    r"|Settings|Spec|Context|Container|Inputs|Struct|Namespace)$"
)
_COMPARES = re.compile(r"^_*(?:assert|check|expect)|allclose|array_equal|isclose|Equal|Close")
_ASKS = re.compile(r"^_*(?:is|has|not)_")
_TAKES_KEYS = re.compile(
    r"(?:^|_)(?:init|initialize|apply|sample|sample_and_log_prob|reset|step)(?:_|$)"
)
_DENSITY = re.compile(r"log_?(?:prob|pdf|pmf|density|likelihood)s?$")
_KEYLIKE = re.compile(r"(?:^|_|\.)(?:p?rng|(?:sub)?key)s?\d*(?:_|$|\[)|prng_?key", re.IGNORECASE)
CALLED_ONCE = ("__init__", "setup", "__post_init__", "__new__", "build")


@cache
def looks(name: str) -> bool:
    """Whether a callee only looks at its arguments, or collects them."""
    return _LOOKS.search(name) is not None


@cache
def keeps(name: str) -> bool:
    """Whether it is a constructor of a container for state: it keeps a key, it does not draw."""
    return _KEEPS.search(name) is not None


@cache
def compares(name: str) -> bool:
    """Whether it compares its arguments with each other."""
    return _COMPARES.search(name) is not None


@cache
def asks(name: str) -> bool:
    """Whether its answer depends on its argument alone, so that asked twice it agrees."""
    return _ASKS.match(name) is not None


@cache
def takes_keys(name: str) -> bool:
    """Whether keys go there: `init`, `apply`, `sample` and the like."""
    return _TAKES_KEYS.search(name) is not None


@cache
def is_density(name: str) -> bool:
    """Whether it is the logarithm of a density."""
    return _DENSITY.search(name) is not None


# Methods of NumPy's and Python's generators; a key has none of them.
_GENERATES = (
    *("random", "normal", "uniform", "integers", "randint", "choice", "shuffle", "permutation"),
    *("standard_normal", "exponential", "poisson", "rand", "randn", "random_sample", "gauss"),
)


def generates(name: str, text: str) -> bool:
    """Whether the text calls methods of a generator on what `name` names."""
    methods = "|".join(_GENERATES)
    return re.search(rf"(?<![\w.]){re.escape(name)}\.(?:{methods})\(", text) is not None


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
