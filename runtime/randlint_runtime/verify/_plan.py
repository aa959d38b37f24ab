"""What the test processes must look at: the lines of all findings, and a few more."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

# Rules whose event is an exception, perhaps at the place where the program is differentiated.
ERRORS = frozenset({"RND110", "RND112", "RND205", "RND209"})
UNUSED_PARAMETER = "RND115"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function: its name, and the lines of the function as Python counts them."""

    name: str
    first: int  # the line of `def`, or of the first decorator
    last: int


@dataclass(slots=True)
class Plan:
    """By real file name: the codes that every line is watched for, and the parameters."""

    lines: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    parameters: dict[str, list[Parameter]] = field(default_factory=dict)

    @property
    def codes(self) -> set[str]:
        """All codes that some line is watched for."""
        return {code for rows in self.lines.values() for codes in rows.values() for code in codes}

    def watch(self, filename: str, rows: range, code: str) -> None:
        """Watch some lines for a rule."""
        known = self.lines.setdefault(filename, {})
        for row in rows:
            known.setdefault(row, set()).add(code)

    def to_json(self) -> Any:
        """The plan as JSON knows it."""
        lines = {
            file: {str(row): sorted(codes) for row, codes in rows.items()}
            for file, rows in self.lines.items()
        }
        parameters = {
            file: [[p.name, p.first, p.last] for p in found]
            for file, found in self.parameters.items()
        }
        return {"lines": lines, "parameters": parameters}

    @classmethod
    def from_json(cls, data: Any) -> Plan:
        """The inverse of `to_json`."""
        lines = {
            file: {int(row): set(codes) for row, codes in rows.items()}
            for file, rows in data["lines"].items()
        }
        parameters = {
            file: [Parameter(*row) for row in found] for file, found in data["parameters"].items()
        }
        return cls(lines, parameters)


def plan(findings: list[dict[str, Any]]) -> Plan:
    """What to watch for the sake of these findings."""
    made = Plan()
    for finding in findings:
        if finding.get("cell") is not None:
            continue
        filename, rows = span_of(finding)
        made.watch(filename, rows, finding["code"])
        if finding["code"] in ERRORS:
            for place in finding.get("related") or ():
                row = place["location"]["row"]
                made.watch(os.path.realpath(place["filename"]), range(row, row + 1), "error")
        if finding["code"] == UNUSED_PARAMETER:
            parameter = parameter_at(filename, finding["location"])
            if parameter is not None:
                made.parameters.setdefault(filename, []).append(parameter)
    return made


def span_of(finding: dict[str, Any]) -> tuple[str, range]:
    """The real file name and the lines of a finding."""
    start = finding["location"]["row"]
    end = finding.get("end_location") or {}
    return (
        os.path.realpath(finding["filename"]),
        range(start, max(end.get("row", start), start) + 1),
    )


def function_around(filename: str, row: int) -> range | None:
    """The lines of the innermost function that a line belongs to."""
    found: range | None = None
    for node in _functions(filename):
        rows = _rows(node)
        if row in rows and (found is None or len(rows) < len(found)):
            found = rows
    return found


def statement_around(filename: str, rows: range) -> range:
    """The lines of the innermost statement that some lines belong to, without any body."""
    found = rows
    tree = _tree(filename)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.stmt) and node.lineno <= rows.start:
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
            inner = range(node.lineno, max(last, node.lineno) + 1)
            if rows.start in inner and (found == rows or len(inner) < len(found)):
                found = range(inner.start, max(inner.stop, rows.stop))
    return found


def parameter_at(filename: str, location: dict[str, Any]) -> Parameter | None:
    """The parameter that stands at a place (1-based row and column)."""
    for node in _functions(filename):
        a = node.args
        for given in [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]:
            if given is not None and given.lineno == location["row"]:
                line = _text(filename).splitlines()[given.lineno - 1].encode()
                if len(line[: given.col_offset].decode()) + 1 == location["column"]:
                    rows = _rows(node)
                    return Parameter(given.arg, rows.start, rows.stop - 1)
    return None


def bound_names(filename: str, row: int) -> list[str] | None:
    """The names that the assignment on a line binds, in order; None where that is not so simple."""
    tree = _tree(filename)
    for node in ast.walk(tree) if tree else ():
        if not isinstance(node, (ast.Assign, ast.AnnAssign)) or node.value is None:
            continue
        if not node.lineno <= row <= (node.end_lineno or node.lineno):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        target = targets[0]
        if isinstance(target, (ast.Tuple, ast.List)) and len(targets) == 1:
            names = [e.id if isinstance(e, ast.Name) else "" for e in target.elts]
            starred = any(isinstance(e, ast.Starred) for e in target.elts)
            return None if starred else names
        return None
    return None


_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def _functions(filename: str) -> Iterator[_Function]:
    tree = _tree(filename)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, _Function):
            yield node


def _rows(node: _Function) -> range:
    decorators = [] if isinstance(node, ast.Lambda) else node.decorator_list
    first = min([node.lineno, *(d.lineno for d in decorators)])
    return range(first, (node.end_lineno or node.lineno) + 1)


def _tree(filename: str) -> ast.Module | None:
    try:
        return _parsed(_text(filename))
    except (OSError, SyntaxError, ValueError):
        return None


@lru_cache(maxsize=64)
def _parsed(text: str) -> ast.Module:
    return ast.parse(text)


def _text(filename: str) -> str:
    return Path(filename).read_text(encoding="utf-8", errors="replace")
