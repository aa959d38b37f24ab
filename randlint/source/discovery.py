"""Which files a run reads: named ones always, folders less what .gitignore and `exclude` say."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_SKIPPED = frozenset({"__pycache__", "node_modules", "__pypackages__"})
_SUFFIX = ".py"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A path that was asked for and cannot be read, with the reason."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Discovery:
    """Files to check, each once and in order, and what could not be read."""

    files: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True, slots=True)
class _Patterns:
    """The patterns of one file, relative to the folder they stand in (absolute, no final slash)."""

    folder: str
    spec: GitIgnoreSpec

    def verdict(self, path: str) -> bool | None:
        """True: ignored; False: explicitly kept; None: nothing is said. Folders end in a slash."""
        if not path.startswith(self.folder + os.sep):
            return None
        relative = path[len(self.folder) + 1 :].replace(os.sep, "/")
        return self.spec.check_file(relative).include


@dataclass(slots=True)
class _Walk:
    files: dict[str, str] = field(default_factory=dict)  # absolute path -> path to show
    unreadable: list[Unreadable] = field(default_factory=list)


def discover(
    paths: Sequence[str], *, root: Path, exclude: Sequence[str] = (), force_exclude: bool = False
) -> Discovery:
    """The Python files at and below `paths`, sorted by path.

    A file or folder that is named is checked even where a pattern excludes it, unless
    `force_exclude`. Below a folder, hidden entries, virtual environments (`pyvenv.cfg`), entries
    ignored by .gitignore and those matching `exclude` (relative to `root`) are left out, and links
    to folders are not followed, so a loop of links ends nothing.
    """
    walk = _Walk()
    excluded = _compile(str(root.absolute()), list(exclude))
    for path in paths:
        shown = _shown(path)
        absolute = os.path.abspath(path)
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError) as error:
            walk.unreadable.append(Unreadable(shown, reason(error)))
            continue
        if force_exclude and _named_is_excluded(absolute, stat.S_ISDIR(mode), excluded):
            continue
        if stat.S_ISDIR(mode):
            _walk_named(walk, absolute, shown, excluded)
        elif stat.S_ISREG(mode):
            walk.files.setdefault(absolute, shown)
        else:
            walk.unreadable.append(Unreadable(shown, "neither a file nor a folder"))
    return Discovery(tuple(sorted(walk.files.values())), tuple(walk.unreadable))


def reason(error: Exception) -> str:
    """What the operating system says, without its number and without the path."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def _shown(path: str) -> str:
    """The path as the user would write it: `./a//b` is `a/b`, and the current folder is nothing."""
    normal = os.path.normpath(path)
    return "" if normal == os.curdir else normal


def _walk_named(walk: _Walk, folder: str, shown: str, excluded: _Patterns | None) -> None:
    """Walk a folder of the command line; patterns that match the folder itself do not count."""
    layers = [] if excluded is None else [_without(excluded, folder + os.sep)]
    layers += [_without(layer, folder + os.sep) for layer in _gitignores_above(folder)]
    before = len(walk.unreadable)
    _descend(walk, folder, shown, layers)
    walk.unreadable[before:] = sorted(walk.unreadable[before:], key=lambda bad: bad.path)


def _descend(walk: _Walk, folder: str, shown: str, layers: list[_Patterns]) -> None:
    """Depth first, without recursion: a thousand nested folders are no problem."""
    pending = [(folder, shown, layers)]
    while pending:
        folder, shown, layers = pending.pop()
        try:
            with os.scandir(folder) as entries:
                listed = list(entries)
        except OSError as error:
            walk.unreadable.append(Unreadable(shown or os.curdir, reason(error)))
            continue
        if any(entry.name == ".gitignore" for entry in listed):
            layers = [*layers, *_read_gitignore(folder)]
        for entry in listed:
            path = os.path.join(folder, entry.name)
            name = os.path.join(shown, entry.name)
            if entry.name.startswith(".") or entry.name in _SKIPPED:
                continue
            if _is_folder(entry):
                if not _ignored(path + os.sep, layers) and not _is_environment(path):
                    pending.append((path, name, layers))
            elif entry.name.endswith(_SUFFIX) and not _ignored(path, layers):
                _add(walk, entry, path, name)


def _add(walk: _Walk, entry: os.DirEntry[str], path: str, shown: str) -> None:
    """A file met on the way: a link to a folder is passed over, a link to nothing is an error."""
    try:
        mode = entry.stat().st_mode
    except OSError as error:
        walk.unreadable.append(Unreadable(shown, reason(error)))
        return
    if stat.S_ISREG(mode):
        walk.files.setdefault(path, shown)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_environment(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, "pyvenv.cfg")) or os.path.isdir(
        os.path.join(folder, "conda-meta")
    )


def _ignored(path: str, layers: Sequence[_Patterns]) -> bool:
    """The deepest file of patterns that has an opinion decides."""
    for layer in reversed(layers):
        verdict = layer.verdict(path)
        if verdict is not None:
            return verdict
    return False


def _named_is_excluded(absolute: str, is_folder: bool, excluded: _Patterns | None) -> bool:
    path = absolute + os.sep if is_folder else absolute
    return excluded is not None and excluded.verdict(path) is True


def _without(patterns: _Patterns, folder: str) -> _Patterns:
    """The same patterns less those that exclude `folder` itself."""
    if patterns.verdict(folder) is not True:
        return patterns
    from pathspec import GitIgnoreSpec

    relative = folder[len(patterns.folder) + 1 :].replace(os.sep, "/")
    kept = [
        pattern
        for pattern in patterns.spec.patterns
        if not (pattern.include and pattern.match_file(relative) is not None)
    ]
    return _Patterns(patterns.folder, GitIgnoreSpec(kept))


def _gitignores_above(folder: str) -> list[_Patterns]:
    """The .gitignore files of the repository that holds `folder`, outermost first."""
    above: list[_Patterns] = []
    current = folder
    while not os.path.exists(os.path.join(current, ".git")):
        parent = os.path.dirname(current)
        if parent == current:
            return []  # no repository: patterns above do not apply
        current = parent
        above[:0] = _read_gitignore(current)
    return above


def _read_gitignore(folder: str) -> list[_Patterns]:
    """The patterns of a folder's .gitignore; one that cannot be read says nothing."""
    path = os.path.join(folder, ".gitignore")
    if not os.path.isfile(path):  # a named pipe would be waited for
        return []
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    compiled = _compile(folder, lines)
    return [] if compiled is None else [compiled]


def _compile(folder: str, lines: Iterable[str]) -> _Patterns | None:
    """Patterns from the lines of a .gitignore; a line that is no pattern is left out."""
    wanted = [line for line in lines if line.strip() and not line.startswith("#")]
    if not wanted:
        return None
    from pathspec import GitIgnoreSpec

    try:
        spec = GitIgnoreSpec.from_lines(wanted)
    except ValueError:
        spec = GitIgnoreSpec.from_lines([line for line in wanted if _is_pattern(line)])
    return _Patterns(folder.rstrip(os.sep), spec)


def _is_pattern(line: str) -> bool:
    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True
