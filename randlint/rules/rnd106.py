"""A constant index lies past the end of a key array, or the array is unpacked into the wrong
number.

JAX clamps an index that is out of bounds: `keys[7]` on three keys silently is `keys[2]`, which is
then used twice. Unpacking a wrong number raises.

```python
def init(key):
    keys = jax.random.split(key, 3)
    return [jax.random.normal(keys[i]) for i in (0, 1, 2)], jax.random.normal(keys[3])  # RND106
```

Split into as many keys as are used, and unpack them by name where there are few.
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeyIndexed
from randlint.rules._base import Report, Rule, named


def _check(event: KeyIndexed) -> Iterator[Report]:
    if event.index is None:
        message = (
            f"{named(event.key)} holds {event.size} keys and is unpacked into {event.wanted}: this "
            "raises ValueError; ask `split` for as many keys as are unpacked"
        )
    else:
        message = (
            f"index {event.index} is past the end of {event.size} keys: JAX clamps it, so this "
            "silently is the last key again; ask `split` for one more key"
        )
    yield Report(event.place, message, event.confidence, (("the keys are made here", event.made),))


RULE = Rule(
    code="RND106",
    name="key-array-index",
    summary="an index past the end of a key array, or unpacking the wrong number",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(KeyIndexed,),
    check=_check,
)
