"""Tools the rules share: fixed quadrature, and derivatives that stay elementwise.

A derivative through a distribution function is an integral of the density. Every such integral here
is brought to the form `integral of exp(-e(v)) (c + v) dv` over `[0, V]` with an increasing exponent
`e`, positive throughout: nothing cancels, a dozen Gauss-Legendre nodes reach float32's precision
and three dozen float64's, and a fixed sum of exponentials can be vectorised, compiled and
differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from randlint_runtime.threefry import varying_like

Function = Callable[..., jax.Array]

_NODES = {np.dtype("float32"): (16, 18.0), np.dtype("float64"): (36, 38.0)}
_AT_ONCE = 2


def depth(x: jax.Array) -> float:
    """The exponent beyond which an integrand is negligible in the precision of `x`."""
    return _NODES[np.dtype(x.dtype)][1]


@cache
def _gauss_legendre(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on `[0, 1]`."""
    points, weights = np.polynomial.legendre.leggauss(count)
    return (points + 1) / 2, weights / 2


def integrate(integrand: Function, upper: jax.Array) -> jax.Array:
    """The integral of `integrand(v)` over `[0, upper]`, elementwise; `upper` is held fixed.

    The nodes are taken a few at a time: all at once take long to compile, one at a time go through
    memory too often.
    """
    upper = jax.lax.stop_gradient(upper)
    count = _NODES[np.dtype(upper.dtype)][0]
    points, weights = (
        jnp.asarray(values.reshape(-1, _AT_ONCE), upper.dtype) for values in _gauss_legendre(count)
    )

    def step(i: int, total: jax.Array) -> jax.Array:
        for j in range(_AT_ONCE):
            total = total + weights[i, j] * integrand(upper * points[i, j])
        return total

    none = varying_like(jnp.zeros_like(upper), upper)
    total: jax.Array = jax.lax.fori_loop(0, count // _AT_ONCE, step, none)
    return total * upper


def elementwise(function: Function) -> Function:
    """`function` of arrays of one shape, with derivatives of any order that are elementwise too.

    jax's reverse mode would keep every intermediate of `function`; here the derivative is
    `sum_i p_i(x) dx_i`, with the partial derivatives `p_i` computed forward, once, as ordinary
    values. So any function that can be differentiated forward can be differentiated in reverse.
    """

    @jax.custom_jvp
    def wrapped(*xs: jax.Array) -> jax.Array:
        return function(*xs)

    def rule(
        primals: tuple[jax.Array, ...], tangents: tuple[Any, ...]
    ) -> tuple[jax.Array, jax.Array]:
        out = wrapped(*primals)
        tangent = jnp.zeros_like(out)
        for index, dx in enumerate(tangents):
            if not isinstance(dx, jax.custom_derivatives.SymbolicZero):
                tangent = tangent + elementwise(_partial(function, index))(*primals) * dx
        return out, tangent

    wrapped.defjvp(rule, symbolic_zeros=True)
    return wrapped


def _partial(function: Function, index: int) -> Function:
    def derivative(*xs: jax.Array) -> jax.Array:
        directions = tuple(
            jnp.ones_like(x) if i == index else jnp.zeros_like(x) for i, x in enumerate(xs)
        )
        tangent: jax.Array = jax.jvp(function, xs, directions)[1]
        return tangent

    return derivative


@jax.custom_jvp
def differentiate_as(value: jax.Array, smooth: jax.Array) -> jax.Array:
    """`value`, with the derivative of `smooth`: two expressions of the same draw.

    `value` is the expression that gives jax's bits, `smooth` the one whose derivative is right.
    """
    del smooth
    return value


@differentiate_as.defjvp
def _differentiate_as_jvp(
    primals: tuple[jax.Array, jax.Array], tangents: tuple[jax.Array, jax.Array]
) -> tuple[jax.Array, jax.Array]:
    return differentiate_as(*primals), tangents[1]


def reparameterized(
    slopes: Callable[..., tuple[jax.Array, ...]], value: jax.Array, *parameters: jax.Array
) -> jax.Array:
    """`value`, a draw that moves with each parameter as `slopes(value, *parameters)` says.

    The slopes are functions of the draw and the parameters (the flow of a quantile), so the rule
    can be differentiated again: the draw inside it moves too.
    """

    @jax.custom_jvp
    def draw(value: jax.Array, *parameters: jax.Array) -> jax.Array:
        del parameters
        return value

    def rule(
        primals: tuple[jax.Array, ...], tangents: tuple[jax.Array, ...]
    ) -> tuple[jax.Array, jax.Array]:
        out = draw(*primals)
        changes = zip(slopes(out, *primals[1:]), tangents[1:], strict=True)
        return out, sum((slope * change for slope, change in changes), jnp.zeros_like(out))

    draw.defjvp(rule)
    return draw(jax.lax.stop_gradient(value), *parameters)


def bounded_exp(x: jax.Array) -> jax.Array:
    """`exp(x)`, with derivative 0 from `saturation` on: a saturated float no longer moves."""
    return jnp.exp(jnp.minimum(x, saturation(x)))


def saturation(x: jax.Array) -> float:
    """An exponent short of overflow: by a factor of 10^7, or 16 in float16.

    The margin leaves room for the derivative, which is larger.
    """
    top = float(np.log(largest(x)))
    return top - min(16.0, top / 4)


def largest(x: jax.Array) -> float:
    """The largest finite number of the precision of `x`."""
    return float(jnp.finfo(x.dtype).max)


_DIGAMMA = (1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132, -691 / 32760, 1 / 12)


def digamma(x: jax.Array) -> jax.Array:
    """The derivative of log Gamma for x > 0: recurrence up, then the asymptotic expansion.

    jax's own has a derivative by way of the Hurwitz zeta function, slow to compile and to run; this
    is rational but for one logarithm, and so are all its derivatives.
    """
    shift = 6 if x.dtype == np.float32 else 14
    low = jnp.zeros_like(x)
    for i in range(shift):
        low = low + 1 / (x + i)
    z = x + shift
    square = 1 / (z * z)
    series = jnp.zeros_like(x)
    for coefficient in reversed(_DIGAMMA):
        series = (series + coefficient) * square
    return jnp.log(z) - 1 / (2 * z) - series - low
