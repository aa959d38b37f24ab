"""What each function of tests/fixtures/RND205.py does at run time: (theta, claim[, truth])."""

import numpy as np

VECTOR = np.array([0.1, -0.3, 0.2])

CASES = {
    "key_is_the_first_argument": (2.0, "raises"),
    "argnums_points_at_the_key": (2.0, "raises"),
    "positional_argnums_points_at_the_key": (2.0, "raises"),
    "tuple_of_argnums_holds_the_key": (2.0, "raises"),
    "negative_argnums_points_at_the_key": (2.0, "raises"),
    "value_and_grad_of_the_key": (2.0, "raises"),
    "forward_jacobian_of_the_key": (2.0, "raises"),
    "reverse_jacobian_of_the_key": (2.0, "raises"),
    "hessian_of_the_key": (2.0, "raises"),
    "key_among_the_primals_of_jvp": (2.0, "raises"),
    "lambda_takes_the_key_first": (2.0, "raises"),
    "nested_loss_takes_the_key_first": (VECTOR, "raises"),
    "derivative_named_before_the_call": (2.0, "raises"),
    "jitted_derivative_of_the_key": (2.0, "raises"),
    "key_in_a_dictionary_of_parameters": (2.0, "raises"),
    "key_in_a_named_tuple": (2.0, "raises"),
    "split_key_is_the_first_argument": (2.0, "raises"),
    "key_among_the_primals_of_vjp": (2.0, "float0"),
    "key_among_the_primals_of_linearize": (2.0, "unbiased", 1.0),
    "key_with_integers_allowed": (2.0, "float0"),
    "value_of_the_key_with_integers_allowed": (2.0, "float0"),
    "primals_of_vjp_without_the_key": (2.0, "unbiased", 1.0),
    "weight_with_integers_allowed": (2.0, "unbiased", 1.0),
    "key_is_the_second_argument": (2.0, "unbiased", 1.0),
    "argnums_points_at_the_weight": (2.0, "unbiased", 1.0),
    "negative_argnums_points_at_the_weight": (2.0, "unbiased", 1.0),
    "tuple_of_argnums_without_the_key": (2.0, "unbiased", 1.0),
    "key_is_closed_over": (2.0, "unbiased", 1.0),
    "key_by_keyword": (2.0, "unbiased", 1.0),
    "value_and_grad_of_the_weight": (2.0, "unbiased", 1.0),
    "forward_jacobian_of_the_weight": (2.0, "unbiased", 1.0),
    "hessian_of_the_weight": (2.0, "unbiased", 2.0),
    "primals_of_jvp_without_the_key": (2.0, "unbiased", 1.0),
    "partial_binds_the_key": (2.0, "unbiased", 1.0),
    "decorated_function": (2.0, "unbiased", 1.0),
    "partial_decorator": (2.0, "unbiased", 0.5),
    "jitted_derivative_of_the_weight": (2.0, "unbiased", 1.0),
    "dictionary_of_parameters_without_the_key": (2.0, "unbiased", 1.0),
    "nested_derivative_of_the_weight": (2.0, "unbiased", 12.0),
    "attention_key_is_differentiated": (3.0, "unbiased", 2.0),
    "dictionary_key_is_not_a_key": (2.0, "unbiased", 1.0),
    "scan_over_keys_inside_the_loss": (2.0, "unbiased", 3.0),
    "vmapped_derivative_of_the_weight": (2.0, "unbiased", 1.0),
}

NOT_RUN: dict[str, str] = {}
