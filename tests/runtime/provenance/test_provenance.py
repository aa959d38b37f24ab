"""Key lineage and reuse, for typed and raw keys, beside jax's own checker."""

import inspect
import sys
from pathlib import Path

import jax
import jax.extend
import jax.numpy as jnp
import pytest
from jax.experimental.key_reuse._core import check_key_reuse

from randlint_runtime.assertions import KeyReuseAssertionError, assert_no_key_reuse
from randlint_runtime.provenance import Reach, ReuseKind, provenance

sys.path.insert(0, str(Path(__file__).parent))
from programs import BAD, GOOD, ONLY_JAX, ONLY_OURS

pytestmark = pytest.mark.usefixtures("quick_compilation")
KEYS = {"typed": jax.random.key, "raw": jax.random.PRNGKey}
both = pytest.mark.parametrize("kind", sorted(KEYS))


def jax_complains(f):
    try:
        check_key_reuse(f, jax.random.key(0))
    except jax.errors.KeyReuseError:
        return True
    return False


@both
@pytest.mark.parametrize("name", sorted({**BAD, **ONLY_OURS}))
def test_bad_programs_are_reported(name, kind):
    f = {**BAD, **ONLY_OURS}[name]
    with pytest.raises(KeyReuseAssertionError) as caught:
        assert_no_key_reuse(f, KEYS[kind](0))
    assert "programs.py:" in str(caught.value)


@both
@pytest.mark.parametrize("name", sorted({**GOOD, **ONLY_JAX}))
def test_good_programs_are_left_alone(name, kind):
    assert_no_key_reuse({**GOOD, **ONLY_JAX}[name], KEYS[kind](0))


@pytest.mark.parametrize("name", sorted(BAD))
def test_jax_agrees_on_bad_programs(name):
    assert jax_complains(BAD[name])


@pytest.mark.parametrize("name", sorted(GOOD))
def test_jax_agrees_on_good_programs(name):
    assert not jax_complains(GOOD[name])


@pytest.mark.parametrize("name", sorted(ONLY_OURS))
def test_jax_misses_these(name):
    assert not jax_complains(ONLY_OURS[name])


@pytest.mark.parametrize("name", sorted(set(ONLY_JAX) - {"slices_taken_twice_used_once"}))
def test_jax_complains_about_these_without_need(name):
    if name == "concatenated_and_used_once" and not stacking_is_a_primitive():
        pytest.skip("jax's checker takes concatenation for no use, as this package does")
    assert jax_complains(ONLY_JAX[name])


def stacking_is_a_primitive():
    """Whether `jnp.stack` is one of its own, as from jax 0.10.1, or made of `concatenate`."""
    stacked = jax.make_jaxpr(lambda x: jax.numpy.stack([x, x]))(1.0)
    return any(eqn.primitive.name == "stack" for eqn in stacked.eqns)


class TestMessages:
    @both
    def test_both_lines_are_named(self, kind):
        def f(key):
            first = jax.random.normal(key)
            return first + jax.random.uniform(key)

        line = inspect.getsourcelines(f)[1]
        with pytest.raises(AssertionError) as caught:
            assert_no_key_reuse(f, KEYS[kind](0))
        text = str(caught.value)
        assert f"`normal` at {_here()}:{line + 1} (in f)" in text
        assert f"`uniform` at {_here()}:{line + 2} (in f)" in text
        assert isinstance(caught.value, jax.errors.KeyReuseError)
        assert "See http" not in text  # jax's page has no entry for this error

    def test_lines_inside_a_helper_that_was_compiled_before(self):
        @jax.jit
        def helper(key):
            return jax.random.normal(key)

        helper(jax.random.key(3))

        def f(key):
            return helper(key) + jax.random.normal(key)

        (reuse,) = provenance(f, jax.random.key(0)).reuses
        assert reuse.first.site.frame.function == "helper"
        assert reuse.second.site.frame.line == inspect.getsourcelines(f)[1] + 1

    def test_a_sampler_jitted_directly_is_placed_at_its_call(self):
        draw = jax.jit(jax.random.normal)
        draw(jax.random.key(1))

        def f(key):
            one = draw(key)
            return one + draw(key)

        (reuse,) = provenance(f, jax.random.key(0)).reuses
        line = inspect.getsourcelines(f)[1]
        assert [reuse.first.site.frame.line, reuse.second.site.frame.line] == [line + 1, line + 2]

    def test_loops_are_called_loops(self):
        def f(key):
            return jax.lax.fori_loop(0, 5, lambda i, x: x + jax.random.normal(key), 0.0)

        (reuse,) = provenance(f, jax.random.key(0)).reuses
        assert reuse.kind is ReuseKind.LOOP
        assert reuse.first.site == reuse.second.site

    def test_one_report_for_one_mistake(self):
        """A parent split twice is one finding, not one per child and grandchild."""

        def f(key):
            total = 0.0
            for _ in range(2):
                for child in jax.random.split(key, 3):
                    total += jax.random.normal(jax.random.split(child)[0])
            return total

        assert len(provenance(f, jax.random.key(0)).reuses) == 1

    def test_collisions_name_both_derivations(self):
        def f(key):
            left, _ = jax.random.split(key)
            return jax.random.normal(left) + jax.random.normal(jax.random.fold_in(key, 0))

        (reuse,) = provenance(f, jax.random.key(0)).reuses
        assert reuse.kind is ReuseKind.COLLISION
        assert [d.operation for d in reuse.derivations] == ["split", "fold_in"]


def _here():
    import os

    return os.path.relpath(__file__)


class TestSeeds:
    @both
    def test_equal_seeds(self, kind):
        def f():
            return jax.random.normal(KEYS[kind](4)) + jax.random.uniform(KEYS[kind](4))

        (reuse,) = provenance(f).reuses
        assert reuse.kind is ReuseKind.COLLISION
        assert [d.operation for d in reuse.derivations] == ["seed", "seed"]

    @both
    def test_different_seeds(self, kind):
        assert_no_key_reuse(lambda: bits_of(KEYS[kind](4)) + bits_of(KEYS[kind](5)))

    @both
    def test_seed_inside_equals_the_key_passed_in(self, kind):
        def f(key):
            return bits_of(key) + bits_of(KEYS[kind](0))

        with pytest.raises(KeyReuseAssertionError):
            assert_no_key_reuse(f, KEYS[kind](0))
        assert_no_key_reuse(f, KEYS[kind](1))

    @both
    def test_one_key_passed_twice(self, kind):
        def f(one, other):
            return bits_of(one) + bits_of(other)

        assert_no_key_reuse(f, KEYS[kind](0), KEYS[kind](1))
        with pytest.raises(KeyReuseAssertionError):
            assert_no_key_reuse(f, KEYS[kind](0), KEYS[kind](0))

    def test_traced_seeds(self):
        def f(seed):
            return bits_of(jax.random.key(seed)) + bits_of(jax.random.key(seed))

        with pytest.raises(KeyReuseAssertionError):
            assert_no_key_reuse(f, 3)

    @both
    def test_batched_seeds_in_vmap(self, kind):
        assert_no_key_reuse(jax.vmap(lambda s: bits_of(KEYS[kind](s))), jnp.arange(4))

    def test_a_closed_over_key(self):
        key = jax.random.key(9)
        with pytest.raises(KeyReuseAssertionError):
            assert_no_key_reuse(lambda k: bits_of(k) + bits_of(key), key)

    def test_abstract_arguments(self):
        shape = jax.eval_shape(lambda: jax.random.key(0))
        assert_no_key_reuse(lambda a, b: bits_of(a) + bits_of(b), shape, shape)
        with pytest.raises(KeyReuseAssertionError):
            assert_no_key_reuse(lambda a: bits_of(a) + bits_of(a), shape)


def bits_of(key):
    return jax.random.bits(key).astype(jnp.float32)


class TestLanes:
    @both
    def test_an_unbatched_key_under_vmap(self, kind):
        def f(key, xs):
            return jax.vmap(lambda x: x + jax.random.normal(key))(xs)

        assert_no_key_reuse(f, KEYS[kind](0), jnp.ones(3))
        with pytest.raises(KeyReuseAssertionError, match="every lane"):
            assert_no_key_reuse(f, KEYS[kind](0), jnp.ones(3), lanes=True)

    @both
    def test_copies_of_one_key_under_vmap(self, kind):
        def f(key):
            keys = jnp.broadcast_to(key, (4, *key.shape))
            return jax.vmap(jax.random.normal)(keys)

        with pytest.raises(KeyReuseAssertionError, match="every lane"):
            assert_no_key_reuse(f, KEYS[kind](0), lanes=True)

    @both
    def test_inside_jit_inside_vmap(self, kind):
        inner = jax.jit(lambda x, k: x + jax.random.normal(k))

        def f(key, xs):
            return jax.vmap(inner, in_axes=(0, None))(xs, key)

        with pytest.raises(KeyReuseAssertionError, match="every lane"):
            assert_no_key_reuse(f, KEYS[kind](0), jnp.ones(3), lanes=True)

    @both
    def test_one_key_per_lane(self, kind):
        def f(key):
            return jax.vmap(jax.random.gamma, in_axes=(0, None))(jax.random.split(key, 4), 2.0)

        assert_no_key_reuse(f, KEYS[kind](0), lanes=True)

    @both
    def test_two_axes_of_which_one_is_shared(self, kind):
        def f(key):
            keys = jax.random.split(key, 4)
            rows = jax.vmap(lambda k: jax.vmap(lambda x: x + jax.random.normal(k))(jnp.ones(3)))
            return rows(keys)

        assert_no_key_reuse(f, KEYS[kind](0))
        with pytest.raises(KeyReuseAssertionError, match="every lane"):
            assert_no_key_reuse(f, KEYS[kind](0), lanes=True)


class TestEverySampler:
    """A sampler is one use of its key, however many keys it makes inside."""

    CALLS = {  # noqa: RUF012
        "ball": lambda k: jax.random.ball(k, 3, 2.0, (2,)),
        "bernoulli": lambda k: jax.random.bernoulli(k, 0.3),
        "beta": lambda k: jax.random.beta(k, 2.0, 1.0, (3,)),
        "binomial": lambda k: jax.random.binomial(k, 10, 0.3),
        "categorical": lambda k: jax.random.categorical(k, jnp.ones(4)),
        "choice": lambda k: jax.random.choice(k, 5, (2,), p=jnp.ones(5) / 5),
        "dirichlet": lambda k: jax.random.dirichlet(k, jnp.ones(3)),
        "f": lambda k: jax.random.f(k, 3.0, 4.0),
        "gamma": lambda k: jax.random.gamma(k, 2.0, (3,)),
        "multinomial": lambda k: jax.random.multinomial(k, 5.0, jnp.ones(3) / 3),
        "multivariate_normal": lambda k: jax.random.multivariate_normal(
            k, jnp.zeros(2), jnp.eye(2)
        ),
        "orthogonal": lambda k: jax.random.orthogonal(k, 3),
        "permutation": lambda k: jax.random.permutation(k, 50),
        "poisson": lambda k: jax.random.poisson(k, 30.0),
        "randint": lambda k: jax.random.randint(k, (3,), 0, 9),
        "t": lambda k: jax.random.t(k, 4.0),
        "triangular": lambda k: jax.random.triangular(k, 0.0, 0.5, 1.0),
        "truncated_normal": lambda k: jax.random.truncated_normal(k, -1.0, 1.0),
        "wald": lambda k: jax.random.wald(k, 1.0),
    }

    @both
    @pytest.mark.parametrize("name", sorted(CALLS))
    def test_one_use(self, name, kind):
        report = provenance(self.CALLS[name], KEYS[kind](0))
        assert not report.reuses
        assert {use.sampler for use in report.consumptions} == {name}

    @pytest.mark.parametrize("name", sorted(CALLS))
    def test_two_uses(self, name):
        call = self.CALLS[name]
        report = provenance(lambda k: (call(k), call(k)), jax.random.PRNGKey(0))
        assert len(report.reuses) == 1
        assert {report.reuses[0].first.sampler, report.reuses[0].second.sampler} == {name}


class TestDraws:
    def test_inputs_and_how_they_reach_parameters(self):
        def f(params, p, key):
            one, other, third = jax.random.split(key, 3)
            x = jax.random.uniform(one, (3,), maxval=2 * params["scale"])
            y = jax.random.bernoulli(other, jax.nn.sigmoid(p))
            z = jax.random.gamma(third, jnp.floor(params["a"]) + 1.0)
            return x.sum() + y + z

        report = provenance(f, {"scale": 1.0, "a": 2.0}, 0.3, jax.random.key(0))
        found = {
            (draw.sampler, name): dict(reached)
            for draw in report.draws
            for name, reached in draw.parameters.items()
            if reached
        }
        assert found == {
            ("uniform", "maxval"): {"params['scale']": Reach.SMOOTH},
            ("bernoulli", "p"): {"p": Reach.SMOOTH},
            ("gamma", "a"): {"params['a']": Reach.PIECEWISE},
        }
        assert report.inputs == ("params['a']", "params['scale']", "p", "key")
        assert report.positions == (0, 0, 1, 2)

    def test_stop_gradient_blocks(self):
        def f(mu, key):
            return jax.random.gamma(key, jax.lax.stop_gradient(mu))

        (draw,) = provenance(f, 1.0, jax.random.key(0)).draws
        assert not any(draw.parameters.values())

    def test_through_scan_and_cond(self):
        def f(a, key):
            def body(carry, k):
                carry = jax.lax.cond(
                    carry[0] > 9.0, lambda c: c, lambda c: (c[0] + c[1], c[1]), carry
                )
                return carry, jax.random.gamma(k, carry[0])

            return jax.lax.scan(body, (1.0, a), jax.random.split(key, 5))[1]

        draws = provenance(f, 1.0, jax.random.key(0)).draws
        assert Reach.SMOOTH in [d.parameters["a"].get("a") for d in draws]

    def test_crossings(self):
        def f(p, key):
            return (jax.random.uniform(key) < p) * 1.0

        (crossing,) = provenance(f, 0.3, jax.random.key(0)).crossings
        assert (crossing.operation, crossing.inputs, crossing.effect) == ("lt", ("p",), "zero")
        assert crossing.site.frame.line == inspect.getsourcelines(f)[1] + 1

    def test_comparisons_inside_samplers_are_the_samplers_business(self):
        def f(p, key):
            return jax.random.categorical(key, jnp.log(jnp.stack([p, 1 - p]))) * 1.0

        assert provenance(f, 0.3, jax.random.key(0)).crossings == ()

    def test_text(self):
        text = str(provenance(lambda a, k: jax.random.gamma(k, a), 2.0, jax.random.key(0)))
        assert "1 uses of keys" in text
        assert "gamma(a)" in text
        assert "depends on a (smooth)" in text


def test_nothing_is_executed_and_nothing_stays_behind():
    ran = []

    def f(key):
        jax.debug.callback(lambda: ran.append(1))
        return jax.random.normal(key)

    provenance(f, jax.random.key(0))
    jax.effects_barrier()
    assert ran == []
    assert "observe" not in str(jax.make_jaxpr(jax.random.normal)(jax.random.key(0)))


def test_key_arrays_of_many_keys_are_quick_enough_to_follow():
    def f(key):
        keys = jax.random.split(key, 100_000)
        return jax.vmap(jax.random.normal)(keys).sum() + jax.random.normal(keys[99_999])

    assert len(provenance(f, jax.random.key(0)).reuses) == 1


def test_shard_map():
    mesh = jax.make_mesh((1,), ("i",), axis_types=(jax.sharding.AxisType.Auto,))
    spec = jax.sharding.PartitionSpec("i")

    def f(key):
        keys = jax.random.split(key, 2)
        g = jax.shard_map(
            jax.vmap(lambda x: bits_of(x) + bits_of(x)),
            mesh=mesh,
            in_specs=spec,
            out_specs=spec,
        )
        return g(keys)

    with pytest.raises(KeyReuseAssertionError):
        assert_no_key_reuse(f, jax.random.key(0))


def test_non_partitionable_threefry_has_other_collisions():
    def f(key):
        left, _ = jax.random.split(key)
        return bits_of(left) + bits_of(jax.random.fold_in(key, 0))

    with jax.threefry_partitionable(False):
        assert_no_key_reuse(f, jax.random.key(0))


@pytest.mark.parametrize("impl", ["rbg", "unsafe_rbg"])
def test_other_generators(impl):
    key = jax.random.key(0, impl=impl)
    assert_no_key_reuse(GOOD["split_and_use_children"], key)
    with pytest.raises(KeyReuseAssertionError):
        assert_no_key_reuse(BAD["child_twice"], key)


class TestUnknownCode:
    """What is not known uses up every typed key that it is given, and makes keys nobody knows."""

    @pytest.fixture
    def unknown(self):
        primitive = jax.extend.core.Primitive("unknown")
        primitive.def_abstract_eval(lambda x: x)
        return primitive.bind

    def test_a_primitive_uses_keys_up(self, unknown):
        def f(key):
            unknown(key)
            return jax.random.bits(key)

        assert [r.kind for r in provenance(f, jax.random.key(0)).reuses] == [ReuseKind.REUSE]
        assert jax_complains(f)

    def test_keys_that_it_returns_are_used_up(self, unknown):
        def f(key):
            return jax.random.bits(unknown(key))

        assert provenance(f, jax.random.key(0)).reuses
        assert jax_complains(f)

    @both
    def test_a_pallas_call(self, kind):
        pallas = pytest.importorskip("jax.experimental.pallas")

        def kernel(given, result):
            result[...] = given[...] * 2

        def f(key, x):
            one, other = jax.random.split(key)
            noise = jax.random.normal(one, x.shape)
            shape = jax.ShapeDtypeStruct(x.shape, x.dtype)
            y = pallas.pallas_call(kernel, out_shape=shape, interpret=True)(x + noise)
            return y * jax.random.normal(other, x.shape), one

        def g(key, x):
            y, one = f(key, x)
            return y + jax.random.uniform(one)

        assert provenance(f, KEYS[kind](0), jnp.ones(8)).reuses == ()
        (reuse,) = provenance(g, KEYS[kind](0), jnp.ones(8)).reuses
        assert reuse.second.sampler == "uniform"


def test_a_traced_function_is_followed_where_it_can_be_called():
    traced = jax.jit(jax.random.fold_in).trace(jax.random.key(0), 0)
    if not callable(traced):
        pytest.skip("this jax has no traced functions that can be called")

    def draws(key, first, second):
        return [jax.random.normal(traced(key, data)) for data in (first, second)]

    assert_no_key_reuse(lambda key: draws(key, 0, 1), jax.random.key(1))
    with pytest.raises(KeyReuseAssertionError, match="child 1 of"):
        assert_no_key_reuse(lambda key: draws(key, 1, 1), jax.random.key(1))
