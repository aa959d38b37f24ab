"""Made-up sources for `fuzz.py`: what no real file does, each the extreme of one kind.

A kind is a function of dice and a size; it gives the text of a module, or of a notebook. Sizes are
drawn so that most inputs are small and a few are huge.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from made_up.code import (
    arguments,
    calling_each_other,
    classes,
    counters,
    decorators,
    loops_in_loops,
    many_branches,
    matches,
)
from made_up.values import (
    comprehensions,
    deep_expressions,
    long_module,
    many_entries,
    nested_containers,
    notebook,
    symbolic_displays,
)

Kind = Callable[[random.Random, int], str]
KINDS: dict[str, Kind] = {
    each.__name__: each
    for each in (
        nested_containers, symbolic_displays, calling_each_other, many_entries, long_module,
        many_branches, loops_in_loops, counters, comprehensions, matches, decorators, classes,
        arguments, notebook, deep_expressions,
    )
}  # fmt: skip
_ENDINGS = ("\n", "\n", "\n", "\r\n", "\r")
_ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "latin-1", "utf-16", "cp1252", "shift_jis")


def made_up(dice: random.Random) -> tuple[str, str, bytes]:
    """A kind's name, a file name, and the bytes of one input."""
    name = dice.choice(sorted(KINDS))
    size = int(2 ** dice.uniform(0, dice.choice((4, 6, 8.6))))
    text = KINDS[name](dice, size)
    if name == "notebook":
        return name, "made_up.ipynb", text.encode()
    if dice.random() < 0.1:
        encoding = dice.choice(_ENCODINGS)
        declared = encoding if dice.random() < 0.7 else dice.choice(("none", "utf-7", "rot13", ""))
        text = f"# -*- coding: {declared} -*-\n# é\n{text}".replace("\n", dice.choice(_ENDINGS))
        return name, "made_up.py", text.encode(encoding, "replace")
    return name, "made_up.py", text.encode()
