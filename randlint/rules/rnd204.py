"""A differentiated value parametrises a sampler whose derivative is implicit.

The gamma family is drawn by rejection; JAX differentiates the draw through its CDF instead. The
gradient is unbiased at ordinary parameters. It cannot be differentiated again in reverse mode, and
in float32 it fails for tiny concentrations (`loggamma`, `beta` and `dirichlet` at 1e-3).

```python
def loss(a, key):
    return jax.random.gamma(key, a)  # RND204

grads = jax.grad(loss)(a, key)
```

If the draw is meant to be a constant, stop the gradient. If it is meant, the samplers of
`randlint_runtime.random` have the same draws and a rule that holds at extreme parameters.

```python
def loss(scale, key):
    return scale * jax.random.gamma(key, 2.5)

grads = jax.grad(loss)(scale, key)
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


def _check(event: DrawDifferentiated) -> Iterator[Report]:
    if event.gradient is not Gradient.IMPLICIT:
        return
    message = (
        f"`{event.sampler}` is differentiated with respect to `{event.parameter}` implicitly, "
        "through its CDF: unbiased at ordinary parameters, wrong in float32 at tiny ones; use "
        f"`randlint_runtime.random.{event.sampler}` there, or `lax.stop_gradient` if the draw is a "
        "constant"
    )
    yield Report(event.place, message, event.confidence, (("differentiated here", event.site),))


RULE = Rule(
    code="RND204",
    name="gradient-implicit",
    summary="a differentiated value parametrises a sampler with an implicit rule (gamma family)",
    doc=__doc__,
    severity=Severity.WARNING,
    listens=(DrawDifferentiated,),
    check=_check,
)
