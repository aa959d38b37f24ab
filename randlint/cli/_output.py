"""What a run prints, and on which stream.

Nothing else prints, so that a full disk or a closed stream is one clear line wherever it happens.
Who reads standard output may leave (BrokenPipeError); what cannot be said on standard error is not
said.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from randlint.files import reason, send_nowhere

if TYPE_CHECKING:
    from randlint.findings import Finding
    from randlint.runner import Tally


class CannotPrint(Exception):
    """Standard output takes no more; the message is one line."""


def complain(message: str) -> None:
    """One line about what went wrong, safe on a terminal."""
    from randlint.reporting.escaping import printable

    remark(f"randlint: error: {printable(message)}")


def remark(line: str) -> None:
    """A line beside the report, on standard error."""
    if sys.stderr is not None:  # else `print` takes standard output
        with contextlib.suppress(OSError):
            print(line, file=sys.stderr, flush=True)


def say(text: str, end: str = "\n") -> None:
    """Text on standard output. Raises CannotPrint."""
    with _printing():
        print(text, end=end)


def print_lines(lines: Iterable[str]) -> None:
    """One line after the other. Raises CannotPrint."""
    for line in lines:
        say(line)


def print_bytes(data: bytes) -> None:
    """Bytes as they are, on standard output. Raises CannotPrint."""
    with _printing():
        sys.stdout.flush()
        sys.stdout.buffer.write(data)


def finish() -> None:
    """Bring out what was printed so far. Raises CannotPrint."""
    if sys.stdout is not None:
        with _printing():
            sys.stdout.flush()


def abandon() -> None:
    """Let what is left of standard output go nowhere: Python would complain about it at its end."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        send_nowhere(sys.stdout.fileno())


@contextlib.contextmanager
def _printing() -> Iterator[None]:
    if sys.stdout is None:
        raise CannotPrint("standard output cannot be written: it is closed")
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CannotPrint(f"standard output cannot be written: {reason(error)}") from None


def print_findings(tally: Tally, given: Mapping[str, bytes], output_format: str) -> None:
    """The report of a run; `given` holds the bytes of files that are not on disk."""
    findings = [finding for report in tally.reports for finding in report.findings]
    if output_format == "json":
        from randlint.reporting import json

        say(json.render(findings))
    elif output_format == "sarif":
        from randlint.reporting import sarif
        from randlint.reporting.sources import Sources

        say(sarif.render(findings, Sources(given)))
    elif output_format == "github":
        from randlint.reporting import github
        from randlint.reporting.sources import Sources

        print_lines(github.render(findings, Sources(given)))
    else:
        _print_text(findings, tally, given)
        return
    for line in _given_up(tally):
        remark(f"randlint: {line}")


def _given_up(tally: Tally) -> Iterator[str]:
    """A line about what was too large; a document for programs has no place for it."""
    from randlint.reporting import text

    yield from text.given_up([each for each in tally.unfinished if not each.error])


def _print_text(findings: Sequence[Finding], tally: Tally, given: Mapping[str, bytes]) -> None:
    from randlint.reporting import text
    from randlint.reporting.sources import Sources

    print_lines(text.render(findings, Sources(given), colour=_wants_colour()))
    say(text.summary(findings, tally.files, to_the_end=not tally.unfinished))
    print_lines(_given_up(tally))
    print_lines(text.fixable(findings))


def print_statistics(tally: Tally, seconds: float, output_format: str) -> None:
    """After the findings; beside a machine-readable document, on standard error."""
    from randlint.reporting import statistics

    for line in statistics.render(tally, seconds):
        (say if output_format == "text" else remark)(line)


def on_terminal() -> bool:
    """Whether somebody looks at standard output."""
    return sys.stdout is not None and sys.stdout.isatty()


def _wants_colour() -> bool:
    """Colour is for terminals only, and never against NO_COLOR (no-color.org)."""
    return on_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
