"""The ledger of real uses: eager, jit, vmap, scan, derivatives, threads; clones and consent."""

import inspect
import os
import subprocess
import sys
import threading
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from randlint_runtime._jax.undocumented import owner_of
from randlint_runtime._observing.observe import watching_gradients
from randlint_runtime.ledger import key_ledger
from randlint_runtime.provenance import provenance

pytestmark = pytest.mark.usefixtures("quick_compilation")
ROOT = Path(__file__).parents[3]
KEYS = {"typed": jax.random.key, "raw": jax.random.PRNGKey}
both = pytest.mark.parametrize("kind", sorted(KEYS))


def line_of(f, offset):
    return inspect.getsourcelines(f)[1] + offset


@both
def test_eager_reuse_names_both_lines(kind):
    def f(key):
        x = jax.random.normal(key)
        return x + jax.random.uniform(key)

    with key_ledger() as ledger:
        f(KEYS[kind](0))
    (reuse,) = ledger.reuses
    assert (reuse.first.sampler, reuse.second.sampler) == ("normal", "uniform")
    assert reuse.first.site.frame.line == line_of(f, 1)
    assert reuse.second.site.frame.line == line_of(f, 2)
    assert reuse.first.site.frame.filename == __file__
    assert reuse.times == 1
    assert reuse.example == (0, 0)


@both
def test_good_code_is_silent(kind):
    with key_ledger() as ledger:
        key = KEYS[kind](0)
        for i in range(3):
            key, sub = jax.random.split(key)
            jax.random.normal(sub)
            jax.random.uniform(jax.random.fold_in(sub, i))
        jax.random.key_data(key)
    assert ledger.reuses == ()
    assert ledger.uses == 9


@both
def test_inside_jit(kind):
    @jax.jit
    def f(key):
        return jax.random.normal(key) + jax.random.uniform(key)

    f(KEYS[kind](5))  # compiled before the ledger
    with key_ledger() as ledger:
        f(KEYS[kind](5))
    assert len(ledger.reuses) == 1
    f(KEYS[kind](5))
    assert ledger.uses == 2


def test_a_compiled_function_called_twice_with_one_key():
    f = jax.jit(jax.random.normal)
    with key_ledger() as ledger:
        f(jax.random.key(1))
        assert len(ledger.reuses) == 0
        f(jax.random.key(2))
        f(jax.random.key(1))
    (reuse,) = ledger.reuses
    assert reuse.first == reuse.second
    assert "used equal keys 2 times over" in str(reuse)


def test_compiled_functions_are_shared_between_ledgers():
    traced = []

    @jax.jit
    def f(key):
        traced.append(1)
        return jax.random.normal(key)

    for _ in range(3):
        with key_ledger() as ledger:
            f(jax.random.key(1))
        assert ledger.uses == 1
    assert len(traced) == 1
    f(jax.random.key(1))
    assert len(traced) == 2


@both
def test_vmap_uses_one_key_per_lane(kind):
    with key_ledger() as ledger:
        keys = jax.random.split(KEYS[kind](0), 5)
        jax.vmap(jax.random.normal)(keys)
        jax.jit(jax.vmap(jax.random.uniform))(keys[3:])
    (reuse,) = ledger.reuses
    assert reuse.times == 2
    assert ledger.uses == 1 + 5 + 2


@both
def test_scan_and_loops(kind):
    def good(key, _):
        key, sub = jax.random.split(key)
        return key, jax.random.normal(sub)

    key = KEYS[kind](0)
    with key_ledger() as ledger:
        jax.lax.scan(good, key, length=4)
    assert ledger.reuses == ()
    assert ledger.uses == 8
    with key_ledger() as ledger:
        jax.lax.fori_loop(0, 4, lambda i, x: x + jax.random.normal(key), 0.0)
    (reuse,) = ledger.reuses
    assert reuse.times == 3


class TestLanesOfControlFlow:
    """Under vmap every branch runs for all lanes, and a loop until the last lane is done."""

    def test_exclusive_branches(self):
        @jax.jit
        def f(flags, keys):
            draw = lambda flag, k: jax.lax.cond(flag, jax.random.normal, jax.random.uniform, k)  # noqa: E731
            return jax.vmap(draw)(flags, keys)

        keys = jax.random.split(jax.random.key(0), 4)
        with key_ledger() as ledger:
            f(jnp.arange(4) % 2 == 0, keys)
            assert ledger.reuses == ()
            f(jnp.arange(4) % 2 == 0, keys)
        assert {reuse.times for reuse in ledger.reuses} == {4}

    def test_reuse_in_one_branch_and_after_it(self):
        def twice(key):
            return jax.random.normal(key) + jax.random.uniform(key)

        def lane(flag, key):
            zero = jax.lax.cond(flag, twice, lambda k: 0.0, key)
            return zero + jax.random.gumbel(key)

        with key_ledger() as ledger:
            jax.vmap(lane)(jnp.arange(2) > 0, jax.random.split(jax.random.key(0)))
        found = [(r.first.sampler, r.second.sampler) for r in ledger.reuses]
        assert found == [("normal", "uniform"), ("normal", "gumbel")]

    def test_a_key_that_all_lanes_share_is_one_use_of_a_branch(self):
        def lane(flag, key):
            return jax.lax.cond(flag, jax.random.normal, jax.random.uniform, key)

        with key_ledger() as ledger:
            jax.vmap(lane, (0, None))(jnp.arange(4) > 1, jax.random.key(0))
        assert (ledger.uses, ledger.reuses) == (2, ())

    @staticmethod
    def until_above(limit, key, keep=False):
        def body(carry):
            key, sub = jax.random.split(carry[0])
            return carry[0] if keep else key, carry[1] + jax.random.uniform(sub)

        return jax.lax.while_loop(lambda c: c[1] < limit, body, (key, 0.0))[1]

    @pytest.mark.parametrize("transform", [lambda f: f, jax.jit], ids=["eager", "jit"])
    def test_lanes_that_are_done(self, transform):
        limits = jnp.array([0.1, 3.0, 0.6])
        keys = jax.random.split(jax.random.key(0), 3)
        with key_ledger() as ledger:
            transform(jax.vmap(self.until_above))(limits, keys)
        assert ledger.reuses == ()
        assert ledger.uses > 2 * 4

    def test_a_loop_that_repeats_its_keys(self):
        limits = jnp.array([0.1, 3.0, 0.6])
        keys = jax.random.split(jax.random.key(0), 3)
        with key_ledger() as ledger:
            jax.vmap(lambda limit, k: self.until_above(limit, k, keep=True))(limits, keys)
        assert {reuse.first.sampler for reuse in ledger.reuses} == {"split", "uniform"}


def test_derivatives_do_not_count_twice():
    def loss(x, key):
        one, other = jax.random.split(key)
        y = jax.checkpoint(lambda x: jnp.sin(x * jax.random.normal(one)))(x)
        body = jax.checkpoint(lambda c, k: (jnp.sin(c) * jax.random.normal(k), None))
        return jax.lax.scan(body, y, jax.random.split(other, 3))[0]

    with key_ledger() as ledger:
        jax.grad(loss)(1.0, jax.random.key(0))
        eager = ledger.uses
        jax.jit(jax.value_and_grad(loss))(1.0, jax.random.key(1))
        jax.hessian(loss)(1.0, jax.random.key(2))
    assert ledger.reuses == ()
    assert eager == 6


def test_custom_derivatives():
    @jax.custom_vjp
    def f(x, key):
        return x * jax.random.normal(key)

    f.defvjp(lambda x, k: (f(x, k), x), lambda x, g: (g, None))
    with key_ledger() as ledger:
        jax.grad(f)(1.0, jax.random.key(0))
        jax.jit(jax.grad(f))(1.0, jax.random.key(1))
    assert ledger.uses == 2


def test_values_count_however_they_came_about():
    with key_ledger() as ledger:
        key = jax.random.key(0)
        left, _ = jax.random.split(key)
        jax.random.normal(left)
        jax.random.normal(jax.random.fold_in(key, 0))  # the same bits
        jax.random.normal(jax.random.key(7))
        jax.random.normal(jax.random.PRNGKey(7))  # the same seed
    assert len(ledger.reuses) == 2


def test_index_past_the_end_is_a_reuse_of_the_last_key():
    with key_ledger() as ledger:
        keys = jax.random.split(jax.random.key(0), 3)
        jax.random.normal(keys[2])
        jax.random.normal(keys[jnp.int32(7)])
    assert len(ledger.reuses) == 1


def test_equal_data_of_different_generators_is_no_reuse():
    with key_ledger() as ledger:
        jax.random.normal(jax.random.key(0, impl="rbg"))
        jax.random.normal(jax.random.key(0, impl="unsafe_rbg"))
    assert ledger.reuses == ()
    assert ledger.uses == 2


@both
def test_clone_allows_one_more_use(kind):
    key = KEYS[kind](0)
    with key_ledger() as ledger:
        jax.random.normal(key)
        jax.random.normal(jax.random.clone(key))
    assert ledger.reuses == ()
    with key_ledger() as ledger:
        jax.jit(lambda k: jax.random.normal(jax.random.clone(k)) + jax.random.normal(k))(key)
        assert ledger.reuses == ()
        jax.random.normal(key)
    assert len(ledger.reuses) == 1


def test_allow_needs_a_reason_and_is_recorded():
    key = jax.random.key(0)
    with key_ledger() as ledger:
        jax.random.normal(key)
        with ledger.allow("the same noise for both arms"):
            jax.jit(jax.random.normal)(key)
        with pytest.raises(ValueError, match="needs a reason"), ledger.allow(" "):
            pass
    assert ledger.reuses == ()
    assert "[allowed: the same noise for both arms]" in str(ledger.all_reuses[0])
    assert ledger.report() == "2 uses of keys, none repeated"


def test_samplers_made_of_samplers_count_once():
    key = jax.random.key(0)
    with key_ledger() as ledger:
        for i, draw in enumerate(
            (
                lambda k: jax.random.categorical(k, jnp.ones(3)),
                lambda k: jax.random.multivariate_normal(k, jnp.zeros(2), jnp.eye(2)),
                lambda k: jax.random.choice(k, 5, (2,), p=jnp.ones(5) / 5),
                lambda k: jax.random.permutation(k, 5),
                lambda k: jax.random.dirichlet(k, jnp.ones(3)),
                lambda k: jax.random.t(k, 3.0),
                lambda k: jax.random.multinomial(k, 5.0, jnp.ones(3) / 3),
            )
        ):
            draw(jax.random.fold_in(key, i))
    assert ledger.reuses == ()
    assert sorted(u.sampler for u in ledger.lines) == [
        "categorical",
        "choice",
        "dirichlet",
        "multinomial",
        "multivariate_normal",
        "permutation",
        "t",
    ]


def test_a_sampler_imported_long_before():
    from jax.random import normal as captured

    with key_ledger() as ledger:
        captured(jax.random.key(0))
        captured(jax.random.key(0))
    assert len(ledger.reuses) == 1


def test_nested_ledgers_and_what_remains_afterwards():
    module, attribute = owner_of("check")
    check = getattr(module, attribute)
    with key_ledger() as outer:
        assert getattr(module, attribute) is not check
        jax.random.normal(jax.random.key(0))
        with key_ledger() as inner:
            jax.random.normal(jax.random.key(1))
        jax.random.normal(jax.random.key(2))
    jax.random.normal(jax.random.key(3))
    assert (outer.uses, inner.uses) == (3, 1)
    assert getattr(module, attribute) is check
    assert "observe" not in str(jax.make_jaxpr(jax.random.normal)(jax.random.key(0)))


def test_an_exception_leaves_nothing_behind():
    with pytest.raises(RuntimeError, match="stop"), key_ledger():
        raise RuntimeError("stop")
    assert "observe" not in str(jax.make_jaxpr(jax.random.normal)(jax.random.key(0)))


def test_other_threads_are_recorded():
    def work():
        jax.jit(jax.random.normal)(jax.random.key(0))

    with key_ledger() as ledger:
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert ledger.uses == 2
    assert len(ledger.reuses) == 1


def test_report_text():
    with key_ledger() as ledger:
        jax.random.normal(jax.random.key(0))
        jax.random.uniform(jax.random.key(0))
    text = ledger.report()
    assert text.startswith("2 uses of keys, repeated:\n  `uniform` at ")
    assert "used a key again that `normal` at " in text
    assert text.endswith("had used (such as [0 0])")


@pytest.mark.parametrize("dtype", [jnp.float32, np.float32, "float32", np.dtype("float32")])
def test_every_way_to_say_a_dtype(dtype):
    """A scalar type has a `dtype` attribute of its own, and is no array."""
    key = jax.random.key(0)
    with key_ledger() as ledger:
        jax.random.normal(key, (2,), dtype)
        jax.jit(lambda k: jax.random.gumbel(k, (2,), dtype=dtype))(key)
    assert ledger.uses == 2
    provenance(lambda k: jax.random.gumbel(k, (2,), dtype=dtype), key)
    with watching_gradients(lambda *_: None):
        jax.random.uniform(key, (2,), dtype, minval=np.float32(0.0))


class TestLines:
    """The line reported is the user's own, and says how it was reached."""

    def test_a_line_called_from_two_places_names_both(self):
        def draw(key):
            return jax.random.normal(key)

        def one():
            return draw(jax.random.key(5))

        def other():
            return draw(jax.random.key(5))

        with key_ledger() as ledger:
            one(), other()
        (reuse,) = ledger.reuses
        text, line = str(reuse), inspect.getsourcelines(draw)[1]
        assert f"test_ledger.py:{line + 1} (in " in text
        assert text.index(f":{line + 4} (in ") < text.index(f":{line + 7} (in ")

    def test_a_library_that_draws_is_named_after_the_line_that_calls_it(self):
        layer = "import jax\ndef dropout(key):\n    return jax.random.bernoulli(key)\n"
        library = {}
        exec(compile(layer, "/x/site-packages/lib/layers.py", "exec"), library)
        with key_ledger() as ledger:
            library["dropout"](jax.random.key(0))
        (use,) = ledger.lines
        assert use.site.own.filename == __file__
        assert str(use.site).endswith(", through lib/layers.py:3 (in dropout)")

    @pytest.mark.parametrize(
        "transform",
        [jax.jit, jax.checkpoint, lambda f: lambda key: jax.lax.cond(key == key, f, f, key)],
        ids=["jit", "checkpoint", "cond"],
    )
    def test_a_shared_trace_is_called_one(self, transform):
        draw = transform(jax.random.normal)

        def one(key):
            return draw(key)

        with key_ledger() as ledger:
            one(jax.random.key(0))
        (use,) = ledger.lines
        assert str(use.site).endswith("where it was traced first")

    def test_a_function_of_the_users_own_is_placed_at_its_line(self):
        def draw(key):
            return jax.random.normal(key)

        keys = jax.random.split(jax.random.key(1))
        with key_ledger() as ledger:
            jax.jit(draw)(jax.random.key(0))
            jax.vmap(jax.random.normal)(keys)
        line = inspect.getsourcelines(draw)[1]
        assert not any(use.site.shared for use in ledger.lines)
        assert {use.site.frame.line for use in ledger.lines} == {line + 1, line + 6}


@pytest.mark.parametrize("kind", sorted(KEYS))
class TestUsedUpKeys:
    """What jax's eager checker decides about a key that was used before, for raw keys as well."""

    def test_by_two_compiled_calls(self, kind):
        key = KEYS[kind](0)
        with key_ledger() as ledger:
            jax.jit(jax.random.bits)(key), jax.jit(jax.random.bits)(key)
        assert [reuse.times for reuse in ledger.reuses] == [1]

    def test_by_a_compiled_function_that_closes_over_it(self, kind):
        key = KEYS[kind](0)
        draw = jax.jit(lambda: jax.random.uniform(key))
        with key_ledger() as ledger:
            draw()
            assert ledger.reuses == ()
            draw()
        assert [reuse.times for reuse in ledger.reuses] == [1]

    def test_without_jit(self, kind):
        key = KEYS[kind](0)
        with key_ledger() as ledger, jax.disable_jit():
            jax.random.bits(key), jax.random.bits(key)
        assert [reuse.times for reuse in ledger.reuses] == [1]

    def test_a_clone_is_not_used_up(self, kind):
        key = KEYS[kind](0)
        with key_ledger() as ledger:
            clone = jax.random.clone(key)
            jax.random.uniform(key), jax.random.uniform(clone)
        assert ledger.reuses == ()


WORKER = """
import sys
import jax
from randlint_runtime import key_ledger

with key_ledger(folder=sys.argv[1], report=print):
    key = jax.random.fold_in(jax.random.key(0), int(sys.argv[2]))
    jax.random.normal(key)
"""


@pytest.mark.parametrize(("numbers", "found"), [((3, 3), True), ((3, 4), False)])
def test_processes_with_equal_keys(tmp_path, numbers, found):
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    path = os.pathsep.join(map(str, (ROOT, ROOT / "runtime")))
    texts = [
        subprocess.run(
            [sys.executable, str(script), str(tmp_path / "job"), str(number)],
            env={**os.environ, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for number in numbers
    ]
    assert texts[0] == "1 uses of keys, none repeated\n"
    assert ("worker.py:8 (in <module>), process " in texts[1]) is found
    assert ("none repeated" in texts[1]) is not found


def test_the_report_is_given_though_the_block_fails():
    said = []
    with pytest.raises(RuntimeError, match="stop"), key_ledger(report=said.append):
        jax.random.normal(jax.random.key(0)), jax.random.normal(jax.random.key(0))
        raise RuntimeError("stop")
    assert len(said) == 1
    assert "used equal keys 2 times over" in said[0]


def test_forgetting_starts_a_run_of_its_own():
    with key_ledger() as ledger:
        jax.random.normal(jax.random.key(0))
        ledger.forget()
        jax.random.normal(jax.random.key(0))
    assert (ledger.uses, ledger.reuses) == (2, ())
