"""Joining claims and events: what became of every finding, and what no finding announced."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from randlint_runtime.verify import _judges, _keys
from randlint_runtime.verify._outcome import Events, Outcome, Span, Status, times

_JUDGES = {
    **dict.fromkeys(_judges.PARAMETERS, _judges.parameter),
    "RND109": _keys.unused_key,
    "RND110": _judges.exception,
    "RND112": _judges.leak,
    "RND115": _keys.unused_parameter,
    "RND202": _judges.data_flow,
    "RND205": _judges.exception,
    "RND207": _judges.data_flow,
    "RND209": _judges.second_derivative,
    "RND301": _judges.host_randomness,
    "RND302": _judges.entropy,
}


@dataclass(frozen=True, slots=True)
class Verified:
    """One static finding and what running the tests says about it."""

    code: str
    filename: str
    row: int
    column: int
    message: str
    status: Status
    evidence: str
    tests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Missed:
    """One event that no finding announced."""

    filename: str
    row: int
    text: str
    tests: tuple[str, ...]


def join(
    findings: list[dict[str, Any]], events: Events, paths: list[str]
) -> tuple[list[Verified], list[Missed]]:
    """Judge every finding (as `randlint check --output-format json` prints it) by the events."""
    matched: set[str] = set()
    judged = [_verified(f, _outcome(f, events, matched)) for f in findings]
    return judged, _missed(events, matched, [os.path.realpath(p) for p in paths])


def _outcome(finding: dict[str, Any], events: Events, matched: set[str]) -> Outcome:
    if finding.get("cell") is not None:
        return Outcome(Status.NOT_EXECUTED, "notebook cells are not run by tests")
    code = finding["code"]
    if code in _keys.EQUAL_KEYS:
        return _keys.equal_keys(finding, events, matched)
    judge = _JUDGES.get(code)
    if judge is not None:
        return judge(finding, events)
    ran = Span.of(finding).times_run(events)
    if not ran:
        return Outcome(Status.NOT_EXECUTED, "no test runs this line")
    return Outcome(Status.UNDECIDED, f"{times(ran)}; running cannot decide {code}")


def _verified(finding: dict[str, Any], outcome: Outcome) -> Verified:
    return Verified(
        code=finding["code"],
        filename=finding["filename"],
        row=finding["location"]["row"],
        column=finding["location"]["column"],
        message=finding["message"],
        status=outcome.status,
        evidence=outcome.evidence,
        tests=outcome.tests,
    )


def _missed(events: Events, matched: set[str], roots: list[str]) -> list[Missed]:
    found: dict[str, tuple[Any, str, list[str]]] = {}
    for event in events:
        for reuse in event["reuses"]:
            if reuse["allowed"] is not None or _keys.signature(reuse) in matched:
                continue
            frame = next((f for f in reuse["second"]["frames"] if _within(f[0], roots)), None)
            if frame is not None:
                entry = found.setdefault(_keys.signature(reuse), (frame, reuse["text"], []))
                entry[2].append(event["test"])
    return [
        Missed(frame[0], frame[1], text, tuple(dict.fromkeys(tests)))
        for frame, text, tests in found.values()
    ]


def _within(filename: str, roots: list[str]) -> bool:
    path = Path(filename)
    return any(path == Path(root) or Path(root) in path.parents for root in roots)
