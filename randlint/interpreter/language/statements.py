"""What statements do: assignment, branching, loops, exceptions, definitions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Sequence as SequenceOf

import libcst as cst

from randlint.interpreter.domain.arguments import Arguments
from randlint.interpreter.domain.paths import extend
from randlint.interpreter.domain.symbols import NONE, Unknown, Value
from randlint.interpreter.domain.values import Class, External, Record, Sequence, labels_of
from randlint.interpreter.keys import escapes
from randlint.interpreter.keys.unused import note_read
from randlint.interpreter.language import access, dicts, exceptions, lists, loops, matching
from randlint.interpreter.language.conditions import Test, condition
from randlint.interpreter.language.expressions import augmented
from randlint.interpreter.language.items import joined, known_items
from randlint.interpreter.language.mutation import set_entries
from randlint.interpreter.machine.budget import VISITS
from randlint.interpreter.machine.core import Executor, Interpreter
from randlint.interpreter.program.modules import class_from_tree, dotted_tree, imported_tree
from randlint.interpreter.program.signatures import define
from randlint.source.nodes import statements_of


def _line(machine: Interpreter, node: cst.CSTNode) -> bool:
    """A line of small statements."""
    assert isinstance(node, (cst.SimpleStatementLine, cst.SimpleStatementSuite))
    return machine.execute(node.body)


def _expression(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, cst.Expr)
    if not isinstance(node.value, cst.SimpleString):  # a docstring
        machine.evaluate(node.value)
    return True


def _assign(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, cst.Assign)
    value = machine.evaluate(node.value)
    for target in node.targets:
        access.assign(machine, target.target, value, node.value)
    return True


def _annotated(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, cst.AnnAssign)
    if node.value is not None:
        access.assign(machine, node.target, machine.evaluate(node.value), node.value)
    return True


def _augmented(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, cst.AugAssign)
    old = machine.resolve(machine.evaluate(node.target))
    new = machine.resolve(machine.evaluate(node.value))
    if isinstance(old, Sequence) and old.mutable and isinstance(node.operator, cst.AddAssign):
        lists.extend_by(machine, old, new)  # in place, under all of its names
        return True
    if isinstance(old, Record) and isinstance(node.operator, cst.BitOrAssign):
        after = dicts.merged(machine, old, Arguments([new], {}))
        set_entries(machine, old, dict(after.items), is_open=after.open)
        return True
    value = augmented(machine, node, old, new)
    if isinstance(old, Sequence) and isinstance(node.operator, cst.AddAssign):
        known = known_items(machine, new)
        if known is not None and old.rest is None:
            value = joined(machine, (*old.items, *known), old.mutable)
        else:
            machine.budget.step(len(old.items) // VISITS)  # all are looked through for their labels
            value = Sequence(old.items, Unknown(None, labels_of(new)), old.mutable)
    access.assign(machine, node.target, value, None)
    return True


def _return(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, cst.Return)
    value: Value = NONE if node.value is None else machine.evaluate(node.value)
    family = machine.frame.family
    if node.value is not None and (family is None or not family.traced):
        # What a traced loop carries on is judged where the next step consumes it.
        escapes.report_escape(machine, value, node, "return")
    machine.leave(value)
    return False


def _break(machine: Interpreter, node: cst.CSTNode) -> bool:
    if machine.frame.exits.loops:
        machine.frame.exits.loops[-1].breaks.append(machine.snapshot())
    return False


def _continue(machine: Interpreter, node: cst.CSTNode) -> bool:
    if machine.frame.exits.loops:
        machine.frame.exits.loops[-1].continues.append(machine.snapshot())
    return False


def _assert(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, cst.Assert)
    test = condition(machine, node.test)
    if test.decided is False:
        machine.end()
        return False
    if test.decided is None:
        machine.path = extend(machine.path, test.when_true)
    return True


def _delete(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, cst.Del)
    for target in _targets(node.target):
        if isinstance(target, cst.Subscript):
            access.delete_item(machine, target)
    for name in _deleted(node.target):
        value = machine.frame.env.pop(name, None)
        if value is not None:
            note_read(machine.ledger, machine.frame, name, value)
    return True


def _deleted(target: cst.BaseExpression) -> Iterable[str]:
    for each in _targets(target):
        if isinstance(each, cst.Name):
            yield each.value


def _targets(target: cst.BaseExpression) -> Iterable[cst.BaseExpression]:
    if isinstance(target, cst.Tuple):
        for element in target.elements:
            yield from _targets(element.value)
    else:
        yield target


def _outer_names(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, (cst.Global, cst.Nonlocal))
    machine.frame.outer.update(item.name.value for item in node.names)
    return True


def _import(machine: Interpreter, node: cst.CSTNode) -> bool:
    """An import inside a function binds local names."""
    assert isinstance(node, (cst.Import, cst.ImportFrom))
    for local, dotted in imported_tree(node, machine.frame.module.name):
        if local != "*":
            machine.frame.env[local] = External(dotted)
    return True


# --- branches


def _if(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, cst.If)
    test = condition(machine, node.test)
    orelse = node.orelse
    if test.decided is True:
        return machine.execute(statements_of(node.body))
    otherwise = _else_statements(orelse)
    if test.decided is False:
        return machine.execute(otherwise)
    return _two_arms(machine, test, statements_of(node.body), otherwise)


def _else_statements(orelse: cst.If | cst.Else | None) -> SequenceOf[cst.CSTNode]:
    if orelse is None:
        return ()
    return [orelse] if isinstance(orelse, cst.If) else statements_of(orelse.body)


def _two_arms(
    machine: Interpreter,
    test: Test,
    body: Iterable[cst.CSTNode],
    orelse: Iterable[cst.CSTNode],
) -> bool:
    base = machine.snapshot()
    ends = [
        machine.branch(base, test.when_true, body),
        machine.branch(base, test.when_false, orelse),
    ]
    return machine.join(base.path, ends)


# --- context managers


def _with(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, cst.With)
    for item in node.items:
        value = machine.evaluate(item.item)
        if item.asname is not None:
            access.assign(machine, item.asname.name, value, None)
    if _is_subtest(node):
        return _subtest(machine, node)
    if _expects_an_error(node):
        with machine.events.quietly():  # it raises, so nothing is drawn
            return machine.execute(statements_of(node.body))
    return machine.execute(statements_of(node.body))


def _is_subtest(node: cst.With) -> bool:
    first = node.items[0].item
    return isinstance(first, cst.Call) and dotted_tree(first.func).endswith("subTest")


def _expects_an_error(node: cst.With) -> bool:
    first = node.items[0].item
    name = dotted_tree(first.func) if isinstance(first, cst.Call) else ""
    return name.rpartition(".")[2].startswith(("raises", "assertRaises"))


def _subtest(machine: Interpreter, node: cst.With) -> bool:
    """Sub-tests are tests of their own: what one draws does not meet what another draws."""
    before = machine.path
    machine.path = extend(
        before, frozenset({(("eq", "subtest", (node, machine.frame.loops)), True)})
    )
    alive = machine.execute(statements_of(node.body))
    machine.path = before
    return alive


# --- definitions


def _function(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, cst.FunctionDef)
    frame = machine.frame
    if (
        frame.function is None
        and frame.closure is None
        and node.name.value in frame.module.functions
    ):
        return True  # looked up, with its own segment, when somebody calls it
    value = define(machine, node, frame.module, frame.segment, frame)
    frame.env[node.name.value] = value
    frame.pending.functions.append(value)
    return True


def _class(machine: Interpreter, node: cst.CSTNode) -> bool:
    assert isinstance(node, cst.ClassDef)
    frame = machine.frame
    if frame.function is None and frame.closure is None and node.name.value in frame.module.classes:
        return True
    definition = class_from_tree(node, frame.module, frame.segment)
    frame.env[node.name.value] = Class(definition, frame)
    frame.pending.classes.append(definition)
    return True


def _nothing(machine: Interpreter, node: cst.CSTNode) -> bool:
    return True


STATEMENTS: Mapping[type, Executor] = {
    cst.SimpleStatementLine: _line,
    cst.SimpleStatementSuite: _line,
    cst.Expr: _expression,
    cst.Assign: _assign,
    cst.AnnAssign: _annotated,
    cst.AugAssign: _augmented,
    cst.Return: _return,
    cst.Raise: exceptions.raise_,
    cst.Break: _break,
    cst.Continue: _continue,
    cst.Assert: _assert,
    cst.Del: _delete,
    cst.Global: _outer_names,
    cst.Nonlocal: _outer_names,
    cst.Import: _import,
    cst.ImportFrom: _import,
    cst.If: _if,
    cst.Match: matching.match,
    cst.For: loops.for_,
    cst.While: loops.while_,
    cst.Try: exceptions.try_,
    cst.TryStar: exceptions.try_,
    cst.With: _with,
    cst.FunctionDef: _function,
    cst.ClassDef: _class,
    cst.Pass: _nothing,
}
