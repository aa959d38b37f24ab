"""What earlier runs found, by content: one JSON file per set of settings.

An entry is found by a hash over the file's bytes, its name and the rules asked for; the name of the
JSON file is a hash over everything else that decides a report: randlint's own files (rules and
catalogue included), the Python version and the settings. So an entry is never stale, and nothing
needs to be cleared. JSON, never pickle: reading a cache cannot run code. A cache that is corrupt,
truncated or hostile is ignored and written anew; a cache that cannot be written is done without.
Writing is atomic, and of two runs at once the later one keeps what the earlier one added.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from randlint.engine import FileReport
from randlint.files import read_bytes, write_text
from randlint.findings import (
    Confidence,
    Edit,
    Finding,
    Fix,
    Location,
    Position,
    Related,
    Severity,
    Unfinished,
)
from randlint.settings import Settings
from randlint.source.contents import MISSING, content_hash

_FORMAT = 1
_KEEP_DAYS = 30
_FOLDER = ".randlint_cache"


class Cache:
    """The reports of earlier runs under the same settings.

    `folder` holds one JSON file per fingerprint. Looking up and storing never raise; `save` writes
    what is new.
    """

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._folder = folder
        self._path = folder / f"{fingerprint}.json"
        self._today = datetime.date.today().toordinal()
        self._entries = _load(self._path)
        self._changed = False
        self._hashes: dict[str, str] = {}  # by absolute path, each file read once in a run

    def get(self, key: str, filename: str) -> FileReport | None:
        """The report of a file with this key, if every file it depends on is unchanged."""
        entry = self._entries.get(key)
        if not isinstance(entry, dict):
            return None
        try:
            report = _report_from_json(entry["report"], filename)
            depends = tuple((_string(path), _string(digest)) for path, digest in entry["depends"])
            fresh = all(self._hash_of(path) == digest for path, digest in depends)
            day = int(entry["day"])
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
            del self._entries[key]
            return None
        if day != self._today and fresh:
            entry["day"] = self._today
            self._changed = True
        return replace(report, depends=depends) if fresh else None

    def _hash_of(self, path: object) -> str:
        """What a dependency holds now; `MISSING` where there is none to read."""
        name = _string(path)
        if name not in self._hashes:
            try:
                self._hashes[name] = content_hash(read_bytes(name))
            except (OSError, ValueError):
                self._hashes[name] = MISSING
        return self._hashes[name]

    def key(self, data: bytes, filename: str, codes: Iterable[str]) -> str:
        """As `content_key`; what the file holds is known from now on, for who depends on it."""
        digest = content_hash(data)
        self._hashes[os.path.abspath(filename)] = digest
        return _key(digest, filename, codes)

    def put(self, key: str, report: FileReport) -> None:
        """Remember a report, and what the files that it depends on held."""
        self._entries[key] = {
            "day": self._today,
            "depends": [list(pair) for pair in report.depends],
            "report": _report_to_json(report),
        }
        self._changed = True

    def save(self) -> None:
        """Write what changed and keep what another run has added meanwhile; never raises."""
        if not self._changed:
            return
        entries = {**_load(self._path), **self._entries}
        kept = {key: entry for key, entry in entries.items() if self._is_recent(entry)}
        with contextlib.suppress(OSError, ValueError):
            _prepare(self._folder)
            write_text(self._path, json.dumps({"format": _FORMAT, "entries": kept}))
            _remove_old(self._folder)
            self._changed = False

    def _is_recent(self, entry: object) -> bool:
        day = entry.get("day") if isinstance(entry, dict) else None
        return isinstance(day, int) and abs(self._today - day) <= _KEEP_DAYS


def open_cache(settings: Settings) -> Cache:
    """The cache of a project: `.randlint_cache` beside its configuration."""
    return Cache(settings.root / _FOLDER, _fingerprint(settings))


def content_key(data: bytes, filename: str, codes: Iterable[str]) -> str:
    """The key of a file's report; `codes` tell which rules apply to it."""
    return _key(content_hash(data), filename, codes)


def _key(content: str, filename: str, codes: Iterable[str]) -> str:
    digest = hashlib.blake2b(content.encode(), digest_size=16)
    for part in (filename.encode("utf-8", "surrogateescape"), ",".join(sorted(codes)).encode()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def _fingerprint(settings: Settings) -> str:
    """A hash over everything but the file that decides a report."""
    digest = hashlib.blake2b(digest_size=16)
    package = Path(__file__).parent
    for path in sorted((*package.rglob("*.py"), *package.rglob("*.toml"))):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(hashlib.blake2b(read_bytes(path)).digest())
    decided = [
        sys.version,
        settings.min_confidence.value,
        settings.noqa,
        settings.follow_installed and sys.path,
        json.dumps(settings.models, sort_keys=True, default=str),
    ]
    digest.update(json.dumps(decided).encode())
    return digest.hexdigest()


def _load(path: Path) -> dict[str, object]:
    """The entries of a cache file; nothing where it is missing or not what we wrote."""
    try:
        document = json.loads(read_bytes(path))
    except (OSError, ValueError, RecursionError, MemoryError):
        return {}
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        return {}
    entries = document.get("entries")
    return entries if isinstance(entries, dict) else {}


def _prepare(folder: Path) -> None:
    """Make the folder, and keep git from seeing it. A link in its place is not followed."""
    if folder.is_symlink():
        raise OSError(f"{folder} is a link")
    folder.mkdir(exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_text(ignore, "*\n")


def _remove_old(folder: Path) -> None:
    """Delete what other settings and older versions left behind, once it is a month old."""
    import time

    oldest = time.time() - _KEEP_DAYS * 86400
    for path in (*folder.glob("*.json"), *folder.glob(".new-*")):
        with contextlib.suppress(OSError):
            if path.lstat().st_mtime < oldest:
                path.unlink()


def _report_to_json(report: FileReport) -> dict[str, object]:
    counts = [report.functions, report.abandoned, report.suppressed]
    found = [_finding_to_json(finding, report.filename) for finding in report.findings]
    left = [
        [each.name, _location_to_json(each.location, report.filename)] for each in report.unfinished
    ]
    return {"counts": counts, "findings": found, "unfinished": left}


def _finding_to_json(finding: Finding, filename: str) -> list[object]:
    fix = finding.fix
    return [
        finding.code,
        finding.name,
        finding.severity.value,
        finding.confidence.value,
        finding.message,
        _location_to_json(finding.location, filename),
        [
            [related.message, _location_to_json(related.location, filename)]
            for related in finding.related
        ],
        None
        if fix is None
        else [
            fix.message,
            fix.safe,
            [
                [edit.start.row, edit.start.column, edit.end.row, edit.end.column, edit.content]
                for edit in fix.edits
            ],
        ],
    ]


def _location_to_json(location: Location, filename: str) -> list[object]:
    name = None if location.filename == filename else location.filename
    start, end = location.start, location.end
    return [name, start.row, start.column, end.row, end.column, location.cell]


def _report_from_json(value: object, filename: str) -> FileReport:
    """The report, or TypeError/ValueError/KeyError where this is not what `put` stored."""
    if not isinstance(value, dict):
        raise TypeError
    functions, abandoned, suppressed = (_count(item) for item in _items(value["counts"]))
    findings = tuple(_finding_from_json(item, filename) for item in _items(value["findings"]))
    left = tuple(_unfinished_from_json(item, filename) for item in _items(value["unfinished"]))
    return FileReport(filename, findings, functions, abandoned, suppressed, unfinished=left)


def _unfinished_from_json(value: object, filename: str) -> Unfinished:
    name, location = _items(value)
    return Unfinished(_location_from_json(location, filename), _string(name))


def _finding_from_json(value: object, filename: str) -> Finding:
    code, name, severity, confidence, message, location, related, fix = _items(value)
    return Finding(
        _string(code),
        _string(name),
        Severity(_string(severity)),
        Confidence(_count(confidence)),
        _string(message),
        _location_from_json(location, filename),
        tuple(_related_from_json(item, filename) for item in _items(related)),
        None if fix is None else _fix_from_json(fix),
    )


def _related_from_json(value: object, filename: str) -> Related:
    message, location = _items(value)
    return Related(_string(message), _location_from_json(location, filename))


def _fix_from_json(value: object) -> Fix:
    message, safe, edits = _items(value)
    if not isinstance(safe, bool):
        raise TypeError
    return Fix(_string(message), tuple(_edit_from_json(edit) for edit in _items(edits)), safe)


def _edit_from_json(value: object) -> Edit:
    *numbers, content = _items(value)
    row, column, end_row, end_column = (_count(number) for number in numbers)
    return Edit(Position(row, column), Position(end_row, end_column), _string(content))


def _location_from_json(value: object, filename: str) -> Location:
    name, row, column, end_row, end_column, cell = _items(value)
    return Location(
        filename if name is None else _string(name),
        Position(_count(row), _count(column)),
        Position(_count(end_row), _count(end_column)),
        None if cell is None else _count(cell),
    )


def _items(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError
    return value
