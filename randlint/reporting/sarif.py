"""SARIF 2.1.0, the format that code-scanning services read."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from urllib.parse import quote

from randlint import __version__
from randlint.findings import Finding, Location, Related, Severity
from randlint.reporting.sources import Sources

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RANK = {1: 30.0, 2: 60.0, 3: 90.0}  # by confidence


def render(findings: Sequence[Finding], sources: Sources | None = None) -> str:
    """The whole document: one run, with the rules that have findings described in it.

    SARIF knows no cells: regions are those of the notebook's file, and the cell is a logical
    location.
    """
    sources = sources or Sources()
    codes = sorted({finding.code for finding in findings})
    run = {
        "tool": {
            "driver": {
                "name": "randlint",
                "version": __version__,
                "rules": [_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes, sources) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str) -> dict[str, object]:
    from randlint.rules import registry

    rule = registry()[code]
    return {
        "id": code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "help": {"text": rule.doc, "markdown": rule.doc},
        "defaultConfiguration": {"level": _level(rule.severity)},
    }


def _level(severity: Severity) -> str:
    return "error" if severity is Severity.ERROR else "warning"


def _result(finding: Finding, codes: Sequence[str], sources: Sources) -> dict[str, object]:
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _level(finding.severity),
        "rank": _RANK[finding.confidence.value],
        "message": {"text": finding.message},
        "locations": [_location(finding.location, sources)],
        "relatedLocations": [
            _related(number, related, sources) for number, related in enumerate(finding.related)
        ],
    }


def _related(number: int, related: Related, sources: Sources) -> dict[str, object]:
    return {
        "id": number,
        "message": {"text": related.message},
        **_location(related.location, sources),
    }


def _location(location: Location, sources: Sources) -> dict[str, object]:
    found: dict[str, object] = {"physicalLocation": _physical(sources.in_file(location))}
    if location.cell is not None:
        found["logicalLocations"] = [{"name": f"cell {location.cell}", "kind": "module"}]
    return found


def _physical(location: Location) -> dict[str, object]:
    return {
        "artifactLocation": _artifact(location.filename),
        "region": {
            "startLine": location.start.row,
            "startColumn": location.start.column,
            "endLine": location.end.row,
            "endColumn": location.end.column,
        },
    }


def _artifact(filename: str) -> dict[str, object]:
    """A URI; one that is relative to the folder of the run says so."""
    encoded = quote(os.fsencode(filename.replace(os.sep, "/")))
    if os.path.isabs(filename):
        return {"uri": f"file://{encoded}"}
    return {"uri": encoded, "uriBaseId": "%SRCROOT%"}
