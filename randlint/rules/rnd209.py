"""Reverse over reverse through a sampler of the gamma family.

The implicit rule of JAX cannot be differentiated in reverse mode: `grad(grad(f))` and
`jacrev(jacrev(f))` raise ValueError. `jax.hessian` is forward over reverse and works.

```python
def loss(a, key):
    return jax.random.gamma(key, a) ** 2  # RND209

second = jax.grad(jax.grad(loss))(a, key)
```

Use forward over reverse, or `randlint_runtime.random`, whose rule can be differentiated again:

```python
def loss(a, key):
    return jax.random.gamma(key, 2.0) * a ** 2

second = jax.grad(jax.grad(loss))(a, key)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import SecondDerivativeRaises
from randlint.rules._base import Report, Rule


def _check(event: SecondDerivativeRaises) -> Iterator[Report]:
    message = (
        f"reverse over reverse through `{event.sampler}` in `{event.parameter}` raises ValueError: "
        "use `jax.hessian` (forward over reverse), or the sampler of `randlint_runtime.random`"
    )
    yield Report(event.place, message, event.confidence, (("differentiated here", event.site),))


RULE = Rule(
    code="RND209",
    name="no-second-derivative",
    summary="reverse over reverse through a sampler whose rule raises there",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(SecondDerivativeRaises,),
    check=_check,
)
