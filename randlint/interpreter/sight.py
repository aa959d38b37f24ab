"""How far out of sight of a finding its two uses are: what nobody sees there is weak evidence.

A finding stands where two uses of a key meet. Where a use lies inside of what is called there, and
what consumes the key is once more a function that nobody can look into, two guesses are made at
once: that it draws, and that both draws matter to whoever stands there. Of such findings on public
packages about one in twenty was right. A test that hands one key to two functions usually compares
the two, or wants any key at all; about one in five of these was right.
"""

from __future__ import annotations

from randlint.interpreter.events import Relation
from randlint.interpreter.identity import Conflict, Use, UseKind
from randlint.interpreter.state import Spot, in_test


def out_of_sight(conflict: Conflict, relation: Relation, spots: tuple[Spot, Spot]) -> bool:
    """Whether too little of a pair of uses is in sight where it would be reported."""
    first, second = conflict.first, conflict.second
    if second.kind is UseKind.CALL and _inside(second, spots[1]):
        return True
    if not in_test(second.frame):
        return False
    if relation is Relation.DERIVATION:
        return _inside(first, spots[0]) or _inside(second, spots[1])
    return _inside(second, spots[1]) and (_inside(first, spots[0]) or _handed_over(first))


def _inside(use: Use, spot: Spot) -> bool:
    """Whether a use happens inside of something that is called at the spot."""
    return use.frame is not spot.frame


def _handed_over(use: Use) -> bool:
    return use.kind in (UseKind.CALL, UseKind.KNOWN_CALL)
