"""What every sampler needs: its arguments made ready, its convention applied, its bits.

A public sampler hands its arguments to :func:`call`, which takes the short way where they are what
they mostly are (a Threefry key, a plain dtype, a tuple of ints) and otherwise asks jax's own
sampler, abstractly, to raise its errors and warnings before going on. So every bad argument fails
as it fails in `jax.random`, without a second copy of the checks.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P
from jax.typing import ArrayLike, DTypeLike

from randlint_runtime import _guards, conventions, threefry
from randlint_runtime._jax import is_staged, is_tracer
from randlint_runtime._unpatched_jax import config, jax_random

Shape = Sequence[int]
RealArray = ArrayLike
IntegerArray = ArrayLike
Convention = str | Mapping[str, str] | None
Sharding = NamedSharding | P | None
Parameters = dict[str, Any]

_PLAIN: dict[type, tuple[str, ...]] = {
    float: ("float16", "bfloat16", "float32", "float64"),
    complex: ("float16", "bfloat16", "float32", "float64", "complex64", "complex128"),
    int: ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    np.unsignedinteger: ("uint8", "uint16", "uint32", "uint64"),
}
_DEFAULT = {float: float, complex: float, int: int, np.unsignedinteger: np.uint64}


# ---- arguments


def call(
    name: str,
    kernel: Callable[..., jax.Array],
    key: ArrayLike,
    parameters: Parameters,
    *,
    shape: Shape | None,
    dtype: DTypeLike | None,
    kind: type = float,
    broadcast: bool | None = False,
    check: Callable[[], object],
    convention: Convention = None,
    out_sharding: Sharding = None,
    static: Mapping[str, Any] | None = None,
    integral: bool = False,
) -> jax.Array:
    """Run a sampler's kernel on its arguments.

    Args:
        name: the sampler's name, for messages and conventions.
        kernel: `kernel(key, *parameters, shape=, dtype=, **static)`, jitted.
        parameters: the differentiable ones, by name, in the kernel's order.
        key, shape, dtype, convention, out_sharding: what the user passed.
        kind: the kind of dtype the sampler makes: float, complex (or float), int, unsigned.
        broadcast: whether `shape` is what the parameters broadcast to; None: the kernel's matter.
        check: calls jax's sampler with the same arguments.
        static: further static arguments of the kernel.
        integral: whether the draw has no tangent (integers, booleans).
    """
    if isinstance(shape, int):
        shape = (shape,)
    wanted: Any = dtype
    found = plain_dtype(wanted, kind, config.jax_enable_x64)
    plain = found is not None and out_sharding is None and is_plain_key(key)
    if shape is not None and not is_plain_shape(shape):
        plain = False
    if plain and broadcast is not None:
        plain = all(_is_plain_value(value, found) for value in parameters.values())
    if plain and broadcast:
        together = broadcast_shapes(*(np.shape(v) for v in parameters.values()))
        if shape is None:
            shape = together
        plain = together is not None and broadcast_shapes(together, shape or ()) == shape
    if not plain:
        made = ask(check, shape)
        if not all(isinstance(size, int) for size in getattr(made, "shape", ())):
            return _symbolic(name, check, convention)
        if broadcast and shape is None:
            shape = broadcast_shapes(*(np.shape(v) for v in parameters.values()))
        key, shape, found = _canonical(key, shape, dtype, kind, check)
    chosen = conventions.resolve(name, convention)
    if chosen is not None:
        parameters = _guards.before(name, parameters, chosen, integral=integral)
    if not integral:
        key = hidden(key, key)
    run = partial(kernel, shape=shape, dtype=found, **(static or {}))
    out = _placed(run, out_sharding, check, shape)(key, *parameters.values())
    if chosen is not None and not integral:
        out = _guards.after(out, parameters, chosen)
    return out


def hidden(key: Any, source: Any) -> Any:
    """A key made of `source`, hidden from the compiler if that is a constant of a program traced.

    Of a few values from a constant LLVM makes constants, and rounds where the machine's fused
    operations do not. jax's hash is a loop, which it does not look through.
    """
    if is_tracer(source) or not isinstance(key, jax.Array) or not is_staged():
        return key
    ours = key.dtype in (np.uint32, threefry.type_of_key)
    return threefry.opaque(key) if ours else key


def _symbolic(name: str, check: Callable[[], Any], convention: Convention) -> jax.Array:
    """A draw whose sizes are symbols of `jax.export`: jax's own, which has rules for them."""
    if conventions.resolve(name, convention) is not None:
        raise NotImplementedError(f"conventions need sizes that are numbers; {name} has symbols")
    drawn: jax.Array = check()
    return drawn


def ask(check: Callable[[], Any], shape: object = None) -> Any:
    """The abstract result of jax's sampler; its errors and warnings come with it.

    A shape that is a jax array can be read by jax outside of a trace only, so it costs a draw.
    """
    return check() if isinstance(shape, jax.Array) else jax.eval_shape(check)


def _canonical(
    key: Any,
    shape: Shape | None,
    dtype: DTypeLike | None,
    kind: type,
    check: Callable[[], object],
) -> tuple[Any, tuple[int, ...] | None, Any]:
    if not (isinstance(key, jax.Array) and jnp.issubdtype(key.dtype, jax.dtypes.prng_key)):
        key = jax_random.wrap_key_data(jnp.asarray(key), impl=config.jax_default_prng_impl)
    if shape is not None:
        shape = tuple(int(operator.index(size)) for size in shape)  # a bool is its own index
        if shape and min(shape) < 0:
            check()  # negative sizes are refused only when an array is made
    wanted: Any = _DEFAULT[kind] if dtype is None else dtype
    return key, shape, jax.dtypes.canonicalize_dtype(wanted, allow_extended_dtype=True)


def is_plain_key(key: ArrayLike) -> bool:
    if not isinstance(key, jax.Array):
        return False
    if key.dtype == np.uint32:
        return key.shape == (2,) and _raw_threefry_allowed()
    return key.dtype == threefry.type_of_key and key.shape == ()


def _raw_threefry_allowed() -> bool:
    return (
        config.jax_default_prng_impl == "threefry2x32"
        and config.jax_legacy_prng_key == "allow"
        and not config.jax_enable_custom_prng
    )


@lru_cache(maxsize=256)
def plain_dtype(dtype: Any, kind: type, x64: bool) -> np.dtype[Any] | None:
    del x64  # part of the cache's key: it decides what is canonical
    if dtype is None or dtype in (float, int, complex):
        found = jax.dtypes.canonicalize_dtype(_DEFAULT[kind] if dtype is None else dtype)
    else:
        try:
            found = np.dtype(dtype)
        except TypeError:
            return None
        if jax.dtypes.canonicalize_dtype(found, allow_extended_dtype=True) != found:
            return None
    return found if found.name in _PLAIN[kind] else None


def is_plain_shape(shape: Shape) -> bool:
    return type(shape) is tuple and all(type(size) is int and size >= 0 for size in shape)


def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...] | None:
    """The shape they broadcast to, or None."""
    if shapes.count(()) == len(shapes):
        return ()
    try:
        return np.broadcast_shapes(*(tuple(shape) for shape in shapes))
    except (ValueError, TypeError):  # TypeError: sizes that are symbols
        return None


def _is_plain_value(value: object, dtype: np.dtype[Any] | None) -> bool:
    if isinstance(value, jax.Array | np.ndarray | np.generic):
        return value.dtype == dtype
    return isinstance(value, float | int)


_NUMBERS = (float, int, np.generic, np.ndarray, jax.Array)


def are_numbers(*values: object) -> bool:
    """Whether they are scalars or arrays, which every sampler of jax takes; some refuse lists."""
    return all(isinstance(each, _NUMBERS) for each in values)


def _placed(
    run: Callable[..., jax.Array],
    out_sharding: Sharding,
    check: Callable[[], object],
    shape: object,
) -> Callable[..., jax.Array]:
    mesh = jax.sharding.get_abstract_mesh()
    if out_sharding is None and mesh.explicit_axes:  # what jax would make of the parameters'
        out_sharding = getattr(ask(check, shape), "sharding", None) or NamedSharding(mesh, P())
    if out_sharding is None:
        return run
    if isinstance(out_sharding, P):
        out_sharding = NamedSharding(mesh, out_sharding)
    placed: Callable[..., jax.Array] = jax.sharding.auto_axes(
        run, out_sharding=out_sharding, axes=out_sharding.mesh.explicit_axes
    )
    return placed


# ---- keys and bits inside kernels


def kernel(function: Callable[..., jax.Array]) -> Callable[..., jax.Array]:
    """Jit a kernel: keyword-only arguments are static, and the key arrives as raw words.

    Keys of other generators arrive as typed key arrays.
    """

    def run(key: jax.Array, *parameters: ArrayLike, **static: Any) -> jax.Array:
        return function(source(key), *parameters, **static)

    run.__name__ = run.__qualname__ = function.__name__
    static = [name for name, p in _signature(function).items() if p.kind is p.KEYWORD_ONLY]
    return jax.jit(run, static_argnames=static)


def _signature(function: Callable[..., Any]) -> Mapping[str, Any]:
    import inspect

    return inspect.signature(function).parameters


def source(key: jax.Array) -> jax.Array:
    """Raw words of a Threefry key; keys of another generator as they are."""
    if key.dtype == np.uint32 or key.dtype == threefry.type_of_key:
        return threefry.words(key)
    return key


def is_threefry(key: jax.Array) -> bool:
    """Whether `source` has given raw words."""
    return bool(key.dtype == np.uint32)


def typed(key: jax.Array) -> jax.Array:
    """The key as jax's samplers want it."""
    return threefry.like_typed(key) if is_threefry(key) else key


def split(key: jax.Array, num: int = 2) -> jax.Array:
    """`num` keys, indexed by the first axis."""
    if is_threefry(key):
        return threefry.split_words(key, (num,))
    keys: jax.Array = jax_random.split(key, num)
    return keys


def random_bits(key: jax.Array, shape: tuple[int, ...], width: int) -> jax.Array:
    """Uniform unsigned integers of that width."""
    if is_threefry(key):
        return threefry.bits_words(key, shape, width)
    out: jax.Array = jax_random.bits(key, shape, f"uint{width}")
    return out


def stored(draw: Callable[[], jax.Array], key: jax.Array, *inputs: jax.Array) -> jax.Array:
    """`draw()`, stored for consumers that would compute its hash more than once or slowly."""
    return threefry.materialise(draw, key, *inputs) if is_threefry(key) else draw()


def uniform(
    key: jax.Array,
    shape: tuple[int, ...],
    dtype: DTypeLike,
    minval: ArrayLike = 0.0,
    maxval: ArrayLike = 1.0,
) -> jax.Array:
    """Uniform floats in `[minval, maxval)`, from as many bits as the mantissa has."""
    return scale(unit(random_bits(key, shape, _bits_for(dtype)), dtype), minval, maxval)


def unit(bits: jax.Array, dtype: DTypeLike) -> jax.Array:
    """Floats in `[0, 1)` from unsigned integers: mantissas with the exponent of 1, less 1."""
    width, mantissa = threefry.float_width(dtype)
    drawn = bits.dtype.itemsize * 8
    carrier = np.dtype(f"uint{width}")
    one = np.array(1.0, dtype).view(carrier)
    raised = bits.astype(carrier) >> np.array(drawn - mantissa, carrier)
    floats = jax.lax.bitcast_convert_type(raised | one, dtype)
    return floats - jnp.asarray(1.0, dtype)


def scale(unit_draw: jax.Array, minval: ArrayLike, maxval: ArrayLike) -> jax.Array:
    """Floats in `[0, 1)` to `[minval, maxval)`.

    jax takes the maximum with `minval`. So does this, as a comparison: where a maximum follows a
    hash, LLVM's vectoriser (in jax 0.12) takes three times as long to compile it.
    """
    dtype, rank = unit_draw.dtype, unit_draw.ndim
    low = jax.lax.broadcast_to_rank(jnp.asarray(minval).astype(dtype), rank)
    high = jax.lax.broadcast_to_rank(jnp.asarray(maxval).astype(dtype), rank)
    scaled = (unit_draw * (high - low) + low).reshape(unit_draw.shape)
    return jnp.where(scaled < low, low, scaled)


def normal(key: jax.Array, shape: tuple[int, ...], dtype: DTypeLike) -> jax.Array:
    """Standard normal floats: the inverse distribution function of a uniform on (-1, 1)."""
    return _normal_of(random_bits(key, shape, _bits_for(dtype)), dtype)


def stored_normal(key: jax.Array, shape: tuple[int, ...], dtype: DTypeLike) -> jax.Array:
    """`normal` from stored bits, for consumers that reduce over it."""
    return _normal_of(stored(lambda: random_bits(key, shape, _bits_for(dtype)), key), dtype)


def _normal_of(bits: jax.Array, dtype: DTypeLike) -> jax.Array:
    u = scale(unit(bits, dtype), *open_interval(dtype))
    drawn: jax.Array = _root_of_two(dtype) * jax.lax.erf_inv(u)
    return drawn


def _bits_for(dtype: DTypeLike) -> int:
    """How many bits a uniform float takes: as many as its mantissa asks for."""
    width, mantissa = threefry.float_width(dtype)
    return max(width, 8) if mantissa >= 8 else 8


def _root_of_two(dtype: DTypeLike) -> Any:
    return np.array(np.sqrt(2), dtype)


def open_interval(dtype: DTypeLike) -> tuple[Any, Any]:
    """The bounds of the uniform that `normal` inverts."""
    low = np.nextafter(np.array(-1.0, dtype), np.array(0.0, dtype), dtype=dtype)
    return low, np.array(1.0, dtype)
