"""What a function is known to do to keys, so that a call of it need not be followed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import libcst as cst

from randlint.interpreter.domain.frames import Frame, Trace
from randlint.interpreter.domain.identity import UseKind
from randlint.interpreter.domain.symbols import Value

# In place of a function's tree, where only its name matters: trees are large.
_NOBODY = cst.Lambda(cst.Parameters(), cst.Name("None"))


class Consumed(NamedTuple):
    """The first use of a parameter's key: by what, and in which of the frames below the call."""

    parameter: str
    node: cst.CSTNode
    kind: UseKind
    callee: str
    place: bool
    frame: Frame
    loops: tuple[tuple[object, int], ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """The parameters that a call uses up, what it gives back, and the files that this rests on."""

    consumed: tuple[Consumed, ...]
    result: Value
    draws: bool
    trace: Trace
    depends: tuple[tuple[str, str], ...] = ()
