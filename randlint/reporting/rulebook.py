"""The documentation of rules, as `randlint rule`, `randlint rules` and docs/rules show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from randlint.rules import Rule


def page(rule: Rule) -> str:
    """One rule in Markdown, ending in a newline."""
    state = "on by default" if rule.default else f"off by default: `--extend-select {rule.code}`"
    return f"# {rule.code} {rule.name}\n\n{rule.severity.value}, {state}\n\n{rule.doc.strip()}\n"


def table(rules: Iterable[Rule]) -> Iterator[str]:
    """One line per rule: code, name, whether it is on by default, what it flags."""
    listed = list(rules)
    longest = max(len(rule.name) for rule in listed)
    for rule in listed:
        state = "on " if rule.default else "off"
        yield f"{rule.code}  {rule.name:<{longest}}  {state}  {rule.summary}"
