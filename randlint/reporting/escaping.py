r"""Text from files and file names, made safe to print.

A file name or a source line may hold escape sequences that move the cursor, recolour the terminal
or hide code (bidirectional overrides). None of them is printed raw: `\x1b` is shown as `\x1b`.
"""

from __future__ import annotations

import unicodedata

_TAB = "    "


def printable(text: str) -> str:
    """The text with every control, format and unpaired surrogate character escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def source_line(line: str) -> str:
    """A source line for display: like `printable`, with a tab shown as four spaces."""
    if line.isascii() and line.isprintable():
        return line
    return "".join(map(_shown_in_source, line))


def width(line: str) -> int:
    """How many terminal cells the display of a source line takes."""
    if line.isascii() and line.isprintable():
        return len(line)
    return sum(map(_cells, map(_shown_in_source, line)))


def _shown_in_source(character: str) -> str:
    return _TAB if character == "\t" else _shown(character)


def _shown(character: str) -> str:
    if character.isprintable() or character == " ":
        return character
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _cells(shown: str) -> int:
    if len(shown) > 1 or shown.isascii():
        return len(shown)
    if unicodedata.combining(shown):
        return 0
    return 2 if unicodedata.east_asian_width(shown) in "WF" else 1
