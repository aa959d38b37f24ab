"""What the statements around two uses of a key say: the same once more, a dummy, an average.

Read from the code as it is written, not from values: how a result is named says what its author
wants from it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple, TypeAlias

import libcst as cst

from randlint.interpreter.domain.frames import Spot, segment_of
from randlint.interpreter.domain.identity import Conflict, UseKind
from randlint.interpreter.program.modules import dotted_tree
from randlint.source.nodes import children, names_in, walk

# A network that follows another one, and is compared with it on the same noise.
_FOLLOWER = re.compile(r"(?:^|[._])(?:targ|target|ema|teacher|averaged?|polyak)(?:$|[._])")
_DUMMY = re.compile(r"(?:^|[._])dummy(?:$|[._\d])")


class _Around(NamedTuple):
    """What a call's value is bound to: the targets as written; none where it is dropped."""

    targets: tuple[cst.CSTNode, ...]
    dropped: bool


def says_so(conflict: Conflict, spots: tuple[Spot, Spot]) -> bool:
    """Whether the words around a pair of uses say that the repetition is meant, or harmless."""
    calls = [spot.node for spot in spots if isinstance(spot.node, cst.Call)]
    if any(map(_with_a_dummy, calls)):
        return True
    if len(calls) < 2 or calls[0] is calls[1]:
        return False
    around = [_around(spot) for spot in spots]
    for each, spot in zip(around, spots, strict=True):
        if each is not None and (_dropped(each, spot) or _named(each, _DUMMY)):
            return True
    if _for_a_follower(calls[0], calls[1]) or _undone(calls[0], calls[1]):
        return True
    if _past_the_zip(conflict) or _on_other_data(conflict, spots):
        return True
    second = conflict.second
    directly = second.node is spots[1].node and second.kind in (UseKind.DRAW, UseKind.SPLIT)
    return not directly and _once_more(calls[0], calls[1], around[0], around[1])


def over_variants(spots: tuple[Spot, Spot]) -> bool:
    """`for kernel in kernels: sample(kernel, key)`: every member is run on the same numbers.

    A loop that counts is another matter, and so is a call that no member has a part in: they draw
    the same again and again.
    """
    first, second = spots
    turns = dict(first.loops)
    loops = [loop for loop, turn in second.loops if turns.get(loop, turn) != turn]
    loop = loops[0] if loops else None
    if not isinstance(loop, (cst.For, cst.CompFor)):
        return False
    if isinstance(loop.iter, cst.Call) and dotted_tree(loop.iter.func) == "range":
        return False
    return not _members(loop).isdisjoint(names_in(second.node))


@lru_cache(maxsize=4)
def _members(loop: cst.For | cst.CompFor) -> frozenset[str]:
    """The names of a loop's members, and of what its body makes of them."""
    members, before = names_in(loop.target), 0
    body = walk(loop.body) if isinstance(loop, cst.For) else ()
    assignments = [each for each in body if isinstance(each, cst.Assign)]
    while len(members) > before:
        before = len(members)
        for each in assignments:
            if not members.isdisjoint(names_in(each.value)):
                members |= {name for target in each.targets for name in names_in(target.target)}
    return frozenset(members)


def derived_anew(spots: tuple[Spot, Spot]) -> bool:
    """`x = normal(key(0), small)`, and `x = normal(key(0), large)`: a test starts once more."""
    one, other = (_statement(spot) for spot in spots)
    if one is None or other is None or one is other:
        return False
    return _all_alike(one.targets, other.targets)


def _statement(spot: Spot) -> cst.Assign | None:
    """The assignment that a node is part of."""
    parents = _parents(spot)
    node = parents.get(id(spot.node))
    while node is not None and not isinstance(node, cst.Assign):
        node = parents.get(id(node))
    return node


def _with_a_dummy(call: cst.Call) -> bool:
    """`init(dummy_key, x)`: the key is called a dummy."""
    return any(_DUMMY.search(name) for arg in call.args for name in names_in(arg.value))


def _around(spot: Spot) -> _Around | None:
    """The statement or the argument that holds the value of a call, and nothing else."""
    parent = holder(spot)
    match parent:
        case cst.Assign(targets=targets):
            return _Around(tuple(each.target for each in targets), False)
        case cst.AnnAssign(target=target):
            return _Around((target,), False)
        case cst.Expr():
            return _Around((), True)
        case _:
            return None


def holder(spot: Spot) -> cst.CSTNode | None:
    """The statement, argument or element whose value a node is."""
    parent = _parents(spot).get(id(spot.node))
    return parent if getattr(parent, "value", None) is spot.node else None


_Parents: TypeAlias = "dict[int, cst.CSTNode]"
# Of the segments asked about last, with the trees that the identities belong to: a function with
# thousands of findings asks thousands of times.
_recent: list[tuple[tuple[cst.CSTNode, ...], _Parents]] = []
_RECENT = 4


def _parents(spot: Spot) -> _Parents:
    """What stands above each node of a segment, by the node's identity."""
    body = segment_of(spot.node, spot.frame).body
    for tree, known in _recent:
        if tree is body:
            return known
    found: _Parents = {}
    waiting: list[cst.CSTNode] = list(body)
    while waiting:
        parent = waiting.pop()
        below = list(children(parent))
        found.update((id(each), parent) for each in below)
        waiting += below
    _recent[_RECENT - 1 :] = []
    _recent.insert(0, (body, found))
    return found


def _names(around: _Around) -> set[str]:
    return {name for target in around.targets for name in names_in(target)}


def _dropped(around: _Around, spot: Spot) -> bool:
    """`_ = step(key)`, or `shape, params = init(key)` with `del params`: only shapes are kept."""
    names = _names(around)
    function = spot.frame.function
    deleted = _deleted(function.node) if function is not None else frozenset()
    gone = {name for name in names if name.startswith("_") or name in deleted}
    return bool(gone) and all("shape" in name for name in names - gone)


@lru_cache(maxsize=4)
def _deleted(function: cst.CSTNode) -> frozenset[str]:
    """The names that a function deletes."""
    deletions = [each for each in walk(function) if isinstance(each, cst.Del)]
    return frozenset(name for each in deletions for name in names_in(each.target))


def _named(around: _Around, pattern: re.Pattern[str]) -> bool:
    return any(pattern.search(name) for name in _names(around))


def _once_more(
    first: cst.Call, second: cst.Call, before: _Around | None, after: _Around | None
) -> bool:
    """The very same statement again, word for word: the result replaces the first one.

    Not where the result of the first is among the arguments of the second, which then is the next
    step of something. A call whose result is dropped comes before it to compile, or to warm up.
    """
    if before is None or after is None or not alike(first, second):
        return False
    if not (before.dropped and after.targets) and not _same_targets(before, after):
        return False
    used = {name for arg in second.args for name in names_in(arg.value)}
    return used.isdisjoint(_names(after))


def _same_targets(one: _Around, other: _Around) -> bool:
    return bool(one.targets) and _all_alike(one.targets, other.targets)


def other_child(conflict: Conflict, spots: tuple[Spot, Spot]) -> bool:
    """`split(key)[0]` and `split(key)[1]`: one split written twice, of which each takes a child."""
    if not conflict.first.kind is conflict.second.kind is UseKind.SPLIT:
        return False
    taken = [_index_taken(spot) for spot in spots]
    return None not in taken and taken[0] != taken[1]


def _index_taken(spot: Spot) -> int | None:
    """The constant index that an expression is subscripted with, where it stands."""
    match holder(spot):
        case cst.Subscript(
            slice=[cst.SubscriptElement(slice=cst.Index(value=cst.Integer(value=text)))]
        ):
            return int(text, 0)
        case _:
            return None


def _undone(first: cst.Call, second: cst.Call) -> bool:
    """`rotate(x, key)` and `inverse_rotate(y, key)`: what is undone needs the key that did it."""
    one, other = (dotted_tree(each.func).rpartition(".")[2] for each in (first, second))
    return bool(one and other) and (other in _undoing(one) or one in _undoing(other))


def _undoing(name: str) -> set[str]:
    return {f"{prefix}{name}" for prefix in ("inverse_", "inv_", "un")} | {f"{name}_inverse"}


def _past_the_zip(conflict: Conflict) -> bool:
    """`zip(layers[:-1], keys)`, and `keys[-1]` for the last layer: the loop ends before it."""
    if conflict.second.identity.index != -1:
        return False
    for loop, _ in conflict.first.loops[-1:]:
        iterated = loop.iter if isinstance(loop, (cst.For, cst.CompFor)) else None
        if isinstance(iterated, cst.Call) and dotted_tree(iterated.func) == "zip":
            return any(map(_without_the_last, iterated.args))
    return False


def _without_the_last(arg: cst.Arg) -> bool:
    match arg.value:
        case cst.Subscript(
            slice=[cst.SubscriptElement(slice=cst.Slice(upper=cst.UnaryOperation()))]
        ):
            return True
        case _:
            return False


def _for_a_follower(first: cst.Call, second: cst.Call) -> bool:
    """`net(params, key)` beside `net(ema_params, key)`: a network and the one that follows it.

    Or `target_net(x, key)` beside `net(x, key)`.
    """
    callees = [bool(_FOLLOWER.search(dotted_tree(call.func))) for call in (first, second)]
    if callees[0] is not callees[1]:
        return _all_alike(first.args, second.args)
    if not alike(first.func, second.func):
        return False
    said = [
        any(_FOLLOWER.search(dotted_tree(arg.value)) for arg in call.args)
        for call in (first, second)
    ]
    return said[0] is not said[1] or _at_other_parameters(first, second)


def _at_other_parameters(first: cst.Call, second: cst.Call) -> bool:
    """`loss(params, batch, key)` and `loss(anchor_params, batch, key)`: alike in all the rest."""
    pair = _differing(first, second)
    return pair is not None and all(
        any("params" in word for word in words_in(arg.value)) for arg in pair
    )


def _on_other_data(conflict: Conflict, spots: tuple[Spot, Spot]) -> bool:
    """`crop(images, key)` and `crop(masks, key)`: one random function of two arrays.

    Of a function in sight that draws by itself: features, crops and projections are shared so.
    """
    first, second = spots
    if not (isinstance(first.node, cst.Call) and isinstance(second.node, cst.Call)):
        return False
    if conflict.first.frame is first.frame or conflict.second.frame is second.frame:
        return False
    pair = _differing(first.node, second.node) if alike(first.node.func, second.node.func) else None
    return pair is not None and all(
        arg.keyword is None and isinstance(arg.value, (cst.Name, cst.Attribute)) for arg in pair
    )


def _differing(first: cst.Call, second: cst.Call) -> tuple[cst.Arg, cst.Arg] | None:
    """The only arguments in which two calls are not written alike."""
    if len(first.args) != len(second.args):
        return None
    pairs = [pair for pair in zip(first.args, second.args, strict=True) if not alike(*pair)]
    return pairs[0] if len(pairs) == 1 else None


def words_in(node: cst.CSTNode) -> set[str]:
    """The names and the strings that an expression is written with."""
    strings = {each.value for each in walk(node) if isinstance(each, cst.SimpleString)}
    return names_in(node) | strings


def used_apart(spots: tuple[Spot, Spot]) -> bool:
    """Whether a test binds two draws to names and never mentions them, or what is made of them,
    in one statement.
    """
    one, other = (_statement(spot) for spot in spots)
    if one is None or other is None or spots[0].frame is not spots[1].frame:
        return False
    function = spots[0].frame.function
    names = [_only_name(each) for each in (one, other)]
    if function is None or None in names or names[0] == names[1]:
        return False
    made = [{names[0]}, {names[1]}]
    statements = [each for each in walk(function.node) if isinstance(each, _STATEMENTS)]
    for _ in range(len(statements)):
        before = len(made[0]) + len(made[1])
        for each in statements:
            mentioned = names_in(each)
            touched = [not mentioned.isdisjoint(group) for group in made]
            if all(touched):
                return False
            if isinstance(each, cst.Assign):
                bound = {name for target in each.targets for name in names_in(target.target)}
                for which, touches in enumerate(touched):
                    made[which] |= bound if touches else set()
        if len(made[0]) + len(made[1]) == before:
            return True
    return False


_STATEMENTS = (cst.Assign, cst.AnnAssign, cst.AugAssign, cst.Assert, cst.Expr, cst.For, cst.Return)


def _only_name(statement: cst.Assign) -> str | None:
    match statement.targets:
        case [cst.AssignTarget(target=cst.Name(value=name))]:
            return name
        case _:
            return None


def alike(one: cst.CSTNode, other: cst.CSTNode) -> bool:
    """Whether two expressions are written alike."""
    if type(one) is not type(other):
        return False
    mine, theirs = list(children(one)), list(children(other))
    if not mine and not theirs:
        return getattr(one, "value", None) == getattr(other, "value", None)
    return _all_alike(mine, theirs)


def _all_alike(some: Sequence[cst.CSTNode], others: Sequence[cst.CSTNode]) -> bool:
    return len(some) == len(others) and all(map(alike, some, others))
