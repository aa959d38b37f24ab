"""Segments: the pieces of a file that are parsed with LibCST, each on its own and only when asked.

Parsing with LibCST costs ten times what `ast.parse` costs, and most definitions of a file have
nothing to do with randomness. So `ast` tells where definitions stand, and a segment is cut out and
parsed when the interpreter first wants its tree. An indented piece (a method) is put below
`if True:` instead of being dedented, so that columns and multi-line strings stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import cast

import libcst as cst
from libcst.metadata import CodeRange, PositionProvider

from randlint.findings import Location, Position

_HEADER = "if True:\n"
# Code that mentions none of these draws nothing and derives nothing.
_RELEVANT = re.compile(r"[Rr]andom|[Kk]ey|KEY|[Rr]ng|RNG|[Ss]eed|SEED|secrets")
_DRAWS = re.compile(
    r"(?<!\bnp)(?<!numpy)\.random\b|PRNGKey\(|PRNGSequence|secrets|urandom|make_rng|next_rng|rng\.\w+\("
)
_STREAM = re.compile(r"[Dd]ropout|next_rng_key|make_rng")
# Host randomness matters where something is traced.
_HOST_DRAWS = re.compile(r"\b(?:np|numpy)\.random\b")
# A method that uses a key attribute up does so at every call.
_OWN_KEY = re.compile(r"self\.\w*(?:rng|key)", re.IGNORECASE)
# A key is handed to somebody: an argument whose name looks like a key's ...
_HANDED = re.compile(r"[(,=\[]\s*\*{0,2}(?:\w+\.)*\w*(?:rng|key|seed|KEY)s?\w*\s*[,)\]\[]")
# ... where keys go, or by somebody who says that it is one.
_EVIDENCE = re.compile(
    r"PRNG|KeyArray|RNGKey|Rng|random|make_rng"
    r"|(?:init|initialize|apply|sample|sample_and_log_prob|reset|step)\w*\s*\("
    r"|(?:key|keys|rng|rngs|seed|prng)\s*="
)
# Module code that wraps a function for tracing matters even where the function is named elsewhere.
_TRACING = re.compile(r"jit|[vp]map|grad|scan")


class Segment:
    """Lines `first` to `last` (1-based, inclusive) of a file."""

    __slots__ = (
        "_body",
        "_drawing",
        "_lines",
        "_names",
        "_positions",
        "_relevant",
        "_tree",
        "filename",
        "first",
        "last",
    )

    def __init__(
        self, lines: list[str], first: int, last: int, filename: str, names: Iterable[str] = ()
    ) -> None:
        self._names = names  # of imported samplers and random modules; may grow while indexing
        self._lines = lines
        self._tree: cst.Module | None = None
        self._body: tuple[cst.BaseStatement, ...] | None = None
        self._positions: Mapping[cst.CSTNode, CodeRange] | None = None
        self._relevant: bool | None = None
        self._drawing: bool | None = None
        self.first = first
        self.last = last
        self.filename = filename

    @property
    def text(self) -> str:
        """The lines of the segment, as they stand in the file."""
        return "".join(self._lines[self.first - 1 : self.last])

    @property
    def source(self) -> str:
        """The text of the whole file, with plain line ends."""
        return "".join(self._lines)

    @property
    def relevant(self) -> bool:
        """Whether the text can have to do with randomness at all."""
        if self._relevant is None:
            text = self.text
            self._relevant = _RELEVANT.search(text) is not None or self._mentions(text)
        return self._relevant

    def mark_relevant(self) -> None:
        """Say that the text matters although it mentions nothing of the kind itself."""
        self._relevant = self._drawing = True

    @property
    def drawing(self) -> bool:
        """Whether code of the segment can draw, or hand a key to two callees.

        Stricter than `relevant`: what is only relevant is run when somebody calls it with a key.
        """
        if self._drawing is None:
            text = self.text
            self._drawing = (
                _DRAWS.search(text) is not None
                or self._mentions(text)
                or (_HOST_DRAWS.search(text) is not None and _TRACING.search(text) is not None)
                or (
                    _EVIDENCE.search(text) is not None
                    and (len(_HANDED.findall(text)) > 1 or _OWN_KEY.search(text) is not None)
                )
            )
        return self._drawing

    def _mentions(self, text: str) -> bool:
        """Whether the text names one of the random modules or functions that its file imports."""
        if not self._names:
            return False
        return re.search(rf"\b(?:{'|'.join(sorted(self._names))})\b", text) is not None

    @property
    def mentions_streams(self) -> bool:
        """Whether something in the text draws from a module's stream of keys."""
        return _STREAM.search(self.text) is not None

    @property
    def stops(self) -> bool:
        """Whether the text stops a derivative somewhere."""
        return "stop_gradient" in self.text

    @property
    def may_trace(self) -> bool:
        """Whether the text can have to do with randomness or with tracing."""
        return self.relevant or _TRACING.search(self.text) is not None

    @property
    def indented(self) -> bool:
        """Whether the segment needs a header to be parsed on its own."""
        return self._lines[self.first - 1][:1] in (" ", "\t")

    @property
    def body(self) -> tuple[cst.BaseStatement, ...]:
        """The statements of the segment.

        Raises:
            libcst.ParserSyntaxError: LibCST refuses the text.
        """
        if self._body is None:
            text = self.text
            if self.indented:
                self._tree = cst.parse_module(_HEADER + text)
                block = cast("cst.If", self._tree.body[0]).body
                self._body = tuple(cast("cst.IndentedBlock", block).body)
            else:
                self._tree = cst.parse_module(text)
                self._body = cast("tuple[cst.BaseStatement, ...]", tuple(self._tree.body))
        return self._body

    def location(self, node: cst.CSTNode) -> Location:
        """Where `node`, a node of this segment's tree, stands in the file."""
        if self._positions is None:
            assert self.body is not None and self._tree is not None
            # Straight to the provider: a wrapper would first walk the tree for its own purposes.
            provider = PositionProvider()
            provider._gen_impl(self._tree)
            self._positions = cast("Mapping[cst.CSTNode, CodeRange]", provider._computed)
        span = self._positions[node]
        offset = self.first - 1 - (1 if self.indented else 0)
        return Location(
            self.filename,
            Position(span.start.line + offset, span.start.column + 1),
            Position(span.end.line + offset, span.end.column + 1),
        )
