"""A default argument holds a key. Python evaluates it once, at the `def`: every call that leaves
the argument out draws the same numbers.

```python
def sample(shape, key=jax.random.key(0)):  # RND107
    return jax.random.normal(key, shape)
```

Make the key a required argument; who calls knows where randomness comes from.
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import DefaultKey
from randlint.rules._base import Report, Rule


def _check(event: DefaultKey) -> Iterator[Report]:
    message = (
        f"the default of `{event.parameter}` is a key made once, at the `def`: every call without "
        "it draws the same numbers; make the key a required argument"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND107",
    name="default-argument-key",
    summary="a key as a default argument: every call shares it",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(DefaultKey,),
    check=_check,
)
