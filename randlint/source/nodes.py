"""LibCST nodes without layout: what the interpreter reads of a tree, and nothing else.

LibCST spends two thirds of its time on building Python objects, most of them for blanks, commas and
parentheses. A node made here is of LibCST's own class, but only the fields that hold code are set;
to read another (`lpar`, `comma`, `whitespace_...`) is an AttributeError. Who needs the layout asks
`Segment.as_written` for the same node as LibCST parses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import libcst as cst

Node = TypeVar("Node", bound=cst.CSTNode)

_FIELDS: dict[type, tuple[str, ...]] = {}


def children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The nodes of code directly below `node`, in the order of the source."""
    for name in _FIELDS.get(type(node), ()):  # operators and the like have no code inside
        value = getattr(node, name)
        kind = type(value)
        if kind is list or kind is tuple:
            yield from value
        elif kind is not str and value is not None:
            yield value


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """`node` and all nodes of code below it, in no particular order."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += children(current)


def names_in(node: cst.CSTNode) -> set[str]:
    """All plain names that a tree mentions."""
    return {each.value for each in walk(node) if isinstance(each, cst.Name)}


def _maker(kind: type[Node], *fields: str) -> Callable[..., Node]:
    """A function that makes a node of `kind` from its fields: a tenth of the constructor's cost."""
    _FIELDS[kind] = fields
    setters: list[Callable[[Any, Any], None]] = [getattr(kind, name).__set__ for name in fields]
    new: Callable[[type[Node]], Node] = object.__new__
    if len(fields) == 1:
        (only,) = setters

        def make_one(value: object) -> Node:
            node = new(kind)
            only(node, value)
            return node

        return make_one
    if len(fields) == 2:
        first, second = setters

        def make_two(one: object, two: object) -> Node:
            node = new(kind)
            first(node, one)
            second(node, two)
            return node

        return make_two

    if len(fields) == 3:
        first, second, third = setters

        def make_three(one: object, two: object, three: object) -> Node:
            node = new(kind)
            first(node, one)
            second(node, two)
            third(node, three)
            return node

        return make_three

    def make(*values: object) -> Node:
        node = new(kind)
        for setter, value in zip(setters, values, strict=True):
            setter(node, value)
        return node

    return make


# Expressions.
name = _maker(cst.Name, "value")
integer = _maker(cst.Integer, "value")
floating = _maker(cst.Float, "value")
imaginary = _maker(cst.Imaginary, "value")
string = _maker(cst.SimpleString, "value")
concatenated = _maker(cst.ConcatenatedString, "left", "right")
ellipsis = _maker(cst.Ellipsis)
formatted = _maker(cst.FormattedString, "parts")
formatted_part = _maker(cst.FormattedStringExpression, "expression", "format_spec")
_maker(cst.TemplatedString, "parts")
_maker(cst.TemplatedStringExpression, "expression", "format_spec")
formatted_text = _maker(cst.FormattedStringText, "value")
attribute = _maker(cst.Attribute, "value", "attr")
call = _maker(cst.Call, "func", "args")
argument = _maker(cst.Arg, "value", "keyword", "star")
subscript = _maker(cst.Subscript, "value", "slice")
subscript_element = _maker(cst.SubscriptElement, "slice")
index = _maker(cst.Index, "value", "star")
slice_ = _maker(cst.Slice, "lower", "upper", "step")
binary = _maker(cst.BinaryOperation, "left", "operator", "right")
unary = _maker(cst.UnaryOperation, "operator", "expression")
boolean = _maker(cst.BooleanOperation, "left", "operator", "right")
comparison = _maker(cst.Comparison, "left", "comparisons")
comparison_target = _maker(cst.ComparisonTarget, "operator", "comparator")
ternary = _maker(cst.IfExp, "test", "body", "orelse")
lambda_ = _maker(cst.Lambda, "params", "body")
named = _maker(cst.NamedExpr, "target", "value")
tuple_ = _maker(cst.Tuple, "elements")
list_ = _maker(cst.List, "elements")
set_ = _maker(cst.Set, "elements")
dict_ = _maker(cst.Dict, "elements")
element = _maker(cst.Element, "value")
starred_element = _maker(cst.StarredElement, "value")
dict_element = _maker(cst.DictElement, "key", "value")
starred_dict_element = _maker(cst.StarredDictElement, "value")
list_comprehension = _maker(cst.ListComp, "elt", "for_in")
set_comprehension = _maker(cst.SetComp, "elt", "for_in")
generator = _maker(cst.GeneratorExp, "elt", "for_in")
dict_comprehension = _maker(cst.DictComp, "key", "value", "for_in")
comp_for = _maker(cst.CompFor, "target", "iter", "ifs", "inner_for_in")
comp_if = _maker(cst.CompIf, "test")
await_ = _maker(cst.Await, "expression")
yield_ = _maker(cst.Yield, "value")
from_ = _maker(cst.From, "item")

# Functions and classes.
function = _maker(cst.FunctionDef, "name", "params", "body", "decorators", "returns")
class_ = _maker(cst.ClassDef, "name", "bases", "keywords", "body", "decorators")
decorator = _maker(cst.Decorator, "decorator")
annotation = _maker(cst.Annotation, "annotation")
parameters = _maker(
    cst.Parameters, "params", "star_arg", "kwonly_params", "star_kwarg", "posonly_params"
)
parameter = _maker(cst.Param, "name", "annotation", "default")
star = _maker(cst.ParamStar)

# Statements.
line = _maker(cst.SimpleStatementLine, "body")
block = _maker(cst.IndentedBlock, "body")
suite = _maker(cst.SimpleStatementSuite, "body")
expression_statement = _maker(cst.Expr, "value")
assign = _maker(cst.Assign, "targets", "value")
assign_target = _maker(cst.AssignTarget, "target")
annotated = _maker(cst.AnnAssign, "target", "annotation", "value")
augmented = _maker(cst.AugAssign, "target", "operator", "value")
return_ = _maker(cst.Return, "value")
raise_ = _maker(cst.Raise, "exc", "cause")
assert_ = _maker(cst.Assert, "test", "msg")
delete = _maker(cst.Del, "target")
pass_ = _maker(cst.Pass)
break_ = _maker(cst.Break)
continue_ = _maker(cst.Continue)
global_ = _maker(cst.Global, "names")
nonlocal_ = _maker(cst.Nonlocal, "names")
name_item = _maker(cst.NameItem, "name")
import_ = _maker(cst.Import, "names")
import_from = _maker(cst.ImportFrom, "module", "names", "relative")
import_alias = _maker(cst.ImportAlias, "name", "asname")
import_star = _maker(cst.ImportStar)
dot = _maker(cst.Dot)
as_name = _maker(cst.AsName, "name")
if_ = _maker(cst.If, "test", "body", "orelse")
else_ = _maker(cst.Else, "body")
for_ = _maker(cst.For, "target", "iter", "body", "orelse")
while_ = _maker(cst.While, "test", "body", "orelse")
try_ = _maker(cst.Try, "body", "handlers", "orelse", "finalbody")
try_star = _maker(cst.TryStar, "body", "handlers", "orelse", "finalbody")
handler = _maker(cst.ExceptHandler, "type", "name", "body")
star_handler = _maker(cst.ExceptStarHandler, "type", "name", "body")
finally_ = _maker(cst.Finally, "body")
with_ = _maker(cst.With, "items", "body")
with_item = _maker(cst.WithItem, "item", "asname")
match = _maker(cst.Match, "subject", "cases")
match_case = _maker(cst.MatchCase, "pattern", "guard", "body")
match_value = _maker(cst.MatchValue, "value")
match_singleton = _maker(cst.MatchSingleton, "value")
match_list = _maker(cst.MatchList, "patterns")
match_tuple = _maker(cst.MatchTuple, "patterns")
match_element = _maker(cst.MatchSequenceElement, "value")
match_star = _maker(cst.MatchStar, "name")
match_mapping = _maker(cst.MatchMapping, "elements", "rest")
match_mapping_element = _maker(cst.MatchMappingElement, "key", "pattern")
match_class = _maker(cst.MatchClass, "cls", "patterns", "kwds")
match_keyword = _maker(cst.MatchKeywordElement, "key", "pattern")
match_as = _maker(cst.MatchAs, "pattern", "name")
match_or = _maker(cst.MatchOr, "patterns")
match_or_element = _maker(cst.MatchOrElement, "pattern")


def statements_of(body: cst.BaseSuite) -> Sequence[cst.CSTNode]:
    """The statements of a block, whether indented or on the same line."""
    if type(body) is cst.SimpleStatementSuite:
        return [body]
    return body.body
