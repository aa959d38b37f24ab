"""A suppression comment names a rule that reports nothing on its statement.

The mistake was mended and the comment stayed, or the comment stands on the wrong line. It would
hide the next mistake.

```python
x = 1  # noqa: RND101
```

Delete the comment.
"""

from __future__ import annotations

from randlint.findings import Severity
from randlint.rules._base import Rule

RULE = Rule(
    code="RND901",
    name="unused-suppression",
    summary="a suppression that suppresses nothing",
    doc=__doc__,
    default=False,
    severity=Severity.WARNING,
)
