"""The registry: codes, names, and documentation whose examples do what they say."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable
from typing import Any

import pytest

from randlint import rules
from randlint.diagnosis import analyse
from randlint.rules import registry

ABOUT_PROGRAMS = [code for code in registry() if not code.startswith("RND9")]
PRELUDE = """\
import functools
import os
import random
import time

import equinox as eqx
import flax.linen as nn
import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import PRNGKeyArray
"""
OFF = {"RND114", "RND115", "RND206", "RND302", "RND901"}  # the contract of DESIGN 5
NAMES = {
    "RND101": "key-reuse",
    "RND102": "key-reuse-in-loop",
    "RND103": "key-reuse-in-traced-loop",
    "RND104": "key-shared-across-lanes",
    "RND105": "colliding-derivation",
    "RND106": "key-array-index",
    "RND107": "default-argument-key",
    "RND108": "stale-attribute-key",
    "RND109": "unused-derived-key",
    "RND110": "raw-key-as-key-array",
    "RND111": "constant-key-under-trace",
    "RND112": "key-escapes-trace",
    "RND113": "consumed-key-escapes",
    "RND114": "key-shared-across-streams",
    "RND115": "unused-key-parameter",
    "RND116": "overwritten-key-parameter",
    "RND201": "gradient-of-discrete-draw",
    "RND202": "gradient-of-thresholded-draw",
    "RND203": "gradient-through-parameter",
    "RND204": "gradient-implicit",
    "RND205": "gradient-of-key",
    "RND206": "draw-held-fixed",
    "RND207": "score-without-stop-gradient",
    "RND208": "biased-pathwise-gradient",
    "RND209": "no-second-derivative",
    "RND301": "host-rng-under-trace",
    "RND302": "entropy-seeded-key",
    "RND900": "unreadable-source",
    "RND901": "unused-suppression",
    "RND902": "unknown-suppression",
}


def _blocks(code: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", registry()[code].doc, re.DOTALL)


def _found(block: str) -> list[tuple[int, str]]:
    """Rows (of the block) and codes of what all rules find in an example."""
    analysis = analyse(PRELUDE + block, "example.py", codes=frozenset(registry()))
    assert analysis.abandoned == 0
    before = PRELUDE.count("\n")
    return [(each.location.start.row - before, each.code) for each in analysis.findings]


def test_codes_and_names_are_those_of_the_contract() -> None:
    assert {code: rule.name for code, rule in registry().items()} == {
        code: name for code, name in NAMES.items() if code in registry()
    }


def test_rules_are_in_the_order_of_their_codes() -> None:
    assert list(registry()) == sorted(registry())


def test_which_rules_are_off_by_default() -> None:
    assert {code for code, rule in registry().items() if not rule.default} == OFF & set(registry())


def test_one_rule_stands_in_one_module_named_after_it() -> None:
    modules = [name for _, name, _ in pkgutil.iter_modules(rules.__path__) if name[0] != "_"]
    assert sorted(modules) == [code.lower() for code in registry()]
    for name in modules:
        module = importlib.import_module(f"randlint.rules.{name}")
        assert registry()[module.RULE.code] is module.RULE
        assert module.RULE.code == name.upper()
        assert module.RULE.doc == module.__doc__


@pytest.mark.parametrize("code", ABOUT_PROGRAMS)
def test_the_first_example_is_flagged_where_its_comment_says(code: str) -> None:
    block = _blocks(code)[0]
    marked = [
        row for row, line in enumerate(block.splitlines(), start=1) if re.search(f"# {code}", line)
    ]
    assert marked, "the example does not say where"
    assert [row for row, found in _found(block) if found == code] == marked


@pytest.mark.parametrize("code", ABOUT_PROGRAMS)
def test_the_remedy_is_not_flagged(code: str) -> None:
    blocks = _blocks(code)
    if len(blocks) < 2:
        pytest.skip("the remedy is told in words")
    default = {each for each, rule in registry().items() if rule.default}
    for block in blocks[1:]:
        assert [found for _, found in _found(block) if found in default | {code}] == []


@pytest.mark.parametrize("code", list(registry()))
def test_the_command_line_explains_a_rule_from_its_file(
    code: str, randlint: Callable[..., Any]
) -> None:
    rule = registry()[code]
    outcome = randlint("rule", code)
    assert outcome.code == 0
    assert code in outcome.out
    assert rule.name in outcome.out
    for paragraph in rule.doc.strip().split("\n\n"):
        if not paragraph.startswith("```"):
            assert paragraph.split("\n")[0] in outcome.out


def test_the_example_of_the_prelude_is_clean() -> None:
    assert _found("") == []
