"""A draw and a differentiated value meet in something piecewise constant.

`uniform(key) < p`, `argmax(logits + gumbel)`, `round(mu + noise)`: at a fixed key the result is a
step function of the parameter. The derivative through it is exactly 0, although the expectation
moves.

```python
def loss(p, key):
    heads = jax.random.uniform(key) < p  # RND202
    return jnp.where(heads, 3.0, 0.0)

grads = jax.grad(loss)(p, key)
```

Use a relaxation (a sigmoid or softmax with a temperature), a straight-through estimator, or a score
function:

```python
def loss(p, key):
    hard = (jax.random.uniform(key) < p).astype(jnp.float32)
    return 3.0 * (p + jax.lax.stop_gradient(hard - p))

grads = jax.grad(loss)(p, key)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import DrawThresholded
from randlint.rules._base import Report, Rule


def _check(event: DrawThresholded) -> Iterator[Report]:
    message = (
        f"a draw and a differentiated value meet in a piecewise constant {event.what}: the "
        "derivative through it is exactly 0 although the expectation moves; use a relaxation, a "
        "straight-through estimator (`x + lax.stop_gradient(hard - x)`) or a score function"
    )
    yield Report(event.place, message, event.confidence, (("differentiated here", event.site),))


RULE = Rule(
    code="RND202",
    name="gradient-of-thresholded-draw",
    summary="a draw meets a differentiated value in a comparison, argmax, rounding or sort index",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(DrawThresholded,),
    check=_check,
)
