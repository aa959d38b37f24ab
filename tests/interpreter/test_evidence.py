"""Weak evidence: what is not said by default, each kind beside what is said all the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

PRELUDE = "import jax\nimport jax.numpy as jnp\nimport pytest\nfrom functools import partial\n"
PRELUDE += "from jax import random\nimport equinox as eqx\n"

CASES = {
    "a callee hands the key to what nobody sees": """
        def target(params, net, x, key):
            return net.apply(params, x, key)

        def loss(params, net, x, y, key):
            one = target(params, net, x, key)
            other = target(params["head"], net, y, key)
            return one - other
        """,
    "the same in sight": """
        def loss(params, net, x, y, key):
            one = net.apply(params, x, key)
            other = net.apply(params["head"], y, key)  # RND101
            return one - other
        """,
    "a closure is in sight": """
        def loss(params, net, x, y, key):
            def target(z):
                return net.apply(params, z, key)
            return net.init(key) - target(x + y)  # RND101
        """,
    "a test hands one key to two functions": """
        def simulate(key, n):
            first, second = random.split(key)
            return random.normal(first, (n,)) + random.normal(second, (n,))

        def reference(key, n):
            return random.normal(key, (n,))

        def test_lengths():
            key = random.key(0)
            one = simulate(key, 3)
            assert one.shape == reference(key, 3).shape

        def lengths(key):
            return simulate(key, 3) + reference(key, 3)  # RND101
        """,
    "a test draws twice": """
        def test_lengths():
            key = random.key(0)
            x = random.normal(key, (3,))
            assert f(x, random.normal(key, (3,)))  # RND101
        """,
    "a seed of a test goes to what is tested": """
        def make(key):
            return random.normal(random.split(key)[0], (3,))

        def test_make():
            x = random.normal(random.key(0), (3,))
            y = make(random.key(0))
            assert f(x, y)
        """,
    "two literal seeds of a test that meet": """
        def test_meets():
            x = random.normal(random.key(0), (3,))
            y = random.uniform(random.key(0), (3,))  # RND105
            assert f(x, y)
        """,
    "two literal seeds of a test that never meet": """
        def test_apart():
            x = random.normal(random.key(0), (3,))
            assert f(x)
            y = random.uniform(random.key(0), (3,))
            z = y + 1
            assert f(z)
        """,
    "a test starts once more": """
        def test_again():
            x = random.normal(random.key(0), (3,))
            assert f(x)
            x = random.normal(random.key(0), (3, 4))
            assert f(x)
        """,
    "each member of a collection, in a test": """
        def test_sizes():
            key = random.key(0)
            for n in (3, 4, 5):
                assert random.normal(key, (n,)).shape == (n,)

        def test_counts():
            key = random.key(0)
            for _ in range(3):
                assert f(random.normal(key, (3,)))  # RND102
        """,
    "each member of a collection, out of sight": """
        def evaluate(model, loader, key):
            def predict(batch):
                return evaluate_batch(model, batch, key)
            return [predict(batch) for batch in loader]

        def evaluate_batch(model, batch, key):
            return model.predict(batch, key)

        def rollout(model, state, key, n):
            for _ in range(n):
                state = model.step(state, key)  # RND102
            return state
        """,
    "each member of a collection, in sight": """
        def noises(shapes, key):
            found = []
            for shape in shapes:
                found.append(random.normal(key, shape))  # RND102
            return found
        """,
    "a dummy": """
        def shapes(net, x):
            dummy_key = random.key(0)
            params = net.init(dummy_key, x)
            return net.apply(params, dummy_key, x)

        def outputs(net, x):
            key = random.key(0)
            params = net.init(key, x)
            return net.apply(params, key, x)  # RND101
        """,
    "a result that is dropped": """
        def check(kernel, key, state):
            _ = kernel.step(key, state)
            return kernel.sample(key, state)

        def advance(kernel, key, state):
            state = kernel.step(key, state)
            return kernel.sample(key, state)  # RND101
        """,
    "a shape is all that is kept": """
        def repeat(init_fn, key, shape, n):
            out_shape, _ = init_fn(key, shape)
            return [init_fn(k, out_shape) for k in random.split(key, n)]

        def shapes(init_fn, key, x):
            in_shape, params = init_fn(key, x.shape)
            del params
            return init_fn(key, in_shape)

        def parameters(init_fn, key, x):
            in_shape, params = init_fn(key, x.shape)
            return params, init_fn(key, in_shape)  # RND101
        """,
    "the same statement again": """
        def render(env, key):
            obs, state = env.reset(key)
            show(obs)
            obs, state = env.reset(key)
            return obs

        def run(env, key, state):
            state = env.step(key, state)
            state = env.step(key, state)  # RND101
            return state
        """,
    "a network and the one that follows it": """
        def values(target_network, network, x, key):
            return target_network(x, key=key) - network(x, key=key)

        def consistency(net, params, ema_params, x, y, key):
            return net(params, x, key=key) - net(ema_params, y, key=key)

        def variance(net, state, batch, key):
            return net(state["init_params"], batch, key) - net(state["params"], batch, key)

        def two(actor, critic, x, key):
            return actor(x, key=key), critic(x, key=key)  # RND101
        """,
    "one function of two arrays": """
        def features(key, x, rank):
            return x @ random.normal(key, (x.shape[-1], rank))

        def kernel(key, x, y):
            return features(key, x, 8) @ features(key, y, 8).T

        def layers(key, x):
            return features(key, x, 8) + features(key, x, 4).sum()  # RND101
        """,
    "what is undone by its key": """
        def rotate(x, key):
            return x * random.rademacher(key, x.shape)

        def inverse_rotate(x, key):
            return x / random.rademacher(key, x.shape)

        def transport(x, key):
            return inverse_rotate(quantise(rotate(x, key)), key)

        def shift(x, key):
            return x + random.normal(key, x.shape)

        def both(x, key):
            return shift(rotate(x, key), key)  # RND101
        """,
    "two children of one split": """
        def pair(key):
            one = random.normal(random.split(key)[0])
            other = random.normal(random.split(key)[1])
            return one + other

        def same(key):
            one = random.normal(random.split(key)[0])
            other = random.normal(random.split(key)[0])  # RND101
            return one + other
        """,
    "the last key is left over": """
        def mlp(layers, x, key):
            keys = random.split(key, len(layers))
            for layer, k in zip(layers[:-1], keys):
                x = layer(x, key=k)
            return layers[-1](x, key=keys[-1])

        def all_layers(layers, x, key):
            keys = random.split(key, len(layers))
            for layer, k in zip(layers, keys):
                x = layer(x, key=k)
            return layers[-1](x, key=keys[-1])  # RND101
        """,
    "one sample that never changes": """
        class Path(eqx.Module):
            key: jax.Array

            def _at(self, t):
                return random.normal(self.key) * t

            def between(self, one, other):
                return self._at(other) - self._at(one)

            def other_draws(self, shape):
                return random.normal(self.key, shape) + random.uniform(self.key, shape)  # RND101
        """,
    "an attribute of an object that nobody sees": """
        class Trainer:
            def fit(self, batch):
                params = self.module.init(self.module.rngs, batch)
                return self.module.apply(params, batch, rngs=self.module.rngs)
        """,
    "a loop of one turn": """
        def batches(key, n):
            def body(total, i):
                k = key if n == 1 else random.fold_in(key, i)
                return total + random.normal(k), None
            return jax.lax.scan(body, 0.0, jnp.arange(n))[0]

        def all_alike(key, n):
            def body(total, i):
                return total + random.normal(key), None  # RND103
            return jax.lax.scan(body, 0.0, jnp.arange(n))[0]
        """,
    "many early continues": """
        def rows(key, table):
            for row in table:
                if row.a:
                    continue
                if row.b:
                    continue
                if row.c:
                    continue
                if row.d:
                    continue
                if row.e:
                    continue
                if row.f:
                    continue
                key, sub = random.split(key)
                row.noise = random.normal(sub)

        def dropped(key, table):
            for row in table:
                if row.a:
                    continue
                _, sub = random.split(key)  # RND102
                row.noise = random.normal(sub)
        """,
    "an arm of cond puts a new key in place": """
        def step(state):
            def wait(state):
                state.info["rng"], sub = random.split(state.info["rng"])
                return state.replace(data=random.normal(sub))

            state = jax.lax.cond(state.done, lambda s: s.replace(data=1.0), wait, state)
            state.info["rng"], sub = random.split(state.info["rng"])
            return state, random.normal(sub)

        def kept(state):
            def wait(state):
                return state.replace(data=random.normal(state.info["rng"]))

            state = jax.lax.cond(state.done, lambda s: s.replace(data=1.0), wait, state)
            state.info["rng"], sub = random.split(state.info["rng"])  # RND101
            return state, random.normal(sub)
        """,
    "a template": """
        def kernel(key, state):
            proposal_key, accept_key = random.split(key)
            proposal = ...
            return accept(random.uniform(accept_key), proposal, state)

        def finished(key, state):
            proposal_key, accept_key = random.split(key)  # RND109
            return accept(random.uniform(accept_key), state)
        """,
    "half of a raw key, in a test": """
        def test_refused():
            with pytest.raises(ValueError):
                init(random.PRNGKey(0)[0:1])

        def halves(seed):
            return random.PRNGKey(seed)[0]  # RND110
        """,
    "a default is told at the def": """
        def latent(n, key=random.key(0)):  # RND107
            return random.normal(key, (n,))

        @jax.jit
        def prepare(x):
            return x + latent(3)

        @jax.jit
        def constant(x):
            return x + random.normal(random.key(0), (3,))  # RND111
        """,
    "a key that no lane changes is no tracer": """
        class Agent:
            def features(self, xs):
                def one(x):
                    self.rng, sub = random.split(self.rng)
                    return net(x, random.fold_in(sub, 1))
                return jax.vmap(one)(xs)

            @partial(jax.jit, static_argnums=0)
            def act(self, x):
                self.rng, sub = random.split(self.rng)  # RND112
                return random.normal(sub) + x
        """,
    "lanes of what nobody sees": """
        def q(net, params, x, key):
            return net.apply(params, x, key)

        def actions(net, params, xs, key):
            return jax.vmap(lambda x: q(net, params, x, key))(xs)

        def statistics(net, params, xs):
            return jax.vmap(lambda x: net.apply(params, x, rng=random.key(0)))(xs)  # RND111

        def noises(xs, key):
            return jax.vmap(lambda x: x + random.normal(key))(xs)  # RND104

        def test_noises():
            key = random.key(0)
            assert jax.vmap(lambda x: x + random.normal(key))(jnp.ones(3)).shape == (3,)
        """,
}


NO_KEYS = """
def largest(items, key):
    return heapq.nlargest(3, items, key=key), heapq.nlargest(3, items, key=key)

def order(items, table, key):
    items.sort(key=key)
    items.sort(key=key)
    return table.sort_values("a", key=key), table.sort_values("b", key=key)

def fetch(client, cache, bucket, key):
    for _ in range(3):
        client.get_object(Bucket=bucket, key=key)
    cache.touch(key=key)
    cache.touch(key=key)
"""
HANDED_OVER = """
def restart(env, rng):
    first = env.reset(rng)
    return first, env.reset(rng){}
"""


def test_a_name_is_no_evidence_where_nothing_draws(shown: Callable[..., None]) -> None:
    prelude = "import heapq\nimport jax\nimport jax.numpy as jnp\n"
    shown(prelude, NO_KEYS, "RND1")
    shown(prelude, HANDED_OVER.format(""), "RND1")


def test_a_name_corroborates_where_something_draws(shown: Callable[..., None]) -> None:
    prelude = "import heapq\nimport jax\ndef draw(k):\n    return jax.random.normal(k)\n"
    shown(prelude, HANDED_OVER.format("  # RND101"), "RND1")
    shown(prelude, NO_KEYS.partition("def fetch")[0], "RND1")


@pytest.mark.parametrize("source", CASES.values(), ids=CASES)
def test_evidence(source: str, shown: Callable[[str, str, str], None]) -> None:
    shown(PRELUDE, source, "RND")
