"""`randlint verify`: run the linter, run the tests, and say what became of every finding.

A static finding is a claim about what happens at run time. `verify` checks it: it lints the given
paths, runs a pytest command under the plugin of this package, and joins the two. Every finding is
then **confirmed** (the event was seen, with the other line), **refuted** (the line ran, the event
did not happen), **not executed**, or **undecided** (running cannot decide that rule); events that
no finding announced are listed as **missed**.

    python -m randlint_runtime.verify src tests -- pytest -q tests

`_plan` says what to look at and `_recording` writes it down in the processes of the tests, with
`_lines` (which lines run) and `_differentiated` (what is differentiated there); `_join` brings both
together, by the judges of `_keys` and `_judges`, into an `_outcome`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from randlint_runtime.verify import _recording
from randlint_runtime.verify._join import Missed, Verified, join
from randlint_runtime.verify._outcome import Status
from randlint_runtime.verify._plan import plan

_PLUGIN = "randlint_runtime.pytest_plugin"
_CHECK = (sys.executable, "-m", "randlint", "check", "--output-format", "json")


class VerifyError(Exception):
    """The linter or the test command could not be run; the message says which and why."""


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The joined table.

    Attributes:
        findings: every static finding with its status, in the linter's order.
        missed: run-time events on the linted paths that no finding announced.
        tests: how many tests ran.
        pytest_exit_code: what the test command returned.
        lines_counted: whether lines without key uses could be counted (another tracing tool, such
            as a debugger, prevents it).
    """

    findings: tuple[Verified, ...]
    missed: tuple[Missed, ...]
    tests: int
    pytest_exit_code: int
    lines_counted: bool = True

    @property
    def exit_code(self) -> int:
        """1 if something was confirmed or missed, or if the tests failed; 0 otherwise."""
        confirmed = any(f.status is Status.CONFIRMED for f in self.findings)
        return int(confirmed or bool(self.missed) or self.pytest_exit_code != 0)

    def to_json(self) -> str:
        """The report as one JSON object."""
        return json.dumps(asdict(self), indent=2)

    def to_text(self) -> str:
        """The report as a table for people."""
        width = max(len(s) for s in Status) + 2
        lines = []
        for status in Status:
            for f in self.findings:
                if f.status is status:
                    place = f"{_relative(f.filename)}:{f.row}:{f.column}"
                    lines.append(f"{status:<{width}}{place} {f.code} {f.evidence}{_tests(f.tests)}")
        for m in self.missed:
            place = f"{_relative(m.filename)}:{m.row}"
            lines.append(f"{'missed':<{width}}{place} {m.text}{_tests(m.tests)}")
        return "\n".join([*lines, self._totals()])

    def _totals(self) -> str:
        counts = Counter(f.status for f in self.findings)
        parts = ", ".join(f"{counts[status]} {status}" for status in Status)
        text = f"{_count(self.findings, 'finding')}: {parts}; {len(self.missed)} missed;"
        text += f" {_count(range(self.tests), 'test')} ran, pytest returned {self.pytest_exit_code}"
        if not self.lines_counted:
            text += " (another tool was tracing: lines without key uses were not counted)"
        return text


def verify(
    paths: Sequence[str], pytest_command: Sequence[str], *, output: Any = None
) -> VerifyReport:
    """Lint ``paths``, run ``pytest_command`` under the plugin, and join the two.

    Args:
        paths: files and directories, as for ``randlint check``; default the current directory.
        pytest_command: the command that runs the tests, for instance ``["pytest", "-q"]``. It must
            run pytest in an environment where `randlint_runtime` is installed.
        output: an open file for what the command prints; by default it goes where ours goes.

    Raises:
        VerifyError: the linter failed, or the test command cannot be started or ran no test under
            the plugin.
    """
    paths = list(paths) or ["."]
    findings = _lint(paths)
    with tempfile.TemporaryDirectory(prefix="randlint-verify-") as name:
        folder = Path(name)
        (folder / _recording.PLAN).write_text(json.dumps(plan(findings).to_json()))
        code = _run(pytest_command, folder, output)
        events = _recording.read(folder)
    if not events:
        raise VerifyError(
            f"the test command returned {code} and ran no test under the plugin; it must run"
            " pytest, on tests that exist, where randlint-runtime is installed"
        )
    judged, missed = join(findings, events, paths)
    return VerifyReport(
        findings=tuple(judged),
        missed=tuple(missed),
        tests=len(events),
        pytest_exit_code=code,
        lines_counted=all(e["lines_counted"] for e in events),
    )


def _lint(paths: list[str]) -> list[dict[str, Any]]:
    done = subprocess.run([*_CHECK, *paths], capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise VerifyError(f"randlint check failed: {done.stderr.strip() or done.stdout.strip()}")
    try:
        findings: list[dict[str, Any]] = json.loads(done.stdout)
    except json.JSONDecodeError as error:
        raise VerifyError(f"randlint check printed no JSON: {error}") from None
    return findings


def _run(command: Sequence[str], folder: Path, output: Any) -> int:
    if not command:
        raise VerifyError("no test command: write it after --, as in `-- pytest -q tests`")
    options = f"--randlint-ledger-report-only --randlint-events={folder}"
    env = dict(os.environ)
    env["PYTEST_ADDOPTS"] = f"{env.get('PYTEST_ADDOPTS', '')} {options}".strip()
    plugins = [p for p in env.get("PYTEST_PLUGINS", "").split(",") if p]
    env["PYTEST_PLUGINS"] = ",".join(dict.fromkeys([*plugins, _PLUGIN]))
    try:
        return subprocess.run(list(command), env=env, stdout=output, check=False).returncode
    except OSError as error:
        raise VerifyError(f"cannot run {command[0]}: {error.strerror or error}") from None


def _count(things: Sequence[Any], name: str) -> str:
    return f"1 {name}" if len(things) == 1 else f"{len(things)} {name}s"


def _relative(filename: str) -> str:
    relative = os.path.relpath(filename)
    return filename if relative.startswith("..") else relative


def _tests(tests: tuple[str, ...]) -> str:
    if not tests:
        return ""
    more = f" and {len(tests) - 1} more tests" if len(tests) > 1 else ""
    return f" (in {tests[0]}{more})"


__all__ = ["Missed", "Status", "Verified", "VerifyError", "VerifyReport", "verify"]
