"""Bytes to text, the way Python reads its own source (PEP 263), with a place for every error."""

from __future__ import annotations

import codecs
import re

_BOM = codecs.BOM_UTF8
_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_NEWLINE = re.compile(r"\r\n|\r|\n")


class UndecodableSource(ValueError):
    """The bytes of a file are not Python text.

    `row` and `column` are 1-based and count characters; the message says what to do about it.
    """

    def __init__(self, row: int, column: int, message: str) -> None:
        super().__init__(message)
        self.row = row
        self.column = column
        self.message = message


def decode(data: bytes) -> str:
    """Decode source text: UTF-8 unless a byte order mark or a PEP 263 comment says otherwise.

    The byte order mark is dropped, so columns count what an editor shows; line endings are kept.
    Raises UndecodableSource for an unknown encoding, bytes outside the encoding, and NUL.
    """
    has_mark = data.startswith(_BOM)
    body = data[len(_BOM) :] if has_mark else data
    encoding = _declared_encoding(body, has_mark)
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise _undecodable(body, error, encoding) from None
    except (UnicodeError, ValueError) as error:
        raise UndecodableSource(1, 1, f"cannot be decoded as {encoding}: {error}") from None
    nul = text.find("\0")
    if nul >= 0:
        row, column = position(text, nul)
        raise UndecodableSource(
            row, column, "a NUL character: Python does not accept this file as source text"
        )
    return text


def encode(text: str, original: bytes) -> bytes | None:
    """`text` in the encoding of `original` and with its byte order mark.

    None where `original` itself would not come out as it is (some encodings write one text in
    several ways): rewriting would then touch more than was meant. Raises UndecodableSource where
    `original` is no source.
    """
    mark = _BOM if original.startswith(_BOM) else b""
    body = original[len(mark) :]
    encoding = _declared_encoding(body, bool(mark)).replace("utf-8-sig", "utf-8")
    if decode(original).encode(encoding) != body:
        return None
    try:
        return mark + text.encode(encoding)
    except UnicodeEncodeError:
        return None


def split_lines(text: str) -> list[str]:
    r"""The lines of a file as Python counts them: `\n`, `\r\n` and `\r` end one, nothing else."""
    return _NEWLINE.split(text)


def position(text: str, offset: int) -> tuple[int, int]:
    """The 1-based row and column of a character offset."""
    lines = split_lines(text[:offset])
    return len(lines), len(lines[-1]) + 1


def _declared_encoding(body: bytes, has_mark: bool) -> str:
    """The codec that the first two lines ask for, or `utf-8`."""
    for row, line in enumerate(body[:4096].splitlines()[:2], start=1):
        cookie = _COOKIE.match(line)
        if cookie is None:
            if _BLANK.match(line):
                continue
            break
        name = cookie.group(1).decode("ascii", "replace")
        column = len(line[: cookie.start(1)].decode("utf-8", "replace")) + 1
        return _codec(name, row, column, has_mark)
    return "utf-8"


def _codec(name: str, row: int, column: int, has_mark: bool) -> str:
    """Check that `name` is a text encoding which agrees with the byte order mark."""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        info = None
    if info is None or not getattr(info, "_is_text_encoding", True):
        raise UndecodableSource(
            row, column, f"`{name}` is no text encoding that Python knows; declare `utf-8`"
        )
    if has_mark and info.name not in {"utf-8", "utf-8-sig"}:
        raise UndecodableSource(
            row, column, f"the file starts with a UTF-8 byte order mark but declares `{name}`"
        )
    return info.name


def _undecodable(body: bytes, error: UnicodeDecodeError, encoding: str) -> UndecodableSource:
    """Say which byte, where, and what to do."""
    before = body[: error.start].decode(encoding, "replace")
    row, column = position(before, len(before))
    return UndecodableSource(
        row,
        column,
        f"byte 0x{body[error.start]:02x} is not {encoding}: save the file as UTF-8, or declare its "
        "encoding in the first line (`# -*- coding: latin-1 -*-`)",
    )
