"""What a run checks and shows: `[tool.randlint]`, and the command line on top of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from randlint.files import read_bytes, reason
from randlint.findings import Confidence
from randlint.source.ignoring import Patterns, problem

_PREFIX = re.compile(r"RND[0-9]{0,3}")
# A key of a hundred parts: Python's reader takes time with the square of their number.
_LONG_KEY = re.compile(rb"""(?<![\w.-])(?>(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*){100}""")


class SettingsError(ValueError):
    """A setting that makes no sense; the message is one line: file, setting, remedy."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's settings.

    `select`, `extend_select` and `ignore` hold codes or prefixes of codes (`RND1`); `select` is
    None where the rules' own defaults hold. `exclude`, `extend_include` (what to check besides
    Python files and notebooks) and the patterns of `per_file_ignores` are written like lines of a
    .gitignore, relative to `root`, the configuration file's folder.
    """

    root: Path
    select: tuple[str, ...] | None = None
    extend_select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    extend_include: tuple[str, ...] = ()
    per_file_ignores: tuple[tuple[str, tuple[str, ...]], ...] = ()
    min_confidence: Confidence = Confidence.MEDIUM
    models: Mapping[str, object] = field(default_factory=dict)
    follow_installed: bool = False  # read installed packages where calls lead there
    noqa: bool = True  # False: only `randlint: ignore` comments count

    def overridden(
        self,
        *,
        select: Sequence[str] | None = None,
        ignore: Sequence[str] | None = None,
        extend_select: Sequence[str] = (),
        extend_include: Sequence[str] = (),
        min_confidence: Confidence | None = None,
    ) -> Settings:
        """The same settings with what the command line says on top.

        `select` and `ignore` replace what the file says, `extend_select` and `extend_include` add
        to it.
        """
        added = (*self.extend_select, *check_codes(extend_select, "--extend-select"))
        return replace(
            self,
            select=self.select if select is None else check_codes(select, "--select"),
            extend_select=added,
            extend_include=(
                *self.extend_include,
                *check_patterns(extend_include, "--extend-include"),
            ),
            ignore=self.ignore if ignore is None else check_codes(ignore, "--ignore"),
            min_confidence=self.min_confidence if min_confidence is None else min_confidence,
        )


class CodeSelector:
    """Which codes apply to which file; patterns are compiled once per run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._root = str(settings.root.absolute())
        self._everywhere: frozenset[str] | None = None
        self._patterns = Patterns(pattern for pattern, _ in settings.per_file_ignores)

    def codes(self, filename: str) -> frozenset[str]:
        """The codes that may be reported for one file."""
        if self._everywhere is None:
            self._everywhere = _enabled(self._settings)
        ignored = self._ignored(filename)
        if not ignored:
            return self._everywhere
        return frozenset(code for code in self._everywhere if not code.startswith(ignored))

    def signature(self, filename: str) -> tuple[str, ...]:
        """What decides `codes`, told without loading the rules: a cache asks for nothing else."""
        settings = self._settings
        select = settings.select if settings.select is not None else ("default",)
        parts = (("select", (*select, *settings.extend_select)), ("ignore", settings.ignore))
        named = [f"{name} {code}" for name, codes in parts for code in codes]
        return (*named, *(f"not here {code}" for code in self._ignored(filename)))

    def _ignored(self, filename: str) -> tuple[str, ...]:
        """What `per_file_ignores` leaves out of one file."""
        if not self._patterns:
            return ()
        covering = self._patterns.covering(_relative(filename, self._root))
        ignores = self._settings.per_file_ignores
        return tuple(
            code
            for number in sorted(covering)
            if not self._patterns.globs[number].keeps
            for code in ignores[number][1]
        )


def load_settings(paths: Sequence[str], config: str | None = None) -> Settings:
    """The settings for a run over `paths`.

    They come from `config`, or from the nearest pyproject.toml with a `[tool.randlint]` table at or
    above the folder that holds all of `paths`. Raises SettingsError.
    """
    _require_working_directory()
    if config is not None:
        path = Path(config)
        return _read(path, _table(path, required=True) or {})
    start = _common_folder(paths)
    for folder in (start, *start.parents):
        path = folder / "pyproject.toml"
        table = _table(path, required=False)
        if table is not None:
            return _read(path, table)
    return Settings(root=Path.cwd())


def _require_working_directory() -> None:
    """Every path is told from there, and somebody may have deleted it."""
    try:
        Path.cwd()
    except OSError as error:
        raise SettingsError(
            f"the working directory cannot be found: {reason(error)}; change to one that is there"
        ) from None


def check_codes(codes: Iterable[str], source: str) -> tuple[str, ...]:
    """Codes in upper case, or a SettingsError that names the closest existing one."""
    checked = []
    for written in codes:
        code = written.strip().upper()
        if not is_code_or_prefix(code):
            hint = closest(code, _known_codes())
            raise SettingsError(f"{source}: unknown rule `{written}`{hint}")
        checked.append(code)
    return tuple(checked)


def check_patterns(patterns: Sequence[str], source: str) -> tuple[str, ...]:
    """Patterns as they are, or a SettingsError that names the one that can match nothing."""
    for pattern in patterns:
        why = problem(pattern)
        if why:
            raise SettingsError(
                f"{source}: `{pattern}` is no pattern: {why}; put a backslash before a character "
                "that stands for itself"
            )
    return tuple(patterns)


def is_code_or_prefix(code: str) -> bool:
    """Whether this is the code of a rule, or the beginning of one (`RND`, `RND1`)."""
    return _PREFIX.fullmatch(code) is not None and any(
        known.startswith(code) for known in _known_codes()
    )


def closest(word: str, valid: Iterable[str]) -> str:
    """`; did you mean ...?`, or the list of what is valid where nothing comes close."""
    import difflib

    known = sorted(valid)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f"; did you mean `{near[0]}`?"
    if len(known) > 12:
        return "; `randlint rules` lists the rules"
    return "; known are " + ", ".join(f"`{name}`" for name in known)


def read_confidence(word: object, source: str) -> Confidence:
    """`low`, `medium` or `high`, or a SettingsError."""
    names = {confidence.name.lower(): confidence for confidence in Confidence}
    if isinstance(word, str) and word.lower() in names:
        return names[word.lower()]
    shown = f"`{word}`" if isinstance(word, str) else "a string"
    hint = closest(word, names) if isinstance(word, str) else " is wanted: low, medium or high"
    raise SettingsError(f"{source}: {shown}{' is no confidence' if hint[0] == ';' else ''}{hint}")


def _enabled(settings: Settings) -> frozenset[str]:
    """Every code that is on: the longest matching prefix decides, `ignore` wins a tie."""
    from randlint.rules import registry

    enabled = set()
    chosen = (*(settings.select or ()), *settings.extend_select)
    for code, rule in registry().items():
        wanted = _longest(code, chosen)
        if settings.select is None and rule.default:
            wanted = max(wanted, 0)
        if wanted > _longest(code, settings.ignore):
            enabled.add(code)
    return frozenset(enabled)


def _longest(code: str, prefixes: Iterable[str]) -> int:
    return max((len(prefix) for prefix in prefixes if code.startswith(prefix)), default=-1)


def _known_codes() -> Iterable[str]:
    from randlint.rules import registry

    return registry().keys()


def _relative(filename: str, root: str) -> str:
    """The path below the configuration's folder, or the path itself for a file elsewhere."""
    import os

    absolute = os.path.abspath(filename)
    inside = absolute.startswith(root.rstrip(os.sep) + os.sep)
    return os.path.relpath(absolute, root) if inside else absolute.lstrip(os.sep)


def _common_folder(paths: Sequence[str]) -> Path:
    """The folder that holds everything named on the command line."""
    import os

    named = [os.path.abspath(path) for path in paths if path != "-"] or [os.getcwd()]
    try:
        common = Path(os.path.commonpath(named))
    except ValueError:  # different drives
        return Path.cwd()
    return common if os.path.isdir(common) else common.parent


def _table(path: Path, *, required: bool) -> Mapping[str, object] | None:
    """The `[tool.randlint]` table of a file; None where there is none."""
    try:
        data = read_bytes(path)
    except (OSError, ValueError) as error:
        if required or _stands_in_the_way(error, path):
            remedy = "" if required else "; --config names another file"
            raise SettingsError(f"{path}: cannot be read: {reason(error)}{remedy}") from None
        return None
    if not required and b"randlint" not in data:
        return None
    if _LONG_KEY.search(data) is not None:
        raise SettingsError(f"{path}: a key of more than 100 parts; nest no tables that deeply")
    import tomllib

    try:
        document = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from None
    tool = document.get("tool")
    table = tool.get("randlint") if isinstance(tool, dict) else None
    if table is None:
        if required:
            raise SettingsError(f"{path}: has no `[tool.randlint]` table")
        return None
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: `tool.randlint` must be a table")
    return table


def _stands_in_the_way(error: Exception, path: Path) -> bool:
    """Whether there is a configuration that cannot be read, and not just none."""
    import errno
    import os

    none = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)
    if not isinstance(error, OSError) or error.errno in none:
        return False
    return os.access(path.parent, os.X_OK)  # else nobody can tell


def _read(path: Path, table: Mapping[str, object]) -> Settings:
    """Settings from a table; every unknown name and wrong type is an error."""
    for name in table:
        if name not in _NAMES:
            raise SettingsError(f"{path}: unknown setting `{name}`{closest(name, _NAMES)}")
    settings = Settings(root=path.absolute().parent)
    if "select" in table:
        settings = replace(settings, select=_codes(path, table, "select"))
    if "min-confidence" in table:
        confidence = read_confidence(table["min-confidence"], f"{path}: min-confidence")
        settings = replace(settings, min_confidence=confidence)
    return replace(
        settings,
        extend_select=_codes(path, table, "extend-select"),
        ignore=_codes(path, table, "ignore"),
        exclude=_patterns(path, table, "exclude"),
        extend_include=_patterns(path, table, "extend-include"),
        per_file_ignores=_per_file(path, table.get("per-file-ignores", {})),
        follow_installed=_flag(path, table, "follow-installed"),
        models=_models(path, table.get("models", {})),
    )


_NAMES = (
    "select",
    "extend-select",
    "ignore",
    "exclude",
    "extend-include",
    "per-file-ignores",
    "min-confidence",
    "follow-installed",
    "models",
)


def _codes(path: Path, table: Mapping[str, object], name: str) -> tuple[str, ...]:
    return check_codes(_strings(path, name, table.get(name, [])), f"{path}: {name}")


def _patterns(path: Path, table: Mapping[str, object], name: str) -> tuple[str, ...]:
    return check_patterns(_strings(path, name, table.get(name, [])), f"{path}: {name}")


def _strings(path: Path, name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SettingsError(f"{path}: `{name}` must be a list of strings")
    return tuple(value)


def _flag(path: Path, table: Mapping[str, object], name: str) -> bool:
    value = table.get(name, False)
    if not isinstance(value, bool):
        raise SettingsError(f"{path}: `{name}` must be true or false")
    return value


def _per_file(path: Path, value: object) -> tuple[tuple[str, tuple[str, ...]], ...]:
    name = "per-file-ignores"
    if not isinstance(value, dict):
        raise SettingsError(f"{path}: `{name}` must be a table of pattern = [codes]")
    check_patterns(tuple(value), f"{path}: {name}")
    return tuple(
        (pattern, check_codes(_strings(path, f"{name}.{pattern}", codes), f"{path}: {name}"))
        for pattern, codes in value.items()
    )


def _models(path: Path, value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise SettingsError(f"{path}: `models` must be a table, as in the framework files")
    if value:
        from randlint.catalogue import CatalogueError, load, with_models

        try:
            with_models(load(), value)
        except CatalogueError as error:
            raise SettingsError(f"{path}: {error}") from None
    return value
