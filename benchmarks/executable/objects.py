"""Recipes for classes: keys in attributes, dataclasses, named tuples, inheritance, properties."""

from __future__ import annotations

from executable.writer import Writer


def define(w: Writer, name: str, text: str) -> str:
    """A class of the module, written once."""
    if not any(f"class {name}" in each for each in w.globals):
        w.globals.append(text.strip("\n"))
    return name


def advancing(w: Writer) -> None:
    """The object replaces its key before it draws."""
    define(
        w,
        "Advancing",
        """
class Advancing:
    def __init__(self, key):
        self.key = key

    def draw(self):
        self.key, sub = random.split(self.key)
        return random.normal(sub)

    def next_key(self):
        self.key, sub = random.split(self.key)
        return sub
""",
    )
    name = w.name("obj")
    w.add(f"{name} = Advancing({w.take()})")
    w.total(f"{name}.draw()")
    w.total(w.draw(f"{name}.next_key()"))
    if w.maybe(0.5):
        with w.indented(f"for _ in range({w.pick('2', *w.counts)}):"):
            w.total(f"{name}.draw()")


def stale(w: Writer) -> None:
    """The object keeps what it used up."""
    define(
        w,
        "Stale",
        """
class Stale:
    def __init__(self, key, scale):
        self.key = key
        self.scale = scale

    def draw(self):
        return self.scale * random.normal(self.key)
""",
    )
    name = w.name("obj")
    w.add(f"{name} = Stale({w.take()}, 2.0)")
    w.total(f"{name}.draw()")
    if w.wrong():
        w.total(f"{name}.draw()")


def numbering(w: Writer) -> None:
    """A counter is folded into the object's key."""
    define(
        w,
        "Numbering",
        """
class Numbering:
    def __init__(self, key):
        self.key = key
        self.count = 0

    def draw(self):
        self.count += 1
        return random.normal(random.fold_in(self.key, self.count))
""",
    )
    name = w.name("obj")
    w.add(f"{name} = Numbering({w.take()})")
    w.total(f"{name}.draw()")
    w.total(f"{name}.draw()")


def plain_attributes(w: Writer) -> None:
    """Attributes set and read from outside."""
    define(w, "Holder", "class Holder:\n    pass")
    name, a, b = w.name("obj"), w.take(), w.take()
    w.add(f"{name} = Holder()")
    w.add(f"{name}.left = {a}")
    w.add(f"{name}.right = {b}")
    w.total(w.draw(f"{name}.left"))
    if w.maybe(0.5):
        w.add(f"{name}.left = {w.take()}")
        w.total(w.draw(f"{name}.left"))
    else:
        w.total(w.draw(f"{name}.{'left' if w.wrong() else 'right'}"))


def two_objects(w: Writer) -> None:
    define(w, "Holder", "class Holder:\n    pass")
    one, other, a, b = w.name("obj"), w.name("obj"), w.take(), w.take()
    w.add(f"{one} = Holder()")
    w.add(f"{other} = {one if w.wrong() else 'Holder()'}")
    w.add(f"{one}.key = {a}")
    w.add(f"{other}.key = {b}")
    w.total(w.draw(f"{one}.key"))
    w.total(w.draw(f"{other}.key"))


def data(w: Writer) -> None:
    define(
        w,
        "State",
        """
@dataclasses.dataclass
class State:
    key: object
    x: float = 0.0
""",
    )
    name, key = w.name("state"), w.take()
    w.add(f"{name} = State({w.pick('', 'key=')}{key})")
    form = w.dice.randrange(3)
    if form == 0:
        sub = w.name()
        w.add(f"{name}.key, {sub} = random.split({name}.key)")
        w.made(sub)
        w.total(w.draw(f"{name}.key"))
    elif form == 1:
        w.total(w.draw(f"{name}.key"))
        w.add(f"{name} = dataclasses.replace({name}, key={w.take()})")
        w.total(w.draw(f"{name}.key"))
    else:
        w.total(w.draw(f"{name}.key"))
        if w.wrong():
            w.total(w.draw(f"{name}.key"))


def named(w: Writer) -> None:
    define(
        w,
        "Carry",
        """
class Carry(NamedTuple):
    key: object
    x: float
""",
    )
    name, key = w.name("state"), w.take()
    w.add(f"{name} = Carry({key}, 0.0)")
    form = w.dice.randrange(4)
    if form == 0:
        a, b = w.name(), w.name()
        w.add(f"{a}, {b} = {name}")
        w.made(a)
    elif form == 1:
        sub = w.name()
        w.total(w.draw(f"{name}[0]"))
        w.add(f"{name} = {name}._replace(key={w.take()})")
        w.add(f"{sub} = {name}.key")
        w.made(sub)
    elif form == 2:
        rest, sub = w.name(), w.name()
        w.add(f"{rest}, {sub} = random.split({name}.key)")
        w.add(f"{name} = Carry(key={rest}, x={w.draw(sub)})")
        w.total(w.draw(f"{name}.key"))
        w.total(f"{name}.x")
    else:
        w.total(w.draw(f"{name}.key"))
        w.total(w.draw(f"{name}.key" if w.wrong() else w.take()))


def inherited(w: Writer) -> None:
    define(
        w,
        "Base",
        """
class Base:
    def __init__(self, key):
        self.key = key

    def child(self, number):
        return random.fold_in(self.key, number)

    def draw(self, number):
        return random.normal(self.child(number))


class Derived(Base):
    def __init__(self, key):
        super().__init__(key)
        self.extra = 1.0

    def draw(self, number):
        return self.extra * random.uniform(self.child(number))
""",
    )
    name = w.name("obj")
    w.add(f"{name} = {w.pick('Base', 'Derived')}({w.take()})")
    w.total(f"{name}.draw(1)")
    w.total(f"{name}.draw({1 if w.wrong() else 2})")
    if w.maybe(0.4):
        with w.indented(f"for i in range({w.pick('2', *w.counts)}):"):
            w.total(f"{name}.draw({'9' if w.wrong() else 'i + 3'})")


def callable_object(w: Writer) -> None:
    define(
        w,
        "Layer",
        """
class Layer:
    def __init__(self, scale):
        self.scale = scale

    def __call__(self, key, x):
        return x + self.scale * random.normal(key)
""",
    )
    name, key = w.name("layer"), w.take()
    w.add(f"{name} = Layer(0.5)")
    w.total(f"{name}({key}, 1.0)")
    w.total(f"{name}({key if w.wrong() else w.take()}, 2.0)")


def with_property(w: Writer) -> None:
    define(
        w,
        "Rich",
        """
class Rich:
    def __init__(self, key):
        self._key = key

    @property
    def key(self):
        self._key, sub = random.split(self._key)
        return sub

    @staticmethod
    def plain(key):
        return random.normal(key)

    @classmethod
    def seeded(cls, number):
        return cls(random.key(number))
""",
    )
    name = w.name("obj")
    w.add(f"{name} = Rich({w.take()})")
    form = w.dice.randrange(2)
    if form == 0:
        w.total(w.draw(f"{name}.key"))
        w.total(w.draw(f"{name}.key"))
    else:
        key = w.take()
        w.total(f"Rich.plain({key})")
        w.total(f"{name}.plain({key if w.wrong() else w.take()})")


def list_of_objects(w: Writer) -> None:
    define(
        w,
        "Advancing",
        """
class Advancing:
    def __init__(self, key):
        self.key = key

    def draw(self):
        self.key, sub = random.split(self.key)
        return random.normal(sub)

    def next_key(self):
        self.key, sub = random.split(self.key)
        return sub
""",
    )
    name = w.name("objs")
    w.add(f"{name} = [Advancing(k) for k in random.split({w.take()}, {w.pick('2', '3')})]")
    with w.indented(f"for obj in {name}:"):
        w.total("obj.draw()")
        if w.maybe(0.5):
            w.total("obj.draw()")


RECIPES = (
    advancing, stale, numbering, plain_attributes, two_objects, data, data, named, named, inherited,
    callable_object, with_property, list_of_objects,
)  # fmt: skip
