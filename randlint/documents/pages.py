"""Pages: the Python blocks of Markdown, MyST and reStructuredText, as one module in order.

A page keeps its rows; only indentation and prompts are cut off. Pages are full of fragments, so a
block that is no Python (and a doctest example that is none) is passed over without a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from randlint.documents.extract import Extract
from randlint.documents.magics import parses, tame
from randlint.source.decode import split_lines

_LANGUAGES = frozenset(
    {"python", "python3", "py", "py3", "ipython", "ipython3", "pycon", "pycon3", "python-repl"}
)
# Directives that hold Python without saying so, and those that may name a language.
_PYTHON_DIRECTIVES = frozenset(
    {"doctest", "jupyter-execute", "plot", "testcleanup", "testcode", "testsetup"}
)
_CODE_DIRECTIVES = frozenset({"code", "code-block", "code-cell", "sourcecode"})
_FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})(?P<info>.*)")
_DIRECTIVE_INFO = re.compile(r"\{(?P<name>[\w-]+)\}[ \t]*(?P<language>[\w-]*)")
_PANDOC_INFO = re.compile(r"\{[ \t]*\.?(?P<language>[\w-]+)")
_DIRECTIVE = re.compile(r"(?P<indent>[ \t]*)\.\.[ \t]+(?P<name>[\w-]+)::[ \t]*(?P<language>[\w-]*)")
_OPTION = re.compile(r"[ \t]*:[\w-]+:")
_PROMPT = re.compile(r"(?P<indent>[ \t]*)>>>(?:[ ]|$)")
_MORE = re.compile(r"(?P<indent>[ \t]*)\.\.\.(?:[ ]|$)")
_INDENT = re.compile(r"[ \t]*")


@dataclass(slots=True)
class _Row:
    """A row of code: its place in the page (from 0), its text, how much stands left of it."""

    number: int
    text: str
    cut: int = 0

    def less(self, columns: int) -> _Row:
        """The row without its first characters."""
        return _Row(self.number, self.text[columns:], self.cut + min(columns, len(self.text)))


_Block = list[_Row]


def extract_markdown(text: str) -> Extract | None:
    """The Python fences of a Markdown or MyST page; None where there are none."""
    rows = split_lines(text)
    return _assembled(_fences(rows), len(rows))


def extract_rest(text: str) -> Extract | None:
    """The code directives and doctests of a reStructuredText page; None where there are none."""
    rows = split_lines(text)
    return _assembled(_rest_blocks(rows), len(rows))


def _assembled(blocks: Iterable[_Block], count: int) -> Extract | None:
    """One module of as many rows as the page has, with what of the blocks is Python."""
    rows = [""] * count
    shifts: dict[int, int] = {}
    starts: list[int] = []
    for block in blocks:
        starts += [row.number + 1 for row in block[:1]]
        for row in _python(block):
            rows[row.number] = row.text
            if row.cut:
                shifts[row.number + 1] = row.cut
    if not any(rows):
        return None
    return Extract("\n".join(rows), shifts, blocks=tuple(starts))


def _python(block: _Block) -> Iterator[_Row]:
    """The rows of a block that are Python."""
    first = next((row for row in block if row.text.strip()), None)
    if first is None:
        return
    if _PROMPT.match(first.text):
        for example in _examples(block):
            yield from _tamed(example)
    else:
        yield from _tamed(block)


def _tamed(block: _Block) -> Iterator[_Row]:
    """The block as plain Python, or nothing."""
    tamed = tame("\n".join(row.text for row in block))
    if not parses("\n".join(tamed.rows)):
        return
    for number, (row, text) in enumerate(zip(block, tamed.rows, strict=True)):
        yield _Row(row.number, text, row.cut + tamed.shifts.get(number, 0))


def _examples(block: _Block) -> Iterator[_Block]:
    """The examples of a doctest, without prompts and without what they print."""
    example: _Block = []
    for row in block:
        prompt = _PROMPT.match(row.text)
        more = _MORE.match(row.text) if example else None
        if prompt is not None:
            if example:
                yield example
            example = [row.less(prompt.end())]
        elif more is not None:
            example.append(row.less(more.end()))
        elif example:
            yield example
            example = []
    if example:
        yield example


# --- Markdown


def _fences(rows: list[str]) -> Iterator[_Block]:
    number = 0
    while number < len(rows):
        opened = _FENCE.match(rows[number])
        if opened is None or ("`" in opened.group("info") and opened.group("fence")[0] == "`"):
            number += 1
            continue
        end = _closing(rows, number + 1, opened.group("fence"))
        holds_python, directive = _reads(opened.group("info").strip())
        if holds_python:
            indent = len(opened.group("indent"))
            block = [_unindented(at, rows[at], indent) for at in range(number + 1, end)]
            yield _without_options(block) if directive else block
        elif directive:  # MyST puts blocks into blocks
            yield from _inner(rows, number + 1, end)
        number = end + 1


def _inner(rows: list[str], start: int, end: int) -> Iterator[_Block]:
    for block in _fences(rows[start:end]):
        yield [_Row(row.number + start, row.text, row.cut) for row in block]


def _closing(rows: list[str], start: int, fence: str) -> int:
    """The row that closes a fence, or the end of the page."""
    closing = re.compile(rf"[ \t]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
    return next((at for at in range(start, len(rows)) if closing.match(rows[at])), len(rows))


def _reads(info: str) -> tuple[bool, bool]:
    """Whether a fence holds Python, and whether it is a directive with options."""
    directive = _DIRECTIVE_INFO.match(info)
    if directive is not None and (
        directive.group("language") or directive.group("name").lower() not in _LANGUAGES
    ):
        return _holds_python(directive.group("name"), directive.group("language")), True
    pandoc = _PANDOC_INFO.match(info)
    word = pandoc.group("language") if pandoc else re.split(r"[\s,{:]", info, maxsplit=1)[0]
    return word.lower() in _LANGUAGES, False


def _holds_python(directive: str, language: str) -> bool:
    name = directive.lower()
    if name in _CODE_DIRECTIVES:
        # A code cell that names no language is in that of the page.
        return language.lower() in _LANGUAGES or (name == "code-cell" and not language)
    return name in _PYTHON_DIRECTIVES


def _unindented(number: int, text: str, columns: int) -> _Row:
    """A row of a fence that is itself indented."""
    found = _INDENT.match(text)
    indent = 0 if found is None else found.end()
    return _Row(number, text).less(min(indent, columns))


def _without_options(block: _Block) -> _Block:
    """The block without `:name: value` rows, or the YAML between two `---`, at its beginning."""
    start = 0
    if block and block[0].text.strip() == "---":
        closed = [at for at, row in enumerate(block) if at and row.text.strip() == "---"]
        start = closed[0] + 1 if closed else 0
    while start < len(block) and _OPTION.match(block[start].text):
        start += 1
    return block[start:]


# --- reStructuredText


def _rest_blocks(rows: list[str]) -> Iterator[_Block]:
    number = 0
    while number < len(rows):
        directive = _DIRECTIVE.match(rows[number])
        prompt = _PROMPT.match(rows[number])
        if directive is not None and directive.group("name").lower() in (
            _CODE_DIRECTIVES | _PYTHON_DIRECTIVES
        ):
            end = _dedented(rows, number + 1, len(directive.group("indent")))
            if _holds_python(directive.group("name"), directive.group("language")):
                yield _body(rows, number + 1, end)
            number = end
        elif prompt is not None:
            end = number
            while end < len(rows) and rows[end].strip():
                end += 1
            yield [_Row(at, rows[at]) for at in range(number, end)]
            number = end
        else:
            number += 1


def _dedented(rows: list[str], start: int, indent: int) -> int:
    """The first row that stands no further right than the directive."""
    for at in range(start, len(rows)):
        found = _INDENT.match(rows[at])
        if rows[at].strip() and found is not None and found.end() <= indent:
            return at
    return len(rows)


def _body(rows: list[str], start: int, end: int) -> _Block:
    """What a directive holds, without its options and its indentation."""
    block = _without_options([_Row(at, rows[at]) for at in range(start, end)])
    indents = [_INDENT.match(row.text) for row in block if row.text.strip()]
    columns = min((found.end() for found in indents if found is not None), default=0)
    return [row.less(min(columns, len(row.text))) for row in block]
