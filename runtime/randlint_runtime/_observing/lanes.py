"""Control flow under `jax.vmap`: what runs for every lane, though it is meant for some.

Where the predicate of a `cond` has lanes, jax runs every branch for all of them and selects; where
that of a `while_loop` has, the body goes on for lanes that are done, with their old values, until
all are. Neither is a second use of a key. So the announcements in such branches are labelled with
their branch, and those in such loops as such; whoever looks at them can tell.

The labels are put on when `vmap` meets the loop or the branch: only then is it known to have lanes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache, partial
from itertools import count
from typing import Any

from randlint_runtime import _jax
from randlint_runtime._observing.announcements import Announcement

_OBSERVE = "randlint_observe"
_groups = count(-1, -1)  # negative: conditions of other kinds are numbered upwards


@contextmanager
def labelling() -> Iterator[None]:
    """Label announcements in branches and loops that are batched during a block."""
    with _jax.batched_control_flow(_labelled_branches, _labelled_loop):
        yield


@lru_cache(maxsize=256)
def _labelled_branches(branches: tuple[Any, ...]) -> tuple[Any, ...]:
    """The branches of one `cond`: always the same labels for them, so that jit's cache holds."""
    group = next(_groups)
    return tuple(
        _changed(branch, partial(_in_branch, (group, number)))
        for number, branch in enumerate(branches)
    )


@lru_cache(maxsize=256)
def _labelled_loop(jaxpr: Any) -> Any:
    return _changed(jaxpr, _in_loop)


def _in_branch(label: tuple[int, int], said: Announcement) -> Announcement:
    return replace(said, under=said.under | {label})


def _in_loop(said: Announcement) -> Announcement:
    return replace(said, looped=True)


def _changed(value: Any, change: Callable[[Announcement], Announcement]) -> Any:
    """A jaxpr with every announcement in it changed."""

    def changed(eqn: Any) -> Any:
        if eqn.primitive.name != _OBSERVE:
            return eqn
        return eqn.replace(params={"announcement": change(_jax.Params(eqn)["announcement"])})

    return _jax.rewritten(value, changed)
