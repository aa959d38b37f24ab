"""What a run came to, in numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from randlint.runner import Tally


def render(tally: Tally, seconds: float) -> Iterator[str]:
    """A table of findings per rule, then the totals; `seconds` is the wall time of the run."""
    findings = [finding for report in tally.reports for finding in report.findings]
    names = {finding.code: finding.name for finding in findings}
    counts = Counter(finding.code for finding in findings)
    digits = len(str(max(counts.values(), default=0)))
    for code in sorted(counts, key=lambda code: (-counts[code], code)):
        yield f"{counts[code]:>{digits}}  {code}  {names[code]}"
    yield f"{tally.files} files checked in {seconds:.2f} s"
    yield f"{tally.functions} functions interpreted"
    yield f"{tally.abandoned} functions abandoned (out of budget)"
    failed = sum(bool(each.error) for each in tally.unfinished)
    if failed:
        yield f"{failed} functions not checked (internal error)"
    yield f"{tally.suppressed} findings suppressed by comments"
    if tally.known:
        yield f"{tally.known} findings known to the baseline"
