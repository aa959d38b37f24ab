"""Every row of samplers.toml against the installed jax: names, signatures, derivatives."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import pytest

from randlint.catalogue import Effect, Gradient, NameSet, Parameter, load

jax = pytest.importorskip("jax", reason="compares the catalogue with jax itself")
jnp = jax.numpy
special = jax.scipy.special

PREFIX = "jax.random."
FORMER = {"default_prng_impl", "shuffle", "threefry2x32_key", "rbg_key", "unsafe_rbg_key"}
# Newer than the oldest jax that is supported: names, and keywords of many samplers.
LATER = {"key_dtype"}
LATER_KEYWORDS = {"out_sharding", "method", "dtype"}

ROWS = {
    name.removeprefix(PREFIX): row
    for name, row in load().functions.items()
    if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in FORMER
}
CALLABLE = sorted(name for name in ROWS if callable(getattr(jax.random, name, None)))


def public_names() -> set[str]:
    return {name for name in dir(jax.random) if not name.startswith("_")}


def annotations() -> set[str]:
    """The names of jax.random that stand for types of keys: they are called nowhere."""
    found = {name for name in load().names_of(NameSet.ANNOTATIONS) if name.startswith(PREFIX)}
    return {name.removeprefix(PREFIX) for name in found} - set(ROWS)


def test_every_public_name_has_a_row() -> None:
    assert annotations() == {"Key"}  # public from jax 0.12
    assert public_names() - set(ROWS) <= annotations()


def test_every_row_is_a_public_name() -> None:
    assert set(ROWS) - public_names() <= LATER


def test_only_names_that_left_are_called_former() -> None:
    assert public_names() & FORMER == set()
    assert {PREFIX + name for name in FORMER} <= set(load().functions)


@pytest.mark.parametrize("name", CALLABLE)
def test_signature(name: str) -> None:
    """Every parameter has its place; what a row names and jax has not is a keyword of later jax."""
    row = ROWS[name]
    places = {argument.name: argument.position for argument in row.keys}
    places |= {parameter.name: parameter.position for parameter in row.parameters.values()}
    there = positions(getattr(jax.random, name))
    assert {each: places.get(each, "absent") for each in there} == there
    missing = {each: place for each, place in places.items() if each not in there}
    assert set(missing) <= LATER_KEYWORDS and set(missing.values()) <= {None}
    for argument in (row.count, row.data):
        assert argument is None or places[argument.name] == argument.position


def positions(function: Callable[..., object]) -> dict[str, int | None]:
    parameters = inspect.signature(function).parameters.values()
    return {
        parameter.name: None if parameter.kind is parameter.KEYWORD_ONLY else position
        for position, parameter in enumerate(parameters)
    }


# ---- derivatives: a point at which each differentiable parameter is measured


@dataclass(frozen=True)
class Point:
    """The other arguments, the parameter's value, and the expectation of one statistic there."""

    value: float
    arguments: dict[str, object]
    expectation: Callable[[object], object]
    statistic: Callable[[object], object] = lambda x: x
    place: Callable[[object], object] = lambda theta: theta  # theta -> the argument
    picks: int | None = None  # look at the first entries of a draw only


def first(vector: list[float]) -> Callable[[object], object]:
    """theta -> `vector` with theta in place of its first entry."""
    return jnp.array(vector).at[0].set


def square(x: object) -> object:
    return x**2


def normal_cdf(x: object) -> object:
    return special.ndtr(x)


def normal_pdf(x: object) -> object:
    return jnp.exp(-(x**2) / 2) / jnp.sqrt(2 * jnp.pi)


def truncated_mean(a: object, b: object) -> object:
    return (normal_pdf(a) - normal_pdf(b)) / (normal_cdf(b) - normal_cdf(a))


def gamma_function(x: object) -> object:
    return jnp.exp(special.gammaln(x))


def f_second_moment(n: object, d: object) -> object:
    return d**2 * (n + 2) / (n * (d - 2) * (d - 4))


def ball_second_moment(p: object, d: int) -> object:
    """E[x_1^2] of the uniform law in the unit p-ball: |x|^p is a Dirichlet(1/p, ..., 1/p; 1)."""
    ratio = special.gammaln(3 / p) - special.gammaln(1 / p)
    return jnp.exp(ratio + special.gammaln(d / p + 1) - special.gammaln((d + 2) / p + 1))


def mean_index(logits: object) -> object:
    return jnp.sum(jax.nn.softmax(logits) * jnp.arange(3))


VALUES, PROBS = [3.0, 1.0, 2.0], [0.5, 0.2, 0.3]
MULTIVARIATE = {"mean": jnp.array([0.3, -1.0]), "cov": jnp.array([[2.0, 0.5], [0.5, 1.0]])}

POINTS: dict[tuple[str, str], Point] = {
    ("uniform", "minval"): Point(0.3, {"maxval": 2.0}, lambda t: (t + 2.0) / 2),
    ("uniform", "maxval"): Point(2.0, {"minval": 0.3}, lambda t: (t + 0.3) / 2),
    ("double_sided_maxwell", "loc"): Point(0.7, {"scale": 1.3}, lambda t: t),
    ("double_sided_maxwell", "scale"): Point(
        1.3, {"loc": 0.7}, lambda t: 0.49 + 3 * t**2, statistic=square
    ),
    ("rayleigh", "scale"): Point(1.3, {}, lambda t: t * jnp.sqrt(jnp.pi / 2)),
    ("weibull_min", "scale"): Point(
        1.3, {"concentration": 1.7}, lambda t: t * gamma_function(1 + 1 / 1.7)
    ),
    ("weibull_min", "concentration"): Point(
        1.7, {"scale": 1.3}, lambda t: 1.3 * gamma_function(1 + 1 / t)
    ),
    ("lognormal", "sigma"): Point(0.5, {}, lambda t: jnp.exp(t**2 / 2)),
    ("pareto", "b"): Point(8.0, {}, lambda t: t / (t - 1)),
    ("truncated_normal", "lower"): Point(-1.0, {"upper": 2.0}, lambda t: truncated_mean(t, 2.0)),
    ("truncated_normal", "upper"): Point(2.0, {"lower": -1.0}, lambda t: truncated_mean(-1.0, t)),
    ("triangular", "left"): Point(-1.0, {"mode": 0.5, "right": 2.0}, lambda t: (t + 2.5) / 3),
    ("triangular", "mode"): Point(0.5, {"left": -1.0, "right": 2.0}, lambda t: (t + 1.0) / 3),
    ("triangular", "right"): Point(2.0, {"left": -1.0, "mode": 0.5}, lambda t: (t - 0.5) / 3),
    ("multivariate_normal", "mean"): Point(
        0.3, {"cov": MULTIVARIATE["cov"]}, lambda t: t - 1.0, place=first([0.3, -1.0])
    ),
    ("multivariate_normal", "cov"): Point(
        1.5,
        {"mean": MULTIVARIATE["mean"]},
        lambda t: 3.0 * t,
        statistic=lambda x: (x - MULTIVARIATE["mean"]) ** 2,
        place=lambda t: t * MULTIVARIATE["cov"],
    ),
    ("gamma", "a"): Point(2.5, {}, lambda t: t),
    ("loggamma", "a"): Point(2.5, {}, special.digamma),
    ("chisquare", "df"): Point(5.0, {}, lambda t: t),
    ("f", "dfnum"): Point(
        6.0, {"dfden": 30.0}, lambda t: f_second_moment(t, 30.0), statistic=square
    ),
    ("f", "dfden"): Point(14.0, {"dfnum": 6.0}, lambda t: t / (t - 2)),
    ("t", "df"): Point(12.0, {}, lambda t: t / (t - 2), statistic=square),
    ("beta", "a"): Point(2.0, {"b": 1.5}, lambda t: t / (t + 1.5)),
    ("beta", "b"): Point(1.5, {"a": 2.0}, lambda t: 2.0 / (2.0 + t)),
    ("dirichlet", "alpha"): Point(
        0.8,
        {},
        lambda t: (t + 3.4) / (t + 3.2),
        statistic=lambda x: x * jnp.array([1.0, 2.0, 0.5]),
        place=first([0.8, 1.2, 2.0]),
    ),
    ("generalized_normal", "p"): Point(
        1.5, {}, lambda t: gamma_function(3 / t) / gamma_function(1 / t), statistic=square
    ),
    ("ball", "p"): Point(1.5, {"d": 3}, lambda t: 3 * ball_second_moment(t, 3), statistic=square),
    ("wald", "mean"): Point(1.0, {}, lambda t: t),
    ("choice", "a"): Point(
        3.0, {"p": jnp.array(PROBS)}, lambda t: 0.5 * t + 0.8, place=first(VALUES)
    ),
    ("choice", "p"): Point(
        0.5, {"a": jnp.array(VALUES)}, lambda t: (3 * t + 0.8) / (t + 0.5), place=first(PROBS)
    ),
    ("permutation", "x"): Point(3.0, {}, lambda t: (t + 3.0) / 3, place=first(VALUES), picks=1),
    ("bernoulli", "p"): Point(0.3, {}, lambda t: t),
    ("binomial", "n"): Point(20.0, {"p": 0.3}, lambda t: 0.3 * t),
    ("binomial", "p"): Point(0.3, {"n": 20.0}, lambda t: 20.0 * t),
    ("multinomial", "n"): Point(20.0, {"p": jnp.array(PROBS)}, lambda t: t),
    ("multinomial", "p"): Point(
        0.5,
        {"n": 20.0},
        lambda t: 20.0 * t,
        statistic=lambda x: x * jnp.array([1.0, 0.0, 0.0]),
        place=first(PROBS),
    ),
    ("categorical", "logits"): Point(
        0.1, {}, lambda t: mean_index(first([0.1, 0.5, -0.3])(t)), place=first([0.1, 0.5, -0.3])
    ),
    ("geometric", "p"): Point(0.3, {}, lambda t: 1 / t),
    ("poisson", "lam"): Point(3.0, {}, lambda t: t),
    ("randint", "minval"): Point(2.0, {"maxval": 10}, lambda t: (t + 9) / 2),
    ("randint", "maxval"): Point(10.0, {"minval": 2}, lambda t: (t + 1) / 2),
}

ONE = 1.0
DIFFERENTIABLE = sorted(
    (name, parameter.name)
    for name in CALLABLE
    if ROWS[name].effect is Effect.SAMPLE
    for parameter in ROWS[name].parameters.values()
    if parameter.gradient is not Gradient.STATIC
)
STATIC = sorted(
    (name, parameter.name)
    for name in CALLABLE
    for parameter in ROWS[name].parameters.values()
    if parameter.gradient is Gradient.STATIC
)


def row(name: str, parameter: str) -> Parameter:
    return ROWS[name].parameters[parameter]


def draw(name: str, parameter: str, theta: object, key: object, *, cast: bool = True) -> object:
    """The statistic of one draw at theta, summed over the draw's entries."""
    point = POINTS[name, parameter]
    arguments = {**point.arguments, parameter: point.place(theta)}
    if name == "randint":
        arguments["shape"] = ()
    value = getattr(jax.random, name)(key, **arguments)
    value = value[: point.picks] if point.picks else value
    return jnp.sum(point.statistic(value.astype(float) if cast else value))


@cache
def measurement(name: str, parameter: str) -> Callable[[float], tuple[object, object]]:
    """theta -> values and forward derivatives of independent draws, the keys always the same."""
    keys = jax.random.split(jax.random.key(20), 8_000)

    def one(theta: object, key: object) -> tuple[object, object]:
        return jax.jvp(lambda t: draw(name, parameter, t, key), (theta,), (ONE,))

    return jax.jit(lambda theta: jax.vmap(one, in_axes=(None, 0))(theta, keys))


def test_every_differentiable_row_has_a_point() -> None:
    assert sorted(POINTS) == DIFFERENTIABLE


@pytest.mark.parametrize(("name", "parameter"), DIFFERENTIABLE)
def test_derivative(name: str, parameter: str) -> None:
    """Exactly 0 where the row says zero; finite and somewhere different from 0 elsewhere.

    Unbiased rows agree with the derivative of the expectation to 5 standard errors; the others
    differ by more than 5.
    """
    point, stated = POINTS[name, parameter], row(name, parameter)
    _, derivative = measurement(name, parameter)(point.value)
    assert bool(jnp.all(jnp.isfinite(derivative)))
    assert bool(jnp.all(derivative == 0)) == (stated.gradient is Gradient.ZERO)
    error = jnp.std(derivative) / jnp.sqrt(derivative.size) + 1e-6
    truth = jax.grad(point.expectation)(point.value)
    distance = abs(float((jnp.mean(derivative) - truth) / error))
    assert (distance < 5) == stated.unbiased, f"{distance:.1f} standard errors from the truth"


@pytest.mark.parametrize(
    ("name", "parameter"),
    [pair for pair in DIFFERENTIABLE if row(*pair).gradient is Gradient.ZERO],
)
def test_zero_is_silent_or_refused(name: str, parameter: str) -> None:
    """Reverse mode gives 0 after a cast; before it, a TypeError where the draw is an integer."""
    theta, key = POINTS[name, parameter].value, jax.random.key(3)
    assert jax.grad(lambda t: draw(name, parameter, t, key))(theta) == 0
    try:
        raw = jax.grad(lambda t: draw(name, parameter, t, key, cast=False))(theta)
    except TypeError:
        raw = 0.0
    assert raw == 0


@pytest.mark.parametrize(
    ("name", "parameter"),
    [pair for pair in DIFFERENTIABLE if row(*pair).gradient is not Gradient.ZERO],
)
def test_explicit_or_implicit(name: str, parameter: str) -> None:
    """An explicit function of the parameter has the difference quotient of draws as derivative.

    An implicit derivative is not that of the program: at fixed key the rejection sampler moves
    along the accepted noise instead.
    """
    theta, step = POINTS[name, parameter].value, 1e-2
    measure = measurement(name, parameter)
    (above, _), (below, _), (_, derivative) = (
        measure(at) for at in (theta + step, theta - step, theta)
    )
    quotient = (above - below) / (2 * step)
    scale = jnp.maximum(jnp.abs(quotient), 1e-2)
    agree = jnp.mean(jnp.abs(quotient - derivative) / scale < 1e-2)
    implicit = row(name, parameter).gradient is Gradient.IMPLICIT
    assert (float(agree) < 0.9) == implicit, f"{float(agree):.0%} of the draws agree"


@pytest.mark.parametrize(("name", "parameter"), DIFFERENTIABLE)
def test_second_derivative(name: str, parameter: str) -> None:
    """Reverse over reverse raises exactly where the row says so."""
    theta, key = POINTS[name, parameter].value, jax.random.key(5)
    second = jax.grad(jax.grad(lambda t: draw(name, parameter, t, key)))
    if row(name, parameter).second_order:
        try:
            assert jax.eval_shape(second, theta).shape == ()  # tracing is where it would raise
        except TypeError as error:
            if "'NoneType' and 'tuple'" not in str(error):
                raise
            pytest.skip("this jax loses the argument names of a loop in a loop (mended in 0.10)")
    else:
        with pytest.raises(ValueError, match="Reverse-mode"):
            jax.eval_shape(second, theta)


@pytest.mark.parametrize(("name", "parameter"), STATIC)
def test_static_parameters_have_no_derivative(name: str, parameter: str) -> None:
    """A tracer for a shape, dtype or method is an error, or the derivative is exactly 0."""
    arguments = {**example(name), parameter: None}

    def traced(value: object) -> object:
        return getattr(jax.random, name)(**{**arguments, parameter: value})

    try:
        _, tangent = jax.jvp(traced, (ONE,), (ONE,))
    except (TypeError, ValueError, AttributeError, IndexError, jax.errors.JAXTypeError):
        return
    assert tangent.dtype == jax.dtypes.float0 or bool(jnp.all(tangent == 0))


def example(name: str) -> dict[str, object]:
    """Arguments for one call of `name` by keyword."""
    arguments = {argument.name: jax.random.key(1) for argument in ROWS[name].keys}
    for (sampler, parameter), point in POINTS.items():
        if sampler == name:
            arguments |= {**point.arguments, parameter: point.place(point.value)}
    if ROWS[name].data is not None:
        arguments[ROWS[name].data.name] = 3
    needed = {
        "randint": {"shape": ()},
        "orthogonal": {"n": 2},
        "ball": {"d": 2},
        "wrap_key_data": {"key_bits_array": jnp.zeros(2, "uint32")},
    }
    return arguments | needed.get(name, {})


def test_fold_in_data_is_cast() -> None:
    def mean(data: object) -> object:
        return jnp.mean(jax.random.normal(jax.random.fold_in(jax.random.key(0), data), (8,)))

    assert ROWS["fold_in"].parameters["data"].gradient is Gradient.ZERO
    assert jax.grad(mean)(3.0) == 0


# ---- keys


@pytest.mark.parametrize("name", CALLABLE)
def test_effect(name: str) -> None:
    """What comes out: keys, key data, or numbers."""
    function = ROWS[name]
    out = {
        Effect.CREATE: lambda: getattr(jax.random, name)(0),
        Effect.SPLIT: lambda: getattr(jax.random, name)(jax.random.key(0)),
        Effect.FOLD_IN: lambda: getattr(jax.random, name)(jax.random.key(0), 1),
        Effect.CLONE: lambda: getattr(jax.random, name)(jax.random.key(0)),
        Effect.WRAP: lambda: getattr(jax.random, name)(jnp.zeros(2, "uint32")),
    }.get(function.effect)
    if out is None:
        assert function.effect in {Effect.SAMPLE, Effect.INSPECT}
        assert (function.draw is not None) == (function.effect is Effect.SAMPLE)
        return
    made = out()
    assert bool(jnp.issubdtype(made.dtype, jax.dtypes.prng_key)) != function.raw
    assert made.ndim == (1 if function.effect is Effect.SPLIT or function.raw else 0)
