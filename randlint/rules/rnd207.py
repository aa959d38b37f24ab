"""A score-function surrogate multiplies a log-density by a reward, and the sample in it still
depends on the parameters.

The surrogate `log_prob(sample) * reward` has the right gradient only if the sample is a constant.
When it is reparameterised, the derivative of `log_prob` along the sample enters too, and the
estimate is biased.

```python
def surrogate(mu, key):
    x = mu + jax.random.normal(key)
    log_prob = jax.scipy.stats.norm.logpdf(x, mu)
    return log_prob * reward(x)  # RND207

grads = jax.grad(surrogate)(mu, key)
```

Stop the gradient through the sample:

```python
def surrogate(mu, key):
    x = jax.lax.stop_gradient(mu + jax.random.normal(key))
    log_prob = jax.scipy.stats.norm.logpdf(x, mu)
    return log_prob * reward(x)

grads = jax.grad(surrogate)(mu, key)
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import SampleNotStopped
from randlint.rules._base import Report, Rule


def _check(event: SampleNotStopped) -> Iterator[Report]:
    message = (
        "a log-density times a reward, and the sample in both still depends on what is "
        "differentiated: the pathwise derivative enters the score and the estimate is biased; wrap "
        "the sample in `lax.stop_gradient`"
    )
    yield Report(event.place, message, event.confidence, (("differentiated here", event.site),))


RULE = Rule(
    code="RND207",
    name="score-without-stop-gradient",
    summary="a score-function surrogate whose sample still carries a pathwise gradient",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(SampleNotStopped,),
    check=_check,
)
