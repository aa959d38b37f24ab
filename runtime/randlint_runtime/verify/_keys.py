"""Judges of the rules about keys."""

from __future__ import annotations

import re
from typing import Any

from randlint_runtime.verify._outcome import (
    NOT_RUN,
    Events,
    Outcome,
    Span,
    Status,
    confirmed,
    times,
)
from randlint_runtime.verify._plan import (
    bound_names,
    function_around,
    parameter_at,
    statement_around,
)

# Rules about equal keys, seen by the ledger; of these, some need a line to run twice.
EQUAL_KEYS = frozenset(
    f"RND{n}" for n in (101, 102, 103, 104, 105, 106, 107, 108, 111, 113, 114, 116)
)
_REPEATING = frozenset(f"RND{n}" for n in (102, 103, 107, 108, 111, 116))
# Rules whose finding is not on a line that uses the key: the whole function stands for it.
_BY_FUNCTION = frozenset(f"RND{n}" for n in (107, 113, 116))
_LANES = "RND104"
# An index past the end gives a key that somebody else may never use: silence proves nothing.
_SILENCE_PROVES_NOTHING = frozenset({"RND104", "RND106", "RND113", "RND114"})


def equal_keys(finding: dict[str, Any], events: Events, matched: set[str]) -> Outcome:
    """Rules that say that one key is used twice; `matched` collects the reuses that were meant."""
    code, span = finding["code"], Span.of(finding)
    ran = span.times_run(events)
    if code in _BY_FUNCTION:
        rows = function_around(span.filename, span.rows.start)
        span = Span(span.filename, rows or span.rows)
    used = _used(span, events)
    if not used:  # a sampler whose call begins on an earlier line of the same statement
        span = Span(span.filename, statement_around(span.filename, span.rows))
        used = _used(span, events)
    found = _reuses(span, events, matched)
    if code == _LANES and not found:
        found = _shared(span, events)
    if found:
        return confirmed(found)
    if not used and not ran:
        return NOT_RUN
    if not used and any(span.meets(u["frames"]) for e in events for u in e["called"]):
        return Outcome(Status.NOT_EXECUTED, f"{times(ran)}, to be traced only; no key was used")
    if code in _REPEATING and used < 2:
        text = "used a key once only; the rule is about repetition"
        return Outcome(Status.NOT_EXECUTED, text)
    if code in _SILENCE_PROVES_NOTHING:
        return Outcome(Status.UNDECIDED, f"{times(max(ran, 1))}; equal keys were not seen")
    prefix = f"{times(ran)} and " if ran else ""
    return Outcome(Status.REFUTED, f"{prefix}used {used} keys, none of them twice")


def _used(span: Span, events: Events) -> int:
    return sum(u["times"] for e in events for u in e["uses"] if span.meets(u["frames"]))


def _reuses(span: Span, events: Events, matched: set[str]) -> dict[str, list[str]]:
    """Texts of the reuses on the lines, nearest first, with their tests."""
    ranked: list[tuple[int, str, str]] = []
    for event in events:
        for reuse in event["reuses"]:
            first, second = reuse["first"]["frames"], reuse["second"]["frames"]
            if not (span.meets(second) or span.meets(first)):
                continue
            matched.add(signature(reuse))
            near = 0 if span.meets(second[:1]) else 1 if span.meets(second) else 2
            ranked.append((near, reuse["text"], event["test"]))
    ranked.sort(key=lambda row: row[0])
    texts: dict[str, list[str]] = {}
    for _, text, _ in ranked:
        texts.setdefault(text, [test for _, _, test in ranked])
    return texts


def _shared(span: Span, events: Events) -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for event in events:
        for use in event["shared"]:
            if span.meets(use["frames"]):
                text = f"`{use['sampler']}` gave one key to all lanes of a vmapped function"
                texts.setdefault(text, []).append(event["test"])
    return texts


def signature(reuse: dict[str, Any]) -> str:
    """What makes two reuses the same: their two lines."""
    return repr((reuse["first"]["frames"][:1], reuse["second"]["frames"][:1]))


def unused_key(finding: dict[str, Any], events: Events) -> Outcome:
    """RND109: a derived key that nothing ever used, each time its line ran, is confirmed."""
    span = Span.of(finding)
    totals: dict[int, list[int]] = {}
    tests: list[str] = []
    for event in events:
        for made in event.get("made", ()):
            if not span.meets(made["frames"][:1]):
                continue
            tests.append(event["test"])
            for child, counts in enumerate(made["children"]):
                known = totals.get(child, [0, 0, 0])
                totals[child] = [a + b for a, b in zip(known, counts, strict=True)]
    if not totals:
        ran = span.times_run(events)
        return Outcome(Status.UNDECIDED, f"{times(ran)}; made no key") if ran else NOT_RUN
    judged = {child: totals[child] for child in _children_meant(finding, span, totals)}
    unused = [child for child, (_, used, _) in judged.items() if not used]
    if unused:
        which = f"key {unused[0]}" if len(totals) > 1 else "the key"
        text = f"{times(judged[unused[0]][0])}; {which} that it makes was never used"
        return confirmed({text: tests})
    keys, used, own = next(iter(judged.values()))
    if not own:
        text = f"{times(keys)}; its key was used, but other lines made equal keys"
        return Outcome(Status.UNDECIDED, text)
    return Outcome(
        Status.REFUTED, f"{times(keys)}; the derived key was used {used} of {keys} times"
    )


def _children_meant(finding: dict[str, Any], span: Span, totals: dict[int, Any]) -> list[int]:
    """Which of the keys that a line makes the finding is about, by the name that it mentions."""
    names = bound_names(span.filename, span.rows.start)
    if names is None or len(names) != len(totals):
        return list(totals)
    mentioned = set(re.findall(r"`(\w+)`", finding["message"]))
    meant = [i for i, name in enumerate(names) if name in mentioned]
    return meant or [i for i, name in enumerate(names) if not name.startswith("_")] or list(totals)


def unused_parameter(finding: dict[str, Any], events: Events) -> Outcome:
    """RND115: a key parameter that no call of its function used."""
    filename = Span.of(finding).filename
    parameter = parameter_at(filename, finding["location"])
    if parameter is None:
        return Outcome(Status.UNDECIDED, "no function has a parameter at this place")
    own = [filename, parameter.name, parameter.first, parameter.last]
    inside = Span(filename, range(parameter.first, parameter.last + 1))
    calls = keys = 0
    elsewhere = None
    tests = []
    for event in events:
        for given in event.get("given", ()):
            if given["parameter"] != own:
                continue
            calls, keys = calls + given["calls"], keys + given["keys"]
            tests.append(event["test"])
            for use in given["users"]:
                if inside.meets(use["frames"]):
                    text = f"{times(calls, 'called')}; `{use['sampler']}` used `{parameter.name}`"
                    return Outcome(Status.REFUTED, text)
                elsewhere = use
    if not calls:
        return NOT_RUN
    if not keys:
        text = f"{times(calls, 'called')}, never with a key as `{parameter.name}`"
        return Outcome(Status.UNDECIDED, text)
    text = f"{times(calls, 'called')}; its key `{parameter.name}` was never used"
    if elsewhere is not None:
        text += f" in it (`{elsewhere['sampler']}` used it outside)"
    return confirmed({text: tests})
