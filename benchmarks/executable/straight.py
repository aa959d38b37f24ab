"""Recipes for straight code: draws, splits, folds, names that move around."""

from __future__ import annotations

from executable.writer import Writer


def use(w: Writer) -> None:
    w.total(w.draw(w.take()))


def use_two(w: Writer) -> None:
    one, other = w.take(), w.take()
    a, b = w.name("v"), w.name("v")
    w.add(f"{a}, {b} = {w.draw(one)}, {w.draw(other)}")
    w.total(f"{a} * {b}")


def use_in_list(w: Writer) -> None:
    name = w.name("parts")
    w.add(f"{name} = [{w.draw(w.take())}, {w.draw(w.take())}]")
    w.total(f"sum({name})")


def split(w: Writer) -> None:
    key, a, b = w.take(), w.name(), w.name()
    w.add(f"{a}, {b} = random.split({key})")
    w.made(a)
    w.made(b)


def split_three(w: Writer) -> None:
    key = w.take()
    names = [w.name() for _ in range(3)]
    form = w.pick("{}, {}, {} = random.split({}, 3)", "({}, {}, {}) = random.split({}, num=3)",
                  "[{}, {}, {}] = random.split({}, 3)")  # fmt: skip
    w.add(form.format(*names, key))
    for name in names:
        w.made(name)


def carry(w: Writer) -> None:
    """`key, sub = split(key)`: the name is a new key."""
    key, sub = w.take(), w.name()
    if key.isidentifier() and key not in w.scope.outer and key != w.scope.base:
        w.add(f"{key}, {sub} = random.split({key})")
        w.replaced(key)
    else:
        rest = w.name()
        w.add(f"{rest}, {sub} = random.split({key})")
        w.made(rest)
    w.made(sub)


def unequal_split(w: Writer) -> None:
    """Rarely the wrong number of names."""
    key, a, b = w.take(), w.name(), w.name()
    w.add(f"{a}, {b} = random.split({key}, {3 if w.wrong() and w.maybe(0.3) else 2})")
    w.made(a)
    w.made(b)


def starred(w: Writer) -> None:
    key, first, rest = w.take(), w.name(), w.name("rest")
    if w.maybe(0.5):
        w.add(f"{first}, *{rest} = random.split({key}, 4)")
    else:
        w.add(f"*{rest}, {first} = random.split({key}, 4)")
    w.made(first)
    free = [0, 1, 2]
    for _ in range(w.dice.randint(1, 2)):
        index = w.dice.choice(free)
        if not w.wrong():
            free.remove(index)
        w.total(w.draw(f"{rest}[{index}]"))
    if w.maybe(0.3) and free:
        (kept,) = [w.name()]
        w.add(f"{kept} = {rest}[{free[0] - 3}]")
        w.made(kept)


def indexed(w: Writer) -> None:
    """An array, its elements by constant indices, from either end, of slices."""
    key, keys, size = w.take(), w.name("ks"), w.dice.randint(2, 5)
    w.add(f"{keys} = random.split({key}, {size})")
    free = list(range(size))
    for _ in range(w.dice.randint(1, size)):
        index = w.dice.choice(free) if free and not w.wrong() else w.dice.randrange(size)
        if index in free:
            free.remove(index)
        if w.wrong() and w.maybe(0.2):
            index = size
        _element(w, keys, index, size)


def _element(w: Writer, keys: str, index: int, size: int) -> None:
    form = w.dice.randrange(5)
    if form == 0 and index < size:
        w.total(w.draw(f"{keys}[{index - size}]"))
    elif form == 1 and 0 < index < size:
        w.total(w.draw(f"{keys}[1:][{index - 1}]"))
    elif form == 2:
        name = w.name()
        w.add(f"{name} = {keys}[{index}]")
        w.total(w.draw(name))
    else:
        w.total(w.draw(f"{keys}[{index}]"))


def sliced(w: Writer) -> None:
    """An array cut in two, and drawn from on both sides."""
    key, keys, left, right = w.take(), w.name("ks"), w.name("left"), w.name("right")
    size, at = w.dice.randint(3, 6), w.dice.randint(1, 2)
    w.add(f"{keys} = random.split({key}, {size})")
    overlap = 1 if w.wrong() else 0
    w.add(f"{left}, {right} = {keys}[:{at}], {keys}[{at - overlap}:]")
    if w.maybe(0.5):
        w.total(f"sum([{w.draw('k')} for k in {left}])")
        w.total(f"sum([{w.draw('k')} for k in {right}])")
    else:
        w.total(w.draw(f"{left}[{at - 1}]"))
        w.total(w.draw(f"{right}[0]"))


def inline_child(w: Writer) -> None:
    key = w.take()
    w.total(w.draw(f"random.split({key}){w.pick('[0]', '[1]', '[-1]')}"))


def fold(w: Writer) -> None:
    w.new_key()


def fold_family(w: Writer) -> None:
    """Small numbers folded into a key of their own."""
    key, numbers = w.take(), [0, 1, 2, 3]
    w.dice.shuffle(numbers)
    for _ in range(w.dice.randint(2, 3)):
        number = numbers[0] if w.wrong() else numbers.pop()
        w.total(w.draw(f"random.fold_in({key}, {number})"))


def fold_beside_split(w: Writer) -> None:
    """`split(k, n)[i]` is `fold_in(k, i)`: apart in a right program."""
    key, a, b = w.take(), w.name(), w.name()
    w.add(f"{a}, {b} = random.split({key})")
    number = w.dice.randrange(2) if w.wrong() else w.dice.randint(2, 9)
    w.total(w.draw(f"random.fold_in({key}, {number})"))
    w.total(w.draw(a) + " + " + w.draw(b))


def alias(w: Writer) -> None:
    key, name = w.take(), w.name()
    w.add(f"{name} = {key}")
    w.made(name)


def chained(w: Writer) -> None:
    key, one, other = w.take(), w.name(), w.name()
    w.add(f"{one} = {other} = {key}")
    w.made(w.pick(one, other))


def swap(w: Writer) -> None:
    a, b = w.new_key(), w.new_key()
    w.add(f"{a}, {b} = {b}, {a}")
    w.total(w.draw(a))
    w.forget(a)
    w.scope.used.append(a)
    if w.wrong():
        w.add(f"{a}, {b} = {b}, {a}")


def rotate(w: Writer) -> None:
    a, b, c = w.new_key(), w.new_key(), w.new_key()
    w.add(f"{a}, {b}, {c} = {b}, {c}, {a}")
    w.total(w.draw(c))
    w.forget(c)
    w.scope.used.append(c)


def nested_unpacking(w: Writer) -> None:
    one, two, three = w.take(), w.take(), w.take()
    a, b, c = w.name(), w.name(), w.name()
    w.add(f"({a}, {b}), {c} = ({one}, {two}), {three}")
    for name in (a, b, c):
        w.made(name)


def walrus(w: Writer) -> None:
    name, number = w.name(), w.number()
    turn = "" if w.scope.turn is None else f" + {w.scope.turn}"
    w.total(w.draw(f"({name} := random.fold_in({w.scope.base}, {1000 * number}{turn}))"))
    w.scope.used.append(name)


def clone(w: Writer) -> None:
    name = w.name()
    w.add(f"{name} = random.clone({w.any_key()})")
    w.made(name)


def delete(w: Writer) -> None:
    key, name = w.take(), w.name()
    w.add(f"{name} = {key}")
    w.total(w.draw(name))
    w.add(f"del {name}")


def reuse_of_a_name(w: Writer) -> None:
    """One name for several keys, one after the other."""
    name = w.name()
    for _ in range(2):
        w.add(f"{name} = {w.take()}")
        w.total(w.draw(name))


def seed(w: Writer) -> None:
    """A key from a number written there, or from a parameter."""
    name = w.name()
    if w.looping or w.depth or w.indent > 1:
        use(w)
        return
    number = w.number()
    w.add(f"{name} = random.key({number})")
    w.made(name)
    if w.wrong():
        other = w.name()
        w.add(f"{other} = random.key({number})")
        w.made(other)


RECIPES = (
    use, use, use_two, use_in_list, split, split_three, carry, carry, unequal_split, starred,
    indexed,
    sliced, inline_child, fold, fold_family, fold_beside_split, alias, chained, swap, rotate,
    nested_unpacking, walrus, clone, delete, reuse_of_a_name, seed,
)  # fmt: skip
