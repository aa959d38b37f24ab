"""Mutants of real files for `fuzz.py`: lines, tokens and bytes deleted, repeated, replaced."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from randlint.source.prefilter import may_matter

LARGEST = 60_000  # bytes; larger files cost time and show nothing new
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
