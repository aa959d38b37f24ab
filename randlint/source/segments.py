"""Segments: the pieces of a file that are interpreted, each on its own and only when asked.

Parsing with LibCST costs ten times what `ast.parse` costs, and most definitions of a file have
nothing to do with randomness. So `ast` parses the file, and a segment becomes LibCST nodes when the
interpreter first wants its tree (`trees`). Where only LibCST can read a file, because its syntax is
newer than the running Python, the file is one segment with LibCST's own tree.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple, cast

import libcst as cst
from libcst.metadata import CodeRange, PositionProvider

from randlint.findings import Location, Position
from randlint.source import nodes, trees
from randlint.source.positions import span
from randlint.source.translator import Origins

# Code that mentions none of these draws nothing and derives nothing.
_RELEVANT = (
    *("key", "rng", "random", "seed", "Key", "Rng", "Random", "Seed"),
    *("KEY", "RNG", "SEED", "secrets"),
)
_DRAWS = re.compile(
    r"(?<!\bnp)(?<!numpy)\.random\b|PRNGKey\(|PRNGSequence|secrets|urandom|make_rng|next_rng|rng\.\w+\("
)
# A name that is like a key's where values are handed over or parameters stand; `sorted(x, key=f)`
# and `for key in names` are not such places. Other words say so wherever they stand.
_HANDED = re.compile(
    r"(?:[\[(,=]\s*|: ?)\**(?:\w+\.)*\w*(?:key|Key|KEY)\w*\b(?!\s*=[^=]|\s+in\b|\()"
)
_SAYS_SO = ("rng", "RNG", "Rng", "random", "seed", "Random", "Seed", "SEED", "secrets")
# Module code that wraps a function for tracing matters even where the function is named elsewhere.
_TRACING = (
    *("jit", "vmap", "pmap", "grad", "scan", "hessian", "jac", "jvp", "vjp", "linearize"),
    *("jaxopt", "optimistix", "blackjax"),
)
_WORD = re.compile(r"\w+")


def _any_of(words: Sequence[str] | AbstractSet[str], text: str) -> bool:
    """Whether one of `words` stands in the text; ten times the speed of a regular expression."""
    for word in words:  # noqa: SIM110  (in any order; a generator would take twice the time)
        if word in text:
            return True
    return False


def _docstring_of(statements: Sequence[ast.stmt], first: int) -> tuple[int, int] | None:
    """The rows of a function's docstring, where they are its alone."""
    if not statements or not isinstance(statements[0], (ast.FunctionDef, ast.AsyncFunctionDef)):
        return None
    text = statements[0].body[0]
    if not (isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant)):
        return None
    alone = text.lineno > first and text.end_lineno is not None
    return (text.lineno, text.end_lineno or 0) if alone else None


class _Parsed(NamedTuple):
    """The trees of a segment, and where their nodes come from."""

    body: tuple[cst.BaseStatement, ...]
    origins: Origins | None = None  # None for the trees of LibCST's own parser
    offset: int = 0  # of the rows that the origins know


class Segment:
    """Lines `first` to `last` (1-based, inclusive) of a file."""

    __slots__ = (
        "_code",
        "_documented",
        "_drawing",
        "_hands",
        "_lines",
        "_names",
        "_parsed",
        "_positions",
        "_relevant",
        "_statements",
        "_tree",
        "_words",
        "filename",
        "first",
        "last",
    )

    def __init__(
        self,
        lines: list[str],
        first: int,
        last: int,
        filename: str,
        names: AbstractSet[str] = frozenset(),
        statements: Sequence[ast.stmt] = (),
        tree: cst.Module | None = None,
    ) -> None:
        self._names = names  # of imported samplers and random modules; may grow while indexing
        self._lines = lines
        self._statements: Sequence[ast.stmt] | None = statements
        self._parsed: _Parsed | None = None
        self._tree = tree
        self._positions: Mapping[cst.CSTNode, CodeRange] | None = None
        self._code: str | None = None
        self._documented = _docstring_of(statements, first)
        self._relevant: bool | None = None
        self._drawing: bool | None = None
        self._hands: bool | None = None
        self._words: frozenset[str] | None = None
        self.first = first
        self.last = last
        self.filename = filename

    @property
    def text(self) -> str:
        """The lines of the segment, as they stand in the file."""
        return "".join(self._lines[self.first - 1 : self.last])

    @property
    def code(self) -> str:
        """The text without the docstring of the function: words there do nothing."""
        if self._code is None:
            start, end = self._documented or (self.last + 1, self.last)
            lines = self._lines[self.first - 1 : start - 1] + self._lines[end : self.last]
            self._code = "".join(lines)
        return self._code

    @property
    def source(self) -> str:
        """The text of the whole file, with plain line ends."""
        return "".join(self._lines)

    @property
    def relevant(self) -> bool:
        """Whether the text can have to do with randomness at all."""
        if self._relevant is None:
            text = self.code
            self._relevant = _any_of(_RELEVANT, text) or self._mentions(text)
        return self._relevant

    @property
    def drawing(self) -> bool:
        """Whether code of the segment says that it draws; what merely takes a key is `relevant`."""
        if self._drawing is None:
            text = self.code
            self._drawing = self.relevant and (
                _DRAWS.search(text) is not None or self._mentions(text)
            )
        return self._drawing

    @property
    def hands_keys(self) -> bool:
        """Whether the text can take a key or hand one over, or draw on the host."""
        if self._hands is None:
            text = self.code
            self._hands = _any_of(_SAYS_SO, text) or _HANDED.search(text) is not None
        return self._hands

    def _mentions(self, text: str) -> bool:
        """Whether the text names one of the random modules or functions that its file imports."""
        if not _any_of(self._names, text):
            return False
        return re.search(rf"\b(?:{'|'.join(sorted(self._names))})\b", text) is not None

    @property
    def words(self) -> frozenset[str]:
        """All words of the code, those of comments and most strings among them."""
        if self._words is None:
            self._words = frozenset(_WORD.findall(self.code))
        return self._words

    @property
    def stops(self) -> bool:
        """Whether the text stops a derivative somewhere."""
        return "stop_gradient" in self.code

    @property
    def may_trace(self) -> bool:
        """Whether the text can have to do with randomness or with tracing."""
        return self.relevant or _any_of(_TRACING, self.code)

    @property
    def body(self) -> tuple[cst.BaseStatement, ...]:
        """The statements of the segment."""
        if self._parsed is None:
            self._parsed = self._parse()
        return self._parsed.body

    def _parse(self) -> _Parsed:
        if self._tree is not None:
            return _Parsed(cast("tuple[cst.BaseStatement, ...]", tuple(self._tree.body)))
        offset = 0
        if self._statements is None:
            self._statements, offset = self._parsed_again()
        translator = trees.translator()
        body = tuple(translator.statements(self._statements))
        if len(body) > 1:  # `a = 1; b = 2` is one line
            lines = cast("tuple[cst.SimpleStatementLine, ...]", body)
            body = (nodes.line([small for line in lines for small in line.body]),)
        return _Parsed(body, translator.origins, offset)

    def forget(self) -> None:
        """Let go of all trees: the text is kept, and parsed again when somebody asks.

        Trees of modules that are kept for later would cost every search for garbage its time.
        """
        if self._tree is None:
            self._statements = self._parsed = None

    def _parsed_again(self) -> tuple[list[ast.stmt], int]:
        """The statements, and by how many rows they stand further down in the file."""
        text = self.text
        if text[:1] not in (" ", "\t", "\f"):
            return ast.parse(text).body, self.first - 1
        (block,) = ast.parse(f"if True:\n{text}").body
        return cast("ast.If", block).body, self.first - 2

    def location(self, node: cst.CSTNode) -> Location:
        """Where `node`, a node of this segment's tree, stands in the file."""
        parsed = self._parsed
        origin = None if parsed is None or parsed.origins is None else parsed.origins.get(id(node))
        if parsed is not None and origin is not None:
            start, end = span(node, origin, self._lines, parsed.offset)
            return Location(self.filename, start, end)
        if self._positions is None:
            assert self._tree is not None, node
            # Straight to the provider: a wrapper would first walk the tree for its own purposes.
            provider = PositionProvider()
            provider._gen_impl(self._tree)
            self._positions = cast("Mapping[cst.CSTNode, CodeRange]", provider._computed)
        place = self._positions[node]
        return Location(
            self.filename,
            Position(place.start.line, place.start.column + 1),
            Position(place.end.line, place.end.column + 1),
        )
