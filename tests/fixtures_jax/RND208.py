"""What each function of tests/fixtures/RND208.py does at run time: (theta, claim[, truth]).

A Wald (inverse Gaussian) draw with mean m and unit shape has E[x] = m and E[x^2] = m^2 + m^3.
"""

import math

import numpy as np

VECTOR = np.array([0.1, -0.3, 0.2])

CASES = {
    "mean_of_wald": (1.0, "biased", 1.0),
    "keyword_mean_of_wald": (1.0, "biased", 1.0),
    "second_moment": (1.0, "biased", 5.0),
    "mean_through_a_link_function": (0.3, "biased", math.exp(0.3)),
    "train_step_with_nested_loss": (1.0, "biased", 1.0),
    "decorated_function": (1.0, "biased", 2.0),
    "partial_decorator": (1.0, "biased", 1.0),
    "negative_argnums": (1.0, "biased", 2.0),
    "jvp_tangent": (1.0, "biased", 1.0),
    "vjp_cotangent": (1.0, "biased", 1.0),
    "forward_jacobian": (1.0, "biased", 1.0),
    "sampler_in_a_helper": (1.0, "biased", 3.0),
    "sampler_in_a_scan_body": (1.0, "biased", 3.0),
    "sampler_in_a_jitted_function": (1.0, "biased", 1.0),
    "equinox_filter_grad": (1.0, "biased", 1.0),
    "draw_is_scaled": (2.0, "unbiased", 1.0),
    "draw_is_scaled_in_a_helper": (2.0, "unbiased", 1.0),
    "draw_is_shifted": (2.0, "unbiased", 6.0),
    "mean_under_stop_gradient": (1.5, "unbiased", 1.5),
    "score_of_a_given_draw": (1.0, "unbiased", 1.0),
    "score_of_a_draw_under_stop_gradient": (1.0, "unbiased", 1.0),
    "score_with_the_mean_under_stop_gradient": (1.0, "unbiased", 1.0),
    "mean_is_not_differentiated": (3.0, "unbiased", 2.0),
    "draw_is_only_reported": (1.5, "unbiased", 3.0),
    "expectation_in_closed_form": (1.5, "unbiased", 1 + 3 * 2.25),
    "density_is_not_a_sampler": (1.5, "unbiased", 0.0),
    "other_primal_of_jvp": (2.0, "unbiased", 1.5),
    "shape_of_the_draw": (VECTOR, "unbiased", np.ones(3)),
    "constant_mean_in_a_scan_body": (2.0, "unbiased", 3.0),
    "equinox_filter_grad_of_a_scaled_draw": (2.0, "unbiased", 1.0),
}

NOT_RUN = {"not_differentiated_at_all": "returns a draw, not a derivative"}
