"""A suppression comment names a code that randlint does not have.

Most often a typing mistake, so that what was meant to be silenced is not.

```python
x = 1  # noqa: RND1001
```

`randlint rules` lists the codes.
"""

from __future__ import annotations

from randlint.findings import Severity
from randlint.rules._base import Rule

RULE = Rule(
    code="RND902",
    name="unknown-suppression",
    summary="a suppression names a code that does not exist",
    doc=__doc__,
    default=True,
    severity=Severity.WARNING,
)
