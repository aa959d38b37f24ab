"""How to build one instance of every distribution of TFP on JAX (see distribution_recipes.py)."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from distribution_recipes import (
    COMMON,
    COVARIANCE,
    LOGITS,
    POINTS,
    POSITIVE,
    PROBS,
    SQUARE,
    TRIANGLE,
    VECTOR,
    Arguments,
    Library,
)

ABSTRACT = ("Distribution", "AutoCompositeTensorDistribution", "JointDistribution")
DIAGONAL = np.array([1.5, 0.8], np.float32)
TALL = np.array([[0.5], [0.2]], np.float32)


def _exported(module: Any) -> Iterator[str]:
    for name in dir(module):
        value = getattr(module, name)
        exported = inspect.isclass(value) and issubclass(value, module.Distribution)
        if exported and name not in ABSTRACT:
            yield name


def _own(d: Any) -> Mapping[str, Arguments | None]:
    return {**_plain(), **_wrappers(d), **_structured(d)}


def _plain() -> Mapping[str, Arguments]:
    """Classes whose arguments are numbers."""
    choice = {"probs": PROBS, "logits": LOGITS}
    cutpoints = np.array([-1.0, 0.5], np.float32)
    direction = np.array([0.6, 0.8, 0.0], np.float32)
    return {
        "Bates": {"total_count": 3.0, "low": -1.0, "high": 2.0},
        "BetaQuotient": {
            "concentration1_numerator": 2.0,
            "concentration0_numerator": 1.5,
            "concentration1_denominator": 9.0,
            "concentration0_denominator": 1.5,
        },
        "BetaBinomial": {"total_count": 10.0, "concentration1": 2.0, "concentration0": 1.5},
        "Binomial": {"total_count": 10.0, "probs": 0.3, "logits": 0.2},
        "Categorical": choice,
        "CholeskyLKJ": {"dimension": 3, "concentration": 1.5},
        "DeterminantalPointProcess": {
            "eigenvalues": np.array([0.5, 1.2], np.float32),
            "eigenvectors": np.eye(2, dtype=np.float32),
        },
        "Dirichlet": {"concentration": POSITIVE},
        "DirichletMultinomial": {"total_count": 10.0, "concentration": POSITIVE},
        "Empirical": {"samples": VECTOR},
        "ExpRelaxedOneHotCategorical": {"temperature": 0.7, **choice},
        "FiniteDiscrete": {"outcomes": np.array([0.0, 1.0, 2.0], np.float32), **choice},
        "FlatDirichlet": {"concentration_shape": (3,)},
        "GammaGamma": {"concentration": 2.5, "mixing_concentration": 8.0, "mixing_rate": 1.3},
        "GeneralizedExtremeValue": {"loc": 0.3, "scale": 1.2, "concentration": -0.2},
        "GeneralizedPareto": {"loc": 0.3, "scale": 1.2, "concentration": -0.2},
        "HalfNormal": {"scale": 1.2},
        "ExpInverseGamma": {"concentration": 2.5, "scale": 1.2, "log_scale": 0.2},
        "InverseGamma": {"concentration": 6.0, "scale": 1.2},
        "JohnsonSU": {"skewness": 0.3, "tailweight": 2.0, "loc": 0.3, "scale": 1.2},
        "LKJ": {"dimension": 3, "concentration": 1.5},
        "LambertWNormal": {"loc": 0.3, "scale": 1.2, "tailweight": 0.1},
        "LogitNormal": {"loc": 0.3, "scale": 1.2},
        "LogLogistic": {"loc": 0.3, "scale": 0.2},
        "LogNormal": {"loc": 0.3, "scale": 0.5},
        "Multinomial": {"total_count": 10.0, **choice},
        "MultivariateNormalDiag": {"loc": VECTOR, "scale_diag": DIAGONAL},
        "MultivariateNormalDiagPlusLowRank": {
            "loc": VECTOR,
            "scale_diag": DIAGONAL,
            "scale_perturb_factor": TALL,
            "scale_perturb_diag": np.array([0.7], np.float32),
        },
        "MultivariateNormalDiagPlusLowRankCovariance": {
            "loc": VECTOR,
            "cov_diag_factor": DIAGONAL,
            "cov_perturb_factor": TALL,
        },
        "MultivariateNormalFullCovariance": {"loc": VECTOR, "covariance_matrix": COVARIANCE},
        "MultivariateNormalTriL": {"loc": VECTOR, "scale_tril": TRIANGLE},
        "NegativeBinomial": {"total_count": 8.0, "probs": 0.3, "logits": 0.2},
        "NoncentralChi2": {"df": 3.0, "noncentrality": 1.5},
        "NormalInverseGaussian": {"loc": 0.3, "scale": 1.2, "tailweight": 2.0, "skewness": 0.5},
        "OneHotCategorical": choice,
        "OrderedLogistic": {"cutpoints": cutpoints, "loc": 0.2},
        "PERT": {"low": -1.0, "peak": 0.5, "high": 2.0, "temperature": 4.0},
        "Pareto": {"concentration": 8.0, "scale": 1.2},
        "PlackettLuce": {"scores": POSITIVE},
        "PowerSpherical": {"mean_direction": direction, "concentration": 2.5},
        "ProbitBernoulli": {"probs": 0.3, "probits": 0.2},
        "RelaxedOneHotCategorical": {"temperature": 0.7, **choice},
        "SinhArcsinh": {"loc": 0.3, "scale": 1.2, "skewness": 0.2, "tailweight": 1.1},
        "Skellam": {"rate1": 1.3, "rate2": 2.0, "log_rate1": 0.2, "log_rate2": 0.7},
        "SphericalUniform": {"dimension": 3},
        "StoppingRatioLogistic": {"cutpoints": cutpoints, "loc": 0.2},
        "Triangular": {"low": -1.0, "high": 2.0, "peak": 0.5},
        "TruncatedCauchy": {"loc": 0.3, "scale": 1.2, "low": -1.0, "high": 2.0},
        "TruncatedNormal": {"loc": 0.3, "scale": 1.2, "low": -1.0, "high": 2.0},
        "TwoPieceNormal": {"loc": 0.3, "scale": 1.2, "skewness": 1.4},
        "TwoPieceStudentT": {"df": 12.0, "loc": 0.3, "scale": 1.2, "skewness": 1.4},
        "VectorDeterministic": {"loc": VECTOR},
        "VonMisesFisher": {"mean_direction": direction, "concentration": 2.5},
        "Weibull": {"concentration": 1.7, "scale": 1.2},
        "WishartTriL": {"df": 5.0, "scale_tril": TRIANGLE},
        "Zipf": {"power": 4.0},
    }


def _wrappers(d: Any) -> Mapping[str, Arguments]:
    """Classes whose arguments are distributions."""
    normal, pair = d.Normal(0.3, 1.2), d.Normal(VECTOR, 1.2)
    bijectors = importlib.import_module("tensorflow_probability.substrates.jax.bijectors")
    mixture = d.Categorical(probs=PROBS)

    def coroutine() -> Any:
        a = yield d.JointDistributionCoroutine.Root(normal)
        yield d.Normal(a, 1.0)

    return {
        "Autoregressive": {
            "distribution_fn": lambda x: d.Independent(d.Normal(0.5 * x, 1.0), 1),
            "sample0": jnp.array(VECTOR),
            "num_steps": 2,
        },
        "BatchBroadcast": {"distribution": normal, "with_shape": [3]},
        "BatchConcat": {"distributions": [pair, pair], "axis": 0},
        "BatchReshape": {"distribution": pair, "batch_shape": [2, 1]},
        "Blockwise": {"distributions": [normal, d.Laplace(0.3, 1.2)]},
        "Independent": {"distribution": pair, "reinterpreted_batch_ndims": 1},
        "Inflated": {
            "distribution": normal,
            "inflated_loc_probs": 0.3,
            "inflated_loc_logits": 0.2,
        },
        "JointDistributionCoroutine": {"model": coroutine},
        "JointDistributionCoroutineAutoBatched": {"model": coroutine},
        "JointDistributionNamed": {"model": {"a": normal, "b": lambda a: d.Normal(a, 1.0)}},
        "JointDistributionNamedAutoBatched": {
            "model": {"a": normal, "b": lambda a: d.Normal(a, 1.0)}
        },
        "JointDistributionSequential": {"model": [normal, lambda a: d.Normal(a, 1.0)]},
        "JointDistributionSequentialAutoBatched": {"model": [normal, lambda a: d.Normal(a, 1.0)]},
        "LambertWDistribution": {
            "distribution": normal,
            "shift": 0.1,
            "scale": 1.2,
            "tailweight": 0.1,
        },
        "Masked": {"distribution": normal, "validity_mask": True},
        "Mixture": {"cat": mixture, "components": [normal, normal, d.Laplace(1.0, 1.0)]},
        "MixtureSameFamily": {
            "mixture_distribution": mixture,
            "components_distribution": d.Normal(POSITIVE, 1.0),
        },
        "QuantizedDistribution": {"distribution": normal},
        "Sample": {"distribution": normal, "sample_shape": [3]},
        "TransformedDistribution": {"distribution": normal, "bijector": bijectors.Exp()},
        "ZeroInflatedNegativeBinomial": {
            "inflated_loc_probs": 0.3,
            "inflated_loc_logits": 0.2,
            "total_count": 8.0,
            "probs": 0.3,
        },
    }


def _structured(d: Any) -> Mapping[str, Arguments]:
    """Processes, chains and classes that take linear operators."""
    tfp = importlib.import_module("tensorflow_probability.substrates.jax")
    kernel = tfp.math.psd_kernels.ExponentiatedQuadratic(jnp.float32(1.1), jnp.float32(0.8))
    operators = tfp.tf2jax.linalg
    operator = operators.LinearOperatorLowerTriangular(jnp.array(TRIANGLE))
    process = {"kernel": kernel, "index_points": jnp.array(POINTS)}
    noise = d.MultivariateNormalDiag(jnp.zeros(2), jnp.ones(2))
    return {
        "GaussianProcess": {**process, "observation_noise_variance": 0.1},
        "GaussianProcessRegressionModel": {
            **process,
            "observation_index_points": jnp.array(POINTS[:2]),
            "observations": VECTOR,
            "observation_noise_variance": 0.1,
            "predictive_noise_variance": 0.2,
        },
        "HiddenMarkovModel": {
            "initial_distribution": d.Categorical(probs=[0.5, 0.5]),
            "transition_distribution": d.Categorical(probs=[[0.7, 0.3], [0.4, 0.6]]),
            "observation_distribution": d.Normal(jnp.array([0.0, 2.0]), 1.0),
            "num_steps": 3,
        },
        "LinearGaussianStateSpaceModel": {
            "num_timesteps": 3,
            "transition_matrix": SQUARE,
            "transition_noise": noise,
            "observation_matrix": SQUARE,
            "observation_noise": noise,
            "initial_state_prior": noise,
        },
        "MarkovChain": {
            "initial_state_prior": d.Normal(0.3, 1.2),
            "transition_fn": lambda _, x: d.Normal(0.5 * x, 1.0),
            "num_steps": 3,
        },
        "MatrixNormalLinearOperator": {
            "loc": SQUARE,
            "scale_row": operator,
            "scale_column": operator,
        },
        "MatrixTLinearOperator": {
            "df": 8.0,
            "loc": SQUARE,
            "scale_row": operator,
            "scale_column": operator,
        },
        "MultivariateNormalLinearOperator": {"loc": VECTOR, "scale": operator},
        "MultivariateStudentTLinearOperator": {"df": 8.0, "loc": VECTOR, "scale": operator},
        "StudentTProcess": {"df": 8.0, **process, "observation_noise_variance": 0.1},
        "StudentTProcessRegressionModel": {
            "df": 8.0,
            **process,
            "observation_index_points": jnp.array(POINTS[:2]),
            "observations": VECTOR,
            "observation_noise_variance": 0.1,
            "predictive_noise_variance": 0.2,
        },
        "VariationalGaussianProcess": {
            **process,
            "inducing_index_points": jnp.array(POINTS[:2]),
            "variational_inducing_observations_loc": VECTOR,
            "variational_inducing_observations_scale": TRIANGLE,
            "observation_noise_variance": 0.1,
        },
        "WishartLinearOperator": {"df": 5.0, "scale": operator},
    }


def _claims(d: Any) -> bool:
    full = importlib.import_module(TFP.module).FULLY_REPARAMETERIZED
    return all(kind == full for kind in jax.tree.leaves(d.reparameterization_type))


def _discrete(d: Any) -> bool:
    """By TFP's own mixin; for what only passes draws on, whether they are integers."""
    mixin = importlib.import_module(f"{TFP.module}.distribution").DiscreteDistributionMixin
    if isinstance(d, mixin):
        return True
    draws = jax.tree.leaves(d.sample(64, seed=jax.random.key(0)))
    return all(bool(jnp.all(draw == jnp.round(draw))) for draw in draws)


TFP = Library(
    root="tensorflow_probability",
    module="tensorflow_probability.substrates.jax.distributions",
    exported=_exported,
    sample=lambda d, key, count: d.sample(count, seed=key),
    claims=_claims,
    discrete=_discrete,
    values={
        **COMMON,
        "log_rate": 0.2,
        "power": 1.5,
        "cutpoints": np.array([-1.0, 0.5], np.float32),
    },
    own=_own,
)
