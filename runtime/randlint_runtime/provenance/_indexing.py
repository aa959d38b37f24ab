"""Primitives that move elements of several operands, or to places known at run time only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from randlint_runtime._jax import Params, default_impl
from randlint_runtime.provenance._lineage import Ids, is_word
from randlint_runtime.provenance._values import LARGEST_CONSTANT, Value, joined
from randlint_runtime.provenance._walk import Walk, is_key

if TYPE_CHECKING:
    from randlint_runtime.provenance._walk import Context


def _concatenate(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    """`concatenate` and `stack`."""
    out = eqn.outvars[0].aval
    stacking = eqn.primitive.name == "stack"
    axis = Params(eqn)["axis"] if stacking else Params(eqn)["dimension"]
    join = np.stack if stacking else np.concatenate
    constants = [a.constant for a in args]
    constant = None
    if all(c is not None for c in constants) and np.prod(out.shape) <= LARGEST_CONSTANT:
        constant = join([c for c in constants if c is not None], axis)

    def ids() -> Ids:
        return join([a.ids for a in args], axis)

    if is_key(out) or _is_raw(out, args):
        _note_stacked(walk, out, args)
    return [
        walk.value(
            walk.tag(eqn, args, 0),
            out,
            constant=constant,
            taint=joined(a.taint for a in args),
            make_ids=ids,
        )
    ]


def _note_stacked(walk: Walk, out: Any, args: list[Value]) -> None:
    """Remember keys that are put twice into one array: using the array uses them twice."""
    seen: set[int] = set()
    for arg in args:
        ids = arg.ids
        if not is_key(out):
            if not is_word(ids).all():
                continue
            ids = walk.lineage.wrap(ids, default_impl())
        mine = set(np.unique(ids).tolist())
        walk.record.stacked |= seen & mine
        seen |= mine


def _select(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value] | None:
    which, *cases = args
    out = eqn.outvars[0].aval
    taint = joined(c.taint for c in cases) | which.taint.steering()
    if which.taint.crossings:
        slopes = any(c.taint.smooth for c in cases)
        walk.record.crossings_used(which.taint.crossings, "branch" if slopes else "zero")
    if which.constant is not None and all(c.constant is not None for c in cases):
        return None  # plain arithmetic on constants

    def ids() -> Ids:
        chosen = np.broadcast_to(which.ids, out.shape).ravel().tolist()
        options = [np.broadcast_to(c.ids, out.shape).ravel().tolist() for c in cases]
        if which.constant is not None:
            taken = np.broadcast_to(which.constant, out.shape).astype(int).ravel().tolist()
            picked = [options[t][i] for i, t in enumerate(taken)]
        else:
            picked = [
                walk.lineage.choose(((test, b), option[i]) for b, option in enumerate(options))
                for i, test in enumerate(chosen)
            ]
        return np.asarray(picked, dtype=np.int64).reshape(out.shape)

    return [walk.value(walk.tag(eqn, args, 0), out, taint=taint, make_ids=ids)]


def _dynamic_slice(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    x, *starts = args
    sizes, out = tuple(Params(eqn)["slice_sizes"]), eqn.outvars[0].aval
    taint = x.taint | joined(s.taint for s in starts).steering()
    tag = walk.tag(eqn, args, 0)
    known = [s.constant for s in starts]
    if all(k is not None for k in known):
        wanted = tuple(int(k) for k in known if k is not None)
        _check_range(walk, eqn, x, wanted, sizes, ctx)
        start = [
            min(max(w, 0), have - size)  # jax clamps
            for w, have, size in zip(wanted, x.shape, sizes, strict=True)
        ]
        cut = tuple(slice(s, s + size) for s, size in zip(start, sizes, strict=True))
        constant = None if x.constant is None else x.constant[cut]
        return [walk.value(tag, out, constant=constant, taint=taint, make_ids=lambda: x.ids[cut])]
    index = tuple(s.number for s in starts)
    return [
        walk.value(tag, out, taint=taint, make_ids=lambda: _picked(walk, x, out, lambda _: index))
    ]


def _check_range(
    walk: Walk, eqn: Any, x: Value, start: tuple[int, ...], sizes: tuple[int, ...], ctx: Context
) -> None:
    outside = any(
        s < 0 or s + size > have for s, size, have in zip(start, sizes, x.shape, strict=True)
    )
    if outside and _holds_keys(eqn.invars[0].aval, x):
        walk.record.index(walk.site(eqn, ctx), start, x.shape)


def _picked(walk: Walk, x: Value, out: Any, index_of: Any) -> Ids:
    """Identities of elements at unknown places: keys are picked whole, words follow their key."""
    if is_key(out):
        size = int(np.prod(out.shape))
        keys = [walk.lineage.pick(x.ids, index_of(i), i) for i in range(size)]
        return np.asarray(keys, dtype=np.int64).reshape(out.shape)
    if out.shape and x.shape and out.shape[-1] == x.shape[-1] and _holds_keys(out, x):
        candidates = walk.lineage.wrap(x.ids, default_impl())
        size = int(np.prod(out.shape[:-1]))
        keys = [walk.lineage.pick(candidates, index_of(i), i) for i in range(size)]
        whole = np.asarray(keys, dtype=np.int64).reshape(out.shape[:-1])
        return walk.lineage.unwrap(whole, out.shape[-1])
    number = walk.number(("picked", x.number, index_of(0)))
    return walk.lineage.atoms(number, int(np.prod(out.shape))).reshape(out.shape)


def _gather(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value] | None:
    x, indices = args
    out = eqn.outvars[0].aval
    taint = x.taint | indices.taint.steering()
    if indices.taint.crossings:
        walk.record.crossings_used(indices.taint.crossings, "zero")
    tag = walk.tag(eqn, args, 0)
    if indices.constant is not None:
        _check_gather(walk, eqn, x, indices.constant, ctx)

        def moved() -> Ids:
            return _by_position(eqn, x, indices.constant)

        constant = None
        if x.constant is not None and np.prod(out.shape) <= LARGEST_CONSTANT:
            constant = _take(eqn, x.constant, indices.constant)
        return [walk.value(tag, out, constant=constant, taint=taint, make_ids=moved)]
    rows = int(np.prod(indices.shape[:-1])) if indices.shape else 1
    slices = tuple(Params(eqn)["slice_sizes"])
    words = 1 if is_key(out) or not slices else slices[-1]

    def picked() -> Ids:
        places = indices.ids.reshape(rows, -1)
        each = max(int(np.prod(out.shape)) // max(rows * words, 1), 1)
        return _picked(walk, x, out, lambda i: tuple(places[min(i // each, rows - 1)].tolist()))

    return [walk.value(tag, out, taint=taint, make_ids=picked)]


def _check_gather(walk: Walk, eqn: Any, x: Value, indices: Any, ctx: Context) -> None:
    if not _holds_keys(eqn.invars[0].aval, x):
        return
    numbers = Params(eqn)["dimension_numbers"]
    for column, dim in enumerate(numbers.start_index_map):
        last = x.shape[dim] - Params(eqn)["slice_sizes"][dim]
        bad = [int(i) for i in np.ravel(indices[..., column]) if i < 0 or i > last]
        if bad:
            walk.record.index(walk.site(eqn, ctx), (bad[0],), x.shape)


def _by_position(eqn: Any, x: Value, indices: Any) -> Ids:
    positions = np.arange(int(np.prod(x.shape)), dtype=np.int32).reshape(x.shape)
    taken = _take(eqn, positions, indices)
    ids: Ids = x.ids.ravel()[taken]
    return ids


def _take(eqn: Any, operand: Any, indices: Any) -> Any:
    p = Params(eqn)
    with jax.ensure_compile_time_eval():
        return np.asarray(
            jax.lax.gather(operand, indices, p["dimension_numbers"], p["slice_sizes"], mode="clip")
        )


def _update(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    """`dynamic_update_slice`: new elements replace old ones, by number if nobody knows where."""
    taint = joined(a.taint for a in args)
    out, tag = eqn.outvars[0].aval, walk.tag(eqn, args, 0)
    x, update, *starts = args
    if any(s.constant is None for s in starts):
        return [walk.value(tag, out, taint=taint, make_ids=lambda: _scattered(walk, args, out))]
    cut = tuple(
        slice(s := min(max(int(start.constant), 0), have - size), s + size)  # type: ignore[arg-type]
        for start, have, size in zip(starts, x.shape, update.shape, strict=True)
    )

    def ids() -> Ids:
        new = x.ids.copy()
        new[cut] = update.ids
        return new

    return [walk.value(tag, out, taint=taint, make_ids=ids)]


def _scatter(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    """`x.at[i].set(y)`: likewise."""
    x, indices, update = args
    taint = joined(a.taint for a in args)
    out, tag = eqn.outvars[0].aval, walk.tag(eqn, args, 0)
    known = indices.constant
    if known is None:
        return [walk.value(tag, out, taint=taint, make_ids=lambda: _scattered(walk, args, out))]

    def ids() -> Ids:
        both = np.concatenate([x.ids.ravel(), update.ids.ravel()])
        old = np.arange(x.ids.size, dtype=np.int32).reshape(x.shape)
        new = np.arange(x.ids.size, both.size, dtype=np.int32).reshape(update.shape)
        with jax.ensure_compile_time_eval():
            numbers, mode = Params(eqn)["dimension_numbers"], Params(eqn)["mode"]
            placed = np.asarray(jax.lax.scatter(old, known, new, numbers, mode=mode))
        moved: Ids = both[placed]
        return moved

    return [walk.value(tag, out, taint=taint, make_ids=ids)]


def _scattered(walk: Walk, args: list[Value], out: Any) -> Ids:
    number = walk.number(("scattered", *(a.number for a in args)))
    return walk.lineage.atoms(number, int(np.prod(out.shape))).reshape(out.shape)


def _parts(walk: Walk, eqn: Any, args: list[Value], _: Context) -> list[Value]:
    """`unstack` and `split`: one array in, its parts out."""
    (x,), axis = args, Params(eqn)["axis"]
    if eqn.primitive.name == "unstack":
        cuts: list[Any] = list(range(x.shape[axis]))
    else:
        ends = np.cumsum(Params(eqn)["sizes"]).tolist()
        cuts = [slice(a, b) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
    before = (slice(None),) * axis
    return [
        walk.value(
            walk.tag(eqn, args, i),
            variable.aval,
            constant=None if x.constant is None else np.asarray(x.constant[(*before, cut)]),
            taint=x.taint,
            make_ids=_cut(x, (*before, cut)),
        )
        for i, (cut, variable) in enumerate(zip(cuts, eqn.outvars, strict=True))
    ]


def _cut(x: Value, where: Any) -> Any:
    return lambda: x.ids[where]


def _forward_all(walk: Walk, eqn: Any, args: list[Value], _: Context) -> list[Value]:
    return list(args)


def _convert(walk: Walk, eqn: Any, args: list[Value], _: Context) -> list[Value] | None:
    same = eqn.invars[0].aval.dtype == eqn.outvars[0].aval.dtype
    return list(args) if same else None


def _iota(walk: Walk, eqn: Any, args: list[Value], _: Context) -> list[Value] | None:
    out = eqn.outvars[0].aval
    if args or np.prod(out.shape) > LARGEST_CONSTANT:
        return None
    dim = Params(eqn)["dimension"]
    shape = [1] * len(out.shape)
    shape[dim] = out.shape[dim]
    line = np.arange(out.shape[dim]).reshape(shape)
    constant = np.broadcast_to(line, out.shape).astype(out.dtype)
    return [walk.value(walk.tag(eqn, args, 0), out, constant=constant)]


def _holds_keys(aval: Any, x: Value) -> bool:
    """Whether an array holds keys, typed or as raw words."""
    if is_key(aval):
        return True
    return str(getattr(aval, "dtype", "")) == "uint32" and bool(is_word(x.ids).all())


def _is_raw(aval: Any, args: list[Value]) -> bool:
    if str(getattr(aval, "dtype", "")) != "uint32" or not aval.shape or aval.shape[-1] > 4:
        return False
    return all(bool(is_word(a.ids).any()) for a in args)


Walk.handlers.update(
    {
        "concatenate": _concatenate,
        "stack": _concatenate,
        "unstack": _parts,
        "split": _parts,
        "select_n": _select,
        "dynamic_slice": _dynamic_slice,
        "gather": _gather,
        "dynamic_update_slice": _update,
        "scatter": _scatter,
        "device_put": _forward_all,
        "optimization_barrier": _forward_all,
        "convert_element_type": _convert,
        "iota": _iota,
    }
)
