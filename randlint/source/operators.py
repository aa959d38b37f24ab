"""Operators of `ast` and the LibCST nodes that stand for them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

import libcst as cst


def _instances(kinds: dict[type, Any]) -> Mapping[type, Any]:
    """One node of each kind: an operator without its blanks is always the same."""
    return {kind: object.__new__(other) for kind, other in kinds.items()}


OPERATORS = _instances(
    {
        ast.Add: cst.Add,
        ast.Sub: cst.Subtract,
        ast.Mult: cst.Multiply,
        ast.MatMult: cst.MatrixMultiply,
        ast.Div: cst.Divide,
        ast.Mod: cst.Modulo,
        ast.Pow: cst.Power,
        ast.LShift: cst.LeftShift,
        ast.RShift: cst.RightShift,
        ast.BitOr: cst.BitOr,
        ast.BitXor: cst.BitXor,
        ast.BitAnd: cst.BitAnd,
        ast.FloorDiv: cst.FloorDivide,
        ast.Invert: cst.BitInvert,
        ast.Not: cst.Not,
        ast.UAdd: cst.Plus,
        ast.USub: cst.Minus,
        ast.And: cst.And,
        ast.Or: cst.Or,
        ast.Eq: cst.Equal,
        ast.NotEq: cst.NotEqual,
        ast.Lt: cst.LessThan,
        ast.LtE: cst.LessThanEqual,
        ast.Gt: cst.GreaterThan,
        ast.GtE: cst.GreaterThanEqual,
        ast.Is: cst.Is,
        ast.IsNot: cst.IsNot,
        ast.In: cst.In,
        ast.NotIn: cst.NotIn,
    }
)
AUGMENTED = _instances(
    {
        ast.Add: cst.AddAssign,
        ast.Sub: cst.SubtractAssign,
        ast.Mult: cst.MultiplyAssign,
        ast.MatMult: cst.MatrixMultiplyAssign,
        ast.Div: cst.DivideAssign,
        ast.Mod: cst.ModuloAssign,
        ast.Pow: cst.PowerAssign,
        ast.LShift: cst.LeftShiftAssign,
        ast.RShift: cst.RightShiftAssign,
        ast.BitOr: cst.BitOrAssign,
        ast.BitXor: cst.BitXorAssign,
        ast.BitAnd: cst.BitAndAssign,
        ast.FloorDiv: cst.FloorDivideAssign,
    }
)
