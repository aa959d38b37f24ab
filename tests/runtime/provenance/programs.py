"""Small programs, good and bad, written once for typed and for raw keys.

Each takes one key and is judged as a whole. The cases of jax's own checker are here in our words
(straight reuse, split, slices, views, scan, while, cond, vmap, jit, clone, wrapping, remat), then
what only this package reports, then programs it must leave alone.
"""

import jax
import jax.numpy as jnp
from jax import lax, random


def bits(key):
    return random.bits(key).astype(jnp.float32)


def is_typed(key):
    return jnp.issubdtype(key.dtype, jax.dtypes.prng_key)


# -- bad for jax's checker, typed keys -----------------------------------------------------------


def straight_reuse(key):
    return random.normal(key) + random.uniform(key)


def same_sampler_twice(key):
    return random.uniform(key) + random.uniform(key)


def parent_after_split(key):
    random.split(key)
    return random.uniform(key)


def split_twice(key):
    random.split(key)
    left, _ = random.split(key)
    return random.uniform(left)


def child_twice(key):
    left, right = random.split(key)
    return random.normal(left) + random.normal(right) + random.normal(left)


def element_twice(key):
    keys = random.split(key, 3)
    return random.normal(keys[0]) + random.normal(keys[1]) + random.normal(keys[0])


def negative_index_is_the_same_element(key):
    keys = random.split(key, 3)
    return random.normal(keys[2]) + random.normal(keys[-1])


def whole_array_then_element(key):
    keys = random.split(key, 3)
    return jax.vmap(bits)(keys).sum() + bits(keys[1])


def reuse_of_a_copy(key):
    return bits(key) + bits(jnp.array(key, copy=True))


def reuse_of_a_view(key):
    keys = random.split(key, 1)
    return bits(keys.squeeze(0)) + bits(keys.reshape(keys.shape)[0])


def reuse_after_broadcast(key):
    return bits(key) + jax.vmap(bits)(key[None]).sum()


def reuse_after_squeeze_of_one(key):
    keys = random.split(key, 1)
    return bits(keys[0]) + bits(lax.squeeze(keys, (0,)))


def reuse_after_device_put(key):
    return bits(key) + bits(jax.device_put(key))


def reuse_after_reshape(key):
    return bits(key) + bits(key.reshape((1, *key.shape)).reshape(key.shape))


def gamma_twice(key):
    return random.gamma(key, 1.5) + random.gamma(key, 2.5)


def closed_over_key_returned_from_jit(key):
    same = jax.jit(lambda: key)()
    return bits(key) + bits(same)


def drawn_from_in_jit_and_returned(key):
    def inner(k):
        return bits(k), k

    _, same = jax.jit(inner)(random.clone(key))
    return bits(same)


def unused_argument_that_is_the_same_key(key):
    draw = jax.jit(lambda one, other: bits(one))(key, key)
    return draw + bits(key)


def constant_key_reused_in_vmap(key):
    constant = random.key(0) if is_typed(key) else random.PRNGKey(0)
    return jax.vmap(lambda x: x * bits(constant) + bits(constant))(jnp.ones(4))


def reuse_inside_jit(key):
    return jax.jit(straight_reuse)(key)


def reuse_across_jit(key):
    return jax.jit(random.uniform)(key) + random.normal(key)


def reuse_of_a_key_from_jit(key):
    left, right = jax.jit(random.split)(key)
    return bits(left) + bits(right) + bits(left)


def key_passed_twice_to_jit(key):
    return jax.jit(lambda a, b: bits(a) + bits(b))(key, key)


def key_returned_twice_from_jit(key):
    one, other = jax.jit(lambda k: (k, k))(key)
    return bits(one) + bits(other)


def consumed_key_returned_from_jit(key):
    draw, same = jax.jit(lambda k: (bits(k), k))(key)
    return draw + bits(same)


def closed_over_key_used_in_jit_twice(key):
    f = jax.jit(lambda: bits(key))
    return f() + f()


def after_cond_both(key):
    draw = lax.cond(jnp.sum(_flag()) > 0, random.uniform, random.normal, key)
    return draw + random.uniform(key)


def after_cond_one(key):
    draw = lax.cond(jnp.sum(_flag()) > 0, random.uniform, lambda k: 1.0, key)
    return draw + random.uniform(key)


def inside_a_cond_branch(key):
    return lax.cond(jnp.sum(_flag()) > 0, straight_reuse, lambda k: 1.0, key)


def scan_over_a_constant_key(key):
    return lax.scan(lambda c, _: (c, random.uniform(key)), 0.0, xs=jnp.arange(10))[1]


def scan_carry_unchanged(key):
    return lax.scan(lambda k, _: (k, bits(k)), key, xs=jnp.arange(10))[1]


def scan_carry_split_and_kept(key):
    def body(k, _):
        _, sub = random.split(k)
        return k, bits(sub)

    return lax.scan(body, key, xs=jnp.arange(10))[1]


def scan_swaps_two_keys(key):
    one, other = random.split(key)
    return lax.scan(lambda c, _: ((c[1], c[0]), bits(c[0])), (one, other), xs=jnp.arange(10))[1]


def scanned_keys_then_one_again(key):
    keys = random.split(key, 5)
    return lax.map(bits, keys).sum() + bits(keys[4])


def element_then_scanned_keys(key):
    keys = random.split(key, 50)
    return bits(keys[40]) + lax.map(bits, keys).sum()


def fori_constant_key(key):
    return lax.fori_loop(0, 5, lambda i, x: x + random.uniform(key), 0.0)


def while_cond_uses_carried_key(key):
    def test(carry):
        return carry[0] < random.uniform(carry[1])

    return lax.while_loop(test, lambda c: (c[0] + 1, c[1]), (0.0, key))[0]


def while_body_keeps_key(key):
    def body(carry):
        return carry[0], carry[1] + random.uniform(carry[0])

    return lax.while_loop(lambda c: c[1] < 5, body, (key, 0.0))[1]


def while_body_constant_key(key):
    return lax.while_loop(lambda x: x < 5, lambda x: x + random.uniform(key), 0.0)


def while_cond_constant_key(key):
    return lax.while_loop(lambda x: x < random.uniform(key), lambda x: x + 1, 0.0)


def while_cond_and_body_use_one_key(key):
    def test(carry):
        return carry[0] < bits(carry[1])

    def body(carry):
        draw = bits(carry[1])
        return carry[0] + draw, random.fold_in(carry[1], 7)

    return lax.while_loop(test, body, (0.0, key))[0]


def reuse_in_vmap(key):
    return jax.vmap(lambda k: bits(k) + bits(k))(random.split(key, 4))


def reuse_outside_vmap(key):
    keys = random.split(key, 4)
    return jax.vmap(bits)(keys) + jax.vmap(random.uniform)(keys)


def remat_reuse(key):
    return jax.checkpoint(straight_reuse)(key)


def grad_of_remat_reuse(key):
    @jax.checkpoint
    def f(x, k):
        return x * bits(k) + bits(k)

    return jax.grad(f)(1.0, key)


def chosen_by_where_then_an_option(key):
    one, other = random.split(key)
    return bits(jnp.where(jnp.sum(_flag()) > 0, one, other)) + bits(other)


def chosen_by_switch_then_an_option(key):
    one, other, third = random.split(key, 3)
    chosen = lax.switch(jnp.argmax(_flag()), [lambda: one, lambda: other, lambda: third])
    return bits(chosen) + bits(third)


def grad_of_a_scan_of_remat_then_again(key):
    keys = random.split(key, 3)
    body = jax.checkpoint(lambda c, k: (jnp.sin(c) * bits(k), None))
    return jax.grad(lambda x: lax.scan(body, x, keys)[0])(1.0) + bits(keys[2])


def written_into_an_array_and_used_beside_it(key):
    keys, new = random.split(key, 3), random.fold_in(key, 99)
    return bits(keys.at[1].set(new)[1]) + bits(new)


def stacked_twice(key):
    return jax.vmap(bits)(jnp.stack([key, key]))


# -- good for jax's checker too --------------------------------------------------------------------


def one_use(key):
    return random.normal(key)


def seeds_under_vmap(key):
    make = random.key if is_typed(key) else random.PRNGKey
    return jax.vmap(lambda seed: bits(make(seed)))(jnp.arange(4))


def updated_slice_used_once(key):
    one, other = random.split(key)
    keys = lax.dynamic_update_slice(random.split(one, 3), other[None], (1,) + (0,) * other.ndim)
    return jax.vmap(bits)(keys)


def dynamic_slice_used_once(key):
    keys = random.split(key, 3)
    start = (jnp.argmax(_flag()),) + (0,) * (keys.ndim - 1)
    return jax.vmap(bits)(lax.dynamic_slice(keys, start, (2, *keys.shape[1:])))


def split_and_use_children(key):
    left, right = random.split(key)
    return random.uniform(left) + random.uniform(right)


def every_element_once(key):
    keys = random.split(key, 3)
    return sum(random.normal(keys[i]) for i in range(3))


def many_fold_ins(key):
    return sum(random.uniform(random.fold_in(key, i)) for i in range(10))


def use_after_fold_in(key):
    random.fold_in(key, 1)
    return random.uniform(key)


def either_branch(key):
    return lax.cond(jnp.sum(_flag()) > 0, random.uniform, random.normal, key)


def neither_branch_then_use(key):
    lax.cond(jnp.sum(_flag()) > 0, lambda k: 0.0, lambda k: 1.0, key)
    return bits(key)


def jit_that_ignores_a_used_key(key):
    x = bits(key)
    return jax.jit(lambda k, x: x)(key, x)


def scan_splits_its_carry(key):
    def body(k, _):
        k, sub = random.split(k)
        return k, bits(sub)

    return lax.scan(body, key, xs=jnp.arange(10))


def scan_over_keys(key):
    return lax.map(bits, random.split(key, 5))


def scan_two_carries(key):
    one, other = random.split(key)

    def body(keys, x):
        return tuple(random.split(keys[0])), x

    return lax.scan(body, (one, other), xs=jnp.arange(10))


def while_splits_its_carry(key):
    def body(carry):
        k, sub = random.split(carry[0])
        return k, carry[1] + random.uniform(sub)

    return lax.while_loop(lambda c: c[1] < 10, body, (key, 0.0))


def vmap_over_keys(key):
    return jax.vmap(bits)(random.split(key, 4))


def clone_for_a_second_use(key):
    return random.normal(random.clone(key)) + random.normal(key)


def looking_at_data(key):
    return random.key_data(key).sum() + bits(key).astype(jnp.uint32)


def remat_once(key):
    return jax.grad(jax.checkpoint(lambda x, k: x * bits(k)))(1.0, key)


def remat_once_forwards(key):
    return jax.checkpoint(lambda x, k: x * bits(k))(1.0, key)


def grad_of_a_scan_of_remat(key):
    body = jax.checkpoint(lambda c, k: (jnp.sin(c) * bits(k), None))
    return jax.grad(lambda x: lax.scan(body, x, random.split(key, 3))[0])(1.0)


def after_scan_the_returned_key_is_fresh(key):
    key, _ = scan_splits_its_carry(key)
    return bits(key)


def custom_jvp_once(key):
    @jax.custom_jvp
    def f(x, k):
        return x * random.normal(k)

    f.defjvp(lambda p, t: (f(*p), t[0]))
    return jax.grad(f)(1.0, key)


def dictionary_of_keys(key):
    keys = dict(zip(("a", "b"), random.split(key), strict=True))
    return jax.tree.map(bits, keys)


# -- bad, and jax's checker does not say so ----------------------------------------------------


def same_fold_in_twice(key):
    return random.normal(random.fold_in(key, 3)) + random.uniform(random.fold_in(key, 3))


def fold_in_beside_split(key):
    left, _ = random.split(key)
    return random.normal(left) + random.normal(random.fold_in(key, 0))


def unknown_fold_in_beside_split(key):
    step = jnp.argmax(_flag())
    left, _ = random.split(key)
    return random.normal(left) + random.normal(random.fold_in(key, step))


def same_unknown_fold_in_twice(key):
    step = jnp.argmax(_flag())
    return random.normal(random.fold_in(key, step)) + random.normal(random.fold_in(key, step))


def prefix_of_a_longer_split(key):
    one = random.split(random.clone(key), 2)
    other = random.split(random.fold_in(key, 5), 3)
    again = random.split(random.fold_in(key, 5), 2)
    return bits(one[0]) + bits(other[1]) + bits(again[1])


def index_past_the_end(key):
    return bits(random.split(key, 3)[jnp.int32(7)])


def gather_past_the_end(key):
    return jax.vmap(bits)(random.split(key, 3)[jnp.array([0, 3])])


def wrapped_again(key):
    data = random.key_data(key)
    return bits(random.wrap_key_data(data)) + bits(random.wrap_key_data(data))


def fold_in_of_the_loop_constant(key):
    return lax.fori_loop(0, 5, lambda i, x: x + bits(random.fold_in(key, 3)), 0.0)


def fold_in_of_half_the_loop_counter(key):
    return lax.map(lambda i: bits(random.fold_in(key, i // 2)), jnp.arange(4))


# -- good, though jax's checker complains (listed as intended differences) -------------------------


def slices_taken_twice_used_once(key):
    keys = random.split(key, 2)
    left = keys[0]
    return bits(left), keys[0].shape


def exclusive_uses(key):
    flag = jnp.sum(_flag()) > 0
    one = lax.cond(flag, random.uniform, lambda k: 0.0, key)
    return one + lax.cond(flag, lambda k: 0.0, random.normal, key)


def exclusive_uses_under_vmap(key):
    flags = jnp.tanh(jnp.arange(3.0)) > 0.5
    keys = random.split(key, 3)
    return jax.vmap(lambda flag, k: lax.cond(flag, bits, random.uniform, k))(flags, keys)


def replaced_in_an_array(key):
    keys = random.split(key, 3)
    old = keys[1]
    return bits(keys.at[1].set(random.fold_in(key, 99))[1]) + bits(old)


def dynamic_index_in_a_loop(key):
    keys = random.split(key, 5)
    return lax.fori_loop(0, 5, lambda i, x: x + bits(keys[i]), 0.0)


def key_chosen_by_where(key):
    one, other = random.split(key)
    if not is_typed(key):
        return bits(jnp.where(jnp.sum(_flag()) > 0, one, other))
    return bits(lax.select(jnp.sum(_flag()) > 0, one, other))


def key_chosen_by_cond(key):
    return bits(lax.cond(jnp.sum(_flag()) > 0, lambda k: k, lambda k: random.fold_in(k, 1), key))


def fold_in_of_the_loop_counter(key):
    return lax.fori_loop(0, 5, lambda i, x: x + bits(random.fold_in(key, i)), 0.0)


def vmapped_fold_in(key):
    return jax.vmap(lambda i: bits(random.fold_in(key, i)))(jnp.arange(5))


def concatenated_and_used_once(key):
    one, other = random.split(key)
    return jax.vmap(bits)(jnp.stack([one, other]))


def _flag():
    # A value known at run time only: lax.iota of a size would be folded, an input is not available.
    return lax.optimization_barrier(jnp.tanh(jnp.ones(2)))


def named(*functions):
    return {f.__name__: f for f in functions}


BAD = named(
    straight_reuse,
    same_sampler_twice,
    parent_after_split,
    split_twice,
    child_twice,
    element_twice,
    negative_index_is_the_same_element,
    whole_array_then_element,
    reuse_of_a_copy,
    reuse_of_a_view,
    reuse_after_broadcast,
    reuse_after_squeeze_of_one,
    reuse_after_device_put,
    gamma_twice,
    closed_over_key_returned_from_jit,
    drawn_from_in_jit_and_returned,
    unused_argument_that_is_the_same_key,
    constant_key_reused_in_vmap,
    reuse_inside_jit,
    reuse_across_jit,
    reuse_of_a_key_from_jit,
    key_passed_twice_to_jit,
    key_returned_twice_from_jit,
    consumed_key_returned_from_jit,
    closed_over_key_used_in_jit_twice,
    after_cond_both,
    after_cond_one,
    inside_a_cond_branch,
    scan_over_a_constant_key,
    scan_carry_unchanged,
    scan_carry_split_and_kept,
    scan_swaps_two_keys,
    scanned_keys_then_one_again,
    element_then_scanned_keys,
    fori_constant_key,
    while_cond_uses_carried_key,
    while_body_keeps_key,
    while_body_constant_key,
    while_cond_constant_key,
    while_cond_and_body_use_one_key,
    reuse_in_vmap,
    reuse_outside_vmap,
    remat_reuse,
    grad_of_remat_reuse,
    stacked_twice,
    reuse_after_reshape,
    chosen_by_where_then_an_option,
    chosen_by_switch_then_an_option,
    grad_of_a_scan_of_remat_then_again,
    written_into_an_array_and_used_beside_it,
)
GOOD = named(
    one_use,
    split_and_use_children,
    seeds_under_vmap,
    updated_slice_used_once,
    dynamic_slice_used_once,
    every_element_once,
    many_fold_ins,
    use_after_fold_in,
    either_branch,
    neither_branch_then_use,
    jit_that_ignores_a_used_key,
    scan_splits_its_carry,
    scan_over_keys,
    scan_two_carries,
    while_splits_its_carry,
    vmap_over_keys,
    clone_for_a_second_use,
    looking_at_data,
    remat_once,
    after_scan_the_returned_key_is_fresh,
    custom_jvp_once,
    dictionary_of_keys,
    fold_in_of_the_loop_counter,
    vmapped_fold_in,
    key_chosen_by_cond,
    remat_once_forwards,
    grad_of_a_scan_of_remat,
)
ONLY_OURS = named(
    same_fold_in_twice,
    fold_in_beside_split,
    unknown_fold_in_beside_split,
    same_unknown_fold_in_twice,
    prefix_of_a_longer_split,
    index_past_the_end,
    gather_past_the_end,
    wrapped_again,
    fold_in_of_the_loop_constant,
    fold_in_of_half_the_loop_counter,
)
ONLY_JAX = named(
    slices_taken_twice_used_once,
    exclusive_uses,
    dynamic_index_in_a_loop,
    key_chosen_by_where,
    concatenated_and_used_once,
    exclusive_uses_under_vmap,
    replaced_in_an_array,
)
__all__ = ["BAD", "GOOD", "ONLY_JAX", "ONLY_OURS"]
