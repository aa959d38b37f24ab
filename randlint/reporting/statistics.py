"""What a run came to, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from randlint.engine import FileReport


def render(reports: Sequence[FileReport], seconds: float) -> Iterator[str]:
    """A table of findings per rule, then the totals; `seconds` is the wall time of the run."""
    names = {finding.code: finding.name for report in reports for finding in report.findings}
    counts = Counter(finding.code for report in reports for finding in report.findings)
    digits = len(str(max(counts.values(), default=0)))
    for code in sorted(counts, key=lambda code: (-counts[code], code)):
        yield f"{counts[code]:>{digits}}  {code}  {names[code]}"
    yield f"{len(reports)} files checked in {seconds:.2f} s"
    yield f"{sum(report.functions for report in reports)} functions interpreted"
    yield f"{sum(report.abandoned for report in reports)} functions abandoned (out of budget)"
    yield f"{sum(report.suppressed for report in reports)} findings suppressed by comments"
