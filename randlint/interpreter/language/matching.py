"""`match` statements: cases exclude each other, and bind what they take apart."""

from __future__ import annotations

import libcst as cst

from randlint.interpreter.domain.frames import Snapshot
from randlint.interpreter.domain.paths import EMPTY, Atom, Path, contradict, extend
from randlint.interpreter.domain.symbols import Const, Unknown, Value
from randlint.interpreter.language import access
from randlint.interpreter.language.conditions import Test, all_hold, condition, equality, settled
from randlint.interpreter.language.items import item_at
from randlint.interpreter.machine.core import Interpreter
from randlint.source.nodes import statements_of


def match(machine: Interpreter, node: cst.CSTNode) -> bool:
    """`match`: cases exclude each other; a literal pattern is an equality."""
    assert isinstance(node, cst.Match)
    subject = machine.resolve(machine.evaluate(node.subject))
    base = machine.snapshot()
    ends: list[Snapshot | None] = []
    failed: Path = EMPTY  # what is known where no case so far was taken
    for case in node.cases:
        if contradict(base.path, failed):
            break
        machine.restore(Snapshot(dict(base.env), dict(base.heap), base.path))
        with machine.assuming(failed):
            test = settled(machine, _case(machine, subject, case.pattern))
            _bind_pattern(machine, case.pattern, subject)
            if case.guard is not None and test.decided is not False:
                with machine.assuming(test.when_true):
                    test = all_hold([test, condition(machine, case.guard)])
        if test.decided is False:
            continue
        start = Snapshot(machine.frame.env, machine.heap, base.path)
        literals = extend(failed, test.when_true)
        ends.append(machine.branch(start, literals, statements_of(case.body)))
        if test.decided is True:
            break
        failed = extend(failed, test.when_false)
    else:
        if not contradict(base.path, failed):
            path = extend(base.path, failed)
            ends.append(Snapshot(dict(base.env), dict(base.heap), path))
    return machine.join(base.path, ends)


def _case(machine: Interpreter, subject: Value, pattern: cst.MatchPattern) -> Test:
    """Whether a pattern fits."""
    match pattern:
        case cst.MatchAs():
            if pattern.pattern is None:
                return Test(True, EMPTY, EMPTY)
            return _case(machine, subject, pattern.pattern)
        case cst.MatchOr():
            options = [_case(machine, subject, each.pattern) for each in pattern.patterns]
            return all_hold([each.inverted() for each in options]).inverted()
        case cst.MatchValue() | cst.MatchSingleton():
            value = machine.evaluate(pattern.value)
            if isinstance(value, Const):
                return equality(machine, subject, value)
        case _:
            pass
    # One tag per case: the cases of one match exclude each other whatever they look for.
    tag = machine.symbols.make("case", machine.symbols.of(subject))
    atom: Atom = ("eq", tag, pattern)
    return Test(None, frozenset({(atom, True)}), frozenset({(atom, False)}))


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
