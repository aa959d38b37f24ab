"""Compare every sampler with jax.random, bit for bit, over a grid; print what differs.

    python benchmarks/identity.py            # the whole grid (about an hour: it compiles)
    python benchmarks/identity.py --quick    # one shape each, jitted
    python benchmarks/identity.py --only beta t
    python benchmarks/identity.py --devices  # sharded over 8 host devices, and over two processes

Draws are compared in the same mode: eager with eager, jitted with jitted, vmapped with vmapped.
"""

from __future__ import annotations

import argparse
import itertools
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

LIMIT = 4  # units in the last place, for draws that are not exact
EXACT = {
    "bits",
    "uniform",
    "normal",
    "randint",
    "bernoulli",
    "rademacher",
    "categorical",
    "choice",
    "permutation",
    "geometric",
    "poisson",
    "binomial",
    "multinomial",
    "key",
    "split",
    "fold_in",
}


@dataclass(frozen=True)
class Case:
    """One call, made on either module."""

    name: str
    label: str
    call: Callable[[Any, Any, tuple[int, ...], Any], Any]
    dtypes: tuple[str | None, ...] = (None, "float32")


def cases() -> Iterator[Case]:
    """Every sampler at ordinary and extreme parameters."""
    floats = (None, "float32", "float16", "bfloat16", "float64")
    wide = (None, "float64")
    for name in ("cauchy", "exponential", "gumbel", "laplace", "logistic", "maxwell"):
        yield Case(name, name, lambda r, k, s, d, n=name: getattr(r, n)(k, s, d), floats)
    yield Case("normal", "normal", lambda r, k, s, d: r.normal(k, s, d), (*floats, "complex64"))
    yield Case("uniform", "uniform", lambda r, k, s, d: r.uniform(k, s, d), floats)
    yield Case("uniform", "uniform(-3,2)", lambda r, k, s, d: r.uniform(k, s, d, -3.0, 2.0), floats)
    for mode in ("high", "highest"):
        yield Case(
            "gumbel", f"gumbel({mode})", lambda r, k, s, d, m=mode: r.gumbel(k, s, d, m), wide
        )
    yield Case(
        "bits",
        "bits",
        lambda r, k, s, d: r.bits(k, s, d),
        (None, "uint8", "uint16", "uint32", "uint64"),
    )
    for low, high in ((0, 10), (-5, 1000), (7, 7), (0, 127)):
        yield Case(
            "randint",
            f"randint({low},{high})",
            lambda r, k, s, d, a=low, b=high: r.randint(k, s, a, b, d),
            (None, "int8", "uint8", "int16", "int32", "uint32", "int64"),
        )
    yield Case(
        "randint", "randint(0,256) u8", lambda r, k, s, d: r.randint(k, s, 0, 256, d), ("uint8",)
    )
    yield Case("rademacher", "rademacher", lambda r, k, s, d: r.rademacher(k, s, d), (None, "int8"))
    one = {
        "gamma": (1e-3, 0.3, 1.0, 2.5, 1e4),
        "loggamma": (1e-3, 0.3, 2.5),
        "chisquare": (0.1, 5.0),
        "t": (0.1, 3.0, 12.0),
        "pareto": (0.5, 8.0),
        "rayleigh": (1.3,),
        "lognormal": (0.5,),
        "wald": (0.1, 1.0, 20.0),
    }
    for name, values in one.items():
        for value in values:
            yield Case(
                name,
                f"{name}({value})",
                lambda r, k, s, d, n=name, v=value: getattr(r, n)(
                    k, jnp.full(s[-1:], v, d or float), s, d
                ),
                floats if name in ("pareto", "rayleigh", "gamma") else wide,
            )
    for value in (1.0, 1.5, 7.0):
        yield Case(
            "generalized_normal",
            f"generalized_normal({value})",
            lambda r, k, s, d, v=value: r.generalized_normal(k, v, s, d),
            wide,
        )
        yield Case(
            "ball", f"ball({value})", lambda r, k, s, d, v=value: r.ball(k, 3, v, s, d), wide
        )
    for a, b in ((2.0, 1.5), (1e-3, 1e-3), (50.0, 0.2)):
        yield Case(
            "beta", f"beta({a},{b})", lambda r, k, s, d, a=a, b=b: r.beta(k, a, b, s, d), wide
        )
        yield Case("f", f"f({a},{b})", lambda r, k, s, d, a=a, b=b: r.f(k, a, b, s, d), wide)
    for alpha in ((1.0, 2.0, 0.5), (1e-3, 1e-3, 1e-3)):
        yield Case(
            "dirichlet",
            f"dirichlet{alpha}",
            lambda r, k, s, d, a=alpha: r.dirichlet(k, jnp.asarray(a), s, d),
            wide,
        )
    for low, high in ((-1.0, 2.0), (3.0, 4.0), (5.0, np.inf), (-np.inf, 0.5)):
        yield Case(
            "truncated_normal",
            f"truncated_normal({low},{high})",
            lambda r, k, s, d, a=low, b=high: r.truncated_normal(k, a, b, s, d),
            floats,
        )
    yield Case(
        "triangular", "triangular", lambda r, k, s, d: r.triangular(k, -1.0, 0.5, 2.0, s, d), wide
    )
    yield Case(
        "weibull_min", "weibull_min", lambda r, k, s, d: r.weibull_min(k, 1.3, 1.7, s, d), wide
    )
    yield Case(
        "double_sided_maxwell",
        "double_sided_maxwell",
        lambda r, k, s, d: r.double_sided_maxwell(k, 0.7, 1.3, s, d),
        wide,
    )
    cov = np.array([[2.0, 0.3], [0.3, 1.0]])
    for method in ("cholesky", "eigh", "svd"):
        yield Case(
            "multivariate_normal",
            f"multivariate_normal({method})",
            lambda r, k, s, d, m=method: r.multivariate_normal(
                k,
                jnp.asarray([0.3, -1.0], d),
                jnp.asarray(cov, d),
                s,
                d,
                method=m,
            ),
            wide,
        )
    yield Case("orthogonal", "orthogonal", lambda r, k, s, d: r.orthogonal(k, 3, s[:1], d), wide)
    for p in (0.3, 1e-6):
        for mode in ("low", "high"):
            yield Case(
                "bernoulli",
                f"bernoulli({p},{mode})",
                lambda r, k, s, d, p=p, m=mode: r.bernoulli(k, jnp.asarray(p, d), s, m),
                wide,
            )
    yield Case("geometric", "geometric", lambda r, k, s, d: r.geometric(k, 0.2, s), (None,))
    for lam in (0.5, 3.0, 9.9, 10.0, 20.0, 1e4):
        yield Case(
            "poisson", f"poisson({lam})", lambda r, k, s, d, v=lam: r.poisson(k, v, s), (None,)
        )
    yield Case(
        "poisson",
        "poisson(mixed)",
        lambda r, k, s, d: r.poisson(
            k, jnp.resize(jnp.asarray([0.0, 2.0, 30.0, 700.0, jnp.nan]), s)
        ),
        (None,),
    )
    for n, p in ((20, 0.3), (100, 0.4), (1000, 0.97), (3, 0.01)):
        yield Case(
            "binomial",
            f"binomial({n},{p})",
            lambda r, k, s, d, n=n, p=p: r.binomial(k, n, p, s, d),
            wide,
        )
    yield Case(
        "multinomial",
        "multinomial",
        lambda r, k, s, d: r.multinomial(
            k,
            30.0,
            jnp.asarray([0.2, 0.5, 0.3]),
            shape=(*s, 3),
            dtype=d,
        ),
        (None,),
    )
    logits = np.linspace(-2, 1, 6).astype("float32")
    yield Case(
        "categorical",
        "categorical",
        lambda r, k, s, d: r.categorical(k, jnp.broadcast_to(jnp.asarray(logits, d), (*s, 6))),
        wide,
    )
    yield Case(
        "categorical",
        "categorical(shape)",
        lambda r, k, s, d: r.categorical(k, jnp.asarray(logits, d), shape=s),
        wide,
    )
    yield Case(
        "categorical",
        "categorical(axis 0, no replacement)",
        lambda r, k, s, d: r.categorical(
            k,
            jnp.asarray(np.stack([logits, -logits], 1)),
            axis=0,
            shape=(4, 2),
            replace=False,
        ),
        (None,),
    )
    for replace in (True, False):
        for p in (None, (0.1, 0.2, 0.3, 0.15, 0.25)):
            yield Case(
                "choice",
                f"choice(replace={replace}, p={p is not None})",
                lambda r, k, s, d, q=replace, p=p: r.choice(
                    k,
                    5,
                    (4,),
                    q,
                    None if p is None else jnp.asarray(p),
                ),
                (None,),
            )
            yield Case(
                "choice",
                f"choice(rows, replace={replace}, p={p is not None})",
                lambda r, k, s, d, q=replace, p=p: r.choice(
                    k,
                    jnp.arange(10.0).reshape(2, 5),
                    (3,),
                    q,
                    None if p is None else jnp.asarray(p),
                    axis=1,
                ),
                (None,),
            )
    yield Case("permutation", "permutation(n)", lambda r, k, s, d: r.permutation(k, 2000), (None,))
    for independent in (False, True):
        yield Case(
            "permutation",
            f"permutation(independent={independent})",
            lambda r, k, s, d, i=independent: r.permutation(
                k,
                jnp.arange(60.0).reshape(12, 5),
                axis=1,
                independent=i,
            ),
            (None,),
        )
    yield Case("split", "split", lambda r, k, s, d: _words(r, r.split(k, s or 3)), (None,))
    yield Case("fold_in", "fold_in", lambda r, k, s, d: _words(r, r.fold_in(k, 77)), (None,))


def _words(r: Any, key: Any) -> Any:
    return r.key_data(key)


def ulps(ours: np.ndarray, theirs: np.ndarray) -> tuple[int, float]:
    """How many values differ, and by how many units in the last place at most."""
    if ours.dtype.kind == "c":
        ours, theirs = (x.view(np.empty(0, x.dtype).real.dtype) for x in (ours, theirs))
    same = (ours == theirs) | ((ours != ours) & (theirs != theirs))
    different = int((~same).sum())
    if not different:
        return 0, 0.0
    if ours.dtype.kind not in "fV" and not jnp.issubdtype(ours.dtype, jnp.floating):
        return different, np.inf
    info = jnp.finfo(ours.dtype)
    a, b = (x.astype(np.float64)[~same] for x in (ours, theirs))
    with np.errstate(all="ignore"):
        unit = np.maximum(np.abs(b), float(info.tiny)) * float(info.eps)
        return different, float(np.max(np.abs(a - b) / unit))


def modes(case: Case, dtype: str | None, shape: tuple[int, ...]) -> Iterator[tuple[str, Any]]:
    """The ways of calling it: name, and a function from the module and a key to an array."""

    def eager(r: Any, k: Any) -> Any:
        return case.call(r, k, shape, dtype)

    yield "eager", eager
    yield "jit", lambda r, k: jax.jit(lambda k: case.call(r, k, shape, dtype))(k)
    yield (
        "vmap",
        lambda r, k: jax.jit(jax.vmap(lambda k: case.call(r, k, shape, dtype)))(
            jax.random.split(k, 3)
        ),
    )


def compare(
    case: Case, dtype: str | None, shape: tuple[int, ...], key: Any, only: str = ""
) -> list:
    """One row per mode: mode, number of values, number different, units in the last place."""
    from randlint_runtime import random

    rows = []
    for mode, run in modes(case, dtype, shape):
        if only and mode != only:
            continue
        theirs, ours = run(jax.random, key), run(random, key)
        assert ours.shape == theirs.shape, (case.label, mode, ours.shape, theirs.shape)
        assert ours.dtype == theirs.dtype, (case.label, mode, ours.dtype, theirs.dtype)
        assert ours.weak_type == theirs.weak_type, (case.label, mode)
        rows.append((mode, ours.size, *ulps(np.asarray(ours), np.asarray(theirs))))
    return rows


@dataclass(frozen=True)
class Setting:
    """One configuration of jax, with the shapes and ways of calling that it is tried on."""

    x64: bool = False
    partitionable: bool = True
    raw: bool = False
    shapes: tuple[tuple[int, ...], ...] = ((7,),)
    modes: tuple[str, ...] = ("eager", "jit", "vmap")

    def __str__(self) -> str:
        layout = "partitionable" if self.partitionable else "halves"
        key = "raw key" if self.raw else "typed key"
        return f"{'x64' if self.x64 else 'x32'}, {layout}, {key}"


SETTINGS = (
    Setting(shapes=((1000,),)),
    Setting(raw=True, modes=("eager", "jit")),
    Setting(x64=True, shapes=((7,), (1000,))),
    Setting(partitionable=False),
    Setting(x64=True, partitionable=False, raw=True, modes=("jit",)),
    Setting(shapes=((), (7,), (33, 5))),
)
QUICK = (Setting(shapes=((1000,),), modes=("jit",)),)


def grid(settings: tuple[Setting, ...], only: list[str]) -> None:
    """The whole comparison, with a summary."""
    totals: Counter[str] = Counter()
    failures: list[str] = []
    for setting in settings:
        with jax.enable_x64(setting.x64), jax.threefry_partitionable(setting.partitionable):
            for case in cases():
                if not only or case.name in only:
                    compare_case(case, setting, totals, failures)
                    jax.clear_caches()
                    print(f"{case.label}: {totals['calls']} calls so far", flush=True)
        print(f"{setting}: {dict(totals)}", flush=True)
    print(f"failures: {len(failures)}")
    for failure in failures:
        print("  FAIL", failure)


def compare_case(case: Case, setting: Setting, totals: Counter[str], failures: list[str]) -> None:
    """One case in every dtype, shape and way of calling of a setting."""
    key = jax.random.PRNGKey(42) if setting.raw else jax.random.key(42)
    for dtype, shape in itertools.product(case.dtypes, setting.shapes):
        if dtype is not None and (dtype in ("float64", "uint64", "int64")) != setting.x64:
            continue
        for mode in setting.modes:
            ((_, size, different, ulp),) = compare(case, dtype, shape, key, mode)
            kind = "integers, bits, uniform, normal" if case.name in EXACT else "other draws"
            totals["calls"] += 1
            totals[f"{kind}: values"] += size
            totals[f"{kind}: different"] += different
            if not different:
                continue
            place = f"{case.label} {dtype} {shape} {mode}, {setting}"
            print(f"  {place}: {different} of {size} differ, {ulp:.3g} ulp", flush=True)
            if case.name in EXACT or ulp > LIMIT:
                failures.append(place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one shape, jitted")
    parser.add_argument("--only", nargs="*", default=[], help="names of samplers")
    parser.add_argument("--devices", action="store_true")
    parser.add_argument("--worker", type=int, nargs=2, metavar=("PROCESS", "PORT"))
    arguments = parser.parse_args()
    if arguments.worker:
        worker(*arguments.worker)
    elif arguments.devices:
        devices()
    else:
        grid(QUICK if arguments.quick else SETTINGS, arguments.only)


SHARDED = ("normal", "uniform", "bits", "gamma", "poisson", "categorical", "permutation")


def sharded_draws(r: Any, key: Any, sharding: Any) -> dict[str, Any]:
    """Large draws laid out over a mesh's axis."""
    n = 8 * 1024
    draws = {
        "normal": lambda k: r.normal(k, (n,)),
        "uniform": lambda k: r.uniform(k, (n,)),
        "bits": lambda k: r.bits(k, (n,)),
        "gamma": lambda k: r.gamma(k, 0.7, (n,)),
        "poisson": lambda k: r.poisson(k, 20.0, (n,)),
        "categorical": lambda k: r.categorical(k, jnp.arange(5.0), shape=(n,)),
        "permutation": lambda k: r.permutation(k, n),
    }
    return {name: jax.jit(draws[name], out_shardings=sharding)(key) for name in SHARDED}


def devices() -> None:
    """8 host devices in one process, then two processes of 4 joined on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for processes, count in ((1, 8), (2, 4)):
        environment = os.environ | {
            "XLA_FLAGS": f"--xla_force_host_platform_device_count={count}",
            "JAX_PLATFORMS": "cpu",
            "RANDLINT_PROCESSES": str(processes),
        }
        command = [sys.executable, __file__, "--worker"]
        running = [
            subprocess.Popen([*command, str(i), str(port)], env=environment)
            for i in range(processes)
        ]
        codes = [process.wait(timeout=600) for process in running]
        print(f"{processes} process(es) x {count} devices: exit codes {codes}", flush=True)
        if any(codes):
            raise SystemExit(1)


def worker(process: int, port: int) -> None:
    """Compare this process's shards with the same draws on one device."""
    from randlint_runtime import random

    processes = int(os.environ["RANDLINT_PROCESSES"])
    if processes > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(f"127.0.0.1:{port}", processes, process)
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("d",))
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("d"))
    key = jax.random.key(5)
    theirs = {
        name: np.asarray(draw)
        for name, draw in sharded_draws(
            jax.random, key, jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
        ).items()
    }
    for name, draw in sharded_draws(random, key, sharding).items():
        for shard in draw.addressable_shards:
            different = int((np.asarray(shard.data) != theirs[name][shard.index]).sum())
            assert different == 0, f"{name} on {shard.device}: {different} values differ"
    print(f"process {process}: {len(mesh.devices)} devices, {len(theirs)} samplers, 0 differing")


if __name__ == "__main__":
    main()
