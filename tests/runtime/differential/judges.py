"""Three opinions on a generated program: of the linter, `provenance` and jax's own checker."""

from __future__ import annotations

import linecache
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import jax
from jax.experimental.key_reuse._core import check_key_reuse

from randlint.engine import Checker
from randlint.settings import Settings
from randlint_runtime.provenance import Provenance, ReuseKind, provenance

CODES = frozenset({"RND101", "RND102", "RND103", "RND105", "RND106"})
FLAGS = tuple(product((False, True), repeat=2))


@dataclass(frozen=True)
class Opinions:
    """What the three say: `lint` and `ours` as (line, kind) pairs, `jax` yes or no.

    `places` are all lines on the way to what `provenance` found, callers included.
    """

    source: str
    lint: frozenset[tuple[int, str]]
    ours: frozenset[tuple[int, str]]
    jax: bool
    places: frozenset[int] = frozenset()

    @property
    def verdicts(self) -> tuple[bool, bool, bool]:
        """Whether the linter, `provenance` and jax complain."""
        return bool(self.lint), bool(self.ours), self.jax


def opinions(source: str, name: str) -> Opinions:
    """Ask all three about a program; run-time judges see every combination of its flags."""
    programs = _instances(source, name)
    reports = [provenance(f, jax.random.key(0)) for f in programs]
    ours = frozenset(found for report in reports for found in _found(report, name))
    places = frozenset(
        frame.line
        for report in reports
        for place in (*(r.second for r in report.reuses), *report.indices)
        for frame in place.site.frames
        if frame.filename == name
    )
    return Opinions(source, lint(source, name), ours, any(_jax(f) for f in programs), places)


def opinions_of_raw_keys(source: str, name: str) -> frozenset[tuple[int, str]]:
    """What `provenance` says of the program with a raw key."""
    key = jax.random.PRNGKey(0)
    return frozenset(
        found for f in _instances(source, name) for found in _found(provenance(f, key), name)
    )


def _instances(source: str, name: str) -> list[Any]:
    """The program with its flags filled in."""
    program = load(source, name)
    return [
        lambda key, a=first, b=second: program(key, a, b)
        for first, second in FLAGS
        if _matters(source, (first, second))
    ]


def _matters(source: str, flags: tuple[bool, bool]) -> bool:
    """Leave out combinations that differ in a flag that the program does not read."""
    body = source.partition("def program(key, first, second):")[2]
    return all(
        not value or name in body for name, value in zip(("first", "second"), flags, strict=True)
    )


def load(source: str, name: str) -> Any:
    """The function `program`, compiled so that lines of the source are found."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    namespace: dict[str, Any] = {}
    exec(compile(source, name, "exec"), namespace)
    return namespace["program"]


@cache
def _checker() -> Checker:
    return Checker(Settings(root=Path("/")))


def lint(source: str, name: str) -> frozenset[tuple[int, str]]:
    """The lines and codes that the linter reports for keys that are equal."""
    report = _checker().check_bytes(source.encode(), name)
    assert not report.error, report.error
    return frozenset((f.location.start.row, f.code) for f in report.findings if f.code in CODES)


def _found(report: Provenance, name: str) -> set[tuple[int, str]]:
    found = {
        (_line(reuse.second.site, name), str(reuse.kind))
        for reuse in report.reuses
        if reuse.kind is not ReuseKind.LANES
    }
    return found | {(_line(index.site, name), "index") for index in report.indices}


def _line(site: Any, name: str) -> int:
    return next((frame.line for frame in site.frames if frame.filename == name), 0)


def _jax(f: Any) -> bool:
    try:
        check_key_reuse(f, jax.random.key(0))
    except jax.errors.KeyReuseError:
        return True
    return False
