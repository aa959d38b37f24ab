"""Derivatives with respect to parameters that a network holds or is applied to."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

import pytest

from randlint.diagnosis import analyse
from randlint.findings import Confidence
from randlint.rules import registry

PRELUDE = """\
from functools import partial

import distrax
import equinox as eqx
import flax.linen as nn
import haiku as hk
import jax
import jax.numpy as jnp
import numpyro.distributions as dist
from flax import nnx
from jax import random
from tensorflow_probability.substrates.jax import distributions as tfd
"""

LINEN = {
    "layers of a compact module": """
        class Encoder(nn.Module):
            @nn.compact
            def __call__(self, x):
                logits = nn.Dense(4)(x)
                return jax.nn.one_hot(random.categorical(self.make_rng("z"), logits), 4)  # RND201

        def step(params, x, key):
            def loss(p):
                return Encoder().apply({"params": p}, x, rngs={"z": key}).sum()
            return jax.grad(loss)(params)
        """,
    "an input that is not differentiated": """
        class Noise(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.Dense(4)(x) * random.bernoulli(self.make_rng("z"), x)

        def step(params, x, key):
            return jax.grad(lambda p: Noise().apply(p, x, rngs={"z": key}).sum())(params)
        """,
    "parameters that are not differentiated": """
        class Encoder(nn.Module):
            @nn.compact
            def __call__(self, x):
                logits = nn.Dense(4)(jnp.ones(3))
                return x * random.categorical(self.make_rng("z"), logits)

        def step(params, x, key):
            return jax.grad(lambda x: Encoder().apply(params, x, rngs={"z": key}).sum())(x)
        """,
    "a module in a module, made in setup": """
        class Inner(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.Dense(4)(x)

        class Outer(nn.Module):
            def setup(self):
                self.inner = Inner()

            def __call__(self, x, key):
                return random.poisson(key, self.inner(x)).sum() * 1.0  # RND201

        def step(params, x, key):
            model = Outer()
            return jax.value_and_grad(lambda p: model.apply(p, x, key))(params)
        """,
    "a module in a module, not followed": """
        class Inner(nn.Module):
            @nn.compact
            def __call__(self, x):
                return nn.Dense(4)(x)

        class Outer(nn.Module):
            @nn.compact
            def __call__(self, x, key):
                return random.poisson(key, Inner()(x)).sum() * 1.0  # RND201

        def step(params, x, key):
            return jax.grad(lambda p: Outer().apply(p, x, key))(params)
        """,
    "a parameter of its own, state returned": """
        class Jitter(nn.Module):
            @nn.compact
            def __call__(self, x):
                w = self.param("w", nn.initializers.ones, (3,))
                return x + random.uniform(self.make_rng("z"), x.shape, maxval=w)  # RND203

        def step(params, x, key):
            @partial(jax.grad, has_aux=True)
            def slope(p):
                y, state = Jitter().apply(p, x, rngs={"z": key}, mutable=["stats"])
                return y.sum(), state
            return slope(params)
        """,
    "another method": """
        class Two(nn.Module):
            def setup(self):
                self.dense = nn.Dense(3)

            def __call__(self, x):
                return self.dense(x)

            def hard(self, x, key):
                return random.bernoulli(key, self.dense(x)).astype(float)  # RND201

        def step(params, x, key):
            model = Two()
            soft = jax.grad(lambda p: model.apply(p, x).sum())(params)
            hard = jax.grad(lambda p: model.apply(p, x, key, method="hard").sum())(params)
            return soft, hard
        """,
    "a field decides": """
        class Mode(nn.Module):
            hard: bool = False

            @nn.compact
            def __call__(self, x, key):
                p = nn.Dense(3)(x)
                if self.hard:
                    return random.bernoulli(key, p).astype(float)
                return p

        def step(params, x, key):
            return jax.grad(lambda p: Mode(hard=False).apply(p, x, key).sum())(params)
        """,
    "stopped in the module": """
        class Gate(nn.Module):
            @nn.compact
            def __call__(self, x):
                p = jax.lax.stop_gradient(nn.Dense(3)(x))
                return nn.Dense(1)(x * random.bernoulli(self.make_rng("z"), p))

        def step(params, x, key):
            return jax.grad(lambda p: Gate().apply(p, x, rngs={"z": key}).sum())(params)
        """,
}

HAIKU = {
    "transformed, with a module": """
        class Policy(hk.Module):
            def __call__(self, x):
                logits = hk.Linear(4)(x)
                return jax.nn.one_hot(random.categorical(hk.next_rng_key(), logits), 4)  # RND201

        def forward(x):
            return Policy()(x).sum()

        net = hk.transform(forward)

        def step(params, key, x):
            return jax.grad(lambda p: net.apply(p, key, x))(params)
        """,
    "transformed, with state": """
        def forward(x):
            w = hk.get_parameter("w", [3])
            return random.gamma(hk.next_rng_key(), w).sum()  # RND204

        net = hk.transform_with_state(forward)

        def step(params, state, key, x):
            return jax.grad(lambda p: net.apply(p, state, key, x), has_aux=True)(params)
        """,
    "without a key": """
        net = hk.without_apply_rng(hk.transform(lambda x: hk.Linear(4)(x).sum()))

        def step(params, key, x):
            return jax.grad(lambda p: net.apply(p, x) * random.normal(key))(params)
        """,
    "a distribution made of layers": """
        def actor(obs):
            return distrax.Categorical(logits=hk.nets.MLP([64, 4])(obs))

        net = hk.without_apply_rng(hk.transform(actor))

        def step(params, obs, key):
            def loss(p):
                return net.apply(p, obs).sample(seed=key) * 1.0  # RND201
            return jax.grad(loss)(params)

        def of_given_actions(params, obs, key):
            actions = net.apply(params, obs).sample(seed=key)
            return jax.grad(lambda p: net.apply(p, obs).log_prob(actions).mean())(params)
        """,
    "with respect to the input": """
        def forward(x):
            return x * random.poisson(hk.next_rng_key(), hk.Linear(1)(jnp.ones(3)))

        net = hk.transform(forward)

        def step(params, key, x):
            return jax.grad(lambda x: net.apply(params, key, x).sum())(x)
        """,
}

OBJECTS = {
    "a model that is annotated": """
        class Gate(eqx.Module):
            logits: jax.Array

            def __call__(self, key):
                return random.bernoulli(key, jax.nn.sigmoid(self.logits)).astype(float)  # RND201

        def step(model: Gate, key):
            return eqx.filter_grad(lambda m: m(key).sum())(model)
        """,
    "a model that the loss annotates": """
        class Gate(nnx.Module):
            def __init__(self, rngs: nnx.Rngs):
                self.lin = nnx.Linear(3, 3, rngs=rngs)

            def hard(self, x, key):
                return random.bernoulli(key, self.lin(x)).astype(float)  # RND201

            def soft(self, x, key):
                return self.lin(x) + random.normal(key, x.shape)

        def step(model, x, key):
            def loss(m: Gate):
                return m.hard(x, key).sum()
            return nnx.grad(loss)(model)

        def soft_step(model, x, key):
            def loss(m: Gate):
                return m.soft(x, key).sum()
            return nnx.grad(loss)(model)
        """,
    "a model that nobody knows": """
        def step(model, x, key):
            def loss(m):
                return random.bernoulli(key, m(x)).sum() * 1.0  # RND201
            return nnx.grad(loss)(model)
        """,
    "a network that is not differentiated": """
        def step(model, scale, x, key):
            def loss(s):
                return (s * random.bernoulli(key, model(x))).sum()
            return jax.grad(loss)(scale)
        """,
    "methods without randomness": """
        class Vae(eqx.Module):
            encoder: eqx.nn.MLP

            def encode(self, x):
                return self.encoder(x)

            def __call__(self, x, key):
                return random.categorical(key, self.encode(x)).astype(float)  # RND201

        def step(model: Vae, x, key):
            return eqx.filter_value_and_grad(lambda m: m(x, key))(model)
        """,
    "a field that is a module": """
        class Drop(eqx.Module):
            logit: jax.Array

            def __call__(self, x, key):
                return x * random.bernoulli(key, jax.nn.sigmoid(self.logit))  # RND201

        class Net(eqx.Module):
            drop: Drop

            def __call__(self, x, key):
                return self.drop(x, key)

        def step(net: Net, xs, key):
            @eqx.filter_jit
            @eqx.filter_value_and_grad
            def loss(net: Net, xs, key):
                return jax.vmap(net)(xs, random.split(key, len(xs))).mean()
            return loss(net, xs, key)
        """,
    "a field that is stopped": """
        class Flow(eqx.Module):
            scale: jax.Array
            w: jax.Array

            def __call__(self, key):
                return self.w * random.gamma(key, jax.lax.stop_gradient(self.scale))

        def step(model: Flow, key):
            return eqx.filter_grad(lambda m: m(key).sum())(model)
        """,
    "a decorated method counts its object": """
        class Flow(eqx.Module):
            scale: jax.Array

            @eqx.filter_grad
            def slope(self, key):
                return random.gamma(key, self.scale)  # RND204

            @partial(jax.grad, argnums=1)
            def of_rate(self, rate, key):
                return random.poisson(key, rate) * self.scale  # RND201

            @partial(jax.grad, argnums=1)
            def of_weight(self, weight, key):
                return weight * random.gamma(key, self.scale)

        def step(flow: Flow, rate, key):
            one, two, three = random.split(key, 3)
            return flow.slope(one), flow.of_rate(rate, two), flow.of_weight(rate, three)
        """,
    "a method that is bound first": """
        class Flow:
            def loss(self, rate, key):
                return random.poisson(key, rate) * 1.0  # RND201

            def step(self, rate, key):
                return jax.grad(self.loss)(rate, key)
        """,
}

DISTRIBUTIONS = {
    "reparameterised by its class": """
        def step(mu, key):
            def loss(m):
                return dist.Normal(m, 1.0).sample(key) ** 2 + tfd.Gamma(m, 1.0).sample(seed=key)
            return jax.grad(loss)(mu)
        """,
    "discrete, rearranged": """
        def step(p, key):
            def loss(p):
                law = dist.Bernoulli(p).expand([3]).to_event(1)
                return law.sample(key).sum() * 1.0  # RND201
            return jax.grad(loss)(p)
        """,
    "wrapped": """
        def step(p, key):
            def loss(p):
                law = distrax.Independent(distrax.Bernoulli(logits=p), 1)
                return law.sample(seed=key).sum() * 1.0  # RND201
            return jax.grad(loss)(p)
        """,
    "the weights of a mixture": """
        def step(logits, key):
            def loss(w):
                law = dist.MixtureSameFamily(dist.Categorical(logits=w), dist.Normal(0.0, 1.0))
                return law.sample(key)  # RND201
            return jax.grad(loss)(logits)
        """,
    "the parts of a mixture": """
        def step(mu, key):
            def loss(m):
                parts = dist.Normal(m, 1.0)
                return dist.MixtureSameFamily(dist.Categorical(jnp.ones(3) / 3), parts).sample(key)
            return jax.grad(loss)(mu)
        """,
}

FLOWS = {
    "starred arguments": """
        def moments(pair):
            return pair[0], pair[1] ** 2

        def loss_of_moments(mean, variance):
            return mean + jnp.sqrt(variance)

        def step(pair, key):
            def loss(pair):
                return random.bernoulli(key, loss_of_moments(*moments(pair))) * 1.0  # RND201
            return jax.grad(loss)(pair)
        """,
    "the derivative of starred arguments": """
        def step(args, key):
            def loss(rate, scale):
                return random.poisson(key, rate) * scale  # RND201
            return jax.grad(loss)(*args)
        """,
    "another of starred arguments": """
        def step(args, key):
            def loss(scale, rate):
                return random.poisson(key, rate) * scale
            return jax.grad(loss)(*args)
        """,
    "keywords in one dict with others": """
        def step(model, x1, x2, key):
            def loss(x1, x2):
                return random.poisson(key, model({**x1, **x2})) * 1.0  # RND201
            return jax.grad(loss)(x1, x2)
        """,
    "numbers in a list": """
        def step(key):
            def loss(p):
                return random.bernoulli(key, p[0]) * 1.0  # RND201
            return jax.grad(loss)([0.5, 0.5])
        """,
    "an object that holds them": """
        class Law:
            def __init__(self, logits, scale):
                self.logits = logits
                self.scale = scale

            def entropy(self):
                return jnp.sum(self.logits)

        def step(logits, key):
            def loss(w):
                return random.bernoulli(key, Law(w, 1.0).entropy()) * 1.0  # RND201
            return jax.grad(loss)(logits)

        def scaled(scale, logits, key):
            def loss(s):
                law = Law(logits, s)
                return law.scale * random.categorical(key, law.logits)
            return jax.grad(loss)(scale)
        """,
    "the part of a model that nnx differentiates": """
        class Pair(nnx.Module):
            def __init__(self, rngs):
                self.x = nnx.Param(1.0)

        def step(model: Pair, key):
            def loss(m, scale):
                return scale * random.poisson(key, m.x)  # RND201
            return nnx.grad(loss, argnums=nnx.DiffState(0, nnx.Param))(model, 2.0)

        def scaled(model: Pair, key):
            def loss(m, scale):
                return scale * random.poisson(key, m.x)
            return nnx.grad(loss, argnums=nnx.DiffState(1, nnx.Param))(model, 2.0)
        """,
}

ALL = {**LINEN, **HAIKU, **OBJECTS, **DISTRIBUTIONS, **FLOWS}


def _findings(program: str) -> list[tuple[int, str, Confidence]]:
    codes = frozenset(code for code, rule in registry().items() if rule.default)
    codes = frozenset(code for code in codes if code.startswith("RND2"))
    analysis = analyse(PRELUDE + program, "program.py", codes=codes)
    assert analysis.abandoned == 0
    before = PRELUDE.count("\n")
    return [
        (each.location.start.row - before, each.code, each.confidence) for each in analysis.findings
    ]


@pytest.mark.parametrize("source", ALL.values(), ids=ALL)
def test_what_a_network_differentiates(source: str, shown: Callable[..., None]) -> None:
    shown(PRELUDE, source, "RND2")


def test_draws_from_reparameterised_distributions_are_told_when_asked() -> None:
    program = textwrap.dedent(DISTRIBUTIONS["reparameterised by its class"]).lstrip("\n")
    told = {(row, code, sure) for row, code, sure in _findings(program)}
    assert told == {(3, "RND203", Confidence.LOW), (3, "RND204", Confidence.LOW)}


def test_a_mixture_without_differentiated_weights_holds_no_draw_fixed() -> None:
    program = textwrap.dedent(DISTRIBUTIONS["the parts of a mixture"]).lstrip("\n")
    analysis = analyse(PRELUDE + program, "program.py", codes=frozenset({"RND206"}))
    assert not analysis.findings
