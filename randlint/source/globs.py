r"""One line of a .gitignore as a regular expression, read the way git reads it.

`*` and `?` match anything but a slash, `[a-z]` one of some characters, `**` between slashes any
number of folders, `\` takes the next character as it is. What git accepts and nobody can mean
(`[z-a]`, of which git reads the `z` alone, a bracket without its end) is told as a problem.

The expressions take time in proportion to the length of a path: of the places where the part
between two `*` may stand the first one is as good as any, so it is never looked for again (`(?>`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_STARS, _MANY = "*", "**"  # a run of `*`, and one that stands for folders
_NOTHING = "(?!)"
_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": " \\t-\\r",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}


class Glob(NamedTuple):
    """What a line says.

    `text` is the pattern without the marks of the three flags; `keeps` where it begins with `!`,
    `folders` where it is for folders alone, `anchored` where it is for whole paths and not for
    names at any depth.
    """

    text: str
    keeps: bool
    folders: bool
    anchored: bool


def parse(line: str) -> Glob | None:
    """The pattern of a line; None for a comment, and where there is none."""
    text = _trimmed(line)
    if not text or text.startswith("#"):
        return None
    keeps = text.startswith("!")
    text = text[keeps:]
    folders = text.endswith("/")
    text = text[: len(text) - folders]
    anchored = "/" in text
    text = text.removeprefix("/")
    return Glob(text, keeps, folders, anchored) if text else None


def problem(line: str) -> str:
    """What is wrong with what is written here; empty where all is well."""
    glob = parse(line)
    if glob is None or not ("[" in glob.text or "\\" in glob.text):
        return ""
    return _Reader(glob.text).problem()


def expression(glob: Glob) -> re.Pattern[str]:
    """What matches a whole path (of an anchored pattern) or a name, without a final slash."""
    return re.compile(_Reader(glob.text).expression(), re.DOTALL)


def _trimmed(line: str) -> str:
    """Without spaces at the end, but for one that a backslash protects."""
    text = line.removesuffix("\r")
    bare = text.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return bare + " " if slashes % 2 and len(bare) < len(text) else bare


class _Invalid(ValueError):
    """The pattern matches nothing; the message says why."""


class _Reader:
    """Goes over a pattern once, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._reversed = ""  # a range without anything between its ends

    def problem(self) -> str:
        try:
            self._segments()
        except _Invalid as error:
            return str(error)
        return self._reversed

    def expression(self) -> str:
        try:
            return _joined(self._segments())
        except _Invalid:
            return _NOTHING

    def _segments(self) -> list[list[str]]:
        """What stands between slashes: expressions of single characters, and runs of stars."""
        segments: list[list[str]] = [[]]
        while self._at < len(self._text):
            character = self._take()
            if character == "/":
                segments.append([])
            elif character == "\\" and self._text.startswith("/", self._at):
                if segments[-1] == [_MANY]:  # git: one folder at least
                    segments[-1:] = [[_STARS], [_MANY]]
                self._at += 1
                segments.append([])
            elif character == "*":
                self._stars(segments[-1])
            elif character == "?":
                segments[-1].append("[^/]")
            elif character == "[":
                segments[-1].append(self._bracket())
            else:
                literal = self._escaped() if character == "\\" else character
                segments[-1].append(re.escape(literal))
        return segments

    def _stars(self, segment: list[str]) -> None:
        start = self._at - 1
        while self._text.startswith("*", self._at):
            self._at += 1
        ends = self._at == len(self._text) or self._text.startswith(("/", "\\/"), self._at)
        alone = not segment and ends
        segment.append(_MANY if alone and self._at - start > 1 else _STARS)

    def _bracket(self) -> str:
        """A set of characters; a slash is in none."""
        negated = self._text[self._at : self._at + 1] in ("!", "^")
        self._at += negated
        members: list[str] = []
        first = True
        while first or self._peek() != "]":
            first = False
            members.append(self._member())
        self._at += 1
        inside = "".join(members)
        if negated:
            return f"[^/{inside}]"
        return f"(?!/)[{inside}]" if inside else _NOTHING

    def _member(self) -> str:
        """A character, a range or a class such as `[:digit:]`."""
        low = self._take()
        if low == "[" and self._peek() == ":":
            named = re.compile(r":([^\]]*):\]").match(self._text, self._at)
            if named is not None:
                self._at = named.end()
                return self._named(named.group(1))
        if low == "\\":
            low = self._escaped()
        if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] in ("]", ""):
            return re.escape(low)
        self._at += 1
        high = self._take()
        if high == "\\":
            high = self._escaped()
        if low > high:
            self._reversed = f"the range `{low}-{high}` is the wrong way round"
            return re.escape(low)  # git has compared with it when it sees the `-`
        return f"{re.escape(low)}-{re.escape(high)}"

    def _named(self, name: str) -> str:
        if name not in _CLASSES:
            raise _Invalid(f"there is no class `[:{name}:]`")
        return _CLASSES[name]

    def _peek(self) -> str:
        if self._at >= len(self._text):
            raise _Invalid("a `[` without its `]`")
        return self._text[self._at]

    def _take(self) -> str:
        character = self._peek()
        self._at += 1
        return character

    def _escaped(self) -> str:
        if self._at >= len(self._text):
            raise _Invalid("a backslash at the end")
        return self._take()


def _joined(segments: Sequence[Sequence[str]]) -> str:
    """The segments with `**` between them: each part where it first stands, the last at the end."""
    parts: list[list[str]] = [[]]
    for segment in segments:
        if list(segment) != [_MANY]:
            parts[-1].append(_segment(segment))
        elif parts[-1] or len(parts) == 1:
            parts.append([])
    if len(parts) == 1:
        return "/".join(parts[0])
    first, *middle, last = parts
    pieces = ["/".join([*first, ""])]
    pieces += [f"(?>(?:[^/]+/)*?{'/'.join(part)}/)" for part in middle]
    pieces.append(f"(?:[^/]+/)*{'/'.join(last)}" if last else ".+")
    return "".join(pieces)


def _segment(segment: Sequence[str]) -> str:
    """One name: the part before the first run of stars, those between, the part after the last."""
    parts: list[list[str]] = [[]]
    for each in segment:
        if each == _STARS:
            parts.append([])
        else:
            parts[-1].append(each)
    first, *middle, last = ["".join(part) for part in parts] if len(parts) > 1 else ["", ""]
    if len(parts) == 1:
        return "".join(parts[0])
    between = "".join(f"(?>[^/]*?{part})" for part in middle if part)
    return f"{first}{between}[^/]*{last}"
