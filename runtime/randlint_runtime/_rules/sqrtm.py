"""The symmetric square root of a covariance, differentiable where its eigenvectors are not."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax


def symmetric_sqrt(cov: jax.Array) -> jax.Array:
    """The positive semidefinite S with `S S = cov`, over batches.

    Eigenvectors of a covariance with equal eigenvalues have no derivative; its symmetric root does:
    `S dS + dS S = dcov`, which in the eigenbasis is a division by `s_i + s_j`. Two steps of the
    fixed point `X = L(delta - X X)`, with L that division and `delta = cov - stop_gradient(cov)`,
    give a polynomial in `cov` whose value, first and second derivatives are those of S. Directions
    in the kernel of `cov` are held fixed.

    Args:
        cov: `(..., n, n)`; its symmetric part is used.
    """
    frozen = lax.stop_gradient(_symmetric(cov))
    values: jax.Array
    vectors: jax.Array
    values, vectors = jnp.linalg.eigh(frozen)
    roots = jnp.sqrt(jnp.maximum(values, 0))
    sums = roots[..., :, None] + roots[..., None, :]
    smallest = (
        jnp.finfo(cov.dtype).eps * cov.shape[-1] * jnp.max(sums, axis=(-2, -1), keepdims=True)
    )
    inverse = jnp.where(sums > smallest, 1 / jnp.where(sums > smallest, sums, 1), 0)
    transposed = jnp.swapaxes(vectors, -1, -2)

    def divide(change: jax.Array) -> jax.Array:
        turned: jax.Array = inverse * (transposed @ change @ vectors)
        return vectors @ turned @ transposed

    delta = _symmetric(cov) - frozen
    first = divide(delta)
    root: jax.Array = (vectors * roots[..., None, :]) @ transposed
    return root + divide(delta - first @ first)


def _symmetric(matrix: jax.Array) -> jax.Array:
    return (matrix + jnp.swapaxes(matrix, -1, -2)) / 2
