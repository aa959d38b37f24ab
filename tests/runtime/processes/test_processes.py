"""Law and derivative of every generative process, against closed forms."""

from functools import cache

import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from randlint_runtime import processes
from randlint_runtime.processes import PROCESSES

# In its old place before jax 0.8.
enable_x64 = (jax if hasattr(jax, "enable_x64") else jax.experimental).enable_x64

pytestmark = pytest.mark.usefixtures("quick_compilation")
N = 100_000
LIMIT = 4.5  # |z| of a correct mean; 20 tests at 4.5 give a false alarm once in 7,000 runs


def vmap(f, **options):
    return jax.jit(jax.vmap(f, **options))  # one compilation instead of one per primitive


def keys(n, seed=0):
    return jax.random.split(jax.random.key(seed), n)


def z(values, truth):
    values = np.asarray(values, dtype=np.float64)
    return (values.mean() - truth) / (values.std(ddof=1) / np.sqrt(values.size) + 1e-6)


@cache
def draws_and_slopes(name, *parameters):
    """Draws, and the derivative of each draw in its first parameter; three tests share them."""
    sample = PROCESSES[name].sample
    one = jax.value_and_grad(lambda theta, key: sample(key, theta, *parameters[1:]))
    return vmap(one, in_axes=(None, 0))(jnp.float32(parameters[0]), keys(N))


LAWS = [
    ("scaled_uniform", (2.5,), stats.uniform(0, 2.5)),
    ("scrambled_uniform", (2.5,), stats.uniform(0, 2.5)),
    ("shifted_normal", (0.7, 1.3), stats.norm(0.7, 1.3)),
    ("rotated_normal", (0.7, 1.3), stats.norm(0.7, 1.3)),
    ("flipped_normal", (0.7, 1.3), stats.norm(0.7, 1.3)),
    ("wrapped_uniform", (0.3,), stats.uniform(0, 1)),
]


@pytest.mark.parametrize(("name", "parameters", "law"), LAWS, ids=[row[0] for row in LAWS])
def test_law(name, parameters, law):
    x, _ = draws_and_slopes(name, *parameters)
    assert stats.kstest(np.asarray(x, np.float64), law.cdf).pvalue > 1e-5


@pytest.mark.parametrize(
    ("name", "parameters", "mean", "variance"),
    [
        ("scaled_uniform", (2.5,), 0.5, 1 / 12),
        ("scrambled_uniform", (2.5,), 0.5, 1 / 12),
        ("shifted_normal", (0.7, 1.3), 1.0, 0.0),
        ("rotated_normal", (0.7, 1.3), 1.0, 1.3**2),
        ("flipped_normal", (0.7, 1.3), 1.0, 0.0),
        ("wrapped_uniform", (0.3,), 1.0, 0.0),
    ],
)
def test_derivative_has_the_documented_mean_and_variance(name, parameters, mean, variance):
    _, slopes = draws_and_slopes(name, *parameters)
    assert abs(z(slopes, mean)) < LIMIT
    assert np.var(np.asarray(slopes)) == pytest.approx(variance, rel=0.03, abs=1e-6)


@pytest.mark.parametrize(("name", "parameters", "law"), LAWS, ids=[row[0] for row in LAWS])
def test_unbiased_flag_is_true_to_the_facts(name, parameters, law):
    """`unbiased` says whether E[g'(X) dX] is the derivative of E[g(X)], for g = x^2."""
    x, slopes = draws_and_slopes(name, *parameters)
    truth = {
        "scaled_uniform": 2 * 2.5 / 3,
        "scrambled_uniform": 2 * 2.5 / 3,
        "wrapped_uniform": 0.0,
    }.get(name, 2 * 0.7)
    distance = abs(z(2 * x * slopes, truth))
    assert (distance < LIMIT) == PROCESSES[name].unbiased


def test_rotation_speed_sets_the_gradient_variance():
    def slope(key):
        return jax.grad(lambda mu: processes.rotated_normal(key, mu, 2.0, turns=3.0))(0.1)

    assert np.var(vmap(slope)(keys(N))) == pytest.approx(36.0, rel=0.03)


def test_scrambled_uniform_jumps_between_neighbouring_floats():
    key = jax.random.key(3)
    thetas = jnp.float32(1.0) + jnp.arange(50) * jnp.finfo(jnp.float32).eps
    x = vmap(lambda theta: processes.scrambled_uniform(key, theta))(thetas)
    assert np.corrcoef(x[:-1], x[1:])[0, 1] < 0.5
    assert np.unique(np.asarray(x)).size == 50
    again = vmap(lambda theta: processes.scrambled_uniform(key, theta))(thetas)
    np.testing.assert_array_equal(x, again)


def test_scrambled_uniform_jumps_between_neighbouring_doubles():
    with enable_x64(True):
        thetas = 1.0 + jnp.arange(50) * 1e-9
        x = processes.scrambled_uniform(jax.random.key(3), thetas)
        alone = [processes.scrambled_uniform(jax.random.key(3), theta) for theta in thetas[:9]]
    assert abs(np.diff(x)).mean() > 0.2
    assert abs(np.diff(alone)).mean() > 0.1


def test_scrambled_uniform_jumps_with_other_generators_too():
    key = jax.random.key(3, impl="rbg")
    one, other = (
        processes.scrambled_uniform(key, jnp.array([1.0, theta, 3.0]))
        for theta in (2.0, 2.0 + 2.0**-21)
    )
    assert abs(one[1] - other[1]) > 1e-3
    np.testing.assert_array_equal(one[::2], other[::2])


def test_flipped_normal_jumps_at_cell_borders_only():
    key = jax.random.key(3)
    inside = [processes.flipped_normal(key, mu) for mu in (2.0**-11, 2.0**-12)]
    across = processes.flipped_normal(key, 2.0**-10 + 2.0**-11)
    assert abs(inside[0] - inside[1]) < 2.0**-10
    assert abs(across - inside[0]) > 0.1


@pytest.mark.parametrize("name", sorted(PROCESSES))
def test_shapes_and_key_kinds(name):
    sample, count = PROCESSES[name].sample, len(PROCESSES[name].parameters)
    wide = [jnp.linspace(0.1, 0.9, 3)] + [1.0] * (count - 1)
    typed = sample(jax.random.key(7), *wide, shape=(2, 3))
    raw = sample(jax.random.PRNGKey(7), *wide, shape=(2, 3))
    assert typed.shape == (2, 3)
    assert np.unique(np.asarray(typed)).size == 6
    np.testing.assert_array_equal(typed, raw)
    assert jax.jit(sample)(jax.random.key(7), *([0.5] * count)).shape == ()
