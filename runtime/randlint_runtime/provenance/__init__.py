"""Where every key of a program comes from, who uses it, and what reaches every draw.

`provenance` traces a function, without running it, and reads the resulting jaxpr: it follows keys
(typed and raw) through indexing, stacking, `jit`, `vmap`, `scan`, `while_loop`, `cond`, custom
derivatives and `jax.checkpoint`, and says which uses are reuses, with the lines of both.

Intended differences from jax's own checker (``jax.experimental.key_reuse``), besides covering raw
keys. More is reported: two derivations that give the same key, equal seeds, indices past the end,
lanes. And less: slicing, stacking or concatenating a key is not by itself a use; ``keys[i]`` with
unknown ``i`` is one key and not the whole array; uses under exclusive conditions are not reuse;
choosing a key with `jnp.where` or `cond` leaves the choice usable.

`_walk` goes over a jaxpr, equation by equation; what primitives do to keys stand in
`_key_primitives`, to indices in `_indexing`, and control flow in `_control`. `_lineage` knows keys
by their derivations, `_values` what flows, `_record` what was found, `_report` how it is told.
"""

from randlint_runtime._source import Frame, Site
from randlint_runtime.provenance._lineage import Derivation
from randlint_runtime.provenance._report import (
    Consumption,
    Crossing,
    Draw,
    KeyIndex,
    Provenance,
    Reach,
    Reuse,
    ReuseKind,
    provenance,
)

__all__ = [
    "Consumption",
    "Crossing",
    "Derivation",
    "Draw",
    "Frame",
    "KeyIndex",
    "Provenance",
    "Reach",
    "Reuse",
    "ReuseKind",
    "Site",
    "provenance",
]
