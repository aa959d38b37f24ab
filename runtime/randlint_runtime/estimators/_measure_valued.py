"""Measure-valued derivatives: the derivative of a law as a difference of two laws.

For each parameter, ``d/dtheta E[f(X)] = c * (E[f(X+)] - E[f(X-)])`` with the constant ``c`` and the
laws of ``X+`` and ``X-`` in the table below (G. Pflug, "Sampling derivatives of probabilities",
1989; B. Heidergott, F. Vazquez-Abad, W. Volk-Makarewicz, "Sensitivity estimation for Gaussian
systems", 2008). Both sides of each pair are built from the same noise, which lowers the variance.

============  ========  ====================  ===============================  ====================
law           theta     c                     X+                               X-
============  ========  ====================  ===============================  ====================
normal        mu        1/(sigma sqrt(2 pi))  mu + sigma Rayleigh              mu - sigma Rayleigh
normal        sigma     1/sigma               mu + sigma double-sided Maxwell  normal
poisson       rate      1                     Poisson + 1                      Poisson
exponential   rate      1/rate                exponential                      Erlang(2)
gamma         rate      a/rate                gamma(a)                         gamma(a + 1)
bernoulli     p         1                     1                                0
============  ========  ====================  ===============================  ====================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.custom_derivatives import SymbolicZero

from randlint_runtime import _jax
from randlint_runtime.estimators._order import GradientOrderError, first_order_only, scalar

Arrays = tuple[jax.Array, ...]
Cost = Callable[..., jax.Array]
# (key, parameters) -> constant c, draws of X+, draws of X-
Weak = Callable[[jax.Array, Arrays], tuple[jax.Array, jax.Array, jax.Array]]


@dataclass(frozen=True, slots=True)
class _Law:
    sample: Callable[[jax.Array, Arrays], jax.Array]
    weak: tuple[Weak | None, ...]  # one per parameter; None: no measure-valued derivative here
    parameters: tuple[str, ...]
    ranges: tuple[Callable[[Any], Any], ...]  # one per parameter: whether a value lies inside


def measure_valued(
    cost: Callable[[jax.Array], jax.Array], law: str, *, draws: int = 1
) -> Callable[..., jax.Array]:
    """Estimate ``E[cost(x)]`` and its gradient by measure-valued (weak) derivatives.

    Unbiased for every cost, smooth or not (integrable under the laws of the table above); first
    derivatives only: a second one raises :class:`GradientOrderError`. Variance of one gradient:
    ``c^2 Var[cost(X+) - cost(X-)] / draws``, bounded by ``4 c^2 max|cost|^2 / draws`` whatever the
    law's score does, and zero for ``bernoulli`` and for a linear cost under ``poisson``. The price
    is two cost evaluations per draw and parameter.

    Args:
        cost: ``cost(x)``, a float scalar of a float scalar ``x``. Floating arrays that it closes
            over are differentiated in the ordinary way.
        law: ``"normal"`` (mu, sigma), ``"poisson"`` (rate), ``"exponential"`` (rate), ``"gamma"``
            (a, rate; no derivative in ``a``) or ``"bernoulli"`` (p).
        draws: independent draws per estimate, at least 1.

    Returns:
        ``estimate(key, *parameters)``, parameters being float scalars (use ``jax.vmap`` for more).

    Raises:
        ValueError: an unknown law, fewer than one draw, or (when called) a wrong parameter count, a
            parameter outside the law's range (where its value is known), a cost that is no scalar.
        GradientOrderError: differentiated twice, or with respect to the gamma law's ``a``.
    """
    if law not in _LAWS:
        known = ", ".join(sorted(_LAWS))
        raise ValueError(f"unknown law {law!r}; measure_valued knows {known}")
    if draws < 1:
        raise ValueError(f"draws must be at least 1, got {draws}")
    chosen = _LAWS[law]

    def estimate(key: jax.Array, *parameters: Any) -> jax.Array:
        names = ", ".join(chosen.parameters)
        if len(parameters) != len(chosen.parameters):
            raise ValueError(f"{law} takes ({names}), got {len(parameters)} parameters")
        values = tuple(jnp.asarray(p, jnp.result_type(float, p)) for p in parameters)
        if any(v.ndim for v in values):
            raise ValueError(f"{law} takes scalar parameters ({names}); use jax.vmap for more")
        for name, value, inside in zip(chosen.parameters, values, chosen.ranges, strict=True):
            if not _jax.is_tracer(value) and not inside(value):
                raise ValueError(f"`{name}` of a {law} law cannot be {value}")
        pure, captured = _opened(cost, jnp.zeros((), jnp.result_type(*values)))
        return _estimate(chosen, pure, draws)(key, values, captured)

    return estimate


def _opened(cost: Callable[[jax.Array], jax.Array], x: jax.Array) -> tuple[Cost, Arrays]:
    """`cost` as a function of `x` and of all arrays that it closes over, and these.

    Not `jax.closure_convert`: it remembers functions, whose objects change what they close over,
    and it leaves integers and keys inside, which then outlive the trace they belong to.
    """
    closed = jax.make_jaxpr(lambda one: scalar("cost", cost(one)))(x)

    def pure(one: jax.Array, *captured: jax.Array) -> jax.Array:
        (out,) = _jax.evaluated(closed, captured, one)
        return jnp.asarray(out)

    return pure, tuple(_jax.constants(closed))


def _estimate(law: _Law, cost: Callable[..., jax.Array], draws: int) -> Callable[..., jax.Array]:
    def mean_cost(x: jax.Array, captured: Arrays) -> jax.Array:
        return jnp.mean(jax.vmap(lambda one: cost(one, *captured))(x))

    @jax.custom_jvp
    def value(key: jax.Array, parameters: Arrays, captured: Arrays) -> jax.Array:
        lanes = _streams(key, draws, len(parameters))[:, 0]
        return mean_cost(jax.vmap(lambda k: law.sample(k, parameters))(lanes), captured)

    def _derivative(primals: Any, tangents: Any) -> tuple[jax.Array, jax.Array]:
        key, parameters, captured = primals
        _, parameter_dots, captured_dots = tangents
        streams = _streams(key, draws, len(parameters))
        x = jax.vmap(lambda k: law.sample(k, parameters))(streams[:, 0])
        dots = tuple(_instantiate(dot, c) for dot, c in zip(captured_dots, captured, strict=True))
        out, slope = jax.jvp(lambda c: mean_cost(x, c), (captured,), (dots,))
        for index, (weak, dot) in enumerate(zip(law.weak, parameter_dots, strict=True)):
            if isinstance(dot, SymbolicZero):
                continue
            if weak is None:
                raise GradientOrderError(
                    f"measure_valued has no derivative in `{law.parameters[index]}`; use the"
                    " sampler's own gradient, or randlint_runtime.score_function"
                )
            scale, plus, minus = jax.vmap(lambda k, w=weak: w(k, parameters))(streams[:, index + 1])
            gaps = jax.vmap(lambda p, m: cost(p, *captured) - cost(m, *captured))(plus, minus)
            slope = slope + first_order_only("measure_valued", jnp.mean(scale * gaps)) * dot
        return out, slope.astype(out.dtype)

    value.defjvp(_derivative, symbolic_zeros=True)
    return value


def _streams(key: jax.Array, draws: int, parameters: int) -> jax.Array:
    """Keys of shape (draws, 1 + parameters): one for the value, one for each parameter's pair."""
    return jax.vmap(lambda k: jax.random.split(k, 1 + parameters))(jax.random.split(key, draws))


def _instantiate(dot: Any, like: jax.Array) -> Any:
    if not isinstance(dot, SymbolicZero):
        return dot
    if jnp.issubdtype(like.dtype, jnp.inexact):
        return jnp.zeros_like(like)
    return np.zeros(like.shape, jax.dtypes.float0)


def _normal_mu(key: jax.Array, p: Arrays) -> tuple[jax.Array, jax.Array, jax.Array]:
    mu, sigma = p
    reach = sigma * jnp.sqrt(2.0 * jax.random.exponential(key, (), mu.dtype))
    return 1.0 / (sigma * math.sqrt(2.0 * math.pi)), mu + reach, mu - reach


def _normal_sigma(key: jax.Array, p: Arrays) -> tuple[jax.Array, jax.Array, jax.Array]:
    mu, sigma = p
    k_norm, k_share = jax.random.split(key)
    # A uniform share of a double-sided Maxwell is a standard normal: common noise for the pair.
    direction = jax.random.normal(k_norm, (3,), mu.dtype)
    maxwell = jnp.linalg.norm(direction) * jnp.sign(direction[0])
    share = jax.random.uniform(k_share, (), mu.dtype)
    return 1.0 / sigma, mu + sigma * maxwell, mu + sigma * maxwell * share


def _poisson_rate(key: jax.Array, p: Arrays) -> tuple[jax.Array, jax.Array, jax.Array]:
    (rate,) = p
    x = jax.random.poisson(key, rate).astype(rate.dtype)
    return jnp.ones_like(rate), x + 1.0, x


def _exponential_rate(key: jax.Array, p: Arrays) -> tuple[jax.Array, jax.Array, jax.Array]:
    (rate,) = p
    first, second = jax.random.exponential(key, (2,), rate.dtype)
    return 1.0 / rate, first / rate, (first + second) / rate


def _gamma_rate(key: jax.Array, p: Arrays) -> tuple[jax.Array, jax.Array, jax.Array]:
    a, rate = p
    k_gamma, k_more = jax.random.split(key)
    x = jax.random.gamma(k_gamma, a, dtype=a.dtype) / rate
    more = jax.random.exponential(k_more, (), a.dtype) / rate
    return a / rate, x, x + more  # gamma(a) + exponential = gamma(a + 1)


def _bernoulli_p(key: jax.Array, p: Arrays) -> tuple[jax.Array, jax.Array, jax.Array]:
    (prob,) = p
    one = jnp.ones_like(prob)
    return one, one, 0.0 * one


def _any(value: Any) -> Any:
    del value
    return True


def _positive(value: Any) -> Any:
    return value > 0


def _not_negative(value: Any) -> Any:
    return value >= 0


def _probability(value: Any) -> Any:
    return 0 <= value <= 1


_LAWS = {
    "normal": _Law(
        lambda k, p: p[0] + p[1] * jax.random.normal(k, (), p[0].dtype),
        (_normal_mu, _normal_sigma),
        ("mu", "sigma"),
        (_any, _positive),
    ),
    "poisson": _Law(
        lambda k, p: jax.random.poisson(k, p[0]).astype(p[0].dtype),
        (_poisson_rate,),
        ("rate",),
        (_not_negative,),
    ),
    "exponential": _Law(
        lambda k, p: jax.random.exponential(k, (), p[0].dtype) / p[0],
        (_exponential_rate,),
        ("rate",),
        (_positive,),
    ),
    "gamma": _Law(
        lambda k, p: jax.random.gamma(k, p[0], dtype=p[0].dtype) / p[1],
        (None, _gamma_rate),
        ("a", "rate"),
        (_positive, _positive),
    ),
    "bernoulli": _Law(
        lambda k, p: jax.random.bernoulli(k, p[0]).astype(p[0].dtype),
        (_bernoulli_p,),
        ("p",),
        (_probability,),
    ),
}
