"""A traced function draws random numbers on the host.

Python runs while the function is traced, and not again. `np.random.normal()` under `jit` becomes a
constant of the compiled program: every call sees the same numbers. Under `vmap` every lane does, in
`scan` every step.

```python
@jax.jit
def noisy(x):
    return x + np.random.normal(size=3)  # RND301
```

Draw with `jax.random` from a key that is an argument:

```python
@jax.jit
def noisy(x, key):
    return x + jax.random.normal(key, (3,))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import HostRandomUsed
from randlint.rules._base import Report, Rule


def _check(event: HostRandomUsed) -> Iterator[Report]:
    message = (
        f"`{event.name}` draws on the host while `{event.function}` is traced: the number is a "
        "constant of the compiled program, equal on every call; draw with `jax.random` from a key "
        "that is an argument"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND301",
    name="host-rng-under-trace",
    summary="numpy.random, random, secrets or time in a traced function: drawn once at trace time",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(HostRandomUsed,),
    check=_check,
)
