"""The abstract interpreter: runs a program on unknown inputs and tells rules what happens.

The public names are loaded when they are first used: rules import the events of this package, and
a run in which no file needs the interpreter should not pay for LibCST.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from randlint.interpreter.analysis import Analysis, UnreadableSource, analyse

__all__ = ["Analysis", "UnreadableSource", "analyse"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from randlint.interpreter import analysis

    return getattr(analysis, name)
