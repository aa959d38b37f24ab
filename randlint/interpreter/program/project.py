"""The linted project: where the module of an import stands, read when a call leads there.

Nothing is imported. A module is looked for where Python would look: above the outermost package
that the importing file is in (beside the file, if in none), in the root of the project and its
`src` folder (that of the configuration, and the nearest above the file), above the folder of the
name that the file is in (a namespace package has no `__init__.py` to tell it), and, when asked,
among the installed packages. Every file that an answer depends on is
remembered with a hash of its content, those that were looked for and not found included, so that a
cache can tell when to ask again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from randlint.files import read_bytes
from randlint.interpreter.domain.definitions import Module
from randlint.interpreter.program.indexing import read_module
from randlint.source.contents import LARGEST, MISSING, content_hash
from randlint.source.decode import UndecodableSource, decode

# Source text kept at a time: trees are some twenty times as large.
_TREES = 16  # modules whose trees are kept from file to file
_KEPT_BYTES = 5_000_000
_MARKS = frozenset({"pyproject.toml", "setup.py", "setup.cfg", ".git"})
_RELATIVE = "from ."
_DEPTH = 4  # folders of a namespace package that relative imports may climb


@dataclass(slots=True)
class Project:
    """The modules of a project by dotted name.

    Args:
        roots: folders where absolute imports are looked for, besides those of the importing file.
    """

    roots: tuple[str, ...] = ()
    depends: dict[str, str] = field(default_factory=dict)  # since the last `begin`
    foreign: set[tuple[str, str]] = field(default_factory=set)  # names of no module here
    missing: dict[str, dict[str, str]] = field(default_factory=dict)  # by importing file
    _modules: dict[str, tuple[Module | None, str, int]] = field(default_factory=dict)
    _folders: dict[str, frozenset[str]] = field(default_factory=dict)
    _found: dict[tuple[str, str], tuple[str, str] | dict[str, str]] = field(default_factory=dict)
    _homes: dict[str, tuple[str, str]] = field(default_factory=dict)
    _tops: dict[str, str] = field(default_factory=dict)
    _size: int = 0
    _used: dict[str, Module] = field(default_factory=dict)  # with trees; the latest is last

    def begin(self) -> None:
        """Forget what earlier files depended on, and the trees of what was not used lately."""
        self.depends = {}
        self.foreign = set()
        while len(self._used) > _TREES:
            for segment in self._used.pop(next(iter(self._used))).segments:
                segment.forget()

    def own(self, text: str, filename: str) -> Module:
        """The module of the file that is checked; kept, as others may lead back to it.

        Raises:
            SyntaxError, ValueError, RecursionError: it cannot be read.
        """
        path = os.path.abspath(filename)
        digest = content_hash(text.encode("utf-8", "surrogatepass"))
        module, same, _ = self._modules.get(path, (None, MISSING, 0))
        if module is not None and same == digest and module.filename == filename:
            self._use(path, module)
            return module
        module = read_module(text, filename, self.name_of(filename, text))
        self._keep(path, (module, digest, len(text)))
        return module

    def name_of(self, filename: str, text: str = "") -> str:
        """The dotted name of a file, from the packages it is in; `p.__init__` for a package.

        A file in none whose `text` has relative imports is in a namespace package.
        """
        folder, base = os.path.split(os.path.abspath(filename))
        package = self._home(folder)[1]
        if not package and _RELATIVE in text:
            package = ".".join(_namespace(folder))
        stem = base.removesuffix(".py")
        return f"{package}.{stem}" if package else stem

    def find(self, dotted: str, importer: str) -> tuple[Module, str] | None:
        """The module that a dotted name leads to, and what of the name is left."""
        where = (importer, dotted)
        if where not in self._found:
            self._found[where] = self._locate(dotted, os.path.dirname(os.path.abspath(importer)))
        found = self._found[where]
        if isinstance(found, tuple):
            path, rest = found
            module = self._module(path)
            return None if module is None else (module, rest)
        self.depends.update(found)
        self.missing.setdefault(importer, {}).update(found)
        return None

    def _locate(self, dotted: str, folder: str) -> tuple[str, str] | dict[str, str]:
        """The file and the rest of the name, or the files whose coming would change the answer."""
        parts = dotted.split(".")
        missing: dict[str, str] = {}
        for root in dict.fromkeys(self._around(folder, parts[0])):
            path, used = self._descend(root, parts)
            if path is not None:
                return path, ".".join(parts[used:])
            missing[os.path.join(root, f"{parts[0]}.py")] = MISSING
            missing[os.path.join(root, parts[0], "__init__.py")] = MISSING
        return missing

    def _around(self, folder: str, first: str) -> Iterator[str]:
        """The folders where a name that begins with `first` may stand, for a file in `folder`."""
        yield self._home(folder)[0]
        yield from self.roots
        top = self._top(folder)
        if top:
            yield top
            yield os.path.join(top, "src")
        above, inside = folder, ""
        while above and inside != first:
            above, inside = os.path.split(above)
            if not inside:
                return
        if first not in sys.stdlib_module_names:
            yield above

    def _top(self, folder: str) -> str:
        """The nearest folder above that looks like the root of a project; empty without one."""
        known = self._tops.get(folder)
        if known is None:
            above = os.path.dirname(folder)
            if not self._entries(folder).isdisjoint(_MARKS):
                known = folder
            else:
                known = self._top(above) if above != folder else ""
            self._tops[folder] = known
        return known

    def _descend(self, root: str, parts: Sequence[str]) -> tuple[str | None, int]:
        """The deepest file that the first parts name: a module, or the package around it."""
        best: tuple[str | None, int] = (None, 0)
        folder = root
        for position, part in enumerate(parts, start=1):
            inside = self._entries(folder)
            if f"{part}.py" in inside and part not in inside:
                return os.path.join(folder, f"{part}.py"), position
            if part not in inside:
                break
            folder = os.path.join(folder, part)
            if "__init__.py" in self._entries(folder):
                best = os.path.join(folder, "__init__.py"), position
        return best

    def _home(self, folder: str) -> tuple[str, str]:
        """The folder above the outermost package that `folder` is in, and the package's name."""
        known = self._homes.get(folder)
        if known is None:
            if "__init__.py" in self._entries(folder):
                above, name = os.path.split(folder)
                root, package = self._home(above)
                known = root, f"{package}.{name}" if package else name
            else:
                known = folder, ""
            self._homes[folder] = known
        return known

    def _entries(self, folder: str) -> frozenset[str]:
        """Names of the Python files, of the folders and of what marks a project in a folder."""
        known = self._folders.get(folder)
        if known is None:
            try:
                with os.scandir(folder) as entries:
                    known = frozenset(
                        each.name
                        for each in entries
                        if each.name.endswith(".py") or each.name in _MARKS or each.is_dir()
                    )
            except (OSError, ValueError):
                known = frozenset()
            self._folders[folder] = known
        return known

    def _module(self, path: str) -> Module | None:
        known = self._modules.get(path)
        if known is None:
            known = self._read(path)
            self._keep(path, known)
        elif known[0] is not None and path not in self.depends:
            self._use(path, known[0])
        self.depends[path] = known[1]
        return known[0]

    def _use(self, path: str, module: Module) -> None:
        self._used.pop(path, None)
        self._used[path] = module

    def _keep(self, path: str, module: tuple[Module | None, str, int]) -> None:
        if module[0] is not None:
            self._use(path, module[0])
        self._size += module[2] - self._modules.pop(path, (None, "", 0))[2]
        self._modules[path] = module
        while self._size > _KEPT_BYTES and len(self._modules) > 1:
            oldest = next(iter(self._modules))
            self._size -= self._modules.pop(oldest)[2]

    def _read(self, path: str) -> tuple[Module | None, str, int]:
        try:
            data = read_bytes(path)
        except (OSError, ValueError):
            return None, MISSING, 0
        digest = content_hash(data)
        if len(data) > LARGEST:
            return None, digest, 0
        try:
            text = decode(data)
            module = read_module(text, shown(path), self.name_of(path, text))
        except (UndecodableSource, SyntaxError, ValueError, RecursionError, MemoryError):
            return None, digest, 0
        return module, digest, len(data)


def _namespace(folder: str) -> list[str]:
    """The last folders of a path that can be packages."""
    parts = folder.split(os.sep)[-_DEPTH:]
    while parts and not all(each.isidentifier() for each in parts):
        parts = parts[1:]
    return parts


def shown(path: str) -> str:
    """A path as it is told: relative where it stands below the working directory."""
    relative = os.path.relpath(path)
    return os.path.abspath(path) if relative.startswith(os.pardir) else relative
