"""numpyro: the weights of a program's branches all hang on a single draw."""

import inspect
import textwrap
from collections import OrderedDict

import jax
import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro.contrib.stochastic_support import dcc


def model(errors):
    """One observation, and two opinions on how precise it is."""
    branch = numpyro.sample("branch", dist.Bernoulli(0.5), infer={"branching": True})
    x = numpyro.sample("x", dist.Normal(0.0, 1.0))
    numpyro.sample("y", dist.Normal(x, errors[branch]), obs=0.5)


branches = {"0": OrderedDict(branch=0), "1": OrderedDict(branch=1)}
keys = jax.random.split(jax.random.key(0), 200)


def weights(combine, errors, count):
    """The probability of the second branch under 200 keys, given exact posterior samples."""
    inference, samples = dcc.DCC(model, mcmc_kwargs={}), {}
    for name, error in zip(branches, errors, strict=True):
        precision = 1 + error**-2
        noise = jax.random.normal(jax.random.key(7), (count,))
        samples[name] = {"x": 0.5 * error**-2 / precision + noise / precision**0.5}
    run = jax.jit(lambda key: combine(inference, key, samples, branches, errors))
    return jnp.stack([run(key).slp_weights["1"] for key in keys])


def repaired():
    """The same function with a key for each sample of each branch."""
    source = textwrap.dedent(inspect.getsource(dcc.DCC._combine_inferences))
    for old, new in (
        ("in_axes=(None, 0, None, None)", "in_axes=(0, 0, None, None)"),
        ("log_weights(rng_key,", "log_weights(random.split(subkey, num_samples),"),
        ("slp_model = cond", "rng_key, subkey = random.split(rng_key); slp_model = cond"),
    ):
        assert source.count(old) == 1
        source = source.replace(old, new)
    names = dict(vars(dcc))
    exec(source, names)
    return names["_combine_inferences"]


as_released = dcc.DCC._combine_inferences
equal = weights(as_released, (0.3, 0.3), 10)
print(f"two equal branches: weights from {equal.min():.6f} to {equal.max():.6f}")
evidence = jnp.exp(jnp.stack([dist.Normal(0, (1 + e**2) ** 0.5).log_prob(0.5) for e in (0.1, 1)]))
print(f"two different branches, exact weight {evidence[1] / evidence.sum():.3f}")
spread = {}
for name, combine in (("as released", as_released), ("a key for each", repaired())):
    for count in (10, 1000):
        found = weights(combine, (0.1, 1.0), count)
        spread[name, count] = float(found.std())
        print(f"{name}, {count} samples a branch: {found.mean():.3f} +- {found.std():.3f}")
assert jnp.abs(equal - 0.5).max() < 1e-5
assert spread["as released", 1000] > spread["as released", 10] / 2
assert spread["as released", 1000] > 10 * spread["a key for each", 1000]
