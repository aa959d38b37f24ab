"""The score-function (REINFORCE, likelihood-ratio) estimator and its baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp

from randlint_runtime.estimators._order import scalar

Cost = Callable[[Any, Any], jax.Array]
Sample = Callable[[jax.Array, Any], Any]
LogProb = Callable[[Any, Any], jax.Array]


@dataclass(frozen=True, slots=True)
class MovingAverage:
    """A baseline that follows the cost: ``b <- decay * b + (1 - decay) * mean cost``.

    The state is a pair of float scalars (running sum, running weight), so that the first updates
    are not pulled towards zero. It is computed from *earlier* draws only, which is what keeps the
    estimator unbiased.
    """

    decay: float = 0.9

    def __post_init__(self) -> None:
        if not 0.0 <= self.decay < 1.0:
            raise ValueError(f"decay must lie in [0, 1), got {self.decay}")

    def init(self) -> tuple[jax.Array, jax.Array]:
        """The state before any draw: its baseline is 0."""
        return jnp.zeros(()), jnp.zeros(())

    def value(self, state: tuple[jax.Array, jax.Array]) -> jax.Array:
        """The baseline that ``state`` stands for."""
        total, weight = state
        return jnp.where(weight > 0, total / jnp.where(weight > 0, weight, 1.0), 0.0)

    def update(
        self, state: tuple[jax.Array, jax.Array], cost: jax.Array
    ) -> tuple[jax.Array, jax.Array]:
        """The state after a batch whose mean cost is ``cost``."""
        total, weight = state
        keep = self.decay
        return keep * total + (1 - keep) * cost, keep * weight + (1 - keep)


def score_function(
    cost: Cost,
    sample: Sample,
    log_prob: LogProb,
    *,
    draws: int = 1,
    baseline: Literal["none", "leave_one_out"] | MovingAverage = "none",
) -> Callable[..., Any]:
    """Estimate ``E[cost(theta, x)]``, ``x ~ p(theta)``, and its gradient from the score of ``p``.

    Unbiased for every cost, smooth or not, and every law with a density whose support does not
    depend on ``theta``: no derivative passes through the draw. (Of ``uniform(0, theta)`` the
    boundary moves, which no density tells: its score estimate is wrong.) The value is the mean cost
    of ``draws`` independent draws; its ``jax.grad`` is the mean of ``(cost - b) * d log_prob / d
    theta + d cost / d theta``. Derivatives of every order that the density itself has (that of a
    Laplace law in its location has one) are unbiased, because the surrogate multiplies costs by
    ``exp(log_prob - stop_gradient(log_prob))``, equal to 1 with the right derivatives of all orders
    (J. Foerster et al., "DiCE", ICML 2018).

    Variance of one gradient: ``Var[(cost - b) * score] / draws``. Without a baseline it grows with
    the square of the cost's offset; ``"leave_one_out"`` (the mean cost of the other draws of the
    batch, see :func:`rloo`) and :class:`MovingAverage` (that of earlier batches) remove the offset.

    Args:
        cost: ``cost(theta, x)``, a float scalar.
        sample: ``sample(key, theta)``, one draw. Its derivative is cut.
        log_prob: ``log_prob(theta, x)``, a float scalar, differentiable in ``theta``.
        draws: how many independent draws per estimate, at least 1 (at least 2 for
            ``"leave_one_out"``).
        baseline: what to subtract from the cost inside the score term.

    Returns:
        ``estimate(key, theta)``, a float scalar. With a :class:`MovingAverage`:
        ``estimate(key, theta, state)`` returning ``(scalar, new_state)``, for use with
        ``jax.value_and_grad(..., argnums=1, has_aux=True)``.

    Raises:
        ValueError: too few draws, an unknown baseline, or (when called) a result that is no scalar.
    """
    _check(draws, baseline)

    batch = partial(_batch, cost, sample, log_prob, draws)
    if isinstance(baseline, MovingAverage):
        average = baseline

        def with_state(key: jax.Array, theta: Any, state: Any) -> tuple[jax.Array, Any]:
            costs, boxes = batch(key, theta)
            fixed = jax.lax.stop_gradient(average.value(state))
            new = average.update(state, jax.lax.stop_gradient(jnp.mean(costs)))
            return _surrogate(costs, boxes, fixed), new

        return with_state

    def estimate(key: jax.Array, theta: Any) -> jax.Array:
        costs, boxes = batch(key, theta)
        fixed = jax.lax.stop_gradient(costs)
        others = (jnp.sum(fixed) - fixed) / (draws - 1) if baseline != "none" else 0.0
        return _surrogate(costs, boxes, others)

    return estimate


def _batch(
    cost: Cost, sample: Sample, log_prob: LogProb, draws: int, key: jax.Array, theta: Any
) -> tuple[jax.Array, jax.Array]:
    """The costs of independent draws, and a 1 for each that has the derivatives of its density."""

    def one(lane: jax.Array) -> tuple[jax.Array, jax.Array]:
        # Cut before the draw as well: no rule of the sampler's is asked for, and none refuses.
        x = jax.lax.stop_gradient(sample(lane, jax.lax.stop_gradient(theta)))
        logp = scalar("log_prob", log_prob(theta, x))
        return scalar("cost", cost(theta, x)), jnp.exp(logp - jax.lax.stop_gradient(logp))

    costs, boxes = jax.vmap(one)(jax.random.split(key, draws))
    return costs, boxes


def rloo(
    cost: Cost, sample: Sample, log_prob: LogProb, *, draws: int = 2
) -> Callable[[jax.Array, Any], jax.Array]:
    """REINFORCE with the leave-one-out baseline: :func:`score_function` of at least two draws.

    Unbiased at every order: the baseline of a draw is the mean cost of the *other* draws, which are
    independent of it. Adding a constant to the cost changes neither the mean of the gradient nor
    its variance. W. Kool, H. van Hoof, M. Welling, "Buy 4 REINFORCE Samples, Get a Baseline for
    Free!", 2019.

    Raises:
        ValueError: ``draws`` is less than 2.
    """
    return score_function(cost, sample, log_prob, draws=draws, baseline="leave_one_out")


def _surrogate(costs: jax.Array, boxes: jax.Array, baseline: Any) -> jax.Array:
    # boxes are 1 in value, so the baseline cancels in the value and acts in the derivative only.
    return jnp.mean(costs * boxes + baseline * (1.0 - boxes))


def _check(draws: int, baseline: object) -> None:
    if not isinstance(baseline, MovingAverage) and baseline not in ("none", "leave_one_out"):
        raise ValueError(
            f"baseline must be 'none', 'leave_one_out' or a MovingAverage, got {baseline!r}"
        )
    least = 2 if baseline == "leave_one_out" else 1
    if draws < least:
        raise ValueError(f"baseline {baseline!r} needs at least {least} draws, got {draws}")
