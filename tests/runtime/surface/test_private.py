"""What jax does not document is touched in `_jax` alone."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import jax
import pytest

from randlint_runtime._jax import Params, undocumented

ROOT = Path(__file__).parents[3]
PACKAGE = next(p for p in (ROOT / "runtime", ROOT) if (p / "randlint_runtime").is_dir())
PACKAGE /= "randlint_runtime"  # beside the linter in a clone, at the top of the sdist
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "_jax" not in p.relative_to(PACKAGE).parts)
# Documented as being no part of the public interface.
INTERNAL = re.compile(r"jax\.(_src|core|interpreters|extend|lib)(\.|$)|jaxlib(\.|$)")
# What jaxprs and their equations consist of; `_jax` has functions that answer for them.
PARTS = {"params", "source_info", "debug_info", "name_stack", "traceback", "consts", "jaxpr"}
ALLOWED = {"sys._getframe"}


def own_names(tree):
    """Names of this package's own things, whose underscores are its own."""
    yield from ("self", "cls")
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("randlint_runtime"):
            yield from (each.asname or each.name for each in node.names)


def imported(node):
    if isinstance(node, ast.Import):
        return [each.name for each in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{node.module}.{each.name}" for each in node.names]
    return []


def documentation(tree):
    """The identities of docstrings."""
    holders = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, holders) and node.body and isinstance(node.body[0], ast.Expr):
            yield id(node.body[0].value)


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def is_undocumented(attribute, own):
    """Whether `a.b` is something of jax's inside."""
    text = ast.unparse(attribute)
    if INTERNAL.match(text):
        return INTERNAL.match(ast.unparse(attribute.value)) is None  # the outermost says it all
    if isinstance(attribute.value, ast.Name) and attribute.value.id in own:
        return False
    return attribute.attr in PARTS or (is_private(attribute.attr) and text not in ALLOWED)


def touched(source):
    """Every place where a module touches what jax does not document, as text."""
    tree = ast.parse(source)
    own, documents = set(own_names(tree)), set(documentation(tree))
    for node in ast.walk(tree):
        yield from (name for name in imported(node) if INTERNAL.match(name))
        match node:
            case ast.Constant(value=str(text)):
                if re.search(r"\b_src\b", text) and id(node) not in documents:
                    yield repr(text)
            case ast.Attribute():
                if is_undocumented(node, own):
                    yield ast.unparse(node)
            case ast.Call(
                func=ast.Name(id="getattr" | "hasattr"), args=[_, ast.Constant(value=name), *_]
            ):
                if name in PARTS or is_private(name):
                    yield ast.unparse(node)


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nothing_undocumented_is_touched(path):
    assert not list(touched(path.read_text()))


def test_all_modules_are_looked_at():
    names = {str(path.relative_to(PACKAGE)) for path in MODULES}
    assert {
        "provenance/_walk.py",
        "threefry.py",
        "random/_base.py",
        "verify/_recording.py",
    } <= names
    assert len(names) > 50


@pytest.mark.parametrize(
    "line",
    [
        "import jax._src.core",
        "from jax._src import random",
        "from jax.interpreters import ad",
        "import jax\njax.core.Tracer",
        "import jax.extend as jex",
        "import importlib\nimportlib.import_module('jax._src.api')",
        "def f(eqn):\n    return eqn.params['x']",
        "def f(eqn):\n    return eqn.source_info",
        "def f(dtype):\n    return dtype._impl",
        "def f(x):\n    return getattr(x, '_impl', None)",
        "def f(x):\n    return getattr(x, 'jaxpr', x)",
    ],
)
def test_it_would_be_seen(line):
    assert len(list(touched(line))) == 1


@pytest.mark.parametrize(
    "line",
    [
        "from randlint_runtime import _jax\n_jax.opened(1)\n_jax._private",
        "import jax\njax.random.normal",
        "class A:\n    def f(self):\n        return self._x",
        '"""About jax._src."""',
        "import sys\nsys._getframe(1)",
        "from jax import lax\nlax.cond_p",
    ],
)
def test_it_is_not_seen_where_it_is_not(line):
    assert not list(touched(line))


def test_a_jax_that_lacks_a_needed_name_is_told_in_one_line(monkeypatch):
    monkeypatch.setitem(undocumented.PRIVATE, "key data", ("jax._src.random.no_such",))
    undocumented.needed.cache_clear()
    with pytest.raises(undocumented.UnsupportedJaxError) as caught:
        undocumented.needed("key data")
    said = str(caught.value)
    assert "`jax._src.random.no_such` is gone" in said and undocumented.TESTED[0] in said
    assert "\n" not in said


def test_so_is_a_parameter_of_a_primitive():
    (eqn,) = jax.make_jaxpr(jax.numpy.sin)(1.0).eqns
    with pytest.raises(
        undocumented.UnsupportedJaxError, match="the primitive `sin` has no parameter `x`"
    ):
        Params(eqn)["x"]
