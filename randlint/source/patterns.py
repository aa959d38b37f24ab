"""The patterns of `match` statements, from `ast` to LibCST nodes without layout."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import libcst as cst

from randlint.source import nodes
from randlint.source.translator import Translator


def _of(t: Translator, pattern: ast.pattern) -> Any:
    return PATTERNS[type(pattern)](t, pattern)


def _name(t: Translator, text: str | None, origin: ast.pattern) -> cst.Name | None:
    return None if text is None else t.name(text, origin)


def _singleton(t: Translator, pattern: ast.MatchSingleton) -> Any:
    return nodes.match_singleton(t.name(str(pattern.value), pattern))


def _sequence(t: Translator, pattern: ast.MatchSequence) -> Any:
    parts: list[Any] = []
    for each in pattern.patterns:
        if isinstance(each, ast.MatchStar):
            parts.append(nodes.match_star(_name(t, each.name, each)))
        else:
            parts.append(nodes.match_element(_of(t, each)))
    return nodes.match_list(parts)


def _mapping(t: Translator, pattern: ast.MatchMapping) -> Any:
    elements = [
        nodes.match_mapping_element(t.expression(key), _of(t, each))
        for key, each in zip(pattern.keys, pattern.patterns, strict=True)
    ]
    return nodes.match_mapping(elements, _name(t, pattern.rest, pattern))


def _class(t: Translator, pattern: ast.MatchClass) -> Any:
    patterns = [nodes.match_element(_of(t, each)) for each in pattern.patterns]
    keywords = [
        nodes.match_keyword(t.name(key, pattern), _of(t, each))
        for key, each in zip(pattern.kwd_attrs, pattern.kwd_patterns, strict=True)
    ]
    return nodes.match_class(t.expression(pattern.cls), patterns, keywords)


def _as(t: Translator, pattern: ast.MatchAs) -> Any:
    inner = None if pattern.pattern is None else _of(t, pattern.pattern)
    return nodes.match_as(inner, _name(t, pattern.name, pattern))


def _or(t: Translator, pattern: ast.MatchOr) -> Any:
    return nodes.match_or([nodes.match_or_element(_of(t, each)) for each in pattern.patterns])


PATTERNS: Mapping[type, Callable[[Any, Any], Any]] = {
    ast.MatchValue: lambda t, pattern: nodes.match_value(t.expression(pattern.value)),
    ast.MatchSingleton: _singleton,
    ast.MatchSequence: _sequence,
    ast.MatchMapping: _mapping,
    ast.MatchClass: _class,
    ast.MatchAs: _as,
    ast.MatchOr: _or,
}
