"""The primitives that make, derive, use, wrap or clone keys, and the samplers' announcements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from randlint_runtime import _jax
from randlint_runtime._jax import Params, default_impl, impl_of, vmaps_of
from randlint_runtime._observing import observe as _observe
from randlint_runtime._unpatched_jax import jax_random
from randlint_runtime.provenance._lineage import Derivation, Ids
from randlint_runtime.provenance._record import FoundDraw
from randlint_runtime.provenance._values import CLEAN, Taint, Value, joined
from randlint_runtime.provenance._walk import Region, Walk, is_key

if TYPE_CHECKING:
    from randlint_runtime.provenance._walk import Context

_MOST = 1 << 16  # seeds or folds that are followed one by one
# Generators of which split(key, n)[i] is fold_in(key, i), if threefry is partitionable.
_CHILDREN_BY_INDEX = ("threefry2x32", "rbg")


def _seed(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    (seeds,), out = args, eqn.outvars[0].aval
    ids = seed_ids(walk, eqn, seeds, impl_of(out), ctx)
    return [walk.value(walk.tag(eqn, args, 0), out, make_ids=lambda: ids)]


def seed_ids(walk: Walk, eqn: Any, seeds: Value, impl: str, ctx: Context) -> Ids:
    """The keys of seeds, of the seeds' shape."""
    if seeds.constant is not None:
        keys = [_key_of_seed(walk, int(s), impl) for s in seeds.constant.ravel()]
    else:
        keys = [walk.lineage.cons(("seed", impl, s), "key of a seed") for s in seeds.ids.ravel()]
    if not ctx.muted and len(keys) <= _MOST:
        made = Derivation("seed", "equal seeds", walk.site(eqn, ctx), None, id(eqn))
        for key in keys:
            walk.lineage.record_made(key, made)
    return np.asarray(keys, dtype=np.int64).reshape(seeds.shape)


def _key_of_seed(walk: Walk, seed: int, impl: str) -> int:
    try:
        data = np.asarray(jax_random.key_data(jax_random.key(seed, impl=impl)))
    except (ValueError, OverflowError):
        return walk.lineage.cons(("seed", impl, "literal", seed), f"key of seed {seed}")
    key = walk.lineage.key_of_words(impl, tuple(int(w) for w in data.ravel()))
    walk.lineage.rename(key, f"key of seed {seed}")
    return key


def _wrap(walk: Walk, eqn: Any, args: list[Value], _: Context) -> list[Value]:
    (data,), out = args, eqn.outvars[0].aval
    impl = impl_of(out)
    return [
        walk.value(walk.tag(eqn, args, 0), out, make_ids=lambda: walk.lineage.wrap(data.ids, impl))
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
    walk.consume(eqn, keys.ids, ctx, what="split")
    ids = split_ids(walk, eqn, keys.ids, tuple(Params(eqn)["shape"]), impl_of(out), ctx)
    return [walk.value(walk.tag(eqn, args, 0), out, make_ids=lambda: ids)]


def split_ids(
    walk: Walk, eqn: Any, keys: Ids, shape: tuple[int, ...], impl: str, ctx: Context
) -> Ids:
    """The children of keys: shape ``keys.shape + shape``."""
    count = int(np.prod(shape))
    by_index = _children_by_index(impl)
    if by_index and not ctx.muted and keys.size <= _MOST:
        derivation = Derivation("split", f"n={count}", walk.site(eqn, ctx), range(count), id(eqn))
        for key in keys.ravel().tolist():
            walk.lineage.record_child(key, derivation)
    rows = [
        walk.lineage.child_range(key, 0, count)
        if by_index
        else walk.lineage.child_range(
            walk.lineage.cons(("split", key, shape), "keys of a split"), 0, count
        )
        for key in keys.ravel().tolist()
    ]
    return np.reshape(np.asarray(rows, dtype=np.int64), (*keys.shape, *shape))


def _children_by_index(impl: str) -> bool:
    return impl in _CHILDREN_BY_INDEX and _jax.partitionable_threefry()


def _fold_in(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    keys, data = args
    out = eqn.outvars[0].aval
    # At once: derivations are part of the history even if the child is never used.
    ids = fold_ids(walk, eqn, keys.ids, data, impl_of(out), ctx)
    return [walk.value(walk.tag(eqn, args, 0), out, make_ids=lambda: ids.reshape(out.shape))]


def fold_ids(walk: Walk, eqn: Any, keys: Ids, data: Value, impl: str, ctx: Context) -> Ids:
    """The keys made by ``fold_in(keys, data)``, broadcast together."""
    by_index = _children_by_index(impl)
    site = walk.site(eqn, ctx)
    source = data.constant if data.constant is not None else data.ids
    shape = np.broadcast_shapes(keys.shape, source.shape)
    parents = np.broadcast_to(keys, shape).ravel().tolist()
    folds = np.broadcast_to(source, shape).ravel().tolist()
    children = []
    for parent, fold in zip(parents, folds, strict=True):
        if data.constant is not None and by_index:
            index = int(fold) & 0xFFFFFFFF
            child = walk.lineage.child(parent, index)
            covers = range(index, index + 1)
            made = Derivation("fold_in", f"data={index}", site, covers, id(eqn))
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
    return np.asarray(children, dtype=np.int64).reshape(shape)


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


def _announced(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    said = Params(eqn)["announcement"]
    if said.purpose != _observe.PROVENANCE:
        return []
    if ctx.region is None:
        keys = args[0].ids  # keys that the sampler is given are older than those it makes
        if not is_key(eqn.invars[0].aval):
            keys = walk.lineage.wrap(keys, default_impl())
        vmaps = ctx.vmaps + vmaps_of(eqn)
        mark = walk.lineage.watermark()
        walk.open = Region(said.sampler, said.site, mark, keys, vmaps, said.reference, said.under)
        if said.reference:
            walk.consume(eqn, keys, walk.open.context(ctx))
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
        "randlint_observe": _announced,
    }
)
