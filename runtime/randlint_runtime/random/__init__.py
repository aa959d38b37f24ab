"""Reference samplers: `jax.random`, with the gradient rule of every parameter written down.

>>> from randlint_runtime import random
>>> key = random.key(0)
>>> random.normal(key, (2,)).shape
(2,)

Every public name of `jax.random` is here, with the same signature and the same draws; what newer
jax has added is here for every jax that lets it work. What differs:

* each differentiable parameter is annotated with its rule (:mod:`randlint_runtime.rules`), and the
  derivative obeys it, also where jax's does not;
* samplers with such a parameter take `convention=`, to read its derivative differently
  (:mod:`randlint_runtime.conventions`), and some take `rule="implicit"`, the rule of least
  variance;
* second derivatives work in every mode.

Where: `_standard` has no parameters; `_location`, `_curved`, `_gamma_family`, `_powers` and
`_dirichlet` are continuous, `_discrete`, `_counts` and `_choices` are not, `_keys` makes keys. Each
is declared by `_declaring`, on top of `_base`, and `_annotations` adds the catalogue's rules.

Common to all: `key` is one typed or raw key (batches through `jax.vmap`), `shape` a tuple of ints,
`dtype` a dtype of the sampler's kind with jax's defaults, and bad arguments raise what jax raises.
"""

from __future__ import annotations

from jax.random import random_gamma_p as random_gamma_p

from randlint_runtime.random import _annotations
from randlint_runtime.random._choices import choice, permutation
from randlint_runtime.random._counts import binomial, geometric, multinomial, poisson
from randlint_runtime.random._curved import multivariate_normal, truncated_normal, wald
from randlint_runtime.random._dirichlet import dirichlet
from randlint_runtime.random._discrete import (
    bernoulli,
    bits,
    categorical,
    rademacher,
    randint,
)
from randlint_runtime.random._gamma_family import (
    beta,
    chisquare,
    f,
    gamma,
    loggamma,
    t,
)
from randlint_runtime.random._keys import (
    Key,
    PRNGKey,
    clone,
    fold_in,
    key,
    key_data,
    key_dtype,
    key_impl,
    split,
    wrap_key_data,
)
from randlint_runtime.random._location import (
    double_sided_maxwell,
    lognormal,
    pareto,
    rayleigh,
    triangular,
    uniform,
    weibull_min,
)
from randlint_runtime.random._powers import ball, generalized_normal
from randlint_runtime.random._standard import (
    cauchy,
    exponential,
    gumbel,
    laplace,
    logistic,
    maxwell,
    normal,
    orthogonal,
)

__all__ = [
    "Key",
    "PRNGKey",
    "ball",
    "bernoulli",
    "beta",
    "binomial",
    "bits",
    "categorical",
    "cauchy",
    "chisquare",
    "choice",
    "clone",
    "dirichlet",
    "double_sided_maxwell",
    "exponential",
    "f",
    "fold_in",
    "gamma",
    "generalized_normal",
    "geometric",
    "gumbel",
    "key",
    "key_data",
    "key_dtype",
    "key_impl",
    "laplace",
    "loggamma",
    "logistic",
    "lognormal",
    "maxwell",
    "multinomial",
    "multivariate_normal",
    "normal",
    "orthogonal",
    "pareto",
    "permutation",
    "poisson",
    "rademacher",
    "randint",
    "random_gamma_p",
    "rayleigh",
    "split",
    "t",
    "triangular",
    "truncated_normal",
    "uniform",
    "wald",
    "weibull_min",
    "wrap_key_data",
]

_annotations.annotate(globals(), __all__)
