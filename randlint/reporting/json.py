"""JSON for programs: a list with one object per finding. The fields are a contract."""

from __future__ import annotations

import json
from collections.abc import Sequence

from randlint.findings import Finding, Fix, Position, Related


def render(findings: Sequence[Finding]) -> str:
    """The whole document. Rows and columns are 1-based, columns count characters, ends are open."""
    return json.dumps([_finding(finding) for finding in findings], indent=2)


def _finding(finding: Finding) -> dict[str, object]:
    location = finding.location
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.value,
        "confidence": finding.confidence.name.lower(),
        "message": finding.message,
        "filename": location.filename,
        "cell": location.cell,
        "location": _position(location.start),
        "end_location": _position(location.end),
        "related": [_related(related) for related in finding.related],
        "fix": None if finding.fix is None else _fix(finding.fix),
        "url": None,
    }


def _position(position: Position) -> dict[str, int]:
    return {"row": position.row, "column": position.column}


def _related(related: Related) -> dict[str, object]:
    return {
        "message": related.message,
        "filename": related.location.filename,
        "cell": related.location.cell,
        "location": _position(related.location.start),
    }


def _fix(fix: Fix) -> dict[str, object]:
    edits = [
        {
            "content": edit.content,
            "location": _position(edit.start),
            "end_location": _position(edit.end),
        }
        for edit in fix.edits
    ]
    return {"message": fix.message, "safe": fix.safe, "edits": edits}
