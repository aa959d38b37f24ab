"""A function takes a key and never reads it.

Either the function is deterministic and its signature says otherwise, or it draws from a key that
is not its own. Interfaces often ask for a key that one implementation does not need, so this is
off by default; an underscore in front of the name says that it is not needed.

```python
def sample(key: PRNGKeyArray, mean):  # RND115
    return mean
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeyParameterUnused
from randlint.rules._base import Report, Rule


def _check(event: KeyParameterUnused) -> Iterator[Report]:
    message = (
        f"the key parameter `{event.parameter}` is never used: the result does not depend on it; "
        "draw from it, or drop it"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND115",
    name="unused-key-parameter",
    summary="a key parameter is never used",
    doc=__doc__,
    default=False,
    severity=Severity.WARNING,
    listens=(KeyParameterUnused,),
    check=_check,
)
