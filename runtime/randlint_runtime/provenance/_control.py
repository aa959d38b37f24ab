"""Primitives that call other jaxprs: jit and its kin, scan, while, cond, derivatives, remat."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from randlint_runtime._jax import (
    Params,
    called,
    default_impl,
    func_source,
    opened,
    scan_sizes,
    vmaps_of,
)
from randlint_runtime._source import THREEFRY_FILE, function_of, is_random_function
from randlint_runtime.provenance._key_primitives import fold_ids, seed_ids, split_ids
from randlint_runtime.provenance._lineage import Ids, is_word
from randlint_runtime.provenance._values import Taint, Value, joined
from randlint_runtime.provenance._walk import Region, Walk, is_key

if TYPE_CHECKING:
    from randlint_runtime.provenance._walk import Context

_MOST_PASSES = 8
_SEEDS = ("seed", "typed_seed")
_instances = count(1)


def _call(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value] | None:
    """A primitive with one jaxpr that is called once, with the equation's operands."""
    inner = _onlyopened(eqn)
    if inner is None:
        return None
    known = _of_threefry(walk, eqn, inner, args, ctx)
    if known is not None:
        return [known]
    ctx = _entered(walk, eqn, inner, args, ctx)
    params = Params(eqn)
    if params.get("differentiated") and "policy" in params:
        ctx = replace(ctx, muted=True)  # the recomputation of jax.checkpoint
    outputs = walk.closed(inner, args[-len(opened(inner).invars) :] if args else [], ctx)
    if ctx.region is None or not ctx.region.use:
        return outputs
    drawn = Taint(draws=frozenset({ctx.region.use[0].index}))
    return [value.with_taint(value.taint | drawn) for value in outputs]


def _of_threefry(walk: Walk, eqn: Any, inner: Any, args: list[Value], ctx: Context) -> Value | None:
    """`seed`, `split` and `fold_in` of this package's own generator, which no primitive names.

    And `opaque`, which gives the key that it is given.
    """
    operation = function_of(THREEFRY_FILE, func_source(inner))
    if operation == "opaque":
        return args[0]
    if operation not in (*_SEEDS, "split", "fold_in") or len(eqn.outvars) != 1:
        return None
    out = eqn.outvars[0].aval
    impl = default_impl()
    shape = out.shape if is_key(out) else out.shape[:-1]
    if operation in _SEEDS:
        keys = seed_ids(walk, eqn, args[0], impl, ctx)
    else:
        first = eqn.invars[0].aval
        given = args[0].ids if is_key(first) else walk.lineage.wrap(args[0].ids, impl)
        if operation == "split":
            keys = split_ids(walk, eqn, given, shape[given.ndim :], impl, ctx)
        else:
            keys = fold_ids(walk, eqn, given, args[1], impl, ctx)
    if keys.shape != shape:
        return None
    ids = keys if is_key(out) else walk.lineage.unwrap(keys, out.shape[-1])
    return walk.value(walk.tag(eqn, args, 0), out, make_ids=lambda: ids)


def _custom(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value] | None:
    """custom_jvp, custom_vjp: keys as in the body; the derivative is the author's own."""
    inner = _onlyopened(eqn)
    if inner is None:
        return None
    own = _entered(walk, eqn, inner, args, ctx)
    outputs = walk.closed(inner, args, replace(own, custom=True))
    if own.region is not None:
        return outputs
    return [_smoothed(value) for value in outputs]


def _smoothed(value: Value) -> Value:
    taint = value.taint
    return value.with_taint(
        Taint(taint.smooth | taint.flat, frozenset(), taint.draws, taint.crossings)
    )


def _onlyopened(eqn: Any) -> Any | None:
    inner = called(eqn)
    if inner is None or len(opened(inner).invars) > len(eqn.invars):
        return None
    return inner


def _entered(walk: Walk, eqn: Any, inner: Any, args: list[Value], ctx: Context) -> Context:
    """The context inside: under a sampler's own function everything is one use of its key."""
    ctx = replace(ctx, vmaps=ctx.vmaps + vmaps_of(eqn))
    if ctx.region is not None or not is_random_function(func_source(inner)):
        return ctx
    given = [_settle(walk, a.aval, v) for a, v in zip(eqn.invars, args, strict=True)]
    keys = next((ids for ids in given if ids is not None), np.zeros((), np.int64))
    name = walk.sampler(eqn, ctx) or str(Params(eqn).get("name", eqn.primitive.name)).lstrip("_")
    region = Region(name, walk.site(eqn, ctx), walk.lineage.watermark(), keys, ctx.vmaps)
    return replace(ctx, region=region)


def _settle(walk: Walk, aval: Any, value: Value) -> Ids | None:
    """Identify the keys that a sampler is given before those that it makes."""
    if is_key(aval):
        return value.ids
    if _may_be_key(aval) and value.shape and value.shape[-1] <= 4 and value.ids.size <= 1 << 16:
        return walk.lineage.wrap(value.ids, default_impl())
    return None


# -- cond ------------------------------------------------------------------------------------------


def _cond(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    index, *operands = args
    test = int(index.ids.ravel()[0]) if index.shape == () else index.number
    results = []
    for branch, jaxpr in enumerate(Params(eqn)["branches"]):
        inside = _entered(walk, eqn, jaxpr, args, ctx)
        inside = replace(inside, conditions=inside.conditions | {(test, branch)})
        results.append(walk.closed(jaxpr, operands, inside))
    if index.taint.crossings:
        slopes = any(v.taint.smooth for row in results for v in row)
        walk.record.crossings_used(index.taint.crossings, "branch" if slopes else "zero")
    steering = index.taint.steering()
    return [
        _either(walk, test, [row[i] for row in results], variable.aval, steering)
        for i, variable in enumerate(eqn.outvars)
    ]


def _either(walk: Walk, test: int, options: list[Value], aval: Any, steering: Taint) -> Value:
    taint = joined(o.taint for o in options) | steering
    if len({o.number for o in options}) == 1:
        return options[0].with_taint(taint)

    def ids() -> Ids:
        rows = [o.ids.ravel().tolist() for o in options]
        chosen = [
            walk.lineage.choose(((test, b), row[i]) for b, row in enumerate(rows))
            for i in range(len(rows[0]))
        ]
        return np.asarray(chosen, dtype=np.int64).reshape(options[0].shape)

    tag = ("cond", test, tuple(o.number for o in options))
    return walk.value(tag, aval, taint=taint, make_ids=ids)


# -- scan ------------------------------------------------------------------------------------------


def _scan(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    p = Params(eqn)
    jaxpr, length = p["jaxpr"], int(p["length"])
    constants, carried = scan_sizes(p)
    split = constants, constants + carried
    consts, carry, rows = args[: split[0]], args[split[0] : split[1]], args[split[1] :]
    inner = _in_loop(_entered(walk, eqn, jaxpr, args, ctx))
    avals = [v.aval for v in opened(jaxpr).invars[split[1] :]]
    stacked: list[list[Value]] = []
    passes = min(length, _passes(ctx, carry, opened(jaxpr).invars[split[0] : split[1]]))
    done, uses_before = 0, len(walk.record.uses)
    while done < passes:
        step = length - 1 - done if p["reverse"] else done
        xs = [_row(walk, x, step, aval) for x, aval in zip(rows, avals, strict=True)]
        out = walk.closed(jaxpr, [*consts, *carry, *xs], inner)
        new, ys = out[:carried], out[carried:]
        grew = any(n.taint | o.taint != o.taint for n, o in zip(new, carry, strict=True))
        carry = [n.with_taint(n.taint | o.taint) for n, o in zip(new, carry, strict=True)]
        stacked.append(ys)
        done += 1
        if grew and done == passes and passes < min(length, _MOST_PASSES):
            passes += 1
    if not ctx.muted:
        remaining = _Remaining(done, length, uses_before, reverse=bool(p["reverse"]))
        _use_remaining_rows(walk, rows, avals, remaining)
    final = _after_loop(walk, eqn, args[split[0] : split[1]], carry, exact=done == length)
    outputs = [v.aval for v in eqn.outvars[carried:]]
    ys = [
        _stack(walk, eqn, [row[i] for row in stacked], i, aval, reverse=bool(p["reverse"]))
        for i, aval in enumerate(outputs)
    ]
    return [*final, *ys]


def _passes(ctx: Context, carry: list[Value], variables: Any) -> int:
    """Twice shows what repeats; more, if keys may change places in the carry."""
    if ctx.region is not None:
        return 2
    keys = sum(
        is_key(v.aval) or (str(getattr(v.aval, "dtype", "")) == "uint32" and bool(value.shape))
        for v, value in zip(variables, carry, strict=True)
    )
    return min(2 + max(keys - 1, 0), 5)


def _in_loop(ctx: Context) -> Context:
    return replace(ctx, loops=(*ctx.loops, next(_instances)))


def _row(walk: Walk, x: Value, step: int, aval: Any) -> Value:
    constant = None if x.constant is None else np.asarray(x.constant[step])
    return walk.value(
        ("row", x.number, step),
        aval,
        constant=constant,
        taint=x.taint,
        make_ids=lambda: x.ids[step],
    )


@dataclass(frozen=True, slots=True)
class _Remaining:
    """Rows of a scan that were not walked through: all from `done` on."""

    done: int
    length: int
    uses_before: int  # the scan's own uses have this index or a later one
    reverse: bool


def _use_remaining_rows(
    walk: Walk, rows: list[Value], avals: list[Any], remaining: _Remaining
) -> None:
    """What the scan did to the keys of its first rows, it does to those of all rows."""
    done, length = remaining.done, remaining.length
    if done == 0 or done >= length:
        return
    for x, aval in zip(rows, avals, strict=True):
        keys = _keys_of(walk, x, aval)
        if keys is None:
            continue
        if remaining.reverse:
            keys = np.flip(keys, 0)
        table = keys.reshape(length, -1)
        for column in range(table.shape[1]):
            for use, conditions in list(walk.record.used(int(table[done - 1, column]))):
                if use.index >= remaining.uses_before:
                    walk.record.consume(use, table[done:, column], conditions)


def _keys_of(walk: Walk, x: Value, aval: Any) -> Ids | None:
    if is_key(aval):
        return x.ids
    if str(getattr(aval, "dtype", "")) == "uint32" and aval.shape and is_word(x.ids).all():
        return walk.lineage.wrap(x.ids, default_impl())
    return None


def _after_loop(
    walk: Walk, eqn: Any, before: list[Value], last: list[Value], *, exact: bool
) -> list[Value]:
    """Carries that change are known by their last pass's identities and a number of their own."""
    instance = next(_instances)
    outputs = []
    for i, (old, new, variable) in enumerate(zip(before, last, eqn.outvars, strict=False)):
        if exact or new.number == old.number:
            outputs.append(new)
            continue
        outputs.append(
            walk.value(
                ("after", instance, i),
                variable.aval,
                taint=new.taint,
                make_ids=_ids_of(new) if _may_be_key(variable.aval) else None,
            )
        )
    return outputs


def _ids_of(value: Value) -> Any:
    return lambda: value.ids


def _may_be_key(aval: Any) -> bool:
    return is_key(aval) or str(getattr(aval, "dtype", "")) == "uint32"


def _stack(
    walk: Walk, eqn: Any, rows: list[Value], index: int, aval: Any, *, reverse: bool
) -> Value:
    taint = joined(r.taint for r in rows)
    instance = next(_instances)
    length = aval.shape[0]

    def ids() -> Ids:
        known = [r.ids for r in rows]
        missing = length - len(known)
        if missing > 0:
            shape = (missing, *aval.shape[1:])
            known.append(_fresh(walk, aval, shape, known[-1] if known else None))
        parts = [k if n == len(rows) else k[None] for n, k in enumerate(known)]
        out = np.concatenate(parts, axis=0) if parts else np.zeros(aval.shape, np.int64)
        return np.flip(out, 0) if reverse else out

    if all(r.number == rows[0].number for r in rows) and rows and is_key(aval):
        # The same key in every row: the array holds copies of one key.
        return walk.value(
            ("stacked", instance, index),
            aval,
            taint=taint,
            make_ids=lambda: np.broadcast_to(rows[0].ids, aval.shape),
        )
    return walk.value(("stacked", instance, index), aval, taint=taint, make_ids=ids)


def _fresh(walk: Walk, aval: Any, shape: tuple[int, ...], like: Ids | None) -> Ids:
    text = "key returned by a loop"
    if not is_key(aval) and like is not None and like.ndim and is_word(like).all():
        whole = walk.lineage.fresh(int(np.prod(shape[:-1])), text).reshape(shape[:-1])
        return walk.lineage.unwrap(whole, shape[-1])
    return walk.lineage.fresh(int(np.prod(shape)), text).reshape(shape)


# -- while -----------------------------------------------------------------------------------------


def _while(walk: Walk, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
    p = Params(eqn)
    tests, body = p["cond_nconsts"], p["cond_nconsts"] + p["body_nconsts"]
    cond_consts, body_consts, start = args[:tests], args[tests:body], args[body:]
    around = _entered(walk, eqn, p["body_jaxpr"], args, ctx)
    if around.region is None:
        around = _entered(walk, eqn, p["cond_jaxpr"], args, ctx)
    inner = _in_loop(around)
    carry = start
    variables = opened(p["body_jaxpr"]).invars[p["body_nconsts"] :]
    passes, done = _passes(ctx, carry, variables), 0
    while done < passes:
        (test,) = walk.closed(p["cond_jaxpr"], [*cond_consts, *carry], inner)
        if test.constant is not None and not test.constant.any():
            return carry
        new = walk.closed(p["body_jaxpr"], [*body_consts, *carry], inner)
        grew = any(n.taint | o.taint != o.taint for n, o in zip(new, carry, strict=True))
        carry = [n.with_taint(n.taint | o.taint) for n, o in zip(new, carry, strict=True)]
        done += 1
        if grew and done == passes and passes < _MOST_PASSES:
            passes += 1
    return _after_loop(walk, eqn, start, carry, exact=False)


Walk.handlers.update(
    dict.fromkeys(
        (
            "jit",
            "closed_call",
            "eval_jaxpr",
            "call",
            "remat2",
            "shard_map",
            "xla_pmap",
            "custom_vmap_call",
            "run_state",
        ),
        _call,
    )
)
Walk.handlers.update(dict.fromkeys(("custom_jvp_call", "custom_vjp_call", "custom_lin"), _custom))
Walk.handlers.update({"cond": _cond, "scan": _scan, "while": _while})
