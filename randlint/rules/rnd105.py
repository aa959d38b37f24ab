"""Two expressions derive the same key.

`split(key, n)[i]` equals `fold_in(key, i)` exactly, `split(key, 2)` is a prefix of
`split(key, 3)`, and equal seeds give equal keys. JAX's own checker reports none of these.

```python
def init(key):
    encoder = jax.random.normal(jax.random.fold_in(key, 0), (3,))
    decoder = jax.random.normal(jax.random.fold_in(key, 0), (3,))  # RND105: same data, same key
    return encoder, decoder
```

In a test, equal literal seeds are low confidence where one goes to what is tested, where the draws
are bound to one name, and where no statement mentions both: a test may use a fixed input twice.

Fold in different data, or stay with one kind of derivation:

```python
def init(key):
    encoder_key, decoder_key = jax.random.split(key)
    return jax.random.normal(encoder_key, (3,)), jax.random.normal(decoder_key, (3,))
```
"""

from __future__ import annotations

from collections.abc import Iterator

from randlint.findings import Severity
from randlint.interpreter.events import KeyReused, Relation
from randlint.rules._base import Report, Rule


def _check(event: KeyReused) -> Iterator[Report]:
    if event.relation is not Relation.DERIVATION:
        return
    message = (
        "this derivation gives the same key as an earlier one, and both are consumed "
        f"(here by `{event.callee}`): the draws are equal; fold in different data, or split once "
        "and unpack (`split(k, n)[i]` is `fold_in(k, i)`, and equal seeds are equal keys)"
    )
    yield Report(
        event.place, message, event.confidence, (("the same key is derived here", event.first),)
    )


RULE = Rule(
    code="RND105",
    name="colliding-derivation",
    summary="two derivations give the same key",
    doc=__doc__,
    severity=Severity.ERROR,
    listens=(KeyReused,),
    check=_check,
)
