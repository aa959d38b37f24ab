"""A draw inside a differentiated function does not depend on what is differentiated.

Nothing is wrong here, which is why this rule is off by default. The draw is a constant of the
derivative: reading `grad` as the derivative at a fixed key, or taking the draw for a number drawn
beforehand, gives the same.

```python
def loss(x, key):
    return x * jax.random.uniform(key)  # RND206: d/dx is the draw itself

grads = jax.grad(loss)(x, key)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import DrawHeldFixed
from randlint.rules._base import Report, Rule


def _check(event: DrawHeldFixed) -> Iterator[Report]:
    message = (
        f"`{event.sampler}` does not depend on what is differentiated: the draw is a constant of "
        "this derivative (differentiating at a fixed key and treating the draw as a number agree)"
    )
    yield Report(event.place, message, event.confidence, (("differentiated here", event.site),))


RULE = Rule(
    code="RND206",
    name="draw-held-fixed",
    summary="the harmless case, explained: the draw does not depend on what is differentiated",
    doc=__doc__,
    default=False,
    severity=Severity.WARNING,
    listens=(DrawHeldFixed,),
    check=_check,
)
