"""The typed form of the catalogue: what every known callable does to keys and to derivatives.

The TOML files beside this module are the single source of truth for the linter, the reference
samplers and the documentation. Reading them never imports jax.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class CatalogueError(ValueError):
    """A catalogue file or a `[tool.randlint.models]` table says something that makes no sense."""


class Effect(StrEnum):
    """What a call does with the key it is given."""

    SAMPLE = "sample"  # consumes the key, returns a draw
    SPLIT = "split"  # consumes the key, returns an array of derived keys
    FOLD_IN = "fold_in"  # derives one key from key and data; the parent stays usable
    CREATE = "create"  # makes a key from a seed
    CLONE = "clone"  # the same key again, with the author's consent
    WRAP = "wrap"  # makes a key array from raw key data
    CONSUME = "consume"  # consumes the key, returns something that is not a draw
    INSPECT = "inspect"  # looks at the key without using it up
    FRESH = "fresh"  # hands out a new key at every call


class Draw(StrEnum):
    """What comes out of a sampler."""

    CONTINUOUS = "continuous"
    DISCRETE = "discrete"


class Gradient(StrEnum):
    """How the draw's derivative with respect to one parameter is to be read (jax semantics)."""

    PATHWISE = "pathwise"  # smooth explicit function of the parameter at fixed key
    IMPLICIT = "implicit"  # differentiated through the CDF
    ZERO = "zero"  # piecewise constant: exactly 0, or float0
    BIASED = "biased"  # a derivative exists, but not an unbiased gradient of the expectation
    VALUES = "values"  # the argument supplies the values picked; the choice itself is fixed
    STATIC = "static"  # not differentiable at all: shapes, dtypes, methods


class TransformKind(StrEnum):
    """The ways in which a transform calls the function it is given."""

    JIT = "jit"  # once, traced
    VMAP = "vmap"  # once, for all lanes
    GRAD = "grad"  # once, differentiated in `argnums`, result is a function
    DIRECT_GRAD = "direct_grad"  # jvp, vjp, linearize: the function is called at once
    SCAN = "scan"  # f(carry, x) -> (carry, y), many times
    WHILE = "while"  # cond(carry), body(carry), many times
    FORI = "fori"  # body(i, carry), many times
    MAP = "map"  # f(x), many times, traced
    COND = "cond"  # one of the branches
    SWITCH = "switch"  # one of a list of branches
    CALL = "call"  # once, with the rest of the arguments (checkpoint, named_call ...)
    WRAP = "wrap"  # returns a function that behaves like the one given
    PARTIAL = "partial"  # functools.partial and its kin
    CUSTOM = "custom"  # custom_jvp, custom_vjp: the author's own derivative
    TREE_MAP = "tree_map"  # a Python callback, once per leaf
    HOST_MAP = "host_map"  # the builtin map and its kin: a Python callback, once per item
    SHAPE = "shape"  # eval_shape: traced, but no number is ever drawn


@dataclass(frozen=True, slots=True)
class Argument:
    """Where a call carries one argument: by keyword `name`, or at `position` (from 0)."""

    name: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a sampler and its documented gradient rule (DESIGN: `samplers.toml`)."""

    name: str
    position: int | None
    gradient: Gradient
    unbiased: bool = True
    second_order: bool = True
    how: str = ""
    reference: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Function:
    """One catalogued callable, by the dotted name under which its library documents it."""

    name: str
    effect: Effect
    keys: tuple[Argument, ...] = ()
    draw: Draw | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    count: Argument | None = None  # split: how many keys
    data: Argument | None = None  # fold_in data, seed of create
    raw: bool = False  # the key made is a raw uint32 pair


@dataclass(frozen=True, slots=True)
class Transform:
    """One catalogued higher-order function."""

    name: str
    kind: TransformKind
    function: Argument
    extra: tuple[Argument, ...] = ()  # further functions: while's body, cond's false branch
    options: Mapping[str, object] = field(default_factory=dict)
