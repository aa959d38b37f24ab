"""Line magics without their `%`: `timeit f(x)`, `pip install x`, `ls -la`, `cd ..`.

IPython takes them for magics only where they are all of a cell (of two lines neither is one), and
where no value of that name hides the magic.
"""

from __future__ import annotations

import ast
import contextlib
import re
from collections.abc import Iterator, Sequence

# What IPython 9 and its kernel bring with them, and the aliases they make on Unix.
_LINE_MAGICS = frozenset(
    """
    alias alias_magic autoawait autocall automagic autoreload autosave aimport bookmark cat cd clear
    code_wrap colors conda config connect_info cp debug dhist dirs doctest_mode ed edit env gui hist
    history killbgscripts ldir less lf lk ll load load_ext loadpy logoff logon logstart logstate
    logstop ls lsmagic lx macro magic mamba man matplotlib micromamba mkdir more mv notebook page
    pastebin pdb pdef pdoc pfile pinfo pinfo2 pip popd pprint precision prun psearch psource pushd
    pwd pycat pylab qtconsole quickref recall rehashx reload_ext rep rerun reset reset_selective rm
    rmdir run save sc set_env store subshell sx system tb time timeit unalias unload_ext uv who
    who_ls whos xdel xmode
    """.split()  # noqa: SIM905 (as a list it takes a hundred lines)
)
_WORDS = re.compile(r"[ \t]*(?P<word>[\w.*]+)[ \t]*(?P<rest>.*)", re.DOTALL)
_SCOPES = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)


def line_of(rows: Sequence[str]) -> int | None:
    """The number of the row that is all of a cell; None where there are more."""
    first = next((number for number, row in enumerate(rows) if row.strip()), len(rows))
    last = len(rows) - (len(rows) > 1 and not rows[-1])
    return first if first == last - 1 else None


def magic_of(row: str) -> str | None:
    """The magic whose name a row begins with, unless it assigns to that name."""
    found = _WORDS.match(row)
    if found is None or found.group("word") not in _LINE_MAGICS:
        return None
    return None if found.group("rest").startswith(("=", ",")) else found.group("word")


class Earlier:
    """What the cells before one have given values to; `rows` grows from cell to cell."""

    def __init__(self, rows: list[str]) -> None:
        self._rows = rows
        self._names: set[str] = set()
        self._seen = 0

    def hides(self, name: str) -> bool:
        """Whether a value of this name is what a cell speaks of now."""
        new = "\n".join(self._rows[self._seen :])
        self._seen = len(self._rows)
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            self._names.update(_bound(ast.parse(new)))
        return name in self._names


def _bound(tree: ast.Module) -> Iterator[str]:
    """The names that a module binds, not those of its functions and classes within."""
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=alias):
                yield alias or name.partition(".")[0]
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.ClassDef(name=name):
                yield name
        if not isinstance(node, _SCOPES):
            pending += ast.iter_child_nodes(node)
