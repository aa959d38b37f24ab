"""The inverse error function on CPU: XLA's numbers, from a fifth fewer instructions.

`normal` spends half of its time in `erf_inv`. XLA computes it in float32 (Giles, "Approximating the
erfinv function", 2010) from `w = -log1p(-u^2)`, and the logarithm in two ways of which one is kept
(both after Cephes, Moshier 1989). Here both ways end in the same operations, the special cases that
a number strictly between -1 and 1 cannot meet are left out, and signs are moved into constants.
None of this changes a rounding: multiplications by powers of two are exact, and where XLA's
compiler fuses a multiplication with an addition, it finds the same pair to fuse here. A draw
chooses among 2^23 numbers; the tests compare all of them.

Another version of XLA may compute other bits, so versions that were not compared, like other
devices and precisions, take jax's own function.
"""

from __future__ import annotations

import platform

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from randlint_runtime._original import config

_COMPARED = jax.__version__.startswith("0.10.") and platform.machine() in ("x86_64", "AMD64")

_SMALL = np.float32(np.sqrt(2) - 1)  # of u^2: below, log1p by a quotient of polynomials
_ROOT_HALF = np.float32(np.sqrt(0.5)).view(np.int32)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
_CENTRAL = np.float32(5)  # of w: below, the first polynomial of Giles

# Polynomials by falling powers; those of the logarithms with the signs that negation gives them.
_NUMERATOR = (4.527e-5, 0.498541028, 6.57873259, 29.9119193, 60.949668, 57.1129636, 20.0395535)
_DENOMINATOR = (15.0629091, 83.047566, 221.762398, 309.098722, 216.427886, 60.1186605)
_LOG = (
    (-7.0376836292e-2, 1.1514610310e-1, -1.1676998740e-1),
    (1.2420140846e-1, -1.4249322787e-1, 1.6668057665e-1),
    (-2.0000714765e-1, 2.4999993993e-1, -3.3333331174e-1),
)
_GILES = (
    (2.81022636e-08, -0.000200214257),
    (3.43273939e-07, 0.000100950558),
    (-3.5233877e-06, 0.00134934322),
    (-4.39150654e-06, -0.00367342844),
    (0.00021858087, 0.00573950773),
    (-0.00125372503, -0.0076224613),
    (-0.00417768164, 0.00943887047),
    (0.246640727, 1.00167406),
    (1.50140941, 2.83297682),
)


def erf_inv(u: jax.Array) -> jax.Array:
    """The inverse error function of floats strictly between -1 and 1, `lax.erf_inv` bit for bit."""
    if not _COMPARED or u.dtype != jnp.float32 or config.jax_disable_jit:  # nothing is fused there
        return lax.erf_inv(u)
    out: jax.Array = lax.platform_dependent(u, cpu=_rearranged, default=lax.erf_inv)
    return out


def _rearranged(u: jax.Array) -> jax.Array:
    w = _minus_log1p(u * u)
    central = w < _CENTRAL
    s = jnp.where(central, w + np.float32(-2.5), jnp.sqrt(w) + np.float32(-3))
    total = _either(central, *_GILES[0])
    for near, far in _GILES[1:]:
        total = _either(central, near, far) + total * s
    return total * u


def _either(choice: jax.Array, first: float, second: float) -> jax.Array:
    return jnp.where(choice, np.float32(first), np.float32(second))


def _minus_log1p(q: jax.Array) -> jax.Array:
    """`-log1p(-q)` for q in (0, 1)."""
    x, exponent = _fraction(np.float32(1) - q)
    small = q < _SMALL
    v = jnp.where(small, q, x)
    square = v * v
    cube = square * v
    # The cubic and higher terms: one product, which is fused with the sum in either case.
    high = jnp.where(small, _quotient(q), _log_terms(x, cube))
    tail = high * cube + jnp.where(small, np.float32(0), exponent * -_LN2_LOW)
    head = square * np.float32(0.5) - jnp.where(small, np.float32(0), x)
    return jnp.where(small, q, exponent * -_LN2_HIGH) + (head + tail)


def _fraction(y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """`y = (1 + x) 2^exponent` with `1 + x` between the roots of 1/2 and 2."""
    bits = lax.bitcast_convert_type(y, jnp.int32)
    exponent = lax.shift_right_arithmetic(bits - _ROOT_HALF, np.int32(23))
    scaled = lax.bitcast_convert_type(bits - (exponent << np.int32(23)), jnp.float32)
    return scaled + np.float32(-1), exponent.astype(jnp.float32)


def _quotient(q: jax.Array) -> jax.Array:
    """`(log1p(z) - z + z^2 / 2) / z^3` at `z = -q`."""
    top = np.float32(_NUMERATOR[1]) - q * np.float32(_NUMERATOR[0])
    for coefficient in _NUMERATOR[2:]:
        top = np.float32(coefficient) - top * q
    bottom = np.float32(_DENOMINATOR[0]) - q
    for coefficient in _DENOMINATOR[1:]:
        bottom = np.float32(coefficient) - bottom * q
    return top / bottom


def _log_terms(x: jax.Array, cube: jax.Array) -> jax.Array:
    """`-(log(1 + x) - x + x^2 / 2) / x^3`, in three parts of three terms."""
    high, middle, low = (
        (x * np.float32(a) + np.float32(b)) * x + np.float32(c) for a, b, c in _LOG
    )
    return low + (middle + high * cube) * cube
