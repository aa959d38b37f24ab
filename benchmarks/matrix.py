"""The runtime's tests under several releases of JAX: passed, failed, and skipped with the reasons.

    python benchmarks/matrix.py                                  # oldest 0.8.3 0.9.2 0.10.2 newest
    python benchmarks/matrix.py --jax oldest newest              # some of them
    python benchmarks/matrix.py --tests tests/runtime/ledger --limit 600
    python benchmarks/matrix.py --python a/bin/python            # in environments that exist

A release gets an environment of its own, under the running Python where pip has it for that, or the
newest one that has; `newest` means under the newest Python as well. A run that does not end is
stopped at the limit and is a row as well, with the test at which it stood.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import _environments
from _environments import NEWEST, OLDEST, ROOT, Environment

RELEASES = (OLDEST, "0.8.3", "0.9.2", "0.10.2", NEWEST)
TESTS = ("tests/runtime",)
LIMIT = 3600.0


@dataclass(frozen=True, slots=True)
class Result:
    """What one environment's run came to."""

    passed: int = 0
    failed: tuple[str, ...] = ()
    skipped: Counter[str] = field(default_factory=Counter)  # reason -> how many
    seconds: float = 0.0
    trouble: str = ""  # why there are no figures
    said: str = ""  # the end of pytest's output

    def good(self) -> bool:
        return bool(self.passed) and not self.failed and not self.trouble


def run(
    environment: Environment,
    tests: Sequence[str],
    folder: Path,
    limit: float = LIMIT,
    options: Sequence[str] = (),
    jobs: int = 0,
    **env: str,
) -> Result:
    """Run these tests; `folder` is for what pytest writes."""
    report, log = folder / "report.xml", folder / "log.txt"
    command = [environment.python, "-m", "pytest", "-v", "-n", str(jobs), f"--junitxml={report}"]
    command += ["-p", "no:cacheprovider", f"--basetemp={folder / 'tmp'}", *options, *tests]
    clean = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    begin = time.monotonic()
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**clean, "PYTHONPATH": _environments.paths(), **env},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        code = _wait(process, limit)
    seconds, lines = time.monotonic() - begin, log.read_text(errors="replace").splitlines()
    said = "\n".join(lines[-60:])
    if code is None:
        last = lines[-1] if lines else "the start"
        return Result(seconds=seconds, trouble=f"stopped after {limit:.0f} s at {last}", said=said)
    if not report.is_file():
        return Result(seconds=seconds, trouble=f"pytest ended with {code}", said=said)
    return read(report, seconds, said)


def _wait(process: subprocess.Popen[bytes], limit: float) -> int | None:
    """The exit code; None where the run was stopped, with all processes that it had started."""
    try:
        return process.wait(limit)
    except subprocess.TimeoutExpired:
        return None
    finally:  # Ctrl-C does not reach a session of its own
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def read(report: Path, seconds: float, said: str = "") -> Result:
    """The figures of a JUnit report."""
    passed, failed, skipped = 0, [], Counter[str]()
    for case in ET.parse(report).iter("testcase"):
        outcome = next((child for child in case if child.tag in ("failure", "error")), None)
        if outcome is not None:
            failed.append(f"{case.get('classname')}::{case.get('name')}: {_line(outcome)}")
        elif (reason := case.find("skipped")) is not None:
            skipped[_line(reason)] += 1
        else:
            passed += 1
    return Result(passed, tuple(failed), skipped, seconds, said=said)


def _line(outcome: ET.Element) -> str:
    message = outcome.get("message") or "no reason given"
    if message == "collection failure":  # the reason is the last line of the traceback
        message = (outcome.text or message).strip().splitlines()[-1].removeprefix("E").strip()
    return message.splitlines()[0][:150]


def table(results: Sequence[tuple[str, Result]]) -> Iterator[str]:
    """A Markdown table, then the reasons and the failures."""
    yield "| environment | passed | failed | skipped | minutes |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, result in results:
        figures = f"{result.passed} | {len(result.failed)} | {result.skipped.total()}"
        if result.trouble:
            figures = f"{result.trouble.replace('|', '/')} | |"
        yield f"| {name} | {figures} | {result.seconds / 60:.1f} |"
    for name, result in results:
        for reason, count in sorted(result.skipped.items()):
            yield f"{name}: {count} skipped: {reason}"
        for failure in result.failed:
            yield f"{name}: failed: {failure}"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--jax", nargs="+", default=list(RELEASES), metavar="VERSION")
    where.add_argument("--python", nargs="+", type=Path, default=[], metavar="PATH")
    parser.add_argument("--tests", nargs="+", default=list(TESTS), metavar="PATH")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--limit", type=float, default=LIMIT, help="seconds for one environment")
    parser.add_argument("--match", metavar="EXPRESSION", help="pytest's -k")
    arguments = parser.parse_args()
    options = ["-k", arguments.match] if arguments.match else []
    results = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            chosen = _environments.chosen(arguments.python, arguments.jax, Path(folder))
            for number, environment in enumerate(chosen):
                place = Path(folder) / f"run-{number}"
                place.mkdir()
                result = run(
                    environment, arguments.tests, place, arguments.limit, options, arguments.jobs
                )
                print(f"{environment.describe()}: {result.said.splitlines()[-1]}", file=sys.stderr)
                results.append((environment.describe(), result))
        except _environments.NoEnvironmentError as error:
            print(f"matrix.py: {error}", file=sys.stderr)
            return 2
    print("\n".join(table(results)))
    return 0 if all(result.good() for _, result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
