"""What each function of tests/fixtures/RND201.py does at run time: (theta, claim[, truth])."""

import numpy as np

REWARDS = np.array([0.0, 1.0, 3.0])
LOGITS = np.array([0.1, -0.3, 0.2])


def _expected_reward_gradient(values):
    """d/dlogits of sum_i softmax(logits)_i values_i."""
    p = np.exp(LOGITS) / np.exp(LOGITS).sum()
    return p * (values - p @ values)


def _binary_concrete_gradient(logit, temperature):
    """d/dlogit of E[sigmoid((logit + L) / temperature)], L logistic, by quadrature over U."""
    u = (np.arange(200_000) + 0.5) / 200_000
    s = 1.0 / (1.0 + np.exp(-(logit + np.log(u) - np.log1p(-u)) / temperature))
    return (s * (1.0 - s)).mean() / temperature


def _slope_of_sigmoid(logit):
    p = 1.0 / (1.0 + np.exp(-logit))
    return p * (1.0 - p)


CASES = {
    "bernoulli_probability": (0.3, "zero", 3.0),
    "bernoulli_keyword_probability": (0.3, "zero", 1.8),
    "categorical_action_reward": (LOGITS, "zero", _expected_reward_gradient(REWARDS)),
    "poisson_rate": (3.0, "zero", 7.0),
    "geometric_trials": (0.3, "zero", -1 / 0.09),
    "binomial_successes": (0.3, "zero", 20.0),
    "multinomial_counts": (LOGITS, "zero", 10 * _expected_reward_gradient(REWARDS)),
    "choice_probabilities": (LOGITS, "zero", _expected_reward_gradient(REWARDS)),
    "randint_upper_bound": (5.0, "zero"),
    "train_step_with_nested_loss": (0.4, "zero"),
    "decorated_function": (0.3, "zero", 2.0),
    "partial_decorator": (3.0, "zero", 1.0),
    "negative_argnums": (3.0, "zero", 2.0),
    "tuple_of_argnums": (0.3, "zero", 1.0),
    "jvp_tangent": (0.3, "zero", 1.0),
    "vjp_cotangent": (0.3, "zero", 1.0),
    "linearized": (3.0, "zero", 1.0),
    "forward_jacobian": (3.0, "zero", 2.0),
    "reverse_jacobian": (3.0, "zero", 2.0),
    "second_derivative": (0.3, "zero"),
    "jitted_objective": (0.3, "zero", 1.0),
    "sampler_in_a_helper": (0.4, "zero"),
    "parameters_in_a_named_tuple": (LOGITS, "zero", _expected_reward_gradient(REWARDS**2)),
    "sampler_in_a_scan_body": (0.6, "zero", 3 * 0.36),
    "sampler_under_vmap": (3.0, "zero", 1.0),
    "integer_output_of_grad": (3.0, "float0_or_typeerror"),
    "integer_output_of_jvp": (0.3, "float0_or_typeerror"),
    "sampler_in_a_method": (0.3, "zero", 2.0),
    "equinox_filter_grad": (0.3, "zero", 1.0),
    "equinox_filter_value_and_grad": (0.3, "zero", 1.0),
    "nnx_grad": (0.3, "zero", 1.0),
    "distrax_bernoulli": (0.3, "zero", 1.0),
    "numpyro_poisson": (3.0, "zero", 1.0),
    "derivative_bound_to_a_global": (0.3, "zero", 2.0),
    "derivative_handed_on": (0.3, "zero", 3.0),
    "derivative_in_a_named_argument_handed_on": (0.3, "zero", 2.0),
    "derivative_kept_on_an_object": (3.0, "zero", 1.0),
    "jaxopt_solver": (0.3, "zero", 3.0),
    "optimistix_minimiser": (0.3, "zero", 3.0),
    "blackjax_log_density": (3.0, "zero", -1.0),
    "layer_in_a_flax_module": (0.4, "zero", _slope_of_sigmoid(0.4)),
    "parameter_of_a_haiku_function": (0.3, "zero", 3.0),
    "method_of_an_annotated_model": (0.4, "zero", _slope_of_sigmoid(0.4)),
    "differentiated_method_of_a_model": (3.0, "zero", 2.0),
    "weights_of_a_numpyro_mixture": (LOGITS, "zero", _expected_reward_gradient(REWARDS)),
    "auxiliary_output_of_vjp": (2.0, "unbiased", 0.5),
    "input_of_a_flax_module": (2.0, "unbiased", 0.3),
    "input_of_a_haiku_function": (2.0, "unbiased", 0.3),
    "relaxed_method_of_an_annotated_model": (0.4, "unbiased", _binary_concrete_gradient(0.4, 0.5)),
    "probability_is_a_constant": (2.0, "unbiased", 0.3),
    "dropout_with_a_constant_rate": (2.0, "unbiased", 3.0),
    "parameter_is_not_differentiated": (2.0, "unbiased", 0.3),
    "sampled_before_the_derivative": (0.3, "unbiased", 3.0),
    "policy_gradient_on_a_given_action": (LOGITS, "unbiased", _expected_reward_gradient(REWARDS)),
    "parameter_under_stop_gradient": (LOGITS, "unbiased", _expected_reward_gradient(REWARDS)),
    "draw_under_stop_gradient": (LOGITS, "unbiased", _expected_reward_gradient(REWARDS)),
    "straight_through": (0.3, "unbiased", 3.0),
    "straight_through_by_custom_vjp": (0.3, "unbiased", 3.0),
    "binary_concrete_relaxation": (0.4, "unbiased", _binary_concrete_gradient(0.4, 0.5)),
    "gumbel_softmax_relaxation": (LOGITS, "finite"),
    "enumerated_expectation": (LOGITS, "unbiased", _expected_reward_gradient(REWARDS)),
    "values_of_a_choice": (LOGITS, "unbiased", np.full(3, 1 / 3)),
    "values_of_a_permutation": (LOGITS, "unbiased", np.full(3, 1 / 3)),
    "fixed_mixture_weights": (LOGITS, "unbiased", np.full(3, 1 / 3)),
    "minibatch_indices": (2.0, "unbiased", 3.0),
    "bound_from_a_shape": (LOGITS, "unbiased", np.full(3, 1 / 3)),
    "draw_is_only_reported": (0.3, "unbiased", -1.4),
    "other_primal_of_jvp": (2.0, "unbiased", 0.3),
    "rewards_are_differentiated": (LOGITS, "unbiased", np.full(3, 1 / 3)),
    "sampler_under_vmap_with_constant_rate": (2.0, "unbiased", 2.0),
    "equinox_filter_grad_of_a_given_draw": (2.0, "unbiased", 0.3),
    "distrax_log_prob_of_a_given_draw": (0.3, "unbiased", 0.0),
    "derivative_of_a_scale_bound_to_a_global": (2.0, "unbiased", 0.3),
    "derivative_in_another_argument_handed_on": (2.0, "unbiased", 0.3),
    "jaxopt_solver_with_constant_probability": (2.0, "unbiased", 0.3),
    "jaxopt_solver_with_an_own_gradient": (0.3, "unbiased", 1.0),
    "optimistix_minimiser_with_constant_probability": (2.0, "unbiased", 0.3),
    "blackjax_log_density_of_a_given_draw": (2.0, "unbiased", 0.0),
}

NOT_RUN = {"not_differentiated_at_all": "returns a draw, not a derivative"}
