"""Unified diffs of what fixes would change, byte for byte, as `patch` and `git apply` read them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence

from randlint.reporting.escaping import printable, source_line

_EVERY_BYTE = "latin-1"  # difflib wants text; this codec gives each byte back as it was
_NO_NEWLINE = b"\n\\ No newline at end of file\n"


def render(before: bytes, after: bytes, filename: str) -> Iterator[bytes]:
    r"""The lines of a diff with their ends. As in `patch`, only `\n` ends a line."""
    name = printable(filename).encode("utf-8").decode(_EVERY_BYTE)
    for line in difflib.unified_diff(_lines(before), _lines(after), name, name):
        data = line.encode(_EVERY_BYTE)
        yield data if data.endswith(b"\n") else data + _NO_NEWLINE


def for_terminal(line: bytes) -> str:
    """A line of a diff without its end, safe to print."""
    return source_line(line.decode("utf-8", "backslashreplace").rstrip("\r\n"))


def _lines(data: bytes) -> Sequence[str]:
    *whole, last = data.decode(_EVERY_BYTE).split("\n")
    lines = [f"{line}\n" for line in whole]
    return [*lines, last] if last else lines
