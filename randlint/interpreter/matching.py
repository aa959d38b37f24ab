"""`match` statements: cases exclude each other, and bind what they take apart."""

from __future__ import annotations

import libcst as cst

from randlint.interpreter import access
from randlint.interpreter.conditions import condition
from randlint.interpreter.core import Interpreter
from randlint.interpreter.functions import statements_of
from randlint.interpreter.items import item_at
from randlint.interpreter.paths import EMPTY, Literal, Path, extend
from randlint.interpreter.state import Snapshot
from randlint.interpreter.values import Const, Unknown, Value


def match(machine: Interpreter, node: cst.CSTNode) -> bool:
    """`match`: cases exclude each other; a literal pattern is an equality."""
    assert isinstance(node, cst.Match)
    subject = machine.resolve(machine.evaluate(node.subject))
    base = machine.snapshot()
    ends: list[Snapshot | None] = []
    failed: set[Literal] = set()
    exhaustive = False
    for case in node.cases:
        literals, irrefutable = _case_literals(machine, subject, case)
        machine.restore(Snapshot(dict(base.env), dict(base.heap), base.path))
        _bind_pattern(machine, case.pattern, subject)
        literals |= frozenset(failed)
        if case.guard is not None:
            # Evaluated whether or not it then holds; what it says of the path is for its own arm.
            with machine.assuming(literals):
                literals |= condition(machine, case.guard).when_true
        start = Snapshot(machine.frame.env, machine.heap, base.path)
        ends.append(machine.branch(start, literals, statements_of(case.body)))
        if case.guard is None:
            failed |= {(atom, False) for atom, truth in literals if truth and atom[0] != "any"}
        if irrefutable:
            exhaustive = True
            break
    if not exhaustive:
        ends.append(Snapshot(dict(base.env), dict(base.heap), extend(base.path, frozenset(failed))))
    return machine.join(base.path, ends)


def _case_literals(machine: Interpreter, subject: Value, case: cst.MatchCase) -> tuple[Path, bool]:
    pattern = case.pattern
    symbol = machine.symbol_of(subject)
    guarded = case.guard is not None
    if isinstance(pattern, cst.MatchAs) and pattern.pattern is None and not guarded:
        return EMPTY, True
    options = (
        [each.pattern for each in pattern.patterns]
        if isinstance(pattern, cst.MatchOr)
        else [pattern]
    )
    if len(options) == 1 and isinstance(options[0], (cst.MatchValue, cst.MatchSingleton)):
        value = machine.evaluate(options[0].value)
        if isinstance(value, Const) or isinstance(options[0], cst.MatchSingleton):
            return frozenset({(("eq", symbol, machine.symbol_of(value)), True)}), False
    # One tag per case: the cases of one match exclude each other whatever they look for.
    return frozenset({(("eq", machine.symbol("case", symbol), case), True)}), False


def _bind_pattern(machine: Interpreter, pattern: cst.MatchPattern, subject: Value) -> None:
    match pattern:
        case cst.MatchAs():
            if pattern.pattern is not None:
                _bind_pattern(machine, pattern.pattern, subject)
            if pattern.name is not None:
                access.bind(machine, pattern.name.value, subject)
        case cst.MatchList() | cst.MatchTuple():
            for position, each in enumerate(pattern.patterns):
                if isinstance(each, cst.MatchSequenceElement):
                    part = item_at(machine, subject, position)
                    _bind_pattern(machine, each.value, part)
                elif isinstance(each, cst.MatchStar) and each.name is not None:
                    access.bind(machine, each.name.value, Unknown())
        case cst.MatchOr():
            for option in pattern.patterns:
                _bind_pattern(machine, option.pattern, subject)
        case _:
            pass
