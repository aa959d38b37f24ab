"""A key is derived, bound to a name, and never used.

That is harmless by itself, and it is the usual trace of a mistake nearby: one of the derived keys
was meant for the place where another (or the parent) is used a second time.

```python
def init(key):
    key_w, key_b = jax.random.split(key)  # RND109: key_b is never used
    return jax.random.normal(key_w, (3,)), jax.random.normal(key_w, (3,))
```

Use the key, or derive fewer. A name that starts with an underscore says that the key is left over
on purpose, and so does the left-over `key` of a last `key, sub = split(key)`.
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeyUnused
from randlint.rules._base import Report, Rule


def _check(event: KeyUnused) -> Iterator[Report]:
    message = (
        f"the derived key `{event.name}` is never used: often another key is used twice where this "
        "one was meant; use it, derive fewer keys, or name it `_`"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND109",
    name="unused-derived-key",
    summary="a key is derived and never used",
    doc=__doc__,
    severity=Severity.WARNING,
    listens=(KeyUnused,),
    check=_check,
)
