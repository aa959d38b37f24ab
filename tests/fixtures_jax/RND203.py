"""What each function of tests/fixtures/RND203.py does at run time: (theta, claim[, truth]).

RND203 is about what a derivative means, not about a wrong one: each is an unbiased gradient.
"""

import math

import numpy as np

VECTOR = np.array([0.3, -0.5])


def _pdf(x):
    return math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def _cdf(x):
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def _difference(f, x):
    """Central difference; accurate to about 1e-8 for the smooth means below."""
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5


def _truncated_mean(lower):
    return (_pdf(lower) - _pdf(2.0)) / (_cdf(2.0) - _cdf(lower))


RAYLEIGH = math.sqrt(math.pi / 2)

CASES = {
    "upper_bound_of_uniform": (2.0, "unbiased", 0.5),
    "lower_bound_of_uniform": (0.5, "unbiased", (2 * 0.5 + 2.0) / 3),
    "positional_bounds_of_uniform": (1.5, "unbiased", 2 * 1.5 / 3),
    "bounds_in_a_named_tuple": (2.0, "unbiased", 0.5),
    "mean_of_a_multivariate_normal": (VECTOR, "unbiased", 2 * VECTOR),
    "covariance_of_a_multivariate_normal": (1.5, "unbiased", 2.0),
    "sigma_of_lognormal": (0.5, "unbiased", 0.5 * math.exp(0.125)),
    "shape_of_pareto": (8.0, "unbiased", -1 / 49),
    "scale_of_rayleigh": (1.3, "unbiased", RAYLEIGH),
    "scale_of_weibull": (1.3, "unbiased", math.gamma(1 + 1 / 1.7)),
    "concentration_of_weibull": (
        1.7,
        "unbiased",
        _difference(lambda c: 1.3 * math.gamma(1 + 1 / c), 1.7),
    ),
    "bound_of_a_truncated_normal": (-1.0, "unbiased", _difference(_truncated_mean, -1.0)),
    "mode_of_triangular": (0.5, "unbiased", 1 / 3),
    "location_of_double_sided_maxwell": (0.7, "unbiased", 1.0),
    "train_step_with_nested_loss": (2.0, "unbiased", 1.5),
    "decorated_function": (1.3, "unbiased", RAYLEIGH),
    "partial_decorator": (1.3, "unbiased", 0.5),
    "negative_argnums": (2.0, "unbiased", 1.0),
    "jvp_tangent": (2.0, "unbiased", 0.5),
    "vjp_cotangent": (2.0, "unbiased", 0.5),
    "linearized": (2.0, "unbiased", 0.5),
    "second_derivative": (2.0, "unbiased", 2 / 3),
    "sampler_in_a_helper": (2.0, "unbiased", 1.5),
    "sampler_in_a_scan_body": (2.0, "unbiased", 1.5),
    "sampler_under_vmap": (1.3, "unbiased", RAYLEIGH),
    "sampler_in_a_jitted_function": (0.4, "unbiased", 0.5 * math.exp(0.4)),
    "equinox_filter_grad": (2.0, "unbiased", 0.5),
    "nnx_value_and_grad": (2.0, "unbiased", 0.5),
    "draw_is_scaled": (2.0, "unbiased", 0.5),
    "process_written_out": (1.5, "unbiased", 1.0),
    "location_and_scale_written_out": (1.5, "unbiased", 3.0),
    # -(m^2 + s^2)/2 + log s, s = exp(log_std)
    "variational_autoencoder_latent": (VECTOR, "unbiased", np.array([-0.3, 1 - math.exp(-1.0)])),
    "cholesky_written_out": (1.5, "unbiased", 2.0),
    "lognormal_written_out": (0.5, "unbiased", 0.5 * math.exp(0.125)),
    "inverse_cdf_written_out": (1.5, "unbiased", -1 / 2.25),
    "bounds_are_constants": (2.0, "unbiased", 1.0),
    "bounds_under_stop_gradient": (2.0, "unbiased", 1.0),
    "draw_under_stop_gradient": (2.0, "unbiased", 1.0),
    "bound_is_not_differentiated": (3.0, "unbiased", 1.0),
    "sampled_before_the_derivative": (2.0, "unbiased", 1.0),
    "draw_is_only_reported": (2.0, "unbiased", 4.0),
    "shape_of_the_draw": (VECTOR, "unbiased", np.ones(2)),
    "dtype_of_the_draw": (2.0, "unbiased", 0.5),
    "dropout_mask": (2.0, "unbiased", 3.0),
    "parameter_noise": (2.0, "unbiased", 4.0),
    "initialised_inside_the_loss": (2.0, "unbiased", 2.0),
    "key_depends_on_a_step": (2.0, "unbiased", 1.0),
    "other_primal_of_jvp": (3.0, "unbiased", 1.0),
    "equinox_filter_grad_of_a_scaled_draw": (2.0, "unbiased", 1.0),
}

NOT_RUN = {"not_differentiated_at_all": "returns a draw, not a derivative"}
