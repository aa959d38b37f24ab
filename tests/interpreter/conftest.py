"""Small programs with their findings written beside them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable

import pytest

from randlint.diagnosis import analyse
from randlint.findings import Confidence
from randlint.rules import registry

PRELUDE = """\
import functools
from dataclasses import dataclass
import flax.linen as nn
import jax
import jax.numpy as jnp
from jax import lax, random
"""
Found = list[tuple[int, str]]


def _marked(program: str) -> Found:
    """Rows and codes that a program's comments `# RNDxxx` announce."""
    return [
        (row, code)
        for row, line in enumerate(program.splitlines(), start=1)
        for code in re.findall(r"RND\d{3}", line.partition("#")[2])
    ]


def _analyse(source: str) -> Found:
    """Rows and codes, rows counted from the first line of `source`."""
    codes = frozenset(code for code in registry() if code.startswith("RND1"))
    codes -= {code for code in codes if not registry()[code].default}
    analysis = analyse(PRELUDE + source, "program.py", codes=codes)
    assert analysis.abandoned == 0
    before = PRELUDE.count("\n")
    return [(found.location.start.row - before, found.code) for found in analysis.findings]


@pytest.fixture
def found() -> Callable[[str], Found]:
    """What the default key rules find in a program."""
    return lambda source: _analyse(textwrap.dedent(source).lstrip("\n"))


@pytest.fixture
def agrees() -> Callable[[str], None]:
    """Assert that a program has exactly the findings that its comments `# RNDxxx` announce."""

    def check(source: str) -> None:
        program = textwrap.dedent(source).lstrip("\n")
        assert sorted(_analyse(program)) == sorted(_marked(program))

    return check


@pytest.fixture
def shown() -> Callable[..., None]:
    """Assert what is told by default of a program below a prelude, by the rules of some codes."""

    def check(prelude: str, source: str, *prefixes: str) -> None:
        program = textwrap.dedent(source).lstrip("\n")
        codes = frozenset(code for code, rule in registry().items() if rule.default)
        codes = frozenset(code for code in codes if code.startswith(prefixes))
        analysis = analyse(prelude + program, "program.py", codes=codes)
        assert analysis.abandoned == 0
        before = prelude.count("\n")
        found = [
            (each.location.start.row - before, each.code)
            for each in analysis.findings
            if each.confidence > Confidence.LOW
        ]
        assert sorted(found) == sorted(_marked(program))

    return check
