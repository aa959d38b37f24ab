"""Which calls use a key up, as far as names tell; see `_places.py`."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable

from _places import Module
from _scopes import Use, last

_READS_ONLY = frozenset(
    [
        "isinstance",
        "len",
        "print",
        "type",
        "id",
        "repr",
        "str",
        "hash",
        "list",
        "tuple",
        "dict",
        "set",
        "append",
        "extend",
        "insert",
        "iter",
        "next",
        "enumerate",
        "zip",
        "range",
        "map",
        "filter",
        "shape",
        "key_data",
        "clone",
        "fold_in",
        "key_impl",
        "wrap_key_data",
        "partial",
        "Partial",
        "hasattr",
        "getattr",
        "setattr",
        "eval_shape",
        "device_put",
        "device_get",
        "block_until_ready",
        "replace",
        "_replace",
        "tree_map",
        "warn",
        "issubdtype",
        "ndim",
        "Array",
        "ShapeDtypeStruct",
        "result_type",
        "cast",
        "callback",
        "stop_gradient",
        "where",
        "select",
        "bool",
        "int",
        "float",
        "copy",
        "deepcopy",
        "jit",
        "vmap",
        "grad",
        "super",
        "PRNGSequence",
        "Rngs",
        "update",
        "add",
        "put",
        "is_key",
        "ensure_typed",
        "maybe_key",
        "unwrap",
    ]
)


_READS_ONLY_PREFIXES = ("is_", "check", "_check", "assert", "validate", "tree_", "test_", "should")


_STORES = ("State", "Info", "Carry", "Params", "Result", "Output", "Tuple", "Config", "Spec")


_ARRAY_MODULES = frozenset({"jnp", "np", "numpy", "onp", "tree", "jtu", "tree_util", "chex"})


def consumes(module: Module, use: Use, ignoring: Ignoring) -> bool:
    """Whether a call that gets a key uses it up, as far as names tell."""
    if module.draws(use.callee) or module.random(use.callee) == "split":
        return True
    name = last(use.callee)
    if module.random(use.callee) is not None or name in _READS_ONLY or name == "?":
        return False
    if name == "apply" and not module.stochastic:
        return False  # a network without dropout and the like is given a key, and never draws
    if name.startswith(_READS_ONLY_PREFIXES) or name.endswith(_STORES):
        return False
    if set(use.callee.split(".")[:-1]) & _ARRAY_MODULES:
        return False
    return not ignoring.ignores(name, use.position)


class Ignoring:
    """The functions of a package that never look at one of their parameters."""

    def __init__(self, sources: Iterable[str]) -> None:
        self._unused: dict[str, list[tuple[list[str], set[str]]]] = defaultdict(list)
        for source in sources:
            try:
                self._read(ast.parse(source), None)
            except (SyntaxError, ValueError, RecursionError):
                continue

    def _read(self, node: ast.AST, owner: ast.ClassDef | None) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                named = {each.name for each in child.body if isinstance(each, ast.FunctionDef)}
                if "__init__" not in named and "__call__" not in named:
                    self._unused[child.name].append(([], {"*"}))  # stores what it gets
                self._read(child, child)
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                self._function(child, owner)
                self._read(child, None)
            else:
                self._read(child, owner)

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, owner: ast.AST | None
    ) -> None:
        a = node.args
        names = [each.arg for each in (*a.posonlyargs, *a.args)]
        if owner is not None and names[:1] in (["self"], ["cls"], ["_"]):
            names = names[1:]
        body = [s for s in node.body if not (isinstance(s, ast.Expr) and _is_constant(s.value))]
        if not body or all(isinstance(s, ast.Pass | ast.Raise) for s in body):
            return  # abstract: what overrides it decides
        read = {
            each.id
            for statement in body
            for each in ast.walk(statement)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Load)
        }
        unused = {each for each in (*names, *(k.arg for k in a.kwonlyargs)) if each not in read}
        name = node.name
        if name in ("__init__", "__call__") and isinstance(owner, ast.ClassDef):
            name = owner.name
        self._unused[name].append((names, unused))

    def ignores(self, name: str, position: int | str) -> bool:
        """Whether half of the definitions of that name, or more, do not use what they get there.

        Of twenty methods `sample`, one belongs to a point mass: to hand a key to two of them is
        no less a mistake for that.
        """
        definitions = self._unused.get(name, ())
        ignoring = 0
        for names, unused in definitions:
            known = isinstance(position, int) and position < len(names)
            wanted = names[position] if known else position  # type: ignore[index]
            ignoring += "*" in unused or wanted in unused
        return bool(definitions) and 2 * ignoring >= len(definitions)


def _is_constant(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)
