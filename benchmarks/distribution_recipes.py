"""How to build one instance of every distribution of numpyro, distrax and TFP on JAX.

A constructor argument takes the value below for its name, unless the class has arguments of its
own. Values lie inside every support; those that are floats can be differentiated.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

COVARIANCE = np.array([[1.5, 0.4], [0.4, 1.0]], np.float32)
CORRELATION = np.array([[1.0, 0.4], [0.4, 1.0]], np.float32)
TRIANGLE = np.linalg.cholesky(COVARIANCE)
UNIT_TRIANGLE = np.linalg.cholesky(CORRELATION)
PROBS = np.array([0.5, 0.2, 0.3], np.float32)
LOGITS = np.array([0.1, 0.5, -0.3], np.float32)
VECTOR = np.array([0.3, -1.0], np.float32)
POSITIVE = np.array([1.5, 0.8, 2.0], np.float32)
SQUARE = np.array([[0.3, -0.2], [0.5, 0.1]], np.float32)
POINTS = np.array([[0.0], [0.7], [1.5]], np.float32)

# Of each group a constructor takes one; the others are measured in its place.
ALTERNATIVES = (
    ("probs", "logits", "probits"),
    ("rate", "log_rate"),
    ("rate1", "log_rate1"),
    ("rate2", "log_rate2"),
    ("scale", "log_scale"),
    ("covariance_matrix", "precision_matrix", "scale_tril"),
    ("scale_matrix", "rate_matrix", "scale_tril"),
    ("correlation_matrix", "correlation_cholesky"),
    ("covariance_row", "covariance_rfft"),
    ("gate", "gate_logits"),
    ("inflated_loc_probs", "inflated_loc_logits"),
)

Arguments = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Library:
    """One library: what it exports, how its classes are built, and what they say of themselves."""

    root: str
    module: str
    exported: Callable[[Any], Iterator[str]]
    sample: Callable[[Any, Any, int], Any]
    claims: Callable[[Any], bool | None]
    discrete: Callable[[Any], bool]
    values: Arguments  # by argument name
    own: Callable[[Any], Mapping[str, Arguments | None]]  # by class; None: cannot draw

    def names(self) -> list[str]:
        """The exported distributions."""
        return sorted(self.exported(self._namespace()))

    def signature(self, name: str) -> list[str]:
        """The constructor's parameters, the library's housekeeping left out."""
        found = getattr(self._namespace(), name)
        parameters = inspect.signature(
            found.__init__ if inspect.isclass(found) else found
        ).parameters
        return [p.name for p in parameters.values() if p.name != "self"]

    def recipe(self, name: str) -> dict[str, Any] | None:
        """Arguments that build an instance, with every alternative; None where it cannot draw."""
        own = _own(self)
        if name in own:
            arguments = own[name]
            return None if arguments is None else dict(arguments)
        return {p: self.values[p] for p in self.signature(name) if p in self.values}

    def arguments(self, name: str, changed: Arguments) -> dict[str, Any]:
        """The arguments of one call; a changed one displaces its alternatives."""
        chosen = self.recipe(name)
        assert chosen is not None
        for preferred in (*changed, *list(chosen)):
            for group in ALTERNATIVES:
                if preferred in group and preferred in chosen:
                    for other in group:
                        if other != preferred:
                            chosen.pop(other, None)
        return {**chosen, **changed}

    def build(self, name: str, changed: Arguments) -> Any:
        """An instance, its arrays jax's own."""
        arguments = self.arguments(name, changed)
        arrays = {p: jnp.asarray(v) for p, v in arguments.items() if isinstance(v, np.ndarray)}
        return getattr(self._namespace(), name)(**{**arguments, **arrays})

    def differentiable(self, name: str) -> list[str]:
        """The arguments that are floats or arrays of floats."""
        arguments = self.recipe(name) or {}
        return [p for p, value in arguments.items() if isinstance(value, float | np.ndarray)]

    def _namespace(self) -> Any:
        return importlib.import_module(self.module)


@cache
def _own(library: Library) -> Mapping[str, Arguments | None]:
    return library.own(importlib.import_module(library.module))


# ---- numpyro


def _numpyro_exported(module: Any) -> Iterator[str]:
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.isclass(value) and issubclass(value, module.Distribution):
            if value is not module.Distribution:
                yield name
        elif inspect.isfunction(value) and name[0].isupper():
            yield name


def _numpyro_own(d: Any) -> Mapping[str, Arguments | None]:
    normal, poisson = d.Normal(0.3, 1.2), d.Poisson(2.0)
    pair = d.Normal(VECTOR, 1.2)
    angles = d.VonMises(jnp.zeros(2), jnp.full(2, 2.0)).to_event(1)
    wishart = {"concentration": 5.0, "scale_matrix": COVARIANCE, "rate_matrix": COVARIANCE}
    wishart["scale_tril"] = TRIANGLE
    normals = {"covariance_matrix": COVARIANCE, "precision_matrix": COVARIANCE}
    normals["scale_tril"] = TRIANGLE
    counts = {"probs": PROBS, "logits": LOGITS, "total_count": 10}
    mixture = {"mixing_distribution": d.Categorical(PROBS)}
    copula = {"correlation_matrix": CORRELATION, "correlation_cholesky": UNIT_TRIANGLE}
    return {
        "BetaNegativeBinomial": {"concentration1": 5.0, "concentration0": 1.5, "n": 8.0},
        "BetaProportion": {"mean": 0.4, "concentration": 4.0},
        "CAR": {
            "loc": np.zeros(3, np.float32),
            "correlation": 0.3,
            "conditional_precision": 1.5,
            "adj_matrix": np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0]], np.float32),
        },
        "Categorical": {"probs": PROBS, "logits": LOGITS},
        "CategoricalLogits": {"logits": LOGITS},
        "CategoricalProbs": {"probs": PROBS},
        "CirculantNormal": {
            "loc": np.zeros(4, np.float32),
            "covariance_row": np.array([2.0, 0.5, 0.1, 0.5], np.float32),
            "covariance_rfft": np.array([3.0, 1.9, 1.1], np.float32),
        },
        "Delta": {"v": 0.3, "log_density": 0.1},
        "Dirichlet": {"concentration": POSITIVE},
        "DirichletMultinomial": {"concentration": POSITIVE, "total_count": 10},
        "DiscreteUniform": {"low": 1, "high": 6},
        "DoublyTruncatedPowerLaw": {"alpha": -1.5, "low": 0.5, "high": 3.0},
        "EulerMaruyama": {
            "t": np.linspace(0, 1, 4, dtype=np.float32),
            "sde_fn": lambda x, t: (-x, 0.5 * jnp.ones_like(x)),
            "init_dist": normal,
        },
        "ExpandedDistribution": {"base_dist": normal, "batch_shape": (3,)},
        "FoldedDistribution": {"base_dist": normal},
        "GaussianCopula": {"marginal_dist": d.Gamma(jnp.full(2, 2.0), 1.0), **copula},
        "GaussianCopulaBeta": {
            "concentration1": np.array([2.0, 3.0], np.float32),
            "concentration0": np.array([1.5, 2.0], np.float32),
            **copula,
        },
        "GaussianRandomWalk": {"scale": 1.2, "num_steps": 3},
        "GaussianStateSpace": {"num_steps": 3, "transition_matrix": SQUARE, **normals},
        "HurdleDistribution": {"base_dist": poisson, "gate": 0.3, "gate_logits": 0.2},
        "HurdleLogits": {"base_dist": poisson, "gate_logits": 0.2},
        "HurdleProbs": {"base_dist": poisson, "gate": 0.3},
        "HurdleNegativeBinomial2": {"gate": 0.3, "mean": 3.0, "concentration": 2.5},
        "ImproperUniform": None,
        "Independent": {"base_dist": pair, "reinterpreted_batch_ndims": 1},
        "IntervalCensoredDistribution": {
            "base_dist": normal,
            "left_censored": jnp.array(False),
            "right_censored": jnp.array(False),
        },
        "InverseWishart": wishart,
        "InverseWishartCholesky": wishart,
        "LKJ": {"dimension": 3, "concentration": 1.5},
        "LKJCholesky": {"dimension": 3, "concentration": 1.5},
        "LeftCensoredDistribution": {"base_dist": normal, "censored": jnp.array(False)},
        "LeftTruncatedDistribution": {"base_dist": normal, "low": -1.0},
        "LeftTruncatedGamma": {"base_dist": d.Gamma(2.0, 1.0), "low": 0.5},
        "LogUniform": {"low": 0.5, "high": 3.0},
        "LowRankMultivariateNormal": {
            "loc": VECTOR,
            "cov_factor": np.array([[0.5], [0.2]], np.float32),
            "cov_diag": np.array([1.5, 0.8], np.float32),
        },
        "LowerTruncatedPowerLaw": {"alpha": -4.0, "low": 0.5},
        "MaskedDistribution": {"base_dist": normal, "mask": True},
        "MatrixNormal": {"loc": SQUARE, "scale_tril_row": TRIANGLE, "scale_tril_column": TRIANGLE},
        "Mixture": {**mixture, "component_distributions": [normal, normal, d.Laplace(1.0, 1.0)]},
        "MixtureGeneral": {
            **mixture,
            "component_distributions": [normal, normal, d.Laplace(1.0, 1.0)],
        },
        "MixtureSameFamily": {**mixture, "component_distribution": d.Normal(POSITIVE, 1.0)},
        "Multinomial": counts,
        "MultinomialLogits": {"logits": LOGITS, "total_count": 10},
        "MultinomialProbs": {"probs": PROBS, "total_count": 10},
        "MultivariateNormal": {"loc": VECTOR, **normals},
        "MultivariateStudentT": {"df": 8.0, "loc": VECTOR, "scale_tril": TRIANGLE},
        "NegativeBinomial2": {"mean": 3.0, "concentration": 2.5},
        "OrderedLogistic": {"predictor": 0.2, "cutpoints": np.array([-1.0, 0.5], np.float32)},
        "Pareto": {"scale": 1.2, "alpha": 8.0},
        "ProjectedNormal": {"concentration": np.array([1.0, 0.5, -0.3], np.float32)},
        "RightCensoredDistribution": {"base_dist": normal, "censored": jnp.array(False)},
        "RightTruncatedDistribution": {"base_dist": normal, "high": 2.0},
        "RightTruncatedGamma": {"base_dist": d.Gamma(2.0, 1.0), "high": 2.0},
        "SineBivariateVonMises": {
            "phi_loc": 0.1,
            "psi_loc": 0.2,
            "phi_concentration": 2.0,
            "psi_concentration": 2.0,
            "correlation": 0.5,
        },
        "SineSkewed": {"base_dist": angles, "skewness": np.array([0.2, 0.3], np.float32)},
        "TransformedDistribution": {
            "base_distribution": normal,
            "transforms": d.transforms.ExpTransform(),
        },
        "TruncatedDistribution": {"base_dist": normal, "low": -1.0, "high": 2.0},
        "TruncatedGamma": {"concentration": 2.0, "rate": 1.0, "low": 0.5, "high": 2.0},
        "TruncatedPolyaGamma": {},
        "TwoSidedTruncatedDistribution": {"base_dist": normal, "low": -1.0, "high": 2.0},
        "TwoSidedTruncatedGamma": {"base_dist": d.Gamma(2.0, 1.0), "low": 0.5, "high": 2.0},
        "Unit": {"log_factor": 0.3},
        "Wishart": wishart,
        "WishartCholesky": wishart,
        "ZeroInflatedDistribution": {"base_dist": poisson, "gate": 0.3, "gate_logits": 0.2},
        "ZeroInflatedLogits": {"base_dist": poisson, "gate_logits": 0.2},
        "ZeroInflatedNegativeBinomial2": {
            "mean": 3.0,
            "concentration": 2.5,
            "gate": 0.3,
            "gate_logits": 0.2,
        },
        "ZeroInflatedProbs": {"base_dist": poisson, "gate": 0.3},
        "ZeroSumNormal": {"scale": 1.2, "event_shape": (3,)},
    }


COMMON: Arguments = {
    "alpha": 3.0,
    "asymmetry": 1.3,
    "beta": 1.5,
    "concentration": 2.5,
    "concentration0": 1.5,
    "concentration1": 2.0,
    "df": 8.0,
    "gate": 0.3,
    "gate_logits": 0.2,
    "high": 2.0,
    "loc": 0.3,
    "logits": 0.2,
    "low": -1.0,
    "probs": 0.3,
    "quantile": 0.3,
    "rate": 1.3,
    "scale": 1.2,
    "sharpness": 6.0,
    "temperature": 0.7,
    "total_count": 10,
}

NUMPYRO = Library(
    root="numpyro",
    module="numpyro.distributions",
    exported=_numpyro_exported,
    sample=lambda d, key, count: d.sample(key, (count,)),
    claims=lambda d: bool(d.has_rsample),
    discrete=lambda d: bool(d.is_discrete),
    values=COMMON,
    own=_numpyro_own,
)


# ---- distrax


def _classes(module: Any, abstract: tuple[str, ...]) -> Iterator[str]:
    for name in dir(module):
        value = getattr(module, name)
        exported = inspect.isclass(value) and issubclass(value, module.Distribution)
        if exported and name not in abstract:
            yield name


def _distrax_own(d: Any) -> Mapping[str, Arguments | None]:
    normal = d.Normal(0.3, 1.2)
    clip = {"loc": 0.3, "scale": 1.2, "minimum": -1.0, "maximum": 2.0}
    choice = {"probs": PROBS, "logits": LOGITS}
    return {
        "Categorical": choice,
        "CategoricalUniform": {"low": -1.0, "high": 2.0, "logits": LOGITS},
        "Clipped": {"distribution": normal, "minimum": -1.0, "maximum": 2.0},
        "ClippedLogistic": clip,
        "ClippedNormal": clip,
        "Dirichlet": {"concentration": POSITIVE},
        "EpsilonGreedy": {"preferences": LOGITS, "epsilon": 0.1},
        "Greedy": {"preferences": LOGITS},
        "Independent": {"distribution": d.Normal(VECTOR, 1.2), "reinterpreted_batch_ndims": 1},
        "Joint": {"distributions": {"a": normal, "b": d.Laplace(0.1, 1.0)}},
        "LogStddevNormal": {"loc": 0.3, "log_scale": 0.2},
        "MixtureOfTwo": {"prob_a": 0.3, "component_a": normal, "component_b": d.Normal(2.0, 1.0)},
        "MixtureSameFamily": {
            "mixture_distribution": d.Categorical(probs=PROBS),
            "components_distribution": d.Normal(POSITIVE, jnp.ones(3)),
        },
        "Multinomial": {**choice, "total_count": 10},
        "MultivariateNormalDiag": {"loc": VECTOR, "scale_diag": np.array([1.5, 0.8], np.float32)},
        "MultivariateNormalDiagPlusLowRank": {
            "loc": VECTOR,
            "scale_diag": np.array([1.5, 0.8], np.float32),
            "scale_u_matrix": np.array([[0.5], [0.2]], np.float32),
            "scale_v_matrix": np.array([[0.3], [0.4]], np.float32),
        },
        "MultivariateNormalFromBijector": {
            "loc": VECTOR,
            "scale": d.DiagLinear(jnp.array([1.5, 0.8])),
        },
        "MultivariateNormalFullCovariance": {"loc": VECTOR, "covariance_matrix": COVARIANCE},
        "MultivariateNormalTri": {"loc": VECTOR, "scale_tri": TRIANGLE},
        "OneHotCategorical": choice,
        "Quantized": {"distribution": normal},
        "Softmax": {"logits": LOGITS, "temperature": 0.7},
        "Transformed": {"distribution": normal, "bijector": d.Tanh()},
    }


def _integers(d: Any) -> bool:
    draws = jax.tree.leaves(d.sample(seed=jax.random.key(0), sample_shape=(64,)))
    return all(bool(jnp.all(draw == jnp.round(draw))) for draw in draws)


DISTRAX = Library(
    root="distrax",
    module="distrax",
    exported=lambda module: _classes(module, ("Distribution",)),
    sample=lambda d, key, count: d.sample(seed=key, sample_shape=(count,)),
    claims=lambda d: None,  # distrax has no attribute that says so
    discrete=_integers,
    values=COMMON,
    own=_distrax_own,
)
