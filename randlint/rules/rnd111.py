"""A jitted function, or a method of a module, draws from a key that is a constant of the trace.

The key is made from a literal seed inside of it, or is a concrete global. Whatever the arguments,
every call returns the same numbers.

```python
@jax.jit
def dropout(x):
    key = jax.random.key(0)
    return x * jax.random.bernoulli(key, 0.9, x.shape)  # RND111: one mask for ever
```

Pass the key in:

```python
@jax.jit
def dropout(key, x):
    return x * jax.random.bernoulli(key, 0.9, x.shape)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import ConstantKeyTraced
from randlint.rules._base import Report, Rule


def _check(event: ConstantKeyTraced) -> Iterator[Report]:
    origin = "a global constant" if event.closed_over else "made from a constant seed"
    message = (
        f"`{event.callee}` draws from a key that is {origin} in the traced function "
        f"`{event.function}`: every call gets the same numbers; pass the key as an argument"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND111",
    name="constant-key-under-trace",
    summary="a traced function draws from a constant key: same numbers on every call",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(ConstantKeyTraced,),
    check=_check,
)
