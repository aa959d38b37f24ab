"""One table of a catalogue file, read field by field, with errors that name the place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import TypeVar

from randlint.catalogue.schema import CatalogueError

_T = TypeVar("_T")
_Default = TypeVar("_Default")
_Enum = TypeVar("_Enum", bound=StrEnum)


def closest(word: str, known: Collection[str]) -> str:
    """`; did you mean "x"?` for the valid word nearest to `word`, else the valid words."""
    import difflib  # only when something is wrong: most runs never pay for it

    matches = difflib.get_close_matches(word, known, n=1)
    if matches:
        return f'; did you mean "{matches[0]}"?'
    return f"; valid: {', '.join(sorted(known))}" if len(known) <= 30 else ""


def printable(value: object) -> str:
    """`value` for an error line: one line, short, no control characters."""
    text = value if isinstance(value, str) else repr(value)
    text = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)
    return text if len(text) <= 60 else text[:57] + "..."


def below(where: str, name: str) -> str:
    """The dotted place of an entry whose name the user chose."""
    return f"{where}.{printable(name)}"


class Table:
    """A mapping whose fields are all known; `where` is its dotted place in the file."""

    __slots__ = ("_fields", "where")

    def __init__(self, value: object, where: str, known: Collection[str]) -> None:
        fields = mapping(value, where)
        for field in fields:
            if field not in known:
                message = f'{where}: unknown field "{printable(field)}"{closest(field, known)}'
                raise CatalogueError(message)
        self.where = where
        self._fields = fields

    def __contains__(self, field: str) -> bool:
        return field in self._fields

    def place(self, field: str) -> str:
        """The dotted place of one field."""
        return f"{self.where}.{field}"

    def read(
        self, field: str, convert: Callable[[object, str], _T], default: _Default
    ) -> _T | _Default:
        """The converted field, or `default` where the table has none."""
        if field not in self._fields:
            return default
        return convert(self._fields[field], self.place(field))

    def need(self, field: str, convert: Callable[[object, str], _T]) -> _T:
        """The converted field, or an error where the table has none."""
        if field not in self._fields:
            raise CatalogueError(f'{self.where}: the field "{field}" is missing')
        return convert(self._fields[field], self.place(field))


def mapping(value: object, where: str) -> Mapping[str, object]:
    """A table with text for keys."""
    if not isinstance(value, Mapping):
        raise wrong_type(value, where, "a table")
    for key in value:
        if not isinstance(key, str):
            raise CatalogueError(f"{where}: the field {printable(key)} must be text")
    return value


def items(value: object, where: str) -> list[object]:
    """A list."""
    if not isinstance(value, list | tuple):
        raise wrong_type(value, where, "a list")
    return list(value)


def text(value: object, where: str) -> str:
    """A non-empty text."""
    if not isinstance(value, str):
        raise wrong_type(value, where, "text")
    if not value:
        raise CatalogueError(f"{where}: must not be empty")
    return value


def dotted(value: object, where: str) -> str:
    """A dotted Python name, perhaps ending in `.*`."""
    name = text(value, where)
    if not all(part.isidentifier() for part in name.removesuffix(".*").split(".")):
        raise CatalogueError(f'{where}: "{printable(name)}" is not a dotted Python name')
    return name


def flag(value: object, where: str) -> bool:
    """A truth value."""
    if not isinstance(value, bool):
        raise wrong_type(value, where, "true or false")
    return value


def index(value: object, where: str) -> int:
    """An integer of at least 0 (a bool is not one)."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise wrong_type(value, where, "an integer")
    if value < 0:
        raise CatalogueError(f"{where}: must be at least 0, not {value}")
    return value


def one_of(kind: type[_Enum]) -> Callable[[object, str], _Enum]:
    """A converter to one member of `kind`."""

    def convert(value: object, where: str) -> _Enum:
        word = text(value, where)
        try:
            return kind(word)
        except ValueError:
            known = [str(member) for member in kind]
            message = f'{where}: unknown value "{printable(word)}"{closest(word, known)}'
            raise CatalogueError(message) from None

    return convert


def wrong_type(value: object, where: str, wanted: str) -> CatalogueError:
    """The error for a value of another type."""
    return CatalogueError(f"{where}: must be {wanted}, not {printable(value)}")
