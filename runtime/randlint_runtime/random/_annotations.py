"""Put the catalogue's rules into the samplers' signatures."""

from __future__ import annotations

import sys
import typing
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from randlint_runtime.rules import rules, samplers


def annotate(namespace: Mapping[str, Any], names: Sequence[str]) -> None:
    """Annotate every parameter that has a rule as `Annotated[its type, the rule]`."""
    governed = set(samplers())
    for name in names:
        if name not in governed or name == "fold_in":
            continue
        function = namespace[name]
        module = vars(sys.modules[function.__module__])
        hints = typing.get_type_hints(function, globalns=module)
        for parameter, rule in rules(name).items():
            hints[parameter] = Annotated[hints[parameter], rule]
        function.__annotations__ = hints
