"""A key is among the differentiated arguments.

Keys are not real numbers, and nothing can be learned from a derivative with respect to one:

- `grad`, `value_and_grad`, `jacfwd`, `jacrev` and `hessian` raise TypeError. Usually `argnums`
  counts wrongly, or the key comes first in a function differentiated in its first argument;
- `jvp` raises TypeError unless the tangent given for the key is a `float0`;
- `vjp`, `linearize`, and `grad` or `value_and_grad` with `allow_int=True`, answer a `float0` for
  the key, which holds nothing. That is harmless, and told with low confidence only.

```python
def loss(key, w):
    return w * jax.random.normal(key)

grads = jax.grad(loss)(jax.random.key(0), w)  # RND205
```

```python
def loss(w, key):
    return w * jax.random.normal(key)

grads = jax.grad(loss)(w, jax.random.key(0))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeyDifferentiated
from randlint.rules._base import Report, Rule


def _check(event: KeyDifferentiated) -> Iterator[Report]:
    message = f"a key is among the differentiated arguments: {_OUTCOMES[event.outcome]}"
    yield Report(event.place, message, event.confidence)


_CLOSE_OVER = "differentiate with respect to the parameters only, and close over the key"
_OUTCOMES = {
    "raise": "this raises TypeError; differentiate with respect to the parameters only "
    "(`argnums=`)",
    "direction": f"this raises TypeError unless its tangent is a `float0`; {_CLOSE_OVER}",
    "float0": f"the key's part is a `float0`, which holds nothing; {_CLOSE_OVER}",
}


RULE = Rule(
    code="RND205",
    name="gradient-of-key",
    summary="a key is among the differentiated arguments",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(KeyDifferentiated,),
    check=_check,
)
