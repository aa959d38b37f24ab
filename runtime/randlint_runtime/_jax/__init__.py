"""Everything this package takes from jax that jax does not document, in one place.

The releases of jax that it is tested with are `undocumented.TESTED`. What jax renamed in between is
asked of the installed jax: a name of `undocumented.PRIVATE` has several places, a parameter of a
primitive several names. No other module may touch such things (`tests/runtime/surface`), and
`python tests/runtime/surface/canary.py` says in one line what the installed jax has no longer.

Where a name is missing: without "check" and "key data" nothing can be observed, an
:class:`UnsupportedJaxError`. Without "clone", clones are not seen, and an intended reuse must be
allowed explicitly. Without "jvp" and "reverse", rules about comparisons stay undecided. Without
"batchers", an exclusive branch under vmap, and a lane that is done before others, count as uses.
Without "clean", small draws of constant keys may differ from jax's in the last bit, as XLA folds
them. Without source lines: "an unknown line".
"""

from __future__ import annotations

from randlint_runtime._jax.jaxprs import (
    Params,
    called,
    constants,
    count_vmaps,
    evaluated,
    frames,
    func_source,
    opened,
    rewritten,
    scan_sizes,
    vmaps_of,
)
from randlint_runtime._jax.primitives import Rules, is_zero, new_primitive
from randlint_runtime._jax.state import (
    TraceToken,
    default_impl,
    impl_of,
    is_key_dtype,
    is_staged,
    is_tracer,
    key_words,
    lacks_lanes,
    partitionable_threefry,
    tracing,
    user_context,
    vary,
    varying_axes,
    without_jax_checks,
)
from randlint_runtime._jax.undocumented import RANDOM_FILES, TRACING_FILES, UnsupportedJaxError
from randlint_runtime._jax.watching import (
    batched_control_flow,
    patched_samplers,
    watched_derivatives,
)

__all__ = [
    "RANDOM_FILES",
    "TRACING_FILES",
    "Params",
    "Rules",
    "TraceToken",
    "UnsupportedJaxError",
    "batched_control_flow",
    "called",
    "constants",
    "count_vmaps",
    "default_impl",
    "evaluated",
    "frames",
    "func_source",
    "impl_of",
    "is_key_dtype",
    "is_staged",
    "is_tracer",
    "is_zero",
    "key_words",
    "lacks_lanes",
    "new_primitive",
    "opened",
    "partitionable_threefry",
    "patched_samplers",
    "rewritten",
    "scan_sizes",
    "tracing",
    "user_context",
    "vary",
    "varying_axes",
    "vmaps_of",
    "watched_derivatives",
    "without_jax_checks",
]
