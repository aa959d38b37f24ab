"""The flake8 plugin: the same engine and the same findings as `randlint check`.

`[tool.randlint]` is read as on the command line. flake8 then filters by its own `--select`,
`--ignore` and `# noqa`; a rule that is off by default is shown where `[tool.randlint]` or flake8's
`--select` or `--extend-select` names it. A file that Python cannot parse is flake8's own E999.
"""

from __future__ import annotations

import argparse
import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from randlint import __version__
from randlint.catalogue.schema import CatalogueError
from randlint.engine import Checker
from randlint.failures import internal_error
from randlint.settings import Settings, SettingsError, load_settings


class Plugin:
    """What flake8 makes for every file."""

    name = "randlint"
    version = __version__
    _checker = Checker(Settings(root=Path()))

    def __init__(self, tree: ast.AST, filename: str, lines: list[str]) -> None:
        """Take what flake8 finds by the parameters' names; without `tree` it would not call us."""
        self._filename = filename
        self._text = "".join(lines)

    @classmethod
    def add_options(cls, options: Any) -> None:
        """Put the rules that are off by default on flake8's list of what is ignored by default."""
        from randlint.rules import registry

        options.extend_default_ignore(
            [code for code, rule in registry().items() if not rule.default]
        )

    @classmethod
    def parse_options(cls, options: argparse.Namespace) -> None:
        """Read `[tool.randlint]`, and add the rules that flake8's own options ask for."""
        try:
            settings = load_settings(options.filenames)
        except SettingsError as error:
            raise SystemExit(f"randlint: error: {error}") from None
        asked = _ours((*(options.select or ()), *(options.extend_select or ())))
        cls._checker = Checker(
            replace(
                settings,
                extend_select=(*settings.extend_select, *asked),
                noqa=not options.disable_noqa,
            )
        )
        enabled = cls._checker.codes("")
        options.extended_default_ignore = [
            code for code in options.extended_default_ignore if code not in enabled
        ]

    def run(self) -> Iterator[tuple[int, int, str, type[Plugin]]]:
        """Findings as flake8 wants them: row, 0-based column, text, and who says so."""
        try:
            report = self._checker.check_text(self._text, self._filename)
        except CatalogueError as error:
            raise SystemExit(f"randlint: error: {error}") from None
        except Exception as error:  # flake8 would show a traceback and check nothing else
            yield 1, 0, f"RND900 {internal_error(error)}", type(self)
            return
        for failed in report.failures:
            yield failed.location.start.row, 0, f"RND900 {failed.name}: {failed.error}", type(self)
        for finding in report.findings:
            start = finding.location.start
            yield start.row, start.column - 1, f"{finding.code} {finding.message}", type(self)


def _ours(codes: Iterable[str]) -> Iterator[str]:
    """The codes or prefixes that can mean a rule of randlint."""
    for code in codes:
        if code.startswith("RND") or "RND".startswith(code):
            yield max(code, "RND", key=len)
