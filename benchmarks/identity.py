"""Compare every sampler with jax.random, bit for bit, over a grid; print what differs.

    python benchmarks/identity.py --jobs 2   # the whole grid
    python benchmarks/identity.py --quick    # one shape each, jitted
    python benchmarks/identity.py --only beta t
    python benchmarks/identity.py --settings 3 4
    python benchmarks/identity.py --devices  # sharded over 8 host devices, and over two processes

Draws are compared in the same mode: eager with eager, jitted with jitted, vmapped with vmapped.
Nearly all of the time is compilation: a jitted call writes its parameters into the program as
constants, so every call is a program of its own. Eager and vmapped calls hand parameters over, and
the settings that agree in precision and layout are run together, so that these share programs.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.experimental
import jax.numpy as jnp
import numpy as np
from identity_cases import EXACT, Case, cases

# In its old place before jax 0.8.
enable_x64 = (jax if hasattr(jax, "enable_x64") else jax.experimental).enable_x64

KINDS = ("integers, bits, uniform, normal", "others")
FOUND = ("values", "different")
LIMIT = 4  # units in the last place, for draws that are not exact


def ulps(ours: np.ndarray, theirs: np.ndarray) -> tuple[int, float]:
    """How many values differ, and by how many units in the last place at most."""
    if ours.dtype.kind == "c":
        ours, theirs = (np.stack([x.real, x.imag]) for x in (ours, theirs))
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

    def keys(k: Any) -> Any:
        return jax.random.split(k, 3)

    def one(r: Any) -> Any:
        return lambda k: eager(r, k)

    yield "eager", eager
    yield "jit", lambda r, k: jax.jit(one(r))(k)
    yield "vmap", lambda r, k: jax.vmap(one(r))(keys(k))
    yield "jit of vmap", lambda r, k: jax.jit(jax.vmap(one(r)))(keys(k))


def compare(
    case: Case, dtype: str | None, shape: tuple[int, ...], key: Any, only: str = ""
) -> list[tuple[str, int, int, float]]:
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
        sizes = " ".join(str(shape) for shape in self.shapes)
        return f"{'x64' if self.x64 else 'x32'}, {layout}, {key}, {sizes}"


SETTINGS = (
    Setting(shapes=((1000,),), modes=("eager", "jit", "vmap", "jit of vmap")),
    Setting(raw=True, modes=("eager", "jit")),
    Setting(x64=True, shapes=((7,), (1000,))),
    Setting(partitionable=False),
    Setting(x64=True, partitionable=False, raw=True, modes=("jit",)),
    Setting(shapes=((), (7,), (33, 5))),
)
QUICK = (Setting(shapes=((1000,),), modes=("jit",)),)


def compare_sampler(name: str, settings: Sequence[Setting]) -> tuple[Counter[str], list[str]]:
    """Every case of one sampler: counts, and what must not differ but does."""
    totals: Counter[str] = Counter()
    failures: list[str] = []
    begin = time.process_time()
    for setting in sorted(settings, key=lambda s: (s.x64, s.partitionable)):
        with enable_x64(setting.x64), jax.threefry_partitionable(setting.partitionable):
            for case in cases():
                if case.name == name:
                    compare_case(case, setting, totals, failures)
    jax.clear_caches()
    spent = time.process_time() - begin
    different = totals["integers, bits, uniform, normal: different"] + totals["others: different"]
    print(
        f"{name}: {totals['calls']} calls, {different} values differ, {len(failures)} failures, "
        f"{spent:.0f} s",
        flush=True,
    )
    return totals, failures


def grid(settings: Sequence[Setting], only: Sequence[str], jobs: int) -> int:
    """The whole comparison, with a summary; how many calls failed."""
    names = [name for name in dict.fromkeys(c.name for c in cases()) if not only or name in only]
    totals: Counter[str] = Counter()
    failures: list[str] = []
    # A process for each sampler: what XLA has compiled is let go of with it.
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    with pool:
        for counted, failed in pool.map(compare_sampler, names, [settings] * len(names)):
            totals += counted
            failures += failed
    for setting in settings:
        print(f"{setting}: {totals[str(setting)]} calls")
    for what in ("calls", *(f"{kind}: {found}" for kind in KINDS for found in FOUND)):
        print(f"{what}: {totals[what]}")
    print(f"failures: {len(failures)}")
    for failure in failures:
        print("  FAIL", failure)
    return len(failures)


def compare_case(case: Case, setting: Setting, totals: Counter[str], failures: list[str]) -> None:
    """One case in every dtype, shape and way of calling of a setting."""
    key = jax.random.PRNGKey(42) if setting.raw else jax.random.key(42)
    for dtype, shape in itertools.product(case.dtypes, setting.shapes):
        if dtype is not None and (dtype in ("float64", "uint64", "int64")) != setting.x64:
            continue
        for mode in setting.modes:
            ((_, size, different, ulp),) = compare(case, dtype, shape, key, mode)
            kind = KINDS[case.name not in EXACT]
            totals["calls"] += 1
            totals[str(setting)] += 1
            totals[f"{kind}: values"] += size
            totals[f"{kind}: different"] += different
            if not different:
                continue
            place = f"{case.label} {dtype} {shape} {mode}: {setting}"
            print(f"  {place}: {different} of {size} differ, {ulp:.3g} ulp", flush=True)
            if case.name in EXACT or not ulp <= LIMIT:  # NaN: one is a number, one is not
                failures.append(place)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one shape, jitted")
    parser.add_argument("--only", nargs="*", default=[], help="names of samplers")
    parser.add_argument("--settings", nargs="*", type=int, default=[], help="1 to 6")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--devices", action="store_true")
    parser.add_argument("--worker", type=int, nargs=2, metavar=("PROCESS", "PORT"))
    arguments = parser.parse_args()
    if arguments.worker:
        worker(*arguments.worker)
    elif arguments.devices:
        devices()
    else:
        chosen = [SETTINGS[i - 1] for i in arguments.settings] or SETTINGS
        failed = grid(QUICK if arguments.quick else chosen, arguments.only, arguments.jobs)
        raise SystemExit(failed > 0)


def sharded_draws(r: Any, key: Any, sharding: Any) -> Iterator[tuple[str, jax.Array]]:
    """A large draw of every sampler, jitted and laid out over a mesh's axis."""
    n = 8 * 1024
    draws = {
        case.name: partial(case.call, r, s=(n,), d=None)
        for case in reversed(list(cases()))
        if case.name != "fold_in"  # of one key: nothing to lay out
    }
    # Their cases in the grid have sizes of their own.
    draws["choice"] = lambda k: r.choice(k, 5, (n,))
    draws["permutation"] = lambda k: r.permutation(k, n)
    for name in sorted(draws):
        yield name, jax.jit(draws[name], out_shardings=sharding)(key)


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
        codes = [process.wait(timeout=3600) for process in running]
        print(f"{processes} process(es) x {count} devices: exit codes {codes}", flush=True)
        if any(codes):
            raise SystemExit(1)


def worker(process: int, port: int) -> None:
    """Compare this process's shards with jax's of the same layout, and with one device's.

    Where jax's own draws depend on the layout (a `dirichlet`, whose sum XLA orders in its own way),
    ours depend on it alike; integers, bits, uniform and normal never do.
    """
    from randlint_runtime import random

    processes = int(os.environ["RANDLINT_PROCESSES"])
    if processes > 1:
        jax.config.update("jax_cpu_collectives_implementation", "gloo")
        jax.distributed.initialize(f"127.0.0.1:{port}", processes, process)
    mesh = jax.sharding.Mesh(np.array(jax.devices()), ("d",))
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("d"))
    key = jax.random.key(5)
    single = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
    layouts = ((random, sharding), (jax.random, sharding), (random, single))
    totals: Counter[str] = Counter()
    for (name, draw), (_, theirs), (_, one) in zip(
        *(sharded_draws(module, key, layout) for module, layout in layouts), strict=True
    ):
        expected, alone = np.asarray(one), 0
        for shard, other in zip(draw.addressable_shards, theirs.addressable_shards, strict=True):
            assert shard.index == other.index
            values = np.asarray(shard.data)
            different, ulp = ulps(values, np.asarray(other.data))
            assert not different or (name not in EXACT and ulp <= LIMIT), (name, different, ulp)
            totals["different"] += different
            alone += ulps(values, expected[shard.index])[0]
            totals["values"] += values.size
        totals["alone"] += alone
        totals["samplers"] += 1
        if alone:
            print(f"  {name}: {alone} values differ from those of one device", flush=True)
            assert name not in EXACT, name
    print(
        f"process {process}: {mesh.size} devices, {totals['samplers']} samplers, "
        f"{totals['values']} values: {totals['different']} differ from jax's in this layout, "
        f"{totals['alone']} from ours on one device",
        flush=True,
    )


if __name__ == "__main__":
    main()
