"""What a run prints, and on which stream."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from randlint.findings import Finding
    from randlint.runner import Tally


def complain(message: str) -> None:
    """One line about what went wrong, safe on a terminal."""
    from randlint.reporting.escaping import printable

    print(f"randlint: error: {printable(message)}", file=sys.stderr)


def print_lines(lines: Iterable[str]) -> None:
    """One line after the other."""
    for line in lines:
        print(line)


def print_findings(tally: Tally, given: Mapping[str, bytes], output_format: str) -> None:
    """The report of a run; `given` holds the bytes of files that are not on disk."""
    findings = [finding for report in tally.reports for finding in report.findings]
    if output_format == "json":
        from randlint.reporting import json

        print(json.render(findings))
    elif output_format == "sarif":
        from randlint.reporting import sarif
        from randlint.reporting.sources import Sources

        print(sarif.render(findings, Sources(given)))
    elif output_format == "github":
        from randlint.reporting import github
        from randlint.reporting.sources import Sources

        print_lines(github.render(findings, Sources(given)))
    else:
        _print_text(findings, tally, given)
        return
    for line in _given_up(tally):
        print(f"randlint: {line}", file=sys.stderr)


def _given_up(tally: Tally) -> Iterator[str]:
    """A line about what was too large; a document for programs has no place for it."""
    from randlint.reporting import text

    yield from text.given_up([each for each in tally.unfinished if not each.error])


def _print_text(findings: Sequence[Finding], tally: Tally, given: Mapping[str, bytes]) -> None:
    from randlint.reporting import text
    from randlint.reporting.sources import Sources

    print_lines(text.render(findings, Sources(given), colour=_wants_colour()))
    failed = sum(bool(report.error) for report in tally.reports)
    print(text.summary(findings, tally.files - failed, to_the_end=not tally.unfinished))
    print_lines(_given_up(tally))
    print_lines(text.fixable(findings))


def print_statistics(tally: Tally, seconds: float, output_format: str) -> None:
    """After the findings; beside a machine-readable document, on standard error."""
    from randlint.reporting import statistics

    stream = sys.stdout if output_format == "text" else sys.stderr
    for line in statistics.render(tally, seconds):
        print(line, file=stream)


def _wants_colour() -> bool:
    """Colour is for terminals only, and never against NO_COLOR (no-color.org)."""
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )
