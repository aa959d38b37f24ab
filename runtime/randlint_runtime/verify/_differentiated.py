"""What happens on chosen lines of a program that is differentiated: two rules need the data flow.

That a draw and a differentiated value meet in a comparison (RND202), or that a sample still moves
with what is differentiated where its score is taken (RND207), no single value shows. So when jax
differentiates a function and such a line runs in it, the function is traced once more, as
`provenance` does, and its jaxpr says which inputs and which draws reach the line. Nothing is
executed; NumPy's and Python's random states are put back. A line is looked at a few times only.
"""

from __future__ import annotations

import os
import random as python_random
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from randlint_runtime import _jax
from randlint_runtime._source import Site, site_of_equation
from randlint_runtime.provenance._report import interpret
from randlint_runtime.provenance._walk import Context, Walk
from randlint_runtime.verify._lines import LineWatcher
from randlint_runtime.verify._plan import Plan

CODES = frozenset({"RND202", "RND207"})
_MOST_LOOKS = 3  # at one line
Place = tuple[str, int]


@dataclass(slots=True)
class Watcher:
    """Looks at differentiated functions while a test runs."""

    plan: Plan
    lines: LineWatcher
    looks: Counter[Place] = field(default_factory=Counter)
    seen: dict[tuple[str, Place], str] = field(default_factory=dict)
    looked: set[Place] = field(default_factory=set)  # with success
    busy: bool = False

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch during a block, if the plan has lines that need it."""
        with ExitStack() as stack:
            if self.plan.codes & CODES:
                stack.enter_context(_jax.watched_derivatives(self._around))
            yield

    @contextmanager
    def _around(self, f: Any, primals: tuple[Any, ...]) -> Iterator[None]:
        before = {place: self.lines.counts[place] for place in self._places()}
        yield
        ran = {place for place, n in before.items() if self.lines.counts[place] > n}
        ran = {place for place in ran if self.looks[place] < _MOST_LOOKS}
        if ran and not self.busy:
            self.looks.update(ran)
            self.busy = True
            try:
                with self.lines.paused(), _host_randomness_kept():
                    self._look(f, primals, ran)
            finally:
                self.busy = False

    def _places(self) -> list[Place]:
        return [
            (file, row)
            for file, rows in self.plan.lines.items()
            for row, codes in rows.items()
            if codes & CODES
        ]

    def _look(self, f: Any, primals: tuple[Any, ...], places: set[Place]) -> None:
        try:
            shapes = jax.tree.map(_shape_of, primals)
            walk = interpret(f, shapes, {}, partial(_Meeting, places=places)).walk
        except Exception:  # whatever a function does that is traced once more: then we do not know
            return
        assert isinstance(walk, _Meeting)
        self.looked |= places
        for place, name in walk.met.items():
            self.seen.setdefault(("sample", place), name)
        for crossing in walk.record.crossings:
            for place in _places_of(crossing.site) & places:
                self.seen.setdefault(("crossing", place), crossing.operation)

    def events(self) -> dict[str, Any]:
        """What was seen: ``looked``, places that were looked at, and ``met``, what met there."""
        return {
            "looked": [list(place) for place in sorted(self.looked)],
            "met": [[kind, *place, name] for (kind, place), name in self.seen.items()],
        }


class _Meeting(Walk):
    """Notes the lines where something drawn moves smoothly with what is differentiated."""

    def __init__(self, lineage: Any, record: Any, places: set[Place]) -> None:
        super().__init__(lineage, record)
        self.met: dict[Place, str] = {}
        self._places = places
        self._made: dict[Place, set[int]] = {place: set() for place in places}

    def equation(self, eqn: Any, args: list[Any], ctx: Context) -> list[Any]:
        """Evaluate one equation, and look at what reaches its line from other lines."""
        outputs = super().equation(eqn, args, ctx)
        for place in _places_of(site_of_equation(eqn)) & self._places:
            made = self._made[
                place
            ]  # `x - mean` moves with the mean even where the sample does not
            moving = (a.taint.smooth and a.taint.draws and a.number not in made for a in args)
            if eqn.primitive.name != "stop_gradient" and any(moving):
                self.met.setdefault(place, _jax.Params(eqn).get("name") or eqn.primitive.name)
            made.update(output.number for output in outputs)
        return outputs


def _shape_of(x: Any) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(jnp.shape(x), jnp.result_type(x))


def _places_of(site: Site) -> set[Place]:
    return {(os.path.realpath(f.filename), f.line) for f in site.frames}


@contextmanager
def _host_randomness_kept() -> Iterator[None]:
    states = python_random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        python_random.setstate(states[0])
        np.random.set_state(states[1])
