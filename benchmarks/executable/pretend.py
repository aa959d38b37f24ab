"""A pretended jax, in pure Python: keys are derivations, draws are nothing, every use is noted.

It knows what jax does with keys (`split(k, n)[i]` is `fold_in(k, i)`, an index past the end is the
last key) and runs traced loops and mapped functions turn by turn. What depends on a draw is decided
by the recording's `oracle`, so that either way is tried.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from executable.recording import Key, Recording, lines_here

_SAMPLERS = ("normal", "uniform", "gumbel", "exponential", "bernoulli", "laplace", "cauchy")


class Number:
    """A drawn number, or what was calculated from one; nobody knows which."""

    shape = (3,)
    ndim = 1

    def _same(self, *_: Any, **__: Any) -> Number:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = (
        _same
    )
    __neg__ = __getitem__ = __pow__ = sum = mean = reshape = astype = _same

    def _compare(self, _: Any) -> Undecided:
        return Undecided()

    __lt__ = __gt__ = __le__ = __ge__ = _compare

    def __float__(self) -> float:
        return 0.0


class Undecided:
    """The truth of something drawn."""


class Keys(Sequence[Any]):
    """An array of keys."""

    def __init__(self, items: Sequence[Any], recording: Recording) -> None:
        self.items = tuple(items)
        self.recording = recording

    @property
    def held_keys(self) -> tuple[Any, ...]:
        """The keys in it."""
        return self.items

    @property
    def shape(self) -> tuple[int, ...]:
        """One axis."""
        return (len(self.items),)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return Keys(self.items[index], self.recording)
        size = len(self.items)
        if not self.items:
            raise IndexError("an empty array of keys")
        found = self.items[min(max(index if index >= 0 else index + size, 0), size - 1)]
        if not -size <= index < size:
            here = lines_here()
            self.recording.indices |= here
            return Key(found.value, found.made | here)
        return found


class Batch(Sequence[Any], Number):
    """What a mapped function or a scan gives back: one result after the other."""

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = tuple(items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: Any) -> Any:
        return Batch(self.items[index]) if isinstance(index, slice) else self.items[index]


class _Random:
    """`jax.random`."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        for name in _SAMPLERS:
            setattr(self, name, functools.partial(self._draw))

    def _draw(self, key: Any, *_: Any, **__: Any) -> Number:
        if not isinstance(key, Key):
            raise TypeError("not a key")
        self._recording.use(key, "draw")
        return Number()

    def key(self, seed: Any) -> Key:
        """A key from a seed."""
        return Key(("seed", seed), lines_here())

    PRNGKey = key

    def split(self, key: Key, num: int = 2) -> Keys:
        """Derived keys; the parent is used up."""
        if not isinstance(key, Key):
            raise TypeError("not a key")
        self._recording.use(key, "split")
        made = lines_here()
        return Keys([Key(("child", key.value, i), made) for i in range(num)], self._recording)

    def fold_in(self, key: Key, data: Any) -> Key:
        """A derived key; the parent can be used further."""
        if not isinstance(key, Key):
            raise TypeError("not a key")
        return Key(("child", key.value, data), lines_here())

    def clone(self, key: Key) -> Key:
        """A key of its own, by the programmer's word."""
        self._recording.clones += 1
        return Key(("clone", key.value, self._recording.clones), lines_here())


def modules(recording: Recording) -> SimpleNamespace:
    """The pretended `jax` for one run."""
    traced = _Traced(recording)
    numpy = SimpleNamespace(
        arange=lambda *bounds: Batch(range(*bounds)),
        zeros=lambda *_: Number(),
        ones=lambda *_: Number(),
        sum=lambda *_: Number(),
        exp=lambda *_: Number(),
        stack=lambda items: _stack(list(items), recording),
    )
    lax = SimpleNamespace(
        scan=traced.scan,
        map=traced.map,
        fori_loop=traced.fori_loop,
        while_loop=traced.while_loop,
        cond=traced.cond,
        switch=traced.switch,
    )
    tree = SimpleNamespace(map=_tree_map)
    return SimpleNamespace(
        random=_Random(recording),
        numpy=numpy,
        lax=lax,
        tree=tree,
        vmap=traced.vmap,
        jit=_unchanged,
        checkpoint=_unchanged,
    )


def _unchanged(function: Any = None, **_: Any) -> Any:
    return function if function is not None else _unchanged


def _tree_map(function: Callable[..., Any], tree: Any, *rest: Any) -> Any:
    if isinstance(tree, dict):
        return {n: _tree_map(function, tree[n], *(each[n] for each in rest)) for n in sorted(tree)}
    if isinstance(tree, (list, tuple)):
        return [_tree_map(function, *each) for each in zip(tree, *rest, strict=True)]
    return function(tree, *rest)


def _stack(items: Sequence[Any], recording: Recording) -> Any:
    """Results one by one as an array; tuples of results as tuples of arrays."""
    if items and all(isinstance(each, Key) for each in items):
        return Keys(items, recording)
    if items and all(isinstance(each, tuple) for each in items):
        return tuple(_stack(column, recording) for column in zip(*items, strict=True))
    return Batch(items)


class _Traced:
    """Loops and maps that jax would trace: run turn by turn."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def scan(
        self, f: Callable[..., Any], init: Any, xs: Any = None, length: int | None = None
    ) -> Any:
        carry, outputs = init, []
        for turn in range(_length(xs) if length is None else length):
            carry, output = f(carry, _at(xs, turn))
            outputs.append(output)
        return carry, _stack(outputs, self._recording)

    def map(self, f: Callable[..., Any], xs: Any) -> Any:
        return _stack([f(_at(xs, turn)) for turn in range(_length(xs))], self._recording)

    def fori_loop(self, lower: int, upper: int, body_fun: Callable[..., Any], init_val: Any) -> Any:
        for turn in range(lower, upper):
            init_val = body_fun(turn, init_val)
        return init_val

    def while_loop(
        self, cond_fun: Callable[..., Any], body_fun: Callable[..., Any], init_val: Any
    ) -> Any:
        turns = 0
        while self._holds(cond_fun(init_val)) and turns < 4:
            init_val, turns = body_fun(init_val), turns + 1
        return init_val

    def cond(self, pred: Any, true_fun: Any, false_fun: Any, *operands: Any) -> Any:
        return (true_fun if self._holds(pred) else false_fun)(*operands)

    def switch(self, index: Any, branches: Any, *operands: Any) -> Any:
        if not isinstance(index, int):
            index = int(self._holds(Undecided()))
        return branches[min(max(index, 0), len(branches) - 1)](*operands)

    def vmap(self, fun: Callable[..., Any], in_axes: Any = 0) -> Callable[..., Any]:
        @functools.wraps(fun)
        def mapped(*args: Any) -> Any:
            axes = in_axes if isinstance(in_axes, (tuple, list)) else [in_axes] * len(args)
            over = [each for each, axis in zip(args, axes, strict=True) if axis is not None]
            before, self._recording.maps = self._recording.lanes, self._recording.maps + 1
            number, results = self._recording.maps, []
            for lane in range(_length(over[0])):
                self._recording.lanes = (*before, (number, lane))
                given = [
                    each if axis is None else _at(each, lane)
                    for each, axis in zip(args, axes, strict=True)
                ]
                results.append(fun(*given))
            self._recording.lanes = before
            return _stack(results, self._recording)

        return mapped

    def _holds(self, truth: Any) -> bool:
        if not isinstance(truth, (Undecided, Number)):
            return bool(truth)
        bit = self._recording.oracle & 1
        self._recording.oracle = (self._recording.oracle >> 1) | (bit << 7)
        return bool(bit)


def _length(xs: Any) -> int:
    if isinstance(xs, (Keys, Batch)):
        return len(xs)
    if isinstance(xs, dict):
        return _length(next(iter(xs.values())))
    if isinstance(xs, (tuple, list)):
        return _length(xs[0])
    return 3


def _at(xs: Any, turn: int) -> Any:
    if isinstance(xs, (Keys, Batch)):
        return xs.items[turn]
    if isinstance(xs, dict):
        return {name: _at(each, turn) for name, each in xs.items()}
    if isinstance(xs, (tuple, list)):
        return tuple(_at(each, turn) for each in xs)
    return xs
