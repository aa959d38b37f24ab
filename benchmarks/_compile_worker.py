"""Compiles programs that it is told on standard input, one after the other; see compile_times.py.

A line `ours NAME` or `jax NAME` is answered with the seconds it took, as JSON: by the clock and of
the processor. The line `list` is answered with the names. Whoever asks kills this process where an
answer does not come.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import jax
from _compile_programs import Program, programs

from randlint_runtime import random

MODULES: dict[str, Any] = {"ours": random, "jax": jax.random}


def compile_once(program: Program, module: Any) -> dict[str, float]:
    """Seconds to trace, lower and compile, with nothing left of what was compiled before."""
    arguments = program.arguments()
    function = program.make(module)
    jax.clear_caches()
    wall, cpu = time.perf_counter(), time.process_time()
    jax.jit(function).lower(*arguments).compile()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def answer(line: str, known: dict[str, Program]) -> object:
    side, _, name = line.strip().partition(" ")
    if side == "list":
        return list(known)
    try:
        return compile_once(known[name], MODULES[side])
    except Exception as error:  # a row of the table, as a hang is
        return {"error": f"{type(error).__name__}: {error}".splitlines()[0]}


def main() -> None:
    jax.config.update("jax_enable_compilation_cache", False)
    known = programs()
    for module in MODULES.values():  # what is loaded at the first compilation
        compile_once(known["bits (1000,)"], module)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(line, known)), flush=True)


if __name__ == "__main__":
    main()
