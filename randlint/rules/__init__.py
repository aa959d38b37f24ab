"""The rules, one per module; the registry finds them by their file names.

>>> registry()["RND101"].name
'key-reuse'

`_base` has the types: a `Rule` listens to events of the interpreter and yields `Report`s.
`_rewriting` writes the fixes of more than one rule.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from randlint.rules._base import Replacement, Report, Rule

__all__ = ["Replacement", "Report", "Rule", "registry"]


@cache
def registry() -> Mapping[str, Rule]:
    """Every rule by its code, in the order of codes."""
    names = sorted(name for _, name, _ in pkgutil.iter_modules(__path__) if name.startswith("rnd"))
    rules = (importlib.import_module(f"{__name__}.{name}").RULE for name in names)
    return {rule.code: rule for rule in rules}
