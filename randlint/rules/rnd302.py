"""A key is seeded from the clock or from the entropy of the operating system.

The run cannot be repeated: nobody knows the seed afterwards. Some programs want that, so the rule
is off by default.

```python
key = jax.random.key(int(time.time()))  # RND302
```

Take the seed from the configuration, and log it:

```python
key = jax.random.key(seed)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import HostSeed
from randlint.rules._base import Report, Rule


def _check(event: HostSeed) -> Iterator[Report]:
    message = (
        f"this key is seeded from `{event.name}`: the run cannot be repeated; take the seed from "
        "the configuration, and log it"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND302",
    name="entropy-seeded-key",
    summary="a key seeded from time or OS entropy: not reproducible",
    doc=__doc__,
    default=False,
    severity=Severity.WARNING,
    listens=(HostSeed,),
    check=_check,
)
