"""Gradient estimators for expectations, to use where a pathwise derivative is wrong or absent.

Every function here takes a *cost* and a description of the law, and returns a function
``estimate(key, ...)`` (or an exact ``expectation(theta)``) whose value estimates the expectation
and whose ``jax.grad`` estimates its gradient. Which one to take:

================== ======================== ==================== ===============================
estimator          needs                    unbiased             variance
================== ======================== ==================== ===============================
`enumerate`        a small finite support   exact                none
`score_function`   a log-density            yes, at every order  high; a baseline lowers it
`rloo`             a log-density            yes, at every order  leave-one-out baseline
`measure_valued`   one of five known laws   yes, first order     low, two costs per parameter
`gumbel_softmax`   categorical logits       no                   low, grows as temperature falls
`straight_through` a hard and a soft value  no                   the cost's slope at hard points
================== ======================== ==================== ===============================

"Yes" supposes that the support does not depend on the parameter and that the density has as many
derivatives as are asked for.

The mathematics: S. Mohamed, M. Rosca, M. Figurnov, A. Mnih, "Monte Carlo Gradient Estimation in
Machine Learning", JMLR 21 (2020).
"""

from randlint_runtime.estimators._exact import enumerate as enumerate  # noqa: A004 (its name)
from randlint_runtime.estimators._measure_valued import measure_valued
from randlint_runtime.estimators._order import GradientOrderError
from randlint_runtime.estimators._relaxations import gumbel_softmax, straight_through
from randlint_runtime.estimators._score import MovingAverage, rloo, score_function

# Not `enumerate`: a star import is not to replace the builtin.
__all__ = [
    "GradientOrderError",
    "MovingAverage",
    "gumbel_softmax",
    "measure_valued",
    "rloo",
    "score_function",
    "straight_through",
]
