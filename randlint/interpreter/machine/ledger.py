"""What is noted of keys while a root runs: which there are, who uses them, who reads them."""

from __future__ import annotations

import libcst as cst

from randlint.interpreter.domain.frames import Frame, KeyParameter
from randlint.interpreter.domain.identity import Conflict, DerivedName, KeyIdentity, Made, Use
from randlint.interpreter.domain.labels import Evaluation
from randlint.interpreter.domain.symbols import Labels

# A value that depends on more draws and inputs than this forgets all but its own.
MOST_LABELS = 64


class Ledger:
    """Identities of keys, their uses, and the pairs of uses that no path keeps apart."""

    def __init__(self) -> None:
        self.identities: dict[tuple[object, ...], KeyIdentity] = {}
        self.uses: dict[object, list[Use]] = {}  # by the evaluation of the call
        self.conflicts: list[Conflict] = []
        self.shared: set[tuple[object, KeyIdentity]] = set()
        self.evaluation: object = None  # the call being evaluated, one object per evaluation
        self.derivations = 0
        self.generators: dict[tuple[object, str], bool] = {}  # names that are no keys, by segment
        self.derived_names: dict[tuple[cst.CSTNode, str], DerivedName] = {}
        self.key_parameters: dict[tuple[cst.CSTNode, str], KeyParameter] = {}
        self.read: set[KeyIdentity] = set()
        # Draws that meet in an assertion, or as arms of which one is taken.
        self.compared: list[tuple[Labels, Labels, bool]] = []

    def made(self, node: cst.CSTNode, frame: Frame) -> Made:
        """A derivation by `node`, evaluated in `frame`, here and now."""
        self.derivations += 1
        return Made(node, frame, frame.loops, self.derivations)

    def size(self) -> tuple[int, ...]:
        """What grows whenever a key is made, derived or used up."""
        return self.derivations, len(self.identities), len(self.uses)

    def drawn(self, labels: Labels, evaluation: object) -> Labels:
        """The labels of a draw: what its arguments depend on, and the draw itself."""
        if len(labels) > MOST_LABELS:
            labels = frozenset(each for each in labels if not isinstance(each, Evaluation))
        return labels | {evaluation}

    def forget(self) -> None:
        """Let go of what keys hold of each other."""
        for identity in self.identities.values():
            identity.forget()
