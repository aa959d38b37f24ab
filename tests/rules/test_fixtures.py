"""Every fixture file: what is marked is found, and nothing else.

`tests/fixtures/RNDxxx.py` holds functions below `# --- flagged`, with `# expect: RNDxxx` on the
line of each finding, and look-alikes below `# --- left alone`. All rules that are on by default run
over the file, and the file's own rule; so a look-alike of one rule is a look-alike of all.
"""

from __future__ import annotations

import ast
import functools
import re
from dataclasses import replace
from pathlib import Path

import pytest

from randlint.diagnosis import analyse
from randlint.engine import check_bytes
from randlint.findings import Finding
from randlint.rules import registry
from randlint.settings import Settings

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
CODES = sorted(path.stem for path in FIXTURES.glob("RND*.py"))
LEAST_FLAGGED, LEAST_LEFT_ALONE = 8, 12
TWO_PLACES = ("RND101", "RND102", "RND103", "RND104", "RND105")
COMMENTS = ("RND901", "RND902")  # rules about suppressions live in the engine
EXPLANATIONS = ("RND206",)  # says that all is well
ADVICE = re.compile(
    r"[;:] (ask|delete|derive|differentiate|draw|fold|make|pass|return|split|take|use|wrap|write)\b"
)

each_fixture = pytest.mark.parametrize("code", CODES)


def _text(code: str) -> str:
    return (FIXTURES / f"{code}.py").read_text(encoding="utf-8")


def _expected(text: str) -> set[tuple[int, str]]:
    marks = set()
    for row, line in enumerate(text.splitlines(), start=1):
        comment = re.search(r"# expect: (.*)", line)
        if comment is not None:
            marks |= {(row, code.strip()) for code in comment.group(1).split(",")}
    return marks


def _need(code: str) -> None:
    """Skip a fixture whose rules are not written yet."""
    missing = {code, *(each for _, each in _expected(_text(code)))} - set(registry())
    if missing:
        pytest.skip(f"no rule yet for {', '.join(sorted(missing))}")


@functools.cache
def _findings(code: str) -> tuple[Finding, ...]:
    """What the default rules and the file's own rule say about a fixture."""
    codes = frozenset({each for each, rule in registry().items() if rule.default} | {code})
    text = _text(code)
    if code in COMMENTS:
        settings = replace(Settings(root=FIXTURES), select=tuple(sorted(codes)))
        return check_bytes(text.encode(), f"{code}.py", settings).findings
    analysis = analyse(text, f"{code}.py", codes=codes)
    assert analysis.abandoned == 0
    return analysis.findings


def _listed(places: set[tuple[int, str]], lines: list[str]) -> list[str]:
    return [f"  row {row}: {code}: {lines[row - 1].strip()}" for row, code in sorted(places)]


def _functions_below(text: str, heading: str) -> int:
    """How many functions and classes stand between a heading and the next one."""
    rows = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.startswith("# ---")
    ]
    starts = [number for number, line in rows if line.startswith(f"# --- {heading}")]
    assert starts, f"no heading `# --- {heading}`"
    stop = min((number for number, _ in rows if number > starts[0]), default=10**9)
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return sum(
        isinstance(node, definitions) and starts[0] < node.lineno < stop
        for node in ast.parse(text).body
    )


@each_fixture
def test_what_is_marked_is_found_and_nothing_else(code: str) -> None:
    _need(code)
    text = _text(code)
    lines = text.splitlines()
    found = {(each.location.start.row, each.code) for each in _findings(code)}
    expected = _expected(text)
    missed = _listed(expected - found, lines)
    surplus = _listed(found - expected, lines)
    said = [f"not found in {code}.py:", *missed] if missed else []
    said += [f"found but not marked in {code}.py:", *surplus] if surplus else []
    assert not said, "\n".join(["", *said])


@each_fixture
def test_a_fixture_is_large_enough(code: str) -> None:
    text = _text(code)
    flagged = {row for row, each in _expected(text) if each == code}
    assert len(flagged) >= LEAST_FLAGGED
    assert _functions_below(text, "left alone") >= LEAST_LEFT_ALONE


@each_fixture
def test_nothing_is_marked_among_the_look_alikes(code: str) -> None:
    text = _text(code)
    start = text[: text.index("# --- left alone")].count("\n") + 1
    assert [row for row, each in _expected(text) if row > start and each == code] == []


def test_every_rule_about_programs_has_a_fixture() -> None:
    assert [code for code in registry() if code not in CODES and code != "RND900"] == []


@each_fixture
def test_findings_of_two_places_name_both(code: str) -> None:
    _need(code)
    for finding in _findings(code):
        if finding.code not in TWO_PLACES:
            continue
        (first,) = finding.related
        assert first.message
        assert first.location.filename == finding.location.filename


@pytest.mark.parametrize("code", TWO_PLACES)
def test_the_first_place_is_another_place(code: str) -> None:
    """RND102 and RND103 may meet themselves in the next turn; the others have two expressions."""
    assert any(each.code == code for each in _findings(code))
    for finding in _findings(code):
        if finding.code in ("RND101", "RND105"):
            assert finding.related[0].location.start != finding.location.start


@each_fixture
def test_messages_say_what_to_do(code: str) -> None:
    _need(code)
    if code in COMMENTS:
        pytest.skip("a comment that suppresses nothing is deleted or spelled right")
    for finding in _findings(code):
        if finding.code not in EXPLANATIONS:
            assert ADVICE.search(finding.message), finding.message
        assert finding.message[-1] != "."
        assert "\n" not in finding.message


@each_fixture
def test_spans_are_spans_of_the_text(code: str) -> None:
    _need(code)
    lines = _text(code).splitlines()
    for finding in _findings(code):
        places = [finding.location, *(related.location for related in finding.related)]
        for place in places:
            assert place.start.row >= 1
            assert place.start.column >= 1
            assert place.start < place.end
            assert place.end.column <= len(lines[place.end.row - 1]) + 1
            assert lines[place.start.row - 1][place.start.column - 1 :].strip()
