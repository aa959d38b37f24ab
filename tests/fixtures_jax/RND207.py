"""What each function of tests/fixtures/RND207.py does at run time: (theta, claim[, truth]).

For x ~ Normal(mu, s), E[x^2] = mu^2 + s^2; with a loss of the opposite sign the truth is negated.
"""

import numpy as np

VECTOR = np.array([0.3, -0.5])
LOGITS = np.array([0.1, -0.3, 0.2])
REWARDS = np.array([0.0, 1.0, 3.0])
SOFTMAX = np.exp(LOGITS) / np.exp(LOGITS).sum()
ENTROPY_GRADIENT = -SOFTMAX * (np.log(SOFTMAX) - SOFTMAX @ np.log(SOFTMAX))

CASES = {
    "sample_is_not_stopped": (0.7, "biased", 1.4),
    "only_the_reward_is_stopped": (0.7, "biased", 1.4),
    "reward_is_the_left_factor": (0.7, "biased", 1.4),
    "log_prob_by_a_helper": (0.7, "biased", 1.4),
    "negative_loss_in_a_train_step": (0.7, "biased", -1.4),
    "batch_of_samples": (0.7, "biased", 1.4),
    "log_prob_of_several_dimensions": (VECTOR, "biased", 2 * VECTOR),
    "scale_is_differentiated": (0.7, "biased", 1.4),
    "distrax_log_prob": (0.7, "biased", 1.4),
    "decorated_function": (0.7, "biased", 1.4),
    "partial_decorator": (0.7, "biased", 1.4),
    "jvp_tangent": (0.7, "biased", 1.4),
    "equinox_filter_grad": (0.7, "biased", 1.4),
    "log_density_written_out": (0.7, "biased", 1.4),
    "standardised_and_squared": (0.7, "biased", 1.4),
    "mean_less_the_sample": (0.7, "biased", 2.4),
    "log_density_of_a_stopped_sample": (0.7, "unbiased", 1.4),
    "distance_from_something_else": (0.7, "unbiased", 2 * (0.7 - 1)),
    "log_densities_added": (0.7, "unbiased", -0.7),
    "sample_is_stopped": (0.7, "unbiased", 1.4),
    "sample_is_stopped_later": (0.7, "unbiased", 1.4),
    "mean_is_stopped_in_the_process": (0.7, "unbiased", 1.4),
    "sampled_before_the_derivative": (0.7, "unbiased", 1.4),
    "sample_is_an_argument": (0.7, "unbiased", 1.4),
    "pathwise_only": (0.7, "unbiased", 1.4),
    # -mu^2/2 - (1 - mu)^2/2 + constant
    "evidence_lower_bound": (0.7, "unbiased", 1 - 2 * 0.7),
    # -(1 - mu)^2/2 - 4 mu^2/2 + constant
    "weighted_evidence_lower_bound": (0.7, "unbiased", 1 - 5 * 0.7),
    "sticking_the_landing": (0.7, "unbiased", -0.7),
    "soft_actor_critic_loss": (0.7, "unbiased", 1.4),
    "weighted_likelihood_of_data": (0.7, "unbiased", 3 - 3 * 0.7),
    "weights_drawn_inside_the_likelihood": (0.7, "unbiased", 3 - 3 * 0.7),
    "importance_ratio_of_a_given_action": (0.7, "unbiased", 1.4),
    "entropy_by_enumeration": (LOGITS, "unbiased", ENTROPY_GRADIENT),
    "discrete_action_with_stopped_logits": (
        LOGITS,
        "unbiased",
        SOFTMAX * (REWARDS - SOFTMAX @ REWARDS),
    ),
    "magic_box": (0.7, "unbiased", 1.4),
    "baseline_is_subtracted": (0.7, "unbiased", 1.4),
    "product_of_draws_without_a_density": (0.7, "unbiased", 1.4),
}

NOT_RUN: dict[str, str] = {}
