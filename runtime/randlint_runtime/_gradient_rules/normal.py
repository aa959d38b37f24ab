"""Implicit rules that rest on the normal density: the inverse Gaussian and the truncated normal."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from randlint_runtime._gradient_rules import _calculus


def mills_ratio(t: jax.Array) -> jax.Array:
    """`(1 - Phi(t)) / phi(t)` for t >= 0: `sqrt(pi / 2) * erfcx(t / sqrt(2))`."""
    depth = _calculus.depth(t)
    reach = 2 * depth / (t + jnp.sqrt(t * t + 2 * depth))
    return _calculus.integrate(lambda s: jnp.exp(-s * (t + s / 2)), reach)


def wald_slope(mean: jax.Array, x: jax.Array) -> jax.Array:
    """`dx / dmean` of an inverse Gaussian draw (scale 1) at a fixed quantile.

    With F the distribution function, `-F_mean / f = (2 x^1.5 / mean^2) M(t)` where M is Mills'
    ratio and `t = (x / mean + 1) / sqrt(x)`: the second of the two normal terms in F is all that is
    left of its derivative with respect to the mean.

    Args:
        mean: the mean, positive.
        x: the draw. A draw that has underflowed (or cancelled) to 0 or below does not move.
    """
    return _wald_slope(mean, x)


def _wald(mean: jax.Array, x: jax.Array) -> jax.Array:
    ok = (x > 0) & (mean > 0) & jnp.isfinite(x) & jnp.isfinite(mean)
    x, mean = (jnp.where(ok, value, jnp.ones_like(value)) for value in (x, mean))
    ratio, root = x / mean, jnp.sqrt(x)
    t = (ratio + 1) / root
    return jnp.where(ok, 2 * ratio * ratio * mills_ratio(t) / root, jnp.zeros_like(x))


_wald_slope = _calculus.elementwise(_wald)


def truncated_slopes(
    lower: jax.Array, upper: jax.Array, x: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """`dx / dlower` and `dx / dupper` of a normal draw truncated to `(lower, upper)`.

    At a fixed quantile, `phi(x) dx = (1 - q) phi(lower) dlower + q phi(upper) dupper`, where q is
    the quantile of x. In terms of `R(c, d) = (Phi(d) - Phi(c)) / phi(c)` that is

        dx / dlower = R(x, upper) / R(lower, upper)
        dx / dupper = R(-x, -lower) / R(-upper, -lower),

    both between 0 and 1. R is the integral of `exp(-c s - s^2 / 2)` over `[0, d - c]`: positive,
    and
    finite however far in a tail, where the distribution function itself has run out of digits.
    """
    return _slope(lower, upper, x), _slope(-upper, -lower, -x)


def _ratio(lower: jax.Array, upper: jax.Array, x: jax.Array) -> jax.Array:
    ok = (lower < x) & (x < upper) & jnp.isfinite(lower)
    one = jnp.ones_like(x)
    low, high, at = (
        jnp.where(ok, value, replacement)
        for value, replacement in ((lower, 0 * one), (upper, 2 * one), (x, one))
    )
    peak_at, above = _log_scaled(at, high)
    peak_low, whole = _log_scaled(low, high)
    slope = jnp.exp(jnp.minimum(peak_at - peak_low, 0)) * above / whole
    return jnp.where(ok, jnp.minimum(slope, one), jnp.where(x <= lower, one, 0 * one))


_slope = _calculus.elementwise(_ratio)


def _log_scaled(c: jax.Array, d: jax.Array) -> tuple[jax.Array, jax.Array]:
    """R(c, d) as `(p, r)` with `R = exp(p) r`, p the largest exponent of the integrand.

    The integrand is a normal density around `-c`. Where that lies inside, the two sides of it are
    integrated apart, each falling away from the top.
    """
    top = jax.lax.stop_gradient(jnp.clip(-c, 0, d - c))
    peak = -top * (c + top / 2)
    right = _side(c + top, d - c - top)
    left = _side(-(c + top), top)
    return peak, left + right


def _side(slope: jax.Array, width: jax.Array) -> jax.Array:
    """The integral of `exp(-slope s - s^2 / 2)` over `[0, width]`, for slope >= 0."""
    depth = _calculus.depth(slope)
    steep = jnp.maximum(jax.lax.stop_gradient(slope), 0)
    reach = 2 * depth / (steep + jnp.sqrt(steep * steep + 2 * depth))
    return _clipped(slope, width, reach)


def _clipped(slope: jax.Array, width: jax.Array, reach: jax.Array) -> jax.Array:
    """As `_side`, where the integrand is negligible beyond `reach`; differentiable in `width`."""
    upper = jnp.minimum(width, jax.lax.stop_gradient(reach))
    unit = jnp.where(upper > 0, upper, 1)
    # s = upper * v: the end of the interval depends on the parameters, so it is not held fixed.
    inner = _calculus.integrate(
        lambda v: jnp.exp(-unit * v * (slope + unit * v / 2)), jnp.ones_like(unit)
    )
    # An empty interval has an integral of 0, which still grows with the width: by 1, less slope.
    empty, level = (jnp.where(upper > 0, 0, each) for each in (width, slope))
    grown = jnp.where(empty < 0, 0, empty * (1 - level * empty / 2))
    return jnp.where(upper > 0, unit * inner, grown)
