"""The implicit rule of the beta law: how the logit of a draw moves with a and b, quantile fixed.

In z = logit x the density is `f(z) = sigmoid(z)^a sigmoid(-z)^b / B(a, b)`, log-concave, and
`dz / da = -F_a / f` with `F_a = integral of f (log sigmoid(s) - c)`, `c = psi(a) - psi(a + b)`. As
for the gamma law, the integral is taken over the side of z on which the bracket keeps its sign. By
symmetry `dz / db` at (z, a, b) is `-dz / da` at (-z, b, a). Student's t and the F law are functions
of a beta draw, so this is their rule too.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax

from randlint_runtime._gradient_rules import _calculus
from randlint_runtime.threefry import varying_like

_NEWTON_STEPS = 12
_CORNER = 4.0  # the logistic function bends within this distance of 0, and is exponential outside


def logit_slopes(z: jax.Array, a: jax.Array, b: jax.Array) -> tuple[jax.Array, jax.Array]:
    """`dz / da` and `dz / db` of the logit of a beta(a, b) draw at a fixed quantile.

    Args:
        z: the logit of the draw; a and b: the concentrations. One shape, one dtype.
    """
    return _slope(z, a, b), -_slope(-z, b, a)


def _slope_in_a(z: jax.Array, a: jax.Array, b: jax.Array) -> jax.Array:
    ok = (a > 0) & (b > 0) & jnp.isfinite(z) & jnp.isfinite(a) & jnp.isfinite(b)
    z = jnp.where(ok, z, 0)
    a, b = jnp.where(ok, a, 1), jnp.where(ok, b, 1)
    offset = _calculus.digamma(a) - _calculus.digamma(a + b) + jax.nn.softplus(-z)
    below = offset > 0
    side = jnp.where(below, -1.0, 1.0).astype(z.dtype)
    p, q = jax.nn.sigmoid(z), jax.nn.sigmoid(-z)
    distance = jnp.abs(offset)

    def exponent(v: jax.Array) -> jax.Array:
        return -a * _shift(q, p, -side * v) - b * _shift(p, q, side * v)

    def integrand(v: jax.Array) -> jax.Array:
        return jnp.exp(exponent(v)) * (distance + jnp.abs(_shift(q, p, -side * v)))

    tail = jnp.where(below, a, b)
    reach = _reach(exponent, tail, (a + b) * jax.nn.softplus(-side * z))
    corner = lax.stop_gradient(side * -z)
    first = jnp.clip(corner - _CORNER, 0, reach)
    second = jnp.clip(corner + _CORNER, 0, reach)
    total = _panel(integrand, jnp.zeros_like(reach), first)
    total = total + _panel(integrand, first, second) + _panel(integrand, second, reach)
    return jnp.where(ok, jnp.minimum(total, _calculus.largest(z)), 0)


_slope = _calculus.elementwise(_slope_in_a)


def _shift(weight: jax.Array, rest: jax.Array, v: jax.Array) -> jax.Array:
    """`softplus(y + v) - softplus(y)` where `sigmoid(y) = weight` and `rest = 1 - weight`."""
    near = jnp.abs(v) < 1
    inner = jnp.log1p(weight * jnp.expm1(jnp.where(near, v, 0)))
    down = jnp.where(near | (v > 0), 0, v)
    up = jnp.where(near | (v < 0), 0, v)
    falling = jnp.log(rest + weight * jnp.exp(down))
    rising = up + jnp.log(weight + rest * jnp.exp(-up))
    return jnp.where(near, inner, jnp.where(v > 0, rising, falling))


def _reach(exponent: _calculus.Function, tail: jax.Array, bound: jax.Array) -> jax.Array:
    """Where the exponent, concave with slope `-tail` far out, has fallen to `-depth`."""
    depth = _calculus.depth(tail)

    def step(_: int, v: jax.Array) -> jax.Array:
        value, slope = jax.jvp(exponent, (v,), (jnp.ones_like(v),))
        better = v - (value + depth) / jnp.minimum(slope, -tail * 1e-3)
        return jnp.where((better > 0) & (better < v), better, v)

    start = (depth + bound) / tail
    reach: jax.Array = lax.fori_loop(0, _NEWTON_STEPS, step, varying_like(start, start))
    return lax.stop_gradient(reach)


def _panel(integrand: _calculus.Function, start: jax.Array, end: jax.Array) -> jax.Array:
    return _calculus.integrate(lambda v: integrand(start + v), end - start)
