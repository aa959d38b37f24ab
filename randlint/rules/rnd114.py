"""One call receives the same key under several names.

Several named streams (`rngs={"params": key, "dropout": key}`) that start from one key give equal
numbers wherever the library does not fold the stream's name in. Flax does, so this is off by
default.

```python
def init(model, seed, x):
    key = jax.random.key(seed)
    return model.init({"params": key, "dropout": key}, x)  # RND114
```

Split one key per stream.
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeySharedAcrossStreams
from randlint.rules._base import Report, Rule, named


def _check(event: KeySharedAcrossStreams) -> Iterator[Report]:
    message = (
        f"`{event.callee}` receives {named(event.key)} several times: its streams may draw equal "
        "numbers; split one key per stream"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND114",
    name="key-shared-across-streams",
    summary="one key handed to several arguments of one call",
    doc=__doc__,
    default=False,
    severity=Severity.WARNING,
    listens=(KeySharedAcrossStreams,),
    check=_check,
)
