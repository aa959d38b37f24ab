"""`method="approximate"`: jax's draws without a loop (jax 0.12), with jax's derivatives.

The rules of this package are those of the exact draws; conventions hold for both. A jax that has no
such method says so itself.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax.typing import ArrayLike, DTypeLike

from randlint_runtime._unpatched_jax import jax_random
from randlint_runtime.random import _base
from randlint_runtime.random._base import Convention, Parameters, Shape, Sharding


@_base.kernel
def _by_jax(
    key: jax.Array,
    *parameters: ArrayLike,
    shape: tuple[int, ...] | None,
    dtype: np.dtype[Any],
    name: str,
    method: str,
) -> jax.Array:
    sampler = getattr(jax_random, name)
    drawn: jax.Array = sampler(_base.typed(key), *parameters, shape, dtype, method=method)
    return drawn


def draw(
    name: str,
    method: str,
    key: ArrayLike,
    parameters: Parameters,
    shape: Shape | None,
    dtype: DTypeLike | None,
    *,
    out_sharding: Sharding = None,
    convention: Convention = None,
    rule: str = "default",
    integral: bool = False,
) -> jax.Array:
    """A draw by another method than ``"exact"``, which is jax's matter to know.

    Raises:
        ValueError: a `rule` was chosen; there are rules for exact draws only.
    """
    if rule != "default":
        raise ValueError(f"rule={rule!r} is for method='exact', got method={method!r}")

    def check() -> object:
        sampler = getattr(jax_random, name)
        return sampler(
            key, *parameters.values(), shape, dtype, method=method, out_sharding=out_sharding
        )

    if integral:
        _base.ask(check, shape)
    return _base.call(
        name, _by_jax, key, parameters, shape=shape, dtype=dtype, kind=int if integral else float,
        broadcast=True, check=check, convention=convention, out_sharding=out_sharding,
        static={"name": name, "method": method}, integral=integral,
    )  # fmt: skip
