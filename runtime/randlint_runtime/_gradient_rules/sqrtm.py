"""The symmetric square root of a covariance, differentiable where its eigenvectors are not."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import lax


@jax.custom_jvp
def symmetric_sqrt(cov: jax.Array) -> jax.Array:
    """The positive semidefinite S with `S S = cov`, over batches; derivatives of every order.

    Eigenvectors of a covariance with equal eigenvalues have no derivative; its symmetric root does:
    `S dS + dS S = dcov`, which in the eigenbasis of S is a division by `s_i + s_j`. Directions in
    the kernel of `cov`, as far as floats can tell, are held fixed.

    Args:
        cov: `(..., n, n)`; its symmetric part is used.
    """
    values: jax.Array
    vectors: jax.Array
    values, vectors = jnp.linalg.eigh(_symmetric(cov))
    eps = jnp.finfo(cov.dtype).eps * cov.shape[-1]
    kernel = values <= eps * jnp.max(values, axis=-1, keepdims=True)
    roots = jnp.sqrt(jnp.where(kernel, 0, values))
    return (vectors * roots[..., None, :]) @ _transposed(vectors)


@symmetric_sqrt.defjvp
def _symmetric_sqrt_jvp(
    primals: tuple[jax.Array], tangents: tuple[jax.Array]
) -> tuple[jax.Array, jax.Array]:
    root = symmetric_sqrt(primals[0])
    return root, _divided(root, _symmetric(tangents[0]))


def _divided(root: jax.Array, change: jax.Array) -> jax.Array:
    """The X with `root X + X root = change`; X and `change` are symmetric.

    A linear solve to jax, so it can be differentiated in `root` as well, which `eigh` cannot.
    """
    values: jax.Array
    vectors: jax.Array
    values, vectors = jnp.linalg.eigh(lax.stop_gradient(root))
    values = jnp.maximum(values, 0)
    sums = values[..., :, None] + values[..., None, :]
    # Roots that were set to 0 come back from `eigh` as rounding errors.
    least = 8 * jnp.finfo(root.dtype).eps * root.shape[-1]
    regular = sums > least * jnp.max(sums, axis=(-2, -1), keepdims=True)
    inverse = jnp.where(regular, 1 / jnp.where(regular, sums, 1), 0)
    transposed = _transposed(vectors)
    solution: jax.Array = lax.custom_linear_solve(
        lambda x: root @ x + x @ root,
        change,
        lambda _, b: vectors @ (inverse * (transposed @ b @ vectors)) @ transposed,
        symmetric=True,
    )
    return solution


def _symmetric(matrix: jax.Array) -> jax.Array:
    return (matrix + _transposed(matrix)) / 2


def _transposed(matrix: jax.Array) -> jax.Array:
    return jnp.swapaxes(matrix, -1, -2)
