"""Branches of which a lane takes one: uses under exclusive conditions are no reuse."""

from __future__ import annotations

Conditions = frozenset[tuple[int, int]]
"""Pairs of a choice and the branch that was taken."""


def contradict(one: Conditions, other: Conditions) -> bool:
    """Whether two sets of ``(predicate, branch)`` cannot hold together."""
    if not one or not other:
        return False
    chosen = dict(one)
    return any(chosen.get(predicate, branch) != branch for predicate, branch in other)
