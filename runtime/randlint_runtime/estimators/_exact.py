"""Exact expectations over a small support."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from randlint_runtime.estimators._order import scalar

Cost = Callable[[Any, jax.Array], jax.Array]
LogProb = Callable[[Any, jax.Array], jax.Array]


def enumerate(  # noqa: A001 (the name of the method)
    cost: Cost, support: Any, log_prob: LogProb
) -> Callable[[Any], jax.Array]:
    """The expectation as a finite sum: exact value, exact gradients of every order, no variance.

    Args:
        cost: ``cost(theta, x)``, a float scalar.
        support: every value ``x`` can take, stacked along the leading axis (an array, or a pytree
            of arrays with equal leading axes). The work is one cost per value.
        log_prob: ``log_prob(theta, x)``, the log-probability of ``x``, a float scalar. The
            probabilities must sum to 1 over ``support``; nothing is renormalised.

    Returns:
        ``expectation(theta)``, a float scalar: the sum of ``exp(log_prob) * cost``.

    A value whose probability is zero around ``theta`` contributes zero to the sum and to its
    gradient, whatever its cost. Where a probability is zero at ``theta`` only (``p = 1`` of a
    coin), the gradient is NaN, because a logarithm has no derivative there.

    Raises:
        ValueError: when called, a cost or log-probability that is no scalar.
    """

    def expectation(theta: Any) -> jax.Array:
        def term(x: Any) -> jax.Array:
            logp = scalar("log_prob", log_prob(theta, x))
            possible = logp > -jnp.inf
            # exp(-inf) has derivative 0 * nan: keep impossible values out of both passes.
            probability = jnp.where(possible, jnp.exp(jnp.where(possible, logp, 0.0)), 0.0)
            held = jax.tree.map(lambda t: jnp.where(possible, t, jax.lax.stop_gradient(t)), theta)
            return jnp.where(possible, probability * scalar("cost", cost(held, x)), 0.0)

        return jnp.sum(jax.vmap(term)(support))

    return expectation
