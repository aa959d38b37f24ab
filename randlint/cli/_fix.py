"""`--fix` and `--diff`: what applying the fixes of a run comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from randlint.cli._output import on_terminal, print_bytes, say
from randlint.engine import Checker, FileReport
from randlint.failures import internal_error
from randlint.files import read_bytes, reason, replace_file
from randlint.fixing import applicable, fix_bytes
from randlint.settings import Settings


@dataclass(frozen=True, slots=True)
class Change:
    """One file that fixes change: its bytes before and after, and how many fixes were applied."""

    filename: str
    before: bytes
    after: bytes
    applied: int


def fix_reports(
    reports: Sequence[FileReport],
    settings: Settings,
    *,
    unsafe: bool,
    given: Mapping[str, bytes],
) -> tuple[list[FileReport], list[Change]]:
    """The reports as they are after all fixes, and the changes; nothing is written.

    `given` holds the text of files that are not on disk.
    """
    checker = Checker(settings)

    def fixed(report: FileReport) -> tuple[FileReport, Change | None]:
        if not applicable(report.findings, report.filename, unsafe=unsafe):
            return report, None
        return _fix(report, checker, given, unsafe=unsafe)

    return change_each(reports, fixed)


def change_each(
    reports: Sequence[FileReport], change: Callable[[FileReport], tuple[FileReport, Change | None]]
) -> tuple[list[FileReport], list[Change]]:
    """What `change` makes of every report; whatever goes wrong is one file's error."""
    after: list[FileReport] = []
    changes: list[Change] = []
    for report in reports:
        made: Change | None = None
        try:
            new, made = change(report)
        except (OSError, ValueError) as error:
            new = replace(report, error=f"cannot be read: {reason(error)}")
        except Exception as error:
            new = replace(report, error=internal_error(error))
        after.append(new)
        changes += [made] if made is not None else []
    return after, changes


def write_changes(
    before: Sequence[FileReport], after: Sequence[FileReport], changes: Sequence[Change]
) -> tuple[list[FileReport], list[Change]]:
    """Write the changes; a file that cannot be written keeps the report it had, with the reason."""
    failed: dict[str, str] = {}
    for change in changes:
        try:
            replace_file(change.filename, change.after)
        except OSError as error:
            failed[change.filename] = f"cannot be written: {reason(error)}"
    reports = [
        replace(old, error=failed[old.filename]) if old.filename in failed else new
        for old, new in zip(before, after, strict=True)
    ]
    return reports, [change for change in changes if change.filename not in failed]


def print_diff(changes: Sequence[Change]) -> None:
    """The changes as a unified diff: safe on a terminal, byte for byte anywhere else."""
    from randlint.reporting import diff

    safely = on_terminal()
    for change in changes:
        for line in diff.render(change.before, change.after, change.filename):
            if safely:
                say(diff.for_terminal(line))
            else:
                print_bytes(line)


def counted(changes: Sequence[Change]) -> str:
    """`2 findings in 1 file`."""
    applied, files = sum(change.applied for change in changes), len(changes)
    return (
        f"{applied} finding{'' if applied == 1 else 's'} in {files} file{'' if files == 1 else 's'}"
    )


def _fix(
    report: FileReport, checker: Checker, given: Mapping[str, bytes], *, unsafe: bool
) -> tuple[FileReport, Change | None]:
    filename = report.filename
    before = given[filename] if filename in given else read_bytes(filename)
    fixed = fix_bytes(before, filename, checker, unsafe=unsafe)
    new = replace(fixed.report, error=fixed.error) if fixed.error else fixed.report
    changed = fixed.data != before
    return new, Change(filename, before, fixed.data, fixed.applied) if changed else None
