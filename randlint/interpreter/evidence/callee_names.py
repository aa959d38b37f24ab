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
