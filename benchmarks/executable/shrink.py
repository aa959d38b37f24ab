"""Make a program on which linter and truth disagree as small as it gets."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from executable.judge import Verdict, judge, lint


def smallest(source: str, kind: str) -> str:
    """The source without every statement that the disagreement does not need."""
    source = ast.unparse(ast.parse(source))
    if not _disagrees(source, kind):
        return source
    changed = True
    while changed:
        changed = False
        for shorter in _shorter(source):
            if _disagrees(shorter, kind):
                source, changed = shorter, True
                break
    return source


def _disagrees(source: str, kind: str) -> bool:
    try:
        if kind == "false" and not any(each.default for each in lint(source)[0]):
            return False  # running it costs more than reading it
        verdict = judge(source)
    except Exception:
        return False
    if any(
        not name.startswith(("ValueError: no", "ValueError: too many"))
        for name in verdict.truth.errors
    ):
        return False
    if kind == "missed":
        return any(not each.limit for each in verdict.missed())
    return any(
        each.line in verdict.truth.ran and _all_ran(verdict) for each in verdict.false_alarms()
    )


def _all_ran(verdict: Verdict) -> bool:
    """Whether every function ran: what nobody calls is another story."""
    for node in ast.walk(ast.parse(verdict.source)):
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            body = node.body[0] if isinstance(node, ast.FunctionDef) else node.body
            if body.lineno not in verdict.truth.ran:
                return False
    return True


def _shorter(source: str) -> Iterator[str]:
    """Every program with one statement less, or with a block in place of its statement."""
    tree = ast.parse(source)
    bodies = [
        (node, name)
        for node in ast.walk(tree)
        for name in ("body", "orelse", "finalbody", "handlers")
        if isinstance(getattr(node, name, None), list)
    ]
    for node, name in bodies:  # half of a block at once, where that is enough
        body = list(getattr(node, name))
        if len(body) > 3:
            for kept in (body[: len(body) // 2], body[len(body) // 2 :]):
                setattr(node, name, kept)
                yield from _written(tree)
            setattr(node, name, body)
    for node, name in bodies:
        body = getattr(node, name)
        for at in reversed(range(len(body))):
            taken = body[at]
            if (
                isinstance(taken, ast.Return)
                and isinstance(node, ast.FunctionDef)
                and at == len(body) - 1
            ):
                continue
            del body[at]
            if not body and name == "body":
                body.append(ast.Pass())
                yield from _written(tree)
                body.pop()
            else:
                yield from _written(tree)
            for inner in ("body", "orelse"):
                block = getattr(taken, inner, None)
                if (
                    isinstance(block, list)
                    and block
                    and not isinstance(taken, (ast.FunctionDef, ast.ClassDef))
                ):
                    body[at:at] = block
                    yield from _written(tree)
                    del body[at : at + len(block)]
            body.insert(at, taken)


def _written(tree: ast.Module) -> Iterator[str]:
    try:
        yield ast.unparse(tree) + "\n"
    except Exception:
        return


def shape(source: str) -> str:
    """The program without names and numbers, to tell kinds of disagreement apart."""
    body = source.partition("from jax import lax, random")[2] or source
    body = re.sub(r"random\.(normal|uniform|gumbel|exponential|laplace)", "draw", body)
    return re.sub(r"\b(?:[a-z_]+\d+|\d+)\b", "_", body)


def annotated(source: str) -> str:
    """The program with what is said of each line, and what is true of it."""
    verdict = judge(source)
    lines = []
    for number, line in enumerate(source.splitlines(), 1):
        notes = [
            f"{each.code}{'' if each.default else ' (low)'}"
            for each in verdict.said
            if each.line == number
        ]
        if number in verdict.truth.repeated:
            notes.append("repeats")
        lines.append(f"{number:3} {line}" + (f"    # {', '.join(notes)}" if notes else ""))
    extra = [f"missed: {sorted(a)} and {sorted(b)} {c}" for a, b, c in verdict.missed()]
    extra += [f"false: {each.line} {each.code}" for each in verdict.false_alarms()]
    extra += [f"errors: {verdict.truth.errors}", f"abandoned: {verdict.abandoned}"]
    return "\n".join([*lines, *extra])
