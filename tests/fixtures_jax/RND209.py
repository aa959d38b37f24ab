"""What each function of tests/fixtures/RND209.py does at run time: (theta, claim[, truth]).

The rule is about derivatives that jax refuses, so that most of the others need only be allowed.
"""

import numpy as np

VECTOR = np.array([0.3, -0.5])
ALPHA = np.array([0.8, 1.2, 2.0])

CASES = {
    "grad_of_grad_of_gamma": (2.5, "raises"),
    "grad_of_grad_of_loggamma": (2.5, "raises"),
    "grad_of_grad_of_beta": (2.0, "raises"),
    "jacobian_of_jacobian_of_dirichlet": (ALPHA, "raises"),
    "jacobian_of_grad_of_chisquare": (5.0, "raises"),
    "grad_of_jacobian_of_student_t": (12.0, "raises"),
    "grad_of_grad_of_f": (14.0, "raises"),
    "grad_of_grad_of_generalized_normal": (1.5, "raises"),
    "inner_derivative_in_a_lambda": (2.5, "raises"),
    "gradient_penalty_in_a_loss": (2.5, "raises"),
    "inner_update_of_meta_learning": (2.5, "raises"),
    "pull_back_inside_a_grad": (2.5, "raises"),
    "sampler_in_a_helper": (2.5, "raises"),
    # E[x^2] = a^2 + a for gamma(a)
    "hessian_is_forward_over_reverse": (2.5, "unbiased", 2.0),
    "forward_over_reverse": (2.5, "allowed"),
    "forward_over_forward": (2.5, "allowed"),
    "jvp_of_grad": (5.0, "allowed"),
    "first_derivative_only": (2.5, "unbiased", 1.0),
    "two_first_derivatives": (2.5, "allowed"),
    # 2 E[x^2]
    "grad_of_grad_of_a_scaled_draw": (2.0, "unbiased", 2 * 8.75),
    "grad_of_grad_of_uniform": (2.0, "unbiased", 2 / 3),
    "grad_of_grad_of_a_written_process": (0.7, "unbiased", 6 * 0.7),
    "jacobian_of_jacobian_of_a_written_process": (VECTOR, "unbiased", np.full(2, 2.0)),
    "parameter_under_stop_gradient": (2.5, "unbiased", 5.0),
    "draw_under_stop_gradient": (2.5, "unbiased", 5.0),
    "inner_derivative_of_another_argument": (2.0, "unbiased", 5.0),
    "sampled_before_the_derivatives": (2.5, "unbiased", 5.0),
    "grad_of_grad_of_a_density": (2.0, "unbiased", -1.0),
    "gradient_penalty_with_a_given_draw": (2.0, "allowed"),
}

NOT_RUN = {"not_differentiated_at_all": "returns a draw, not a derivative"}
