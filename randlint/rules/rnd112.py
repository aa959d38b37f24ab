"""A traced function stores a derived key on `self` or in a global: the tracer leaks.

Under `jit` the key is a tracer. Stored outside, it is useless after the trace (the next use raises
`UnexpectedTracerError`), and the stored key does not advance from call to call.

```python
class Agent:
    @functools.partial(jax.jit, static_argnums=0)
    def act(self, logits):
        self.key, key = jax.random.split(self.key)  # RND112
        return jax.random.categorical(key, logits)
```

Return the new key and let the caller store it.
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeyEscapedTrace
from randlint.rules._base import Report, Rule


def _check(event: KeyEscapedTrace) -> Iterator[Report]:
    message = (
        f"the traced function `{event.function}` stores a derived key in `{event.target}`: the "
        "tracer leaks, and the key does not advance between calls; return the key instead"
    )
    yield Report(event.place, message, event.confidence)


RULE = Rule(
    code="RND112",
    name="key-escapes-trace",
    summary="a traced function stores a derived key outside of itself",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(KeyEscapedTrace,),
    check=_check,
)
