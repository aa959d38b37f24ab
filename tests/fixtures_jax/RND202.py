"""What each function of tests/fixtures/RND202.py does at run time: (theta, claim[, truth])."""

import math

import numpy as np

REWARDS = np.array([0.0, 1.0, 3.0])
LOGITS = np.array([0.1, -0.3, 0.2])
SOFTMAX = np.exp(LOGITS) / np.exp(LOGITS).sum()
REWARD_GRADIENT = SOFTMAX * (REWARDS - SOFTMAX @ REWARDS)


def _pdf(x):
    return math.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)


def _cdf(x):
    return 0.5 * (1 + math.erf(x / math.sqrt(2)))


def _sigmoid(x):
    return 1 / (1 + math.exp(-x))


def _accepted_cost_gradient(logit):
    """d/dlogit of logit * sigmoid(logit)."""
    s = _sigmoid(logit)
    return s + logit * s * (1 - s)


def _metropolis_gradient(scale):
    """d/dscale of E[x'^2] after one Metropolis step from 1 for a standard normal target.

    E = 1 + int phi(e) min(1, exp((1 - y^2)/2)) (y^2 - 1) de with y = 1 + scale e; differentiated
    under the integral by central differences, by the midpoint rule over e.
    """
    e = (np.arange(400_000) + 0.5) / 400_000 * 20 - 10

    def expectation(s):
        y = 1 + s * e
        weight = np.exp(-0.5 * e * e) / math.sqrt(2 * math.pi)
        return (weight * np.minimum(1, np.exp(0.5 * (1 - y * y))) * (y * y - 1)).mean() * 20

    return (expectation(scale + 1e-4) - expectation(scale - 1e-4)) / 2e-4


def _ceiling_gradient(rate):
    """d/drate of E[ceil(E/rate)] = 1/(1 - exp(-rate))."""
    return -math.exp(-rate) / (1 - math.exp(-rate)) ** 2


def _truncated_mean_gradient(lower):
    hazard = _pdf(lower) / (1 - _cdf(lower))
    return hazard * (hazard - lower)


CASES = {
    "cast_to_an_integer": (0.5, "zero", sum(_pdf(k - 0.5) + _pdf(k + 0.5) for k in range(1, 9))),
    "slope_at_a_drawn_point": (2.0, "unbiased", 2.0),
    "drawn_before_and_compared_inside": (0.3, "zero", 1.0),
    "indices_of_the_largest": (LOGITS, "zero", REWARD_GRADIENT),
    "values_of_the_largest": (LOGITS, "unbiased", SOFTMAX),
    "cast_to_a_float": (2.0, "unbiased", 0.5),
    "uniform_below_a_probability": (0.3, "zero", 3.0),
    "comparison_named_first": (0.3, "zero", 3.0),
    "noisy_score_above_zero": (0.4, "zero", _pdf(0.4)),
    "comparison_by_a_function": (0.3, "zero", 1.0),
    "comparison_with_both_arms_differentiable": (0.8, "biased", _accepted_cost_gradient(0.8)),
    "jump_at_the_threshold": (0.2, "biased", _cdf(-0.3) + 1.5 * _pdf(0.3)),
    "metropolis_accept_step": (1.5, "biased", _metropolis_gradient(1.5)),
    "predicate_of_cond": (0.3, "biased", 3 * 0.09 + 1 - 0.6),
    "gumbel_argmax": (LOGITS, "zero", REWARD_GRADIENT),
    "exponential_race_argmin": (LOGITS, "zero", REWARD_GRADIENT),
    "rounded_latent": (0.3, "zero", 1.0),
    "floored_latent": (0.3, "zero", 1.0),
    "ceiling_of_a_waiting_time": (0.7, "zero", _ceiling_gradient(0.7)),
    "sort_index_of_noisy_scores": (LOGITS, "zero", REWARD_GRADIENT),
    "flip_in_a_helper": (0.3, "zero", 2.0),
    "rejection_loop_condition": (0.5, "zero", _truncated_mean_gradient(0.5)),
    "spikes_in_a_scan": (0.4, "zero"),
    "inside_an_interval": (1.0, "zero", 2 * _pdf(1.0)),
    "train_step_with_nested_loss": (0.6, "zero", 3.0),
    "decorated_function": (0.3, "zero", 2.0),
    "partial_decorator": (0.3, "zero", 2.0),
    "compared_under_vmap": (0.3, "zero", 1.0),
    "equinox_filter_grad": (0.3, "zero", 1.0),
    "probability_is_a_constant": (2.0, "unbiased", 0.3),
    "epsilon_greedy_with_a_constant_epsilon": (2.0, "unbiased", 1.1),
    "probability_is_not_differentiated": (2.0, "unbiased", 0.3),
    "rectified_latent": (0.4, "unbiased", _cdf(0.4)),
    "maximum_with_zero": (0.4, "unbiased", _cdf(0.4)),
    "clipped_latent": (0.4, "unbiased", _cdf(0.6) - _cdf(-1.4)),
    "absolute_latent": (0.4, "unbiased", 2 * _cdf(0.4) - 1),
    "largest_noisy_score": (LOGITS, "unbiased", SOFTMAX),
    "sorted_values": (LOGITS, "unbiased", SOFTMAX),
    "median_of_noisy_values": (0.4, "unbiased", 1.0),
    "values_of_top_k": (LOGITS, "unbiased", SOFTMAX),
    "parameter_compared_without_a_draw": (0.4, "unbiased", 1.0),
    "draw_rounded_without_the_parameter": (2.0, "unbiased", 1.5),
    "threshold_under_stop_gradient": (0.3, "unbiased", 3.0),
    "straight_through_flip": (0.3, "unbiased", 3.0),
    "straight_through_rounding": (0.3, "unbiased", 1.0),
    "straight_through_gumbel_softmax": (LOGITS, "finite"),
    "gumbel_softmax": (LOGITS, "finite"),
    "surrogate_derivative_of_a_spike": (0.3, "finite"),
    "chosen_before_the_derivative": (LOGITS, "unbiased", REWARD_GRADIENT),
    "accuracy_is_only_reported": (LOGITS, "unbiased", REWARDS),
    "guard_against_nan": (0.4, "unbiased", 1.0),
    "mask_of_positions": (2.0, "unbiased", 2.0),
    "compared_with_a_static_flag": (2.0, "unbiased", 1.0),
    # At the old parameters the clip is not active: the score times the action.
    "clipped_ratio_of_a_policy": (0.0, "unbiased", 1.0),
}

NOT_RUN = {"not_differentiated_at_all": "returns a draw, not a derivative"}
