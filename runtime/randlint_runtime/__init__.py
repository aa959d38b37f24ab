"""Reference samplers for `jax.random` whose gradient rules are written down and enforced.

* :mod:`randlint_runtime.random`: a drop-in for `jax.random`, same draws, documented derivatives;
* :mod:`randlint_runtime.conventions`: how a derivative through a draw is to be read;
* :func:`reference`: unmodified programs on the reference samplers;
* :mod:`randlint_runtime.threefry`: the generator beneath;
* :mod:`randlint_runtime.processes`: equal laws with different derivatives;
* :mod:`randlint_runtime.estimators`: what to use where a pathwise derivative does not exist;
* :mod:`randlint_runtime.provenance`, :mod:`randlint_runtime.ledger`,
  :mod:`randlint_runtime.assertions`: checks on running code.

Importing this package imports nothing else; each name is fetched when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from randlint_runtime._reference import reference
    from randlint_runtime.assertions import (
        BiasedGradientError,
        DifferentLawError,
        GradientRuleError,
        KeyReuseAssertionError,
        assert_gradient_rule,
        assert_no_key_reuse,
        assert_same_law,
        assert_unbiased_gradient,
    )
    from randlint_runtime.conventions import Convention, GradientSemanticsError
    from randlint_runtime.estimators import (
        GradientOrderError,
        MovingAverage,
        gumbel_softmax,
        measure_valued,
        rloo,
        score_function,
        straight_through,
    )
    from randlint_runtime.estimators import (
        enumerate as enumerate,  # noqa: A004  # the name of the estimator
    )
    from randlint_runtime.ledger import Ledger, key_ledger
    from randlint_runtime.provenance import Provenance, Reach, ReuseKind

__version__ = "0.1.0"

# Not `enumerate`: a star import is not to replace the builtin.
__all__ = [
    "BiasedGradientError",
    "Convention",
    "DifferentLawError",
    "GradientOrderError",
    "GradientRuleError",
    "GradientSemanticsError",
    "KeyReuseAssertionError",
    "Ledger",
    "MovingAverage",
    "Provenance",
    "Reach",
    "ReuseKind",
    "__version__",
    "assert_gradient_rule",
    "assert_no_key_reuse",
    "assert_same_law",
    "assert_unbiased_gradient",
    "gumbel_softmax",
    "key_ledger",
    "measure_valued",
    "reference",
    "rloo",
    "score_function",
    "straight_through",
]

_HOMES = {
    "BiasedGradientError": "assertions",
    "Convention": "conventions",
    "DifferentLawError": "assertions",
    "GradientOrderError": "estimators",
    "GradientRuleError": "assertions",
    "GradientSemanticsError": "conventions",
    "KeyReuseAssertionError": "assertions",
    "Ledger": "ledger",
    "MovingAverage": "estimators",
    "Provenance": "provenance",
    "Reach": "provenance",
    "ReuseKind": "provenance",
    "assert_gradient_rule": "assertions",
    "assert_no_key_reuse": "assertions",
    "assert_same_law": "assertions",
    "assert_unbiased_gradient": "assertions",
    "enumerate": "estimators",
    "gumbel_softmax": "estimators",
    "key_ledger": "ledger",
    "measure_valued": "estimators",
    "reference": "_reference",
    "rloo": "estimators",
    "score_function": "estimators",
    "straight_through": "estimators",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
