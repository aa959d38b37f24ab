"""The file cannot be decoded or parsed, so nothing in it was checked.

The message says where the trouble is. Files in an encoding other than UTF-8 need a coding line
(PEP 263). Neither Python's own parser nor LibCST could read the file.

```python
def sample(key  # RND900
```

Mend the file, or leave it out with `exclude`.
"""

from __future__ import annotations

from randlint.findings import Severity
from randlint.rules._base import Rule

RULE = Rule(
    code="RND900",
    name="unreadable-source",
    summary="the file cannot be decoded or parsed",
    doc=__doc__,
    default=True,
    severity=Severity.ERROR,
)
