"""Biased but low-variance stand-ins for discrete draws."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike

from randlint_runtime._jax import is_tracer


def gumbel_softmax(
    key: jax.Array, logits: ArrayLike, temperature: ArrayLike = 1.0, *, hard: bool = False
) -> jax.Array:
    """A categorical draw relaxed to the inside of the simplex (the Concrete distribution).

    **Biased** for the categorical expectation at every positive temperature, of a linear cost too:
    the mean of the relaxed point is not the vector of probabilities. The bias vanishes as
    ``temperature -> 0`` while the variance of the gradient grows like ``1 / temperature``. The draw
    itself is an exact smooth function of the logits, so as a gradient of the *relaxed* expectation
    it is unbiased.

    Args:
        key: one key.
        logits: float array, categories along the last axis.
        temperature: positive float scalar.
        hard: return the one-hot argmax, with the relaxed point's derivative
            (:func:`straight_through`): exact categorical draws, a differently biased gradient.

    Returns:
        Array of the logits' shape, rows on the simplex.

    Raises:
        ValueError: the temperature is not positive (where its value is known), or no scalar.

    C. Maddison, A. Mnih, Y. W. Teh, "The Concrete Distribution", ICLR 2017; E. Jang, S. Gu,
    B. Poole, "Categorical Reparameterization with Gumbel-Softmax", ICLR 2017.
    """
    known = not is_tracer(temperature)
    if jnp.ndim(temperature) or (known and not np.all(np.asarray(temperature) > 0)):
        raise ValueError(f"temperature must be a positive scalar, got {temperature}")
    logits = jnp.asarray(logits, dtype=jnp.result_type(float, logits))
    noisy = logits + jax.random.gumbel(key, logits.shape, logits.dtype)
    soft = jax.nn.softmax(noisy / temperature, axis=-1)
    if not hard:
        return soft
    one_hot = jax.nn.one_hot(jnp.argmax(noisy, axis=-1), logits.shape[-1], dtype=soft.dtype)
    return straight_through(one_hot, soft)


def straight_through(hard: ArrayLike, soft: ArrayLike) -> jax.Array:
    """The value of ``hard`` with the derivative of ``soft``.

    **Biased** in general: the cost's derivative is taken at the hard point and multiplied by the
    derivative of the soft one. Unbiased when the cost is linear in the draw and ``soft`` is the
    conditional mean of ``hard`` (for instance ``straight_through(bernoulli(key, p), p)``).
    Variance: that of the cost's derivative at the hard points. Y. Bengio, N. Leonard, A. Courville,
    "Estimating or Propagating Gradients Through Stochastic Neurons", 2013.

    Args:
        hard: array of any dtype, converted to the dtype of ``soft``.
        soft: float array of the same shape.

    Raises:
        ValueError: the shapes differ, or ``soft`` is not of a float dtype.
    """
    soft = jnp.asarray(soft)
    if not jnp.issubdtype(soft.dtype, jnp.inexact):
        raise ValueError(f"soft must have a float dtype, to have a derivative; got {soft.dtype}")
    hard = jnp.asarray(hard)
    if hard.shape != soft.shape:
        raise ValueError(
            f"hard has shape {hard.shape}, soft has shape {soft.shape}; make them equal"
        )
    fixed = jax.lax.stop_gradient(hard.astype(soft.dtype))
    # Adding `soft - soft` keeps the value exactly `hard` (it is an exact zero for finite soft).
    return fixed + (soft - jax.lax.stop_gradient(soft))
