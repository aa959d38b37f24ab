"""A method consumes `self.key` and leaves it as it is: every call draws the same numbers.

```python
class Policy:
    def act(self, logits):
        return jax.random.categorical(self.key, logits)  # RND108: the same action every time
```

Split and store before drawing, or take the key as an argument:

```python
class Policy:
    def act(self, logits):
        self.key, key = jax.random.split(self.key)
        return jax.random.categorical(key, logits)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import AttributeKeyKept
from randlint.rules._base import Report, Rule


def _check(event: AttributeKeyKept) -> Iterator[Report]:
    message = (
        f"`{event.callee}` consumes `self.{event.attribute}` and `{event.method}` leaves it in "
        f"place: every call draws the same numbers; write "
        f"`self.{event.attribute}, key = jax.random.split(self.{event.attribute})` and use `key`"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND108",
    name="stale-attribute-key",
    summary="a method consumes a key attribute without replacing it",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(AttributeKeyKept,),
    check=_check,
)
