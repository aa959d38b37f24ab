"""Workflow commands: findings become annotations on the changed lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from randlint.findings import Finding, Location
from randlint.reporting.escaping import printable
from randlint.reporting.sources import Sources


def render(findings: Sequence[Finding], sources: Sources | None = None) -> Iterator[str]:
    """One command per finding; in a notebook it stands on the row of the file that holds the code.

    The message names cell and row as people see them.
    """
    sources = sources or Sources()
    for finding in findings:
        location = sources.in_file(finding.location)
        properties = {
            "file": _property(location.filename),
            "line": location.start.row,
            "col": location.start.column,
            "endLine": location.end.row,
            "endColumn": location.end.column,
            "title": _property(f"randlint ({finding.code})"),
        }
        joined = ",".join(f"{name}={value}" for name, value in properties.items())
        message = f"{_seen(finding.location)}: {finding.code} {finding.message}"
        yield f"::{finding.severity.value} {joined}::{_data(message)}"


def _seen(location: Location) -> str:
    cell = "" if location.cell is None else f"cell {location.cell}:"
    return f"{cell}{location.start.row}:{location.start.column}"


def _data(text: str) -> str:
    """A message: `%` first, since it introduces the other escapes."""
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
