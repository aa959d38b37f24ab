"""What two calls of a function of tests/fixtures/RND301.py answer: (x, claim)."""

import numpy as np

X = np.arange(3.0)
_ARGUMENTS = "takes other arguments than `x`"
_RETRACED = "is not jitted, so that every call traces, and draws, again"

CASES = {
    "numpy_module_function": (X, "frozen"),
    "numpy_module_alias": (X, "frozen"),
    "standard_library_random": (X, "frozen"),
    "standard_library_function": (X, "frozen"),
    "python_branch_on_a_host_draw": (X, "frozen"),
    "module_level_generator": (X, "frozen"),
    "generator_made_inside": (X, "frozen"),
    "secret_bits": (X, "frozen"),
    "operating_system_entropy": (X, "frozen"),
    "random_bytes_as_numbers": (X, "frozen"),
    "key_seeded_from_the_clock": (X, "frozen"),
    "key_seeded_from_a_uuid": (X, "frozen"),
    "key_seeded_from_numpy": (X, "frozen"),
    "through_a_helper": (X, "frozen"),
    "equinox_filter_jit": (X, "frozen"),
    "eager_function": (X, "moving"),
    "caller_of_a_jitted_function": (X, "moving"),
    "closure_over_a_host_draw": (X, "moving"),
    "pure_callback_asks_the_host": (X, "moving"),
    "io_callback_asks_the_host": (X, "moving"),
    "debug_callback_runs_on_the_host": (X, "frozen"),
    "own_method_called_random": (X, "frozen"),
    "type_check_of_a_generator": (X, "frozen"),
    "random_bytes_as_a_name": (X, "frozen"),
}

NOT_RUN = {
    "partial_jit": _ARGUMENTS,
    "generator_argument_of_the_enclosing_function": _ARGUMENTS,
    "scan_body": _ARGUMENTS,
    "fori_body": _ARGUMENTS,
    "while_condition": _RETRACED,
    "cond_branch": _ARGUMENTS,
    "loss_under_value_and_grad": _ARGUMENTS,
    "wrapped_later": "its jitted name is `wrapped`",
    "eager_standard_library": _ARGUMENTS,
    "jax_random_under_the_name_random": _ARGUMENTS,
    "drawn_outside_and_handed_in": _ARGUMENTS,
    "host_draw_in_the_loop_around_the_step": _ARGUMENTS,
    "parameter_called_random": _ARGUMENTS,
    "timed_call_of_a_jitted_function": _ARGUMENTS,
    "name_of_a_run": _ARGUMENTS,
    "tree_map_is_not_traced": _ARGUMENTS,
    "initial_value_of_a_scan": _ARGUMENTS,
    "data_handed_to_grad": _ARGUMENTS,
}
