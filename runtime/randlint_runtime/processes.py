"""Random processes that agree in law and disagree in derivative.

The law of a random variable does not determine its derivative: the *generative process*, the map
from (key, parameters) to the draw, does. Each sampler here is such a process. They are small on
purpose: they are the subjects on which the assertions of this package and the documentation are
tried, and the examples by which JAX issue 3702 ("the gradient of a random sample") can be settled.

Every sampler has the signature ``sample(key, *parameters, shape=())``: ``key`` is one typed or raw
key, the parameters are floats or arrays that broadcast against ``shape``, and the result is a float
array of shape ``broadcast(shape, parameters)``. :data:`PROCESSES` lists them with their law and
their gradient rule in words.

Why equal laws give equal *mean* gradients: if X and Y have the same law for every parameter near
theta, ``g(X)`` and ``g(Y)`` are almost surely absolutely continuous in theta there, and their
derivatives are dominated by an integrable variable, then differentiation and expectation commute
for both, so both mean derivatives equal that of ``E[g]``. Nothing is said about higher moments:
:func:`shifted_normal` and :func:`rotated_normal` differ in gradient variance as much as one likes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import jax
import jax.numpy as jnp
from jax.typing import ArrayLike

Shape = tuple[int, ...]

_FLIP_CELL = 2.0**-10  # width of the cells on which flipped_normal changes sign: exact in float32


@dataclass(frozen=True, slots=True)
class Process:
    """One generative process, its law and its derivative, in words.

    Attributes:
        name: the sampler's name in this module.
        sample: ``sample(key, *parameters, shape=())``.
        parameters: names of the differentiable parameters, in order.
        law: the distribution of one draw.
        rule: what ``jax.grad`` of one draw returns.
        unbiased: whether the mean of that derivative is the derivative of ``E[g(draw)]`` for every
            smooth bounded ``g``.
    """

    name: str
    sample: Callable[..., jax.Array]
    parameters: tuple[str, ...]
    law: str
    rule: str
    unbiased: bool


def _shape(shape: Shape, *parameters: ArrayLike) -> Shape:
    return jnp.broadcast_shapes(tuple(shape), *(jnp.shape(p) for p in parameters))


def scaled_uniform(key: jax.Array, theta: ArrayLike, *, shape: Shape = ()) -> jax.Array:
    """``theta * U(omega)``, uniform on (0, theta): smooth, derivative ``U``, mean 1/2."""
    size = _shape(shape, theta)
    return jnp.asarray(theta) * jax.random.uniform(key, size)


def scrambled_uniform(key: jax.Array, theta: ArrayLike, *, shape: Shape = ()) -> jax.Array:
    """``theta * U(hash(theta, omega))``: uniform on (0, theta), nowhere differentiable in theta.

    Any two distinct floats theta use unrelated uniforms, so difference quotients at fixed key
    diverge. (The hash is Threefry's; a key of another generator gives it its first bits.) Automatic
    differentiation does not see the hash (integers carry no derivative) and returns ``U(hash(theta,
    omega))``, whose mean, 1/2, happens to be the derivative of the mean.
    """
    size = _shape(shape, theta)
    theta = jnp.asarray(theta, dtype=jnp.result_type(float, theta))

    if str(jax.random.key_impl(key)) != "threefry2x32":  # drawn from in lanes, some do not scramble
        key = jax.random.wrap_key_data(jax.random.bits(key, (2,)), impl="threefry2x32")

    def one(value: jax.Array) -> jax.Array:
        exact = value if value.dtype == jnp.float64 else value.astype(jnp.float32)
        words = jnp.atleast_1d(jax.lax.bitcast_convert_type(exact, jnp.uint32))
        return reduce(jax.random.fold_in, words, key)

    if theta.ndim == 0:
        return theta * jax.random.uniform(one(theta), size)
    # One hash per parameter value, then one lane of draws per parameter position.
    wide = jnp.broadcast_to(theta, size).ravel()
    lanes = jax.vmap(lambda i, value: jax.random.fold_in(one(value), i))(
        jnp.arange(wide.size, dtype=jnp.uint32), wide
    )
    return (wide * jax.vmap(jax.random.uniform)(lanes)).reshape(size)


def shifted_normal(
    key: jax.Array, mu: ArrayLike, sigma: ArrayLike = 1.0, *, shape: Shape = ()
) -> jax.Array:
    """``mu + sigma * e1``: normal(mu, sigma^2); the derivative in ``mu`` is 1, without variance.

    The noise ``e1`` is the first half of the pair that :func:`rotated_normal` rotates.
    """
    e1, _ = _normal_pair(key, _shape(shape, mu, sigma))
    return jnp.asarray(mu) + sigma * e1


def rotated_normal(
    key: jax.Array,
    mu: ArrayLike,
    sigma: ArrayLike = 1.0,
    *,
    turns: float = 1.0,
    shape: Shape = (),
) -> jax.Array:
    """``mu + sigma * (e1 cos(c mu) + e2 sin(c mu))``, ``c = turns``: normal(mu, sigma^2), smooth.

    A rotated pair of independent normals is again such a pair, so the law is that of
    :func:`shifted_normal` at every ``mu``. The derivative in ``mu`` has mean 1 and variance
    ``(c sigma)^2``: an equal law and an equal mean gradient, and a variance that is ours to choose.
    This answers the question left open in JAX issue 3702.
    """
    e1, e2 = _normal_pair(key, _shape(shape, mu, sigma))
    angle = turns * jnp.asarray(mu)
    return jnp.asarray(mu) + sigma * (e1 * jnp.cos(angle) + e2 * jnp.sin(angle))


def flipped_normal(
    key: jax.Array, mu: ArrayLike, sigma: ArrayLike = 1.0, *, shape: Shape = ()
) -> jax.Array:
    """``mu + s(mu) sigma e1`` with ``s = +1`` or ``-1`` on alternating cells of width 2^-10.

    The normal is symmetric, so the law is normal(mu, sigma^2) at every ``mu``; as a function of
    ``mu`` at fixed key the draw jumps at every cell border. (The textbook example flips on the
    rationals; every float is rational, so a set that floats can represent stands in.) The
    derivative is 1 almost everywhere: the jumps, invisible to it, cancel in the mean by the same
    symmetry. Where floats are coarser than the cells (from ``|mu|`` = 2^14 on in float32, 1/4 in
    bfloat16) every float lies on one side, and nothing is flipped.
    """
    e1, _ = _normal_pair(key, _shape(shape, mu, sigma))
    cell = jnp.floor(jnp.asarray(mu) / _FLIP_CELL)
    sign = 1.0 - 2.0 * jnp.mod(cell, 2.0)
    return jnp.asarray(mu) + sign * sigma * e1


def wrapped_uniform(key: jax.Array, theta: ArrayLike, *, shape: Shape = ()) -> jax.Array:
    """``(U + theta) mod 1``: uniform on (0, 1) whatever ``theta`` is.

    The law does not move, so ``E[g]`` has derivative 0; the pathwise derivative is ``g'`` of the
    draw, because it misses the jump from 1 to 0. Biased: the draw is not absolutely continuous.
    """
    size = _shape(shape, theta)
    return jnp.mod(jax.random.uniform(key, size) + jnp.asarray(theta), 1.0)


def _normal_pair(key: jax.Array, shape: Shape) -> tuple[jax.Array, jax.Array]:
    first, second = jax.random.split(key)
    return jax.random.normal(first, shape), jax.random.normal(second, shape)


PROCESSES: Mapping[str, Process] = {
    process.name: process
    for process in (
        Process(
            "scaled_uniform", scaled_uniform, ("theta",), "uniform(0, theta)", "U, mean 1/2", True
        ),
        Process(
            "scrambled_uniform",
            scrambled_uniform,
            ("theta",),
            "uniform(0, theta)",
            "U of the hash, mean 1/2; the draw itself has no derivative",
            True,
        ),
        Process(
            "shifted_normal", shifted_normal, ("mu", "sigma"), "normal(mu, sigma^2)", "1", True
        ),
        Process(
            "rotated_normal",
            rotated_normal,
            ("mu", "sigma"),
            "normal(mu, sigma^2)",
            "mean 1, variance (turns sigma)^2",
            True,
        ),
        Process(
            "flipped_normal",
            flipped_normal,
            ("mu", "sigma"),
            "normal(mu, sigma^2)",
            "1 almost everywhere; the jumps cancel in the mean",
            True,
        ),
        Process(
            "wrapped_uniform",
            wrapped_uniform,
            ("theta",),
            "uniform(0, 1)",
            "1; the jump is missed",
            False,
        ),
    )
}

__all__ = [
    "PROCESSES",
    "Process",
    "flipped_normal",
    "rotated_normal",
    "scaled_uniform",
    "scrambled_uniform",
    "shifted_normal",
    "wrapped_uniform",
]
