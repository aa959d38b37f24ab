"""Read the catalogue's files: the core at once, a framework's file when a module imports it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache

from randlint.catalogue import _reading
from randlint.catalogue.schema import Catalogue, CatalogueError, NameSet
from randlint.files import read_bytes

_HERE = os.path.dirname(os.path.abspath(__file__))
_FRAMEWORKS = os.path.join(_HERE, "frameworks")
_SUFFIX = ".toml"


@cache
def load() -> Catalogue:
    """The core: `jax.random` and jax's transforms, Python's and NumPy's share included.

    Raises:
        CatalogueError: a shipped file is missing or wrong (a defect of this package).

    """
    samplers = _reading.functions(
        _document(os.path.join(_HERE, "samplers.toml")), "samplers.toml", "jax.random."
    )
    rest = _read(os.path.join(_HERE, "transforms.toml"))
    return merge(Catalogue(functions=samplers), rest)


@cache
def for_roots(roots: frozenset[str]) -> Catalogue:
    """The core, and the file of every framework among the top-level packages in `roots`.

    `roots` are import names (`haiku`, not `dm-haiku`); names without a file add nothing.
    """
    return _with_frameworks(tuple(name for name in framework_names() if name in roots))


@cache
def _with_frameworks(names: tuple[str, ...]) -> Catalogue:
    if not names:
        return load()
    return merge(_with_frameworks(names[:-1]), framework(names[-1]))


@cache
def framework(name: str) -> Catalogue:
    """What the file of one framework says, without the core."""
    return _read(os.path.join(_FRAMEWORKS, name + _SUFFIX))


@cache
def framework_names() -> tuple[str, ...]:
    """Top-level import names of the frameworks that have a file, sorted."""
    files = os.listdir(_FRAMEWORKS)
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in files if name.endswith(_SUFFIX)))


def with_models(catalogue: Catalogue, table: Mapping[str, object]) -> Catalogue:
    """`catalogue` with the user's own helpers from `[tool.randlint.models]`, which win.

    Raises:
        CatalogueError: one line naming the field and the closest valid word.

    """
    return merge(catalogue, _reading.catalogue(table, "tool.randlint.models"))


def merge(first: Catalogue, second: Catalogue) -> Catalogue:
    """Both together; where both have a row, the second's."""
    return Catalogue(
        functions={**first.functions, **second.functions},
        transforms={**first.transforms, **second.transforms},
        methods={**first.methods, **second.methods},
        names={each: first.names_of(each) | second.names_of(each) for each in NameSet},
        aliases={**first.aliases, **second.aliases},
        distributions={**first.distributions, **second.distributions},
    )


def _read(path: str) -> Catalogue:
    return _reading.catalogue(_document(path), os.path.basename(path))


def _document(path: str) -> dict[str, object]:
    name = os.path.basename(path)
    try:
        return tomllib.loads(read_bytes(path).decode())
    except OSError as error:
        raise CatalogueError(f"{name}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{name}: {error}") from error
