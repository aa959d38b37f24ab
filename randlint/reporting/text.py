"""The report that people read: a line per finding, then the source with both places underlined.

train.py:9:13: RND101 `key` is consumed a second time: ...
  |
8 | x = jax.random.normal(key, (3,))
  |     ---------------------------- first consumed here
9 | y = jax.random.uniform(key)
  |     ^^^^^^^^^^^^^^^^^^^^^^^
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from randlint.findings import Finding, Location, Position, Severity, Unfinished
from randlint.reporting.escaping import printable, source_line, width
from randlint.reporting.sources import Sources

_MAX_WIDTH = 160
_MOST_PLACES = 3  # that one line names
_RED, _YELLOW, _BLUE, _BOLD, _RESET = "\33[31m", "\33[33m", "\33[34m", "\33[1m", "\33[0m"


@dataclass(frozen=True, slots=True)
class _Mark:
    """One underlined place."""

    location: Location
    sign: str
    label: str
    colour: str


def render(findings: Sequence[Finding], sources: Sources, *, colour: bool) -> Iterator[str]:
    """The lines of a report, without the line ends."""
    for finding in findings:
        yield _headline(finding, colour)
        yield from _excerpt(finding, sources, colour)


def summary(findings: Sequence[Finding], checked: int, *, to_the_end: bool = True) -> str:
    """One line about the whole run; `to_the_end`: all of what could be checked was."""
    files = f"{checked} file{'' if checked == 1 else 's'} checked"
    if not to_the_end:
        files += ", not all to the end"
    if not findings:
        return f"No findings ({files})."
    places = len({finding.location.filename for finding in findings})
    return (
        f"{len(findings)} finding{'' if len(findings) == 1 else 's'} in {places} "
        f"file{'' if places == 1 else 's'} ({files})."
    )


def given_up(unfinished: Sequence[Unfinished]) -> Iterator[str]:
    """A line about what was too large, where there is such."""
    places = [f"{_row(each.location)} {printable(each.name)}" for each in unfinished]
    if places:
        more = len(places) - _MOST_PLACES
        shown = ", ".join(places[:_MOST_PLACES]) + (f" and {more} more" if more > 0 else "")
        yield f"Too large to be checked to the end, so that findings may be missing: {shown}."


def _row(location: Location) -> str:
    cell = "" if location.cell is None else f":cell {location.cell}"
    return f"{printable(location.filename)}{cell}:{location.start.row}"


def fixable(findings: Sequence[Finding]) -> Iterator[str]:
    """A line about fixes, where there are any."""
    fixes = [finding.fix for finding in findings if finding.fix is not None]
    safe = sum(fix.safe for fix in fixes)
    if fixes:
        more = f", {len(fixes) - safe} more with `--unsafe-fixes`" if safe < len(fixes) else ""
        yield f"{safe} fixable with `--fix` (`--diff` shows how){more}."


def place(location: Location) -> str:
    """`path:row:column`, with the notebook cell where there is one, safe to print."""
    return f"{_row(location)}:{location.start.column}"


def _headline(finding: Finding, colour: bool) -> str:
    message = printable(finding.message)
    if not colour:
        return f"{place(finding.location)}: {finding.code} {message}"
    shade = _shade(finding)
    return f"{_BOLD}{place(finding.location)}{_RESET}: {shade}{finding.code}{_RESET} {message}"


def _shade(finding: Finding) -> str:
    return _RED if finding.severity is Severity.ERROR else _YELLOW


def _excerpt(finding: Finding, sources: Sources, colour: bool) -> Iterator[str]:
    """The marked source lines: those of the finding's cell and file in order, then the others'."""
    marks = [_Mark(related.location, "-", related.message, _BLUE) for related in finding.related]
    marks.append(_Mark(finding.location, "^", "", _shade(finding)))
    marks.sort(key=lambda mark: _reading_order(mark.location, finding.location))
    gutter = len(str(max(mark.location.start.row for mark in marks)))
    here = (finding.location.filename, finding.location.cell)
    opened: tuple[str, int | None] | None = None
    shown: tuple[object, ...] = ()
    for mark in marks:
        row, where = mark.location.start.row, (mark.location.filename, mark.location.cell)
        line = sources.line(where[0], row, where[1])
        if line is None:
            if mark.label:
                yield f"{' ' * gutter} = {place(mark.location)}: {printable(mark.label)}"
            continue
        if where != opened:
            opened = where
            elsewhere = f"{' ' * gutter} = {place(mark.location)}"
            yield f"{' ' * gutter} |" if where == here else elsewhere
        before, text, after = _crop(line, mark.location)
        if shown != (where, row, _crop_start(line, mark.location)):
            shown = (where, row, _crop_start(line, mark.location))
            yield f"{row:>{gutter}} | {before}{source_line(text)}{after}".rstrip()
        yield f"{' ' * gutter} | {_underline(line, mark, colour)}"


def _reading_order(location: Location, here: Location) -> tuple[bool, str, bool, int, Position]:
    """The finding's own cell and file first, the rest in order."""
    return (
        location.filename != here.filename,
        location.filename,
        location.cell != here.cell,
        location.cell or 0,
        location.start,
    )


def _crop(line: str, location: Location) -> tuple[str, str, str]:
    """The part of a very long line around the place, with dots where something was left out."""
    start = _crop_start(line, location)
    text = line[start : start + _MAX_WIDTH]
    return "..." if start else "", text, "..." if start + _MAX_WIDTH < len(line) else ""


def _crop_start(line: str, location: Location) -> int:
    if len(line) <= _MAX_WIDTH:
        return 0
    return max(0, location.start.column - 1 - _MAX_WIDTH // 3)


def _underline(line: str, mark: _Mark, colour: bool) -> str:
    start = mark.location.start.column - 1
    same_row = mark.location.end.row == mark.location.start.row
    end = mark.location.end.column - 1 if same_row else len(line)
    cropped = _crop_start(line, mark.location)
    end = min(end, cropped + _MAX_WIDTH)
    indent = (3 if cropped else 0) + width(line[cropped:start])
    signs = mark.sign * max(1, width(line[start:end]))
    text = f"{signs} {printable(mark.label)}".rstrip()
    return " " * indent + (f"{mark.colour}{text}{_RESET}" if colour else text)
