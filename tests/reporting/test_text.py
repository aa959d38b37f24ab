from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from randlint.reporting.escaping import printable, source_line, width
from randlint.reporting.text import Sources, render, summary


def report(finding: Any, text: str, *, colour: bool = False, **others: str) -> list[str]:
    given = {"a.py": text.encode()} | {f"{name}.py": it.encode() for name, it in others.items()}
    return list(render([finding], Sources(given), colour=colour))


def test_both_places_are_underlined_in_order(make: Any) -> None:
    finding = make(9, 5, 8, related=(("first used here", "a.py", 1, 1, 4),))
    text = "one = 1\n" + "\n" * 7 + "x = two\n"
    assert report(finding, text) == [
        "a.py:9:5: RND101 drawn twice",
        "  |",
        "1 | one = 1",
        "  | --- first used here",
        "9 | x = two",
        "  |     ^^^",
    ]


def test_related_place_below(make: Any) -> None:
    finding = make(1, 1, 2, related=(("see", "a.py", 2, 1, 2),))
    assert report(finding, "a\nb\n")[2:] == ["1 | a", "  | ^", "2 | b", "  | - see"]


def test_two_places_in_one_line_show_it_once(make: Any) -> None:
    finding = make(1, 5, 6, related=(("here", "a.py", 1, 1, 2),))
    assert report(finding, "a + b\n")[2:] == ["1 | a + b", "  | - here", "  |     ^"]


def test_gutter_is_as_wide_as_the_largest_row(make: Any) -> None:
    finding = make(100, 1, 2, related=(("here", "a.py", 9, 1, 2),))
    lines = report(finding, "x\n" * 100)
    assert lines[1:5] == ["    |", "  9 | x", "    | - here", "100 | x"]


def test_a_span_of_several_rows_is_underlined_to_the_end_of_the_first(make: Any) -> None:
    assert report(make(1, 3, 2, end_row=2), "f(a,\nb)\n")[-1] == "  |   ^^"


def test_another_file_is_shown_with_its_name(make: Any) -> None:
    finding = make(1, 1, 2, related=(("made here", "b.py", 2, 1, 4),))
    assert report(finding, "x\n", b="\nkey\n")[1:] == [
        "  |",
        "1 | x",
        "  | ^",
        "  = b.py:2:1",
        "2 | key",
        "  | --- made here",
    ]


def test_what_can_no_longer_be_read_is_named(make: Any, tmp_path: Path) -> None:
    gone = str(tmp_path / "gone.py")
    finding = make(1, 1, 2, related=(("made here", gone, 2, 1, 4),))
    assert report(finding, "x\n")[-1] == f"  = {gone}:2:1: made here"
    assert report(make(7, 1, 2), "x\n") == ["a.py:7:1: RND101 drawn twice"]


def test_tabs_and_wide_characters_keep_the_line_under_its_place(make: Any) -> None:
    text = "\té漢 = x\n"
    lines = report(make(1, 7, 8), text)
    assert lines[-2:] == ["1 |     é漢 = x", "  |           ^"]


def test_a_very_long_line_is_cropped_around_the_place(make: Any) -> None:
    text = "a" * 5000 + "KEY" + "b" * 5000 + "\n"
    *_, source, underline = report(make(1, 5001, 5004), text)
    assert len(source) < 200
    assert source[underline.index("^^^") :].startswith("KEY")
    assert source.endswith("...")


def test_colour(make: Any) -> None:
    coloured = report(make(1, 1, 2), "x\n", colour=True)
    assert any("\33[31m" in line for line in coloured)
    assert not any("\33" in line for line in report(make(1, 1, 2), "x\n"))


@pytest.mark.parametrize("evil", ["\33[2J", "\x9b31m", "\b", "\x7f", "\u202e", "\u2066", "\r"])
def test_nothing_evil_is_printed_raw(make: Any, evil: str) -> None:
    name = f"a{evil}.py"
    finding = make(1, 1, 2, filename=name, message=f"it{evil}", related=((evil, name, 1, 1, 2),))
    sources = Sources({name: f"x  # {evil}\n".encode()})
    for line in render([finding], sources, colour=False):
        assert line.isprintable()


def test_escapes() -> None:
    assert printable("a\x1b\u202e\U000e0001\udcff é") == r"a\x1b\u202e\U000e0001\udcff é"
    assert printable("a\tb") == r"a\x09b"
    assert source_line("a\tb") == "a    b"
    assert width("é漢e\u0301\t") == 1 + 2 + 1 + 4


def test_summary(make: Any) -> None:
    assert summary([], 1) == "No findings (1 file checked)."
    assert summary([make(1, 1, 2)], 2) == "1 finding in 1 file (2 files checked)."
    two = [make(1, 1, 2), make(1, 1, 2, filename="b.py"), make(2, 1, 2)]
    assert summary(two, 2) == "3 findings in 2 files (2 files checked)."
