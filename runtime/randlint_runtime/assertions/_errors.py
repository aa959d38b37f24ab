"""What the assertions raise: subclasses of `AssertionError`, each with a report."""

from __future__ import annotations

import jax

from randlint_runtime.assertions._gradient_test import GradientReport, LawReport
from randlint_runtime.provenance import Provenance

_FACE = "randlint_runtime.assertions"  # tracebacks name the place to import from


class KeyReuseAssertionError(AssertionError, jax.errors.KeyReuseError):
    """`assert_no_key_reuse` found a key used twice; `report` holds the whole provenance."""

    __module__ = _FACE

    report: Provenance

    def __init__(self, message: str) -> None:
        # From Python 3.14 on jax's would be found first, which adds a link to its own pages.
        Exception.__init__(self, message)


class GradientRuleError(AssertionError):
    """`assert_gradient_rule` found a derivative through a rule that was not allowed."""

    __module__ = _FACE


class BiasedGradientError(AssertionError):
    """`assert_unbiased_gradient` found a gradient that is not that of the expectation."""

    __module__ = _FACE

    report: GradientReport


class DifferentLawError(AssertionError):
    """`assert_same_law` found two samplers with different laws."""

    __module__ = _FACE

    report: LawReport
