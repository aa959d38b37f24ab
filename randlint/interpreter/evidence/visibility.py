"""How far out of sight of a finding its two uses are: what nobody sees there is weak evidence.

A finding stands where two uses of a key meet. Where a use lies inside of what is called there, and
what consumes the key is once more a function that nobody can look into, two guesses are made at
once: that it draws, and that both draws matter to whoever stands there. Of such findings on public
packages about one in twenty was right. A test that hands one key to two functions usually compares
the two, or wants any key at all; about one in five of these was right. A script that calls one
function several times on one key compares variants; one that hands a seed to two functions that
nobody sees starts again.
"""

from __future__ import annotations

import libcst as cst

from randlint.interpreter.domain.frames import Spot, in_test, written_in
from randlint.interpreter.domain.identity import Conflict, Use, UseKind
from randlint.interpreter.domain.names import keylike
from randlint.interpreter.events import Relation
from randlint.interpreter.evidence.nearby_statements import (
    alike,
    derived_anew,
    over_variants,
    used_apart,
)
from randlint.interpreter.program.modules import dotted_tree


def out_of_sight(conflict: Conflict, relation: Relation, spots: tuple[Spot, Spot]) -> bool:
    """Whether too little of a pair of uses is in sight where it would be reported."""
    first, second = conflict.first, conflict.second
    tested, script = in_test(second.frame), spots[1].frame.function is None
    in_sight = written_in(second.frame, spots[1].frame) and not tested
    if second.kind is UseKind.CALL and _inside(second, spots[1]) and not in_sight:
        return True
    both = first.kind is second.kind is UseKind.CALL
    if script and both and relation is Relation.DERIVATION:
        return True
    if relation is Relation.LOOP and over_variants(spots):
        opaque = _handed_over(second) and not _names_a_key(spots[1].node)
        return tested or script or opaque or (_inside(second, spots[1]) and not in_sight)
    if script and _same_function(spots):
        return _inside(first, spots[0]) and _inside(second, spots[1])
    if not tested:
        return False
    if relation is Relation.DERIVATION:
        inside = _inside(first, spots[0]) or _inside(second, spots[1])
        return inside or derived_anew(spots) or used_apart(spots)
    return _inside(second, spots[1]) and (_inside(first, spots[0]) or _handed_over(first))


def _same_function(spots: tuple[Spot, Spot]) -> bool:
    """`fit(small, key)` and `fit(large, key)`: variants of one thing, on the same numbers."""
    first, second = spots[0].node, spots[1].node
    if first is second or not (isinstance(first, cst.Call) and isinstance(second, cst.Call)):
        return False
    return alike(first.func, second.func)


def _inside(use: Use, spot: Spot) -> bool:
    """Whether a use happens inside of something that is called at the spot.

    What a function of another file does may be known without running it once more.
    """
    if use.frame is not spot.frame:
        return True
    node = spot.node
    if use.kind not in (UseKind.SPLIT, UseKind.KNOWN_CALL) or not isinstance(node, cst.Call):
        return False
    return use.node is node and dotted_tree(node.func).rpartition(".")[2] != use.callee


def _names_a_key(node: cst.CSTNode) -> bool:
    """Whether a call is written with a key, or has one inside of what it is handed."""
    return isinstance(node, cst.Call) and any(
        keylike(arg.keyword.value if arg.keyword else dotted_tree(arg.value)) for arg in node.args
    )


def _handed_over(use: Use) -> bool:
    return use.kind in (UseKind.CALL, UseKind.KNOWN_CALL)
