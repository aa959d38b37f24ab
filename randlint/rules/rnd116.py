"""A function replaces its key parameter by a constant key before anybody has read it.

The caller's seed is ignored: whatever key is passed, the numbers are the same. Usually a left-over
of debugging.

```python
def sample(key, shape):
    key = jax.random.key(0)  # RND116
    return jax.random.normal(key, shape)
```

Delete the assignment. For a default, write `if key is None: key = ...`.
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeyParameterOverwritten
from randlint.rules._base import Report, Rule


def _check(event: KeyParameterOverwritten) -> Iterator[Report]:
    message = (
        f"the key parameter `{event.parameter}` is replaced by a constant key before any use: the "
        "caller's seed is ignored; delete the assignment"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND116",
    name="overwritten-key-parameter",
    summary="a key parameter is replaced by a constant key before any use",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(KeyParameterOverwritten,),
    check=_check,
)
