"""The primitives that make, derive, use, wrap or clone keys, and the samplers' announcements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from randlint_runtime import _private_jax
from randlint_runtime._lineage import Derivation, Ids
from randlint_runtime._record import FoundDraw
from randlint_runtime._values import CLEAN, Taint, Value, joined
from randlint_runtime._walk import Region, Walk, impl_of, is_key, vmaps_of

if TYPE_CHECKING:
    from randlint_runtime._walk import Context

_MOST = 1 << 16  # seeds or folds that are followed one by one
# Generators of which split(key, n)[i] is fold_in(key, i), if threefry is partitionable.
_CHILDREN_BY_INDEX = ("threefry2x32", "rbg")


def _seed(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    (seeds,), out = args, eqn.outvars[0].aval
    impl = impl_of(out)
    site = walk.site(eqn, ctx)

    def ids() -> Ids:
        if seeds.constant is not None and seeds.constant.size <= _MOST:
            keys = [_key_of_seed(walk, int(s), impl) for s in seeds.constant.ravel()]
        else:
            keys = [
                walk.lineage.cons(("seed", impl, s), "key of a seed") for s in seeds.ids.ravel()
            ]
        return np.asarray(keys, dtype=np.int64).reshape(out.shape)

    value = walk.value(walk.tag(eqn, args, 0), out, make_ids=ids)
    if not ctx.muted and np.prod(out.shape, dtype=int) <= _MOST:
        for key in value.ids.ravel().tolist():
            walk.lineage.record_made(key, Derivation("seed", "equal seeds", site, None, id(eqn)))
    return [value]


def _key_of_seed(walk: Walk, seed: int, impl: str) -> int:
    try:
        data = np.asarray(jax.random.key_data(jax.random.key(seed, impl=impl)))
    except (ValueError, OverflowError):
        return walk.lineage.cons(("seed", impl, "literal", seed), f"key of seed {seed}")
    key = walk.lineage.key_of_words(impl, tuple(int(w) for w in data.ravel()))
    walk.lineage.rename(key, f"key of seed {seed}")
    return key


def _wrap(walk: Walk, eqn: Any, args: list[Value], _: Context) -> list[Value]:
    (data,), out = args, eqn.outvars[0].aval
    impl = impl_of(out)
    return [
        walk.value(
            walk.tag(eqn, args, 0), out, make_ids=lambda: walk.lineage.wrap(data.ids, impl)
        )
    ]


def _unwrap(walk: Walk, eqn: Any, args: list[Value], _: Context) -> list[Value]:
    (keys,), out = args, eqn.outvars[0].aval
    words = out.shape[-1]
    return [
        walk.value(
            walk.tag(eqn, args, 0), out, make_ids=lambda: walk.lineage.unwrap(keys.ids, words)
        )
    ]


def _split(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    (keys,), out = args, eqn.outvars[0].aval
    shape = tuple(eqn.params["shape"])
    count = int(np.prod(shape))
    walk.consume(eqn, keys.ids, ctx, what="split")
    by_index = _children_by_index(impl_of(out))
    if by_index and not ctx.muted and keys.ids.size <= _MOST:
        derivation = Derivation(
            "split", f"n={count}", walk.site(eqn, ctx), range(count), id(eqn)
        )
        for key in keys.ids.ravel().tolist():
            walk.lineage.record_child(key, derivation)

    def ids() -> Ids:
        rows = [
            walk.lineage.child_range(key, 0, count)
            if by_index
            else walk.lineage.child_range(
                walk.lineage.cons(("split", key, shape), "keys of a split"), 0, count
            )
            for key in keys.ids.ravel().tolist()
        ]
        return np.reshape(np.asarray(rows, dtype=np.int64), out.shape)

    return [walk.value(walk.tag(eqn, args, 0), out, make_ids=ids)]


def _children_by_index(impl: str) -> bool:
    return impl in _CHILDREN_BY_INDEX and _private_jax.partitionable_threefry()


def _fold_in(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    keys, data = args
    out = eqn.outvars[0].aval
    value = walk.value(
        walk.tag(eqn, args, 0), out, make_ids=lambda: _folded(walk, eqn, keys, data, ctx)
    )
    _ = value.ids  # derivations are part of the history even if the child is never used
    return [value]


def _folded(walk: Walk, eqn: Any, keys: Value, data: Value, ctx: Context) -> Ids:
    out = eqn.outvars[0].aval
    by_index = _children_by_index(impl_of(out))
    site = walk.site(eqn, ctx)
    parents = np.broadcast_to(keys.ids, out.shape).ravel().tolist()
    source = data.constant if data.constant is not None else data.ids
    folds = np.broadcast_to(source, out.shape).ravel().tolist()
    children = []
    for parent, fold in zip(parents, folds, strict=True):
        if data.constant is not None and by_index:
            index = int(fold) & 0xFFFFFFFF
            child = walk.lineage.child(parent, index)
            made = Derivation(
                "fold_in", f"data={index}", site, range(index, index + 1), id(eqn)
            )
        elif data.constant is not None:
            child = walk.lineage.folded(parent, -1 - int(fold))
            made = Derivation("fold_in", f"data={int(fold)}", site, None, id(eqn))
            walk.lineage.record_made(child, made)
        else:
            child = walk.lineage.folded(parent, int(fold))
            made = Derivation("fold_in", "data known at run time only", site, None, id(eqn))
            walk.lineage.record_made(child, made)
            if by_index:
                walk.record.symbolic_children.setdefault(parent, []).append(child)
        if not ctx.muted:
            walk.lineage.record_child(parent, made)
        children.append(child)
    return np.asarray(children, dtype=np.int64).reshape(out.shape)


def _draw(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    """`random_bits` and `random_gamma`: the key is used up, the result depends on the draw."""
    number = walk.consume(eqn, args[0].ids, ctx)
    drawn = frozenset() if number is None else frozenset({number})
    passed = joined(a.taint for a in args[1:])
    taint = Taint(passed.smooth, passed.flat, passed.draws | drawn, passed.crossings)
    return [
        walk.value(walk.tag(eqn, args, i), v.aval, taint=taint) for i, v in enumerate(eqn.outvars)
    ]


def _clone(walk: Walk, eqn: Any, args: list[Value], _: Context) -> list[Value]:
    """A clone is a key of its own: the author wants the same numbers again."""
    (keys,), out = args, eqn.outvars[0].aval
    fresh = walk.lineage.fresh(int(np.prod(out.shape)), "clone of a key")
    ids = fresh.reshape(out.shape)
    if not is_key(out) and out.shape and out.shape[-1] <= 4:
        count = int(np.prod(out.shape[:-1]))
        whole = walk.lineage.fresh(count, "clone of a key").reshape(out.shape[:-1])
        ids = walk.lineage.unwrap(whole, out.shape[-1])
    return [walk.value(("clone", int(fresh.flat[0])), out, taint=keys.taint, make_ids=lambda: ids)]


def _compare(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value] | None:
    """Looking at keys does not use them up."""
    if not is_key(eqn.invars[0].aval):
        return None
    return [walk.value(walk.tag(eqn, args, 0), eqn.outvars[0].aval, taint=CLEAN)]


def _observe(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    said = eqn.params["announcement"]
    if ctx.region is None:
        keys = args[0].ids  # keys that the sampler is given are older than those it makes
        vmaps = ctx.vmaps + vmaps_of(eqn)
        walk.open = Region(said.sampler, said.site, walk.lineage.watermark(), keys, vmaps)
    if said.parameters and not ctx.muted:
        taints = tuple(
            (name, value.taint) for name, value in zip(said.parameters, args[1:], strict=True)
        )
        walk.record.draw(FoundDraw(said.sampler, said.site, taints, said.reference))
    return []


Walk.handlers.update(
    {
        "random_seed": _seed,
        "random_wrap": _wrap,
        "random_unwrap": _unwrap,
        "random_split": _split,
        "random_fold_in": _fold_in,
        "random_bits": _draw,
        "random_gamma": _draw,
        "random_clone": _clone,
        "eq": _compare,
        "ne": _compare,
        "randlint_observe": _observe,
    }
)
