"""Recipes for what jax runs: scans, loops, maps, conditionals, mapped functions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from executable.writer import Writer


@contextlib.contextmanager
def _body(
    w: Writer, header: str, base: str | None = None, number: str | None = None
) -> Iterator[None]:
    """A nested function that is traced: `total` in it is its own."""
    returns, w.returns, counts, w.counts = w.returns, False, w.counts, []
    w.traced += 1
    with w.indented(header), w.turn(base, number):
        w.add("total = 0.0")
        yield
    w.traced -= 1
    w.returns, w.counts = returns, counts


def scan_over_keys(w: Writer) -> None:
    key, body, out = w.take(), w.name("body"), w.name("out")
    with _body(w, f"def {body}(carry, key_of_turn):", base="key_of_turn"):
        w.block(2)
        w.add("return carry + total, total")
    w.add(f"{out}, _ = lax.scan({body}, 0.0, random.split({key}, {w.pick('3', *w.counts)}))")
    w.total(out)


def scan_with_carry(w: Writer) -> None:
    key, body, rest, out = w.take(), w.name("body"), w.name("rest"), w.name("out")
    with _body(w, f"def {body}(carry, step):", base="base"):
        form = "carry" if w.wrong() and w.maybe(0.5) else "carry2"
        w.add("carry2, base = random.split(carry)")
        w.block(2)
        w.add(f"return {form}, total")
    w.add(f"{rest}, {out} = lax.scan({body}, {key}, jnp.arange({w.pick('3', *w.counts)}))")
    w.total(f"{out}.sum()")
    w.made(rest)


def scan_with_number(w: Writer) -> None:
    body, out, step = w.name("body"), w.name("out"), w.name("step")
    with _body(w, f"def {body}(carry, {step}):", number=step):
        w.block(2)
        w.add("return carry + total, None")
    w.add(f"{out}, _ = lax.scan({body}, 0.0, jnp.arange({w.pick('3', *w.counts)}))")
    w.total(out)


def fori(w: Writer) -> None:
    body, step = w.name("body"), w.name("step")
    with _body(w, f"def {body}({step}, value):", number=step):
        w.block(2)
        w.add("return value + total")
    w.total(f"lax.fori_loop(0, {w.pick('3', *w.counts)}, {body}, 0.0)")


def while_loop(w: Writer) -> None:
    key, body = w.take(), w.name("body")
    with w.indented(f"def {body}(carry):"):
        w.add("step, state, value = carry")
        if w.wrong():
            w.add(f"value = value + {w.draw('state')}")
        else:
            w.add("state, sub = random.split(state)")
            w.add(f"value = value + {w.draw('sub')}")
        w.add("return step + 1, state, value")
    rest = w.name("rest")
    test = f"lambda c: c[0] < {w.pick('3', *w.counts)}"
    w.add(f"_, {rest}, v = lax.while_loop({test}, {body}, (0, {key}, 0.0))")
    w.total("v")
    w.made(rest)


def cond(w: Writer) -> None:
    key, test = w.take(), w.pick(*(w.flags or ["True"]), "jnp.sum(total) > 0")
    one = w.pick("random.normal", "lambda k: random.uniform(k)", "lambda k: 0.0")
    other = w.pick("random.gumbel", "lambda k: random.normal(k) * 2.0")
    if w.maybe(0.6):
        w.total(f"lax.cond({test}, {one}, {other}, {key})")
    else:
        w.total(f"lax.cond({test}, lambda: {w.draw(key)}, lambda: {w.draw(key)})")
    if w.wrong():
        w.total(w.draw(key))


def switch(w: Writer) -> None:
    key = w.take()
    index = w.pick("1", "total")  # no number of turns: what it chooses would go with these
    w.total(f"lax.switch({index}, [random.normal, random.uniform, lambda k: 0.0], {key})")


def mapped(w: Writer) -> None:
    key, form, size = w.take(), w.dice.randrange(7), w.pick("3", *w.counts)
    if form == 0:
        w.total(f"jax.vmap(random.normal)(random.split({key}, {size})).sum()")
    elif form == 1:
        w.total(f"jax.vmap(lambda k: {w.draw('k')})(random.split({key}, {size})).sum()")
    elif form == 2:
        body = w.name("body")
        with _body(w, f"def {body}(key_of_lane, x):", base="key_of_lane"):
            w.block(2)
            w.add("return x * total")
        w.total(f"jax.vmap({body})(random.split({key}, 3), jnp.arange(3)).sum()")
    elif form == 3:
        data = "0" if w.wrong() else "i"
        drawn = w.draw(f"random.fold_in({key}, {data})")
        w.total(f"jax.vmap(lambda i: {drawn})(jnp.arange({size})).sum()")
    elif form == 4:
        used = key if w.wrong() else "k"
        w.total(f"lax.map(lambda k: {w.draw(used)}, random.split({w.take()}, {size})).sum()")
    elif form == 5:
        keys = w.name("ks")
        w.add(f"{keys} = jax.vmap(lambda i: random.fold_in({key}, i))(jnp.arange(3))")
        w.total(w.draw(f"{keys}[0]"))
        w.total(w.draw(f"{keys}[{0 if w.wrong() else 2}]"))
    else:
        other = key if w.wrong() else w.take()
        w.total(f"jax.vmap(random.normal)(jnp.stack([{key}, {other}])).sum()")


def vmap_split(w: Writer) -> None:
    """Splitting in every lane, and drawing from columns."""
    key, out = w.take(), w.name("out")
    with w.indented("def lane(k):"):
        w.add("a, b = random.split(k)")
        w.add(f"return {w.draw('a')} + {w.draw('a' if w.wrong() else 'b')}")
    w.add(f"{out} = jax.vmap(lane)(random.split({key}, 3))")
    w.total(f"{out}.sum()")


def compiled(w: Writer) -> None:
    key, form = w.take(), w.dice.randrange(3)
    if form == 0:
        w.total(f"jax.jit(random.normal)({key})")
    elif form == 1:
        w.total(f"jax.checkpoint(lambda k: {w.draw('k')})({key})")
    else:
        name = w.name("f")
        w.add("@jax.jit")
        with w.indented(f"def {name}(k, x):"):
            w.add(f"return x + {w.draw('k')}")
        w.total(f"{name}({key}, 1.0)")
        w.total(f"{name}({key if w.wrong() else w.take()}, 2.0)")


def tree_map(w: Writer) -> None:
    key = w.take()
    if w.wrong():
        w.total(f"sum(jax.tree.map(lambda leaf: leaf + {w.draw(key)}, [1.0, 2.0]))")
    else:
        drawn, keys = w.draw("k"), f"list(random.split({key}))"
        w.total(f"sum(jax.tree.map(lambda leaf, k: leaf + {drawn}, [1.0, 2.0], {keys}))")


def nested_scan(w: Writer) -> None:
    """A scan in a scan: both numbers have to go in."""
    key, out = w.take(), w.name("out")
    inner = "lax.scan(lambda c, j: (c + {}, None), 0.0, jnp.arange(2))[0]"
    data = w.pick("i", "j") if w.wrong() else "2 * i + j"
    drawn = inner.format(w.draw(f"random.fold_in({key}, {data})"))
    w.add(f"{out}, _ = lax.scan(lambda c, i: (c + {drawn}, None), 0.0, jnp.arange(3))")
    w.total(out)


RECIPES = (
    scan_over_keys, scan_with_carry, scan_with_number, fori, fori, while_loop, cond, switch, mapped,
    mapped, vmap_split, compiled, tree_map, nested_scan,
)  # fmt: skip
