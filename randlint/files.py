"""The one place that opens files: plain files to read, and whole ones to write.

Whatever a name leads to, reading ends: a pipe is not waited for, a device is not opened, and no
more is read than fits. Nothing else in randlint opens a file (a test looks for it).
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

LARGEST = 256 * 1024 * 1024  # bytes; nobody writes, and nobody could check, more in one file
_PIECE = 1 << 16


class NotAFile(OSError):
    """A pipe, a device or a socket where a file was expected."""


def read_bytes(path: str | os.PathLike[str], largest: int = LARGEST) -> bytes:
    """What a plain file holds.

    Raises OSError where there is none (a folder, pipe or device is none), where it cannot be read
    or holds more than `largest` bytes; ValueError for an impossible name.
    """
    # Asked first, since to open a pipe or a device can have effects; asked again of what was
    # opened, since that may be something else by now.
    _require_file(os.stat(path), path)
    with open(path, "rb", buffering=0, opener=_without_waiting) as file:
        status = os.fstat(file.fileno())
        _require_file(status, path)
        return _read(partial(os.read, file.fileno()), status.st_size, os.fspath(path), largest)


def read_stdin(largest: int = LARGEST) -> bytes:
    """All that standard input holds. Raises OSError where it is closed or does not end."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    return _read(sys.stdin.buffer.read, 0, "standard input", largest)


def send_nowhere(descriptor: int) -> None:
    """Let whatever is written to an open file from now on be lost."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def reason(error: Exception) -> str:
    """What the operating system says, without its number and without the path."""
    return (getattr(error, "strerror", None) or str(error)).lower()


def write_text(path: Path, text: str) -> None:
    """Make or replace a file in one step. Raises OSError; then everything is as it was."""
    with contextlib.suppress(FileNotFoundError):
        _require_file(os.stat(path), path)  # to take the place of /dev/stdout helps nobody
    _put(str(path), text.encode(), prefix=".new-", keep_mode=False)


def replace_file(path: str, data: bytes) -> None:
    """Put `data` in the place of a file, all at once; a link keeps pointing where it points.

    Raises OSError; then the file is as it was.
    """
    target = os.path.realpath(path)
    _require_file(os.stat(target), path)
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
    _put(target, data, prefix=".randlint-", keep_mode=True)


def _put(target: str, data: bytes, *, prefix: str, keep_mode: bool) -> None:
    """Write beside the target, then take its place: no reader and no crash ever sees half of it."""
    import tempfile  # with it comes much that a run without anything to write does not need

    descriptor, name = tempfile.mkstemp(dir=os.path.dirname(target) or os.curdir, prefix=prefix)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if keep_mode:  # somebody's own work: on the disk before it counts as written
                os.fsync(file.fileno())
        if keep_mode:
            os.chmod(name, stat.S_IMODE(os.stat(target).st_mode))
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))


def _require_file(status: os.stat_result, path: str | os.PathLike[str]) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(status.st_mode):
        raise NotAFile(errno.EINVAL, "neither a file nor a folder", os.fspath(path))


def _read(read: Callable[[int], bytes], size: int, name: str, largest: int) -> bytes:
    """Up to the end, wherever that is: a file may grow, and those in /proc tell no size."""
    pieces: list[bytes] = []
    total = size if size > largest else 0
    while total <= largest:
        piece = read(max(size - total, 0) + _PIECE)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)
        total += len(piece)
    raise OSError(errno.EFBIG, f"larger than {largest // (1024 * 1024)} megabytes", name)
