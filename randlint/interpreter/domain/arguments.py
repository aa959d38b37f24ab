"""The arguments of one call, and finding in them what the catalogue asks for."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass

from randlint.catalogue import Argument
from randlint.interpreter.domain.symbols import Const, Value

# Keywords of a call whose names nobody knows (`**options`), and positions of unknown number.
STAR, DOUBLE_STAR = "*", "**"


@dataclass(slots=True, eq=False, repr=False)
class Arguments:
    """Positional and keyword arguments; `STAR` and `DOUBLE_STAR` in `kwargs` hold the unknown."""

    args: SequenceOf[Value]
    kwargs: Mapping[str, Value]

    def find(self, argument: Argument | None) -> Value | None:
        """The value given for a catalogued argument."""
        if argument is None:
            return None
        found = self.kwargs.get(argument.name)
        if found is not None:
            return found
        position = argument.position
        if position is not None and position < len(self.args):
            return self.args[position]
        return None

    def after(self, argument: Argument | None) -> SequenceOf[Value]:
        """All positional arguments from where `argument` stands."""
        if argument is None or argument.position is None:
            return ()
        return self.args[argument.position :]

    def values(self) -> SequenceOf[Value]:
        """Every value handed over."""
        return [*self.args, *self.kwargs.values()] if self.kwargs else self.args


def constant_ints(value: Value | None) -> tuple[int, ...] | None:
    """`0`, `(0, 2)` or `[1]` as a tuple of ints; None where it is not constant."""
    if isinstance(value, Const):
        return (value.value,) if type(value.value) is int else None
    items = getattr(value, "items", None)
    if isinstance(items, tuple) and getattr(value, "rest", None) is None:
        found = [each.value for each in items if isinstance(each, Const)]
        if len(found) == len(items) and all(type(each) is int for each in found):
            return tuple(found)
    return None
