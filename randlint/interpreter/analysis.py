"""Analyse one file: run every root that can matter, and let the rules watch."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import libcst as cst

from randlint.catalogue.schema import CatalogueError
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
from randlint.interpreter.dispatch import apply, call_opaquely, evaluate_call
from randlint.interpreter.domain.definitions import Definition, Module
from randlint.interpreter.domain.frames import Function
from randlint.interpreter.domain.summary import Summary
from randlint.interpreter.ending import finish
from randlint.interpreter.events import Event, Place
from randlint.interpreter.evidence.conflicts import report_conflicts
from randlint.interpreter.language.expressions import EXPRESSIONS
from randlint.interpreter.language.statements import STATEMENTS
from randlint.interpreter.machine.budget import OutOfBudget
from randlint.interpreter.machine.core import Interpreter, Meaning
from randlint.interpreter.program.indexing import read_module
from randlint.interpreter.program.project import Project, shown
from randlint.interpreter.roots import Root, catalogue_of, roots_of
from randlint.rules import Replacement, Report, Rule, registry

_NESTED = 6  # roots that are run for each other
# Steps that may be spent on following calls between the functions of one file: more than any of a
# thousand public files takes, at most 40 a line (jax.random itself); then every function gets as
# many as go with its length.
_POOL, _POOL_PER_LINE = 40_000, 48
_LEAST = 16  # for each of its lines


# What calls mean is said above the rooms of expressions and of transforms, which they need both.
_MEANING = Meaning(
    {**EXPRESSIONS, cst.Call: evaluate_call}, STATEMENTS, apply, call_opaquely, finish
)


class UnreadableSource(Exception):
    """Neither Python's own parser nor LibCST can read the text."""

    def __init__(self, row: int, column: int, message: str) -> None:
        super().__init__(message)
        self.row = row
        self.column = column
        self.message = message


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
    module = _read(text, filename, project)
    catalogue = catalogue_of(module, models)
    rules = [rule for code, rule in registry().items() if code in codes and rule.listens]
    findings: dict[tuple[object, ...], Finding] = {}
    unfinished: list[Unfinished] = []
    functions = 0
    runs = _Runs(models, project, module, _POOL + _POOL_PER_LINE * text.count("\n"))
    for root in roots_of(module, catalogue):
        functions += 1
        outcome = runs.outcome(root)
        failed = outcome.failed
        try:
            for event in outcome.events:
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
            unfinished.append(Unfinished(root.location(filename), root.shown(), failed))
    ordered = sorted(
        findings.values(),
        key=lambda each: (each.location.start, each.location.end, each.code),
    )
    depends = tuple(sorted(project.depends.items())) if project is not None else ()
    abandoned = sum(not each.error for each in unfinished)
    return Analysis(tuple(ordered), functions, abandoned, depends, tuple(unfinished))


def _read(text: str, filename: str, project: Project | None) -> Module:
    try:
        if project is None:
            return read_module(text, filename)
        project.begin()
        return project.own(text, filename)
    except SyntaxError as error:
        raise UnreadableSource(error.lineno or 1, error.offset or 1, error.msg) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableSource(1, 1, str(error) or type(error).__name__) from None


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


# --- running roots


class _Outcome(NamedTuple):
    """What running a root came to: why it `failed` is empty where it was merely too much."""

    events: Sequence[Event]
    failed: str | None = None


@dataclass(slots=True)
class _Runs:
    """Interprets roots: each in its turn, or before, when a call asks what a function does."""

    models: Mapping[str, object] | None
    project: Project | None
    own: Module
    pool: int  # steps left for calls from one function of the file to another
    done: dict[tuple[str, int, str], _Outcome] = field(default_factory=dict)
    nested: int = 0

    def outcome(self, root: Root) -> _Outcome:
        """What running one root came to."""
        if root.definition is None:
            return self._run(root)
        where = (root.module.filename, *root.where())
        known = self.done.pop(where, None)
        return self._run(root) if known is None else known

    def summary(self, function: Function) -> Summary | None:
        """What a function does to keys, if that is simple enough to be told."""
        module, where = function.module, (function.segment.first, function.name)
        if where not in module.summaries:
            if self.nested >= _NESTED or not isinstance(function.node, cst.FunctionDef):
                return None
            definition = Definition(function.name, function.segment, function.node)
            catalogue = catalogue_of(module, self.models)
            self.done[(module.filename, *where)] = self._run(
                Root(module, catalogue, definition, function.owner)
            )
        known = module.summaries[where]
        return known if isinstance(known, Summary) else None

    def _run(self, root: Root) -> _Outcome:
        project = self.project
        before = project.depends if project is not None else {}
        if project is not None:
            project.depends = {}
        machine = Interpreter(root.catalogue, _MEANING, project=project, summary_of=self.summary)
        if root.module is self.own:
            machine.budget.allow(max(self.pool, _LEAST * root.lines()))
        if root.definition is not None:
            root.module.summaries[root.where()] = None  # while it runs, and where it cannot be told
        self.nested += 1
        try:
            root.interpret(machine)
            report_conflicts(machine)
        except (OutOfBudget, RecursionError):
            return _Outcome((), "")
        except CatalogueError:
            raise
        except Exception as error:  # of ours: it costs this root, and the others are checked
            return _Outcome((), internal_error(error))
        finally:
            self.nested -= 1
            if root.module is self.own:
                self.pool -= machine.budget.followed
            machine.forget()
            used: tuple[tuple[str, str], ...] = ()
            if project is not None:
                used = tuple(sorted(project.depends.items()))
                project.depends = {**before, **project.depends}
        if machine.summaries.summary is not None and not machine.budget.cut_short:
            root.module.summaries[root.where()] = replace(machine.summaries.summary, depends=used)
        return _Outcome(machine.telling.events, "" if machine.budget.cut_short else None)
