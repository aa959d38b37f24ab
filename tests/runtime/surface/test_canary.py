"""What of jax the package uses is there, and what is taken away is named, in one line."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import jax
import pytest

HERE = Path(__file__).parent


def load():
    spec = importlib.util.spec_from_file_location("canary", HERE / "canary.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


canary = load()
NAMES = canary.tables()


def test_the_installed_jax_has_everything():
    assert not BEFORE, canary.line(BEFORE)


def test_it_runs_by_itself():
    done = subprocess.run(
        [sys.executable, str(HERE / "canary.py")], capture_output=True, text=True, check=False
    )
    assert done.stdout == canary.line(BEFORE) + "\n", done.stderr
    assert done.returncode == (0 if "has everything" in done.stdout else 1)


# -- everything that is taken away is named, alone and in one line

BEFORE = []


@pytest.fixture(scope="module", autouse=True)
def _before():
    BEFORE[:] = canary.gone()


def new(found):
    """What was not gone before anything was taken away."""
    return [each for each in found if each not in BEFORE]


@pytest.mark.parametrize("name", ["check", "clone", "clean", "batchers", "reverse", "jvp", "Zero"])
def test_a_private_name_that_is_gone(name, monkeypatch):
    with monkeypatch.context() as patch:
        for place in NAMES["PRIVATE"][name]:
            if canary.has(place):
                owner, _, attribute = place.rpartition(".")
                patch.delattr(canary.find(owner), attribute)
        found = new(canary.missing_private(NAMES["PRIVATE"]))
    assert found == [NAMES["PRIVATE"][name][0]]


def test_a_public_name_that_is_gone(monkeypatch):
    with monkeypatch.context() as patch:
        patch.delattr(jax, "effects_barrier")
        found = new(canary.missing_public())
    assert found == ["jax.effects_barrier"]
    said = canary.line(found)
    assert said == f"gone in jax {jax.__version__}: jax.effects_barrier"


def test_a_keyword_that_is_gone(monkeypatch):
    monkeypatch.setattr(jax.lax, "gather", lambda operand, indices, numbers, sizes: operand)
    assert new(canary.missing_public()) == ["mode= of jax.lax.gather"]


def test_a_parameter_that_is_gone():
    wanted = {"scan": (*NAMES["PARAMETERS"]["scan"], "no_such|nor_this"), "no_such": ()}
    found = list(canary.missing_parameters(wanted))
    assert found == ["the parameter no_such|nor_this of scan", "the primitive no_such"]


def test_a_primitive_that_is_gone(monkeypatch):
    from randlint_runtime.provenance._walk import Walk

    monkeypatch.setitem(Walk.handlers, "no_such", None)
    assert new(canary.missing_primitives()) == ["the primitive no_such"]


def test_an_attribute_that_is_gone():
    wanted = ("eqn.primitive.no_such", "jaxpr.eqns", "NoTracer.val")
    found = list(canary.missing_attributes(wanted))
    assert found == ["the attribute eqn.primitive.no_such", "the attribute NoTracer.val"]


def test_a_file_that_is_gone():
    names = {"RANDOM_FILES": ("_src/no_such.py",), "TRACING_FILES": ("_src/nor_this.py",)}
    assert list(canary.missing_files(names)) == ["_src/no_such.py", "_src/nor_this.py"]


@pytest.mark.parametrize(
    ("name", "what"),
    [("check", "keys"), ("clone", "clones"), ("split", "splits"), ("jvp", "derivatives")],
)
def test_a_passage_that_is_left(name, what, monkeypatch):
    """As if jax kept a private function and called another."""
    undocumented = importlib.import_module("randlint_runtime._jax.undocumented")
    monkeypatch.setitem(undocumented.PRIVATE, name, ("jax.named_call",))
    assert new(canary.unseen()) == [f"the passage of {what}"]


def test_whatever_else_happens_is_said_too(monkeypatch):
    def broken():
        raise RuntimeError("jax is another\nsecond line")

    monkeypatch.setattr(canary, "samples", broken)
    assert new(canary.gone()) == ["RuntimeError: jax is another"]


def test_what_is_used_is_read_from_the_sources():
    tree = ast.parse(
        "import jax.numpy as jnp\nfrom jax import lax as l\n"
        "from randlint_runtime._unpatched_jax import config\n"
        "def f(x):\n"
        "    l.gather(x, mode='clip')\n"
        "    return jnp.linalg.norm(x).sum() + config.jax_enable_x64\n"
    )
    assert set(canary.used(tree)) == {
        ("jax.numpy", frozenset()),
        ("jax.lax", frozenset()),
        ("jax.config", frozenset()),
        ("jax.lax.gather", frozenset({"mode"})),
        ("jax.numpy.linalg.norm", frozenset()),
        ("jax.config.jax_enable_x64", frozenset()),
    }


# -- the tables are complete


def parameters(tree):
    """The parameters of primitives that a module reads, by `p["x"]` or `.get("x")`."""
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=holder, slice=ast.Constant(value=str(name))):
                pass
            case ast.Call(
                func=ast.Attribute(value=holder, attr="get"), args=[ast.Constant(value=name), *_]
            ):
                pass
            case _:
                continue
        if ast.unparse(holder) in ("p", "params", "Params(eqn)", "_jax.Params(eqn)", "eqn.params"):
            yield name


def test_every_parameter_that_is_read_is_in_the_table():
    listed = {
        each for names in NAMES["PARAMETERS"].values() for n in names for each in n.split("|")
    }
    read = {name for tree in canary.sources() for name in parameters(tree)}
    ours = {"announcement"}
    assert len(read) > 20
    assert read - listed - ours <= SOMETIMES


# Asked for with `.get`, or read of primitives only that not every supported jax has.
SOMETIMES = {"dimensions", "axis", "reps"}
