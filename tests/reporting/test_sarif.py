"""SARIF documents: valid under the schema, and consistent beyond what a schema can say."""

from __future__ import annotations

import copy
import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from randlint.findings import Confidence, Finding, Location, Position, Related, Severity
from randlint.reporting import sarif
from randlint.rules import registry

Run = Callable[..., Any]
SCHEMA = runpy.run_path(str(Path(__file__).with_name("sarif_schema.py")))["SCHEMA"]
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)

PLACES = st.builds(
    lambda name, row, column, more, cell: Location(
        name, Position(row, column), Position(row + more, column + 1), cell
    ),
    st.sampled_from(["a.py", "/abs/ü b.py", "no\udcff.py", "x.ipynb", "100%.py", "a:b.py", "-"]),
    st.integers(1, 10**6),
    st.integers(1, 500),
    st.integers(0, 3),
    st.none() | st.integers(1, 50),
)
FINDINGS = st.builds(
    Finding,
    st.sampled_from(sorted(registry())),
    st.just("name"),
    st.sampled_from(Severity),
    st.sampled_from(Confidence),
    st.text(min_size=1, max_size=20),
    PLACES,
    st.lists(st.builds(Related, st.text(max_size=5), PLACES), max_size=3).map(tuple),
)


def consistent(document: Any) -> None:
    """What the standard demands in words: indices lead to the rule, regions run forward."""
    (run,) = document["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert [each["id"] for each in result["relatedLocations"]] == list(
            range(len(result["relatedLocations"]))
        )
        for place in (*result["locations"], *result["relatedLocations"]):
            region = place["physicalLocation"]["region"]
            start = (region["startLine"], region["startColumn"])
            assert start <= (region["endLine"], region["endColumn"])


@settings(max_examples=100, deadline=None)
@given(st.lists(FINDINGS, max_size=6))
def test_any_findings_make_a_valid_document(findings: list[Finding]) -> None:
    document = json.loads(sarif.render(findings))
    VALIDATOR.validate(document)
    consistent(document)
    assert len(document["runs"][0]["results"]) == len(findings)


def test_the_examples_make_a_valid_document(
    randlint: Run, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    outcome = randlint("check", "--output-format", "sarif", "examples/rnd101_key_reuse.py")
    document = json.loads(outcome.out)
    VALIDATOR.validate(document)
    consistent(document)
    assert document["runs"][0]["results"]


def spoilt(change: Callable[[Any], object]) -> Any:
    document = copy.deepcopy(VALID)
    change(document["runs"][0])
    return document


PLACE = Location("a.py", Position(1, 2), Position(1, 3), 4)
VALID = json.loads(
    sarif.render(
        [
            Finding(
                "RND101",
                "key-reuse",
                Severity.ERROR,
                Confidence.HIGH,
                "x",
                PLACE,
                (Related("first", PLACE),),
            )
        ]
    )
)


@pytest.mark.parametrize(
    "change",
    [
        lambda run: run.pop("tool"),
        lambda run: run["tool"]["driver"].pop("name"),
        lambda run: run["results"][0].pop("message"),
        lambda run: run["results"][0].update(level="fatal"),
        lambda run: run["results"][0].update(rank=101),
        lambda run: run["results"][0].update(ruleid="RND101"),
        lambda run: run["results"][0]["message"].pop("text"),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["region"].update(
            startLine=0
        ),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"].pop("artifactLocation"),
        lambda run: run["results"][0]["locations"][0]["physicalLocation"]["region"].pop(
            "startLine"
        ),
        lambda run: run["results"][0]["relatedLocations"].append(
            run["results"][0]["relatedLocations"][0]
        ),
        lambda run: run.update(columnKind="bytes"),
    ],
)
def test_the_schema_sees_mistakes(change: Callable[[Any], object]) -> None:
    VALIDATOR.validate(VALID)
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate(spoilt(change))
