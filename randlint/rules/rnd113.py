"""A key that was already consumed is returned, or stored in an attribute, a field or a state
object.

Whoever draws from it later gets the numbers that were drawn here.

```python
def reset(key):
    position = jax.random.uniform(key)
    return State(position=position, key=key)  # RND113: the next step repeats this draw
```

Split first, draw from one key and hand on the other:

```python
def reset(key):
    key, sub = jax.random.split(key)
    return State(position=jax.random.uniform(sub), key=key)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import ConsumedKeyEscaped
from randlint.rules._base import Report, Rule, named


def _check(event: ConsumedKeyEscaped) -> Iterator[Report]:
    how = "returned" if event.target == "return" else f"stored in `{event.target}`"
    message = (
        f"{named(event.key)} was consumed by `{event.callee}` and is {how}: whoever draws from it "
        "next gets the same numbers; split first and hand on the unused key"
    )
    yield Report(event.place, message, event.confidence, (("consumed here", event.first),))


RULE = Rule(
    code="RND113",
    name="consumed-key-escapes",
    summary="a consumed key is stored or returned for later use",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(ConsumedKeyEscaped,),
    check=_check,
)
