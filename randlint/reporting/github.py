"""Workflow commands: findings become annotations on the changed lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from randlint.findings import Finding
from randlint.reporting.escaping import printable


def render(findings: Sequence[Finding]) -> Iterator[str]:
    """One command per finding."""
    for finding in findings:
        location = finding.location
        properties = {
            "file": _property(location.filename),
            "line": location.start.row,
            "col": location.start.column,
            "endLine": location.end.row,
            "endColumn": location.end.column,
            "title": _property(f"randlint ({finding.code})"),
        }
        joined = ",".join(f"{name}={value}" for name, value in properties.items())
        message = f"{location.start.row}:{location.start.column}: {finding.code} {finding.message}"
        yield f"::{finding.severity.value} {joined}::{_data(message)}"


def _data(text: str) -> str:
    """A message: `%` first, since it introduces the other escapes."""
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
