"""Recipes for branches: which uses exclude each other."""

from __future__ import annotations

from executable.writer import Scope, Writer


def if_else(w: Writer) -> None:
    """Arms with statements of their own; keys from outside may be used in each."""
    arms: list[Scope] = []
    with w.indented(f"if {condition(w)}:"), w.arm() as one:
        w.block(2)
        arms.append(one)
    if w.maybe(0.3):
        with w.indented(f"elif {condition(w)}:"), w.arm() as one:
            w.block(2)
            arms.append(one)
    if w.maybe(0.6):
        with w.indented("else:"), w.arm() as other:
            w.block(2)
            arms.append(other)
    w.meet(arms)


def condition(w: Writer) -> str:
    """A test of flags, sometimes of several."""
    one, other = w.flag(), w.flag()
    return w.pick(one, one, one, f"{one} and {other}", f"{one} or {other}",
        f"not ({one} or {other})",
                  f"not ({one} and {other})")  # fmt: skip


def one_key_in_both_arms(w: Writer) -> None:
    key = w.take()
    with w.indented(f"if {condition(w)}:"):
        w.total(w.draw(key))
    with w.indented("else:"):
        w.total(w.draw(key))
    if w.wrong():
        w.total(w.draw(key))


def opposite(w: Writer) -> None:
    """Two `if` statements that exclude each other, or do not."""
    key, flag = w.take(), w.flag()
    plain = flag.removeprefix("not ")
    contrary = plain if plain != flag else f"not {plain}"
    if ">" in plain or "==" in plain:
        contrary = f"not ({flag})"
    with w.indented(f"if {flag}:"):
        w.total(w.draw(key))
    with w.indented(f"if {flag if w.wrong() else contrary}:"):
        w.total(w.draw(key))


def ternary(w: Writer) -> None:
    key = w.take()
    w.total(f"({w.draw(key)} if {condition(w)} else {w.draw(key)})")


def chosen_key(w: Writer) -> None:
    """`k = a if flag else b`, and the other one afterwards under the contrary."""
    a, b, name, flag = w.take(), w.take(), w.name(), w.flag()
    w.add(f"{name} = {a} if {flag} else {b}")
    w.total(w.draw(name))
    form = w.dice.randrange(3)
    if form == 0:
        w.total(w.draw(f"({b} if {flag} else {a})"))
    elif form == 1:
        with w.indented(f"if {flag}:"):
            w.total(w.draw(a if w.wrong() else b))
    elif w.wrong():
        w.total(w.draw(a))


def bound_in_arms(w: Writer) -> None:
    a, b, name = w.take(), w.take(), w.name()
    with w.indented(f"if {w.flag()}:"):
        w.add(f"{name} = {a}")
    with w.indented("else:"):
        w.add(f"{name} = {b}")
    w.total(w.draw(name))
    if w.wrong():
        w.total(w.draw(w.pick(a, b)))


def replaced_in_an_arm(w: Writer) -> None:
    """A name that one arm makes a new key."""
    name, flag = w.name(), w.flag()
    w.add(f"{name} = {w.take()}")
    with w.indented(f"if {flag}:"):
        w.total(w.draw(name))
        if not w.wrong():
            w.add(f"{name} = {w.take()}")
    w.total(w.draw(name))


def short_circuit(w: Writer) -> None:
    key, flag = w.take(), w.pick(*(w.flags or ["True"]))
    w.total(f"({flag} and {w.draw(key)} or 0.0)")
    if w.maybe(0.5):
        with w.indented(f"if {flag if w.wrong() else f'not {flag}'}:"):
            w.total(w.draw(key))


def by_match(w: Writer) -> None:
    """`match` on a mode or on a flag."""
    key = w.take()
    if w.modes and w.maybe(0.6):
        subject, cases = w.dice.choice(w.modes), ['"a"', '"b"', "_"]
    else:
        subject, cases = w.pick(*(w.flags or ["True"])), ["True", "False"]
    if w.maybe(0.3) and len(cases) == 3:
        cases = ['"a" | "b"', "_"]
    with w.indented(f"match {subject}:"):
        for case in cases:
            with w.indented(f"case {case}:"):
                w.total(w.draw(key))
    if w.wrong():
        w.total(w.draw(key))


def early_return(w: Writer) -> None:
    """What follows an early return runs under the contrary."""
    if not w.returns or w.looping:
        return one_key_in_both_arms(w)
    key = w.take()
    with w.indented(f"if {condition(w)}:"):
        w.add(f"return total + {w.draw(key)}")
    w.scope.used.remove(key) if key in w.scope.used else None
    w.replaced(key) if key in w.scope.outer or not w.wrong() else w.scope.used.append(key)
    return None


def try_finally(w: Writer) -> None:
    key, form = w.take(), w.dice.randrange(3)
    with w.indented("try:"):
        w.total(w.draw(key))
    if form == 0:
        with w.indented("finally:"):
            w.total(w.draw(key if w.wrong() else w.take()))
    elif form == 1:
        with w.indented("except ValueError:"):
            w.total("1.0")
    else:
        with w.indented("except (KeyError, ValueError):"):
            w.total("1.0")
        with w.arm() as arm, w.indented("else:"):
            w.total(w.draw(w.take()))
        w.meet([arm])


def try_that_fails(w: Writer) -> None:
    """The handler runs where the body was left before its draw."""
    key, flag = w.take(), w.flag()
    with w.indented("try:"):
        with w.indented(f"if {flag}:"):
            w.add('raise ValueError("no")')
        w.total(w.draw(key))
    with w.indented("except ValueError:"):
        w.total(w.draw(key))


def noted_flag(w: Writer) -> None:
    """A flag that is set in an arm and asked later."""
    found, key, flag = w.name("found"), w.take(), w.flag()
    w.add(f"{found} = False")
    with w.indented(f"if {flag}:"):
        w.add(f"{found} = True")
        w.total(w.draw(key))
    with w.indented(f"if {found if w.wrong() else f'not {found}'}:"):
        w.total(w.draw(key))


def derived_flag(w: Writer) -> None:
    name, key, flag = w.name("g"), w.take(), w.flag()
    w.add(f"{name} = {w.pick('not ({})', '{}', 'bool({})').format(flag)}")
    with w.indented(f"if {name}:"):
        w.total(w.draw(key))
    with w.indented(f"if {name if w.wrong() else f'not {name}'}:"):
        w.total(w.draw(key))


def optional(w: Writer) -> None:
    """`None` where there is no key."""
    key, name, flag = w.take(), w.name(), w.flag()
    w.add(f"{name} = {key} if {flag} else None")
    with w.indented(f"if {name} is not None:"):
        w.total(w.draw(name))
    with w.indented("else:"):
        w.total(w.draw(key))


def by_count(w: Writer) -> None:
    """Ranges of a number, outside of loops: it may be the number of their turns."""
    if not w.counts or w.looping:
        return opposite(w)
    key, count = w.take(), w.dice.choice(w.counts)
    with w.indented(f"if {count} == 0:"):
        w.total(w.draw(key))
    with w.indented(f"elif {count} == 1:"):
        w.total(w.draw(key))
    with w.indented(f"if {count} {'<' if w.wrong() else '>'} 1:"):
        w.total(w.draw(key))
    return None


RECIPES = (
    if_else, if_else, if_else, one_key_in_both_arms, opposite, ternary, chosen_key, bound_in_arms,
    replaced_in_an_arm, short_circuit, by_match, early_return, try_finally, try_that_fails,
    noted_flag, derived_flag, optional, by_count,
)  # fmt: skip
