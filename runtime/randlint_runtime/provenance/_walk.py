"""The jaxpr interpreter: runs a traced program on abstract values and records what keys do.

`Walk.run` evaluates one jaxpr. Primitives fall into five groups: those that make or use keys
(`_key_primitives`), those that only move elements (`_values.MOVES` and `_indexing`), those that
call other jaxprs (`_control`), small constant arithmetic, and everything else, whose results are
known by value number alone and which, like jax's own checker, is taken to use up any key it is
given.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from randlint_runtime import _jax
from randlint_runtime._observing.conditions import Conditions
from randlint_runtime._source import Site, sampler_of_equation, site_of_equation
from randlint_runtime.provenance import _values
from randlint_runtime.provenance._lineage import Ids, Lineage
from randlint_runtime.provenance._record import Record, Use
from randlint_runtime.provenance._values import CLEAN, Taint, Value, joined

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Handler = "Callable[[Walk, Any, list[Value], Context], list[Value] | None]"


@dataclass(frozen=True, slots=True)
class Region:
    """The inside of a sampler: one use, whatever happens in there to keys made in there."""

    sampler: str
    site: Site
    watermark: int
    keys: Ids  # what the sampler was given
    vmaps: int = 0  # vmapped axes around the call
    reference: bool = False  # a sampler of this package: its bits come from no jax primitive
    under: Conditions = frozenset()  # branches that `vmap` has made a selection of
    use: list[Use] = field(default_factory=list)

    def context(self, around: Context) -> Context:
        """The context of what belongs to this sampler call."""
        return replace(around, region=self, conditions=around.conditions | self.under)


@dataclass(frozen=True, slots=True)
class Context:
    """Where the interpreter is."""

    conditions: Conditions = frozenset()
    region: Region | None = None
    muted: bool = False  # a recomputation: nothing in it is new
    custom: bool = False  # inside a function whose author wrote the derivative
    vmaps: int = 0  # vmapped axes around
    loops: tuple[int, ...] = ()  # instances of the loops around


class Walk:
    """One interpretation of one program."""

    handlers: dict[str, Any] = {}  # noqa: RUF012 (filled by the modules that define primitives)

    def __init__(self, lineage: Lineage, record: Record) -> None:
        self.lineage = lineage
        self.record = record
        self._numbers: dict[Hashable, int] = {}
        self.open: Region | None = None  # the sampler call that was announced last
        self._kept: list[Any] = []  # objects whose id() is part of a value number

    # -- values

    def number(self, tag: Hashable) -> int:
        """The value number of a description."""
        return self._numbers.setdefault(tag, len(self._numbers) + 1)

    def value(
        self,
        tag: Hashable,
        aval: Any,
        *,
        constant: Any = None,
        taint: Taint = CLEAN,
        make_ids: Callable[[], Ids] | None = None,
    ) -> Value:
        """A value described by ``tag``; its elements are atoms unless ``make_ids`` says more."""
        number = self.number(tag)
        shape = tuple(int(d) if isinstance(d, (int, np.integer)) else 1 for d in aval.shape)

        def atoms() -> Ids:
            if constant is not None and np.issubdtype(constant.dtype, np.integer):
                return self.lineage.literals(constant)
            return self.lineage.atoms(number, int(np.prod(shape))).reshape(shape)

        return Value(number, shape, make_ids or atoms, constant=constant, taint=taint)

    def constant(self, literal: Any, aval: Any) -> Value:
        """The value of a literal, or of an array that the traced function closes over."""
        if _jax.is_tracer(literal):  # of a trace around the one that is read
            self._kept.append(literal)
            return self.value(("tracer", id(literal)), aval)
        if is_key(aval):
            return self._key_constant(literal, aval)
        if not hasattr(aval, "shape"):
            return Value(self.number(("object", id(literal))), (), lambda: np.zeros((), np.int64))
        array = np.asarray(literal) if np.size(literal) <= _values.LARGEST_CONSTANT else None
        if array is None or array.dtype.kind not in "biuf":
            self._kept.append(literal)
            words = self._raw_words(literal, aval)
            return self.value(("closed over", id(literal)), aval, make_ids=words)
        tag = ("literal", str(aval.dtype), array.shape, array.tobytes())
        return self.value(tag, aval, constant=array)

    def _raw_words(self, literal: Any, aval: Any) -> Callable[[], Ids] | None:
        if str(getattr(aval, "dtype", "")) != "uint32":
            return None
        return lambda: self.lineage.literals(np.asarray(literal))

    def _key_constant(self, keys: Any, aval: Any) -> Value:
        data = np.asarray(jax.random.key_data(keys))
        impl = _jax.impl_of(aval)
        tag = ("keys", impl, data.shape, data.tobytes())

        def ids() -> Ids:
            return self.lineage.wrap(self.lineage.literals(data), impl)

        return self.value(tag, aval, make_ids=ids)

    # -- running

    def run(self, jaxpr: Any, consts: list[Value], args: list[Value], ctx: Context) -> list[Value]:
        """Evaluate a jaxpr; returns one value per output."""
        env: dict[Any, Value] = {}
        for variable, value in zip(
            [*jaxpr.constvars, *jaxpr.invars], [*consts, *args], strict=True
        ):
            env[variable] = value

        def read(atom: Any) -> Value:
            if hasattr(atom, "val"):
                return self.constant(atom.val, atom.aval)
            return env[atom]

        for eqn in jaxpr.eqns:
            outputs = self.equation(eqn, [read(atom) for atom in eqn.invars], ctx)
            for variable, value in zip(eqn.outvars, outputs, strict=True):
                env[variable] = value
        return [read(atom) for atom in jaxpr.outvars]

    def closed(self, closed_jaxpr: Any, args: list[Value], ctx: Context) -> list[Value]:
        """Evaluate a closed jaxpr (or an open one without constants)."""
        jaxpr = _jax.opened(closed_jaxpr)
        consts = [
            self.constant(c, v.aval)
            for c, v in zip(_jax.constants(closed_jaxpr), jaxpr.constvars, strict=True)
        ]
        return self.run(jaxpr, consts, args, ctx)

    def equation(self, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
        """Evaluate one equation."""
        name = eqn.primitive.name
        ctx = self._inside_sampler(eqn, ctx)
        handler = self.handlers.get(name)
        if handler is not None:
            outputs = handler(self, eqn, args, ctx)
            if outputs is not None:
                return list(outputs)
        if name in _values.MOVES and len(args) == 1:
            return [self.moved(eqn, args[0])]
        return self.ordinary(eqn, args, ctx)

    def _inside_sampler(self, eqn: Any, ctx: Context) -> Context:
        """The context of an equation that belongs to the sampler call announced last."""
        region = self.open
        if ctx.region is not None or region is None or eqn.primitive.name == "randlint_observe":
            return ctx
        if not any(is_key(a.aval) for a in eqn.invars) and eqn.primitive.name not in _STEERING:
            return ctx
        if sampler_of_equation(eqn) != region.sampler:
            return ctx
        frame = site_of_equation(eqn).frame  # None: the sampler itself is a branch
        if frame is not None and frame != region.site.frame:
            return ctx
        return region.context(ctx)

    def moved(self, eqn: Any, x: Value) -> Value:
        """A primitive that rearranges elements: identities and constants are rearranged alike."""
        move, out = _values.MOVES[eqn.primitive.name], eqn.outvars[0].aval
        constant = None
        if x.constant is not None and np.prod(out.shape, dtype=int) <= _values.LARGEST_CONSTANT:
            constant = np.asarray(move(x.constant, _jax.Params(eqn), out))
        taint = x.taint
        if eqn.primitive.name == "stop_gradient":
            taint = Taint(draws=taint.draws)
        return self.value(
            self.tag(eqn, [x], 0),
            out,
            constant=constant,
            taint=taint,
            make_ids=lambda: move(x.ids, _jax.Params(eqn), out),
        )

    def ordinary(self, eqn: Any, args: list[Value], ctx: Context) -> list[Value]:
        """Any other primitive: keys are used up, results are known by number, taint passes."""
        name = eqn.primitive.name
        for atom, value in zip(eqn.invars, args, strict=True):
            if is_key(atom.aval):
                self.consume(eqn, value.ids, ctx, what=name)
        taint = self.passed(eqn, args, ctx)
        known = [a.constant for a in args]
        outputs = []
        for index, variable in enumerate(eqn.outvars):
            constant = None
            if len(eqn.outvars) == 1 and args and all(c is not None for c in known):
                constant = _values.fold(name, [c for c in known if c is not None], variable.aval)
            if hasattr(variable.aval, "shape"):
                value = self.value(
                    self.tag(eqn, args, index), variable.aval, constant=constant, taint=taint
                )
            else:
                value = Value(self.number(("token", id(variable))), (), _no_ids, taint=taint)
            if is_key(variable.aval):
                self.consume(eqn, value.ids, ctx, what=name)  # unknown keys are not safe to use
            outputs.append(value)
        return outputs

    def passed(self, eqn: Any, args: list[Value], ctx: Context) -> Taint:
        """The taint of an ordinary primitive's results; notes draws that meet comparisons."""
        name = eqn.primitive.name
        taint = joined(a.taint for a in args)
        if name == "convert_element_type":
            source, target = eqn.invars[0].aval.dtype, eqn.outvars[0].aval.dtype
            if is_float(source) and not is_float(target):
                return self._crossed(eqn, taint, ctx, at_once=False)
            if is_float(target):
                self.record.crossings_used(taint.crossings, "zero")
                taint = replace(taint, crossings=frozenset())
            return taint
        if name in _values.COMPARISONS:
            return self._crossed(eqn, taint, ctx, at_once=False)
        if name in _values.ROUNDINGS:
            return self._crossed(eqn, taint, ctx, at_once=True)
        return taint.flattened() if name in _values.FLAT else taint

    def _crossed(self, eqn: Any, taint: Taint, ctx: Context, *, at_once: bool) -> Taint:
        inside = ctx.region is not None or ctx.custom or ctx.muted
        if taint.smooth and taint.draws and not inside and self.sampler(eqn, ctx) is None:
            mark = self.record.crossing(eqn.primitive.name, self.site(eqn, ctx), taint)
            if at_once:
                self.record.crossings_used(frozenset({mark}), "zero")
            else:
                taint = replace(taint, crossings=taint.crossings | {mark})
        return taint.flattened()

    def tag(self, eqn: Any, args: list[Value], index: int) -> Hashable:
        """The description of a result: primitive, parameters, operands."""
        params = tuple((k, self._hashable(v)) for k, v in sorted(_jax.Params(eqn).items()))
        return (eqn.primitive.name, params, tuple(a.number for a in args), index)

    def _hashable(self, value: Any) -> Hashable:
        try:
            hash(value)
        except TypeError:
            self._kept.append(value)
            return ("object", id(value))
        return value  # type: ignore[no-any-return]

    # -- keys

    def site(self, eqn: Any, ctx: Context) -> Site:
        """The user's line of an equation."""
        if ctx.region is not None:
            return ctx.region.site
        return site_of_equation(eqn)

    def sampler(self, eqn: Any, ctx: Context) -> str | None:
        """The public sampler inside which an equation was traced, if any."""
        if ctx.region is not None:
            return ctx.region.sampler
        return sampler_of_equation(eqn)

    def consume(self, eqn: Any, keys: Ids, ctx: Context, what: str | None = None) -> int | None:
        """Use keys up; returns the number of the use, or None if nothing new was used."""
        region = ctx.region
        if ctx.muted:
            return region.use[0].index if region and region.use else None
        if region is not None:
            keys = keys[keys < region.watermark]
            if keys.size == 0:
                return region.use[0].index if region.use else None
        if region is not None and region.use:
            use = region.use[0]
        else:
            name = self.sampler(eqn, ctx) or what or eqn.primitive.name
            given = keys if region is None else region.keys
            vmaps = ctx.vmaps + _jax.vmaps_of(eqn) if region is None else region.vmaps
            use = self.record.use(name, self.site(eqn, ctx), keys, ctx.loops)
            if region is not None:
                region.use.append(use)
            self.record.lanes(use, given, shared=given.ndim < vmaps)
        self.record.consume(use, keys, ctx.conditions)
        return use.index


def is_key(aval: Any) -> bool:
    """Whether an abstract value is a typed key array."""
    dtype = getattr(aval, "dtype", None)
    return dtype is not None and _jax.is_key_dtype(dtype)


def is_float(dtype: Any) -> bool:
    """Whether a dtype carries derivatives."""
    types: Any = jax.dtypes
    return bool(types.issubdtype(dtype, np.inexact))


_STEERING = frozenset({"jit", "cond", "while", "scan", "select_n"})


def _no_ids() -> Ids:
    return np.zeros((), np.int64)
