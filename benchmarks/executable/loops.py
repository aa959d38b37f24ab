"""Recipes for Python's loops: `for` over everything, `while` with every end, comprehensions."""

from __future__ import annotations

from executable.writer import Writer


def counted(w: Writer) -> None:
    """`for i in range(...)`, where the number of the turn is folded in."""
    i, count = w.name("i"), _count(w)
    bounds = w.pick(count, count, f"1, {count} + 1", f"0, 2 * {count}, 2")
    with w.indented(f"for {i} in range({bounds}):"), w.turn(number=i):
        w.block(2)


def anonymous(w: Writer) -> None:
    """`for _ in range(n)`, where a key is carried through the turns."""
    state, base = w.name("state"), w.name("base")
    w.add(f"{state} = {w.take()}")
    with w.indented(f"for _ in range({_count(w)}):"):
        if w.wrong() and w.maybe(0.3):
            w.add(f"{base} = random.split({state})[1]")
        else:
            w.add(f"{state}, {base} = random.split({state})")
        with w.turn(base=base):
            w.block(2)
    w.made(state)


def over_keys(w: Writer) -> None:
    key, k, count = w.take(), w.name(), _count(w)
    header = w.pick(
        f"for {k} in random.split({key}, {count}):",
        f"for number, {k} in enumerate(random.split({key}, {count})):",
        f"for {k}, value in zip(random.split({key}, 2), (1.0, 2.0)):",
    )
    with w.indented(header), w.turn(base=k):
        if w.maybe(0.5):
            w.total(w.draw(k))
        else:
            w.block(2)


def by_index(w: Writer) -> None:
    """`keys[i]` in a loop over as many numbers."""
    key, keys, i = w.take(), w.name("ks"), w.name("i")
    size = w.dice.randint(2, 4)
    w.add(f"{keys} = random.split({key}, {size})")
    shift = " - 1" if w.wrong() else ""
    with w.indented(f"for {i} in range({size}):"):
        w.total(w.draw(f"{keys}[{i}{shift}]"))


def by_index_of_count(w: Writer) -> None:
    key, keys, i = w.take(), w.name("ks"), w.name("i")
    if not w.counts:
        by_index(w)
        return
    count = w.dice.choice(w.counts)
    w.add(f"{keys} = random.split({key}, {count} + 1)")
    with w.indented(f"for {i} in range({count}):"):
        w.total(w.draw(f"{keys}[{i}]"))
    w.total(w.draw(f"{keys}[{0 if w.wrong() else count}]"))


def with_number_folded(w: Writer) -> None:
    """`fold_in(key, i)`, beside a constant that meets it or not."""
    key, i, size = w.take(), w.name("i"), w.dice.randint(2, 4)
    shift, outside = w.dice.choice((("", size), (" + 1", 0), (" + 10", 0), (" * 2", 1)))
    if w.wrong():
        outside = 1 if shift == "" else 2 if shift in (" + 1", " * 2") else 10
    before = w.maybe(0.5)
    if before:
        w.total(w.draw(f"random.fold_in({key}, {outside})"))
    with w.indented(f"for {i} in range({size}):"):
        w.total(w.draw(f"random.fold_in({key}, {i}{shift})"))
    if not before:
        w.total(w.draw(f"random.fold_in({key}, {outside})"))


def two_loops(w: Writer) -> None:
    """Two loops over one key, with numbers apart."""
    key, size, i, j = w.take(), w.dice.randint(2, 3), w.name("i"), w.name("j")
    shift = "" if w.wrong() else f" + {size}"
    with w.indented(f"for {i} in range({size}):"):
        w.total(w.draw(f"random.fold_in({key}, {i})"))
    with w.indented(f"for {j} in range({size}):"):
        w.total(w.draw(f"random.fold_in({key}, {j}{shift})"))


def nested_numbers(w: Writer) -> None:
    """A loop in a loop: both numbers have to go in."""
    key, i, j = w.take(), w.name("i"), w.name("j")
    outer = f"for {i} in range({w.pick('2', *w.counts)}):"
    with w.indented(outer), w.indented(f"for {j} in range(3):"):
        if w.wrong():
            data = w.pick(i, j, f"{i} + {j}")
        else:
            data = w.pick(f"3 * {i} + {j}", f"{i} * 3 + {j}")
        if w.maybe(0.5):
            w.total(w.draw(f"random.fold_in({key}, {data})"))
        else:
            inner = j if not w.wrong() else "0"
            w.total(w.draw(f"random.fold_in(random.fold_in({key}, {i}), {inner})"))


def over_constants(w: Writer) -> None:
    """`for` over a few values, by number or by name."""
    key, i = w.take(), w.name("i")
    if w.maybe(0.5):
        with w.indented(f"for {i}, value in enumerate((1.0, 2.0, 3.0)):"), w.turn(number=i):
            w.total("value")
            w.block(2)
    else:
        with w.indented("for number in (3, 5, 7):"):
            w.total(w.draw(f"random.fold_in({key}, {'3' if w.wrong() else 'number'})"))


def interrupted(w: Writer) -> None:
    """`break`, `continue` and `else`."""
    i, key, other = w.name("i"), w.take(), w.take()
    with w.indented(f"for {i} in range({_count(w)}):"):
        form = w.dice.randrange(3)
        if form == 0:  # one turn draws, and is the last
            w.total(w.draw(key))
            if not w.wrong():
                w.add("break")
        elif form == 1:
            with w.indented(f"if {i} == 1:"):
                w.total(w.draw(key))
                w.add(w.pick("break", "continue"))
            w.total(w.draw(f"random.fold_in({other}, {i})"))
        else:
            with w.indented(f"if {w.flag()}:"):
                w.add(w.pick("break", "continue"))
            w.total(w.draw(f"random.fold_in({key}, {i})"))
    if w.maybe(0.5):
        with w.arm() as arm, w.indented("else:"):
            w.total(w.draw(w.take()))
        w.meet([arm])


def in_first_turn(w: Writer) -> None:
    """`if i == 0:` inside of a loop."""
    i, key, size = w.name("i"), w.take(), w.dice.randint(2, 3)
    with w.indented(f"for {i} in range({size}):"):
        with w.indented(f"if {i} == {w.pick('0', '1')}:"):
            w.total(w.draw(key))
        if w.wrong():
            with w.indented(f"if {i} == 1:"):
                w.total(w.draw(key))


def comprehension(w: Writer) -> None:
    key, form = w.take(), w.dice.randrange(7)
    draw = w.draw("k")
    if form == 0:
        w.total(f"sum([{draw} for k in random.split({key}, {_count(w)})])")
    elif form == 1:
        data = "0" if w.wrong() else "i"
        w.total(f"sum([{w.draw(f'random.fold_in({key}, {data})')} for i in range({_count(w)})])")
    elif form == 2:
        w.total(
            f"sum({w.draw(key if w.wrong() else f'random.fold_in({key}, i)')} for i in range(3))"
        )
    elif form == 3:
        w.total(f"sum([{draw} for i, k in enumerate(random.split({key}, 3)) if i > 0])")
    elif form == 4:
        w.total(f"sum([x * {draw} for x, k in zip((1.0, 2.0), random.split({key}, 2))])")
    elif form == 5:
        data = "j" if w.wrong() else "2 * i + j"
        w.total(
            f"sum([{w.draw(f'random.fold_in({key}, {data})')} for i in range(2) for j in range(2)])"
        )
    else:
        w.total(f"sum({{i: {draw} for i, k in enumerate(random.split({key}, 3))}}.values())")


def _count(w: Writer) -> str:
    return w.dice.choice(("2", "3", *w.counts, *w.counts))


RECIPES = (
    counted, counted, anonymous, over_keys, by_index, by_index_of_count, with_number_folded,
    two_loops, nested_numbers, over_constants, interrupted, in_first_turn, comprehension,
    comprehension,
)  # fmt: skip


# --- while


def counting(w: Writer) -> None:
    i = w.name("i")
    w.add(f"{i} = 0")
    with w.indented(f"while {i} < {_count(w)}:"):
        with w.turn(number=i):
            w.block(2)
        w.add(f"{i} += 1")


def counting_down(w: Writer) -> None:
    i = w.name("i")
    w.add(f"{i} = {_count(w)}")
    with w.indented(f"while {i} > 0:"):
        w.add(f"{i} -= 1")
        with w.turn(number=i):
            w.block(2)


def endless(w: Writer) -> None:
    """`while True` with a `break`, and a key that is carried."""
    i, state, sub = w.name("i"), w.name("state"), w.name("sub")
    w.add(f"{state}, {i} = {w.take()}, 0")
    with w.indented("while True:"):
        w.add(f"{i} += 1")
        with w.indented(f"if {i} > {_count(w)}:"):
            w.add("break")
        if w.wrong():
            w.total(w.draw(state))
        else:
            w.add(f"{state}, {sub} = random.split({state})")
            w.total(w.draw(sub))
    w.made(state)


def until_done(w: Writer) -> None:
    """A loop that a flag ends after one turn."""
    done, key = w.name("done"), w.take()
    w.add(f"{done} = False")
    with w.indented(f"while not {done}:"):
        w.total(w.draw(key))
        w.add(f"{done} = True")
    if w.wrong():
        w.total(w.draw(key))


def carried(w: Writer) -> None:
    """`while i < n` around `key, sub = split(key)`."""
    i, state, sub = w.name("i"), w.name("state"), w.name("sub")
    w.add(f"{i} = 0")
    w.add(f"{state} = {w.take()}")
    with w.indented(f"while {i} < {_count(w)}:"):
        w.add(f"{state}, {sub} = random.split({state})")
        w.total(w.draw(sub))
        if w.wrong():
            w.total(w.draw(sub))
        w.add(f"{i} = {i} + 1")
    w.made(state)


WHILE = (counting, counting_down, endless, until_done, carried)
