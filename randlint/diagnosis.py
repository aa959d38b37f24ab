"""Analyse one file: the interpreter runs its roots, and the rules say what is wrong."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from randlint.failures import internal_error
from randlint.findings import (
    Confidence,
    Edit,
    Finding,
    Fix,
    Location,
    Related,
    Unfinished,
)
from randlint.interpreter.analysis import UnreadableSource, interpret
from randlint.interpreter.events import Event, Place
from randlint.interpreter.program.project import Project, shown
from randlint.rules import Replacement, Report, Rule, registry

__all__ = ["Analysis", "UnreadableSource", "analyse"]


@dataclass(frozen=True, slots=True)
class Analysis:
    """All findings of a file, of any confidence, and how many roots were run and given up.

    `depends` are the other files it came from: paths with hashes of their content. `unfinished`
    are the roots that were given up, and those in which we failed.
    """

    findings: tuple[Finding, ...]
    functions: int
    abandoned: int
    depends: tuple[tuple[str, str], ...] = ()
    unfinished: tuple[Unfinished, ...] = ()


def analyse(
    text: str,
    filename: str,
    *,
    codes: frozenset[str],
    models: Mapping[str, object] | None = None,
    at_least: Confidence = Confidence.LOW,
    project: Project | None = None,
) -> Analysis:
    """Check one file for the rules in `codes`; findings below `at_least` are left out.

    With a `project`, calls into other modules of it are followed.

    Raises:
        UnreadableSource: the text is not Python.
        CatalogueError: `models` says something that makes no sense.
    """
    with _uncollected():
        return _analyse(text, filename, codes, models, at_least, project)


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Keep Python from looking for garbage among trees in use: a third of the time of a file."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _analyse(
    text: str,
    filename: str,
    codes: frozenset[str],
    models: Mapping[str, object] | None,
    at_least: Confidence,
    project: Project | None,
) -> Analysis:
    rules = [rule for code, rule in registry().items() if code in codes and rule.listens]
    findings: dict[tuple[object, ...], Finding] = {}
    unfinished: list[Unfinished] = []
    functions = 0
    for run in interpret(text, filename, models=models, project=project):
        functions += 1
        failed = run.failed
        try:
            for event in run.events:
                if event.confidence < at_least:
                    continue  # before positions are computed, which is dear
                for finding in _findings(event, rules, filename):
                    where = (finding.code, finding.location)
                    known = findings.get(where)
                    if known is None or known.confidence < finding.confidence:
                        findings[where] = finding
        except Exception as error:  # of ours, in a rule: it costs the rest of this root
            failed = internal_error(error)
        if failed is not None:
            root = run.root
            unfinished.append(Unfinished(root.location(filename), root.shown(), failed))
    ordered = sorted(
        findings.values(),
        key=lambda each: (each.location.start, each.location.end, each.code),
    )
    depends = tuple(sorted(project.depends.items())) if project is not None else ()
    abandoned = sum(not each.error for each in unfinished)
    return Analysis(tuple(ordered), functions, abandoned, depends, tuple(unfinished))


def _findings(event: Event, rules: list[Rule], filename: str) -> Iterator[Finding]:
    for rule in rules:
        if isinstance(event, rule.listens):
            for report in rule.check(event):
                told = _told_in(report, filename)
                if told is not None:
                    yield _finding(rule, told)


def _told_in(report: Report, filename: str) -> Report | None:
    """What a report says in the file that is checked; None for what only concerns another file.

    A draw in another module that is differentiated or mapped here is told here, and the draw
    becomes the related place.
    """
    if report.place.segment.filename == filename:
        return report
    for _, place in report.related:
        if place.segment.filename == filename:
            others = [each for each in report.related if each[1] is not place]
            related = (("the call in question", report.place), *others)
            return replace(report, place=place, related=related, fix=None)
    return None


def _finding(rule: Rule, report: Report) -> Finding:
    location = report.place.segment.location(report.place.node)
    return Finding(
        rule.code,
        rule.name,
        rule.severity,
        report.confidence,
        report.message,
        location,
        tuple(_related(message, place, location.filename) for message, place in report.related),
        _fix(report.fix, location) if report.fix is not None else None,
    )


def _related(message: str, place: Place, filename: str) -> Related:
    """A place beside the finding.

    Another file goes by one name, whether it was checked as well (under the name that somebody gave
    it) or only read because this one imports it.
    """
    location = place.segment.location(place.node)
    if location.filename != filename:
        location = replace(location, filename=shown(location.filename))
    return Related(message, location)


def _fix(replacement: Replacement, location: Location) -> Fix:
    edit = Edit(location.start, location.end, replacement.content)
    return Fix(replacement.message, (edit,), replacement.safe)
