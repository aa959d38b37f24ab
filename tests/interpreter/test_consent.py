"""Repetitions that are meant, or that are none: what is said about them by default."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from randlint.diagnosis import analyse

PRELUDE = "import jax\nimport jax.numpy as jnp\nimport pytest\nfrom jax import random\n"

CASES = {
    "a test runs one thing twice to compare": """
        def test_modes():
            key = random.key(0)
            one = warm_up(key, mode="a")
            other = warm_up(key, mode="b")
        """,
    "a program runs one thing twice": """
        def modes():
            key = random.key(0)
            one = warm_up(key, mode="a")
            other = warm_up(key, mode="b")  # RND101
        """,
    "data of a test, drawn twice": """
        def test_loss():
            key = random.key(0)
            x = random.normal(key, (3,))
            y = random.normal(key, (3,))  # RND101
            check(loss(x, y))
        """,
    "data of a test and the parameters": """
        def test_layer(model):
            key = random.key(0)
            x = random.normal(key, (3,))
            params = model.init(key, x)  # RND101
        """,
    "a test over cases": """
        class LayerTest(Base):
            def run_all(self):
                key = random.key(0)
                for mode in ("a", "b"):
                    run(key, mode)
        """,
    "a program over cases": """
        class Layer(Base):
            def run_all(self):
                key = random.key(0)
                for mode in ("a", "b"):
                    run(key, mode)  # RND102
        """,
    "a test that writes its seed again": """
        def test_layer(model, x):
            first = model.init(random.key(0), x)
            second = model.init(random.key(0), x, mutable=True)
        """,
    "data of a test from one seed": """
        def test_layer():
            x = random.normal(random.key(0), (3,))
            y = random.normal(random.key(0), (3,))  # RND105
            check(loss(x, y))
        """,
    "what raises draws nothing": """
        def test_refusal(self, sampler):
            key = random.key(0)
            with self.assertRaisesRegex(ValueError, "negative"):
                random.normal(key, (-1,))
            with pytest.raises(ValueError):
                sampler.sample(key, -1)
            return random.normal(key)
        """,
    "an assertion looks at a key": """
        class StreamTest(Base):
            def test_stream(self, streams):
                key = random.key(0)
                x = random.normal(key)
                self.assertIs(streams.key, key)
        """,
    "a test's own fixture": """
        class RhatTest(Base):
            def setUp(self):
                self.rng = random.key(13)

            def draws(self):
                return random.normal(self.rng, (4,))
        """,
    "arrays shuffled alike": """
        def shuffled(key, arrays):
            return [random.permutation(key, array) for array in arrays]
        """,
    "batches shuffled alike": """
        def shuffled(key, batches):
            out = []
            for batch in batches:
                out.append(random.permutation(key, batch))  # RND102
            return out
        """,
    "an inherited attribute may be a property": """
        from elsewhere import Base

        class Policy(Base):
            def act(self, f, g):
                return f(self.rng), random.normal(self.rng)
        """,
    "an attribute of the class's own": """
        from elsewhere import Base

        class Policy(Base):
            def __init__(self, rng):
                self.rng = rng

            def act(self):
                x = random.normal(self.rng)
                y = random.normal(self.rng)  # RND101
                self.rng = random.split(self.rng)[0]  # RND101
                return x, y
        """,
    "a key carried through a branch of a loop": """
        def keys(key, names, mode):
            for name in names:
                for part in names[name]:
                    key, _ = random.split(key)
                    if mode == "random":
                        key, _ = random.split(key)
        """,
    "a target network": """
        def build(net, key, x):
            return State(params=net.init(key, x), target_params=net.init(key, x))

        def build_too(net, key, x):
            params = net.init(key, x)
            target_params = net.init(key, x)
            return params, target_params
        """,
    "a test's helper run twice": """
        def test_floor():
            key = random.key(0)

            def run(flag):
                first, second = random.split(key)
                return random.normal(first) + random.uniform(second)

            check(run(True))
            check(run(False))
        """,
    "the mask and an arm of a choice": """
        def mixture(key, a, b, n):
            key_a, key_b = random.split(key)
            mask = random.bernoulli(key_b, shape=(n,))
            x = a.sample(seed=key_a, sample_shape=n)
            y = b.sample(seed=key_b, sample_shape=n)  # RND101
            return jnp.where(mask, x, y)
        """,
    "the arms of a choice": """
        def mixture(key, mask, a, b, n):
            return jnp.where(mask, a.sample(seed=key), b.sample(seed=key))
        """,
    "an assertion compares with a third": """
        def test_models(one, other, third):
            key = random.key(0)
            a, b, c = one.sample(key), other.run(key), third.draw(key)
            assert jnp.allclose(a, b)
            assert jnp.allclose(a, c)
        """,
    "a helper computes with an equality": """
        def place(key, coords, goal):
            at = random.randint(key, (), 0, 9)
            return jnp.where(coords[at] == goal, coords[0], coords[at])

        def reset(key, coords):
            goal = random.randint(key, (), 0, 9)
            return place(key, coords, goal)  # RND101
        """,
    "a program looks whether two draws are equal": """
        def show(key):
            x = random.normal(key)
            y = random.normal(key)
            return x == y
        """,
    "a model seeded for the sites it has": """
        from numpyro.handlers import seed, trace

        def sites(model, key, data):
            found = trace(seed(model, key)).get_trace(data)
            return list(found), random.normal(key)

        def first_values(model, key):
            model_trace, transforms = inspect(seed(model, key))
            return model_trace, random.split(key)

        def seeded_twice(model, key, guess):
            if guess:
                guess = run(seed(model, key))
            return run(seed(model, key), guess)
        """,
    "a model seeded for its draws": """
        from numpyro.handlers import seed

        def draws(model, key, data):
            return seed(model, key)(data), random.normal(key)  # RND101

        def both(model, guide, key):
            return run(seed(model, key), seed(guide, key))  # RND101
        """,
    "a network in each lane, for its shapes": """
        def caches(model, xs):
            return jax.vmap(lambda x: model.init(random.key(0), x)["cache"])(xs)
        """,
    "a network in each lane of a test": """
        def test_lanes(net, key, xs):
            first, _ = random.split(key)
            return jax.vmap(lambda x: net.apply(x, rng=first))(xs)
        """,
    "a network in each lane": """
        def lanes(net, key, xs):
            first, _ = random.split(key)
            return jax.vmap(lambda x: net.apply(x, rng=first))(xs)  # RND104
        """,
    "one noise for a batch, declared": """
        def batch(net, key, xs):
            return jax.vmap(lambda x, rng: net.apply(x, rng), in_axes=(0, None))(xs, key)

        def batch_drawn(key, xs):
            add = lambda x, rng: x + random.normal(rng)  # RND104
            return jax.vmap(add, in_axes=(0, None))(xs, key)
        """,
    "expected draws, name by name": """
        def test_model(self, model):
            first, second = random.split(random.key(0))
            z = random.normal(first)
            self.assertDictEqual(
                model.sample(), {"z": random.normal(first), "x": z + random.normal(second)}
            )
        """,
    "expected draws, in one assertion after the other": """
        def test_model(self, model, other):
            first, _ = random.split(random.key(0))
            self.assertEqual(model.sample(random.key(0)), random.normal(first))
            self.assertEqual(other.sample(random.key(0)), random.normal(first))
        """,
    "two networks": """
        def build(net, key, x):
            return State(actor=net.init(key, x), critic=net.init(key, x))  # RND101
        """,
    "keys put in an array, one for each lane": """
        def moves(key, xs):
            first, second = random.split(key)

            def move(x, key):
                here, there = random.split(key)
                return random.normal(here) + random.normal(there)

            return jax.vmap(move)(xs, jnp.array([first, second]))
        """,
    "one stream for each lane": """
        from flax import nnx

        @nnx.split_rngs(splits=5)
        @nnx.vmap
        def block(rngs: nnx.Rngs):
            return random.normal(rngs(), (2, 3))

        def build():
            return block(nnx.Rngs(0))
        """,
}


@pytest.mark.parametrize("source", CASES.values(), ids=CASES)
def test_consent(source: str, shown: Callable[..., None]) -> None:
    shown(PRELUDE, source, "RND")


def test_a_mapped_root_in_a_module_without_statements() -> None:
    """What maps it is its decorator, in the only piece of the file that there is."""
    text = """\
import functools
import jax

@functools.partial(jax.vmap, in_axes=(0, None))
def lanes(x, key):
    return x + jax.random.normal(key)
"""
    analysis = analyse(text, "p.py", codes=frozenset({"RND104"}))
    (finding,) = analysis.findings
    assert finding.location.start.row == 6
    assert [each.location.start.row for each in finding.related] == [5]
