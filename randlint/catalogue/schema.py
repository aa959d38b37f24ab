"""The typed form of the catalogue: what every known callable does to keys and to derivatives.

The TOML files beside this module are the single source of truth for the linter, the reference
samplers and the documentation. Reading them never imports jax.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class CatalogueError(ValueError):
    """A catalogue file or a `[tool.randlint.models]` table says something that makes no sense."""


class Effect(StrEnum):
    """What a call does with the key it is given."""

    SAMPLE = "sample"  # consumes the key, returns a draw
    SPLIT = "split"  # consumes the key, returns an array of derived keys
    FOLD_IN = "fold_in"  # derives one key from key and data; the parent stays usable
    CREATE = "create"  # makes a key from a seed
    CLONE = "clone"  # the same key again, with the author's consent
    WRAP = "wrap"  # makes a key array from raw key data
    CONSUME = "consume"  # consumes the key, returns something that is not a draw
    INSPECT = "inspect"  # looks at the key without using it up
    FRESH = "fresh"  # hands out a new key at every call
    STOP = "stop"  # returns its argument without its derivative
    PASS = "pass"  # returns its argument: the same keys, in another place or shape
    STACK = "stack"  # the same, and of a list of keys it makes one array


class Draw(StrEnum):
    """What comes out of a sampler."""

    CONTINUOUS = "continuous"
    DISCRETE = "discrete"


class Gradient(StrEnum):
    """How the draw's derivative with respect to one parameter is to be read (jax semantics)."""

    PATHWISE = "pathwise"  # smooth explicit function of the parameter at fixed key
    IMPLICIT = "implicit"  # differentiated through the CDF
    ZERO = "zero"  # piecewise constant: exactly 0, or float0
    BIASED = "biased"  # a derivative exists, but not an unbiased gradient of the expectation
    VALUES = "values"  # the argument supplies the values picked; the choice itself is fixed
    STATIC = "static"  # not differentiable at all: shapes, dtypes, methods


class TransformKind(StrEnum):
    """The ways in which a transform calls the function it is given."""

    JIT = "jit"  # once, traced
    VMAP = "vmap"  # once, for all lanes
    GRAD = "grad"  # once, differentiated in `argnums`, result is a function
    DIRECT_GRAD = "direct_grad"  # jvp, vjp, linearize: the function is called at once
    SCAN = "scan"  # f(carry, x) -> (carry, y), many times
    WHILE = "while"  # cond(carry), body(carry), many times
    FORI = "fori"  # body(i, carry), many times
    MAP = "map"  # f(x), many times, traced
    COND = "cond"  # one of the branches
    SWITCH = "switch"  # one of a list of branches
    CALL = "call"  # at once, with the operands that follow (pure_callback, debug.callback ...)
    WRAP = "wrap"  # returns a function that behaves like the one given (checkpoint, lru_cache ...)
    PARTIAL = "partial"  # functools.partial and its kin
    CUSTOM = "custom"  # custom_jvp, custom_vjp: the author's own derivative
    TREE_MAP = "tree_map"  # a Python callback, once per leaf
    HOST_MAP = "host_map"  # the builtin map and its kin: a Python callback, once per item
    SHAPE = "shape"  # eval_shape: traced, but no number is ever drawn


@dataclass(frozen=True, slots=True)
class Argument:
    """Where a call carries one argument: by keyword `name`, or at `position` (from 0)."""

    name: str
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a sampler and its documented gradient rule (DESIGN: `samplers.toml`)."""

    name: str
    position: int | None
    gradient: Gradient
    unbiased: bool = True
    second_order: bool = True
    how: str = ""
    reference: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Function:
    """One catalogued callable, by the dotted name under which its library documents it.

    `keys` are the arguments that carry keys: a value passed there is certainly a key.
    """

    name: str
    effect: Effect
    keys: tuple[Argument, ...] = ()
    draw: Draw | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    count: Argument | None = None  # split: how many keys
    data: Argument | None = None  # fold_in data, seed of create
    raw: bool = False  # the key made is a raw uint32 pair
    many: bool = False  # the keys handed out come as an array, `count` of them
    # Of a sampler: the generative process, with {parameter} and {draw}; {draw:scale=1.0} where the
    # standard draw is that of another argument.
    process: str = ""


# What an argument of a transform is for. The interpreter asks for a role, never for a name.
ROLES: Mapping[str, str] = {
    "in_axes": "which axes of which arguments become lanes",
    "axis_size": "how many lanes there are",
    "argnums": "positions of the differentiated arguments",
    "argnames": "names of the differentiated arguments",
    "has_aux": "whether the function returns (value, auxiliary)",
    "static_argnums": "positions of arguments that stay Python values under trace",
    "static_argnames": "names of arguments that stay Python values under trace",
    "nondiff_argnums": "positions of arguments without a derivative",
    "init": "the first carry",
    "xs": "the value whose leading axis, leaves or items are walked",
    "length": "how many steps are taken",
    "reverse": "whether the steps run backwards",
    "lower": "the first index",
    "upper": "the index after the last",
    "predicate": "what decides between the branches",
    "index": "which branch runs",
    "operands": "the first of the arguments handed on to the function",
    "operand": "the only argument handed on, when given by keyword",
    "primals": "the tuple of points at which the derivative is taken",
    "tangents": "the tuple of directions",
    "tree": "the tree whose leaves are handed on one by one",
    "passed": "what is handed on after the differentiated argument",
    "allow_int": "whether what is differentiated may be no real number: it gets a float0",
    "own_gradient": "says that the function given returns its gradient too: nothing is derived",
    "seed": "a key or seed from which the function's draws are derived: it is used up",
    "unseeded": "names draws that the seed is not for: what is left may be shared",
}

# Constants of a transform, with the type each must have.
OPTIONS: Mapping[str, tuple[type, ...]] = {
    "argnums": (int,),  # differentiated where no argnums is given
    "in_axes": (int, str),  # where none is given; "arrays": axis 0 of arrays; "broadcast": by shape
    "length": (int,),  # number of steps where none is given
    "order": (int,),  # how often the function is differentiated (hessian: 2)
    "mode": (str,),  # one of MODES
    "keys": (str,),  # what comes of a key among what is differentiated: one of OF_KEYS
    "has_value": (bool,),  # the result is (value, derivative)
    "has_aux": (bool,),  # the default of has_aux
    "deferred": (bool,),  # returns a function, where the kind would call at once
    "factory": (bool,),  # returns a decorator; the function comes with the second call
    "leading": (int,),  # arguments the function gets before those listed (a path, a module)
    "accumulates": (bool,),  # the function is f(accumulator, item)
    "arity": (int,),  # how many items the function takes at once
    "traced": (bool,),  # a WRAP or CALL whose function runs on tracers
    "host": (bool,),  # the function runs in Python when the program runs, never on tracers
    "solver": (bool,),  # differentiates the function by and by, in `argnums`
    "spread": (bool,),  # what is `passed` is a tuple, handed on item by item
}

MODES = frozenset({"forward", "reverse", "forward_over_reverse"})
# An error; an error unless the direction given for it is a float0; a float0 in its place.
OF_KEYS = frozenset({"raise", "direction", "float0"})


@dataclass(frozen=True, slots=True)
class Transform:
    """One catalogued higher-order function.

    `arguments` maps a role (see `ROLES`) to where the call carries it; `options` holds constants
    (see `OPTIONS`).
    """

    name: str
    kind: TransformKind
    function: Argument
    extra: tuple[Argument, ...] = ()  # further functions: while's body, cond's false branch
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Distribution:
    """One distribution class: how its draws depend on what it was constructed with.

    `parameters` are those of the constructor (positions count without `self`); the arguments in
    `wraps` are distributions (or functions and containers of some) whose own rows decide, and are
    not among them. `reparameterised` is the library's own claim for the class; a wrapper's is that
    of what it wraps, and False where it is never reparameterised. `sampling` maps each drawing
    method to the argument that carries its key; `alike` names the methods that return a
    distribution whose draws depend on the parameters in the same way (`expand`, `to_event`).
    """

    name: str
    draw: Draw | None  # None: that of what it wraps
    reparameterised: bool
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    wrapper: bool = False
    wraps: tuple[Argument, ...] = ()
    sampling: Mapping[str, Argument] = field(default_factory=dict)
    alike: frozenset[str] = frozenset()


class NameSet(StrEnum):
    """The lists of names that a catalogue has, by the field of the file.

    Those in `inspectors` and `piecewise` and of the host may end in `.*`: everything below.
    """

    ANNOTATIONS = "annotations"  # types that a key is annotated as
    SOURCES = "sources"  # what hands out fresh keys
    TRACED_BASES = "traced_bases"  # of classes whose methods run traced
    IMMUTABLE_BASES = "immutable_bases"  # of classes whose objects do not change
    PLAIN_BASES = "plain_bases"  # they bring no attributes of their own
    INSPECTORS = "inspectors"  # what only looks at its arguments
    OPTIONAL_DRAWS = "optional_draws"  # methods that take a key and may not draw
    STREAM_WORDS = "stream_words"  # parts of names: code that draws from a stream
    STRUCTURE_READERS = "structure_readers"  # parts of names: a model run to see its sites
    REPLACED = "replaced"  # fields which they change besides those they are given
    REPLACERS = "replacers"  # methods that give the object changed in part
    APPLIERS = "appliers"  # methods that run a module on the parameters given
    APPLIER_KEYWORDS = "applier_keywords"  # which they take for themselves
    SELECTS = "selects"  # where(condition, a, b): one of the arms is taken
    LANE_INDICES = "lane_indices"  # they differ from lane to lane
    RANKS = "ranks"  # they give values, and indices without a derivative
    PARAMETERISED = (
        "parameterised"  # layers: they read the parameters that the surrounding `apply` was given
    )
    PURIFIES = "purifies"  # they make the `init` and `apply` of a function
    PURIFIES_WITH_STATE = "purifies_with_state"  # those of `purifies` with a state
    PIECEWISE = "piecewise"  # functions and methods without a useful derivative
    HOST_DRAWS = "host_draws"  # random numbers of the host, not of jax
    HOST_GENERATORS = "host_generators"  # they make objects that draw on the host
    HOST_ENTROPY = "host_entropy"  # time and the like: random when used as a seed
    HOST_READERS = "host_readers"  # they make numbers of bytes


@dataclass(slots=True)
class _Memo:
    """What was asked before: every call of a linted program asks again."""

    resolved: dict[str, str] = field(default_factory=dict)
    known: dict[str, bool] = field(default_factory=dict)
    givers: dict[str, bool] = field(default_factory=dict)
    quiet: dict[str, bool] = field(default_factory=dict)
    listed: dict[tuple[NameSet, str], bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything known about the callables one module can reach.

    The names in `aliases` may end in `.*`, which stands for everything below.
    """

    functions: Mapping[str, Function] = field(default_factory=dict)
    transforms: Mapping[str, Transform] = field(default_factory=dict)
    methods: Mapping[str, Function] = field(default_factory=dict)
    names: Mapping[NameSet, frozenset[str]] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    _memo: _Memo = field(default_factory=_Memo, init=False, repr=False, compare=False)

    def resolve(self, name: str) -> str:
        """The documented name of a re-export: `jax.tree_map` is `jax.tree.map`."""
        known = self._memo.resolved.get(name)
        if known is None:
            known = self._memo.resolved[name] = self._resolve(name)
        return known

    def _resolve(self, name: str) -> str:
        for _ in range(_ALIAS_DEPTH):
            replaced = self._alias(name)
            if replaced is None:
                return name
            name = replaced
        return name

    def knows(self, dotted: str) -> bool:
        """Whether the catalogue says what a function or class does, so that nobody need look.

        It speaks for the whole of a library that hands out keys by itself: those keys come out of
        contexts and counters, which no reading of its source would show.
        """
        known = self._memo.known.get(dotted)
        if known is None:
            known = self._memo.known[dotted] = self._knows(self.resolve(dotted))
        return known

    def _knows(self, name: str) -> bool:
        tables = (self.functions, self.transforms, self.distributions)
        return (
            self._hands_out(name.partition(".")[0])
            or any(name in each for each in (*tables, *map(self.names_of, _DEFINITE)))
            or self.listed(NameSet.PIECEWISE, name)
        )

    def _hands_out(self, package: str) -> bool:
        """Whether a top-level package has sources of keys."""
        known = self._memo.givers.get(package)
        if known is None:
            fresh = {name for name, each in self.functions.items() if each.effect is Effect.FRESH}
            givers = self.names_of(NameSet.SOURCES) | fresh
            known = any(name.partition(".")[0] == package for name in givers)
            self._memo.givers[package] = known
        return known

    def inspects(self, name: str) -> bool:
        """Whether the callable `name` only looks at what it is given."""
        if name in self.names_of(NameSet.INSPECTORS):
            return True
        function = self.functions.get(name)
        if function is not None:
            return function.effect is Effect.INSPECT
        if name in self.transforms:
            return False
        return self.listed(NameSet.INSPECTORS, name)

    def only_inspects(self, dotted: str) -> bool:
        """Whether a callable looks at its arguments and has no other part to play."""
        known = self._memo.quiet.get(dotted)
        if known is None:
            name = self.resolve(dotted)
            tables = (self.functions, self.transforms, self.distributions)
            parts = (*tables, *map(self.names_of, _WITH_A_PART))
            lists = (NameSet.PIECEWISE, NameSet.HOST_DRAWS, NameSet.HOST_ENTROPY)
            known = self.inspects(name) and not any(name in each for each in parts)
            known = known and not any(self.listed(each, name) for each in lists)
            self._memo.quiet[dotted] = known
        return known

    def names_of(self, kind: NameSet) -> frozenset[str]:
        """One of the lists of names."""
        found = self.names.get(kind)
        return frozenset() if found is None else found

    def listed(self, kind: NameSet, name: str) -> bool:
        """Whether `name` is in one of the lists, of which names may end in `.*`."""
        where = (kind, name)
        known = self._memo.listed.get(where)
        if known is None:
            names = self.names_of(kind)
            known = name in names or any(f"{parent}.*" in names for parent, _ in _parents(name))
            self._memo.listed[where] = known
        return known

    def _alias(self, name: str) -> str | None:
        exact = self.aliases.get(name)
        if exact is not None:
            return exact
        for parent, rest in _parents(name):
            target = self.aliases.get(f"{parent}.*")
            if target is not None:
                return f"{target.removesuffix('.*')}.{rest}"
        return None


# Lists whose names say what a function or class does.
_DEFINITE = (
    *(NameSet.SOURCES, NameSet.TRACED_BASES, NameSet.IMMUTABLE_BASES, NameSet.HOST_DRAWS),
    *(NameSet.HOST_GENERATORS, NameSet.HOST_ENTROPY, NameSet.ANNOTATIONS, NameSet.SELECTS),
    NameSet.LANE_INDICES,
)
# Lists whose names do more than look at their arguments.
_WITH_A_PART = (
    *(NameSet.SOURCES, NameSet.LANE_INDICES, NameSet.SELECTS, NameSet.RANKS),
    *(NameSet.HOST_READERS, NameSet.HOST_GENERATORS, NameSet.PURIFIES, NameSet.PARAMETERISED),
)
_ALIAS_DEPTH = 4  # re-exports of re-exports; a circle ends here


def _parents(name: str) -> list[tuple[str, str]]:
    """Every split of a dotted name in two, longest parent first."""
    parts = name.split(".")
    cuts = range(len(parts) - 1, 0, -1)
    return [(".".join(parts[:cut]), ".".join(parts[cut:])) for cut in cuts]
