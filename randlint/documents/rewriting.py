"""Changing single lines of a notebook without touching any other byte of it.

JSON's own reader forgets where things stand. So, where a notebook is changed or a place of its file
is wanted, the file is scanned once more for the strings that hold the code.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from randlint.documents.notebook import validate
from randlint.edits import Replacement, offset, replacements
from randlint.findings import Edit, Position

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_SCALAR = re.compile(r"[^\s,\]}]+")
_BRACKET = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]', re.DOTALL)
_ROW_END = re.compile(r"\r\n|\r|\n")
_SPACE = re.compile(r"[ \t\r\n]*")
# One character of a string as JSON writes it: a surrogate pair is one.
_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|[^\\]",
    re.DOTALL,
)
_LINE = re.compile(r"(?:\\(?!n).|[^\\])*(?:\\n|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Token:
    """A JSON string: where its text stands between the quotes."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Source:
    """The strings that hold a cell's code; `listed` where they are items of a list."""

    tokens: tuple[_Token, ...]
    listed: bool


class Notebook:
    """The text of an .ipynb file and where the code of its cells stands in it.

    The file must be a notebook that `notebook.validate` accepts.
    """

    def __init__(self, data: bytes) -> None:
        self._text = data.decode("utf-8")
        self._sources = list(_sources(self._text))
        self._rows: list[int] = []  # where the rows of the file begin, once somebody asks

    def source(self, number: int) -> str:
        """The code of a cell, by its number from 1."""
        return "".join(map(self._decoded, self._source(number).tokens))

    def file_position(self, number: int, position: Position) -> Position:
        """Where a position of a cell stands in the file itself, counted in characters."""
        tokens = self._source(number).tokens
        if not tokens:
            return Position(1, 1)
        at = min(offset(self.source(number), position), len(self.source(number)))
        for token in tokens:
            length = len(self._decoded(token))
            if at < length or token is tokens[-1]:
                break
            at -= length
        start = token.start + _raw_offset(self._raw(token), at)
        if not self._rows:
            self._rows = [0, *(end.end() for end in _ROW_END.finditer(self._text))]
        row = bisect_right(self._rows, start)
        return Position(row, start - self._rows[row - 1] + 1)

    def rewritten(self, edits: Mapping[int, Sequence[Edit]]) -> bytes:
        """The file with edits applied to its cells; ValueError where they do not fit."""
        pieces: list[str] = []
        done = 0
        for number in sorted(edits):
            source = self._source(number)
            changes = replacements(self.source(number), edits[number])
            for first, last, raw in self._changed(source, changes):
                pieces += [self._text[done:first], raw]
                done = last
        return "".join([*pieces, self._text[done:]]).encode("utf-8")

    def _source(self, number: int) -> _Source:
        if not 1 <= number <= len(self._sources):
            raise ValueError(f"an edit in cell {number} of {len(self._sources)}")
        return self._sources[number - 1]

    def _raw(self, token: _Token) -> str:
        return self._text[token.start : token.end]

    def _decoded(self, token: _Token) -> str:
        text = json.loads(f'"{self._raw(token)}"', strict=False)
        assert isinstance(text, str)
        return text

    def _changed(
        self, source: _Source, changes: Sequence[Replacement]
    ) -> Iterator[tuple[int, int, str]]:
        """What to put in the place of which characters of the file.

        Changes that touch the same strings are made together.
        """
        group: list[Replacement] = []
        reach = -1  # the last token of the group
        for change in changes:
            first, last = self._touched(source, change)
            if group and first > reach:
                yield self._merged(source, group)
                group = []
            group.append(change)
            reach = max(reach, last)
        if group:
            yield self._merged(source, group)

    def _touched(self, source: _Source, change: Replacement) -> tuple[int, int]:
        """The first and the last token that a change has to do with."""
        begins = 0
        first = last = -1
        for number, token in enumerate(source.tokens):
            ends = begins + len(self._decoded(token))
            is_last = number == len(source.tokens) - 1
            if first < 0 and (change.start < ends or is_last):
                first = number
            if first >= 0 and (change.end <= ends or is_last):
                last = number
                break
            begins = ends
        if first < 0:
            raise ValueError("an edit in a cell without text")
        return first, last

    def _merged(self, source: _Source, group: Sequence[Replacement]) -> tuple[int, int, str]:
        """The strings that a group of changes touches, written anew where they change."""
        first = self._touched(source, group[0])[0]
        last = max(self._touched(source, change)[1] for change in group)
        tokens = source.tokens[first : last + 1]
        begins = sum(len(self._decoded(token)) for token in source.tokens[:first])
        raw = "".join(map(self._raw, tokens))
        pieces: list[str] = []
        done = 0
        for change in group:
            start = _raw_offset(raw, change.start - begins)
            end = _raw_offset(raw, change.end - begins)
            pieces += [raw[done:start], self._escaped(change.content)]
            done = end
        changed = "".join([*pieces, raw[done:]])
        if source.listed:
            lines = [line for line in _LINE.findall(changed) if line] or [""]
            changed = self._separator(source).join(lines)
        return tokens[0].start, tokens[-1].end, changed

    def _separator(self, source: _Source) -> str:
        """What stands between the texts of two items: `",`, a new line, `"`."""
        if len(source.tokens) > 1:
            return self._text[source.tokens[0].end : source.tokens[1].start]
        opening = source.tokens[0].start - 1
        space = self._text[self._text.rindex("[", 0, opening) + 1 : opening]
        return f'",{space}"'

    def _escaped(self, text: str) -> str:
        """Text as JSON, in plain ASCII where the file is."""
        return json.dumps(text, ensure_ascii=self._text.isascii())[1:-1]


def open_notebook(data: bytes) -> Notebook:
    """The file as a notebook; raises BrokenDocument where it is none."""
    validate(data)
    return Notebook(data)


def rewrite(data: bytes, edits: Mapping[int, Sequence[Edit]]) -> bytes:
    """A notebook with edits applied to its cells, by their numbers.

    Raises BrokenDocument where it is none, ValueError where an edit does not fit.
    """
    return open_notebook(data).rewritten(edits)


def _raw_offset(raw: str, count: int) -> int:
    """Where, in a string as JSON writes it, the character with this index begins."""
    at = 0
    for _ in range(count):
        found = _CHARACTER.match(raw, at)
        if found is None:
            raise ValueError("an edit outside of its cell")
        at = found.end()
    return at


def _sources(text: str) -> Iterator[_Source]:
    """The code of every cell, in order; cells of other kinds hold what they hold."""
    start = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    document = _members(text, start)
    sheets = [start]
    version = document["nbformat"]
    if text[version : _end(text, version)] == "3":
        place = document.get("worksheets")
        sheets = [] if place is None else list(_items(text, place))
    for sheet in sheets:
        members = _members(text, sheet)
        for cell in _items(text, members["cells"]) if "cells" in members else ():
            yield _source(text, cell)


def _source(text: str, cell: int) -> _Source:
    members = _members(text, cell)
    place = members.get("source", members.get("input"))
    if place is None:
        return _Source((), listed=False)
    if text[place] == '"':
        return _Source((_Token(place + 1, _end(text, place) - 1),), listed=False)
    if text[place] != "[":
        return _Source((), listed=False)
    tokens = [_Token(item + 1, _end(text, item) - 1) for item in _items(text, place)]
    return _Source(tuple(tokens), listed=True)


def _members(text: str, start: int) -> dict[str, int]:
    """The names of an object, and where their values begin; of a name twice the last counts."""
    found: dict[str, int] = {}
    at = _skip(text, start + 1)
    while text[at] != "}":
        end = _end(text, at)
        name = json.loads(text[at:end], strict=False)
        at = _skip(text, _skip(text, end) + 1)  # over the colon
        found[name] = at
        at = _skip(text, _end(text, at))
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _items(text: str, start: int) -> Iterator[int]:
    """Where the items of a list begin."""
    at = _skip(text, start + 1)
    while text[at] != "]":
        yield at
        at = _skip(text, _end(text, at))
        if text[at] == ",":
            at = _skip(text, at + 1)


def _end(text: str, start: int) -> int:
    """Where the value that begins here ends."""
    if text[start] not in "{[":
        found = (_STRING if text[start] == '"' else _SCALAR).match(text, start)
        assert found is not None
        return found.end()
    depth = 0
    for mark in _BRACKET.finditer(text, start):
        if mark.group() in ("{", "["):
            depth += 1
        elif mark.group() in ("}", "]"):
            depth -= 1
            if depth == 0:
                return mark.end()
    raise ValueError("not a notebook")


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()
