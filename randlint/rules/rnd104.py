"""A function under `vmap` or `pmap` draws from a key that is not mapped: every lane gets the same
draw.

The key is closed over, or its `in_axes` entry is `None`. The batch then holds one random number
repeated, which looks like randomness until somebody plots it.

```python
def perturb(key, xs):
    return jax.vmap(lambda x: x + jax.random.normal(key))(xs)  # RND104: equal noise in all lanes
```

A key that goes to a function of a callee that nobody can look into, that a stream handed out inside
of the mapped function, or that a test maps over is low confidence.

Give every lane its own key:

```python
def perturb(key, xs):
    keys = jax.random.split(key, xs.shape[0])
    return jax.vmap(lambda k, x: x + jax.random.normal(k))(keys, xs)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeySharedAcrossLanes
from randlint.rules._base import Report, Rule, named


def _check(event: KeySharedAcrossLanes) -> Iterator[Report]:
    message = (
        f"`{event.callee}` draws from {named(event.key)}, which is the same in every lane of the "
        "mapped axis: all lanes get equal numbers; split the key and map over the derived keys "
        "(`in_axes=0`)"
    )
    yield Report(event.place, message, event.confidence, (("mapped here", event.mapped),))


RULE = Rule(
    code="RND104",
    name="key-shared-across-lanes",
    summary="a mapped function draws from a key that is the same in every lane",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(KeySharedAcrossLanes,),
    check=_check,
)
