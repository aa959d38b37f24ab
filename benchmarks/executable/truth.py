"""Run a program with every combination of its flags, and say what is true of its lines."""

from __future__ import annotations

import ast
import builtins
import inspect
import itertools
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

from executable.pretend import Keys, Number, modules
from executable.recording import (
    FILENAME,
    Key,
    Recording,
    Repetition,
    TooLong,
    is_split_by_lanes,
    lines_of,
)

_FLAGS = (False, True)
_COUNTS = (0, 1, 2, 3)
_ORACLES = (0, 0b11111111, 0b01010101)
# Of data classes and of named tuples, whose constructor is a lambda.
_CONSTRUCTORS = ("__init__", "__new__", "<lambda>", "_replace")
_MOST_LINES = 20_000  # of one run
_WIDTH = 3  # of an array of keys that a program is given


@dataclass
class Truth:
    """What executions confirm. Lines are those of the program's text."""

    source: list[str] = field(default_factory=list)
    repetitions: set[Repetition] = field(default_factory=set)
    of_empty: set[Repetition] = field(default_factory=set)  # of runs in which a number is 0
    usual: set[Repetition] = field(default_factory=set)  # of runs in which every number is 2
    shared: set[Repetition] = field(default_factory=set)  # keys that lanes split alike
    repeated: set[int] = field(default_factory=set)  # every line of any repetition
    indices: set[int] = field(default_factory=set)
    escapes: set[int] = field(default_factory=set)
    kept: set[int] = field(default_factory=set)
    ran: set[int] = field(default_factory=set)
    errors: dict[str, int] = field(default_factory=dict)
    runs: int = 0

    def named_functions(self) -> dict[str, tuple[str, set[int]]]:
        """Every function by its name: its text, and its lines."""
        found = {}
        for node in ast.walk(ast.parse("\n".join(self.source))):
            if isinstance(node, ast.FunctionDef):
                last = node.end_lineno or node.lineno
                text = "\n".join(self.source[node.lineno - 1 : last])
                found[node.name] = text, set(range(node.lineno, last + 1))
        return found

    def turning(self) -> set[int]:
        """The lines of loops that run more often than they are interpreted, turn by turn."""
        found: set[int] = set()
        for node in ast.walk(ast.parse("\n".join(self.source))):
            if isinstance(node, ast.For) and "range(" in ast.unparse(node.iter):
                last = node.end_lineno or node.lineno
                found |= set(range(node.lineno, last + 1))
        return found | {
            number
            for number, line in enumerate(self.source, 1)
            if "lax." in line or "range(n" in line
        }

    def functions(self) -> list[tuple[str, set[int]]]:
        """The text and the lines of every function."""
        return list(self.named_functions().values())

    def carries(self) -> bool:
        """Whether a loop makes a variable from itself by a split: what it leaves counts turns."""
        return any(
            isinstance(each, ast.Assign)
            and "split(" in ast.unparse(each.value)
            and not _names(each.value).isdisjoint(_names(*each.targets))
            for loop in ast.walk(ast.parse("\n".join(self.source)))
            if isinstance(loop, (ast.For, ast.While))
            for each in ast.walk(loop)
        )

    def add(self, recording: Recording, numbers: Collection[int]) -> None:
        """Note what one run did; `numbers`: how many turns loops were given."""
        self.runs += 1
        for each in recording.repetitions():
            if is_split_by_lanes(each.first, each.second):
                self.shared.add(each)
                continue
            (self.of_empty if 0 in numbers else self.repetitions).add(each)
            if all(number == 2 for number in numbers):
                self.usual.add(each)
            self.repeated |= each.first.places() | each.second.places()
        self.indices |= recording.indices
        self.escapes |= recording.escapes
        self.kept |= recording.kept


def _names(*nodes: ast.AST) -> set[str]:
    return {each.id for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name)}


def truth_of(source: str) -> Truth:
    """Run every function and every method of a program."""
    code = compile(source, FILENAME, "exec", dont_inherit=True)
    truth = Truth(source.splitlines())
    for make in _roots(code):
        for arguments in _combinations(make):
            for oracle in _ORACLES if "lax." in source or "tree" in source else _ORACLES[:1]:
                _run(code, make, arguments, oracle, truth)
    return truth


# A root is the way to it: a function's name, or a class and a method.
Root = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]


def _roots(code: CodeType) -> list[Root]:
    """What can be called from outside: (names, parameters of the constructor, of the function)."""
    namespace = _load(code, Recording())
    found: list[Root] = [((), (), ())]
    for name, value in list(namespace.items()):
        if getattr(value, "__module__", None) != "program" or name.startswith("_"):
            continue
        if inspect.isfunction(value):
            found.append(((name,), (), _parameters(value)))
        elif inspect.isclass(value):
            made = _parameters(value)
            for method, inner in inspect.getmembers(value, inspect.isfunction):
                if inner.__module__ == "program" and inner.__code__.co_filename == FILENAME:
                    if method == "__init__" or isinstance(
                        inspect.getattr_static(value, method), (staticmethod, classmethod)
                    ):
                        continue
                    found.append(((name, method), made, _parameters(inner)[1:]))
    return found


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    return tuple(
        ("*" if each.kind is each.VAR_POSITIONAL else "**" if each.kind is each.VAR_KEYWORD else "")
        + each.name
        for each in inspect.signature(function).parameters.values()
    )


def _choices(name: str) -> tuple[Any, ...]:
    """What is tried for a parameter, by its name."""
    if name.startswith("flag"):
        return _FLAGS
    if name.startswith("n"):
        return _COUNTS
    if name.startswith("mode"):
        return ("a", "b", "c")
    return (name,)


def _combinations(root: Root) -> Iterator[dict[str, Any]]:
    names = [*(f"self.{each}" for each in root[1]), *root[2]]
    tried = [_choices(each.rpartition(".")[2]) for each in names]
    for values in itertools.product(*tried):
        yield dict(zip(names, values, strict=True))


def _argument(name: str, value: Any, recording: Recording, owner: str = "") -> Any:
    """What a name stands for in one run: keys are told apart by the parameters they come from."""
    plain = name.lstrip("*")
    if plain.startswith("keys"):
        nobody: frozenset[int] = frozenset()
        return Keys([Key(("input", owner, plain, i), nobody) for i in range(_WIDTH)], recording)
    if plain.startswith(("key", "rng")):
        return Key(("input", owner, plain), frozenset())
    if plain.startswith(("x", "scale")):
        return Number()
    if plain.startswith("draw"):
        return modules(recording).random.normal
    return value


def _run(code: CodeType, root: Root, arguments: dict[str, Any], oracle: int, truth: Truth) -> None:
    recording = Recording(oracle=oracle)
    watch = _Watch(recording, truth.ran)
    sys.settrace(watch.trace)
    try:
        namespace = _load(code, recording)
        _call(namespace, root, arguments, recording)
    except TooLong:
        truth.errors["TooLong"] = truth.errors.get("TooLong", 0) + 1
    except Exception as error:  # a program may fail; what it did until then is true
        sys.settrace(None)
        _note_unpacking(error, recording)
        name = f"{type(error).__name__}: {error}"
        truth.errors[name] = truth.errors.get(name, 0) + 1
    finally:
        sys.settrace(None)
    truth.add(recording, [each for each in arguments.values() if type(each) is int])


def _call(
    namespace: dict[str, Any], root: Root, arguments: dict[str, Any], recording: Recording
) -> None:
    if not root[0]:
        return  # the module itself has run
    subject = namespace[root[0][0]]
    if len(root[0]) == 2:
        given = [_argument(each, arguments[f"self.{each}"], recording, "self") for each in root[1]]
        subject = getattr(subject(*given), root[0][1])
    positional, named = [], {}
    for name in root[2]:
        value = _argument(name, arguments[name], recording)
        if name.startswith("**"):
            named.update(key_one=_argument("key_one", None, recording))
        elif name.startswith("*"):
            positional += list(value)
        else:
            positional.append(value)
    result = subject(*positional, **named)
    if inspect.isgenerator(result):
        for _ in itertools.islice(result, 4):
            pass


def _note_unpacking(error: Exception, recording: Recording) -> None:
    if not (isinstance(error, ValueError) and "to unpack" in str(error)):
        return
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            recording.indices.add(trace.tb_lineno)
        trace = trace.tb_next


def _load(code: CodeType, recording: Recording) -> dict[str, Any]:
    """The program's module, with the pretended jax in it."""
    jax = modules(recording)

    def load(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] != "jax":
            return builtins.__import__(name, *rest)
        wanted = rest[2] if len(rest) > 2 else None
        found = jax
        for part in name.split(".")[1:] if wanted else ():
            found = getattr(found, part)
        return found

    def build(body: Any, name: str, *bases: Any, **keywords: Any) -> Any:
        made = builtins.__build_class__(body, name, *bases, **keywords)  # type: ignore[attr-defined]
        if not issubclass(made, tuple) and "__setattr__" not in vars(made):
            made.__setattr__ = _noting(recording)
        return made

    namespace: dict[str, Any] = {
        "__builtins__": {**vars(builtins), "__import__": load, "__build_class__": build},
        "__name__": "program",
    }
    exec(code, namespace)
    return namespace


def _noting(recording: Recording) -> Callable[[Any, str, Any], None]:
    """A `__setattr__` that notes where a consumed key is stored."""

    def store(self: Any, name: str, value: Any) -> None:
        if recording.consumed(value):
            recording.escapes |= lines_of(sys._getframe(1))
        object.__setattr__(self, name, value)

    return store


class _Watch:
    """Follows a run: which lines ran, what is returned, what a method leaves in its object."""

    def __init__(self, recording: Recording, ran: set[int]) -> None:
        self.recording = recording
        self.ran = ran
        self.lines = 0
        self.begun: dict[FrameType, int] = {}

    def trace(self, frame: FrameType, event: str, argument: Any) -> Any:
        """Called by Python for every call."""
        code = frame.f_code
        if code.co_filename != FILENAME:
            if code.co_name in _CONSTRUCTORS and (
                code.co_filename.startswith("<") or code.co_name == "_replace"
            ):
                self._made(frame)
            return None
        self.begun[frame] = len(self.recording.order)
        return self._inside

    def _made(self, frame: FrameType) -> None:
        """The constructor of a dataclass or a named tuple is handed its fields."""
        if any(map(self.recording.consumed, list(frame.f_locals.values()))):
            self.recording.escapes |= lines_of(frame.f_back)

    def _inside(self, frame: FrameType, event: str, argument: Any) -> Any:
        self.lines += 1
        if self.lines > _MOST_LINES:
            raise TooLong
        if event == "line":
            self.ran.add(frame.f_lineno)
        elif event == "return":
            if self.recording.consumed(argument):
                self.recording.escapes |= lines_of(frame)
            self._left(frame)
        return self._inside

    def _left(self, frame: FrameType) -> None:
        """A method is over: what it used up and left in its attributes."""
        start = self.begun.pop(frame, 0)
        code = frame.f_code
        owner = frame.f_locals.get("self") if code.co_varnames[:1] == ("self",) else None
        held = getattr(owner, "__dict__", None)
        if not held:
            return
        values = {each.value for each in _keys_in(list(held.values()))}
        for value, use in self.recording.order[start:]:
            if value in values:
                self.recording.kept |= use.lines


def _keys_in(value: Any) -> Iterator[Key]:
    if isinstance(value, Key):
        yield value
    elif isinstance(value, dict):
        yield from _keys_in(list(value.values()))
    elif isinstance(value, (list, tuple, Keys)):
        for each in value:
            yield from _keys_in(each)
