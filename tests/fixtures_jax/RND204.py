"""What each function of tests/fixtures/RND204.py does at run time: (theta, claim[, truth]).

At ordinary parameters the implicit derivative is an unbiased gradient.
"""

import math

import numpy as np

ALPHA = np.array([0.8, 1.2, 2.0])
VALUES = np.array([0.1, -0.3, 0.2])


def _difference(f, x):
    return (f(x + 1e-5) - f(x - 1e-5)) / 2e-5


def _trigamma(x):
    """Derivative of digamma, from the recurrence and the asymptotic series."""
    total = 0.0
    while x < 20.0:
        total += 1.0 / x**2
        x += 1.0
    return total + 1 / x + 1 / (2 * x**2) + 1 / (6 * x**3) - 1 / (30 * x**5)


def _generalized_normal_variance(p):
    return math.gamma(3 / p) / math.gamma(1 / p)


def _ball_squared_coordinate(p, d=3):
    """E[x_0^2] of a uniform draw from the unit ball of the p-norm in d dimensions.

    x = g / (sum |g_i|^p + e)^(1/p) with g generalized normal and e exponential; the radius is
    independent of the direction, so E[x^2] = E[g^2] / E[(sum |g|^p + e)^(2/p)], gamma(d/p + 1).
    """
    denominator = math.gamma((d + 2) / p + 1) / math.gamma(d / p + 1)
    return _generalized_normal_variance(p) / denominator


S = ALPHA.sum()

CASES = {
    "shape_of_gamma": (2.5, "unbiased", 1.0),
    "keyword_shape_of_gamma": (0.7, "unbiased", math.exp(0.7)),
    "shape_of_loggamma": (2.5, "unbiased", _trigamma(2.5)),
    "first_parameter_of_beta": (2.0, "unbiased", 1.5 / 3.5**2),
    "second_parameter_of_beta": (1.5, "unbiased", -2.0 / 3.5**2),
    "concentration_of_dirichlet": (
        ALPHA,
        "unbiased",
        (np.array([S, 0.0, 0.0]) - ALPHA[0]) / S**2,
    ),
    "degrees_of_chisquare": (5.0, "unbiased", 1.0),
    "denominator_degrees_of_f": (14.0, "unbiased", -2 / 12**2),
    "degrees_of_student_t": (12.0, "unbiased", -2 / 10**2),
    "power_of_generalized_normal": (
        1.5,
        "unbiased",
        _difference(_generalized_normal_variance, 1.5),
    ),
    "power_of_a_ball": (1.5, "unbiased", _difference(_ball_squared_coordinate, 1.5)),
    "evidence_lower_bound_in_a_train_step": (0.7, "unbiased", math.exp(0.7)),
    "decorated_function": (5.0, "unbiased", 1.0),
    "partial_decorator": (2.5, "unbiased", 1.0),
    "jvp_tangent": (2.5, "unbiased", 1.0),
    "vjp_cotangent": (2.5, "unbiased", 1.0),
    "sampler_in_a_helper": (2.5, "unbiased", 1.0),
    "sampler_under_vmap": (2.5, "unbiased", 1.0),
    "equinox_filter_grad": (2.5, "unbiased", 1.0),
    "draw_is_scaled": (2.0, "unbiased", 2.5),
    "draw_is_scaled_in_a_helper": (2.0, "unbiased", 2.5),
    "rate_divides_the_draw": (2.0, "unbiased", -2.5 / 4),
    "student_noise_with_constant_degrees": (2.0, "unbiased", 4.0),
    "dirichlet_weights_with_constant_concentration": (VALUES, "unbiased", np.full(3, 1 / 3)),
    "parameter_under_stop_gradient": (2.5, "unbiased", 2.5),
    # d/da E[x] = 1 for gamma(a)
    "draw_under_stop_gradient": (2.5, "unbiased", 1.0),
    "parameter_is_not_differentiated": (2.0, "unbiased", 2.5),
    "sampled_before_the_derivative": (2.5, "unbiased", 1.0),
    # a uniform draw is beta(1, 1), and its expected score is 0
    "density_is_not_a_sampler": (1.0, "unbiased", 0.0),
    "special_function_is_not_a_sampler": (
        2.5,
        "unbiased",
        _difference(math.gamma, 2.5),
    ),
    # the author's rule: the derivative of the mean
    "own_derivative_rule": (2.5, "unbiased", 1.0),
    "draw_is_only_reported": (2.5, "unbiased", 5.0),
    "approximated_by_a_normal": (2.5, "unbiased", 1.0),
    "inverse_cdf_of_a_power": (2.0, "unbiased", 1 / 9),
    "other_primal_of_jvp": (2.0, "unbiased", 2.5),
    "equinox_filter_grad_of_a_scaled_draw": (2.0, "unbiased", 2.5),
}

NOT_RUN = {"not_differentiated_at_all": "returns a draw, not a derivative"}
