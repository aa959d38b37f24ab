"""Recipes for lists, tuples and dicts of keys; what they hold is followed as they are written."""

from __future__ import annotations

from executable.writer import Writer


def keys_in_list(w: Writer) -> None:
    """A list that is changed a few times; its members are tokens here."""
    held = [w.take() for _ in range(w.dice.randint(2, 3))]
    name = w.name("ls")
    w.add(f"{name} = [{', '.join(held)}]")
    used: set[str] = set()
    for _ in range(w.dice.randint(1, 3)):
        w.dice.choice(_CHANGES)(w, name, held)
    for _ in range(2):
        _use_member(w, name, held, used)
    if w.maybe(0.4):
        rest = [each for each in held if each not in used]
        if rest and len(rest) == len(held):
            _use_all(w, name)


def _append(w: Writer, name: str, held: list[str]) -> None:
    key = w.take()
    held.append(key)
    w.add(w.pick(f"{name}.append({key})", f"{name} += [{key}]", f"{name} = {name} + [{key}]",
                 f"{name}.extend([{key}])", f"{name} = [*{name}, {key}]"))  # fmt: skip


def _insert(w: Writer, name: str, held: list[str]) -> None:
    key, at = w.take(), w.dice.randint(0, 1)
    held.insert(at, key)
    w.add(f"{name}.insert({at}, {key})")


def _replace(w: Writer, name: str, held: list[str]) -> None:
    if not held:
        return
    key, at = w.take(), w.dice.randrange(len(held))
    held[at] = key
    w.add(f"{name}[{at}] = {key}")


def _remove(w: Writer, name: str, held: list[str]) -> None:
    if len(held) < 2:
        return
    at = w.dice.choice((0, -1))
    gone = held.pop(at)
    form = w.dice.randrange(3)
    if form == 0:
        w.add(f"del {name}[{at}]")
    elif form == 1:
        w.total(w.draw(f"{name}.pop({at if at == 0 else ''})"))
    else:
        taken = w.name()
        w.add(f"{taken} = {name}.pop({at})")
        w.made(taken)
    del gone


def _reverse(w: Writer, name: str, held: list[str]) -> None:
    held.reverse()
    w.add(w.pick(f"{name}.reverse()", f"{name} = {name}[::-1]", f"{name} = list(reversed({name}))"))


def _copy(w: Writer, name: str, held: list[str]) -> None:
    """Another name for the same list, or another list of the same keys: nothing is consumed."""
    other = w.name("ls")
    w.add(f"{other} = {name}{w.pick('', '.copy()', '[:]')}")
    w.add(f"{name} = {other}{w.pick('', '[:]')}")


def _cut(w: Writer, name: str, held: list[str]) -> None:
    if len(held) > 2:
        w.add(f"{name} = {name}[1:]")
        held.pop(0)


_CHANGES = (_append, _append, _insert, _replace, _remove, _reverse, _copy, _cut)


def _use_member(w: Writer, name: str, held: list[str], used: set[str]) -> None:
    free = [i for i, each in enumerate(held) if each not in used]
    if not free:
        return
    at = w.dice.choice(free)
    if not w.wrong():
        used.add(held[at])
    w.total(w.draw(f"{name}[{at if w.maybe(0.6) else at - len(held)}]"))


def _use_all(w: Writer, name: str) -> None:
    form = w.dice.randrange(4)
    if form == 0:
        w.total(f"sum([{w.draw('k')} for k in {name}])")
    elif form == 1:
        with w.indented(f"for member in {name}:"):
            w.total(w.draw("member"))
    elif form == 2:
        with w.indented(f"for place, member in enumerate({name}):"):
            w.total(f"place * {w.draw('member')}")
    else:
        with w.indented(f"while {name}:"):
            w.total(w.draw(f"{name}.pop()"))


def keys_in_tuple(w: Writer) -> None:
    a, b, name = w.take(), w.take(), w.name("pair")
    w.add(f"{name} = ({a}, {b})")
    first = w.dice.randrange(2)
    w.total(w.draw(f"{name}[{first}]"))
    second = first if w.wrong() else 1 - first
    if w.maybe(0.5):
        w.total(w.draw(f"{name}[{second}]"))
    else:
        one, other = w.name(), w.name()
        w.add(f"{one}, {other} = {name}")
        w.total(w.draw((one, other)[second]))


def pairs(w: Writer) -> None:
    """A list of pairs, walked."""
    a, b, name = w.take(), w.take(), w.name("ls")
    w.add(f"{name} = [({a}, 1.0), ({b}, 2.0)]")
    with w.indented(f"for member, weight in {name}:"):
        w.total(f"weight * {w.draw('member')}")
        if w.wrong():
            w.total(w.draw("member"))


def zipped(w: Writer) -> None:
    names, keys, form = ("a", "b", "c"), w.take(), w.dice.randrange(4)
    name = w.name("d")
    shown = ", ".join(f'"{each}"' for each in names)
    if form == 0:
        w.add(f"{name} = dict(zip(({shown}), random.split({keys}, 3)))")
    elif form == 1:
        w.add(f"{name} = {{n: k for n, k in zip(({shown}), random.split({keys}, 3))}}")
    elif form == 2:
        w.add(f"{name} = {{n: random.fold_in({keys}, i) for i, n in enumerate(({shown}))}}")
    else:
        w.add(f"{name} = {{}}")
        with w.indented(f"for n, k in zip([{shown}], random.split({keys}, 3)):"):
            w.add(f"{name}[n] = k")
    _use_items(w, name, list(names))


def keys_in_dict(w: Writer) -> None:
    """A dict that is changed a few times."""
    name = w.name("d")
    w.add(f'{name} = {{"a": {w.take()}, "b": {w.take()}}}')
    held = ["a", "b"]
    for _ in range(w.dice.randint(0, 3)):
        w.dice.choice(_ITEM_CHANGES)(w, name, held)
    _use_items(w, name, held)


def _set(w: Writer, name: str, held: list[str]) -> None:
    item, key = w.pick("a", "b", "c"), w.take()
    w.add(w.pick(f'{name}["{item}"] = {key}', f'{name}.update({{"{item}": {key}}})',
                 f"{name}.update({item}={key})", f'{name} = {{**{name}, "{item}": {key}}}',
                 f'{name} = {name} | {{"{item}": {key}}}',
                 f"{name} = dict({name}, {item}={key})"))  # fmt: skip
    if item not in held:
        held.append(item)


def _default(w: Writer, name: str, held: list[str]) -> None:
    key = w.take()
    w.total(w.draw(f'{name}.setdefault("e", {key})'))


def _pop(w: Writer, name: str, held: list[str]) -> None:
    if len(held) < 2:
        return
    item = held.pop()
    form = w.dice.randrange(3)
    if form == 0:
        w.total(w.draw(f'{name}.pop("{item}")'))
    elif form == 1:
        w.add(f'del {name}["{item}"]')
    else:
        taken = w.name()
        w.add(f'{taken} = {name}.pop("{item}")')
        w.made(taken)


def _another(w: Writer, name: str, held: list[str]) -> None:
    other = w.name("d")
    w.add(f"{other} = {w.pick('dict({})', '{}.copy()', '{}').format(name)}")
    w.add(f"{name} = {other}")


_ITEM_CHANGES = (_set, _set, _default, _pop, _another)


def _use_items(w: Writer, name: str, held: list[str]) -> None:
    form = w.dice.randrange(7)
    if form == 0:
        with w.indented(f"for item in {name}.values():"):
            w.total(w.draw("item"))
    elif form == 1:
        with w.indented(f"for label, item in {name}.items():"):
            w.total(w.draw("item"))
    elif form == 2:
        with w.indented(f"for label in {w.pick('{}', 'sorted({})', '{}.keys()').format(name)}:"):
            w.total(w.draw(f"{name}[label]"))
    elif form == 3:
        w.total(f"sum([{w.draw('item')} for item in {name}.values()])")
    else:
        free = list(held)
        for _ in range(w.dice.randint(1, 2)):
            item = w.dice.choice(free)
            if not w.wrong() and len(free) > 1:
                free.remove(item)
            elif not w.wrong():
                break
            w.total(w.draw(w.pick(f'{name}["{item}"]', f'{name}.get("{item}")')))


def nested(w: Writer) -> None:
    a, b, name = w.take(), w.take(), w.name("d")
    w.add(f'{name} = {{"p": {{"q": {a}}}, "r": [{b}, 1.0]}}')
    w.total(w.draw(f'{name}["p"]["q"]'))
    if w.maybe(0.4):
        w.add(f'{name}["p"]["q"] = {w.take()}')
        w.total(w.draw(f'{name}["p"]["q"]'))
    else:
        w.total(w.draw(f'{name}["p"]["q"]' if w.wrong() else f'{name}["r"][0]'))


def grown(w: Writer) -> None:
    """A list grown in a loop, and drawn from after it."""
    key, name, count = w.take(), w.name("ls"), w.dice.choice(("3", *w.counts))
    w.add(f"{name} = []")
    with w.indented(f"for i in range({count}):"):
        data = "0" if w.wrong() else "i"
        w.add(f"{name}.append(random.fold_in({key}, {data}))")
    _use_all(w, name)


def aliased(w: Writer) -> None:
    """Two names for one list: what is appended to one is in the other."""
    one, other = w.name("ls"), w.name("ls")
    w.add(f"{one} = []")
    w.add(f"{other} = {one}")
    a, b = w.take(), w.take()
    w.add(f"{one}.append({a})")
    w.add(f"{other}.append({b})")
    w.total(w.draw(f"{other}[0]"))
    w.total(w.draw(f"{one}[{0 if w.wrong() else 1}]"))


def listed(w: Writer) -> None:
    """The keys of a split as a list or a tuple."""
    key, name = w.take(), w.name("ls")
    w.add(f"{name} = {w.pick('list', 'tuple')}(random.split({key}, 3))")
    at = w.dice.randrange(3)
    w.total(w.draw(f"{name}[{at}]"))
    other = at if w.wrong() else (at + 1) % 3
    w.total(w.draw(f"{name}[{other - 3}]"))


RECIPES = (
    keys_in_list, keys_in_list, keys_in_tuple, pairs, zipped, keys_in_dict, keys_in_dict, nested,
    grown, aliased, listed,
)  # fmt: skip
