"""The programs whose compilation is timed: every sampler of the catalogue, gradients, users' loops.

Each program is made for one module, `jax.random` or ours, so that both compile the same program.
Which samplers there are and what can be differentiated is the catalogue's word; here stand
ordinary values for their parameters only.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from randlint.catalogue import Function, Gradient, load

DRAWS = 1000
LANES = 8
SMOOTH = (Gradient.PATHWISE, Gradient.IMPLICIT, Gradient.BIASED, Gradient.VALUES)
VALUES: dict[str, Any] = {
    "a": 2.0,
    "alpha": np.full(4, 1.5, np.float32),
    "b": 1.5,
    "concentration": 2.0,
    "cov": np.eye(4, dtype=np.float32),
    "d": 3,
    "dfden": 7.0,
    "dfnum": 5.0,
    "df": 5.0,
    "lam": 3.0,
    "left": 0.0,
    "loc": 0.5,
    "logits": np.zeros(10, np.float32),
    "lower": -1.0,
    "maxval": 2.0,
    "mean": 1.5,
    "minval": 0.5,
    "mode": 1.0,
    "n": 20,
    "p": 0.3,
    "right": 2.0,
    "scale": 1.5,
    "sigma": 0.5,
    "upper": 2.0,
    "x": np.arange(DRAWS, dtype=np.float32),
}
OF_SAMPLERS: dict[tuple[str, str], Any] = {  # where the ordinary value of that name would not do
    ("ball", "p"): 2.0,
    ("choice", "a"): np.arange(DRAWS, dtype=np.float32),
    ("generalized_normal", "p"): 1.5,
    ("multinomial", "p"): np.full(4, 0.25, np.float32),
    ("multivariate_normal", "mean"): np.zeros(4, np.float32),
    ("orthogonal", "n"): 3,
    ("randint", "maxval"): 100,
    ("randint", "minval"): 0,
}


@dataclass(frozen=True, slots=True)
class Program:
    """A function of arrays, to be compiled."""

    name: str
    make: Callable[[Any], Callable[..., Any]]  # from `jax.random` or ours
    arguments: Callable[[], tuple[Any, ...]]


def programs() -> dict[str, Program]:
    """All of them, by name, in the order in which they are shown."""
    found = [program for row in samplers() for program in _of(row)]
    return {program.name: program for program in [*found, *_loops()]}


def samplers() -> Iterator[Function]:
    """The samplers of the catalogue that the installed JAX has."""
    rows = load().functions
    for name in sorted(rows):
        if rows[name].draw is not None and hasattr(jax.random, name.removeprefix("jax.random.")):
            yield rows[name]


def _key() -> tuple[Any, ...]:
    return (jax.random.key(0),)


def _of(row: Function) -> Iterator[Program]:
    name = row.name.removeprefix("jax.random.")
    shaped = "shape" in inspect.signature(getattr(jax.random, name)).parameters
    fixed = _fixed(row, name)
    for shape in [(DRAWS,), ()] if shaped else [None]:
        label = f"{name} {shape}" if shaped else name

        def make(module: Any, shape: Any = shape) -> Callable[..., Any]:
            return lambda key: _draw(module, name, key, fixed, shape)

        yield Program(label, make, _key)
    smooth = [p.name for p in row.parameters.values() if p.gradient in SMOOTH]
    for parameter in smooth:
        yield from _gradients(name, parameter, fixed, shaped)


def _fixed(row: Function, name: str) -> dict[str, Any]:
    """Values of the parameters that a call has to give, and of those that are differentiated."""
    declared = inspect.signature(getattr(jax.random, name)).parameters
    keys = {key.name for key in row.keys} | {"shape"}
    smooth = {p.name for p in row.parameters.values() if p.gradient in SMOOTH}
    needed = {n for n, p in declared.items() if p.default is p.empty and n not in keys} | smooth
    return {n: OF_SAMPLERS.get((name, n), VALUES[n]) for n in declared if n in needed}


def _draw(module: Any, name: str, key: Any, values: Mapping[str, Any], shape: Any) -> Any:
    options = dict(values)
    if shape is not None:
        categories = name == "multinomial"  # its shape is that of the result, categories included
        options["shape"] = (*shape, len(values["p"])) if categories else shape
    return getattr(module, name)(key, **options)


def _gradients(
    name: str, parameter: str, fixed: Mapping[str, Any], shaped: bool
) -> Iterator[Program]:
    shape, value = (DRAWS,) if shaped else None, fixed[parameter]
    rest = {n: v for n, v in fixed.items() if n != parameter}

    def total(module: Any, shape: Any) -> Callable[[Any, Any], Any]:
        return lambda v, key: jnp.sum(_draw(module, name, key, {**rest, parameter: v}, shape))

    def lanes() -> tuple[Any, ...]:
        every = jnp.broadcast_to(jnp.asarray(value), (LANES, *np.shape(value)))
        return every, jax.random.split(jax.random.key(0), LANES)

    def over_lanes(module: Any) -> Callable[..., Any]:
        one = total(module, () if shaped else None)
        return jax.grad(lambda values, keys: jnp.sum(jax.vmap(one)(values, keys)))

    label = f"{name} {parameter}"
    yield Program(
        f"grad {label}",
        lambda module: jax.grad(total(module, shape)),
        lambda: (jnp.asarray(value), *_key()),
    )
    yield Program(
        f"vmap grad {label}", lambda module: jax.vmap(jax.grad(total(module, shape))), lanes
    )
    yield Program(f"grad vmap {label}", over_lanes, lanes)


def _loops() -> Iterator[Program]:
    """What users write around samplers."""

    def twelve(module: Any) -> Callable[..., Any]:
        def body(key: Any, _: Any) -> Any:
            total = jnp.zeros(DRAWS)
            for _ in range(12):
                key, sub = module.split(key)
                total += module.normal(sub, (DRAWS,))
            return key, total

        return lambda key: jax.lax.scan(body, key, None, length=10)

    def steps(module: Any, key: Any) -> Callable[[Any], Any]:
        return lambda i, x: x + module.normal(module.fold_in(key, i), (DRAWS,))

    def fori(module: Any) -> Callable[..., Any]:
        return lambda key: jax.lax.fori_loop(0, 10, steps(module, key), jnp.zeros(DRAWS))

    def until(module: Any) -> Callable[..., Any]:
        def body(state: Any) -> Any:
            key, sub = module.split(state[0])
            return key, state[1] + module.uniform(sub)

        return lambda key: jax.lax.while_loop(lambda s: s[1] < 10, body, (key, 0.0))

    def of_keys(module: Any) -> Callable[..., Any]:
        keys = lambda key: module.split(key, 12)  # noqa: E731  # one line of a user's program
        return lambda key: jax.lax.map(lambda k: module.normal(k, (DRAWS,)), keys(key))

    def of_gammas(module: Any) -> Callable[..., Any]:
        def body(key: Any, _: Any) -> Any:
            key, sub = module.split(key)
            return key, module.gamma(sub, 2.0, (DRAWS,))

        return lambda key: jax.lax.scan(body, key, None, length=10)

    yield Program("scan: 12 times split, normal", twelve, _key)
    yield Program("scan: split, gamma", of_gammas, _key)
    yield Program("fori_loop: fold_in, normal", fori, _key)
    yield Program("while_loop: split, uniform", until, _key)
    yield Program("map: normal over 12 keys", of_keys, _key)
