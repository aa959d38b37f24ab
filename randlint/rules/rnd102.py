"""A loop, a comprehension or a per-item callback consumes the same key on every iteration.

Every turn of the loop draws the same numbers, because the key does not change between turns.

```python
def rollout(key, state, n):
    for _ in range(n):
        state = state + jax.random.normal(key)  # RND102: the same noise n times
    return state
```

Split before the loop, or carry the key through it:

```python
def rollout(key, state, n):
    for step_key in jax.random.split(key, n):
        state = state + jax.random.normal(step_key)
    return state
```

The same holds for `jax.tree.map(lambda leaf: normal(key, leaf.shape), tree)`: split the key into
one key per leaf first.

A loop over a collection that hands each member to a function out of sight (`evaluate(batch, key)`),
or that a test or a script runs, is low confidence: more often than not the members are meant to be
compared on the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeyReused, Relation
from randlint.rules._base import Report, Rule, named


def _check(event: KeyReused) -> Iterator[Report]:
    if event.relation is not Relation.LOOP:
        return
    message = (
        f"`{event.callee}` consumes {named(event.key)} again on every iteration: each turn draws "
        "the same random numbers; split the key before the loop and take one key per turn, or "
        "carry `key, sub = jax.random.split(key)` through it"
    )
    yield Report(event.place, message, event.confidence, (("first consumed here", event.first),))


RULE = Rule(
    code="RND102",
    name="key-reuse-in-loop",
    summary="a Python loop consumes the same key on every iteration",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(KeyReused,),
    check=_check,
)
