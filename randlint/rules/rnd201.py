"""A differentiated value parametrises a discrete sampler.

The draw is a step function of its parameter: at a fixed key its derivative is exactly 0 almost
everywhere. JAX returns that 0 (or `float0`, or raises TypeError while the result is still an
integer) and says nothing. The expectation does depend on the parameter; this gradient does not.

```python
def loss(logits, key):
    action = jax.random.categorical(key, logits)  # RND201
    return cost[action]

grads = jax.grad(loss)(logits, key)
```

Use an estimator that knows how the probabilities move: a score function, exact enumeration, or a
relaxation. Where the draw is meant to be a constant, say so:

```python
def loss(logits, key):
    action = jax.lax.stop_gradient(jax.random.categorical(key, logits))
    return jax.nn.log_softmax(logits)[action] * cost[action]

grads = jax.grad(loss)(logits, key)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.catalogue import Gradient
from randlint.findings import Severity
from randlint.interpreter.events import DrawDifferentiated
from randlint.rules._base import Report, Rule


def _check(event: DrawDifferentiated) -> Iterator[Report]:
    if event.gradient is not Gradient.ZERO:
        return
    message = (
        f"`{event.sampler}` is discrete: the gradient with respect to `{event.parameter}` is "
        "exactly 0 (float0, or a TypeError, while the result stays an integer); use a "
        "score-function estimator (`randlint_runtime.score_function`), a relaxation, or "
        "`lax.stop_gradient` if that is intended"
    )
    yield Report(event.place, message, event.confidence, (("differentiated here", event.site),))


RULE = Rule(
    code="RND201",
    name="gradient-of-discrete-draw",
    summary="a differentiated value parametrises a discrete sampler: the gradient is silently zero",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(DrawDifferentiated,),
    check=_check,
)
