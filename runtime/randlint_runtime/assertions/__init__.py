"""Assertions about running code: keys used once, gradients that mean what they say.

All of them raise subclasses of `AssertionError`, work in pytest, unittest and plain scripts, and
name the lines concerned.

`_asserts` are the assertions, `_errors` what they raise, `_gradient_test` and `_statistics` the
sequential tests behind those on expectations.
"""

from randlint_runtime.assertions._asserts import (
    assert_gradient_rule,
    assert_no_key_reuse,
    assert_same_law,
    assert_unbiased_gradient,
    gradient_rule,
)
from randlint_runtime.assertions._errors import (
    BiasedGradientError,
    DifferentLawError,
    GradientRuleError,
    KeyReuseAssertionError,
)
from randlint_runtime.assertions._gradient_test import (
    GradientReport,
    LawReport,
)

__all__ = [
    "BiasedGradientError",
    "DifferentLawError",
    "GradientReport",
    "GradientRuleError",
    "KeyReuseAssertionError",
    "LawReport",
    "assert_gradient_rule",
    "assert_no_key_reuse",
    "assert_same_law",
    "assert_unbiased_gradient",
    "gradient_rule",
]
