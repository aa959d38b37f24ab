"""A key is consumed twice: both draws come from the same random numbers.

A sampler is a deterministic function of its key. Two samplers given one key see the same bits:
noise terms are equal or correlated, dropout masks coincide, actor and critic start with the same
weights. Nothing fails and nothing warns. `split` consumes its key too: `split(key)[0]` equals
`fold_in(key, 0)`, so a parent used after its split shares numbers with its children, and splitting
twice gives the same children twice. Any callable that receives a key is taken to consume it.

```python
def noisy(key, x):
    a = jax.random.normal(key, x.shape)
    b = jax.random.normal(key, x.shape)  # RND101: b equals a
    return x + a + b
```

Derive a key of its own for every use:

```python
def noisy(key, x):
    key_a, key_b = jax.random.split(key)
    return x + jax.random.normal(key_a, x.shape) + jax.random.normal(key_b, x.shape)
```

If the same numbers are wanted twice, say so: `jax.random.clone(key)`.

Low confidence, shown with `--min-confidence low`, is what says less than that: a use inside of a
callee that hands the key to a function nobody can look into; a test or a script that hands one key
to two of the functions it is about; a network beside its target or average; one function applied to
two arrays; a result called `dummy` or `_`; the same statement again.
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeyReused, Relation
from randlint.rules._base import Report, Rule, named


def _check(event: KeyReused) -> Iterator[Report]:
    if event.relation is not Relation.STRAIGHT:
        return
    if event.after_split:
        message = (
            f"`{event.callee}` consumes {named(event.key)} after `{event.first_callee}` has split "
            "it: the draws share their random bits with the derived keys; use one of the derived "
            "keys"
        )
    else:
        message = (
            f"`{event.callee}` consumes {named(event.key)} a second time: it sees the same random "
            f"numbers as `{event.first_callee}`; derive a key for each use with "
            "`jax.random.split`, or say `jax.random.clone(key)` if the repetition is intended"
        )
    yield Report(event.place, message, event.confidence, (("first consumed here", event.first),))


RULE = Rule(
    code="RND101",
    name="key-reuse",
    summary="a consumed key is consumed again on the same path",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(KeyReused,),
    check=_check,
)
