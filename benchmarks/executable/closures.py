"""Recipes for nested functions, and for functions as values."""

from __future__ import annotations

from executable.writer import Writer, library


def closure(w: Writer) -> None:
    """A nested function that draws from a key of the function around."""
    key, name = w.take(), w.name("inner")
    with w.indented(f"def {name}(scale):"):
        w.add(f"return scale * {w.draw(key)}")
    w.total(f"{name}(2.0)")
    if w.wrong():
        w.total(f"{name}(3.0)")


def numbered_closure(w: Writer) -> None:
    key, name = w.take(), w.name("inner")
    with w.indented(f"def {name}(number):"):
        w.add(f"return {w.draw(f'random.fold_in({key}, number)')}")
    w.total(f"{name}(1)")
    w.total(f"{name}({1 if w.wrong() else 2})")
    if w.maybe(0.5):
        with w.indented(f"for i in range({w.pick('2', *w.counts)}):"):
            w.total(f"{name}({'7' if w.wrong() else 'i + 3'})")


def handing_out(w: Writer) -> None:
    """A nested function that advances a key of the function around."""
    state, name = w.name("state"), w.name("next_key")
    w.add(f"{state} = {w.take()}")
    with w.indented(f"def {name}():"):
        w.add(f"nonlocal {state}")
        if w.wrong() and w.maybe(0.4):
            w.add(f"_, sub = random.split({state})")
        else:
            w.add(f"{state}, sub = random.split({state})")
        w.add("return sub")
    w.total(w.draw(f"{name}()"))
    w.total(w.draw(f"{name}()"))
    if w.maybe(0.5):
        with w.indented(f"for _ in range({w.pick('2', *w.counts)}):"):
            w.total(w.draw(f"{name}()"))


def returned_function(w: Writer) -> None:
    library(
        w,
        "maker",
        """
def maker(key):
    def make(number):
        return random.normal(random.fold_in(key, number))

    return make
""",
    )
    name = w.name("f")
    w.add(f"{name} = maker({w.take()})")
    w.total(f"{name}(0)")
    w.total(f"{name}({0 if w.wrong() else 1})")


def over_functions(w: Writer) -> None:
    """Functions in containers, and given to functions."""
    library(w, "applied", "def applied(draw, key):\n    return draw(key)")
    library(w, "noise", "def noise(key):\n    return random.normal(key)")
    form, key = w.dice.randrange(3), w.take()
    if form == 0:
        w.total(
            f"applied({w.pick('noise', 'random.normal', 'lambda k: random.uniform(k)')}, {key})"
        )
    elif form == 1:
        with w.indented(f"for f, k in zip((noise, random.uniform), random.split({key})):"):
            w.total("f(k)")
    else:
        w.total(f"sum(map(noise, random.split({key}, 3)))")


def of_the_module(w: Writer) -> None:
    """A key of the module, folded with numbers."""
    if not any(each.startswith("SHARED =") for each in w.globals):
        w.globals.insert(0, "SHARED = random.key(3)")
    if w.looping or w.depth > 1:
        w.total(w.draw(w.take()))
        return
    w.total(w.draw(f"random.fold_in(SHARED, {w.number()})"))
    return
