"""The derivatives that are being taken, and those that somebody out of sight will take."""

from __future__ import annotations

import libcst as cst

from randlint.interpreter.domain.labels import Differentiated
from randlint.interpreter.domain.symbols import NO_LABELS, Labels
from randlint.interpreter.domain.values import Transformed


class Derivatives:
    """`open` are those whose function is running, the outermost first."""

    def __init__(self) -> None:
        self.open: tuple[Differentiated, ...] = ()
        self.ambient: Labels = NO_LABELS  # of the parameters that layers read out of the air
        self.due: dict[object, Transformed] = {}  # derivatives made, not called so far
        self.differentiating: set[cst.CSTNode] = set()  # calls that took a derivative
