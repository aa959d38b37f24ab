"""Interpret one file: run every root that can matter, and hand on what happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import libcst as cst

from randlint.catalogue.schema import CatalogueError
from randlint.failures import internal_error
from randlint.interpreter.dispatch import apply, call_opaquely, evaluate_call
from randlint.interpreter.domain.definitions import Definition, Module
from randlint.interpreter.domain.frames import Function
from randlint.interpreter.domain.summary import Summary
from randlint.interpreter.end_of_root import finish
from randlint.interpreter.events import Event
from randlint.interpreter.evidence.conflicts import report_conflicts
from randlint.interpreter.language.expressions import EXPRESSIONS
from randlint.interpreter.language.statements import STATEMENTS
from randlint.interpreter.machine.budget import OutOfBudget
from randlint.interpreter.machine.core import Interpreter, Meaning
from randlint.interpreter.program.indexing import read_module
from randlint.interpreter.program.project import Project
from randlint.interpreter.roots import Root, catalogue_of, roots_of

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
class Run:
    """What running one root came to: its events, and why it `failed`.

    `failed` is None where all is well, and empty where the root was given up as too much.
    """

    root: Root
    events: SequenceOf[Event]
    failed: str | None


def interpret(
    text: str,
    filename: str,
    *,
    models: Mapping[str, object] | None = None,
    project: Project | None = None,
) -> Iterator[Run]:
    """Run the roots of one file, one after the other.

    With a `project`, calls into other modules of it are followed.

    Raises:
        UnreadableSource: the text is not Python.
        CatalogueError: `models` says something that makes no sense.
    """
    module = _read(text, filename, project)
    runs = _Runs(models, project, module, _POOL + _POOL_PER_LINE * text.count("\n"))
    for root in roots_of(module, catalogue_of(module, models)):
        outcome = runs.outcome(root)
        yield Run(root, outcome.events, outcome.failed)


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


# --- running roots


class _Outcome(NamedTuple):
    """What running a root came to: why it `failed` is empty where it was merely too much."""

    events: SequenceOf[Event]
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
        return _Outcome(machine.events.told, "" if machine.budget.cut_short else None)
