"""Guards: a value that may be read but not differentiated, and one that must be a scalar."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp


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


def scalar(name: str, value: Any) -> jax.Array:
    """What a user's function called `name` returned for one draw.

    Raises:
        ValueError: it is no scalar; broadcasting would make other estimates of it, all wrong.
    """
    if jnp.ndim(value):
        raise ValueError(
            f"{name} must return a scalar, got shape {jnp.shape(value)}; sum over the axes of one "
            "draw, and use jax.vmap over several problems"
        )
    return jnp.asarray(value)
