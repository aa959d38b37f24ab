"""Puts the tests of this half into its sdist, with the pages and programs that they run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NEEDED = (
    "tests/runtime",
    "tests/conftest.py",
    "docs/runtime.md",
    "docs/checking.md",
    "examples",
    "benchmarks",
)


class WithTests(BuildHookInterface):  # type: ignore[type-arg]
    """Reads them from the clone; inside of an unpacked sdist they are in place already."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the sdist is written."""
        clone = Path(self.root).parent
        if not (Path(self.root) / "tests").is_dir():
            build_data["force_include"].update({str(clone / name): name for name in NEEDED})
