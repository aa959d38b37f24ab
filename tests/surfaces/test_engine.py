from __future__ import annotations

from pathlib import Path

import pytest

from randlint import diagnosis
from randlint.engine import Checker, FileReport, check_bytes
from randlint.findings import Confidence, Finding, Location, Position, Severity
from randlint.settings import Settings

HERE = Settings(root=Path())


def check(text: str | bytes, settings: Settings = HERE, filename: str = "a.py") -> FileReport:
    data = text.encode() if isinstance(text, str) else text
    return check_bytes(data, filename, settings)


def codes(report: FileReport) -> list[tuple[str, int]]:
    return [(finding.code, finding.location.start.row) for finding in report.findings]


def with_select(*added: str) -> Settings:
    return HERE.overridden(extend_select=added)


def test_a_finding_with_its_two_places(reuse: str) -> None:
    (finding,) = check(reuse).findings
    assert finding.code == "RND101"
    assert finding.location.start == Position(6, 9)
    assert [related.location.start for related in finding.related] == [Position(5, 9)]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_line_endings_and_byte_order_mark_change_nothing(
    reuse: str, ending: str, mark: bytes
) -> None:
    data = mark + reuse.replace("\n", ending).encode()
    assert check(data).findings == check(reuse).findings


def test_form_feed_changes_nothing_but_is_no_line_end(reuse: str) -> None:
    text = reuse.replace("\n\ndef", "\n\x0c\ndef")
    assert text != reuse
    assert check(text).findings == check(reuse).findings


def test_columns_count_characters() -> None:
    text = "import jax\nkey = jax.random.key(0)\na = jax.random.normal(key)\n"
    text += "'é漢', jax.random.normal(key)\n"
    (finding,) = check(text).findings
    assert finding.location.start == Position(4, 7)


def test_encoding_cookie(reuse: str) -> None:
    text = "# coding: latin-1\nname = 'é'\n" + reuse
    (finding,) = check(text.encode("latin-1")).findings
    assert (finding.code, finding.location.start) == ("RND101", Position(8, 9))


@pytest.mark.parametrize(
    ("data", "row"),
    [
        (b"x = 1\ny = '\xff'\n", 2),
        (b"import jax.random\n\0", 2),
        (b"x = 1\ndef f(:\n    pass\n", 2),
        (b"from jax import random\nx = 1\ndef f(:\n    pass\n", 3),
        (b"# coding: klingon\n", 1),
    ],
)
def test_unreadable_source_is_one_finding(data: bytes, row: int) -> None:
    report = check(data)
    assert codes(report) == [("RND900", row)]
    assert report.error == ""
    assert codes(check(data, HERE.overridden(ignore=["RND900"]))) == []


@pytest.mark.parametrize("data", [b"", b"\n", b"  \n\t\n", b"\xef\xbb\xbf", b"\x0c", b"# only\n"])
def test_nothing_in_a_file_is_nothing_to_say(data: bytes) -> None:
    assert check(data) == FileReport("a.py")


def test_invalid_escapes_print_no_warning(reuse: str, recwarn: pytest.WarningsRecorder) -> None:
    check("x = '\\d'\n")
    check(reuse + "x = '\\d'\n")
    assert list(recwarn) == []


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# noqa: RND101",
        "# noqa: RND1",
        "# noqa: E501, RND101",
        "# randlint: ignore[RND101] paired on purpose",
    ],
)
def test_suppressed(reuse: str, comment: str) -> None:
    text = reuse.replace("uniform(key, (3,))", f"uniform(key, (3,))  {comment}")
    report = check(text)
    assert codes(report) == []
    assert report.suppressed == 1


@pytest.mark.parametrize(
    "comment", ["# noqa: RND102", "# noqa: E501", "# randlint: ignore[RND102] no"]
)
def test_not_suppressed(reuse: str, comment: str) -> None:
    text = reuse.replace("uniform(key, (3,))", f"uniform(key, (3,))  {comment}")
    assert codes(check(text)) == [("RND101", 6)]


@pytest.mark.parametrize(("row", "silent"), [(6, True), (7, False), (9, True)])
def test_suppression_on_first_or_last_line_of_the_statement(row: int, silent: bool) -> None:
    lines = [
        "import jax",
        "",
        "",
        "def f(key):",
        "    a = jax.random.normal(key)",
        "    b = g(",
        "        1,",
        "        jax.random.normal(key),",
        "    )",
        "    return a + b",
    ]
    lines[row - 1] += "  # noqa: RND101"
    assert codes(check("\n".join(lines) + "\n")) == ([] if silent else [("RND101", 8)])


def test_text_in_a_string_suppresses_nothing(reuse: str) -> None:
    text = reuse.replace("(3,))\n    return", "(3,)), '# noqa'\n    return")
    assert codes(check(text)) == [("RND101", 6)]


def test_noqa_can_be_left_to_somebody_else(reuse: str) -> None:
    settings = Settings(root=Path(), noqa=False)
    text = reuse.replace("uniform(key, (3,))", "uniform(key, (3,))  # noqa")
    assert codes(check(text, settings)) == [("RND101", 6)]
    text = reuse.replace("uniform(key, (3,))", "uniform(key)  # randlint: ignore[RND101] ok")
    assert codes(check(text, settings)) == []


def test_unknown_suppressions_are_reported_even_without_randomness() -> None:
    report = check("x = 1\ny = 2  # noqa: E501, RND999\n")
    assert codes(report) == [("RND902", 2)]
    (finding,) = report.findings
    assert finding.location.start == Position(2, 22)
    assert finding.location.end == Position(2, 28)
    assert "`RND999` is not a rule" in finding.message


@pytest.mark.parametrize(
    "comment",
    [
        "# randlint: ignore[RND999] x",
        "# randlint: ignore[E501]",
        "# randlint: ignore",
        "# noqa:rnd0",
    ],
)
def test_more_unknown_suppressions(comment: str) -> None:
    assert codes(check(f"x = 1  {comment}\n")) == [("RND902", 1)]


@pytest.mark.parametrize("comment", ["# noqa: E999", "# noqa: RND1", "# noqa", "# noqa: X1"])
def test_what_is_no_unknown_suppression(comment: str) -> None:
    assert codes(check(f"x = 1  {comment}\n")) == []


def test_an_unknown_suppression_is_suppressed_by_name_only() -> None:
    assert codes(check("x = 1  # noqa: RND999, RND902\n")) == []
    assert codes(check("x = 1  # noqa: RND999  # noqa\n")) == [("RND902", 1)]


def test_unused_suppressions_are_off_by_default(reuse: str) -> None:
    text = reuse.replace("return x + y", "return x + y  # noqa: RND101,RND102")
    assert codes(check(text)) == [("RND101", 6)]
    found = codes(check(text, with_select("RND901")))
    assert found == [("RND101", 6), ("RND901", 7), ("RND901", 7)]


def test_used_suppressions_and_those_of_others_are_not_unused(reuse: str) -> None:
    text = reuse.replace("uniform(key, (3,))", "uniform(key)  # noqa: E501,RND101")
    assert codes(check(text, with_select("RND901"))) == []


def test_a_suppression_of_a_rule_that_did_not_run_is_not_unused() -> None:
    text = "x = 1  # noqa: RND101\n"
    settings = with_select("RND901").overridden(ignore=["RND101"])
    assert codes(check(text, settings)) == []
    assert codes(check(text, with_select("RND901"))) == [("RND901", 1)]


def test_selected_codes_only(reuse: str) -> None:
    assert codes(check(reuse, HERE.overridden(select=["RND109"]))) == []


def a_finding(code: str, confidence: Confidence, row: int, column: int) -> Finding:
    place = Location("a.py", Position(row, column), Position(row, column + 1))
    return Finding(code, "name", Severity.ERROR, confidence, "said", place)


def test_confidence_and_order(monkeypatch: pytest.MonkeyPatch) -> None:
    found = (
        a_finding("RND109", Confidence.LOW, 1, 1),
        a_finding("RND109", Confidence.MEDIUM, 2, 5),
        a_finding("RND101", Confidence.HIGH, 2, 5),
        a_finding("RND101", Confidence.HIGH, 2, 1),
    )

    asked: list[Confidence] = []

    def analyse(
        text: str, filename: str, *, models: object, at_least: Confidence, **others: object
    ) -> diagnosis.Analysis:
        assert models == {"m": 1}
        asked.append(at_least)
        return diagnosis.Analysis(found, 3, 1)

    monkeypatch.setattr(diagnosis, "analyse", analyse)

    def places(level: Confidence) -> list[tuple[str, int, int]]:
        settings = Settings(root=Path(), min_confidence=level, models={"m": 1})
        report = check("import jax.random\nx\n", settings)
        assert (report.functions, report.abandoned) == (3, 1)
        return [
            (item.code, item.location.start.row, item.location.start.column)
            for item in report.findings
        ]

    high = [("RND101", 2, 1), ("RND101", 2, 5)]
    assert places(Confidence.HIGH) == high
    assert places(Confidence.MEDIUM) == [*high, ("RND109", 2, 5)]
    assert asked[:2] == [Confidence.HIGH, Confidence.MEDIUM]
    assert places(Confidence.LOW) == [("RND109", 1, 1), *high, ("RND109", 2, 5)]


def test_files_that_cannot_matter_are_not_interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    def analyse(*arguments: object, **options: object) -> None:
        raise AssertionError("interpreted in vain")

    monkeypatch.setattr(diagnosis, "analyse", analyse)
    assert check("def f(x):\n    return x\n") == FileReport("a.py")


def test_a_checker_travels_to_another_process(reuse: str) -> None:
    import pickle

    checker = Checker(HERE.overridden(select=["RND101"]))
    checker.codes("a.py")
    copy = pickle.loads(pickle.dumps(checker))
    assert copy.check_bytes(reuse.encode(), "a.py") == checker.check_bytes(reuse.encode(), "a.py")
    assert copy.codes("a.py") == {"RND101"}
