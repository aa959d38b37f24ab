"""How the derivative of a draw is to be read: one of four conventions, chosen by the user.

Three people differentiate `f(x, uniform(key, maxval=x))` and mean three things. The first says the
derivative is undefined, because a random draw is not a function. The second differentiates the
generative process at a fixed key. The third holds the draw fixed: it has happened already. jax does
what the second says. Here each of them can have it their way:

========  ==========================================================================
pathwise  the sampler's documented rule (`rules.rule`), jax's semantics; the default
error     taking the derivative raises :class:`GradientSemanticsError` while tracing
fixed     the draw is a constant: its derivative is zero
nan       the derivative is NaN, so that whatever depends on it shows
========  ==========================================================================

>>> import jax
>>> from randlint_runtime import conventions, random
>>> f = jax.grad(lambda m: random.uniform(random.key(0), maxval=m))
>>> with conventions.use("fixed"):
...     float(f(2.0))
0.0

The convention in force is part of jax's jit cache key: a function that was compiled under one is
traced again under another (not one that was compiled ahead of time). It is local to the thread, and
blocks nest, the inner one winning. Arguments that only supply values (`choice(a=...)`,
`permutation(x=...)`) are not affected: there the three readings agree.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

from randlint_runtime import _context
from randlint_runtime.rules import Rule, Values, rules, samplers

__all__ = ["Convention", "GradientSemanticsError", "resolve", "use"]


class Convention(StrEnum):
    """The four readings of the derivative of a draw."""

    PATHWISE = "pathwise"
    ERROR = "error"
    FIXED = "fixed"
    NAN = "nan"


class GradientSemanticsError(TypeError):
    """A derivative was taken through a draw where the convention in force forbids it.

    Attributes:
        sampler: the sampler's name, as in `jax.random`.
        parameter: the parameter's name.
        rule: the rule that the derivative would have followed.
    """

    def __init__(self, sampler: str, parameter: str, rule: Rule, why: str) -> None:
        super().__init__(
            f"derivative of random.{sampler} with respect to `{parameter}` (rule: {rule.name}, "
            f"{rule.how}) {why}"
        )
        self.sampler = sampler
        self.parameter = parameter
        self.rule = rule
        self._why = why

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:  # so that it can leave its process
        return type(self), (self.sampler, self.parameter, self.rule, self._why)


@contextmanager
def use(convention: str, *, only: str | Iterable[str] | None = None) -> Iterator[None]:
    """Set the convention for the samplers called in this block, in this thread.

    A block is not to be held across `await` or `yield`, where others take their turn in between.

    Args:
        convention: `pathwise`, `error`, `fixed` or `nan`.
        only: restrict it to samplers (`"wald"`) or single parameters (`"gamma.a"`); to none, where
            the sequence is empty.

    Raises:
        ValueError: an unknown convention or place, or one that no convention changes; the message
            names the closest valid one.
        RuntimeError: the block is left before one that was entered after it.
    """
    chosen = str(_convention(convention))
    if only is None:
        pairs: tuple[tuple[str, str], ...] = (("", chosen),)
    else:
        places = (only,) if isinstance(only, str) else tuple(only)
        pairs = tuple((_place(place), chosen) for place in places)
    with _context.changed(conventions=_merged(_context.current().conventions, pairs)):
        yield


def resolve(
    sampler: str, keyword: str | Mapping[str, str] | None = None
) -> Mapping[str, Convention] | None:
    """The convention of each parameter of `sampler`, or None where all are `pathwise`.

    Args:
        sampler: a name of `random`.
        keyword: what the call said itself: one convention, or one per parameter. It wins over the
            block.

    Raises:
        ValueError: an unknown convention or parameter.
    """
    settings = _context.current().conventions
    if keyword is None and not settings:
        return None
    governed = [name for name, rule in rules(sampler).items() if not isinstance(rule, Values)]
    chosen = {name: _in_force(sampler, name, settings) for name in governed}
    if isinstance(keyword, Mapping):
        for name, word in keyword.items():
            if name not in chosen:
                raise ValueError(f"{sampler} has no rule for `{name}`{_closest(name, governed)}")
            chosen[name] = _convention(word)
    elif keyword is not None:
        chosen = dict.fromkeys(governed, _convention(keyword))
    if all(convention is Convention.PATHWISE for convention in chosen.values()):
        return None
    return chosen


def _in_force(sampler: str, parameter: str, pairs: tuple[tuple[str, str], ...]) -> Convention:
    places = ("", sampler, f"{sampler}.{parameter}")
    found = [convention for place, convention in pairs if place in places]
    return Convention(found[-1]) if found else Convention.PATHWISE


def _merged(
    old: tuple[tuple[str, str], ...], new: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, str], ...]:
    """`new` after `old`, without what it overrides: equal settings must compare equal."""
    overridden = {place for place, _ in new}
    if "" in overridden:
        return tuple(pair for pair in new if pair != ("", "pathwise"))
    return (*(pair for pair in old if pair[0] not in overridden), *new)


def _convention(word: str) -> Convention:
    try:
        return Convention(word)
    except ValueError:
        hint = _closest(str(word), [str(convention) for convention in Convention])
        raise ValueError(f"unknown convention {word!r}{hint}") from None


def _place(place: str) -> str:
    known: list[str] = []
    for name in samplers():
        places = [f"{name}.{p}" for p, rule in rules(name).items() if not isinstance(rule, Values)]
        known += [name, *places] if places else []
    if place not in known:
        raise ValueError(
            f"no sampler or parameter that a convention governs is called {place!r}"
            f"{_closest(place, known)}"
        )
    return place


def _closest(word: str, known: list[str]) -> str:
    matches = difflib.get_close_matches(word, known, n=1, cutoff=0.0)
    return f"; did you mean {matches[0]!r}?" if matches else ""
