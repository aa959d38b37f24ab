"""The abstract interpreter: runs a program on unknown inputs and tells rules what happens.

Rooms, of which each imports only those above it in this list:

* `events`: what rules listen to;
* `domain`: values, key identities, labels, frames, path conditions;
* `machine`: the state of one interpretation, and dispatch on node type;
* `program`: modules, imports, classes, annotations: what names stand for;
* `evidence`: which repetitions of a key matter;
* `keys`: what is done to keys, and what is left of them at the end;
* `gradients`: derivatives through draws, and randomness without keys;
* `language`: expressions and statements; containers, items, loops, conditions;
* `calls`: functions and objects of the program, callables of the catalogue;
* `transforms`: jit, vmap, scan, grad and their kin;
* `dispatch`: what a call does, by what is called;
* `roots` and `ending`: what is run for itself, and what is said at the end of it;
* `analysis`: one file: its roots, run one after the other, watched by the rules.

The public names are loaded when they are first used: rules import the events of this package, and
a run in which no file needs the interpreter should not pay for LibCST.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from randlint.interpreter.analysis import Analysis, UnreadableSource, analyse

__all__ = ["Analysis", "UnreadableSource", "analyse"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from randlint.interpreter import analysis

    return getattr(analysis, name)
