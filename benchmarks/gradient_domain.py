"""What the gradient domain costs: CPU time with derivatives followed, and with none opened.

    python benchmarks/gradient_domain.py FOLDER [--rounds N]

FOLDER holds Python source, for example unpacked wheels. Both ways of running take turns in one
process, and the best of several rounds counts. Without the domain no derivative is opened, so no
value carries the label of one and no draw, comparison or density is asked about it; nothing else
changes, so the key rules find the same.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from randlint.engine import Checker
from randlint.interpreter.gradients import draws
from randlint.interpreter.transforms import derivatives
from randlint.settings import Settings


@contextmanager
def without_derivatives() -> Iterator[None]:
    """Functions under `grad` and its kin run as if they were called plainly."""

    def open_nothing(machine: Any, place: Any, mode: Any, args: Any, chosen: Any) -> Any:
        return None, list(args)

    with (
        mock.patch.object(draws, "open_derivative", open_nothing),
        mock.patch.object(draws, "close_derivative", lambda *arguments: None),
        mock.patch.object(derivatives, "made", lambda machine, value, *arguments: value),
        mock.patch.object(derivatives, "finish", lambda machine: None),
    ):
        yield


def measure(folder: Path, sources: list[tuple[str, bytes]]) -> tuple[float, int]:
    """CPU seconds for all sources, and how many findings about keys there are."""
    checker = Checker(Settings(root=folder))
    started = time.process_time()
    reports = [checker.check_bytes(data, name) for name, data in sources]
    seconds = time.process_time() - started
    found = [finding for report in reports for finding in report.findings]
    return seconds, sum(finding.code.startswith("RND1") for finding in found)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    paths = sorted(arguments.folder.rglob("*.py"))
    sources = [(str(path), path.read_bytes()) for path in paths]
    if not sources:
        print(f"gradient_domain.py: no Python files below {arguments.folder}", file=sys.stderr)
        return 2
    measure(arguments.folder, sources[:20])  # imports and tables are not the subject
    best = {"with": float("inf"), "without": float("inf")}
    keys: dict[str, int] = {}
    for _ in range(arguments.rounds):
        seconds, keys["with"] = measure(arguments.folder, sources)
        best["with"] = min(best["with"], seconds)
        with without_derivatives():
            seconds, keys["without"] = measure(arguments.folder, sources)
        best["without"] = min(best["without"], seconds)
    for name, seconds in best.items():
        print(f"{name + ' derivatives':<20}{seconds:>8.2f} s CPU, {keys[name]} findings about keys")
    print(f"ratio {best['with'] / best['without']:.2f} ({len(sources)} files)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
