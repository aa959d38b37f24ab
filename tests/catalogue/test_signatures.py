"""Every dotted name of the catalogue against the library that has it, where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import warnings
from functools import cache

import pytest

from randlint.catalogue import Argument, Catalogue, NameSet, for_roots, framework_names, load

# Removed from the library, kept because old code is read too.
FORMER = {
    "jax.random.default_prng_impl",
    "jax.random.shuffle",
    "jax.random.threefry2x32_key",
    "jax.random.rbg_key",
    "jax.random.unsafe_rbg_key",
    "jax.experimental.pjit.pjit",
    "jax.device_put_replicated",
    "jax.device_put_sharded",
}
# Newer than the oldest jax that is supported.
LATER = {"jax.random.key_dtype"}
# Written in C or not callable: inspect finds no signature, or one that names nothing.
UNREADABLE = {"builtins.map", "builtins.filter", "functools.reduce", "itertools.accumulate"}
UNREADABLE |= {"itertools.starmap", "functools.cache", "functools.lru_cache", "functools.wraps"}
UNREADABLE |= {"functools.partial", "jax.random.random_gamma_p"}


@cache
def own(root: str) -> Catalogue:
    """What the file of one framework adds."""
    whole, core = for_roots(frozenset({root})), load()
    return Catalogue(
        functions={k: v for k, v in whole.functions.items() if k not in core.functions},
        transforms={k: v for k, v in whole.transforms.items() if k not in core.transforms},
        names={each: whole.names_of(each) - core.names_of(each) for each in NameSet},
        distributions=whole.distributions,
    )


def files() -> list[tuple[str, Catalogue]]:
    return [("jax", load()), *((name, own(name)) for name in framework_names())]


def optional(argument: Argument | None) -> tuple[Argument, ...]:
    return () if argument is None else (argument,)


def calls(catalogue: Catalogue) -> dict[str, tuple[Argument, ...]]:
    """The arguments that the catalogue places, by callable."""
    found = {
        name: (row.function, *row.extra, *row.arguments.values())
        for name, row in catalogue.transforms.items()
    }
    for name, function in catalogue.functions.items():
        found[name] = function.keys + optional(function.count) + optional(function.data)
    for name, distribution in catalogue.distributions.items():
        parameters = distribution.parameters.values()
        found[name] = tuple(Argument(p.name, p.position) for p in parameters) + distribution.wraps
    return found


def cases(root: str, rows: list[tuple[object, ...]]) -> list[object]:
    """One case per row, or a single skipped one where the library is not installed."""
    if rows and importlib.util.find_spec(root) is None:
        skip = pytest.mark.skip(reason=f"{root} is not installed")
        return [pytest.param(root, *rows[0], marks=skip, id=root)]
    return [pytest.param(root, *row, id=str(row[0])) for row in rows]


def called(catalogue: Catalogue) -> list[tuple[object, ...]]:
    return [row for row in calls(catalogue).items() if row[0] not in UNREADABLE]


def named(catalogue: Catalogue) -> list[tuple[object, ...]]:
    lists = (NameSet.TRACED_BASES, NameSet.IMMUTABLE_BASES, NameSet.SOURCES, NameSet.INSPECTORS)
    return [(name,) for name in sorted(frozenset().union(*map(catalogue.names_of, lists)))]


CALLS = [case for root, own_rows in files() for case in cases(root, called(own_rows))]
NAMES = [case for root, own_rows in files() for case in cases(root, named(own_rows))]


def find(root: str, name: str) -> object:
    """The object with a dotted name; skips where its library cannot be imported."""
    pytest.importorskip(root, reason=f"{root} cannot be imported", exc_type=ImportError)
    first, *rest = name.removesuffix(".*").split(".")
    path = first
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated names are catalogued too
        found: object = importlib.import_module(first)
        for part in rest:
            path = f"{path}.{part}"
            if not hasattr(found, part) and inspect.ismodule(found):
                importlib.import_module(path)
            found = getattr(found, part)
    return found


def exists(root: str, name: str) -> bool:
    try:
        find(root, name)
    except (AttributeError, ImportError):
        return False
    return True


def signature(function: object) -> list[inspect.Parameter]:
    """The parameters of a call; those of __init__ where a metaclass hides them."""
    parameters = list(inspect.signature(function).parameters.values())  # type: ignore[arg-type]
    if hidden(parameters) and inspect.isclass(function):
        return list(inspect.signature(function.__init__).parameters.values())[1:]
    return parameters


def hidden(parameters: list[inspect.Parameter]) -> bool:
    return [p.kind for p in parameters] == [
        inspect.Parameter.VAR_POSITIONAL,
        inspect.Parameter.VAR_KEYWORD,
    ]


@pytest.mark.parametrize(("root", "name", "arguments"), CALLS)
def test_places(root: str, name: str, arguments: tuple[Argument, ...]) -> None:
    """Each argument stands where the library's own signature has it."""
    if name in FORMER:
        pytest.skip("left the library")
    if name in LATER and not exists(root, name):
        pytest.skip("not yet in this library")
    parameters = signature(find(root, name))
    if hidden(parameters):
        pytest.skip("the signature hides its parameters")
    keywords = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters)
    positions = {
        parameter.name: None if parameter.kind is parameter.KEYWORD_ONLY else position
        for position, parameter in enumerate(parameters)
    }
    for argument in arguments:
        if argument.name not in positions and keywords and argument.position is None:
            continue
        assert positions.get(argument.name, "absent") == argument.position, argument.name


@pytest.mark.parametrize(("root", "name"), NAMES)
def test_names_exist(root: str, name: str) -> None:
    if name in FORMER:
        pytest.skip("left the library")
    assert find(root, name) is not None
