"""A ledger of every key that a program really uses, by value.

`key_ledger` records the key data of every consumption while code runs, eagerly and inside `jit`,
`vmap` and `scan`, with the line of the sampler call. Equal data used twice is reuse, no matter how
the two keys came about: in two functions, two iterations, two libraries, or from two equal seeds.

    with key_ledger() as ledger:
        train()
    print(ledger.report())

What counts as a use: every public sampler of `jax.random`, and `split`. `fold_in` does not use its
parent up. `jax.random.clone(key)` allows one more use of that key's data. Recomputation under
`jax.checkpoint` is not a second use.

Programs compiled before the ledger opened are compiled again for it (once: later ledgers share
them); programs compiled ahead of time (`jit(f).lower(...).compile()`) before it opened are not
seen.

`_ledger` keeps the book of what `randlint_runtime._observing` announces; `_exchange` writes it down
for another process.
"""

from randlint_runtime.ledger._ledger import (
    KeyUse,
    Ledger,
    LedgerReuse,
    key_ledger,
)

__all__ = [
    "KeyUse",
    "Ledger",
    "LedgerReuse",
    "key_ledger",
]
