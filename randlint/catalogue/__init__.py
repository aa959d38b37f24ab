"""The documented semantics of keys, draws and derivatives, as data.

>>> catalogue = load()
>>> catalogue.functions["jax.random.gamma"].parameters["a"].gradient
<Gradient.IMPLICIT: 'implicit'>
>>> catalogue.resolve("jax.tree_util.tree_map")
'jax.tree.map'

`samplers.toml`, `transforms.toml` and `frameworks/` are the data; `schema` has the types,
`_reading` and `_tables` turn tables into them and refuse what makes no sense, `loader` reads a
framework's file when a module imports it.
"""

from randlint.catalogue.loader import for_roots, framework, framework_names, load, with_models
from randlint.catalogue.schema import (
    MODES,
    OPTIONS,
    ROLES,
    Argument,
    Catalogue,
    CatalogueError,
    Distribution,
    Draw,
    Effect,
    Function,
    Gradient,
    NameSet,
    Parameter,
    Transform,
    TransformKind,
)

__all__ = [
    "MODES",
    "OPTIONS",
    "ROLES",
    "Argument",
    "Catalogue",
    "CatalogueError",
    "Distribution",
    "Draw",
    "Effect",
    "Function",
    "Gradient",
    "NameSet",
    "Parameter",
    "Transform",
    "TransformKind",
    "for_roots",
    "framework",
    "framework_names",
    "load",
    "with_models",
]
