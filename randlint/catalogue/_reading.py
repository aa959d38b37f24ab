"""From TOML tables to the catalogue's types, refusing whatever makes no sense.

Every function takes `where`, the dotted place of its table, so that an error can name it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping

from randlint.catalogue._tables import (
    Table,
    below,
    closest,
    dotted,
    flag,
    index,
    items,
    mapping,
    one_of,
    printable,
    text,
    wrong_type,
)
from randlint.catalogue.schema import (
    MODES,
    OF_KEYS,
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

_ARGUMENT = ("name", "position")
_REFERENCE = ("gradient", "unbiased", "second_order", "how")
_PARAMETER = ("position", *_REFERENCE, "reference")
_FUNCTION = (
    "effect",
    "key",
    "keys",
    "draw",
    "signature",
    "parameters",
    "count",
    "data",
    "raw",
    "many",
    "process",
)
_TRANSFORM = ("kind", "function", "extra", "arguments", "options")
_DISTRIBUTION = (
    "draw",
    "reparameterised",
    "signature",
    "parameters",
    "wraps",
    "sampling",
    "alike",
)
_FAMILY = ("sampling", "alike")
SECTIONS = (
    "functions",
    "transforms",
    "methods",
    "aliases",
    "distributions",
    "families",
    *NameSet,
)

_effect = one_of(Effect)
_draw = one_of(Draw)
_gradient = one_of(Gradient)
_kind = one_of(TransformKind)
_CONVERTERS: tuple[tuple[str, Callable[[object, str], object]], ...] = (
    ("gradient", _gradient),
    ("unbiased", flag),
    ("second_order", flag),
    ("how", text),
)


def catalogue(document: object, where: str) -> Catalogue:
    """A whole file, or the `models` table of a pyproject.

    Raises:
        CatalogueError: one line naming the field and, where there is one, the closest valid word.

    """
    table = Table(document, where, SECTIONS)
    families = table.read("families", _families, {})
    names = {each: frozenset(table.read(each, _names, ())) for each in NameSet if each in table}
    return Catalogue(
        functions=functions(table.read("functions", mapping, {}), table.place("functions")),
        transforms=table.read("transforms", _transforms, {}),
        methods=functions(table.read("methods", mapping, {}), table.place("methods")),
        aliases=table.read("aliases", _aliases, {}),
        distributions=_distributions(
            table.read("distributions", mapping, {}), table.place("distributions"), families
        ),
        names=names,
    )


def functions(rows: Mapping[str, object], where: str, prefix: str = "") -> dict[str, Function]:
    """Rows of functions by dotted name; `prefix` stands before each name (`jax.random.`)."""
    found = {}
    for row, value in rows.items():
        place = below(where, row)
        name = dotted(prefix + row, place)
        found[name] = _function(Table(value, place, _FUNCTION), name)
    return found


def _function(table: Table, name: str) -> Function:
    effect = table.read("effect", _effect, Effect.SAMPLE)
    keys: tuple[Argument, ...] = table.read("keys", _arguments, ())
    if "key" in table:
        keys = (table.need("key", _argument), *keys)
    return Function(
        name=name,
        effect=effect,
        keys=keys,
        draw=table.read("draw", _draw, None),
        parameters=_parameters(table, {key.name for key in keys}),
        count=table.read("count", _argument, None),
        data=table.read("data", _argument, None),
        raw=table.read("raw", flag, False),
        many=table.read("many", flag, False),
        process=table.read("process", text, ""),
    )


def _argument(value: object, where: str) -> Argument:
    table = Table(value, where, _ARGUMENT)
    return Argument(table.need("name", text), table.read("position", index, None))


def _arguments(value: object, where: str) -> tuple[Argument, ...]:
    return tuple(
        _argument(item, f"{where}[{number}]") for number, item in enumerate(items(value, where))
    )


def _parameters(table: Table, keys: Container[str]) -> dict[str, Parameter]:
    """The `parameters` rows, and a static one for every other name in `signature`.

    A row is a table, or its gradient class alone. A derivative is unbiased unless the row or the
    class says otherwise.
    """
    rows: Mapping[str, object] = table.read("parameters", mapping, {})
    places: dict[str, int | None] = table.read("signature", _signature, {})
    where = table.place("parameters")
    found: dict[str, Parameter] = {}
    for name, position in places.items():
        if name not in keys and name not in rows:
            found[name] = Parameter(name, position, Gradient.STATIC)
    for name, value in rows.items():
        short = {"gradient": value} if isinstance(value, str) else value
        row = Table(short, below(where, name), _PARAMETER)
        position = row.read("position", index, places.get(name))
        if places and (name not in places or places[name] != position):
            raise CatalogueError(f'{row.where}: does not stand there in "signature"')
        found[name] = _parameter(row, name, position)
    return found


def _parameter(table: Table, name: str, position: int | None) -> Parameter:
    gradient = table.need("gradient", _gradient)
    fixed = gradient in {Gradient.ZERO, Gradient.BIASED}
    return Parameter(
        name=name,
        position=position,
        gradient=gradient,
        unbiased=table.read("unbiased", flag, not fixed),
        second_order=table.read("second_order", flag, True),
        how=table.read("how", text, ""),
        reference=table.read("reference", _reference, {}),
    )


def _reference(value: object, where: str) -> dict[str, object]:
    table = Table(value, where, _REFERENCE)
    return {field: table.need(field, convert) for field, convert in _CONVERTERS if field in table}


def _signature(value: object, where: str) -> dict[str, int | None]:
    """`"key, a, *, dtype"` as positions by name; None for what is keyword-only."""
    places: dict[str, int | None] = {}
    keyword_only = False
    for position, word in enumerate(text(value, where).split(",")):
        name = word.strip()
        if name == "*" and not keyword_only:
            keyword_only = True
        elif not name.isidentifier() or name in places:
            raise CatalogueError(f'{where}: "{printable(name)}" is not a new parameter name')
        else:
            places[name] = None if keyword_only else position
    return places


def _transforms(value: object, where: str) -> dict[str, Transform]:
    found = {}
    for row, fields in mapping(value, where).items():
        place = below(where, row)
        name = dotted(row, place)
        table = Table(fields, place, _TRANSFORM)
        found[name] = Transform(
            name=name,
            kind=table.need("kind", _kind),
            function=table.need("function", _argument),
            extra=table.read("extra", _arguments, ()),
            arguments=table.read("arguments", _roles, {}),
            options=table.read("options", _options, {}),
        )
    return found


def _roles(value: object, where: str) -> dict[str, Argument]:
    table = Table(value, where, ROLES)
    return {role: table.need(role, _argument) for role in mapping(value, where)}


def _options(value: object, where: str) -> dict[str, object]:
    table = Table(value, where, OPTIONS)
    fields = mapping(value, where)
    for option, constant in fields.items():
        place = table.place(option)
        wanted = OPTIONS[option]
        if type(constant) not in wanted:
            names = " or ".join(_TYPE_NAMES[kind] for kind in wanted)
            raise wrong_type(constant, place, names)
        words = _WORDS.get(option)
        if words is not None and constant not in words:
            word = str(constant)
            message = f'{place}: unknown value "{printable(word)}"{closest(word, sorted(words))}'
            raise CatalogueError(message)
    return dict(fields)


_WORDS = {"mode": MODES, "keys": OF_KEYS}
_TYPE_NAMES = {int: "an integer", str: "text", bool: "true or false"}


def _names(value: object, where: str) -> tuple[str, ...]:
    return tuple(
        dotted(item, f"{where}[{number}]") for number, item in enumerate(items(value, where))
    )


def _aliases(value: object, where: str) -> dict[str, str]:
    found = {}
    for alias, target in mapping(value, where).items():
        place = below(where, alias)
        name = dotted(alias, place)
        if name.endswith(".*") != dotted(target, place).endswith(".*"):
            raise CatalogueError(f'{place}: both names must end in ".*", or neither')
        found[name] = dotted(target, place)
    return found


def _sampling(value: object, where: str) -> dict[str, Argument]:
    """Methods that draw, with the argument that carries their key."""
    return {
        text(method, where): _argument(key, below(where, method))
        for method, key in mapping(value, where).items()
    }


def _families(value: object, where: str) -> dict[str, tuple[dict[str, Argument], frozenset[str]]]:
    """What all distributions directly below a dotted name have in common."""
    found = {}
    for family, fields in mapping(value, where).items():
        table = Table(fields, below(where, family), _FAMILY)
        alike = frozenset(table.read("alike", _names, ()))
        found[dotted(family, table.where)] = (table.read("sampling", _sampling, {}), alike)
    return found


def _distributions(
    rows: Mapping[str, object],
    where: str,
    families: Mapping[str, tuple[dict[str, Argument], frozenset[str]]],
) -> dict[str, Distribution]:
    found = {}
    for row, value in rows.items():
        place = below(where, row)
        name = dotted(row, place)
        table = Table(value, place, _DISTRIBUTION)
        sampling, alike = families.get(name.rpartition(".")[0], ({}, frozenset[str]()))
        wraps: tuple[Argument, ...] = table.read("wraps", _arguments, ())
        found[name] = Distribution(
            name=name,
            draw=table.read("draw", _draw, None),
            reparameterised=table.read("reparameterised", flag, True),
            parameters=_parameters(table, {argument.name for argument in wraps}),
            wrapper=bool(wraps),
            wraps=wraps,
            sampling={**sampling, **table.read("sampling", _sampling, {})},
            alike=alike | frozenset(table.read("alike", _names, ())),
        )
    return found
