"""The implicit rule of the gamma family: how log x moves with the shape `a` at a fixed quantile.

With `f` the density of log x and `F` its distribution function, `d log x / da = -F_a / f`, and
`F_a = integral of f (log t - psi(a))`. That integrand changes sign once, at `log t = psi(a)`, and
integrates to zero over the whole line, so the integral over the side that does not contain the
change of sign equals it up to sign and has no cancellation. With `t = x exp(-v)` below and
`t = x exp(v)` above, the density cancels and what is left is

    below:  integral over v > 0 of exp(-a v + x (1 - exp(-v))) (psi(a) - log x + v)
    above:  integral over v > 0 of exp( a v - x (exp(v) - 1)) (log x - psi(a) + v).

For x and a below 1 the power series of the incomplete gamma function is used; as a tends to 0 it
tends to `(psi(a + 1) - log x) / a`. Only log x is needed there, so a draw may underflow.
Figurnov, Mohamed and Mnih, "Implicit reparameterization gradients" (2018), have the general method.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from randlint_runtime._gradient_rules import _calculus

_ASYMPTOTIC = 16.0  # above it, psi(a) - log(a) comes from its expansion
_STIRLING = (1 / 2, 1 / 12, 0.0, -1 / 120, 0.0, 1 / 252, 0.0, -1 / 240, 0.0, 1 / 132)


def log_slope(a: jax.Array, x: jax.Array, log_x: jax.Array) -> jax.Array:
    """`d log x / da` of a gamma draw with shape `a` at a fixed quantile.

    Args:
        a: the shape parameter, positive.
        x: the draw; may have underflowed to 0.
        log_x: its logarithm, which may not. All of one shape and one dtype (float32 or float64).

    Returns:
        The derivative, positive; at most the largest finite number.
    """
    return _log_slope(a, log_x, lax.stop_gradient(x))


def _regimes(a: jax.Array, log_x: jax.Array, x: jax.Array) -> jax.Array:
    # x is given for its digits; it moves as exp(log_x), so there are two variables, not three.
    x = x * jnp.exp(log_x - lax.stop_gradient(log_x))
    top = math.sqrt(_calculus.largest(x))
    ok = (a > 0) & (a < top) & (x < top) & jnp.isfinite(log_x)
    small = (a < 1) & (x < 1)
    one = jnp.ones_like(a)
    regular = ok & ~small
    integral = _integral(
        jnp.where(regular, a, one), jnp.where(regular, x, one), jnp.where(regular, log_x, 0 * one)
    )
    small = ok & small
    series = _series(
        jnp.where(small, a, one / 2),
        jnp.where(small, x, one / 2),
        jnp.where(small, log_x, one * math.log(0.5)),
    )
    beyond = (a >= top) & jnp.isfinite(log_x)  # x is a, to all digits
    rest = jnp.where(beyond, 1 / jnp.where(beyond, a, one), jnp.zeros_like(a))
    slope = jnp.where(small, series, jnp.where(ok, integral, rest))
    return jnp.where(jnp.isnan(a), a, jnp.minimum(slope, _calculus.largest(a)))


_log_slope = _calculus.elementwise(_regimes)


def _integral(a: jax.Array, x: jax.Array, log_x: jax.Array) -> jax.Array:
    offset = _psi_minus_log_x(a, x, log_x)
    side = jnp.where(offset > 0, 1.0, -1.0).astype(a.dtype)
    slope = side * (a - x)
    distance = side * offset

    def integrand(v: jax.Array) -> jax.Array:
        return jnp.exp(-slope * v - x * _curve(side * v)) * (distance + v)

    return _calculus.integrate(integrand, _reach(a, x, slope, side))


def _reach(a: jax.Array, x: jax.Array, slope: jax.Array, side: jax.Array) -> jax.Array:
    """Where the exponent has reached `depth`, by bounds of `exp(-v) - 1 + v` that can be solved."""
    depth = _calculus.depth(a)
    b = depth - 2 * slope
    root = jnp.sqrt(b * b + 8 * depth * a)
    below = jnp.where(b > 0, (b + root) / (2 * a), 4 * depth / (jnp.abs(b) + root))
    wide = 2 * depth / (slope + jnp.sqrt(slope * slope + 2 * depth * x))
    above = jnp.minimum(wide, jnp.log1p((depth + a * wide) / x))
    return jnp.where(side > 0, below, above)


def _curve(y: jax.Array) -> jax.Array:
    """`exp(-y) - 1 + y`, without cancellation near 0."""
    degree = 8 if y.dtype == np.float32 else 14
    near = jnp.clip(y, -0.3, 0.3)
    tail = jnp.full_like(y, 1 / math.factorial(degree))
    for k in range(degree - 1, 1, -1):
        tail = 1 / math.factorial(k) - near * tail
    return jnp.where(jnp.abs(y) < 0.3, near * near * tail, jnp.exp(-y) - 1 + y)


def _psi_minus_log_x(a: jax.Array, x: jax.Array, log_x: jax.Array) -> jax.Array:
    large = a > _ASYMPTOTIC
    inverse = 1 / jnp.where(large, a, _ASYMPTOTIC)
    expansion = jnp.zeros_like(a)
    for coefficient in reversed(_STIRLING):
        expansion = (expansion + coefficient) * inverse
    relative = jnp.where(large, (x - a) / a, 0)
    far = relative <= -0.5
    gap = jnp.where(
        far, log_x - jnp.log(jnp.where(large, a, 1)), jnp.log1p(jnp.where(far, 0, relative))
    )
    direct = _calculus.digamma(jnp.where(large, 1, a)) - log_x
    return jnp.where(large, -expansion - gap, direct)


def _series(a: jax.Array, x: jax.Array, log_x: jax.Array) -> jax.Array:
    terms = 12 if a.dtype == np.float32 else 20
    power = jnp.ones_like(a)
    rest = jnp.zeros_like(a)  # sum of (-x)^k / (k! (a + k)), k >= 1
    slope = jnp.zeros_like(a)  # sum of (-x)^k / k! * k / (a + k)^2
    for k in range(1, terms + 1):
        power = power * (-x) / k
        rest = rest + power / (a + k)
        slope = slope + power * k / ((a + k) * (a + k))
    gap = _calculus.digamma(a + 1) - log_x
    return jnp.exp(x) * ((1 + a * rest) * gap - slope) / a
