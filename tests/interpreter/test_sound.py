"""Generated programs whose truth is known: every key used once, or exactly one used twice.

A program is built together with the list of keys that are still unused, so it is clean by
construction; a second use of a key that was used up is the only mistake it can have.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from randlint.diagnosis import analyse
from randlint.rules import registry

HELPERS = """\
import jax
from dataclasses import dataclass
from jax import random
@dataclass
class State:
    key: jax.Array
    step: int
class Model:
    def __init__(self, key, width):
        self.w = random.normal(key, (width,))
def draw(key, scale=1.0):
    return scale * random.normal(key)
def advance(key):
    key, sub = random.split(key)
    return key, random.normal(sub)
def pieces(key, n=2):
    return random.split(key, n)
def same(key):
    return key
def folded(key, step):
    return random.fold_in(key, step)
"""
SAMPLERS = ("normal", "uniform", "gumbel", "exponential", "rademacher")
CODES = frozenset({"RND101", "RND102", "RND103", "RND104", "RND105"})
quick = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@dataclass
class Program:
    """Statements, the expressions that hold unused keys, and those that hold used-up keys."""

    lines: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=lambda: ["key"])
    folded: dict[str, int] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    names: int = 0

    def name(self) -> str:
        self.names += 1
        return f"key{self.names}"  # what mentions no key and no sampler is not run at module level

    def forget(self, name: str) -> None:
        """A name was bound to something else: what it held can no longer be written."""
        self.used = [each for each in self.used if each != name]


@st.composite
def _programs(draw: st.DrawFn) -> Program:
    program = Program()
    for _ in range(draw(st.integers(1, 10))):
        if not program.fresh:
            break
        key = draw(st.sampled_from(program.fresh))
        step = draw(st.sampled_from(STEPS))
        step(draw, program, key)
    return program


def _sample(draw: st.DrawFn, program: Program, key: str) -> None:
    program.fresh.remove(key)
    sampler = draw(st.sampled_from(SAMPLERS))
    call = draw(
        st.sampled_from(
            (
                f"random.{sampler}({key})",
                f"random.{sampler}(key={key}, shape=(3,))",
                f"jax.random.{sampler}({key}) + 1",
                f"draw({key})",
                f"draw({key}, scale=2.0)",
                f"(lambda k: random.{sampler}(k))({key})",
                f"jax.jit(draw)({key})",
                f"float(random.{sampler}(same({key})))",
                f"Model({key}, 3)",
                f"[random.{sampler}(k) for k in [{key}]]",
            )
        )
    )
    program.lines.append(f"{program.name()} = {call}")
    program.used.append(key)


def _split(draw: st.DrawFn, program: Program, key: str) -> None:
    program.fresh.remove(key)
    a, b = program.name(), program.name()
    shape = draw(st.integers(0, 5))
    if shape == 0:
        program.lines.append(f"{a}, {b} = random.split({key})")
        program.fresh += [a, b]
    elif shape == 1:
        program.lines.append(f"{a}, *{b} = pieces({key}, 4)")
        program.fresh += [a, f"{b}[0]", f"{b}[1]", f"{b}[-1]"]
    elif shape == 2:
        program.lines.append(f"{a} = random.split({key}, 3)")
        program.fresh += [f"{a}[0]", f"{a}[1]", f"{a}[-1]"]
    elif shape == 3:
        program.lines.append(f"{a} = random.split({key}, 4)")
        program.lines.append(f"{b} = jax.vmap(random.normal)({a}[:2])")
        program.fresh += [f"{a}[2]", f"{a}[3]"]
        program.used += [f"{a}[0]", f"{a}[1]"]
    elif shape == 4:
        program.lines.append(f"({a}, {b}), {program.name()} = random.split({key}), 7")
        program.fresh += [a, b]
    else:
        program.lines.append(f"{a} = [random.normal(k) for k in random.split({key}, 5)]")
    program.used.append(key)


def _advance(draw: st.DrawFn, program: Program, key: str) -> None:
    """The key is replaced by the next one under the same name, where it has a name."""
    program.fresh.remove(key)
    target = key if key.isidentifier() else program.name()
    if target == key:
        program.forget(key)
    else:
        program.used.append(key)
    value = program.name()
    if draw(st.booleans()):
        program.lines.append(f"{target}, {value} = advance({key})")
        program.fresh.append(target)
    else:
        program.lines.append(f"{target}, {value} = random.split({key})")
        program.fresh += [target, value]


def _fold(draw: st.DrawFn, program: Program, key: str) -> None:
    """`fold_in` leaves its key usable for other data, and for nothing else."""
    program.fresh.remove(key)
    for data in draw(st.lists(st.integers(0, 9), unique=True, min_size=1, max_size=3)):
        name = program.name()
        call = draw(st.sampled_from(("random.fold_in", "folded")))
        program.lines.append(f"{name} = {call}({key}, {data})")
        program.fresh.append(name)


def _rename(draw: st.DrawFn, program: Program, key: str) -> None:
    program.fresh.remove(key)
    name = program.name()
    program.lines.append(f"{name} = {key}")
    program.fresh.append(name)


def _box(draw: st.DrawFn, program: Program, key: str) -> None:
    program.fresh.remove(key)
    name = program.name()
    form, entry = draw(
        st.sampled_from(
            (
                (f"[{key}, 0]", "[0]"),
                (f"(1, {key})", "[-1]"),
                (f"{{'a': {key}, 'b': 1}}", "['a']"),
                (f"dict(a={key})", "['a']"),
                (f"State({key}, 1)", ".key"),
                (f"State(step=1, key={key})", ".key"),
                (f"((0, {key}), 1)", "[0][1]"),
            )
        )
    )
    program.lines.append(f"{name} = {form}")
    program.fresh.append(name + entry)


def _look(draw: st.DrawFn, program: Program, key: str) -> None:
    look = draw(
        st.sampled_from(
            (
                "print({})",
                "{}.shape",
                "assert {} is not None",
                "random.key_data({})",
                "len({}.shape)",
            )
        )
    )
    program.lines.append(look.replace("{}", key))


STEPS = (_sample, _sample, _split, _split, _advance, _fold, _rename, _box, _look)


def _function(lines: list[str], head: str = "def f(key):") -> str:
    return HELPERS + head + "\n" + textwrap.indent("\n".join([*lines, "pass"]), "    ") + "\n"


def _method(lines: list[str]) -> str:
    body = textwrap.indent("\n".join([*lines, "pass"]), "        ")
    return f"{HELPERS}class Trainer:\n    def f(self, key):\n{body}\n"


def _own_key(lines: list[str]) -> str:
    return _function(["key = random.key(seed)", *lines], "def f(seed):")


def _module(lines: list[str]) -> str:
    return HELPERS + "key = random.key(0)\n" + "\n".join(lines) + "\n"


FORMS = (_function, _method, _own_key, _module)
forms = st.sampled_from(FORMS)


def _found(text: str) -> list[tuple[int, str]]:
    analysis = analyse(text, "generated.py", codes=frozenset(registry()))
    assert analysis.abandoned == 0
    return [
        (each.location.start.row, each.code) for each in analysis.findings if each.code in CODES
    ]


def _draws(program: Program) -> bool:
    """Whether the program names a sampler; others are not always run as roots (test_functions)."""
    return any("random." in line for line in program.lines)


@quick
@given(_programs(), forms)
def test_keys_used_once_are_no_findings(program: Program, form: object) -> None:
    assert callable(form)
    text = form(program.lines)
    assert _found(text) == [], text


@quick
@given(_programs().filter(lambda program: program.used), forms, st.data())
def test_one_key_used_twice_is_one_finding(
    program: Program, form: object, data: st.DataObject
) -> None:
    assert callable(form)
    again = data.draw(st.sampled_from(program.used))
    repeated = data.draw(st.sampled_from(("random.beta({}, 1, 2)", "draw({})", "random.split({})")))
    text = form([*program.lines, "again = " + repeated.format(again)])
    row = next(
        row for row, line in enumerate(text.splitlines(), start=1) if line.lstrip()[:7] == "again ="
    )
    assert _found(text) == [(row, "RND101")], text


@quick
@given(_programs(), _programs())
def test_exclusive_arms_are_no_findings(one: Program, other: Program) -> None:
    arms = ["if flag:", *textwrap.indent("\n".join([*one.lines, "pass"]), "    ").split("\n")]
    arms += ["else:", *textwrap.indent("\n".join([*other.lines, "pass"]), "    ").split("\n")]
    text = _function(arms, "def f(key, flag):")
    assert _found(text) == [], text


@quick
@given(_programs(), _programs())
def test_an_early_return_excludes_the_rest(one: Program, other: Program) -> None:
    first = textwrap.indent("\n".join([*one.lines, "return 0"]), "    ").split("\n")
    text = _function(["if flag:", *first, *other.lines], "def f(key, flag):")
    assert _found(text) == [], text


@quick
@given(_programs())
def test_a_key_per_turn_is_no_finding(program: Program) -> None:
    body = textwrap.indent("\n".join(["key = random.fold_in(base, i)", *program.lines]), "    ")
    text = _function(["for i in range(n):", *body.split("\n")], "def f(base, n):")
    assert _found(text) == [], text


@quick
@given(_programs().filter(lambda program: "key" in program.used and _draws(program)))
def test_one_key_for_all_turns_is_found(program: Program) -> None:
    body = textwrap.indent("\n".join(program.lines), "    ").split("\n")
    text = _function(["for i in range(n):", *body], "def f(key, n):")
    codes = {code for _, code in _found(text)}
    assert codes == {"RND102"}, text


@quick
@given(_programs())
def test_a_scanned_key_per_step_is_no_finding(program: Program) -> None:
    body = textwrap.indent("\n".join([*program.lines, "return total, None"]), "    ")
    lines = ["def step(total, key):", *body.split("\n")]
    lines.append("return jax.lax.scan(step, 0.0, random.split(base, n))")
    text = _function(lines, "def f(base, n):")
    assert _found(text) == [], text
