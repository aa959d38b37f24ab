from __future__ import annotations

import pytest

from randlint.source.suppressions import (
    mentions_own_suppression,
    mentions_suppression,
    read_suppressions,
)


def codes(text: str) -> list[tuple[str, ...] | None]:
    return [
        None if found.codes is None else tuple(code.text for code in found.codes)
        for found in read_suppressions(text)
    ]


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# noqa", None),
        ("#noqa", None),
        ("# NOQA", None),
        ("# noqa: because", None),  # flake8 reads it so, too
        ("# noqa: RND101", ("RND101",)),
        ("# noqa:rnd101", ("RND101",)),
        ("# noqa: RND101, E501", ("RND101", "E501")),
        ("# noqa: E501 RND101 reason", ("E501", "RND101")),
        ("# type: ignore  # noqa: RND1", ("RND1",)),
        ("# randlint: ignore[RND101] paired draws", ("RND101",)),
        ("# randlint: ignore[RND101,RND102]", ("RND101", "RND102")),
        ("# randlint:ignore[ rnd101 ]", ("RND101",)),
        ("# todo  # randlint: ignore[RND101]", ("RND101",)),
    ],
)
def test_forms(comment: str, expected: tuple[str, ...] | None) -> None:
    assert codes(f"x = 1  {comment}\n") == [expected]


@pytest.mark.parametrize(
    "line",
    [
        "x = '# noqa'",
        'x = "# randlint: ignore[RND101]"',
        "x = '\\\\' + '# noqa'",
        "# noqaRND101 is a word",
        "# see randlint: it finds this",
        "# a comment about noqa",
        "x = '''\n# noqa: RND101\n'''",
        'x = f"{y}# noqa"',
    ],
)
def test_look_alikes(line: str) -> None:
    assert codes(line + "\n") == []


@pytest.mark.parametrize(
    "comment",
    ["# randlint: ignore", "# randlint: ignore[]", "# randlint: ingore[RND101]"],
)
def test_misspelt_directives_silence_nothing(comment: str) -> None:
    (found,) = read_suppressions(f"x = 1  {comment}\n")
    assert "write `# randlint: ignore[RND101]`" in found.malformed
    assert not found.names("RND101")


def test_place_is_in_characters() -> None:
    (found,) = read_suppressions("é = 1  # noqa: RND101\n")
    assert (found.row, found.column, found.end_column) == (1, 8, 22)
    assert found.codes is not None
    assert found.codes[0].column == 16


STATEMENT = """\
before = 1
x = call({first}
    a,{middle}
    b,
){last}
after = 1
"""


@pytest.mark.parametrize(
    ("where", "rows"),
    [("first", {2, 3, 4, 5}), ("last", {2, 3, 4, 5}), ("middle", {3})],
)
def test_reach_within_a_statement(where: str, rows: set[int]) -> None:
    places = dict.fromkeys(("first", "middle", "last"), "") | {where: "  # noqa: RND101"}
    (found,) = read_suppressions(STATEMENT.format(**places))
    assert {row for row in range(1, 7) if found.covers(row)} == rows


def test_a_compound_statement_ends_with_its_header() -> None:
    (found,) = read_suppressions("with a(\n    b\n):  # noqa: RND101\n    c()\n    d()\n")
    assert {row for row in range(1, 6) if found.covers(row)} == {1, 2, 3}


def test_last_line_of_a_triple_quoted_string() -> None:
    (found,) = read_suppressions('x = f("""\nlong\n""", key)  # noqa: RND101\ny = 1\n')
    assert {row for row in range(1, 5) if found.covers(row)} == {1, 2, 3}


def test_continued_line() -> None:
    (found,) = read_suppressions("x = a + \\\n    b  # noqa: RND101\ny = 1\n")
    assert {row for row in range(1, 4) if found.covers(row)} == {1, 2}


def test_a_comment_alone_speaks_for_its_own_row() -> None:
    (found,) = read_suppressions("x = 1\n# noqa: RND101\ny = 1\n")
    assert {row for row in range(1, 4) if found.covers(row)} == {2}


def test_whole_file_as_in_flake8() -> None:
    (found,) = read_suppressions("x = 1\n    # flake8: noqa\n" + "y = 1\n")
    assert found.whole_file
    assert found.covers(1000)
    (named,) = read_suppressions("# flake8: noqa: RND101\n")
    assert named.names("RND101")
    assert not named.names("RND102")


@pytest.mark.parametrize("broken", ["x = (\n", "    y\n  z\n", "x = '''\n", "x = $ ?\n"])
def test_comments_of_text_that_is_no_python(broken: str) -> None:
    assert codes("a = '#'  # noqa: RND900\n" + broken) == [("RND900",)]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_rows_under_any_line_ending(ending: str) -> None:
    (found,) = read_suppressions(ending.join(["a = 1", "", "b = 2  # noqa: RND101", ""]))
    assert (found.row, found.column) == (3, 8)


def test_form_feed_is_no_line_end() -> None:
    (found,) = read_suppressions("a = 1\n\x0c\nb = 2  # noqa\n")
    assert found.row == 3


def test_cheap_tests_never_miss() -> None:
    for text in (b"x  # noqa: RND999", b"x # NoQA:rnd1", b"# RandLint: ignore"):
        assert mentions_suppression(text)
        assert mentions_own_suppression(text)
    assert mentions_suppression(b"x  # noqa: E501")
    assert not mentions_own_suppression(b"x  # noqa: E501\nRND = 1")
    assert not mentions_suppression(b"import jax")
