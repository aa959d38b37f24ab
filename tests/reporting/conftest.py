"""A finding to report on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from randlint.findings import Confidence, Finding, Fix, Location, Position, Related, Severity

Make = Callable[..., Finding]


def location(
    filename: str, row: int, column: int, end: int, end_row: int | None = None
) -> Location:
    return Location(filename, Position(row, column), Position(end_row or row, end))


@pytest.fixture
def make() -> Make:
    def build(
        row: int,
        column: int,
        end: int,
        *,
        filename: str = "a.py",
        message: str = "drawn twice",
        related: tuple[tuple[str, str, int, int, int], ...] = (),
        end_row: int | None = None,
        fix: Fix | None = None,
    ) -> Finding:
        return Finding(
            "RND101",
            "key-reuse",
            Severity.ERROR,
            Confidence.HIGH,
            message,
            location(filename, row, column, end, end_row),
            tuple(Related(said, location(where, *place)) for said, where, *place in related),
            fix,
        )

    return build
