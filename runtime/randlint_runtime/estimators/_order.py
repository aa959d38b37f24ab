"""A value that may be read but not differentiated: the guard of first-order estimators."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax


class GradientOrderError(TypeError):
    """An estimator was asked for a derivative that it does not estimate."""


@partial(jax.custom_jvp, nondiff_argnums=(0,))
def first_order_only(estimator: str, value: jax.Array) -> jax.Array:
    """Return ``value``; differentiating the result raises :class:`GradientOrderError`."""
    return value


@first_order_only.defjvp
def _refuse(estimator: str, primals: Any, tangents: Any) -> Any:
    raise GradientOrderError(
        f"`{estimator}` estimates first derivatives only; a second derivative of it would be"
        " silently wrong. Use `randlint_runtime.score_function`, which is unbiased at every order,"
        " or `randlint_runtime.enumerate`."
    )
