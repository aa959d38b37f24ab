"""Judges of the rules about derivatives, exceptions and host randomness."""

from __future__ import annotations

from typing import Any

from randlint import catalogue
from randlint_runtime.verify._outcome import (
    NOT_RUN,
    Events,
    Outcome,
    Span,
    Status,
    confirmed,
    times,
)
from randlint_runtime.verify._plan import function_around

# Rules about a parameter of a sampler, and the catalogue's word for how its derivative passes.
PARAMETERS = {"RND201": "zero", "RND203": "pathwise", "RND204": "implicit", "RND208": "biased"}
_HOW = {
    "zero": "where its derivative is exactly 0",
    "pathwise": "pathwise",
    "implicit": "by the implicit rule",
    "biased": "where its derivative is biased",
}


def parameter(finding: dict[str, Any], events: Events) -> Outcome:
    """RND201, 203, 204, 208: the sampler was differentiated in a parameter that has that rule."""
    span, rule = Span.of(finding), PARAMETERS[finding["code"]]
    found: dict[str, list[str]] = {}
    other = ""
    for event in events:
        for g in event["gradients"]:
            if not span.meets(g["frames"][:1]):
                continue
            text = f"`{g['sampler']}` was differentiated with respect to `{g['parameter']}`"
            if _rule(g) == rule:
                found.setdefault(f"{text}, {_HOW[rule]}", []).append(event["test"])
            else:
                other = f"{text} only, where the rule is {_rule(g)}"
    if found:
        return confirmed(found)
    return _untouched(span, events, other or "no derivative was taken through it")


def _rule(gradient: dict[str, Any]) -> str | None:
    function = catalogue.load().functions.get(f"jax.random.{gradient['sampler']}")
    row = None if function is None else function.parameters.get(gradient["parameter"])
    if row is None:
        return None
    if gradient["reference"]:
        return str(row.reference.get("gradient", row.gradient))
    return str(row.gradient)


def _untouched(span: Span, events: Events, why: str) -> Outcome:
    ran = span.times_run(events)
    used = sum(u["times"] for e in events for u in e["uses"] if span.meets(u["frames"][:1]))
    if not ran and not used:
        return NOT_RUN
    return Outcome(Status.REFUTED, f"{times(ran) if ran else times(used, 'drew')}; {why}")


def second_derivative(finding: dict[str, Any], events: Events) -> Outcome:
    """RND209: two derivatives were taken through the sampler, and the grad site raised."""
    span = Span.of(finding)
    sites = [Span.of({**finding, **place, "end_location": None}) for place in finding["related"]]
    found: dict[str, list[str]] = {}
    order = 0
    for event in events:
        reached = [g for g in event["gradients"] if span.meets(g["frames"][:1])]
        order = max([order, *(g["order"] for g in reached)])
        if not any(g["order"] > 1 for g in reached):
            continue
        for file, line, kind in event["errors"]:
            if any(site.has(file, line) for site in sites):
                text = (
                    f"`{reached[0]['sampler']}` was differentiated twice: line {line} raised {kind}"
                )
                found.setdefault(text, []).append(event["test"])
    if found:
        return confirmed(found)
    if order == 1:
        return Outcome(Status.NOT_EXECUTED, "was differentiated once only; the rule is about twice")
    why = "was differentiated twice without an error" if order else "no derivative was taken"
    return _untouched(span, events, why)


def data_flow(finding: dict[str, Any], events: Events) -> Outcome:
    """RND202, RND207: what a second trace of the differentiated function says of the line."""
    span = Span.of(finding)
    wanted = "crossing" if finding["code"] == "RND202" else "sample"
    found: dict[str, list[str]] = {}
    looked = 0
    for event in events:
        looked += sum(span.has(*place) for place in event["meetings"]["looked"])
        for kind, file, line, name in event["meetings"]["met"]:
            if kind == wanted and span.has(file, line):
                found.setdefault(_MET[wanted].format(name), []).append(event["test"])
    if found:
        return confirmed(found)
    if not looked:
        return _untouched(span, events, "the function was not differentiated")
    return Outcome(Status.REFUTED, f"{times(span.times_run(events))}; {_NOT_MET[wanted]}")


_MET = {
    "crossing": "`{}` compared a draw with a differentiated value: its derivative is 0",
    "sample": "the sample that `{}` takes still moves with what is differentiated",
}
_NOT_MET = {
    "crossing": "no draw met a differentiated value there",
    "sample": "what was drawn does not move with what is differentiated",
}


def exception(finding: dict[str, Any], events: Events) -> Outcome:
    """RND110, RND205: the line raised."""
    span = Span.of(finding)
    found: dict[str, list[str]] = {}
    for event in events:
        for file, line, kind in event["errors"]:
            if span.has(file, line):
                found.setdefault(f"the line raised {kind}", []).append(event["test"])
    if found:
        return confirmed(found)
    ran = span.times_run(events)
    if not ran:
        return NOT_RUN
    status = Status.REFUTED if finding["code"] == "RND205" else Status.UNDECIDED
    return Outcome(status, f"{times(ran)} and raised nothing")


def leak(finding: dict[str, Any], events: Events) -> Outcome:
    """RND112: jax found a tracer, made in this function, outside of its trace."""
    span = Span.of(finding)
    rows = function_around(span.filename, span.rows.start) or span.rows
    function = Span(span.filename, rows)
    found: dict[str, list[str]] = {}
    for event in events:
        for file, line in event["leaks"]:
            if function.has(file, line):
                text = f"UnexpectedTracerError: a value made on line {line} left its trace"
                found.setdefault(text, []).append(event["test"])
    if found:
        return confirmed(found)
    ran = span.times_run(events)
    if not ran:
        return NOT_RUN
    return Outcome(Status.UNDECIDED, f"{times(ran)}; nothing that leaked was used afterwards")


def host_randomness(finding: dict[str, Any], events: Events) -> Outcome:
    """RND301: the line ran while a program was traced, which then ran more often than the line."""
    span = Span.of(finding)
    total = {"traced": 0, "vmapped": 0, "run": 0, "ran": 0}
    tests = []
    for event in events:
        for file, line, counts in event["host"]:
            if span.has(file, line):
                tests.append(event["test"])
                for how, n in counts.items():
                    total[how] += n
    traced, ran = total["traced"], total["ran"]
    if total["vmapped"]:
        return confirmed({"drew once for all lanes of a vmapped function": tests})
    if traced and ran > traced:
        text = f"drew {times(traced, '').strip()} while tracing; the traced program ran {ran} times"
        return confirmed({text: tests})
    if traced:
        text = (
            f"drew while tracing; the traced program ran {times(ran, '').strip()}, not repeatedly"
        )
        return Outcome(Status.NOT_EXECUTED, text)
    if total["run"]:
        return Outcome(Status.REFUTED, f"{times(total['run'])}, never while a program was traced")
    return NOT_RUN


def entropy(finding: dict[str, Any], events: Events) -> Outcome:
    """RND302: the line asked a clock or the operating system's entropy."""
    span = Span.of(finding)
    found: dict[str, list[str]] = {}
    for event in events:
        for file, line, name, _ in event["entropy"]:
            if span.has(file, line):
                found.setdefault(f"the line called `{name}`", []).append(event["test"])
    if found:
        return confirmed(found)
    ran = span.times_run(events)
    if not ran:
        return NOT_RUN
    return Outcome(Status.REFUTED, f"{times(ran)}; it asked no clock and no entropy source")
