"""The sampler has a derivative, and its mean is not the derivative of the expectation.

`wald` chooses between two roots by comparing a uniform draw with a probability that depends on the
mean. The derivative ignores that jump: for E[x] it says 1.02 at mean 0.1 and 1.60 at mean 20, where
the truth is 1.

```python
def loss(mean, key):
    return jax.random.wald(key, mean)  # RND208

grads = jax.grad(loss)(mean, key)
```

`randlint_runtime.random.wald` draws the same numbers and differentiates them implicitly, without
bias. If the draw is meant to be a constant, stop the gradient.

```python
def loss(scale, key):
    return scale * jax.random.wald(key, 1.0)

grads = jax.grad(loss)(scale, key)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.catalogue import Gradient
from randlint.findings import Severity
from randlint.interpreter.events import DrawDifferentiated
from randlint.rules._base import Report, Rule


def _check(event: DrawDifferentiated) -> Iterator[Report]:
    if event.gradient is not Gradient.BIASED:
        return
    message = (
        f"the derivative of `{event.sampler}` with respect to `{event.parameter}` is biased "
        f"({event.how}): its mean is not the gradient of the expectation; use "
        f"`randlint_runtime.random.{event.sampler}`, or `lax.stop_gradient` if the draw is a "
        "constant"
    )
    yield Report(event.place, message, event.confidence, (("differentiated here", event.site),))


RULE = Rule(
    code="RND208",
    name="biased-pathwise-gradient",
    summary="the sampler's pathwise derivative is not an unbiased gradient of the expectation",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(DrawDifferentiated,),
    check=_check,
)
