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
* `roots` and `end_of_root`: what is run for itself, and what is said at the end of it;
* `analysis`: one file: its roots, run one after the other.
"""
