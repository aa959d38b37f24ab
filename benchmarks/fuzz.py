"""Mutated real files: whatever is thrown at randlint, it answers, and soon.

    python benchmarks/fuzz.py FOLDER [--inputs N] [--seed S] [--only I] [--jobs J]

FOLDER holds Python source, for example unpacked wheels. Every input is one file of it after one to
four random mutations: lines, tokens and names deleted, repeated, swapped or replaced, text cut
off, characters and bytes put in. Each input goes through the whole engine with every rule on. An
exception, or more than 20 seconds of CPU time, is a failure; a file that is no longer Python is a
finding (RND900), not a failure. Input I of seed S is the same wherever FOLDER is the same, and
`--only I` prints it and shows the traceback.
"""

from __future__ import annotations

import argparse
import collections
import faulthandler
import os
import random
import re
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from types import FrameType

from randlint.engine import Checker
from randlint.rules import registry
from randlint.settings import Settings
from randlint.source.prefilter import may_matter

LIMIT = 20.0  # seconds of CPU time for one input
LARGEST = 60_000  # bytes; larger files cost time and show nothing new
BATCH = 25
_TOKEN = re.compile(r"[^\W\d]\w*|\d[\w.]*|\s+|.", re.DOTALL)
_ODD_TEXT = (
    "\N{BYTE ORDER MARK}", "\x00", "\x0c", "\r", "\t", "\\\n", "\u2028", "\u00a0", "\u0301", "é",
    "名前", "\N{GRINNING FACE}", "\x85", '"""', "'''", "f'{", "(", ")", "[", "}", ":", "#", "@",
    "lambda: ", "*", "**", "not ", "await ", "yield ", "async ", "if True:", ":= ", "del ",
    "\x1b[31m", "# noqa: RND101", "# randlint: ignore[RND101]", "# randlint: ignore[",
)  # fmt: skip
_ODD_NUMBERS = (
    "0", "1", "-1", "7", "10**9", "1e400", "0x10", "1_000", "2**64", "3j", "True", "None", "''",
)  # fmt: skip
_ODD_BYTES = (b"\xff", b"\x00", b"\xef\xbb\xbf", b"\xc3", b"# -*- coding: latin-1 -*-\n", b"\xe9")

Mutation = Callable[[str, random.Random, str], str]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one input."""

    index: int
    path: str
    kind: str  # "checked", "unreadable", "exception" or "too slow"
    seconds: float
    functions: int = 0
    abandoned: int = 0
    findings: int = 0
    detail: str = ""


class TooSlow(BaseException):
    """The time of one input is up; no `except Exception` stops it."""


# --- mutations: text, dice, another file's text -> text


def _lines(edit: Callable[[list[str], random.Random], None]) -> Mutation:
    def mutate(text: str, dice: random.Random, other: str) -> str:
        lines = text.splitlines(keepends=True)
        if len(lines) > 1:
            edit(lines, dice)
        return "".join(lines)

    return mutate


def _place(items: Sequence[str], dice: random.Random) -> int:
    return dice.randrange(len(items))


def _delete_lines(lines: list[str], dice: random.Random) -> None:
    at = _place(lines, dice)
    del lines[at : at + dice.choice((1, 1, 1, 2, 5))]


def _repeat_line(lines: list[str], dice: random.Random) -> None:
    at = _place(lines, dice)
    lines.insert(at, lines[at])


def _swap_lines(lines: list[str], dice: random.Random) -> None:
    a, b = _place(lines, dice), _place(lines, dice)
    lines[a], lines[b] = lines[b], lines[a]


def _swap_neighbours(lines: list[str], dice: random.Random) -> None:
    at = dice.randrange(len(lines) - 1)
    lines[at : at + 2] = reversed(lines[at : at + 2])


def _blank_line(lines: list[str], dice: random.Random) -> None:
    at = _place(lines, dice)
    lines[at] = re.sub(r"\S.*", "pass", lines[at])


def _indent_line(lines: list[str], dice: random.Random) -> None:
    at = _place(lines, dice)
    lines[at] = "    " + lines[at] if dice.random() < 0.5 else lines[at].removeprefix("    ")


def _repeat_block(lines: list[str], dice: random.Random) -> None:
    at = _place(lines, dice)
    lines[at:at] = lines[at : at + dice.randrange(2, 30)] * dice.choice((1, 1, 3))


def _tokens(edit: Callable[[list[str], random.Random], None]) -> Mutation:
    def mutate(text: str, dice: random.Random, other: str) -> str:
        tokens = _TOKEN.findall(text)
        if len(tokens) > 1:
            edit(tokens, dice)
        return "".join(tokens)

    return mutate


def _delete_token(tokens: list[str], dice: random.Random) -> None:
    del tokens[_place(tokens, dice)]


def _repeat_token(tokens: list[str], dice: random.Random) -> None:
    at = _place(tokens, dice)
    tokens.insert(at, tokens[at])


def _replace_name(tokens: list[str], dice: random.Random) -> None:
    """One name in place of another: most results are still Python."""
    names = [at for at, token in enumerate(tokens) if token.isidentifier()]
    if names:
        tokens[dice.choice(names)] = tokens[dice.choice(names)]


def _replace_number(tokens: list[str], dice: random.Random) -> None:
    numbers = [at for at, token in enumerate(tokens) if token[:1].isdigit()]
    if numbers:
        tokens[dice.choice(numbers)] = dice.choice(_ODD_NUMBERS)


def _rename_everywhere(tokens: list[str], dice: random.Random) -> None:
    names = [token for token in tokens if token.isidentifier()]
    if names:
        old, new = dice.choice(names), dice.choice(names)
        tokens[:] = [new if token == old else token for token in tokens]


def _cut_off(text: str, dice: random.Random, other: str) -> str:
    return text[: dice.randrange(len(text) + 1)]


def _put_in(text: str, dice: random.Random, other: str) -> str:
    at = dice.randrange(len(text) + 1)
    odd = dice.choice((*_ODD_TEXT, chr(dice.randrange(0x20, 0x2FFFF))))
    return text[:at] + odd + text[at:]


def _splice(text: str, dice: random.Random, other: str) -> str:
    """The head of one file and the tail of another."""
    head, tail = text.splitlines(keepends=True), other.splitlines(keepends=True)
    return "".join(head[: dice.randrange(len(head) + 1)] + tail[dice.randrange(len(tail) + 1) :])


def _line_endings(text: str, dice: random.Random, other: str) -> str:
    return text.replace("\n", dice.choice(("\r\n", "\r", "\n\x0c", "\n\n")))


MUTATIONS: tuple[Mutation, ...] = (
    *map(_lines, (_delete_lines, _repeat_line, _swap_lines, _swap_neighbours, _blank_line)),
    *map(_lines, (_indent_line, _repeat_block)),
    *map(_tokens, (_delete_token, _repeat_token, _replace_number, _rename_everywhere)),
    *map(_tokens, (_replace_name, _replace_name, _replace_name)),
    *(_cut_off, _put_in, _splice, _line_endings),
)  # fmt: skip


def mutant(sources: Sequence[Path], seed: int, index: int) -> tuple[Path, bytes]:
    """Input `index`: the file it comes from, and its bytes."""
    dice = random.Random(f"{seed}/{index}")
    path = dice.choice(sources)
    text = _text(path)
    for _ in range(dice.choice((1, 1, 2, 3, 4))):
        text = dice.choice(MUTATIONS)(text, dice, _text(dice.choice(sources)))
    data = text.encode("utf-8", "surrogatepass")
    if dice.random() < 0.03:
        at = dice.choice((0, dice.randrange(len(data) + 1)))
        data = data[:at] + dice.choice(_ODD_BYTES) + data[at:]
    return path, data


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def sources_in(folder: Path) -> list[Path]:
    """The files worth mutating: those the interpreter would look at, and not the largest."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        data = path.read_bytes()
        if len(data) <= LARGEST and may_matter(data):
            found.append(path)
    return found


# --- running


def check(sources: Sequence[Path], seed: int, index: int, limit: float = LIMIT) -> Result:
    """Run the engine on one input and say what became of it."""
    path, data = mutant(sources, seed, index)
    checker = Checker(replace(Settings(root=Path.cwd()), select=tuple(registry())))
    result = Result(index, str(path), "checked", 0.0)
    started = time.process_time()
    _alarm(limit)
    try:
        report = checker.check_bytes(data, "mutant.py")
    except TooSlow:
        _alarm(0)
        return replace(result, kind="too slow", seconds=limit, detail=traceback.format_exc())
    except Exception:
        _alarm(0)
        return replace(result, kind="exception", detail=traceback.format_exc())
    finally:
        _alarm(0)
    codes = [finding.code for finding in report.findings]
    return replace(
        result,
        kind="unreadable" if "RND900" in codes else "checked",
        seconds=time.process_time() - started,
        functions=report.functions,
        abandoned=report.abandoned,
        findings=len(codes),
    )


def _alarm(seconds: float) -> None:
    """Raise `TooSlow` after so much CPU time; end the process if even that does not get through."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    if seconds:
        faulthandler.dump_traceback_later(30 * seconds, exit=True)
    else:
        faulthandler.cancel_dump_traceback_later()


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow


def _check_some(sources: Sequence[Path], seed: int, indices: Sequence[int]) -> list[Result]:
    signal.signal(signal.SIGPROF, _too_slow)
    return [check(sources, seed, index) for index in indices]


def run(sources: Sequence[Path], seed: int, inputs: int, jobs: int) -> Iterator[Result]:
    """All inputs, in order."""
    batches = [range(at, min(at + BATCH, inputs)) for at in range(0, inputs, BATCH)]
    if jobs == 1:
        for batch in batches:
            yield from _check_some(sources, seed, batch)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for results in pool.map(_check_some, repeat(sources), repeat(seed), batches):
            yield from results


def main() -> int:
    """Run and print the counts; 1 when an input failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="print this input and check it alone")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    sources = sources_in(options.folder)
    if not sources:
        parser.error(f"{options.folder}: no Python file that mentions randomness")
    if options.only is not None:
        path, data = mutant(sources, options.seed, options.only)
        sys.stdout.buffer.write(data)
        (result,) = _check_some(sources, options.seed, [options.only])
        print(f"--- from {path}: {result}\n{result.detail}", file=sys.stderr)
        return 0
    started = time.perf_counter()
    results = []
    for result in run(sources, options.seed, options.inputs, options.jobs):
        results.append(result)
        if result.detail:
            print(f"input {result.index} ({result.path}): {result.kind}\n{result.detail}")
        if len(results) % 1000 == 0:
            print(f"... {len(results)} inputs", file=sys.stderr, flush=True)
    return _summarise(results, len(sources), time.perf_counter() - started)


def _summarise(results: Sequence[Result], files: int, seconds: float) -> int:
    kinds = collections.Counter(result.kind for result in results)
    print(f"{len(results)} inputs from {files} files in {seconds:.0f} s")
    for kind in ("checked", "unreadable", "exception", "too slow"):
        print(f"  {kind:10} {kinds[kind]:7}")
    print(f"  findings   {sum(result.findings for result in results):7}")
    functions = sum(result.functions for result in results)
    print(f"  functions  {functions:7}, abandoned {sum(each.abandoned for each in results)}")
    slowest = sorted(results, key=lambda result: -result.seconds)[:3]
    for result in slowest:
        print(f"  slowest: input {result.index}, {result.seconds:.2f} s CPU, {result.path}")
    return 1 if kinds["exception"] or kinds["too slow"] else 0


if __name__ == "__main__":
    raise SystemExit(main())
