from __future__ import annotations

import pytest

from randlint.source.decode import UndecodableSource, decode, position, split_lines


def test_utf8_is_the_default() -> None:
    assert decode("x = 'é'\n".encode()) == "x = 'é'\n"


def test_byte_order_mark_is_dropped() -> None:
    assert decode(b"\xef\xbb\xbfx = 1\n") == "x = 1\n"


def test_byte_order_mark_with_agreeing_cookie() -> None:
    assert decode(b"\xef\xbb\xbf# coding: UTF_8\nx = 1\n").endswith("x = 1\n")


@pytest.mark.parametrize(
    "header",
    [
        b"# -*- coding: latin-1 -*-\n",
        b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n",
        b"\n# coding=latin-1\n",
        b"\x0c# coding: latin-1\r\n",
    ],
)
def test_cookie_in_the_first_two_lines(header: bytes) -> None:
    assert decode(header + b"x = '\xe9'\n").endswith("x = 'é'\n")


@pytest.mark.parametrize(
    "header",
    [b"x = 0\n# coding: latin-1\n", b"\n\n# coding: latin-1\n", b"# decoding latin-1\n"],
)
def test_no_cookie_elsewhere(header: bytes) -> None:
    with pytest.raises(UndecodableSource, match="0xe9 is not utf-8"):
        decode(header + b"x = '\xe9'\n")


def test_line_endings_stay() -> None:
    assert decode(b"a\r\nb\rc\x0cd\n") == "a\r\nb\rc\x0cd\n"


@pytest.mark.parametrize(
    ("data", "row", "column", "said"),
    [
        (b"a = 1\nb = '\xe9'\n", 2, 6, "save the file as UTF-8"),
        ("é = '".encode() + b"\xff'\n", 1, 6, "byte 0xff"),
        (b"x = 1\n\0\n", 2, 1, "NUL"),
        (b"# coding: klingon\n", 1, 11, "`klingon` is no text encoding"),
        (b"# coding: rot13\n", 1, 11, "`rot13` is no text encoding"),
        (b"# coding: hex\n", 1, 11, "`hex` is no text encoding"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 1, 11, "byte order mark"),
        (b"# coding: ascii\nx = '\xc3\xa9'\n", 2, 6, "not ascii"),
        (b"# coding: undefined\nx\n", 1, 1, "cannot be decoded as undefined"),
    ],
)
def test_errors_say_where_and_what(data: bytes, row: int, column: int, said: str) -> None:
    with pytest.raises(UndecodableSource) as caught:
        decode(data)
    assert (caught.value.row, caught.value.column) == (row, column)
    assert said in caught.value.message
    assert "\n" not in caught.value.message


def test_only_python_line_ends_count() -> None:
    assert split_lines("a\nb\r\nc\rd\x0ce\x0bf\x85g\u2028h") == [
        "a",
        "b",
        "c",
        "d\x0ce\x0bf\x85g\u2028h",
    ]
    assert position("ab\r\ncd", 5) == (2, 2)
