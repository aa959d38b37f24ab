"""Joining claims and events: what became of every finding, and what no finding announced."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

# Rules about equal keys, seen by the ledger; of these, some need a line to run twice.
_KEYS = frozenset(f"RND{n}" for n in (101, 102, 103, 105, 106, 107, 108, 111, 113, 114, 116))
_REPEATING = frozenset(f"RND{n}" for n in (102, 103, 107, 108, 111, 116))
# Rules whose finding is not on a line that uses the key: the whole function stands for it.
_BY_FUNCTION = frozenset(f"RND{n}" for n in (107, 113, 116))
# Rules that end in an exception on their line.
_ERRORS = frozenset(f"RND{n}" for n in (110, 112, 205))
_LANES = "RND104"
_GRADIENTS = frozenset(f"RND{n}" for n in (201, 203, 204, 208, 209))
# An index past the end gives a key that somebody else may never use: silence proves nothing.
_SILENCE_PROVES_NOTHING = frozenset({"RND106", "RND113", "RND114"})


class Status(StrEnum):
    """What became of a finding."""

    CONFIRMED = "confirmed"  # the event was seen on its line
    REFUTED = "refuted"  # the line ran, the event did not happen
    NOT_EXECUTED = "not executed"  # the line did not run (or only once, where twice is needed)
    UNDECIDED = "undecided"  # the line ran, but running cannot decide this rule


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


@dataclass(frozen=True, slots=True)
class _Span:
    filename: str
    rows: range

    def meets(self, frames: Iterable[Any]) -> bool:
        return any(file == self.filename and line in self.rows for file, line, _ in frames)


def join(
    findings: list[dict[str, Any]], events: list[dict[str, Any]], paths: list[str]
) -> tuple[list[Verified], list[Missed]]:
    """Judge every finding (as `randlint check --output-format json` prints it) by the events."""
    matched: set[str] = set()
    judged = [_judge(finding, events, matched) for finding in findings]
    return judged, _missed(events, matched, [os.path.realpath(p) for p in paths])


def plan(findings: list[dict[str, Any]]) -> dict[str, list[int]]:
    """The lines to count: those of all findings, by real file name."""
    lines: dict[str, set[int]] = {}
    for finding in findings:
        span = _span(finding)
        lines.setdefault(span.filename, set()).update(span.rows)
    return {file: sorted(rows) for file, rows in lines.items()}


def _span(finding: dict[str, Any]) -> _Span:
    start = finding["location"]["row"]
    end = finding.get("end_location") or {}
    return _Span(
        os.path.realpath(finding["filename"]), range(start, max(end.get("row", start), start) + 1)
    )


def _judge(finding: dict[str, Any], events: list[dict[str, Any]], matched: set[str]) -> Verified:
    span, code = _span(finding), finding["code"]
    status, evidence = Status.NOT_EXECUTED, "no test runs this line"
    tests: tuple[str, ...] = ()
    if finding.get("cell") is not None:
        evidence = "notebook cells are not run by tests"
    else:
        status, evidence, tests = _outcome(code, span, events, matched)
    return Verified(
        code=code,
        filename=finding["filename"],
        row=finding["location"]["row"],
        column=finding["location"]["column"],
        message=finding["message"],
        status=status,
        evidence=evidence,
        tests=tests,
    )


def _outcome(
    code: str, span: _Span, events: list[dict[str, Any]], matched: set[str]
) -> tuple[Status, str, tuple[str, ...]]:
    ran = _times_run(span, events)
    if code in _ERRORS:
        raised = _raised(span, events)
        if raised:
            return Status.CONFIRMED, raised[0], tuple(dict.fromkeys(raised[1]))
    if code in _BY_FUNCTION:
        span = _function_around(span)
    if code in _KEYS or code == _LANES:
        used = sum(u["times"] for e in events for u in e["uses"] if span.meets(u["frames"]))
        found, tests = _reuses(span, events, matched)
        if code == _LANES and not found:
            found, tests = _shared(span, events)
        if found:
            return Status.CONFIRMED, found[0], tests
        if not used and not ran:
            return Status.NOT_EXECUTED, "no test runs this line", ()
        if code in _REPEATING and used < 2:
            return Status.NOT_EXECUTED, "used a key once only; the rule is about repetition", ()
        if code in _SILENCE_PROVES_NOTHING or code == _LANES:
            return Status.UNDECIDED, f"ran {max(ran, 1)} times; equal keys were not seen", ()
        return Status.REFUTED, _never(ran, used), ()
    if code in _GRADIENTS:
        return _gradient(span, events, ran)
    if not ran:
        return Status.NOT_EXECUTED, "no test runs this line", ()
    return Status.UNDECIDED, f"ran {ran} times; running cannot decide {code}", ()


def _raised(span: _Span, events: list[dict[str, Any]]) -> tuple[str, list[str]] | None:
    texts, tests = [], []
    for event in events:
        for file, line, kind in event["errors"]:
            if file == span.filename and line in span.rows:
                texts.append(f"the line raised {kind}")
                tests.append(event["test"])
    return (texts[0], tests) if texts else None


def _function_around(span: _Span) -> _Span:
    """All rows of the innermost function that a finding stands in."""
    try:
        tree = ast.parse(Path(span.filename).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return span
    around = span
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno:
            rows = range(node.lineno, node.end_lineno + 1)
            if span.rows.start in rows and (around is span or len(rows) < len(around.rows)):
                around = _Span(span.filename, rows)
    return around


def _never(ran: int, used: int) -> str:
    times = f"ran {ran} times and " if ran else ""
    return f"{times}used {used} keys, none of them twice"


def _gradient(
    span: _Span, events: list[dict[str, Any]], ran: int
) -> tuple[Status, str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for event in events:
        for g in event["gradients"]:
            if span.meets(g["frames"][:1]):
                text = f"`{g['sampler']}` was differentiated with respect to `{g['parameter']}`"
                found.setdefault(text, []).append(event["test"])
    if found:
        text = next(iter(found))
        return Status.CONFIRMED, text, tuple(dict.fromkeys(found[text]))
    used = sum(u["times"] for e in events for u in e["uses"] if span.meets(u["frames"][:1]))
    if not ran and not used:
        return Status.NOT_EXECUTED, "no test runs this line", ()
    times = f"ran {ran} times" if ran else f"drew {used} times"
    return Status.REFUTED, f"{times}; no derivative was taken through it", ()


def _times_run(span: _Span, events: list[dict[str, Any]]) -> int:
    rows: dict[int, int] = {}
    for event in events:
        for file, line, n in event["lines"]:
            if file == span.filename and line in span.rows:
                rows[line] = rows.get(line, 0) + n
    return max(rows.values(), default=0)


def _reuses(
    span: _Span, events: list[dict[str, Any]], matched: set[str]
) -> tuple[list[str], tuple[str, ...]]:
    ranked: list[tuple[int, str, str]] = []
    for event in events:
        for reuse in event["reuses"]:
            first, second = reuse["first"]["frames"], reuse["second"]["frames"]
            if not (span.meets(second) or span.meets(first)):
                continue
            matched.add(_signature(reuse))
            near = 0 if span.meets(second[:1]) else 1 if span.meets(second) else 2
            ranked.append((near, reuse["text"], event["test"]))
    ranked.sort(key=lambda row: row[0])
    texts = list(dict.fromkeys(text for _, text, _ in ranked))
    return texts, tuple(dict.fromkeys(test for _, _, test in ranked))


def _shared(span: _Span, events: list[dict[str, Any]]) -> tuple[list[str], tuple[str, ...]]:
    texts, tests = [], []
    for event in events:
        for use in event["shared"]:
            if span.meets(use["frames"]):
                texts.append(f"`{use['sampler']}` gave one key to all lanes of a vmapped function")
                tests.append(event["test"])
    return texts, tuple(dict.fromkeys(tests))


def _signature(reuse: dict[str, Any]) -> str:
    return repr((reuse["first"]["frames"][:1], reuse["second"]["frames"][:1]))


def _missed(events: list[dict[str, Any]], matched: set[str], roots: list[str]) -> list[Missed]:
    found: dict[str, tuple[Any, str, list[str]]] = {}
    for event in events:
        for reuse in event["reuses"]:
            if reuse["allowed"] is not None or _signature(reuse) in matched:
                continue
            frame = next((f for f in reuse["second"]["frames"] if _within(f[0], roots)), None)
            if frame is not None:
                entry = found.setdefault(_signature(reuse), (frame, reuse["text"], []))
                entry[2].append(event["test"])
    return [
        Missed(frame[0], frame[1], text, tuple(dict.fromkeys(tests)))
        for frame, text, tests in found.values()
    ]


def _within(filename: str, roots: list[str]) -> bool:
    path = Path(filename)
    return any(path == Path(root) or Path(root) in path.parents for root in roots)
