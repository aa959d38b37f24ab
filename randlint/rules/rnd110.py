"""One raw key is indexed, unpacked or calculated with.

`jax.random.PRNGKey` returns two 32-bit words. Taking them apart as if they were two keys gives
numbers that are not keys at all, and arithmetic on them gives keys related in ways nobody has
studied.

```python
def init(seed):
    a, b = jax.random.PRNGKey(seed)  # RND110: two words, not two keys
    return a, b
```

Derive keys with `jax.random.split` or `fold_in`, and make them with `jax.random.key`, which does
not allow any of this.
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import RawKeyTakenApart
from randlint.rules._base import Report, Rule


def _check(event: RawKeyTakenApart) -> Iterator[Report]:
    message = (
        f"{event.what} takes the two words of one raw key apart: the result is no key; derive keys "
        "with `jax.random.split` or `jax.random.fold_in`"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND110",
    name="raw-key-as-key-array",
    summary="indexing, unpacking or arithmetic on one raw key",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(RawKeyTakenApart,),
    check=_check,
)
