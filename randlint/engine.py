"""Checking one file: the part that the command line, flake8 and standard input share.

bytes -> text (of a notebook or a page: the code in it) -> findings of the interpreter -> less what
comments suppress -> less what the settings leave out, in a fixed order.
"""

from __future__ import annotations

import ast
import contextlib
import os
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from randlint.documents import Broken, BrokenDocument, Extract, extract, is_document
from randlint.findings import Confidence, Finding, Location, Position, Unfinished
from randlint.settings import CodeSelector, Settings, closest, is_code_or_prefix
from randlint.source.contents import LARGEST
from randlint.source.decode import UndecodableSource, decode

if TYPE_CHECKING:
    from randlint.interpreter.program.project import Project
    from randlint.source.suppressions import Code, Suppression

_FRAMES = 4000
_UNREADABLE, _UNUSED, _UNKNOWN = "RND900", "RND901", "RND902"


@dataclass(frozen=True, slots=True)
class FileReport:
    """What one file came to.

    `error` is a line about something that went wrong outside the file's text: it could not be
    opened, or randlint itself failed. `functions` were interpreted, `abandoned` of them ran out of
    budget; `unfinished` are these and those in which randlint failed. `suppressed` findings were
    silenced by comments. `depends` holds the absolute paths of other files that decided the report,
    with the hashes of what they held (`MISSING` for one that was looked for and not there).
    """

    filename: str
    findings: tuple[Finding, ...] = ()
    functions: int = 0
    abandoned: int = 0
    suppressed: int = 0
    error: str = ""
    depends: tuple[tuple[str, str], ...] = ()
    unfinished: tuple[Unfinished, ...] = ()

    @property
    def failures(self) -> tuple[Unfinished, ...]:
        """The functions in which randlint itself failed; the rest of the file was checked."""
        return tuple(each for each in self.unfinished if each.error)


class Checker:
    """Checks files under one set of settings. Cheap to make; safe to send to another process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._selector: CodeSelector | None = None
        self._project: Project | None = None  # made by the first file that is interpreted
        self._own: tuple[bytes, ...] | None = None  # the packages that `models` speaks of

    def __getstate__(self) -> Settings:
        return self.settings

    def __setstate__(self, settings: Settings) -> None:
        self.settings = settings
        self._selector = self._own = self._project = None

    def codes(self, filename: str) -> frozenset[str]:
        """The codes that apply to a file."""
        return self._select().codes(filename)

    def signature(self, filename: str) -> tuple[str, ...]:
        """What decides the codes that apply to a file, for the cache."""
        return self._select().signature(filename)

    def _select(self) -> CodeSelector:
        if self._selector is None:
            self._selector = CodeSelector(self.settings)
        return self._selector

    def check_bytes(self, data: bytes, filename: str) -> FileReport:
        """Check the bytes of a file; `filename` is what findings will show."""
        if not data or data.isspace():
            return FileReport(filename)
        try:
            if is_document(filename):
                return self._check_document(data, filename)
            text = decode(data)
        except (UndecodableSource, BrokenDocument) as error:
            return self._unreadable(filename, error.row, error.column, error.message)
        return self._check(text, data, filename, syntax_known=False)

    def check_text(self, text: str, filename: str) -> FileReport:
        """Check text that Python has already accepted as source, as flake8 hands it over."""
        data = text.encode("utf-8", "surrogatepass")
        return self._check(text, data, filename, syntax_known=True)

    def _check_document(self, data: bytes, filename: str) -> FileReport:
        """Check the code of a notebook or a page; findings come back in its cells and rows.

        Raises BrokenDocument or UndecodableSource where it is none.
        """
        document = extract(data, filename)
        if document is None:
            return FileReport(filename)
        code = document.text.encode("utf-8", "surrogatepass")
        report = self._check(document.text, code, filename, document, syntax_known=True)
        return replace(
            report,
            findings=tuple(map(document.place, report.findings)),
            unfinished=tuple(
                replace(each, location=document.locate(each.location, filename))
                for each in report.unfinished
            ),
        )

    def _check(
        self,
        text: str,
        data: bytes,
        filename: str,
        document: Extract | None = None,
        *,
        syntax_known: bool,
    ) -> FileReport:
        """Interpret only what can matter; any other text is merely asked whether it parses.

        `document` is what the text was taken out of.
        """
        codes = self.codes(filename)
        report = FileReport(filename)
        if len(data) > LARGEST:
            return self._too_large(data, filename)
        with warnings.catch_warnings(), _room_to_recurse():
            warnings.simplefilter("ignore")  # a parser's remarks about invalid escapes
            if self._may_matter(data) or not (syntax_known or _parses(text)):
                report = self._interpret(text, filename, codes)
        if document is not None:
            found = [document.weighed(finding) for finding in report.findings]
            found += [_no_python(each, filename) for each in document.broken]
            report = replace(report, findings=tuple(found))
        return self._judge(report, text, data, codes)

    def _too_large(self, data: bytes, filename: str) -> FileReport:
        """The report of a file whose trees would not fit into memory."""
        if not self._may_matter(data):
            return FileReport(filename)
        size, most = (f"{size / 1e6:.1f} MB" for size in (len(data), LARGEST))
        return _given_up(filename, f"({size}, at most {most}: split it, or `exclude` it)")

    def _may_matter(self, data: bytes) -> bool:
        """Whether a file can have findings: jax, or what the user's own models name, is in it."""
        from randlint.source.prefilter import may_matter  # with it comes the catalogue

        if may_matter(data):
            return True
        if self._own is None:
            self._own = tuple(sorted(set(_roots(self.settings.models))))
        return any(root in data for root in self._own)

    def _interpret(self, text: str, filename: str, codes: frozenset[str]) -> FileReport:
        """What the interpreter finds, before anything is suppressed or left out."""
        from randlint.diagnosis import UnreadableSource, analyse

        # A suppression is used when it silences something, shown or not.
        judges = "RND901" in codes
        at_least = Confidence.LOW if judges else self.settings.min_confidence
        try:
            analysis = analyse(
                text,
                filename,
                codes=codes,
                models=self.settings.models,
                at_least=at_least,
                project=self._modules(),
            )
        except UnreadableSource as error:
            return self._unreadable(filename, error.row, error.column, error.message)
        except RecursionError:  # nested beyond what can be followed: given up like a lost budget
            return _given_up(filename, "(nested too deeply)")
        return FileReport(
            filename,
            analysis.findings,
            analysis.functions,
            analysis.abandoned,
            depends=analysis.depends,
            unfinished=analysis.unfinished,
        )

    def _modules(self) -> Project:
        """The project's modules, kept from file to file."""
        from randlint.interpreter.program.project import Project

        if self._project is None:
            root = str(self.settings.root.absolute())
            installed = tuple(sys.path) if self.settings.follow_installed else ()
            self._project = Project((root, os.path.join(root, "src"), *filter(None, installed)))
        return self._project

    def _judge(
        self, report: FileReport, text: str, data: bytes, codes: frozenset[str]
    ) -> FileReport:
        """Apply suppressions, codes and confidence to what the interpreter found."""
        from randlint.source.suppressions import (
            mentions_own_suppression,
            mentions_suppression,
            read_suppressions,
        )

        found = [finding for finding in report.findings if finding.code in codes]
        wanted = mentions_suppression(data) if found else mentions_own_suppression(data)
        suppressions = read_suppressions(text) if wanted else ()
        kept = _unsuppressed(found, suppressions, noqa=self.settings.noqa)
        about = list(_about_comments(suppressions, found, codes, report.filename))
        kept += _unsuppressed(about, _explicit(suppressions), noqa=self.settings.noqa)
        shown = [finding for finding in kept if finding.confidence >= self.settings.min_confidence]
        return replace(
            report,
            findings=tuple(sorted(shown, key=_order)),
            suppressed=len(found) + len(about) - len(kept),
        )

    def _unreadable(self, filename: str, row: int, column: int, message: str) -> FileReport:
        """A report whose one finding says that the file is no Python."""
        if _UNREADABLE not in self.codes(filename):
            return FileReport(filename)
        finding = _finding(_UNREADABLE, message, filename, row, column, column + 1)
        return FileReport(filename, (finding,))


def check_bytes(data: bytes, filename: str, settings: Settings) -> FileReport:
    """Check one file's bytes; for many files make one `Checker`."""
    return Checker(settings).check_bytes(data, filename)


def _given_up(filename: str, why: str) -> FileReport:
    """The report of a file of which nothing was interpreted."""
    start = Position(1, 1)
    unfinished = (Unfinished(Location(filename, start, start), why),)
    return FileReport(filename, functions=1, abandoned=1, unfinished=unfinished)


def _roots(models: Mapping[str, object]) -> Iterator[bytes]:
    """The top-level packages of the dotted names in `[tool.randlint.models]`."""
    for section in models.values():
        for name in section if isinstance(section, dict | list | tuple) else ():
            if "." in str(name):
                yield str(name).partition(".")[0].encode()


@contextlib.contextmanager
def _room_to_recurse() -> Iterator[None]:
    """Let deeply nested source be walked; an ordinary C stack holds twice as many frames."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _no_python(place: Broken, filename: str) -> Finding:
    row, column = place.row, place.column
    return _finding(_UNREADABLE, place.message, filename, row, column, column + 1)


def _parses(text: str) -> bool:
    """Whether the running Python accepts the text."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _unsuppressed(
    findings: Iterable[Finding], suppressions: Sequence[Suppression], *, noqa: bool
) -> list[Finding]:
    active = [suppression for suppression in suppressions if suppression.own or noqa]
    return [
        finding
        for finding in findings
        if not any(
            suppression.covers(finding.location.start.row) and suppression.names(finding.code)
            for suppression in active
        )
    ]


def _explicit(suppressions: Iterable[Suppression]) -> list[Suppression]:
    """Findings about comments are silenced by a comment that names them, never by a bare one."""
    return [
        suppression
        for suppression in suppressions
        if any(code.text in (_UNUSED, _UNKNOWN) for code in suppression.codes or ())
    ]


def _about_comments(
    suppressions: Iterable[Suppression],
    found: Sequence[Finding],
    codes: frozenset[str],
    filename: str,
) -> Iterable[Finding]:
    """RND901 and RND902 for the comments of one file."""
    for suppression in suppressions:
        if suppression.malformed and _UNKNOWN in codes:
            yield _finding(
                _UNKNOWN,
                f"this comment suppresses nothing: {suppression.malformed}",
                filename,
                suppression.row,
                suppression.column,
                suppression.end_column,
            )
        for code in () if suppression.malformed else suppression.codes or ():
            if not suppression.own and not code.text.startswith("RND"):
                continue  # another tool's code
            if not is_code_or_prefix(code.text):
                if _UNKNOWN in codes:
                    yield _unknown(suppression, code, filename)
            elif _UNUSED in codes and not _used(suppression, code, found, codes):
                message = f"`{code.text}` is suppressed here but not found; delete the comment"
                yield _at_code(_UNUSED, message, suppression, code, filename)


def _unknown(suppression: Suppression, code: Code, filename: str) -> Finding:
    from randlint.rules import registry

    hint = closest(code.text, registry())
    message = f"`{code.text}` is not a rule, so this comment suppresses nothing{hint}"
    return _at_code(_UNKNOWN, message, suppression, code, filename)


def _used(
    suppression: Suppression, code: Code, found: Iterable[Finding], codes: frozenset[str]
) -> bool:
    """Whether the comment silences something, or names a rule that did not run."""
    if not any(enabled.startswith(code.text) for enabled in codes - {_UNUSED, _UNKNOWN}):
        return True
    return any(
        finding.code.startswith(code.text) and suppression.covers(finding.location.start.row)
        for finding in found
    )


def _at_code(
    rule: str, message: str, suppression: Suppression, code: Code, filename: str
) -> Finding:
    end = code.column + len(code.text)
    return _finding(rule, message, filename, suppression.row, code.column, end)


def _finding(code: str, message: str, filename: str, row: int, column: int, end: int) -> Finding:
    from randlint.rules import registry

    rule = registry()[code]
    location = Location(filename, Position(row, column), Position(row, end))
    return Finding(code, rule.name, rule.severity, Confidence.HIGH, message, location)


def _order(finding: Finding) -> tuple[Position, str, Position, str]:
    location = finding.location
    return location.start, finding.code, location.end, finding.message
