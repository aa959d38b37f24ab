"""The generator against the published known answers and against jax, word for word."""

from __future__ import annotations

from pathlib import Path

import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.random import threefry2x32_p
from jax.sharding import Mesh
from jax.sharding import PartitionSpec as P

from randlint_runtime import threefry

# In its old place before jax 0.8.
enable_x64 = (jax if hasattr(jax, "enable_x64") else jax.experimental).enable_x64

pytestmark = pytest.mark.usefixtures("quick_compilation")  # integers: no rounding to lose
SHAPES = [(), (7,), (0,), (3, 5), (1001,)]
KEYS = [0, 2**31 - 1]


def known_answers():
    lines = (Path(__file__).parent / "kat.txt").read_text().splitlines()
    return [line.split()[1:] for line in lines if line.startswith("threefry2x32")]


@pytest.fixture(params=[True, False], ids=["partitionable", "halves"])
def layout(request):
    with jax.threefry_partitionable(request.param):
        yield request.param


@pytest.fixture(params=[False, True], ids=["x32", "x64"])
def precision(request):
    with enable_x64(request.param):
        yield request.param


def raw(seed):
    return jax.random.key_data(jax.random.key(seed))


@pytest.mark.parametrize("row", known_answers(), ids=lambda row: f"rounds{row[0]}-{row[1]}")
def test_known_answer(row):
    c0, c1, k0, k1, e0, e1 = (np.uint32(int(word, 16)) for word in row[1:])
    found = threefry.hash2x32((k0, k1), (c0, c1), rounds=int(row[0]))
    assert [int(word) for word in found] == [e0, e1]


def test_there_are_known_answers_for_the_generator_itself():
    assert sum(row[0] == "20" for row in known_answers()) >= 3


@pytest.mark.parametrize("width", [8, 16, 32])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_bits(shape, width, layout):
    key = jax.random.key(7)
    dtype = f"uint{width}"
    ours = threefry.bits(key, shape, width)
    assert ours.dtype == dtype
    np.testing.assert_array_equal(ours, jax.random.bits(key, shape, dtype))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_64_bits_need_x64(shape, layout):
    with pytest.raises(ValueError, match="jax_enable_x64"):
        threefry.bits(jax.random.key(7), shape, 64)
    with enable_x64(True):
        key = jax.random.key(7)
        np.testing.assert_array_equal(
            threefry.bits(key, shape, 64), jax.random.bits(key, shape, "uint64")
        )


@pytest.mark.parametrize("num", [0, 1, 3, (2, 3)], ids=str)
@pytest.mark.parametrize("seed", KEYS)
def test_split(seed, num, layout):
    key = jax.random.key(seed)
    ours, theirs = threefry.split(key, num), jax.random.split(key, num)
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    np.testing.assert_array_equal(jax.random.key_data(ours), jax.random.key_data(theirs))


@pytest.mark.parametrize("data", [0, 1, 77, 2**31 - 1])
def test_fold_in(data, layout):
    key = jax.random.key(3)
    ours, theirs = threefry.fold_in(key, data), jax.random.fold_in(key, data)
    assert jnp.all(ours == theirs)


@pytest.mark.parametrize("value", [0, 1, -1, 2**31 - 1, -(2**31)])
def test_seed(value, precision):
    np.testing.assert_array_equal(threefry.seed(value), jax.random.PRNGKey(value))
    dtypes = ["int8", "int32"] + (["int64", "uint64"] if precision else [])
    for dtype in dtypes:
        if jnp.iinfo(dtype).min <= value <= jnp.iinfo(dtype).max:
            number = jnp.asarray(value, dtype)
            np.testing.assert_array_equal(threefry.seed(number), jax.random.PRNGKey(number))


def test_64_bit_seed_keeps_its_high_word():
    with enable_x64(True):
        for value in (2**32, 2**62 + 5, -(2**40)):
            np.testing.assert_array_equal(threefry.seed(value), jax.random.PRNGKey(value))


def test_seed_of_a_float_is_refused():
    with pytest.raises(TypeError, match="integer"):
        threefry.seed(1.5)


def test_raw_keys_give_raw_keys(layout):
    key = raw(5)
    assert threefry.split(key).dtype == jnp.uint32
    np.testing.assert_array_equal(threefry.split(key), jax.random.split(jax.random.PRNGKey(5)))
    np.testing.assert_array_equal(
        threefry.fold_in(key, 9), jax.random.fold_in(jax.random.PRNGKey(5), 9)
    )


@pytest.mark.parametrize(
    "bad", [np.zeros(3, np.uint32), np.zeros(2, np.float32), np.uint32(1)], ids=repr
)
def test_other_things_are_not_keys(bad):
    with pytest.raises(TypeError, match="raw uint32 words"):
        threefry.bits(bad)


def test_keys_of_another_generator_are_refused():
    with pytest.raises(TypeError, match="Threefry"):
        threefry.bits(jax.random.key(0, impl="rbg"))


def test_batched_keys_equal_a_loop(layout):
    keys = jax.random.split(jax.random.key(1), (2, 3))
    ours = threefry.bits(keys, (5,))
    assert ours.shape == (2, 3, 5)
    for i in range(2):
        for j in range(3):
            np.testing.assert_array_equal(ours[i, j], jax.random.bits(keys[i, j], (5,)))
    np.testing.assert_array_equal(
        jax.random.key_data(threefry.split(keys, 4)),
        jax.random.key_data(jax.vmap(jax.vmap(lambda k: jax.random.split(k, 4)))(keys)),
    )


def test_counters_beyond_32_bits():
    key = jax.random.key(11)
    words = raw(11)
    for start in (2**32 - 3, 2**32, 2**40 + 17, 2**64 - 6):
        n = 6
        ours = threefry.bits(key, (n,), start=start)
        count = [start + i for i in range(n)]
        high = jnp.asarray([c >> 32 for c in count], jnp.uint32)
        low = jnp.asarray([c % 2**32 for c in count], jnp.uint32)
        first, second = threefry2x32_p.bind(words[0], words[1], high, low)
        np.testing.assert_array_equal(ours, first ^ second)


@pytest.mark.parametrize("shape", [(2**33,), (2**17, 2**17), (3, 2**31 + 11), (5, 7, 2**30 - 1)])
def test_last_counters_of_arrays_too_large_to_hold(shape):
    """Sliced where it is made: XLA computes the last element alone."""
    ends = (slice(-1, None),) * len(shape)
    high, low = jax.jit(lambda: tuple(part[ends] for part in threefry.counters(shape)))()
    last = np.prod([int(size) for size in shape], dtype=object) - 1
    assert (int(high.item()) << 32) + int(low.item()) == last


def test_start_is_a_slice(layout):
    key = jax.random.key(2)
    if layout:
        np.testing.assert_array_equal(
            threefry.bits(key, (10,), start=90), threefry.bits(key, (100,))[90:]
        )
    else:
        with pytest.raises(ValueError, match="partitionable"):
            threefry.bits(key, (10,), start=90)


def test_derivations_are_the_hash_at_positions():
    key = jax.random.key(4)
    keys = jax.random.key_data(threefry.split(key, 4))
    for i in range(4):
        np.testing.assert_array_equal(keys[i], jax.random.key_data(threefry.fold_in(key, i)))
        assert threefry.bits(key, (4,))[i] == keys[i][0] ^ keys[i][1]


def test_width_is_checked():
    with pytest.raises(ValueError, match="8, 16, 32 or 64"):
        threefry.bits(jax.random.key(0), (2,), 12)


# ---- under transformations


def test_jit_vmap_scan_agree(layout):
    keys = jax.random.split(jax.random.key(9), 4)
    expected = np.stack([np.asarray(jax.random.bits(k, (3,))) for k in keys])

    def draw(key):
        return threefry.bits(threefry.split(key)[1], (3,))

    plain = np.stack([np.asarray(draw(k)) for k in keys])
    np.testing.assert_array_equal(jax.vmap(lambda k: threefry.bits(k, (3,)))(keys), expected)
    np.testing.assert_array_equal(jax.jit(jax.vmap(draw))(keys), plain)
    _, scanned = jax.lax.scan(lambda carry, k: (carry, draw(k)), 0, keys)
    np.testing.assert_array_equal(scanned, plain)


def test_shard_map():
    mesh = Mesh(np.array(jax.devices()[:1]), ("d",))
    keys = jax.random.split(jax.random.key(9), 4)
    draw = jax.vmap(lambda k: threefry.bits(threefry.split(k)[0], (3,)))
    mapped = jax.shard_map(draw, mesh=mesh, in_specs=P("d"), out_specs=P("d"))
    np.testing.assert_array_equal(mapped(keys), draw(keys))
    np.testing.assert_array_equal(jax.jit(mapped)(keys), draw(keys))


def test_the_flag_is_part_of_the_cache_key():
    key = jax.random.key(0)
    draw = jax.jit(lambda k: threefry.bits(k, (6,)))
    with jax.threefry_partitionable(True):
        one = draw(key)
    with jax.threefry_partitionable(False):
        two = draw(key)
    assert not np.array_equal(one, two)


def test_one_axis_longer_than_a_word_counts():
    size = 2**32 + 8
    high, low = jax.jit(lambda: tuple(part[-9:] for part in threefry.counters((size,))))()
    np.testing.assert_array_equal(high, [0] + 8 * [1])
    np.testing.assert_array_equal(low, [2**32 - 1, *range(8)])
    key = jax.random.key(3)
    one, two = (
        jax.jit(lambda k, shape=shape: threefry.bits(k, shape, 8).reshape(-1)[-8:])(key)
        for shape in ((size,), (2, size // 2))
    )
    np.testing.assert_array_equal(one, two)
