"""Abstract values of the jaxpr interpreter, and how they move through structural primitives.

A value knows: a *number* (equal numbers: equal values, by value numbering), its *constant* if the
program fixes it, the *identities* of its elements (see `_lineage`; computed only when someone asks)
and its *taint*: which differentiated inputs and which draws reach it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from randlint_runtime.provenance._lineage import Ids

Array = np.ndarray[Any, Any]
Inputs = frozenset[int]
_NONE: Inputs = frozenset()
LARGEST_CONSTANT = 4096  # elements; larger constants are not folded


@dataclass(frozen=True, slots=True)
class Taint:
    """What reaches a value: inputs smoothly or piecewise, draws, and unused comparisons."""

    smooth: Inputs = _NONE
    flat: Inputs = _NONE
    draws: Inputs = _NONE
    crossings: Inputs = _NONE

    def __or__(self, other: Taint) -> Taint:
        if other is self or other == CLEAN:
            return self
        if self == CLEAN:
            return other
        return Taint(
            self.smooth | other.smooth,
            self.flat | other.flat,
            self.draws | other.draws,
            self.crossings | other.crossings,
        )

    def flattened(self) -> Taint:
        """The taint after something piecewise constant."""
        return Taint(_NONE, self.flat | self.smooth, self.draws, self.crossings)

    def steering(self) -> Taint:
        """What a predicate or an index adds to what it chooses: its comparisons are settled."""
        return Taint(_NONE, self.flat | self.smooth, self.draws)


CLEAN = Taint()


def joined(taints: Any) -> Taint:
    """The union of several taints."""
    out = CLEAN
    for taint in taints:
        out = out | taint
    return out


class Value:
    """One abstract value (see the module's text)."""

    __slots__ = ("_ids", "_make_ids", "constant", "number", "shape", "taint")

    def __init__(
        self,
        number: int,
        shape: tuple[int, ...],
        make_ids: Callable[[], Ids],
        *,
        constant: Array | None = None,
        taint: Taint = CLEAN,
    ) -> None:
        self.number = number
        self.shape = shape
        self.constant = constant
        self.taint = taint
        self._make_ids: Callable[[], Ids] | None = make_ids
        self._ids: Ids | None = None

    @property
    def ids(self) -> Ids:
        """Identities of the elements: shape of the value (key arrays: shape of the key array)."""
        if self._ids is None:
            assert self._make_ids is not None
            self._ids = np.asarray(self._make_ids(), dtype=np.int64)
            self._make_ids = None
        return self._ids

    def with_taint(self, taint: Taint) -> Value:
        """The same value, reached by something else."""
        if taint == self.taint:
            return self
        return Value(self.number, self.shape, lambda: self.ids, constant=self.constant, taint=taint)


# -- primitives that only move elements ------------------------------------------------------------
# Each takes (operand array, params, output aval) and does to any array what the primitive does.


def _slice(x: Array, p: Any, _: Any) -> Array:
    steps = p["strides"] or (1,) * x.ndim
    cuts = zip(p["start_indices"], p["limit_indices"], steps, strict=True)
    return x[tuple(slice(*cut) for cut in cuts)]


def _broadcast_in_dim(x: Array, p: Any, _: Any) -> Array:
    shape = [1] * len(p["shape"])
    for axis, dim in enumerate(p["broadcast_dimensions"]):
        shape[dim] = x.shape[axis]
    return np.broadcast_to(x.reshape(shape), p["shape"])


def _rev(x: Array, p: Any, _: Any) -> Array:
    return np.flip(x, p["dimensions"])


def _reshape(x: Array, p: Any, out: Any) -> Array:
    dims = p.get("dimensions")
    return (x if dims is None else np.transpose(x, dims)).reshape(out.shape)


def _squeeze(x: Array, _: Any, out: Any) -> Array:
    return x.reshape(out.shape)


def _transpose(x: Array, p: Any, _: Any) -> Array:
    return np.transpose(x, p["permutation"])


def _tile(x: Array, p: Any, _: Any) -> Array:
    return np.tile(x, p["reps"])


def _same(x: Array, _: Any, __: Any) -> Array:
    return x


MOVES: dict[str, Callable[[Array, Any, Any], Array]] = {
    "slice": _slice,
    "broadcast_in_dim": _broadcast_in_dim,
    "rev": _rev,
    "reshape": _reshape,
    "squeeze": _squeeze,
    "transpose": _transpose,
    "tile": _tile,
    "copy": _same,
    "stage": _same,
    "sharding_constraint": _same,
    "layout_constraint": _same,
    "relayout": _same,
    "reshard": _same,
    "with_memory_space_constraint": _same,
    "pvary": _same,
    "reduce_precision": _same,
    "name": _same,
    "stop_gradient": _same,
}


# -- arithmetic on small constants -----------------------------------------------------------------


def _integer_divide(x: Array, y: Array) -> Array:
    if np.issubdtype(x.dtype, np.integer):
        return (np.sign(x) * np.sign(y) * (abs(x) // abs(y))).astype(x.dtype)
    return x / y


FOLDS: dict[str, Callable[..., Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": _integer_divide,
    "rem": np.fmod,
    "neg": np.negative,
    "sign": np.sign,
    "abs": np.abs,
    "square": np.square,
    "floor": np.floor,
    "ceil": np.ceil,
    "max": np.maximum,
    "min": np.minimum,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
    "and": np.bitwise_and,
    "or": np.bitwise_or,
    "xor": np.bitwise_xor,
    "not": np.invert,
    "shift_left": np.left_shift,
    "shift_right_arithmetic": np.right_shift,
    "clamp": lambda low, x, high: np.minimum(np.maximum(x, low), high),
    "select_n": lambda which, *cases: np.choose(np.asarray(which, dtype=np.intp), cases),
}


def fold(name: str, constants: list[Array], out: Any) -> Array | None:
    """The constant that a primitive makes of constants, or None where it is not worth knowing."""
    if any(c.size > LARGEST_CONSTANT for c in constants):
        return None
    function = FOLDS.get(name)
    try:
        with np.errstate(all="ignore"):
            if name == "convert_element_type":
                return constants[0].astype(out.dtype)
            if function is None:
                return None
            return np.asarray(function(*constants)).astype(out.dtype)
    except (TypeError, ValueError, ZeroDivisionError):
        return None


# -- how derivatives pass --------------------------------------------------------------------------

# Piecewise constant in every operand: the derivative is zero wherever it exists.
FLAT = frozenset(
    [
        "lt",
        "le",
        "gt",
        "ge",
        "eq",
        "ne",
        "lt_to",
        "le_to",
        "eq_to",
        "floor",
        "ceil",
        "round",
        "sign",
        "argmax",
        "argmin",
        "is_finite",
        "and",
        "or",
        "xor",
        "not",
        "population_count",
        "clz",
        "shift_left",
        "shift_right_logical",
        "shift_right_arithmetic",
        "nextafter",
        "random_bits",
        "random_seed",
        "random_fold_in",
        "random_split",
        "random_wrap",
        "random_unwrap",
        "bitcast_convert_type",
        "reduce_and",
        "reduce_or",
        "reduce_xor",
    ]
)
# Comparisons whose result steers something else; `floor` and its kin end as numbers at once.
COMPARISONS = frozenset(
    ["lt", "le", "gt", "ge", "eq", "ne", "lt_to", "le_to", "eq_to", "argmax", "argmin", "is_finite"]
)
ROUNDINGS = frozenset(["floor", "ceil", "round", "sign"])
