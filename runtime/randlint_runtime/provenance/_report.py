"""What `provenance` found, as it is told."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jax
import numpy as np

from randlint_runtime import _jax
from randlint_runtime._jax import impl_of
from randlint_runtime._observing import observe as _observe
from randlint_runtime._source import Site
from randlint_runtime.provenance import _control, _indexing, _key_primitives
from randlint_runtime.provenance._lineage import Derivation, Ids, Lineage
from randlint_runtime.provenance._record import Crossing as _Crossing
from randlint_runtime.provenance._record import FoundDraw, FoundReuse, Record, Use
from randlint_runtime.provenance._values import Taint, Value
from randlint_runtime.provenance._walk import Context, Walk, is_float, is_key

_DEFINED = (_control, _indexing, _key_primitives)  # importing them teaches `Walk` its primitives


class Reach(StrEnum):
    """How an input reaches a parameter of a draw."""

    SMOOTH = "smooth"  # through differentiable operations only
    PIECEWISE = "piecewise"  # through something piecewise constant: the derivative is zero


class ReuseKind(StrEnum):
    """Why two uses of a key are suspicious."""

    REUSE = "reuse"  # one key, used twice
    LOOP = "loop"  # one key, used again on every iteration
    COLLISION = "collision"  # two derivations (or seeds) that give the same key
    LANES = "lanes"  # one key, used by every lane of a vmapped function


@dataclass(frozen=True, slots=True)
class Consumption:
    """One use of keys: by which sampler, on which line, and of how many keys at once."""

    sampler: str
    site: Site
    keys: int

    def __str__(self) -> str:
        return f"`{self.sampler}` at {self.site}"


@dataclass(frozen=True, slots=True)
class Reuse:
    """Two uses of the same key; `first` and `second` are the same use for `ReuseKind.LANES`."""

    kind: ReuseKind
    first: Consumption
    second: Consumption
    key: str
    derivations: tuple[Derivation, ...] = ()

    def __str__(self) -> str:
        text = _TEXTS[self.kind].format(first=self.first, second=self.second, key=self.key)
        made = "; ".join(f"{d.operation} ({d.detail}) at {d.site}" for d in self.derivations)
        return f"{text} Derived by: {made}." if made else text


@dataclass(frozen=True, slots=True)
class KeyIndex:
    """An index past the end of a key array: jax clamps it, silently, to the last key."""

    site: Site
    index: tuple[int, ...]
    shape: tuple[int, ...]

    def __str__(self) -> str:
        return (
            f"index {self.index[0]} is outside a key array of shape {self.shape} at {self.site}:"
            " jax clamps it and returns a key that is also used elsewhere."
            " Split as many keys as are indexed."
        )


@dataclass(frozen=True, slots=True)
class Draw:
    """One call of a sampler: for each array parameter, which inputs reach it and how."""

    sampler: str
    site: Site
    parameters: Mapping[str, Mapping[str, Reach]]
    reference: bool = False  # a sampler of this package rather than of jax


@dataclass(frozen=True, slots=True)
class Crossing:
    """A comparison (or rounding, argmax) of something drawn with something differentiable.

    `effect` is ``"zero"`` where the result becomes a number (its derivative is lost), ``"branch"``
    where it chooses between branches that have derivatives (a jump between them is lost).
    """

    operation: str
    site: Site
    inputs: tuple[str, ...]
    effect: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """The report of `provenance`: everything in program order.

    `inputs` names the arrays among the arguments, and `positions` says to which positional argument
    each belongs (-1: a keyword argument).
    """

    inputs: tuple[str, ...]
    positions: tuple[int, ...]
    consumptions: tuple[Consumption, ...]
    reuses: tuple[Reuse, ...]
    indices: tuple[KeyIndex, ...]
    draws: tuple[Draw, ...]
    crossings: tuple[Crossing, ...]

    def __str__(self) -> str:
        lines = [f"{len(self.consumptions)} uses of keys:"]
        lines += [f"  {use} ({use.keys} keys)" for use in self.consumptions]
        lines += [f"reused: {reuse}" for reuse in self.reuses]
        lines += [f"indexed: {index}" for index in self.indices]
        for draw in self.draws:
            for name, reached in draw.parameters.items():
                by = ", ".join(f"{label} ({how})" for label, how in reached.items())
                if by:
                    lines.append(f"{draw.sampler}({name}) at {draw.site} depends on {by}")
        lines += [f"{c.operation} at {c.site}: {', '.join(c.inputs)}" for c in self.crossings]
        return "\n".join(lines)


def provenance(f: Callable[..., Any], *args: Any, **kwargs: Any) -> Provenance:
    """Trace ``f(*args, **kwargs)`` and report its keys and draws. Nothing is executed.

    Args:
        f: any function that `jax.make_jaxpr` can trace.
        *args: its arguments: arrays, keys (typed or raw), pytrees of them, or
            `jax.ShapeDtypeStruct` where values do not matter. Keys with values are compared by
            value, so passing one key twice counts.
        **kwargs: keyword arguments, likewise.

    Returns:
        A `Provenance`.

    Anything that the trace of ``f`` raises is raised here.
    """
    done = interpret(f, args, kwargs, Walk)
    return _report(list(done.labels), done.positions, done.walk.record)


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A finished walk through a program; names and positions of its inputs."""

    labels: tuple[str, ...]
    positions: tuple[int, ...]
    walk: Walk


def interpret(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    make_walk: Callable[[Lineage, Record], Walk],
) -> Interpretation:
    """Trace ``f(*args, **kwargs)`` and walk through its jaxpr."""
    leaves, tree = jax.tree.flatten((args, kwargs))
    traced = [not _is_static(leaf) for leaf in leaves]

    def flat(dynamic: list[Any]) -> Any:
        queue = iter(dynamic)
        whole = [next(queue) if t else leaf for t, leaf in zip(traced, leaves, strict=True)]
        inner_args, inner_kwargs = jax.tree.unflatten(tree, whole)
        return f(*inner_args, **inner_kwargs)

    dynamic = [leaf for t, leaf in zip(traced, leaves, strict=True) if t]
    with _observe.annotating(), _jax.without_jax_checks():
        closed = jax.make_jaxpr(flat)(dynamic)
    jaxpr = _jax.opened(closed)
    labelled = _labels(f, args, kwargs)
    labels = [name for (name, _), t in zip(labelled, traced, strict=True) if t]
    positions = tuple(place for (_, place), t in zip(labelled, traced, strict=True) if t)
    lineage = Lineage()
    record = Record(lineage)
    walk = make_walk(lineage, record)
    inputs = [
        _input(walk, i, leaf, variable.aval, labels[i])
        for i, (leaf, variable) in enumerate(zip(dynamic, jaxpr.invars, strict=True))
    ]
    outputs = walk.closed(closed, inputs, Context())
    for output, variable in zip(outputs, jaxpr.outvars, strict=True):
        if is_float(variable.aval.dtype):
            record.crossings_used(output.taint.crossings, "zero")
    record.finish()
    return Interpretation(tuple(labels), positions, walk)


def _is_static(leaf: Any) -> bool:
    return isinstance(leaf, (str, bytes)) or callable(leaf)


def _input(walk: Walk, index: int, leaf: Any, aval: Any, label: str) -> Value:
    taint = Taint(smooth=frozenset({index})) if is_float(aval.dtype) else Taint()
    make_ids = None
    concrete = not (isinstance(leaf, jax.ShapeDtypeStruct) or _jax.is_tracer(leaf))
    if is_key(aval) and concrete:
        data, impl = np.asarray(jax.random.key_data(leaf)), impl_of(aval)

        def make_ids() -> Ids:
            return walk.lineage.wrap(walk.lineage.literals(data), impl)

    elif str(aval.dtype) == "uint32" and aval.shape and aval.shape[-1] in (2, 4) and concrete:
        words = np.asarray(leaf)

        def make_ids() -> Ids:
            return walk.lineage.literals(words)

    elif is_key(aval):

        def make_ids() -> Ids:
            size = int(np.prod(aval.shape))
            return walk.lineage.fresh(size, f"key argument {label}").reshape(aval.shape)

    return walk.value(("input", index), aval, taint=taint, make_ids=make_ids)


def _labels(f: Callable[..., Any], args: Any, kwargs: Any) -> list[tuple[str, int]]:
    try:
        names = list(inspect.signature(f).bind(*args, **kwargs).arguments)
    except (TypeError, ValueError):
        names = []
    labels = []
    for path, _ in jax.tree_util.tree_flatten_with_path((args, kwargs))[0]:
        part, which, *rest = path
        position = -1
        if part.idx == 1:
            name = str(which.key)
        else:
            position = which.idx
            name = names[position] if position < len(names) else f"argument {position}"
        labels.append((name + jax.tree_util.keystr(tuple(rest)), position))
    return labels


def _report(labels: list[str], positions: tuple[int, ...], record: Record) -> Provenance:
    return Provenance(
        tuple(labels),
        positions,
        tuple(_consumption(use) for use in record.uses),
        tuple(_reuse(found) for found in record.reuses),
        tuple(KeyIndex(i.site, i.index, i.shape) for i in record.indices),
        tuple(_draw(found, labels) for found in record.draws),
        tuple(c for found in record.crossings for c in _crossings(found, labels)),
    )


def _consumption(use: Use) -> Consumption:
    return Consumption(use.what, use.site, use.keys)


def _reuse(found: FoundReuse) -> Reuse:
    return Reuse(
        ReuseKind(found.kind),
        _consumption(found.first),
        _consumption(found.second),
        found.key,
        found.made,
    )


def _draw(found: FoundDraw, labels: list[str]) -> Draw:
    return Draw(
        found.sampler,
        found.site,
        {name: _reached(taint, labels) for name, taint in found.parameters},
        found.reference,
    )


def _reached(taint: Taint, labels: list[str]) -> dict[str, Reach]:
    reached = {labels[i]: Reach.PIECEWISE for i in sorted(taint.flat)}
    reached.update({labels[i]: Reach.SMOOTH for i in sorted(taint.smooth)})
    return reached


def _crossings(found: _Crossing, labels: list[str]) -> list[Crossing]:
    inputs = tuple(labels[i] for i in sorted(found.taint.smooth))
    return [
        Crossing(found.operation, found.site, inputs, effect) for effect in sorted(found.effects)
    ]


_TEXTS = {
    ReuseKind.REUSE: (
        "key used by {first} is used again by {second} ({key}): both see the same random numbers."
        " Split the key and use each part once."
    ),
    ReuseKind.LOOP: (
        "{first} uses the same key on every iteration ({key}): the numbers repeat."
        " Split or fold_in inside the loop, or scan over split keys."
    ),
    ReuseKind.COLLISION: (
        "{first} and {second} use the same key, derived in two ways ({key})."
        " Take all keys from one split, or fold_in distinct data only."
    ),
    ReuseKind.LANES: (
        "{first} gives every lane of a vmapped function the same key ({key}): all lanes draw the"
        " same numbers. Split one key per lane."
    ),
}
