"""A differentiated value parametrises a continuous sampler with a pathwise rule.

JAX differentiates the draw as a function of its parameter at a fixed key. That is an unbiased
gradient of the expectation, and it belongs to the generative process the sampler happens to use:
the law of the draw does not pin its derivative down. Somebody who thinks of the draw as a constant
gets another gradient than expected.

```python
def loss(x, key):
    return jax.random.uniform(key, maxval=x)  # RND203: the derivative is u, not 0

grads = jax.grad(loss)(x, key)
```

Write the process out, so that the reader sees which derivative is taken; or stop the gradient:

```python
def loss(x, key):
    return x * jax.random.uniform(key)

grads = jax.grad(loss)(x, key)
```

A distribution object of numpyro, distrax or TFP that its library documents as reparameterised says
which process is meant; a derivative through its draws is told with low confidence only.
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.catalogue import Gradient
from randlint.findings import Severity
from randlint.interpreter.events import DrawDifferentiated
from randlint.rules._base import Report, Rule
from randlint.rules._rewriting import written_out


def _check(event: DrawDifferentiated) -> Iterator[Report]:
    if event.gradient is not Gradient.PATHWISE:
        return
    message = (
        f"`{event.sampler}` is differentiated with respect to `{event.parameter}` pathwise, at a "
        f"fixed key ({event.how}): the derivative belongs to this generative process; write the "
        "process out if it is meant, or use `lax.stop_gradient` if the draw is a constant"
    )
    yield Report(
        event.place,
        message,
        event.confidence,
        (("differentiated here", event.site),),
        written_out(event),
    )


RULE = Rule(
    code="RND203",
    name="gradient-through-parameter",
    summary="a differentiated value parametrises a continuous sampler with a pathwise rule",
    doc=__doc__,
    severity=Severity.WARNING,
    listens=(DrawDifferentiated,),
    check=_check,
)
