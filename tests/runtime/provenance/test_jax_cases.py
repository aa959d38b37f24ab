"""Every case that jax's own test-suite decides, and the programs here that decide the same.

The left column has the names of the cases in jax's `tests/key_reuse_test.py` (its classes for
units and for integration; those about running code are in `tests/runtime/ledger`, under used-up
keys). A case that asks more than one question has more than one program. That the verdicts hold,
for typed and for raw keys and beside jax's checker, is what `test_provenance.py` runs.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import pytest

from randlint_runtime.assertions import KeyReuseAssertionError, assert_no_key_reuse

sys.path.insert(0, str(Path(__file__).parent))
from programs import BAD, GOOD, ONLY_JAX

INTEGRATION = {
    "reuse": "bad: same_sampler_twice",
    "reuse_after_split": "good: split_and_use_children; bad: parent_after_split, split_twice",
    "repeated_fold_ins": "good: many_fold_ins",
    "reuse_after_fold_in": "good: use_after_fold_in",
    "reuse_after_broadcast": "bad: reuse_after_broadcast",
    "reuse_after_reshape": "bad: reuse_after_reshape",
    "reuse_after_squeeze": "bad: reuse_after_squeeze_of_one, reuse_of_a_view",
    "reuse_after_cond": "good: either_branch; bad: after_cond_both, after_cond_one",
    "simple_scan": "good: scan_splits_its_carry",
    "scan_sink_on_consts": "bad: scan_over_a_constant_key",
    "scan_reuse_in_body": "bad: scan_carry_unchanged",
    "scan_good_over_keys": "good: scan_over_keys",
    "scan_consume_one": "good: scan_two_carries",
    "vmap": "good: seeds_under_vmap; bad: constant_key_reused_in_vmap",
    "while_simple": "good: while_splits_its_carry",
    "while_bad_cond": "bad: while_cond_uses_carried_key",
    "while_bad_body": "bad: while_body_keeps_key",
    "while_sink_on_body_consts": "bad: while_body_constant_key",
    "while_sink_on_cond_consts": "bad: while_cond_constant_key",
    "pjit_consumed_input": "good: jit_that_ignores_a_used_key",
    "remat": "good: remat_once_forwards, remat_once; bad: remat_reuse, grad_of_remat_reuse",
}
UNITS = {
    "split": "good: split_and_use_children; bad: parent_after_split",
    "fold_in": "good: use_after_fold_in",
    "bits": "good: one_use; bad: straight_reuse",
    "wrap, unwrap": "good: looking_at_data",
    "gamma": "bad: gamma_twice",
    "reuse_key": "good: clone_for_a_second_use",
    "broadcast_in_dim": "bad: reuse_after_broadcast",
    "copy": "bad: reuse_of_a_copy",
    "device_put": "bad: reuse_after_device_put",
    "squeeze": "bad: reuse_after_squeeze_of_one",
    "reshape": "bad: reuse_of_a_view, reuse_after_reshape",
    "slice": "good: every_element_once; bad: element_twice; only jax: slices_taken_twice_used_once",
    "dynamic_slice": "good: dynamic_slice_used_once",
    "dynamic_update_slice": "good: updated_slice_used_once",
    "jit_can_consume_input": "bad: reuse_across_jit",
    "jit_can_return_consumed_output": "bad: drawn_from_in_jit_and_returned",
    "jit_duplicate_inputs": "bad: unused_argument_that_is_the_same_key, key_passed_twice_to_jit",
    "jit_propagates_consumption_bit": "bad: closed_over_key_returned_from_jit",
    "jit_duplicate_outputs": "bad: key_returned_twice_from_jit",
    "cond_both_consumed": "bad: after_cond_both",
    "cond_one_consumed": "bad: after_cond_one",
    "cond_neither_consumed": "good: neither_branch_then_use",
    "simple_vmap": "good: seeds_under_vmap",
}
PROGRAMS = {"good": GOOD, "bad": BAD, "only jax": ONLY_JAX}


@pytest.mark.parametrize("case", [*INTEGRATION, *UNITS])
def test_every_case_has_its_programs(case):
    for part in {**UNITS, **INTEGRATION}[case].split("; "):
        verdict, _, names = part.partition(": ")
        assert set(names.split(", ")) <= set(PROGRAMS[verdict])


@pytest.mark.parametrize("make", [jax.random.key, jax.random.PRNGKey], ids=["typed", "raw"])
def test_a_seed_that_is_traced(make):
    """jax's cases take a seed and make the key inside."""

    def loop(seed, keep):
        def body(carry):
            key, total = carry
            following, sub = jax.random.split(key)
            drawn = jax.random.randint(key if keep else sub, (), 1, 3)
            return (key if keep else following), total + drawn

        return jax.lax.while_loop(lambda c: c[1] < 5, body, (make(seed), jnp.int32(0)))[1]

    assert_no_key_reuse(lambda seed: loop(seed, False), 0)
    with pytest.raises(KeyReuseAssertionError):
        assert_no_key_reuse(lambda seed: loop(seed, True), 0)


@pytest.mark.parametrize("make", [jax.random.key, jax.random.PRNGKey], ids=["typed", "raw"])
def test_with_the_flag_of_jax_turned_on(make):
    """jax's checker is not asked as well: the error is ours, with both lines."""
    flag = jax.debug_key_reuse
    with flag(True):
        assert_no_key_reuse(jax.jit(GOOD["one_use"]), make(0))
        with pytest.raises(KeyReuseAssertionError, match=r"programs\.py"):
            assert_no_key_reuse(jax.jit(BAD["straight_reuse"]), make(0))
