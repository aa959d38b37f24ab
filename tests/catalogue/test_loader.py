"""The loader: what files say arrives typed, and what makes no sense is refused in one line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from randlint.catalogue import (
    MODES,
    OPTIONS,
    ROLES,
    Argument,
    Catalogue,
    CatalogueError,
    Draw,
    Effect,
    Gradient,
    NameSet,
    TransformKind,
    for_roots,
    framework_names,
    load,
    with_models,
)
from randlint.catalogue._reading import SECTIONS

EVERYTHING = for_roots(frozenset(framework_names()))


def test_reading_imports_nothing_heavy() -> None:
    code = (
        "import sys; from randlint.catalogue import for_roots, load; load();"
        "for_roots(frozenset({'flax'}));"
        "print([m for m in ('jax', 'numpy', 'libcst', 'difflib') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_core_is_read_once() -> None:
    assert load() is load()
    assert for_roots(frozenset({"jax", "os"})) is load()


def test_gamma_row_as_documented() -> None:
    gamma = load().functions["jax.random.gamma"]
    assert gamma.effect is Effect.SAMPLE
    assert gamma.draw is Draw.CONTINUOUS
    assert gamma.keys == (Argument("key", 0),)
    a = gamma.parameters["a"]
    assert (a.position, a.gradient, a.unbiased, a.second_order) == (
        1,
        Gradient.IMPLICIT,
        True,
        False,
    )
    assert a.reference == {"second_order": True}
    assert gamma.parameters["shape"].gradient is Gradient.STATIC
    assert gamma.parameters["out_sharding"].position is None


def test_keys_are_functions_of_the_core() -> None:
    functions = load().functions
    assert functions["jax.random.split"].count == Argument("num", 1)
    assert functions["jax.random.fold_in"].data == Argument("data", 1)
    assert functions["jax.random.PRNGKey"].raw
    assert not functions["jax.random.key"].raw
    mean = functions["jax.random.wald"].parameters["mean"]
    assert mean.gradient is Gradient.BIASED
    assert not mean.unbiased
    assert mean.reference == {"gradient": Gradient.IMPLICIT, "unbiased": True}


@pytest.mark.parametrize(
    ("name", "documented"),
    [
        ("jax.tree_map", "jax.tree.map"),
        ("jax.tree_util.tree_map", "jax.tree.map"),
        ("jax._src.random.normal", "jax.random.normal"),
        ("jax._src.tree_util.tree_map", "jax.tree.map"),
        ("jax.remat", "jax.checkpoint"),
        ("jax.random.normal", "jax.random.normal"),
        ("somewhere.else", "somewhere.else"),
    ],
)
def test_resolve(name: str, documented: str) -> None:
    assert load().resolve(name) == documented


def test_resolve_survives_a_circle() -> None:
    circle = with_models(Catalogue(), {"aliases": {"a.*": "b.*", "b.*": "a.*"}})
    assert circle.resolve("a.x") in {"a.x", "b.x"}


@pytest.mark.parametrize(
    ("name", "inspects"),
    [
        ("jax.numpy.where", True),
        ("builtins.print", True),
        ("numpy.testing.assert_allclose", True),
        ("jax.random.key_data", True),
        ("jax.lax.scan", False),
        ("builtins.map", False),
        ("jax.numpy.vectorize", False),
        ("jax.random.normal", False),
        ("unknown.function", False),
    ],
)
def test_inspects(name: str, inspects: bool) -> None:
    assert load().inspects(name) == inspects


def test_a_framework_adds_and_takes_nothing_away() -> None:
    core = load()
    for name in framework_names():
        with_framework = for_roots(frozenset({name}))
        assert with_framework.functions.items() >= core.functions.items()
        assert with_framework.transforms.items() >= core.transforms.items()
        assert all(with_framework.names_of(each) >= core.names_of(each) for each in NameSet)
        assert with_framework != core, f"{name}.toml says nothing"


def test_aliases_lead_to_names_that_are_known_or_inspected() -> None:
    """An alias to nothing is a typo. Namespaces need at least one known name below them."""
    for alias, target in EVERYTHING.aliases.items():
        lists = (NameSet.SOURCES, NameSet.TRACED_BASES, NameSet.INSPECTORS)
        known = {*EVERYTHING.functions, *EVERYTHING.transforms, *EVERYTHING.distributions}
        known = known.union(*map(EVERYTHING.names_of, lists))
        parent = target.removesuffix("*")
        found = (
            any(name.startswith(parent) for name in known)
            if target.endswith(".*")
            else target in known or EVERYTHING.inspects(target)
        )
        assert found, f"{alias} = {target}"


def test_transforms_carry_what_their_kind_needs() -> None:
    needed = {
        TransformKind.FORI: {"lower", "upper", "init"},
        TransformKind.WHILE: {"init"},
        TransformKind.MAP: {"xs"},
        TransformKind.COND: {"predicate", "operands"},
        TransformKind.SWITCH: {"index", "operands"},
        TransformKind.TREE_MAP: {"tree"},
        TransformKind.HOST_MAP: {"xs"},
        TransformKind.PARTIAL: {"operands"},
    }
    for name, transform in EVERYTHING.transforms.items():
        assert transform.arguments.keys() >= needed.get(transform.kind, set()), name
        if transform.kind is TransformKind.SCAN and not transform.options.get("deferred"):
            assert transform.arguments.keys() >= {"init", "xs"}, name
        if transform.kind is TransformKind.GRAD:
            assert transform.options.keys() >= {"argnums", "mode"}, name
        if transform.kind is TransformKind.VMAP:
            assert "in_axes" in transform.options, name
        if transform.kind in {TransformKind.WHILE, TransformKind.COND}:
            assert len(transform.extra) == 1, name


# ---- the user's own helpers


def test_models_in_three_lines() -> None:
    table = {"functions": {"ours.keys.fresh": {"effect": "fresh"}}}
    assert with_models(load(), table).functions["ours.keys.fresh"].effect is Effect.FRESH


def test_models_win_over_shipped_rows() -> None:
    table = {"functions": {"jax.random.normal": {"effect": "inspect"}}}
    assert with_models(load(), table).functions["jax.random.normal"].effect is Effect.INSPECT
    assert load().functions["jax.random.normal"].effect is Effect.SAMPLE


JIT = {"kind": "jit", "function": {"name": "f"}}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"functoins": {}}, 'unknown field "functoins"; did you mean "functions"?'),
        (
            {"functions": {"a.b": {"efect": "fresh"}}},
            'a.b: unknown field "efect"; did you mean "effect"?',
        ),
        ({"functions": {"a\n\x1b[0m": {}}}, "a\\x0a\\x1b[0m"),
        ({"functions": {"a.b": {"effect": "frsh"}}}, 'unknown value "frsh"; did you mean "fresh"?'),
        ({"functions": {"a.b": 3}}, "functions.a.b: must be a table, not 3"),
        ({"functions": {"a b": {}}}, '"a b" is not a dotted Python name'),
        ({"functions": {"a": {"key": {"position": 0}}}}, 'a.key: the field "name" is missing'),
        ({"functions": {"a": {"key": {"name": "k", "position": -1}}}}, "must be at least 0"),
        ({"functions": {"a": {"key": {"name": "k", "position": True}}}}, "must be an integer"),
        ({"functions": {"a": {"keys": {"name": "k"}}}}, "a.keys: must be a list"),
        ({"functions": {"a": {"raw": 1}}}, "a.raw: must be true or false, not 1"),
        ({"functions": {"a": {"signature": "x, x"}}}, '"x" is not a new parameter name'),
        (
            {"functions": {"a": {"signature": "k", "parameters": {"p": {"gradient": "zero"}}}}},
            'a.parameters.p: does not stand there in "signature"',
        ),
        ({"transforms": {"a": {"kind": "jit"}}}, 'the field "function" is missing'),
        (
            {"transforms": {"a": {"kind": "jitt", "function": {"name": "f"}}}},
            'unknown value "jitt"; did you mean "jit"?',
        ),
        (
            {"transforms": {"a": {**JIT, "options": {"mode": "back"}}}},
            'options.mode: unknown value "back"',
        ),
        (
            {"transforms": {"a": {**JIT, "options": {"argnums": "0"}}}},
            "options.argnums: must be an integer, not 0",
        ),
        ({"aliases": {"a.*": "b"}}, 'both names must end in ".*", or neither'),
        ({"sources": "a.b"}, "sources: must be a list"),
        ({"annotations": ["a", 3]}, "annotations[1]: must be text, not 3"),
        ({"annotations": [""]}, "annotations[0]: must not be empty"),
    ],
)
def test_wrong_models(table: Mapping[str, object], message: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        with_models(load(), table)
    text = str(caught.value)
    assert text.startswith("tool.randlint.models")
    assert message in text
    assert "\n" not in text


# fmt: off
FIELDS = [
    "effect", "key", "keys", "name", "position", "gradient", "parameters",
    "signature", "kind", "function", "extra", "options", "arguments", "draw",
    "count", "data", "raw", "many", "unbiased", "reference", "wraps",
    "sampling", "a.b", "a.*",
]
# fmt: on
MEMBERS = [str(member) for kind in (Effect, Gradient, Draw, TransformKind) for member in kind]
WORDS = st.sampled_from([*SECTIONS, *ROLES, *OPTIONS, *MODES, *FIELDS, *MEMBERS])
NAMES = WORDS | st.text(max_size=8)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | NAMES


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)


VALUES = st.recursive(SCALARS, nested, max_leaves=12)
ROWS = st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=4) | VALUES, max_size=2)
TABLES = st.dictionaries(st.sampled_from(SECTIONS) | NAMES, ROWS | VALUES, max_size=3)


@settings(max_examples=1000)
@given(TABLES)
def test_any_table_loads_or_is_refused_in_one_printable_line(table: dict[str, object]) -> None:
    try:
        merged = with_models(load(), table)
    except CatalogueError as error:
        assert str(error).isprintable()
        assert str(error).startswith("tool.randlint.models")
    else:
        assert merged.functions.keys() >= load().functions.keys()
