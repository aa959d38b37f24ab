"""What of jax this package uses, and what of that the installed jax has no longer, in one line.

    python tests/runtime/surface/canary.py

Works with any jax, also with one that the package cannot be imported with: names are read from the
sources. Each part answers with what is gone, as text.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
PACKAGE = next(p for p in (ROOT / "runtime", ROOT) if (p / "randlint_runtime").is_dir())
PACKAGE /= "randlint_runtime"  # beside the linter in a clone, at the top of the sdist
# Names that not every supported jax has; whoever uses them asks for them first.
OPTIONAL = {"jax.random.Key", "jax.random.key_dtype"}
OPTIONAL_KEYWORDS = {"out_sharding", "method", "dtype"}  # of samplers: `_original` leaves them out
# Primitives that some supported jax lacks: what it traces instead is known by its own name.
SOME = {"call", "closed_call", "eval_jaxpr", "xla_pmap"}  # jax 0.12 has one of them only
SOME |= {"stack", "unstack", "tile", "stage", "relayout", "with_memory_space_constraint"}
OURS = {"randlint_observe"}
STANDING_FOR = {
    ("randlint_runtime._unpatched_jax", "config"): "jax.config",
    ("randlint_runtime._unpatched_jax", "jax_random"): "jax.random",
}


# -- documented names ------------------------------------------------------------------------------


def sources(package: Path = PACKAGE) -> Iterator[ast.Module]:
    """Every module of the package."""
    for path in sorted(package.rglob("*.py")):
        yield ast.parse(path.read_text())


def used(tree: ast.Module) -> Iterator[tuple[str, frozenset[str]]]:
    """Dotted names of jax in a module, and the keywords that they are called with."""
    known = dict(_imported(tree))
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    yield from ((name, frozenset()) for name in known.values())
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Name)) and id(node) not in inner:
            first, *rest = ast.unparse(node).split(".")
            if first in known and all(part.isidentifier() for part in rest):
                call = calls.get(id(node))
                keywords = {word.arg for word in call.keywords if word.arg} if call else set()
                yield ".".join([known[first], *rest]), frozenset(keywords)


def _imported(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Local names of what is imported from jax."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.name.split(".")[0] == "jax":
                    yield each.asname or "jax", each.name if each.asname else "jax"
        elif isinstance(node, ast.ImportFrom) and node.module:
            for each in node.names:
                full = f"{node.module}.{each.name}"
                full = STANDING_FOR.get((node.module, each.name), full)
                if full.split(".")[0] == "jax":
                    yield each.asname or each.name, full


def find(dotted: str) -> Any:
    """What a dotted name stands for.

    Raises:
        AttributeError: nothing.
    """
    first, *rest = dotted.split(".")
    found, path = importlib.import_module(first), first
    for part in rest:
        path = f"{path}.{part}"
        if not hasattr(found, part) and inspect.ismodule(found):
            with contextlib.suppress(ImportError):
                importlib.import_module(path)
        found = getattr(found, part)
    return found


def has(dotted: str) -> bool:
    """Whether a dotted name stands for something."""
    try:
        find(dotted)
    except (AttributeError, ImportError):
        return False
    return True


def missing_public(package: Path = PACKAGE) -> Iterator[str]:
    """Documented names, and keywords of documented functions."""
    seen: dict[str, set[str]] = {}
    for tree in sources(package):
        for name, keywords in used(tree):
            seen.setdefault(name, set()).update(keywords)
    for name, keywords in sorted(seen.items()):
        if not has(name):
            if name not in OPTIONAL:
                yield name
            continue
        optional = OPTIONAL_KEYWORDS if name.startswith("jax.random.") else set()
        unknown = _unknown(find(name), keywords - optional)
        yield from (f"{word}= of {name}" for word in sorted(unknown))


def _unknown(function: Any, keywords: set[str]) -> set[str]:
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return set()
    if any(p.kind is p.VAR_KEYWORD for p in parameters.values()):
        return set()
    return keywords - set(parameters)


# -- undocumented names, parameters and files ------------------------------------------------------


def tables(package: Path = PACKAGE) -> dict[str, Any]:
    """The tables of `_jax/undocumented.py`."""
    tree = ast.parse((package / "_jax" / "undocumented.py").read_text())
    found = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id.isupper():
            found[target.id] = ast.literal_eval(node.value)  # type: ignore[attr-defined]
    return found


def missing_private(names: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Undocumented names of which no place is left."""
    for places in names.values():
        if not any(has(place) for place in places):
            yield places[0]


def missing_parameters(wanted: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Parameters of primitives, as programs show them."""
    there = traced()
    for primitive, names in wanted.items():
        if primitive not in there:
            yield f"the primitive {primitive}"
            continue
        for name in names:
            if not set(name.split("|")) & there[primitive]:
                yield f"the parameter {name} of {primitive}"


def traced() -> dict[str, set[str]]:
    """Primitives of programs that contain all of `PARAMETERS`, with their parameters."""
    import jax
    import jax.numpy as jnp

    found: dict[str, set[str]] = {}

    def look(jaxpr: Any) -> None:
        for eqn in getattr(jaxpr, "jaxpr", jaxpr).eqns:
            found.setdefault(eqn.primitive.name, set()).update(eqn.params)
            for value in eqn.params.values():
                for each in value if isinstance(value, (tuple, list)) else [value]:
                    if hasattr(getattr(each, "jaxpr", each), "eqns"):
                        look(each)

    for program in programs():
        look(jax.make_jaxpr(program)(jnp.ones(4)))
    return found


def programs() -> list[Callable[[Any], Any]]:
    """Programs on four floats that contain every primitive whose parameters are read."""
    import jax
    import jax.numpy as jnp
    from jax import lax

    @jax.custom_jvp
    def forward(x: Any) -> Any:
        return jnp.sin(x)

    forward.defjvp(lambda primals, tangents: (forward(*primals), tangents[0]))

    @jax.custom_vjp
    def reverse(x: Any) -> Any:
        return jnp.sin(x)

    reverse.defvjp(lambda x: (jnp.sin(x), None), lambda _, slope: (slope,))
    return [
        lambda x: lax.broadcast_in_dim(x, (3, 4), (1,)),
        lambda x: lax.concatenate([x, x], 0),
        lambda x: lax.cond(x[0] > 0, jnp.sin, jnp.cos, x),
        forward,
        reverse,
        lambda x: lax.dynamic_slice(x, (x[0].astype(int),), (2,)),
        lambda x: x[x.astype(int)],
        lambda x: x + lax.iota(x.dtype, 4),
        jax.jit(jnp.sin),
        lambda x: jax.random.split(jax.random.key(0)),
        jax.checkpoint(jnp.sin),
        lambda x: lax.rev(x, (0,)),
        lambda x: lax.scan(lambda carry, row: (carry + row, row), x[0], x),
        lambda x: x.at[x.astype(int)].set(0.0),
        lambda x: lax.slice(x, (0,), (4,), (2,)),
        lambda x: lax.split(x, (1, 3)),
        lambda x: lax.transpose(x[None], (1, 0)),
        lambda x: lax.while_loop(lambda carry: carry[0] < 0, jnp.sin, x),
    ]


def missing_primitives() -> Iterator[str]:
    """Primitives whose meaning is known here by name, and that nothing in jax is called."""
    from jax.extend.core import Primitive

    from randlint_runtime import provenance
    from randlint_runtime.provenance import _values
    from randlint_runtime.provenance._walk import Walk

    assert provenance.provenance  # importing it teaches `Walk` its primitives
    known = {*Walk.handlers, *_values.MOVES, *_values.FOLDS}
    known |= _values.FLAT | _values.COMPARISONS | _values.ROUNDINGS
    there = {each.name for each in gc.get_objects() if isinstance(each, Primitive)}
    yield from (f"the primitive {name}" for name in sorted(known - there - SOME - OURS))


def missing_files(names: Mapping[str, Any]) -> Iterator[str]:
    """Files of jax whose frames are told apart from a user's."""
    import jax

    folder = Path(jax.__file__).parent
    if not any((folder / name).exists() for name in names["RANDOM_FILES"]):
        yield names["RANDOM_FILES"][0]
    yield from (name for name in names["TRACING_FILES"] if not (folder / name).exists())


# -- what objects have, and what passes where ------------------------------------------------------

ATTRIBUTES = (
    "closed.consts",
    "jaxpr.constvars",
    "jaxpr.debug_info.func_src_info",
    "jaxpr.effects",
    "jaxpr.eqns",
    "jaxpr.invars",
    "jaxpr.outvars",
    "jaxpr.replace",
    "eqn.invars",
    "eqn.outvars",
    "eqn.params",
    "eqn.primitive.name",
    "eqn.replace",
    "eqn.source_info.name_stack",
    "eqn.source_info.traceback.frames",
    "frame.file_name",
    "frame.function_name",
    "frame.line_num",
    "literal.val",
    "variable.aval.dtype",
    "variable.aval.shape",
    "key.dtype._impl.name",
    "context.value",
    "BatchTracer.val",
    "JVPTracer.primal",
    "primitive.bind",
    "primitive.def_effectful_abstract_eval",
    "primitive.def_impl",
)


def missing_attributes(wanted: tuple[str, ...] = ATTRIBUTES) -> Iterator[str]:
    """Attributes of what traces and keys consist of."""
    objects = samples()
    for path in wanted:
        name, *parts = path.split(".")
        found: Any = objects.get(name)
        for part in parts:
            if not hasattr(found, part):
                yield f"the attribute {path}"
                break
            found = getattr(found, part)


def samples() -> dict[str, Any]:
    """One of each kind of object that `ATTRIBUTES` speaks of."""
    import jax
    from jax.extend.core import Primitive

    tracers: dict[str, Any] = {}

    def keep(x: Any) -> Any:
        tracers[type(x).__name__] = x
        return x

    jax.vmap(keep)(jax.numpy.ones(2))
    jax.jvp(keep, (1.0,), (1.0,))
    closed = jax.make_jaxpr(lambda x: jax.numpy.ones(()) + x + 2.0)(1.0)
    jaxpr = getattr(closed, "jaxpr", closed)
    eqn = jaxpr.eqns[-1]
    return {
        "closed": closed,
        "jaxpr": jaxpr,
        "eqn": eqn,
        "frame": eqn.source_info.traceback.frames[0],
        "literal": next(each for each in eqn.invars if hasattr(each, "val")),
        "variable": eqn.outvars[0],
        "key": jax.random.key(0),
        "context": jax.make_user_context(None),
        "primitive": Primitive("canary"),
        **tracers,
    }


def unseen() -> Iterator[str]:
    """What is watched where it passes, and passes there no longer."""
    import jax

    from randlint_runtime import _jax

    seen = []

    @contextlib.contextmanager
    def around(*_: object) -> Iterator[None]:
        seen.append("derivatives")
        yield

    def noted(what: str) -> Callable[..., Any]:
        return lambda first, *_: (seen.append(what), first)[1]

    key = jax.random.key(0)
    with _jax.patched_samplers(noted("keys"), noted("clones"), noted("splits")):
        jax.random.normal(key)
        jax.random.clone(key)
        jax.random.split(key)
    with _jax.watched_derivatives(around):
        jax.grad(jax.numpy.sin)(1.0)
        jax.jvp(jax.numpy.sin, (1.0,), (1.0,))
    with _jax.batched_control_flow(noted("branches"), noted("loops")):
        x = jax.numpy.ones(2)
        jax.vmap(lambda x: jax.lax.cond(x > 0, jax.numpy.sin, jax.numpy.cos, x))(x)
        jax.vmap(lambda x: jax.lax.while_loop(lambda x: x < 0, jax.numpy.sin, x))(x)
    wanted = {"keys": 1, "clones": 1, "splits": 1, "derivatives": 2, "branches": 1, "loops": 1}
    yield from (f"the passage of {what}" for what, n in wanted.items() if seen.count(what) < n)


# -- all of it -------------------------------------------------------------------------------------


def gone(package: Path = PACKAGE) -> list[str]:
    """Everything that the installed jax lacks, or why the rest could not be looked at."""
    names = tables(package)
    parts: list[Callable[[], Iterator[str]]] = [
        lambda: missing_public(package),
        lambda: missing_private(names["PRIVATE"]),
        lambda: missing_files(names),
        lambda: missing_parameters(names["PARAMETERS"]),
        missing_attributes,
        missing_primitives,
        unseen,
    ]
    found: list[str] = []
    for part in parts:
        try:
            found += part()
        except Exception as error:  # whatever an unknown jax does to us
            found.append(f"{type(error).__name__}: {str(error).splitlines()[0][:200]}")
    return list(dict.fromkeys(found))


def line(found: list[str]) -> str:
    """What to say about it."""
    import jax

    if not found:
        return f"jax {jax.__version__} has everything that randlint_runtime uses"
    return f"gone in jax {jax.__version__}: {', '.join(found)}"


if __name__ == "__main__":
    sys.path[:0] = [str(PACKAGE.parents[1]), str(PACKAGE.parent)]
    missing = gone()
    print(line(missing))
    sys.exit(bool(missing))
