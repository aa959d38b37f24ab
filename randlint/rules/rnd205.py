"""A key is among the differentiated arguments.

Keys are not real numbers: `jax.grad` raises TypeError for them. Usually `argnums` counts wrongly,
or the key comes first in a function differentiated in its first argument.

```python
def loss(key, w):
    return w * jax.random.normal(key)

grads = jax.grad(loss)(jax.random.key(0), w)  # RND205
```

```python
def loss(w, key):
    return w * jax.random.normal(key)

grads = jax.grad(loss)(w, jax.random.key(0))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeyDifferentiated
from randlint.rules._base import Report, Rule


def _check(event: KeyDifferentiated) -> Iterator[Report]:
    message = (
        "a key is among the differentiated arguments: this raises TypeError; differentiate with "
        "respect to the parameters only (`argnums=`)"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND205",
    name="gradient-of-key",
    summary="a key is among the differentiated arguments",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(KeyDifferentiated,),
    check=_check,
)
