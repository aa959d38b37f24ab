"""Which files a run reads: named ones always, folders less what .gitignore and `exclude` say.

A folder is walked in the order in which its files are shown, so that a run never needs to hold the
list of all files. Its records are named tuples: every run makes these classes, and a dataclass
takes eight times as long to make.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from randlint.files import read_bytes, reason
from randlint.source.ignoring import Patterns

_SKIPPED = frozenset({"__pycache__", "node_modules", "__pypackages__"})
_SUFFIXES = (".py", ".ipynb")


class Unreadable(NamedTuple):
    """A path that was asked for and cannot be read, with the reason."""

    path: str
    reason: str


class Discovery(NamedTuple):
    """Files to check, each once and in order, and what could not be read."""

    files: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]


class _Patterns(NamedTuple):
    """The patterns of one file, relative to the folder they stand in (absolute, no final slash)."""

    folder: str
    patterns: Patterns

    def verdict(self, path: str) -> bool | None:
        """True: ignored; False: explicitly kept; None: nothing is said. Folders end in a slash.

        Of a path on the way of a walk, whose folders have been asked about already.
        """
        relative = self._relative(path)
        return None if relative is None else self.patterns.verdict(relative)

    def covers(self, path: str) -> bool:
        """Whether it, or a folder above it, is what the patterns say."""
        relative = self._relative(path)
        return relative is not None and self.patterns.covers(relative) is True

    def without(self, folder: str) -> _Patterns:
        """The same patterns less those that leave out `folder` itself."""
        relative = self._relative(folder)
        return self if relative is None else _Patterns(self.folder, self.patterns.without(relative))

    def _relative(self, path: str) -> str | None:
        """The path from our folder, if it leads into it."""
        if not path.startswith(self.folder + os.sep):
            return None
        return path[len(self.folder) + 1 :].replace(os.sep, "/")


class _Wanted(NamedTuple):
    """The patterns of the settings: what a walk leaves out, and what it takes besides Python."""

    excluded: _Patterns | None
    included: _Patterns | None

    def takes(self, name: str, path: str) -> bool:
        """Whether a file below a folder is one to check, by its name."""
        if name.endswith(_SUFFIXES):
            return True
        return self.included is not None and self.included.covers(path)


class _Met(NamedTuple):
    """What was found: the absolute path, and the path to show or why it cannot be read."""

    path: str
    found: str | Unreadable


def discover(
    paths: Sequence[str],
    *,
    root: Path,
    exclude: Sequence[str] = (),
    force_exclude: bool = False,
    extend_include: Sequence[str] = (),
) -> Discovery:
    """All that `walk` finds, as one value."""
    found = list(
        walk(
            paths,
            root=root,
            exclude=exclude,
            force_exclude=force_exclude,
            extend_include=extend_include,
        )
    )
    return Discovery(
        tuple(each for each in found if isinstance(each, str)),
        tuple(each for each in found if isinstance(each, Unreadable)),
    )


def walk(
    paths: Sequence[str],
    *,
    root: Path,
    exclude: Sequence[str] = (),
    force_exclude: bool = False,
    extend_include: Sequence[str] = (),
) -> Iterator[str | Unreadable]:
    """The Python files and notebooks at and below `paths`, sorted by path, each once.

    A file or folder that is named is checked even where a pattern excludes it, unless
    `force_exclude`. Below a folder, hidden entries, virtual environments (`pyvenv.cfg`), entries
    ignored by .gitignore and those matching `exclude` (relative to `root`) are left out, and links
    to folders are not followed, so a loop of links ends nothing. `extend_include` holds patterns
    of further files to take. With one path nothing is held but the folders on the way.
    """
    base = str(root.absolute())
    wanted = _Wanted(_compile(base, list(exclude)), _compile(base, list(extend_include)))
    if len(paths) == 1:
        for met in _named(paths[0], wanted, force_exclude):
            yield met.found
        return
    files: dict[str, str] = {}
    unreadable: list[Unreadable] = []
    for path in paths:
        for met in _named(path, wanted, force_exclude):
            if isinstance(met.found, Unreadable):
                unreadable.append(met.found)
            else:
                files.setdefault(met.path, met.found)
    yield from sorted(files.values())
    yield from unreadable


def _named(path: str, wanted: _Wanted, force_exclude: bool) -> Iterator[_Met]:
    """What one path of the command line stands for."""
    shown = _shown(path)
    absolute = os.path.abspath(path)
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError) as error:
        yield _Met(absolute, Unreadable(shown, reason(error)))
        return
    if force_exclude and _named_is_excluded(absolute, stat.S_ISDIR(mode), wanted.excluded):
        return
    if stat.S_ISDIR(mode):
        yield from _walk_named(absolute, shown, wanted)
    elif stat.S_ISREG(mode):
        yield _Met(absolute, shown)
    else:
        yield _Met(absolute, Unreadable(shown, "neither a file nor a folder"))


def _shown(path: str) -> str:
    """The path as the user would write it: `./a//b` is `a/b`, and the current folder is nothing."""
    normal = os.path.normpath(path)
    return "" if normal == os.curdir else normal


class _Level(NamedTuple):
    """A folder on the way, and the names left in it: the last first, a slash after a folder."""

    folder: str
    shown: str
    layers: tuple[_Patterns, ...]
    names: list[str]


def _walk_named(folder: str, shown: str, wanted: _Wanted) -> Iterator[_Met]:
    """Walk a folder of the command line; patterns that match the folder itself do not count."""
    excluded = wanted.excluded
    above = [] if excluded is None else [excluded]
    layers = [layer.without(folder + os.sep) for layer in (*above, *_gitignores_above(folder))]
    yield from _descend(folder, shown, tuple(layers), wanted)


def _descend(
    folder: str, shown: str, layers: tuple[_Patterns, ...], wanted: _Wanted
) -> Iterator[_Met]:
    """In the order of whole paths, without recursion: a thousand nested folders are no problem."""
    pending: list[_Level] = []
    opened: _Level | _Met | None = _open(folder, shown, layers)
    while True:
        if isinstance(opened, _Met):
            yield opened
        elif opened is not None:
            pending.append(opened)
        while pending and not pending[-1].names:
            pending.pop()
        if not pending:
            return
        level = pending[-1]
        name = level.names.pop()
        path, show = os.path.join(level.folder, name), os.path.join(level.shown, name)
        opened = None
        if name.endswith(os.sep):
            if not _ignored(path, level.layers) and not _is_environment(path):
                opened = _open(path[:-1], show[:-1], level.layers)
        elif wanted.takes(name, path) and not _ignored(path, level.layers):
            yield from _met(path, show)


def _open(folder: str, shown: str, layers: tuple[_Patterns, ...]) -> _Level | _Met:
    """A folder's names, the last first.

    A slash after the name of a folder puts it where its files belong in the order of paths:
    `a.py` comes before `a/b.py`.
    """
    names = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name == ".gitignore":
                    layers = (*layers, *_read_gitignore(folder))
                elif not entry.name.startswith(".") and entry.name not in _SKIPPED:
                    names.append(entry.name + os.sep if _is_folder(entry) else entry.name)
    except OSError as error:
        return _Met(folder, Unreadable(shown or os.curdir, reason(error)))
    names.sort(reverse=True)
    return _Level(folder, shown, layers, names)


def _met(path: str, shown: str) -> Iterator[_Met]:
    """A file met on the way: a link to a folder is passed over, a link to nothing is an error."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        yield _Met(path, Unreadable(shown, reason(error)))
        return
    if stat.S_ISREG(mode):
        yield _Met(path, shown)


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
    return excluded is not None and excluded.covers(path)


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
    """The patterns of a folder's .gitignore; one that cannot be read says nothing.

    Nor does a line that nothing can match: git says nothing either.
    """
    try:
        data = read_bytes(os.path.join(folder, ".gitignore"))
    except OSError:
        return []
    text = data.decode("utf-8-sig", "surrogateescape")  # as Python has names of files
    compiled = _compile(folder, text.split("\n"))
    return [] if compiled is None else [compiled]


def _compile(folder: str, lines: Iterable[str]) -> _Patterns | None:
    """Patterns from lines; None where they say nothing."""
    patterns = Patterns(lines)
    return _Patterns(folder.rstrip(os.sep), patterns) if patterns else None
