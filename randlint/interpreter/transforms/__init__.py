"""Functions that jax calls for the program: how each transform calls what it is given.

`apply` says for each kind of transform what a call does; `traced_loops` are `scan`, `while_loop`,
`fori_loop` and `map`, a form each; `mapping` is one lane of `vmap`; `derivatives` is `grad` and
its kin; `invoking` calls a function under a trace and finds arguments by their role.
"""
