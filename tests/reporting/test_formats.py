from __future__ import annotations

import io
import json
from typing import Any

import pytest

from randlint.engine import FileReport
from randlint.findings import Edit, Fix, Position
from randlint.reporting import github, sarif, statistics
from randlint.reporting import json as json_report
from randlint.reporting.progress import ProgressBar
from randlint.runner import Tally


def test_json_has_the_fields_of_the_contract(make: Any) -> None:
    edit = Edit(Position(3, 1), Position(3, 4), "key2")
    finding = make(3, 5, 8, related=(("first", "b.py", 1, 2, 4),), fix=Fix("split", (edit,)))
    assert json.loads(json_report.render([finding])) == [
        {
            "code": "RND101",
            "name": "key-reuse",
            "severity": "error",
            "confidence": "high",
            "message": "drawn twice",
            "filename": "a.py",
            "cell": None,
            "location": {"row": 3, "column": 5},
            "end_location": {"row": 3, "column": 8},
            "related": [
                {
                    "message": "first",
                    "filename": "b.py",
                    "cell": None,
                    "location": {"row": 1, "column": 2},
                }
            ],
            "fix": {
                "message": "split",
                "safe": True,
                "edits": [
                    {
                        "content": "key2",
                        "location": {"row": 3, "column": 1},
                        "end_location": {"row": 3, "column": 4},
                    }
                ],
            },
            "url": None,
        }
    ]


def test_json_of_nothing_is_an_empty_list() -> None:
    assert json.loads(json_report.render([])) == []


def test_json_is_ascii(make: Any) -> None:
    text = json_report.render([make(1, 1, 2, filename="\udcff\x7f.py", message="é\33")])
    assert text.replace("\n", "").isprintable()
    assert text.isascii()


def test_sarif(make: Any) -> None:
    finding = make(3, 5, 8, filename="s p/ü.py", related=(("first", "/b.py", 1, 2, 4),))
    document = json.loads(sarif.render([finding, finding]))
    (run,) = document["runs"]
    assert document["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["RND101"]
    result = run["results"][0]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("RND101", 0, "error")
    physical = result["locations"][0]["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "s%20p/%C3%BC.py", "uriBaseId": "%SRCROOT%"}
    assert physical["region"] == {"startLine": 3, "startColumn": 5, "endLine": 3, "endColumn": 8}
    related = result["relatedLocations"][0]["physicalLocation"]
    assert related["artifactLocation"] == {"uri": "file:///b.py"}
    assert len(run["results"]) == 2


def test_sarif_of_nothing() -> None:
    (run,) = json.loads(sarif.render([]))["runs"]
    assert run["results"] == []


def test_github_escapes_what_its_commands_are_made_of(make: Any) -> None:
    (line,) = github.render([make(3, 5, 8, filename="a,b:c%.py", message="50% off\n::error::x")])
    assert line == (
        "::error file=a%2Cb%3Ac%25.py,line=3,col=5,endLine=3,endColumn=8,title=randlint (RND101)"
        "::3:5: RND101 50%25 off%0A::error::x"
    )


def test_statistics(make: Any) -> None:
    reports = [
        FileReport("a.py", (make(1, 1, 2), make(2, 1, 2)), functions=5, abandoned=1),
        FileReport("b.py", (), functions=2, suppressed=3),
    ]
    assert list(statistics.render(Tally.of(reports), 1.234)) == [
        "2  RND101  key-reuse",
        "2 files checked in 1.23 s",
        "7 functions interpreted",
        "1 functions abandoned (out of budget)",
        "3 findings suppressed by comments",
    ]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_shows_after_a_second_and_cleans_up(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.5, 1.5, 1.55, 1.7])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    terminal = Terminal()
    with ProgressBar(terminal) as progress:
        progress(1, 4)
        assert terminal.getvalue() == ""
        progress(2, 4)
        drawn = terminal.getvalue()
        assert drawn.endswith("2/4 files")
        progress(3, 4)  # too soon after the last picture
        assert terminal.getvalue() == drawn
        progress(4, 4)
    *_, blanks, end = terminal.getvalue().split("\r")
    assert (blanks.strip(" "), end) == ("", "")
    assert len(blanks) == len(drawn.removeprefix("\r"))


def test_no_progress_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 5.0])
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    stream = io.StringIO()
    with ProgressBar(stream) as progress:
        progress(1, 2)
    assert stream.getvalue() == ""
