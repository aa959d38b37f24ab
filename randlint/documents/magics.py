"""What IPython understands besides Python, made harmless without moving anything else.

Magics (`%matplotlib inline`, and `ls` without its `%`), shell lines (`!pip install x`), help
(`jax.random?`) and cells in another language (`%%bash`) are no Python. Rows are kept, and so are
columns: of a row that loses something on its left, `shifts` tells how much.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field

from randlint.documents.automagic import Earlier, line_of, magic_of
from randlint.source.decode import split_lines

# The code below these runs once, in the notebook's own namespace. (`%%timeit` repeats it on
# purpose, and its names are gone afterwards.)
_PYTHON_CELLS = frozenset({"capture", "debug", "prun", "px", "time"})
_CELL_MAGIC = re.compile(r"[ \t]*%%(\w*)")
_MAGIC = re.compile(r"[ \t]*(?:[%!?/,;]|[A-Za-z_*][\w.*\[\]'\"]*\?{1,2}[ \t]*$)")
_TIMED = re.compile(r"(?P<indent>[ \t]*)(?P<magic>%?time[ \t]+)(?P<code>[^-\s].*)")
_ASSIGNED = re.compile(
    r"(?P<left>[ \t]*[A-Za-z_][\w.,\[\]'\" \t]*=[ \t]*)(?P<rest>[%!].*)", re.DOTALL
)
_INDENT = re.compile(r"[ \t]*")
_LEXEME = re.compile(
    r"\"{3}|'{3}|\"(?:\\.|[^\"\\])*\"?|'(?:\\.|[^'\\])*'?|\#.*|[()\[\]{}]", re.DOTALL
)
# The rest of a string in three quotes. No character can be read in two ways, so no time is lost.
_ENDS = {
    '"""': re.compile(r'(?:[^\\"]|\\.|"(?!""))*"""', re.DOTALL),
    "'''": re.compile(r"(?:[^\\']|\\.|'(?!''))*'''", re.DOTALL),
}


@dataclass(frozen=True, slots=True)
class Tamed:
    """The rows of a piece of code; `shifts` counts rows from 0."""

    rows: list[str]
    shifts: dict[int, int] = field(default_factory=dict)


def tame(source: str, earlier: Earlier | None = None) -> Tamed:
    """Rows of plain Python in the place of a cell's rows, as far as that goes.

    What `earlier` cells gave a value to is no magic any more.
    """
    rows = split_lines(source)
    first = next((number for number, row in enumerate(rows) if row.strip()), None)
    if first is None:
        return Tamed([""] * len(rows))
    shifts: dict[int, int] = {}
    cell_magic = _CELL_MAGIC.match(rows[first])
    if cell_magic is not None:
        if cell_magic.group(1) not in _PYTHON_CELLS:
            return Tamed([""] * len(rows))
        rows[first] = ""
    _dedent(rows, shifts)
    if not parses("\n".join(rows)):  # Python itself never looks like a magic
        only = line_of(rows)
        magic = None if only is None else magic_of(rows[only])
        if only is not None and magic and not (earlier is not None and earlier.hides(magic)):
            _replace_automagic(rows, only, shifts)
        else:
            _replace_magics(rows, shifts)
    return Tamed(rows, shifts)


def parses(text: str) -> bool:
    """Whether the running Python accepts the text."""
    return syntax_error(text) is None


def syntax_error(text: str) -> Exception | None:
    """What the running Python has against the text."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error
    return None


def _dedent(rows: list[str], shifts: dict[int, int]) -> None:
    """IPython lets a whole cell be indented: take the first row's indentation off all of them."""
    first = next((row for row in rows if row.strip()), "")
    indent = _indent(first)
    if not indent:
        return
    for number, row in enumerate(rows):
        if row.startswith(indent):
            rows[number] = row[len(indent) :]
            shifts[number] = len(indent)


def _replace_automagic(rows: list[str], number: int, shifts: dict[int, int]) -> None:
    """The same for a row that is a magic without its `%`."""
    replaced, cut = _timed(rows[number]) or ("pass", 0)
    rows[number] = replaced
    if cut:
        shifts[number] = shifts.get(number, 0) + cut


def _replace_magics(rows: list[str], shifts: dict[int, int]) -> None:
    """Put `pass` where a statement begins that only IPython understands."""
    depth, quote, continued = 0, "", False
    number = 0
    while number < len(rows):
        row = rows[number]
        if not quote and depth == 0 and not continued:
            replaced, cut = _without_magic(row)
            if replaced is not None:
                rows[number] = replaced
                if cut:
                    shifts[number] = shifts.get(number, 0) + cut
                while row.endswith("\\") and number + 1 < len(rows):
                    number += 1
                    row, rows[number] = rows[number], ""
                number += 1
                continue
        depth, quote = _after(row, depth, quote)
        continued = not quote and row.endswith("\\")
        number += 1


def _without_magic(row: str) -> tuple[str | None, int]:
    """The Python in the place of a magic and how much was cut off; None where there is no magic."""
    if row.lstrip().startswith("%"):
        timed = _timed(row)
        if timed is not None:
            return timed
    assigned = _ASSIGNED.match(row)
    if assigned is not None and parses(f"{assigned.group('left').strip()} None"):
        return _assigned(assigned.group("left"), assigned.group("rest")), 0
    if _MAGIC.match(row) is not None:
        return f"{_indent(row)}pass", 0
    return None, 0


def _timed(row: str) -> tuple[str, int] | None:
    """The code that is timed, which runs once, and how much was cut off before it."""
    timed = _TIMED.match(row)
    if timed is None or not parses(timed.group("code")):
        return None
    return timed.group("indent") + timed.group("code"), len(timed.group("magic"))


def _assigned(left: str, rest: str) -> str:
    """`x = %time f(y)` is `x = f(y)`; what other magics and commands give is unknown."""
    timed = _timed(rest)
    if timed is not None:
        spaced = f"{left}{' ' * timed[1]}{timed[0]}"
        if parses(spaced.strip()):
            return spaced
    return f"{left}None"


def _after(row: str, depth: int, quote: str) -> tuple[int, str]:
    """The depth of brackets, and the quotes of the string that is open, at the end of a row."""
    start = 0
    while True:
        if quote:
            end = _ENDS[quote].match(row, start)
            if end is None:
                return depth, quote
            start, quote = end.end(), ""
        found = _LEXEME.search(row, start)
        if found is None:
            return depth, ""
        word, start = found.group(), found.end()
        if word in _ENDS:
            quote = word
        elif word in "([{":
            depth += 1
        elif word in ")]}":
            depth = max(0, depth - 1)


def _indent(row: str) -> str:
    found = _INDENT.match(row)
    return "" if found is None else found.group()
