"""The abstract interpreter: runs a program on unknown inputs and tells rules what happens."""

from __future__ import annotations

from randlint.interpreter.analysis import Analysis, UnreadableSource, analyse

__all__ = ["Analysis", "UnreadableSource", "analyse"]
