"""The body or the condition of a traced loop consumes a closed-over key, or a carried key that it
returns unchanged.

`scan`, `while_loop`, `fori_loop` and `lax.map` trace their body once and run it many times. A key
that comes from outside, or that the carry hands on untouched, is the same key in every iteration:
every step draws the same numbers.

```python
def walk(key, x, n):
    def step(x, _):
        return x + jax.random.normal(key), None  # RND103: the same step n times
    return jax.lax.scan(step, x, None, length=n)[0]
```

Scan over derived keys, or carry the key and split it in the body:

```python
def walk(key, x, n):
    def step(x, step_key):
        return x + jax.random.normal(step_key), None
    return jax.lax.scan(step, x, jax.random.split(key, n))[0]
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeyReused, Relation
from randlint.rules._base import Report, Rule, named


def _check(event: KeyReused) -> Iterator[Report]:
    if event.relation is not Relation.TRACED_LOOP:
        return
    message = (
        f"`{event.callee}` consumes {named(event.key)} again in every iteration of the traced "
        "loop: each step draws the same random numbers; pass `jax.random.split(key, n)` as `xs`, "
        "or carry the key and split it in the body"
    )
    yield Report(
        event.place, message, event.confidence, (("consumed here in every step", event.first),)
    )


RULE = Rule(
    code="RND103",
    name="key-reuse-in-traced-loop",
    summary="a traced loop consumes a key that does not change between iterations",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(KeyReused,),
    check=_check,
)
