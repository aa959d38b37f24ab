"""Compare the catalogue's distributions with what numpyro, distrax and TFP on JAX say and do.

    python benchmarks/reparameterisation.py [numpyro distrax tensorflow_probability]

For every distribution that a library exports:

- is there a row, and does its `reparameterised` agree with the library's own attribute
  (`has_rsample` of numpyro, `reparameterization_type` of TFP)? distrax has none, so its draws are
  differentiated with respect to every float that an instance holds and a draw depends on;
- does its `draw` agree with the draws;
- does each parameter's gradient class agree with the derivative that jax builds? Whether a
  derivative is identically zero, and whether it passes through a rejection sampler or another loop,
  is read off the jaxpr.

Exits with 1 if anything differs. Needs jax, numpyro, distrax and tfp-nightly.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from importlib.metadata import packages_distributions, version
from typing import Any

os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
warnings.simplefilter("ignore")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from distribution_recipes import DISTRAX, NUMPYRO, Library  # noqa: E402
from distribution_recipes_tfp import TFP  # noqa: E402

from randlint.catalogue import Distribution, Draw, Gradient, Parameter, for_roots  # noqa: E402

KEY = jax.random.key(0)
LOOPS = {"while", "random_gamma"}
CUSTOM = {"custom_jvp_call", "custom_vjp_call", "custom_vjp_call_jaxpr"}
# Errors of a library that insists on concrete values: such a draw is differentiated eagerly.
UNTRACEABLE = (TypeError, ValueError, jax.errors.JAXTypeError)


def main(roots: Sequence[str]) -> int:
    """Print a line per difference and per library; the number of differences, at most 1."""
    different = 0
    for library in (NUMPYRO, DISTRAX, TFP):
        if roots and library.root not in roots:
            continue
        rows = {
            name.removeprefix(f"{library.module}."): row
            for name, row in for_roots(frozenset({library.root})).distributions.items()
            if name.startswith(library.module)
        }
        exported = library.names()
        found = [f"{name}: no row" for name in exported if name not in rows]
        found += [f"{name}: not exported" for name in rows if name not in exported]
        parameters = 0
        for name in exported:
            if name in rows:
                found += differences(library, name, rows[name])
                parameters += len(library.differentiable(name))
        for line in found:
            print(f"  {library.root}.{line}")
        print(
            f"{library.root} {release(library.root)}: {len(exported)} distributions,"
            f" {parameters} parameters, {len(found)} differences",
            flush=True,
        )
        different += len(found)
    print(f"jax {jax.__version__}: {different} differences")
    return int(different > 0)


def release(root: str) -> str:
    """The installed version of the package that provides a module."""
    name = packages_distributions()[root][0]
    return f"({name} {version(name)})"


def differences(library: Library, name: str, row: Distribution) -> Iterator[str]:
    """What the catalogue and the library disagree on, one line each."""
    if library.recipe(name) is None:
        return
    instance = library.build(name, {})
    claim = library.claims(instance)
    if claim is None:
        claim = moves_with_everything(library, name)
    if claim != row.reparameterised:
        yield f"{name}: reparameterised = {row.reparameterised}, the library says {claim}"
    try:
        discrete = library.discrete(instance)
    except UNTRACEABLE as error:
        print(f"  note: {name} cannot be drawn from: {str(error)[:60]}")
        return
    if row.draw is not None and (row.draw is Draw.DISCRETE) != discrete:
        yield f"{name}: draw = {row.draw}, but draws are {'not ' * (not discrete)}integers"
    for parameter in library.differentiable(name):
        stated = row.parameters.get(parameter)
        if stated is None:
            yield f"{name}.{parameter}: no row"
        elif problem := disagreement(library, name, parameter, stated):
            yield f"{name}.{parameter}: gradient = {stated.gradient}, {problem}"


def disagreement(library: Library, name: str, parameter: str, stated: Parameter) -> str | None:
    """Why the stated gradient class is wrong, or None."""
    point = jnp.asarray((library.recipe(name) or {})[parameter], jnp.float32)

    def draw(value: jax.Array) -> jax.Array:
        return total(library.sample(library.build(name, {parameter: value}), KEY, 2))

    try:
        zero, looped = not tangent_flows(draw, point), passes_through(draw, point, LOOPS)
    except UNTRACEABLE:  # a constructor or sampler that wants concrete values
        zero, looped = bool(jax.jvp(draw, (point,), (jnp.ones_like(point),))[1] == 0), None
    if zero != (stated.gradient is Gradient.ZERO):
        return "but the derivative is identically 0" if zero else "but the derivative is not 0"
    if zero or looped is None:
        return None
    works = reverses_twice(draw, point)
    if works != stated.second_order:
        return f"second_order = {stated.second_order}, measured {works}"
    custom = looped or not works or passes_through(draw, point, CUSTOM)
    if stated.gradient is Gradient.IMPLICIT and not custom:
        return "but no derivative is written by hand"
    if stated.gradient is Gradient.PATHWISE and looped:
        return "but it passes through a loop"
    return None


def moves_with_everything(library: Library, name: str) -> bool:
    """Whether every float that an instance holds and a draw depends on has a derivative."""
    floats = {p: v for p, v in library.arguments(name, {}).items() if isinstance(v, float)}
    instance = library.build(name, {p: jnp.float32(v) for p, v in floats.items()})
    leaves, structure = jax.tree.flatten(instance)
    moved = []
    for place, leaf in enumerate(leaves):
        if not jnp.issubdtype(jnp.result_type(leaf), jnp.floating):
            continue

        def draw(value: jax.Array, place: int = place) -> jax.Array:
            changed = [value if i == place else other for i, other in enumerate(leaves)]
            return total(library.sample(jax.tree.unflatten(structure, changed), KEY, 2))

        point = jnp.asarray(leaf, jnp.float32)
        if value_flows(draw, point):
            moved.append(tangent_flows(draw, point))
    return bool(moved) and all(moved)


def total(draws: Any) -> jax.Array:
    """The sum over all entries of a draw, as a float."""
    return sum(jnp.sum(leaf.astype(jnp.float32)) for leaf in jax.tree.leaves(draws))


def reverses_twice(draw: Any, point: jax.Array) -> bool:
    """Whether reverse over reverse can be traced."""

    def once(value: jax.Array) -> jax.Array:
        return jnp.sum(jax.grad(draw)(value))

    try:
        jax.eval_shape(jax.grad(once), point)
    except (ValueError, NotImplementedError):
        return False
    return True


def tangent_flows(draw: Any, point: jax.Array) -> bool:
    """Whether the forward derivative depends on the direction at all."""
    jaxpr = jax.make_jaxpr(lambda tangent: jax.jvp(draw, (point,), (tangent,))[1])(point).jaxpr
    return any(reached(jaxpr, [True], set()))


def value_flows(draw: Any, point: jax.Array) -> bool:
    """Whether the draw depends on the argument at all."""
    return any(reached(jax.make_jaxpr(draw)(point).jaxpr, [True], set()))


def passes_through(draw: Any, point: jax.Array, primitives: set[str]) -> bool:
    """Whether the argument reaches one of some primitives on its way to the draw."""
    seen: set[str] = set()
    reached(jax.make_jaxpr(draw)(point).jaxpr, [True], seen)
    return bool(seen & primitives)


def reached(jaxpr: Any, entering: Sequence[bool], seen: set[str]) -> list[bool]:
    """Which outputs depend on the marked inputs; the primitives on the way are added to `seen`."""
    marked = {var for var, mark in zip(jaxpr.invars, entering, strict=True) if mark}
    for equation in jaxpr.eqns:
        marks = [not is_literal(var) and var in marked for var in equation.invars]
        if not any(marks):
            continue
        seen.add(equation.primitive.name)
        inner = list(inner_jaxprs(equation))
        once = len(inner) == 1 and equation.primitive.name not in {"while", "scan"}
        if once and len(inner[0].invars) == len(marks):
            leaving = reached(inner[0], marks, seen)
            marked |= {var for var, mark in zip(equation.outvars, leaving, strict=True) if mark}
            continue
        for body in inner:
            reached(body, [True] * len(body.invars), seen)
        marked |= set(equation.outvars)
    return [not is_literal(var) and var in marked for var in jaxpr.outvars]


def inner_jaxprs(equation: Any) -> Iterator[Any]:
    """The programs that an equation carries."""
    for value in equation.params.values():
        for item in value if isinstance(value, tuple | list) else [value]:
            inner = getattr(item, "jaxpr", item)
            if hasattr(inner, "eqns"):
                yield inner


def is_literal(var: Any) -> bool:
    return type(var).__name__ == "Literal"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
